#include "spec/model/transitions.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace lockstep::model {
namespace {

// The request id of every transfer: one at a time is open.
constexpr RequestId kTransferRequest = ~RequestId{0};

class Enumerator {
 public:
  Enumerator(const Bounds& bounds, const Local& local) : bounds_(bounds), local_(local) {
    output_.page_max = bounds.page_max;
    output_.all_pages = bounds.all_pages;
  }

  // Tries an action of the node.
  template <typename Act>
  void Try(const char* action, std::string detail, const Act& act) {
    if (!local_.up) return;
    LocalStep step{action, std::move(detail), local_, {}};
    output_.clear();
    Context context{step.after.node, bounds_.options, output_};
    if (!act(context)) return;
    TakeOutput(step.after, output_, step.result);
    steps_.push_back(std::move(step));
  }

  // Tries an action that touches the disk.
  template <typename Act>
  void TryOnDisk(const char* action, std::string detail, const Act& act) {
    LocalStep step{action, std::move(detail), local_, {}};
    output_.clear();
    if (!act(step.after, output_, step.result)) return;
    steps_.push_back(std::move(step));
  }

  void Add(LocalStep step) { steps_.push_back(std::move(step)); }
  LocalStep& last() { return steps_.back(); }
  size_t size() const { return steps_.size(); }
  std::vector<LocalStep> Take() { return std::move(steps_); }

 private:
  const Bounds& bounds_;
  const Local& local_;
  Output output_;
  std::vector<LocalStep> steps_;
};

void AddTimers(const Bounds& bounds, const Local& local, Enumerator& e) {
  if (local.node.id.number <= bounds.starters) {
    e.Try("ElectionTimeout", "", [](Context& c) { return ElectionTimeout(c); });
  }
  if (bounds.max_round > 0) e.Try("HeartbeatTimeout", "", [](Context& c) { return HeartbeatTimeout(c); });
  for (const bool give_up : {false, true}) {
    for (const bool step_down : {false, true}) {
      if (!bounds.quorum_checks) continue;
      e.Try("QuorumCheckTimeout", std::string(give_up ? "gives up the transfer" : "") + (step_down ? "steps down" : ""),
            [&](Context& c) { return QuorumCheckTimeout(c, give_up, step_down); });
    }
  }
}

void AddClients(const Bounds& bounds, const Local& local, uint32_t read, Enumerator& e) {
  for (uint32_t value = 1; bounds.commands && value <= bounds.values; ++value) {
    e.Try("Propose", std::to_string(value), [value](Context& c) { return Propose(c, &value, 1); });
  }
  for (const Change& change : bounds.changes) {
    e.Try("ProposeConfiguration", ToString(change), [&](Context& c) { return ProposeConfiguration(c, change); });
  }
  if (bounds.max_reads > 0) {
    const size_t before = e.size();
    e.Try("Read", std::to_string(read), [read](Context& c) { return Read(c, read, {0, read}); });
    if (e.size() > before) e.last().reads = true;
  }
  for (uint32_t target = 1; bounds.transfers && target <= bounds.servers; ++target) {
    e.Try("TransferLeadership", "to " + std::to_string(target), [target](Context& c) {
      return TransferLeadership(c, kTransferRequest, {target, 0});
    });
  }
  if (!bounds.cancels) return;
  e.Try("Cancel", "transfer", [](Context& c) { return Cancel(c, kTransferRequest); });
  for (RequestId request = 1; request <= bounds.max_reads; ++request) {
    if (request < read) {
      e.Try("Cancel", "read " + std::to_string(request), [request](Context& c) { return Cancel(c, request); });
    }
  }
  (void)local;
}

void AddStorage(const Bounds& bounds, const Local& local, Enumerator& e) {
  for (size_t at = 0; at < local.writes.size(); ++at) {
    if (!bounds.settle) {
      e.TryOnDisk("WriteDone", std::to_string(at + 1), [&](Local& l, Output& output, LocalResult& result) {
        return WriteDoneAt(l, bounds.options, at, output, result);
      });
    }
    for (const bool kept : {false, true}) {
      if (bounds.max_failures == 0) continue;
      const size_t before = e.size();
      e.TryOnDisk("WriteFailed", std::to_string(at + 1) + (kept ? " (it may be there)" : ""),
                  [&](Local& l, Output& output, LocalResult& result) {
                    return WriteFailedAt(l, bounds.options, at, kept, output, result);
                  });
      if (e.size() > before) e.last().fails = true;
    }
  }
  const Index applicable = std::min(local.node.commit_index, local.node.durable_index);
  if (bounds.applying) {
    e.Try("Applied", std::to_string(applicable), [applicable](Context& c) { return Applied(c, applicable); });
  }
  if (!bounds.snapshots) return;
  e.Try("EntriesLoaded", "", [](Context& c) { return EntriesLoaded(c); });
  const Index applied = local.node.applied_index;
  e.TryOnDisk("SnapshotTaken", std::to_string(applied), [&](Local& l, Output& output, LocalResult& result) {
    return SnapshotTakenAt(l, bounds.options, applied, applied, output, result);
  });
  e.Try("SnapshotChunkStored", "complete", [](Context& c) { return SnapshotChunkStored(c, ChunkResult::kComplete); });
  for (const bool ok : {true, false}) {
    if (!ok && bounds.max_failures == 0) continue;
    e.TryOnDisk("SnapshotInstalled", ok ? "" : "failed", [&](Local& l, Output& output, LocalResult& result) {
      return SnapshotInstalledAt(l, bounds.options, ok, output, result);
    });
  }
}

void AddFaults(const Bounds& bounds, const Local& local, Enumerator& e) {
  if (bounds.max_crashes == 0) return;
  if (!local.up) {
    LocalStep restart{"Restart", "", local, {}};
    restart.after.up = true;
    e.Add(std::move(restart));
    return;
  }
  for (Disk& disk : SurvivingDisks(local)) {
    std::string detail =
        "log kept up to " + std::to_string(disk.log.last_index()) + ", term " + std::to_string(disk.term);
    LocalStep crash{"Crash", std::move(detail), Stopped(local.node.id, std::move(disk)), {}};
    crash.crashes = true;
    e.Add(std::move(crash));
  }
}

// [TLA Told]
std::optional<size_t> FirstTellable(const Local& local) {
  for (size_t at = 0; at < local.writes.size(); ++at) {
    if (IsTellable(local, local.writes[at])) return at;
  }
  return std::nullopt;
}

}  // namespace

