#include "spec/properties/reads.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace lockstep::spec {
namespace {

// The nodes that have answered this leader, in its term, after `event`; itself included.
NodeMask HeardSince(const StepView& view, uint64_t event) {
  NodeMask heard = MaskOf(view.slot);
  const auto& answers = view.before.heard;
  for (Slot slot = 0; slot < answers.size(); ++slot) {
    if (answers[slot] > event) heard |= MaskOf(slot);
  }
  return heard;
}

// Of a leader that confirms a read asked at event `invoked`, by a round of heartbeats.
bool CheckConfirmedByRound(StepView& view, uint64_t invoked, Index read_index) {
  const TermRecord* record = view.watch.history.Find(view.state.current_term);
  if (record == nullptr || record->first > view.state.commit_index) {
    return view.Fail(
        Property::kReadFreshness,
        absl::StrCat("confirmed a read at index ", read_index, " before an entry of term ", view.state.current_term,
                     " was committed (commit index ", view.state.commit_index, ")"));
  }
  // Under the configuration before or after the step: a change within it may have confirmed what was known.
  const NodeMask heard = HeardSince(view, invoked);
  if (view.before.electorate.IsQuorum(heard) ||
      view.watch.history.ElectorateOf(view.state.configuration()).IsQuorum(heard)) {
    return true;
  }
  return view.Fail(
      Property::kReadFreshness,
      absl::StrCat("confirmed a read at index ", read_index, " in term ", view.state.current_term,
                   ", but no quorum has answered since it was asked (", std::popcount(heard), " nodes with itself)"));
}

bool CheckCovers(StepView& view, RequestId request_id, Index read_index, Index required) {
  if (read_index >= required) return true;
  return view.Fail(Property::kReadFreshness, absl::StrCat("read ", request_id, " has index ", read_index, "; ",
                                                          required, " was committed when it was asked"));
}

bool Confirm(StepView& view, RequestId request_id, Index read_index, bool by_lease, OpenRequest& request) {
  if (request.confirmed) return true;
  request.confirmed = true;
  if (by_lease) return true;
  if (!CheckCovers(view, request_id, read_index, request.required)) return false;
  // One that was sent on was confirmed by the leader that answered.
  return request.position != 0 || CheckConfirmedByRound(view, request.invoked, read_index);
}

}  // namespace

void OpenRead(StepView& view, RequestId request_id, OpenRequest& request) {
  request.required = view.watch.history.committed_index();
  request.invoked = view.watch.event;
  const auto& forwarded = view.state.following.reads;
  if (!forwarded.empty() && forwarded.back().request_id == request_id) {
    request.position = forwarded.back().position;
    view.before.forwarded.emplace_back(request.position, request.invoked);
  }
}

void HearHeartbeatReply(StepView& view, const effect::Send& send) {
  NodeShadow* leader = view.watch.Shadow(view.watch.history.SlotOf(send.message.dest));
  if (leader == nullptr || leader->term != send.message.term || leader->role != Role::kLeader) return;
  if (leader->heard.size() <= view.slot) leader->heard.resize(view.slot + 1, 0);
  leader->heard[view.slot] = view.watch.event;
}

bool CheckConfirmedReads(StepView& view) {
  const auto& reads = view.state.confirmed_reads;
  NodeShadow& before = view.before;
  if (reads.size() == before.confirmed_reads &&
      (reads.empty() || reads.back().request_id == before.last_confirmed_read)) {
    return true;
  }
  before.confirmed_reads = reads.size();
  before.last_confirmed_read = reads.empty() ? 0 : reads.back().request_id;
  for (const ConfirmedRead& read : reads) {
    const auto request = before.requests.find(read.request_id);
    if (request == before.requests.end()) continue;
    if (!Confirm(view, read.request_id, read.read_index, read.lease_until_micros != 0, request->second)) return false;
  }
  return true;
}

