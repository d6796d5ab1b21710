#include "spec/refinement/step_check.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

namespace lockstep::spec {
namespace {

// Names of writes that the model gives out in a step, until the core's are known.
constexpr WriteId kUnnamed = WriteId{1} << 62;

// Entries that a step does not concern, compared in turn.
constexpr Index kSweepEntries = 4;

// Memory used again from step to step; it carries nothing over.
struct Scratch {
  model::Output output;
  model::Message received;
  model::Message sent;
  std::vector<WriteId> names;
  std::vector<bool> taken;
};

Scratch& TheScratch() {
  thread_local Scratch scratch;
  return scratch;
}

std::string Text(uint64_t value) { return std::to_string(value); }
std::string Text(LogPosition position) { return Text(position.index) + ":" + Text(position.term); }

}  // namespace

StepCheck::StepCheck(NodeRefinement& node, const Input& input, const EffectSink& effects, const State& after)
    : refinement_(node),
      node_(node.node_),
      input_(input),
      effects_(effects),
      after_(after),
      output_(TheScratch().output),
      context_{node_, node.options_, output_},
      names_(TheScratch().names),
      taken_(TheScratch().taken) {
  output_.clear();
  names_.clear();
}

std::optional<Difference> StepCheck::Run() {
  last_before_ = node_.log.last_index();
  node_.next_write = kUnnamed;
  refinement_.read_by_lease_ = false;
  refinement_.acted_ = Act();
  if (std::optional<Difference> difference = CompareEffects()) return difference;
  Rename();
  if (std::optional<Difference> difference = CompareState(node_, after_)) return difference;
  if (std::optional<Difference> difference = CompareLog()) return difference;
  Follow();
  return std::nullopt;
}

bool StepCheck::Act() {
  return std::visit([this](const auto& event) { return ActOn(event); }, input_.event);
}

bool StepCheck::ActOn(const input::ElectionTimeout&) { return model::ElectionTimeout(context_); }
bool StepCheck::ActOn(const input::HeartbeatTimeout&) { return model::HeartbeatTimeout(context_); }

bool StepCheck::ActOn(const input::QuorumCheckTimeout&) {
  const bool gives_up = node_.transfer.has_value() && !after_.transfer.has_value();
  return model::QuorumCheckTimeout(context_, gives_up, after_.role != Role::kLeader);
}

bool StepCheck::ActOn(const input::Receive& receive) {
  const Message& message = receive.message;
  if (message.dest != node_.id || message.source == node_.id || !ValidateMessage(message).ok()) return false;
  model::Message& mapped = TheScratch().received;
  MapMessage(message, mapped);
  return model::Receive(context_, mapped);
}

bool StepCheck::ActOn(const input::WriteDone& done) { return model::WriteDone(context_, done.write_id); }
bool StepCheck::ActOn(const input::WriteFailed& failed) { return model::WriteFailed(context_, failed.write_id); }

// How many of the batch are accepted depends on quotas, which the specification does not have.
bool StepCheck::ActOn(const input::Propose& request) {
  const Index last = after_.log.last_index();
  if (last <= last_before_ || last - last_before_ > request.proposals.size()) return false;
  std::vector<uint32_t> values;
  for (size_t i = 0; i < last - last_before_; ++i) values.push_back(request.proposals[i].bytes);
  return model::Propose(context_, values.data(), values.size());
}

bool StepCheck::ActOn(const input::ProposeConfiguration& request) {
  return model::ProposeConfiguration(context_, Map(request.change));
}

bool StepCheck::ActOn(const input::Read& request) {
  // Whether a lease holds is a matter of clocks: the core says.
  const auto by_lease = [&](const auto& read) {
    return read.request_id == request.request_id && read.lease_until_micros != 0;
  };
  bool leased = std::any_of(after_.confirmed_reads.begin(), after_.confirmed_reads.end(), by_lease);
  for (const Effect& effect : effects_) {
    const auto* outcome = std::get_if<effect::Outcome>(&effect);
    leased = leased || (outcome != nullptr && by_lease(*outcome));
  }
  if (leased && request.mode == input::ReadMode::kLease) {
    refinement_.read_by_lease_ = true;
    return model::ReadByLease(context_, request.request_id);
  }
  return model::Read(context_, request.request_id, {after_.start, after_.next_read_position - 1});
}

bool StepCheck::ActOn(const input::TransferLeadership& request) {
  return model::TransferLeadership(context_, request.request_id, request.target);
}

bool StepCheck::ActOn(const input::Cancel& cancel) { return model::Cancel(context_, cancel.request_id); }

// An index that was not given to the state machine is a host's mistake, and ignored.
bool StepCheck::ActOn(const input::Applied& applied) {
  return applied.index <= refinement_.apply_index_ && model::Applied(context_, applied.index);
}

bool StepCheck::ActOn(const input::SnapshotTaken& taken) {
  return taken.ok && model::SnapshotTaken(context_, taken.index, after_.log.base_index());
}

bool StepCheck::ActOn(const input::SnapshotChunkStored& stored) {
  if (stored.write_id == 0 || stored.write_id != refinement_.store_write_id_) return false;
  model::ChunkResult result = model::ChunkResult::kMore;
  if (!stored.ok) {
    result = model::ChunkResult::kFailed;
  } else if (!after_.incoming.has_value() || after_.incoming->installing) {
    result = model::ChunkResult::kComplete;
  }
  return model::SnapshotChunkStored(context_, result);
}

bool StepCheck::ActOn(const input::SnapshotInstalled& installed) {
  if (!node_.Installing() || node_.incoming->snapshot.position != Map(installed.last_included)) return false;
  return model::SnapshotInstalled(context_, installed.ok);
}

bool StepCheck::ActOn(const input::EntriesLoaded&) { return model::EntriesLoaded(context_); }
bool StepCheck::ActOn(const input::PeerUnreachable&) { return false; }

std::optional<Difference> StepCheck::CompareEffects() {
  taken_.assign(output_.sent.size(), false);
  for (const Effect& effect : effects_) {
    std::optional<Difference> difference = std::visit([this](const auto& body) { return Compare(body); }, effect);
    if (difference.has_value()) return difference;
  }
  return CompareMissing();
}

// What the specification says must leave, and the core kept.
std::optional<Difference> StepCheck::CompareMissing() const {
  if (names_.size() < output_.writes.size()) {
    return Difference{"writes", "one more is asked for", "not asked for"};
  }
  if (answered_ < output_.answered.size()) {
    return Difference{"answered", "request " + Text(output_.answered[answered_].request), "none"};
  }
  for (size_t i = 0; i < taken_.size(); ++i) {
    if (taken_[i] || output_.sent[i].optional) continue;
    return Difference{std::string("message ") + model::KindName(output_.sent[i].message.kind),
                      "sent: " + model::ToString(output_.sent[i].message), "not sent"};
  }
  return std::nullopt;
}

const model::Write* StepCheck::NextWrite(model::WriteKind kind, WriteId id) {
  if (names_.size() >= output_.writes.size() || output_.writes[names_.size()].kind != kind) return nullptr;
  const model::Write* write = &output_.writes[names_.size()];
  names_.push_back(id);
  return write;
}

WriteId StepCheck::NameOf(WriteId id) const {
  if (id < kUnnamed) return id;
  return id - kUnnamed < names_.size() ? names_[id - kUnnamed] : id;
}

std::optional<Difference> StepCheck::Compare(const effect::SaveVote& effect) {
  const model::Write* write = NextWrite(model::WriteKind::kVote, effect.write_id);
  if (write != nullptr && write->term == effect.term && write->voted_for == effect.voted_for) return std::nullopt;
  return Difference{
      "writes (vote)",
      write == nullptr ? "no vote asked for here" : Text(write->term) + "/" + lockstep::ToString(write->voted_for),
      Text(effect.term) + "/" + lockstep::ToString(effect.voted_for)};
}

std::optional<Difference> StepCheck::Compare(const effect::AppendLog& effect) {
  const model::Write* write = NextWrite(model::WriteKind::kAppend, effect.write_id);
  if (write == nullptr || write->first != effect.first || write->last != effect.last()) {
    return Difference{"writes (append)",
                      write == nullptr ? "no append asked for here" : Text(write->first) + ".." + Text(write->last),
                      Text(effect.first) + ".." + Text(effect.last())};
  }
  for (size_t i = 0; i < effect.entries.size(); ++i) {
    const model::Entry& entry = write->EntryAt(node_.log, effect.first + i);
    if (SameEntry(entry, effect.entries[i])) continue;
    return Difference{"writes (entry " + Text(effect.first + i) + ")", model::ToString(entry),
                      Text(effect.entries[i].term)};
  }
  return std::nullopt;
}

std::optional<Difference> StepCheck::Compare(const effect::TruncateLog& effect) {
  const model::Write* write = NextWrite(model::WriteKind::kTruncate, effect.write_id);
  if (write != nullptr && write->first == effect.last + 1) return std::nullopt;
  return Difference{"writes (truncate)",
                    write == nullptr ? "no truncation asked for here" : "from " + Text(write->first),
                    "from " + Text(effect.last + 1)};
}

std::optional<Difference> StepCheck::Compare(const effect::InstallSnapshot& effect) {
  const model::Write* write = NextWrite(model::WriteKind::kInstall, 0);
  if (write != nullptr && write->snapshot.position == Map(effect.last_included) &&
      Same(*write->snapshot.configuration, effect.configuration.configuration)) {
    return std::nullopt;
  }
  return Difference{"writes (install)", write == nullptr ? "none" : model::ToString(write->snapshot.position),
                    Text(effect.last_included)};
}

std::optional<Difference> StepCheck::Compare(const effect::Apply& effect) {
  const Index limit = std::min(node_.commit_index, node_.durable_index);
  if (effect.last > limit || effect.first != refinement_.apply_index_ + 1) {
    return Difference{"applied (asked for)", Text(refinement_.apply_index_ + 1) + ".." + Text(limit),
                      Text(effect.first) + ".." + Text(effect.last)};
  }
  refinement_.apply_index_ = effect.last;
  return std::nullopt;
}

// Reads answered; other requests are not the specification's.
std::optional<Difference> StepCheck::Compare(const effect::Outcome& effect) {
  if (effect.kind != effect::OutcomeKind::kDone || effect.term != 0 || effect.index == 0) return std::nullopt;
  if (answered_ < output_.answered.size() && output_.answered[answered_].request == effect.request_id &&
      output_.answered[answered_].index == effect.index) {
    ++answered_;
    return std::nullopt;
  }
  return Difference{"answered",
                    answered_ < output_.answered.size() ? "request " + Text(output_.answered[answered_].request) +
                                                              " at " + Text(output_.answered[answered_].index)
                                                        : "none",
                    "request " + Text(effect.request_id) + " at " + Text(effect.index)};
}

std::optional<Difference> StepCheck::Compare(const effect::Send& effect) {
  const Message& message = effect.message;
  if (const auto* append = std::get_if<AppendEntries>(&message.body)) return CompareAppend(message, *append);
  if (const auto* install = std::get_if<InstallSnapshot>(&message.body)) return CompareInstall(message, *install);
  model::Message& mapped = TheScratch().sent;
  MapMessage(message, mapped);
  const auto variable = [&message] { return std::string("message ") + KindName(message.body); };
  for (size_t i = 0; i < output_.sent.size(); ++i) {
    if (taken_[i] || !(output_.sent[i].message == mapped)) continue;
    if (NameOf(output_.sent[i].after) != effect.after) {
      return Difference{variable(), "waits for write " + Text(NameOf(output_.sent[i].after)),
                        "waits for write " + Text(effect.after)};
    }
    taken_[i] = true;
    return std::nullopt;
  }
  // A read that is still open is asked for again: the same message as before.
  if (const auto* read = std::get_if<ReadRequest>(&message.body)) {
    const bool open = std::any_of(node_.forwarded.begin(), node_.forwarded.end(), [&](const auto& forwarded) {
      return forwarded.key == model::ReadKey{read->start, read->position};
    });
    if (open && message.dest == node_.leader && message.term == node_.current_term) return std::nullopt;
  }
  std::string expected = "none";
  for (size_t i = 0; i < output_.sent.size() && expected == "none"; ++i) {
    if (!taken_[i]) expected = model::ToString(output_.sent[i].message);
  }
  return Difference{variable(), expected, model::ToString(mapped)};
}

// A leader may send any page of its log that begins where the peer has acknowledged, or later.
std::optional<Difference> StepCheck::CompareAppend(const Message& message, const AppendEntries& append) const {
  const char* variable = "message AppendEntries";
  if (message.source != node_.id || message.term == 0 || output_.may_append != message.term) {
    return Difference{variable, "none: this node may send no entries here", ToString(message)};
  }
  const model::Log& log = node_.log;
  if (append.previous.index < log.base_index() || append.last_index() > log.last_index() ||
      !log.Matches(Map(append.previous))) {
    return Difference{variable, "a part of its log", ToString(message)};
  }
  if (append.commit_index != node_.commit_index) {
    return Difference{"message AppendEntries (commitIndex)", Text(node_.commit_index), Text(append.commit_index)};
  }
  size_t configurations = 0;
  for (Index i = append.previous.index + 1; i <= append.last_index(); ++i) {
    const model::Entry& entry = log.At(i);
    bool same = SameEntry(entry, append.entries[i - append.previous.index - 1]);
    if (same && entry.kind == EntryKind::kConfiguration) {
      same = configurations < append.configurations.size() && append.configurations[configurations].index == i &&
             Same(*entry.configuration, append.configurations[configurations].configuration);
      ++configurations;
    }
    if (!same) return Difference{"message AppendEntries (entry)", model::ToString(entry), ToString(message)};
  }
  const model::Peer* peer = FindPeer(message.dest);
  if (node_.role == Role::kLeader && (peer == nullptr || append.previous.index < peer->match_index)) {
    return Difference{variable, peer == nullptr ? "none: no member" : "from " + Text(peer->match_index) + " on",
                      ToString(message)};
  }
  return std::nullopt;
}

// A peer, also one that this very step has left out of the configuration: it may be sent something before that.
const model::Peer* StepCheck::FindPeer(NodeId id) const {
  for (const model::Peer& left : output_.left) {
    if (left.id == id) return &left;
  }
  return node_.FindPeer(id);
}

// A leader may offer its snapshot to a peer that needs what is compacted, and go on with one that it has offered.
std::optional<Difference> StepCheck::CompareInstall(const Message& message, const InstallSnapshot& install) {
  if (output_.may_append != message.term || message.source != node_.id) {
    return Difference{"message InstallSnapshot", "none: this node may send no snapshot here", ToString(message)};
  }
  for (const NodeRefinement::Offer& offer : refinement_.offers_) {
    if (offer.peer == message.dest && offer.last_included == install.last_included) return std::nullopt;
  }
  const bool current = Map(install.last_included) == node_.snapshot.position &&
                       Same(*node_.snapshot.configuration, install.configuration.configuration);
  const model::Peer* peer = FindPeer(message.dest);
  // One that steps down in this step has forgotten its peers.
  const bool needs = node_.role != Role::kLeader || (peer != nullptr && peer->match_index < node_.log.base_index());
  if (!current || !needs) {
    return Difference{"message InstallSnapshot", "the snapshot, to who needs it", ToString(message)};
  }
  std::erase_if(refinement_.offers_, [&](const auto& offer) { return offer.peer == message.dest; });
  refinement_.offers_.push_back({message.dest, install.last_included});
  return std::nullopt;
}

void StepCheck::Rename() {
  if (output_.writes.empty()) return;
  node_.vote_write = NameOf(node_.vote_write);
  for (model::LogWrite& write : node_.log_writes) write.id = NameOf(write.id);
}

std::optional<Difference> StepCheck::CompareLog() {
  const model::Log& log = node_.log;
  Index first = std::min(last_before_, log.last_index()) + 1;
  for (const model::Write& write : output_.writes) {
    if (write.kind != model::WriteKind::kVote && write.first != 0) first = std::min(first, write.first);
  }
  const Index held = log.base_index() + 1;
  if (auto difference = CompareEntries(node_, after_, std::max(first, held), log.last_index())) return difference;
  if (log.last_index() >= held) {
    Index& sweep = refinement_.sweep_;
    if (sweep < held || sweep > log.last_index()) sweep = held;
    const Index end = std::min(sweep + kSweepEntries - 1, log.last_index());
    if (auto difference = CompareEntries(node_, after_, sweep, end)) return difference;
    sweep = end + 1;
  }
  const ConfigurationEntry& current = after_.log.configuration();
  const Index index = std::max(current.index, after_.log.base_index());
  if (log.configuration_index() != index || !Same(log.configuration(), current.configuration)) {
    return Difference{"configuration", Text(log.configuration_index()) + ": " + model::ToString(log.configuration()),
                      Text(index) + ": " + ToString(current.configuration)};
  }
  return std::nullopt;
}

void StepCheck::Follow() {
  refinement_.apply_index_ = after_.apply_index;
  refinement_.store_write_id_ = after_.incoming.has_value() ? after_.incoming->store_write_id : 0;
  if (node_.role != Role::kLeader) refinement_.offers_.clear();
}

}  // namespace lockstep::spec
