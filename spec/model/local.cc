#include "spec/model/local.h"

#include <algorithm>
#include <utility>

namespace lockstep::model {
namespace {

bool IsLogKind(WriteKind kind) { return kind == WriteKind::kAppend || kind == WriteKind::kTruncate; }

const LogWrite* FindLogWrite(const Node& node, WriteId id) {
  for (const LogWrite& write : node.log_writes) {
    if (write.id == id) return &write;
  }
  return nullptr;
}

// The disk after `write`, of an append only its first `count` entries.
void ApplyWrite(const Pending& write, size_t count, Disk& disk) {
  switch (write.kind) {
    case WriteKind::kVote:
      disk.term = write.term;
      disk.vote = write.vote;
      return;
    case WriteKind::kAppend:
      disk.log.TruncateAfter(write.first - 1);
      for (size_t i = 0; i < count; ++i) disk.log.Append(write.entries[i]);
      return;
    case WriteKind::kTruncate:
      disk.log.TruncateAfter(write.first - 1);
      return;
    case WriteKind::kInstall:
      disk.log = Log(write.snapshot);
      disk.snapshot = write.snapshot;
      return;
  }
}

// Write `at` and all before it are on the disk. Returns where write `at` stands afterwards.
size_t Reach(Local& local, size_t at) {
  for (size_t i = 0; i <= at; ++i) {
    Pending& write = local.writes[i];
    if (write.on_disk) continue;
    ApplyWrite(write, write.entries.size(), local.disk);
    write.on_disk = true;
    write.term = 0;
    write.vote = kNoNode;
    write.first = 0;
    write.entries.clear();
  }
  const WriteId id = local.writes[at].id;
  std::erase_if(local.writes, [](const Pending& write) { return write.on_disk && write.failed; });
  return static_cast<size_t>(
      std::find_if(local.writes.begin(), local.writes.end(), [id](const Pending& write) { return write.id == id; }) -
      local.writes.begin());
}

// Log writes that the node counts on no longer: counted, or void.
void DropUncounted(Local& local) {
  std::erase_if(local.writes, [&local](Pending& write) {
    if (!IsLogKind(write.kind) || write.failed || FindLogWrite(local.node, write.id) != nullptr) return false;
    if (write.on_disk) return true;
    write.failed = true;
    return false;
  });
}

void Renumber(Local& local) {
  WriteId next = 1;
  WriteId vote_write = 0;
  std::vector<LogWrite>& log_writes = local.node.log_writes;
  for (Pending& write : local.writes) {
    if (write.id == local.node.vote_write) vote_write = next;
    for (LogWrite& log_write : log_writes) {
      // Names ascend, so one that has its new name already is never taken for one that has not.
      if (log_write.id == write.id) log_write.id = next;
    }
    write.id = next++;
  }
  local.node.vote_write = vote_write;
  local.node.next_write = next;
}

}  // namespace

Disk EmptyDisk(ConfigurationPtr founding) {
  Disk disk;
  disk.snapshot.configuration = founding;
  disk.log = Log(Snapshot{{}, std::move(founding)});
  return disk;
}

Local StartLocal(NodeId id, Disk disk, bool vote_withheld) {
  Local local;
  local.node = Start(id, disk.term, disk.vote, disk.log, disk.snapshot, vote_withheld);
  local.disk = std::move(disk);
  return local;
}

Local Stopped(NodeId id, Disk disk) {
  Local local = StartLocal(id, std::move(disk), false);
  local.up = false;
  return local;
}

void TakeOutput(Local& local, Output& output, LocalResult& result) {
  DropUncounted(local);
  for (const Write& asked : output.writes) {
    Pending write;
    write.id = asked.id;
    write.kind = asked.kind;
    write.term = asked.term;
    write.vote = asked.voted_for;
    write.first = asked.first;
    write.snapshot = asked.snapshot;
    for (Index i = asked.first; asked.kind == WriteKind::kAppend && i <= asked.last; ++i) {
      write.entries.push_back(asked.EntryAt(local.node.log, i));
    }
    local.writes.push_back(std::move(write));
  }
  for (Sent& sent : output.sent) {
    if (sent.after == 0) {
      result.sent.push_back(std::move(sent.message));
      continue;
    }
    for (Pending& write : local.writes) {
      if (write.id == sent.after) write.held.push_back(sent.message);
    }
  }
  result.answered = output.answered;
  Renumber(local);
}

bool IsTellable(const Local& local, const Pending& write) {
  if (write.kind == WriteKind::kInstall || write.failed) return false;
  const LogWrite* log_write = FindLogWrite(local.node, write.id);
  return log_write == nullptr || !log_write->done;
}

bool WriteDoneAt(Local& local, const Options& options, size_t at, Output& output, LocalResult& result) {
  if (!local.up || local.node.halted || !IsTellable(local, local.writes[at])) return false;
  at = Reach(local, at);
  const WriteId id = local.writes[at].id;
  if (local.writes[at].kind == WriteKind::kVote) {
    result.sent = std::move(local.writes[at].held);
    local.writes.erase(local.writes.begin() + static_cast<ptrdiff_t>(at));
  }
  Context context{local.node, options, output};
  WriteDone(context, id);
  TakeOutput(local, output, result);
  return true;
}

bool WriteFailedAt(Local& local, const Options& options, size_t at, bool kept, Output& output, LocalResult& result) {
  if (!local.up || local.node.halted || local.writes[at].kind == WriteKind::kInstall) return false;
  const WriteId id = local.writes[at].id;
  const LogWrite* log_write = FindLogWrite(local.node, id);
  if (log_write != nullptr && log_write->done) return false;
  Context context{local.node, options, output};
  WriteFailed(context, id);
  std::erase_if(local.writes, [&](Pending& write) {
    if (write.id < id || (write.id > id && write.kind == WriteKind::kInstall)) return false;
    write.failed = true;
    write.held.clear();
    return !kept || write.on_disk;
  });
  TakeOutput(local, output, result);
  return true;
}

bool SnapshotTakenAt(Local& local, const Options& options, Index index, Index compact_to, Output& output,
                     LocalResult& result) {
  Context context{local.node, options, output};
  if (!local.up || !SnapshotTaken(context, index, compact_to)) return false;
  local.disk.snapshot = local.node.snapshot;
  local.disk.log.CompactTo(compact_to);
  TakeOutput(local, output, result);
  return true;
}

bool SnapshotInstalledAt(Local& local, const Options& options, bool ok, Output& output, LocalResult& result) {
  if (!local.up || local.node.halted || !local.node.Installing()) return false;
  const auto install = std::find_if(local.writes.begin(), local.writes.end(),
                                    [](const Pending& write) { return write.kind == WriteKind::kInstall; });
  if (!ok && install->on_disk) return false;
  const size_t at = ok ? Reach(local, static_cast<size_t>(install - local.writes.begin()))
                       : static_cast<size_t>(install - local.writes.begin());
  local.writes.erase(local.writes.begin() + static_cast<ptrdiff_t>(at));
  Context context{local.node, options, output};
  SnapshotInstalled(context, ok);
  TakeOutput(local, output, result);
  return true;
}

std::vector<Disk> SurvivingDisks(const Local& local) {
  std::vector<Disk> disks = {local.disk};
  const auto add = [&disks](Disk disk) {
    if (std::find(disks.begin(), disks.end(), disk) == disks.end()) disks.push_back(std::move(disk));
  };
  Disk reached = local.disk;
  for (const Pending& write : local.writes) {
    if (write.on_disk) continue;
    for (size_t count = 1; count < write.entries.size(); ++count) {
      Disk partly = reached;
      ApplyWrite(write, count, partly);
      add(std::move(partly));
    }
    ApplyWrite(write, write.entries.size(), reached);
    add(reached);
  }
  return disks;
}

std::string ToString(const Local& local) {
  std::string text = local.up ? ToString(local.node) : lockstep::ToString(local.node.id) + ": down";
  text += " | disk " + std::to_string(local.disk.term) + "/" + lockstep::ToString(local.disk.vote) + " [";
  for (const Entry& entry : local.disk.log.entries()) text += (text.back() == '[' ? "" : " ") + ToString(entry);
  text += "]";
  for (const Pending& write : local.writes) {
    static constexpr const char* kKinds[] = {" +vote ", " +append ", " +truncate ", " +install "};
    text += kKinds[static_cast<size_t>(write.kind)];
    if (write.kind == WriteKind::kVote) text += std::to_string(write.term) + "/" + lockstep::ToString(write.vote);
    if (write.kind == WriteKind::kInstall) text += ToString(write.snapshot.position);
    if (IsLogKind(write.kind)) text += std::to_string(write.first);
    for (const Entry& entry : write.entries) text += " " + ToString(entry);
    if (!write.held.empty()) text += " holds " + std::to_string(write.held.size());
    if (write.on_disk) text += " (there)";
    if (write.failed) text += " (failed)";
  }
  return text;
}

}  // namespace lockstep::model
