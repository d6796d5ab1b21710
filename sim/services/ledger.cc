#include "sim/services/ledger.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "kvsm/api/lease.pb.h"
#include "kvsm/command.pb.h"

namespace lockstep::sim {
namespace {

using kvsm::CommandKind;
using kvsm::Error;

// As kvsm/engine.h counts.
constexpr size_t kVersionOverhead = 64;

template <typename Message>
Message Read(std::string_view bytes) {
  Message message;
  message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  return message;
}

}  // namespace

std::string Ledger::Apply(Index index, Term term, std::string_view command, std::string_view reply, int64_t now) {
  just_expired_.clear();
  const auto known = std::lower_bound(entries_.begin(), entries_.end(), index,
                                      [](const Entry& entry, Index wanted) { return entry.index < wanted; });
  if (known != entries_.end()) {
    if (known->index != index) return absl::StrCat("a command at index ", index, " where others applied none");
    if (known->reply == reply) return "";
    return absl::StrCat("the command at index ", index, " has another reply than on the node that applied it first");
  }
  const std::string expected = model_.Apply(command);
  const auto decoded = kvsm::DecodeCommand(command);
  if (expected != reply) {
    const auto ours = kvsm::DecodeReply(expected), theirs = kvsm::DecodeReply(reply);
    return absl::StrCat(
        "the command at index ", index, " of kind ", decoded ? static_cast<int>(decoded->kind) : 0,
        ": by the model error ", static_cast<int>(ours->error), " at revision ", ours->revision, ", by the machine ",
        theirs.has_value() ? absl::StrCat("error ", static_cast<int>(theirs->error), " at revision ", theirs->revision)
                           : std::string("no reply"),
        expected.size() == reply.size() ? ", and the replies differ" : ", of other sizes");
  }
  Entry entry;
  entry.index = index;
  entry.term = term;
  if (decoded.has_value()) {
    entry.kind = decoded->kind;
    entry.body.assign(decoded->body);
  }
  entry.reply.assign(reply);
  const auto told = kvsm::DecodeReply(reply);
  entry.error = told->error;
  const bool compacts = entry.error == Error::kNone && entry.kind == CommandKind::kCompact;
  if (compacts || entry.error != Error::kNone) {
    // To the archive only the time goes on.
    const int64_t millis = decoded.has_value() ? decoded->log_millis : 0;
    archive_.Apply(kvsm::EncodeCommand(CommandKind::kAlarm, millis, ""));
  } else {
    archive_.Apply(command);
  }
  entry.revision = told->revision;
  entries_.push_back(std::move(entry));
  const Entry& entered = entries_.back();
  if (!first_.contains(entered.revision)) {
    first_[entered.revision] = size();
    // The new ones are the last of the list.
    const int64_t before = changes_.empty() ? 1 : changes_.back().mod;
    auto at = archive_.changes().end();
    while (at != archive_.changes().begin() && std::prev(at)->mod > before) --at;
    for (; at != archive_.changes().end(); ++at) {
      bytes_put_ += static_cast<int64_t>(kVersionOverhead + at->key.size() + at->value.size());
      changes_.push_back(*at);
    }
  }
  if (compacts) compactions_[size()] = model_.compact_revision();
  NoteLeases(entered, now);
  NoteMembers(entered);
  return "";
}

void Ledger::NoteMembers(const Entry& entry) {
  if (entry.error != Error::kNone || entry.kind != CommandKind::kChangeMember) return;
  const auto told = Read<kvsm::proto::ChangeMemberReply>(kvsm::DecodeReply(entry.reply)->body);
  Table& table = tables_.emplace_back(size(), Table()).second;
  for (const etcdserverpb::Member& member : told.members()) table.emplace(member.id(), member);
}

void Ledger::NoteLeases(const Entry& entry, int64_t now) {
  if (entry.error != Error::kNone) return;
  const std::string_view body = kvsm::DecodeReply(entry.reply)->body;
  if (entry.kind == CommandKind::kLeaseGrant) {
    const auto granted = Read<etcdserverpb::LeaseGrantResponse>(body);
    leases_[granted.id()] = {granted.ttl(), size(), 0, 0};
  } else if (entry.kind == CommandKind::kLeaseRevoke) {
    leases_[Read<etcdserverpb::LeaseRevokeRequest>(entry.body).id()].ended = size();
  } else if (entry.kind == CommandKind::kExpireLeases) {
    const auto expired = Read<kvsm::proto::ExpireLeasesReply>(body);
    for (const int64_t id : expired.lease_ids()) {
      leases_[id].ended = size();
      leases_[id].expired_at = now;
      just_expired_.push_back(id);
    }
  }
}

int64_t Ledger::CompactRevisionAt(size_t position) const {
  const auto after = compactions_.upper_bound(position);
  return after == compactions_.begin() ? -1 : std::prev(after)->second;
}

size_t Ledger::LastAt(int64_t revision) const {
  const auto next = first_.upper_bound(revision);
  return next == first_.end() ? size() : next->second - 1;
}

size_t Ledger::ChangesFrom(int64_t revision) const {
  const auto at = std::lower_bound(changes_.begin(), changes_.end(), revision,
                                   [](const Change& change, int64_t wanted) { return change.mod < wanted; });
  return static_cast<size_t>(at - changes_.begin());
}

Error Ledger::RangeAt(int64_t revision, etcdserverpb::RangeRequest request,
                      etcdserverpb::RangeResponse& response) const {
  if (request.revision() <= 0) request.set_revision(revision);
  return archive_.Range(request, response);
}

std::optional<Ledger::Change> Ledger::FirstCreated(const std::string& prefix, int64_t revision) const {
  std::optional<Change> first;
  for (const auto& [key, change] : StateAt(revision)) {
    if (!key.starts_with(prefix)) continue;
    if (!first.has_value() || change.create < first->create) first = change;
  }
  return first;
}

int64_t Ledger::EndOf(const std::string& key, int64_t created, int64_t revision) const {
  for (size_t i = ChangesFrom(revision + 1); i < changes_.size(); ++i) {
    const Change& change = changes_[i];
    if (change.key == key && (change.version == 0 || change.create != created)) return change.mod;
  }
  return std::numeric_limits<int64_t>::max();
}

const Ledger::LeaseLife* Ledger::FindLease(int64_t id) const {
  const auto at = leases_.find(id);
  return at == leases_.end() ? nullptr : &at->second;
}

}  // namespace lockstep::sim
