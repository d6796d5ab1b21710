#include "spec/properties/lone_node.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "spec/properties/durability.h"
#include "spec/properties/membership.h"
#include "spec/properties/paper.h"
#include "spec/properties/step_laws.h"

namespace lockstep::spec {
namespace {

// Room for every node that a step can name.
constexpr size_t kSlots = 16;

// Of one node alone nothing is known of the others: whatever a check asks of them must be in their favour.
void AddStrangers(Watch& watch) {
  watch.nodes.resize(kSlots);
  for (size_t i = 1; i < kSlots; ++i) {
    watch.nodes[i].started = true;
    watch.nodes[i].term = std::numeric_limits<Term>::max();
  }
}

using Requests = std::multiset<RequestId>;

// All requests of the node's own clients that have had no outcome.
Requests OpenIn(const State& state) {
  Requests open;
  for (const PendingProposal& proposal : state.leading.proposals) open.insert(proposal.request_id);
  if (state.leading.change.has_value()) open.insert(state.leading.change->request_id);
  for (const PendingRead& read : state.leading.reads) {
    if (read.origin == state.id) open.insert(read.request_id);
  }
  for (const ConfirmedRead& read : state.confirmed_reads) open.insert(read.request_id);
  for (const ForwardedRead& read : state.following.reads) open.insert(read.request_id);
  if (state.transfer.has_value()) open.insert(state.transfer->request_id);
  return open;
}

struct AddRequests {
  Requests& open;
  void operator()(const input::Propose& request) const {
    for (const input::Proposal& proposal : request.proposals) open.insert(proposal.request_id);
  }
  void operator()(const input::ProposeConfiguration& request) const { open.insert(request.request_id); }
  void operator()(const input::Read& request) const { open.insert(request.request_id); }
  void operator()(const input::TransferLeadership& request) const { open.insert(request.request_id); }
  template <typename Other>
  void operator()(const Other&) const {}
};

// A proposal or change that is told done, and is not committed as told.
bool DoneTooSoon(const State& state, const effect::Outcome& outcome) {
  if (outcome.kind != effect::OutcomeKind::kDone || outcome.term == 0) return false;
  return outcome.index > state.commit_index ||
         (outcome.index >= state.log.base_index() && state.log.TermAt(outcome.index) != outcome.term);
}

}  // namespace

LoneNode::LoneNode(const State& state, const DiskView& disk) {
  AddStrangers(watch_);
  watch_.history.SlotOf(state.id);
  node().id = state.id;
  node().started = node().alive = true;
  node().disk.Reset(disk);
  Know(state);
}

void LoneNode::Asked(const Effect& write) {
  if (const auto* vote = std::get_if<effect::SaveVote>(&write)) node().disk.Ask(*vote);
  if (const auto* append = std::get_if<effect::AppendLog>(&write)) node().disk.Ask(*append);
  if (const auto* truncate = std::get_if<effect::TruncateLog>(&write)) node().disk.Ask(*truncate);
  if (const auto* install = std::get_if<effect::InstallSnapshot>(&write)) node().disk.Ask(*install);
}

// The shadow is what the state says.
void LoneNode::Know(const State& state) {
  NodeShadow& shadow = node();
  shadow.start = state.start;
  shadow.role = state.role;
  shadow.leader = state.leader;
  shadow.term = state.current_term;
  shadow.voted_for = state.voted_for;
  shadow.commit_index = state.commit_index;
  shadow.apply_index = state.apply_index;
  shadow.applied_index = state.applied_index;
  shadow.snapshot = state.snapshot.last_included;
  shadow.configuration_index = state.log.configuration().index;
  shadow.electorate = watch_.history.ElectorateOf(state.configuration());
  shadow.failing = state.storage.failing;
  shadow.log = TermRuns::Of(state.log);
  shadow.peers.clear();
  for (const Peer& peer : state.leading.peers) {
    watch_.history.SlotOf(peer.id);
    shadow.peers.push_back({peer.id, peer.progress.mode, peer.progress.match_index});
  }
  shadow.uncommitted_bytes = state.leading.uncommitted_bytes;
  shadow.confirmed_round = state.leading.confirmed_round;
  shadow.verified_index = state.following.verified_index;
}

std::optional<Violation> LoneNode::Stepped(const State& before, const Input& input, const EffectSink& effects,
                                           const State& after) {
  ++watch_.event;
  StepView view{watch_, node(), 0, watch_.event, input, after, effects, nullptr, {}};
  if (const auto* receive = std::get_if<input::Receive>(&input.event)) {
    view.message = &receive->message;
    watch_.history.SlotOf(receive->message.source);
  }
  // What a halted node's state is does not matter any more.
  const bool holds = (after.halted ? TakeCompletions(view) : Check(view)) && CheckRequests(view, before);
  if (holds) Know(after);
  return watch_.violation;
}

bool LoneNode::Check(StepView& view) {
  NodeShadow& shadow = node();
  const State& state = view.state;
  if (!TakeCompletions(view)) return false;
  view.log = FindLogChange(shadow, state);
  if (!CheckTermAndRole(view) || !CheckVote(view) || !CheckLogChange(view)) return false;
  for (Index i = state.log.first_index() + 1; i <= state.log.last_index(); ++i) {
    if (state.log.At(i).term >= state.log.At(i - 1).term) continue;
    return view.Fail(Property::kMonoLogInv, absl::StrCat("the term falls at ", i));
  }
  shadow.log = TermRuns::Of(state.log);
  if (state.role == Role::kLeader && watch_.history.Find(state.current_term) == nullptr) {
    TermRecord& record = watch_.history.Record(state.current_term);
    record.first = state.leading.term_start_index;
  }
  shadow.verified_index = VerifiedIndex(view);
  if (!CheckIndexes(view)) return false;
  const bool led = shadow.role == Role::kLeader && shadow.term == state.current_term;
  if (led && state.commit_index > shadow.commit_index && shadow.log.TermAt(state.commit_index) != shadow.term) {
    return view.Fail(Property::kCommitOnlyCurrentTermProp,
                     absl::StrCat("leader of term ", shadow.term, " commits up to ", state.commit_index,
                                  ", an entry of term ", shadow.log.TermAt(state.commit_index)));
  }
  return CheckConfiguration(view) && CheckMembers(view) && CheckAllPeers(view) && CheckWellFormed(view) &&
         CheckEffects(view);
}

// CheckPeers looks at the window of one peer at a time.
bool LoneNode::CheckAllPeers(StepView& view) {
  const auto peers = node().peers;
  const uint64_t uncommitted = node().uncommitted_bytes;
  for (size_t i = 0; i < std::max<size_t>(1, view.state.leading.peers.size()); ++i) {
    watch_.event = i;
    node().peers = peers;
    node().uncommitted_bytes = uncommitted;
    if (!CheckPeers(view)) return false;
  }
  return true;
}

bool LoneNode::CheckEffects(StepView& view) {
  // Writes first: a message may wait for one that its step asks for later in the list.
  for (const Effect& effect : view.effects) {
    if (!std::holds_alternative<effect::Send>(effect) && !CheckWrite(view, effect)) return false;
  }
  if (!CheckDurableIndex(view)) return false;
  Index apply_index = node().apply_index;
  const effect::RoleChanged* told = nullptr;
  for (const Effect& effect : view.effects) {
    if (const auto* send = std::get_if<effect::Send>(&effect)) {
      if (!CheckSend(view, *send) || !CheckPromise(view, *send)) return false;
    } else if (const auto* apply = std::get_if<effect::Apply>(&effect)) {
      if (!CheckApply(view, *apply, &apply_index)) return false;
    } else if (const auto* role = std::get_if<effect::RoleChanged>(&effect)) {
      told = role;
    }
  }
  return CheckRoleTold(view, told);
}

// Nothing vanishes and nothing ends twice: open before or new is open after or has its outcome.
bool LoneNode::CheckRequests(StepView& view, const State& before) {
  Requests open = OpenIn(before);
  std::visit(AddRequests{open}, view.input.event);
  for (const Effect& effect : view.effects) {
    const auto* outcome = std::get_if<effect::Outcome>(&effect);
    if (outcome == nullptr) continue;
    const auto request = open.find(outcome->request_id);
    if (request == open.end()) {
      return view.Fail(Property::kRequestEndsOnce,
                       absl::StrCat("an outcome for request ", outcome->request_id, ", which is not open"));
    }
    open.erase(request);
    if (DoneTooSoon(view.state, *outcome)) {
      return view.Fail(Property::kAckedNeverLost,
                       absl::StrCat("request ", outcome->request_id, " is done at ", outcome->index, ":", outcome->term,
                                    "; committed is ", view.state.commit_index));
    }
  }
  if (open == OpenIn(view.state)) return true;
  return view.Fail(Property::kRequestEndsOnce, "a request vanished, or is open without having been asked");
}

std::optional<Violation> LoneNode::Restarted(const DiskView& disk, const State& state) {
  ++watch_.event;
  CheckStartDisk(watch_, node(), disk, state, watch_.event);
  return watch_.violation;
}

}  // namespace lockstep::spec
