// What those are told who wait in lines: locks and elections.
#include <algorithm>
#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "sim/services/judge.h"

namespace lockstep::sim {

Held Judge::Won(const Asked& asked, const std::string& name, const std::string& key, int64_t revision,
                uint32_t client) {
  Held held{key, 0, revision, 0, client};
  if (!Place(asked, revision, "a place in a line")) return held;
  const auto state = ledger_.StateAt(revision);
  const auto own = state.find(key);
  if (own != state.end()) {
    held.created = own->second.create;
    held.lease = own->second.lease;
  }
  const int64_t end = own == state.end() ? revision : ledger_.EndOf(key, held.created, revision);
  for (const Held& other : held_[name]) {
    if (other.key == key && other.created == held.created) continue;
    const int64_t others_end = ledger_.EndOf(other.key, other.created, other.since);
    const int64_t both = std::max(revision, other.since);
    if (both >= end || both >= others_end) continue;
    Fail("LockExclusionInv", absl::StrCat("at revision ", both, " clients ", client, " (", key, ") and ", other.client,
                                          " (", other.key, ") both hold ", name, " under leases that are valid"));
    return held;
  }
  const auto first = ledger_.FirstCreated(name + "/", revision);
  if (own == state.end() || !first.has_value() || first->key != key) {
    Fail("LockExclusionInv",
         absl::StrCat("client ", client, " was told at revision ", revision, " that it is the first of ", name,
                      " with ", key, ", and the first is ", first.has_value() ? first->key : std::string("nobody")));
    return held;
  }
  held_[name].push_back(held);
  return held;
}

void Judge::FoundLeader(const Asked& asked, const std::string& name, const etcdserverpb::ResponseHeader& header,
                        const mvccpb::KeyValue& leader) {
  if (!Place(asked, header.revision(), "an election's leader")) return;
  Reached(ServiceGoal::kLeaderAsked);
  const auto first = ledger_.FirstCreated(name + "/", header.revision());
  if (first.has_value() && first->key == leader.key() && first->value == leader.value() &&
      first->create == leader.create_revision() && first->mod == leader.mod_revision()) {
    return;
  }
  Fail("LogOrderProp",
       absl::StrCat("the leader of ", name, " at revision ", header.revision(), " is ",
                    first.has_value() ? first->key : std::string("nobody"), "; told was ", leader.ShortDebugString()));
}

void Judge::ObservedLeader(const std::string& name, const mvccpb::KeyValue& leader, int64_t& from) {
  Reached(ServiceGoal::kObserved);
  const std::string prefix = name + "/";
  // Only changes below the prefix make another one first.
  for (int64_t at = std::max<int64_t>(from, 1);;) {
    const auto first = ledger_.FirstCreated(prefix, at);
    if (first.has_value() && first->key == leader.key() && first->mod == leader.mod_revision() &&
        first->value == leader.value()) {
      from = at;
      return;
    }
    size_t next = ledger_.ChangesFrom(at + 1);
    while (next < ledger_.changes().size() && !ledger_.changes()[next].key.starts_with(prefix)) ++next;
    if (next == ledger_.changes().size()) break;
    at = ledger_.changes()[next].mod;
  }
  Fail("LogOrderProp", absl::StrCat("an observer of ", name, " heard of ", leader.ShortDebugString(),
                                    ", who has not led since revision ", from));
}

void Judge::Proclaimed(const Asked& asked, const Held& held, const std::string& value, int64_t revision) {
  if (!Place(asked, revision, "a proclamation")) return;
  Reached(ServiceGoal::kProclaimed);
  for (size_t i = ledger_.ChangesFrom(revision); i < ledger_.changes().size(); ++i) {
    const Ledger::Change& change = ledger_.changes()[i];
    if (change.mod != revision) break;
    if (change.key == held.key && change.value == value && change.create == held.created) return;
  }
  Fail("LogOrderProp", absl::StrCat("a proclamation of ", held.key, " was answered at revision ", revision,
                                    ", which changes something else"));
}

}  // namespace lockstep::sim