bool CheckReadOutcome(StepView& view, const effect::Outcome& outcome, OpenRequest& request) {
  NodeShadow& before = view.before;
  if (request.position != 0) {
    std::erase_if(before.forwarded, [&](const auto& read) { return read.first == request.position; });
  }
  if (outcome.kind != effect::OutcomeKind::kDone) {
    if (before.role == Role::kLeader && view.watch.history.newest_leader_term() > before.term) {
      view.Reach(Goal::kStaleLeaderRefusesRead);
    }
    return true;
  }
  if (outcome.index > view.state.applied_index) {
    return view.Fail(Property::kReadFreshness,
                     absl::StrCat("read ", outcome.request_id, " served at index ", outcome.index, "; applied is only ",
                                  view.state.applied_index));
  }
  const bool by_lease = outcome.lease_until_micros != 0;
  if (!Confirm(view, outcome.request_id, outcome.index, by_lease, request)) return false;
  if (by_lease) {
    const Term term = view.state.current_term;
    if (before.handed_over == term) {
      return view.Fail(Property::kLeaseSafety,
                       absl::StrCat("read ", outcome.request_id, " is confirmed by the lease of term ", term,
                                    ", in which another node has been told to campaign"));
    }
    before.lease_reads.push_back(
        {outcome.request_id, outcome.index, request.required, term, outcome.lease_until_micros});
    return true;
  }
  if (request.position != 0) view.Reach(Goal::kForwardedReadServed);
  return CheckCovers(view, outcome.request_id, outcome.index, request.required);
}

bool CheckReadReply(StepView& view, const effect::Send& send) {
  const auto& reply = std::get<ReadReply>(send.message.body);
  if (!reply.accepted) return true;
  const NodeShadow* origin = view.watch.Shadow(view.watch.history.SlotOf(send.message.dest));
  if (origin == nullptr || origin->start != reply.start) return true;
  for (const auto& [position, invoked] : origin->forwarded) {
    if (position == reply.position) return CheckConfirmedByRound(view, invoked, reply.read_index);
  }
  return true;
}

bool CheckLease(StepView& view) {
  const LeaderState& leading = view.state.leading;
  NodeShadow& before = view.before;
  // A step may confirm one round and begin the next; clocks that jump may make the later one begin earlier.
  int64_t began = before.round_began_micros;
  if (leading.round != before.round) {
    before.round = leading.round;
    before.round_began_micros = view.input.now.micros - view.input.now.error_micros;
    began = std::max(began, before.round_began_micros);
  }
  const int64_t until = leading.lease_until_micros;
  const int64_t longest = began + view.state.options.lease_micros;
  const bool renewed = until > before.lease_until_micros;
  before.lease_until_micros = until;
  if (!renewed || until <= longest) return true;
  return view.Fail(Property::kLeaseSafety,
                   absl::StrCat("takes its lease to last until ", until, "; the round that renewed it began at ", began,
                                ", so it ends at ", longest));
}

bool CheckServed(Watch& watch, NodeShadow& node, RequestId request_id, Index applied, Now now, uint64_t step) {
  const auto read = std::find_if(node.lease_reads.begin(), node.lease_reads.end(),
                                 [request_id](const LeaseRead& each) { return each.request_id == request_id; });
  if (read == node.lease_reads.end()) return true;
  const LeaseRead lease = *read;
  node.lease_reads.erase(read);
  watch.goals.Reach(Goal::kLeaseReadServed);
  if (now.micros + now.error_micros >= lease.until) {
    return watch.Fail(Property::kLeaseSafety, node.id, step,
                      absl::StrCat("read ", request_id, " is served by a lease that ended at ", lease.until,
                                   "; it may be ", now.micros + now.error_micros, " by the node's clock"));
  }
  if (watch.history.newest_leader_term() > lease.term) {
    return watch.Fail(Property::kLeaseSafety, node.id, step,
                      absl::StrCat("read ", request_id, " is served by the lease of term ", lease.term,
                                   ", but a leader has been elected in term ", watch.history.newest_leader_term()));
  }
  if (lease.index >= lease.required && applied >= lease.index) return true;
  return watch.Fail(Property::kReadFreshness, node.id, step,
                    absl::StrCat("read ", request_id, " is served by lease at index ", lease.index, " with ", applied,
                                 " applied; ", lease.required, " was committed when it was asked"));
}

}  // namespace lockstep::spec