bool IsUnsettled(const Bounds& bounds, const Local& local) {
  return bounds.settle && local.up && FirstTellable(local).has_value();
}

std::vector<LocalStep> Transitions(const Bounds& bounds, const Local& local, uint32_t read, bool only_settle) {
  Enumerator e(bounds, local);
  if (only_settle) {
    const size_t at = *FirstTellable(local);
    e.TryOnDisk("WriteDone", std::to_string(at + 1), [&](Local& l, Output& output, LocalResult& result) {
      return WriteDoneAt(l, bounds.options, at, output, result);
    });
    return e.Take();
  }
  AddTimers(bounds, local, e);
  AddClients(bounds, local, read, e);
  AddStorage(bounds, local, e);
  AddFaults(bounds, local, e);
  return e.Take();
}

std::optional<LocalStep> Reception(const Bounds& bounds, const Local& local, const Message& message) {
  if (!local.up || local.node.halted) return std::nullopt;
  LocalStep step{"", "", local, {}};
  Output output;
  output.page_max = bounds.page_max;
  output.all_pages = bounds.all_pages;
  Context context{step.after.node, bounds.options, output};
  if (!Receive(context, message)) return std::nullopt;
  TakeOutput(step.after, output, step.result);
  return step;
}

bool IsWithin(const Bounds& bounds, const Local& local) {
  const Node& node = local.node;
  return node.current_term <= bounds.max_term && node.log.last_index() <= bounds.max_log &&
         node.round <= bounds.max_round && local.writes.size() <= bounds.max_writes;
}

}  // namespace lockstep::model
