// What the host does with clients' requests.
#include <algorithm>
#include <utility>

#include "sim/node.h"

namespace lockstep::sim {
namespace {

constexpr uint32_t kOperator = UINT32_MAX;

}  // namespace

void Node::TakeRequest(uint32_t slot) {
  const Request request = world_.requests.Take(slot);
  if (!up_) return;  // Nobody listens: the client's patience ends it.
  if (request.payload == 0) {
    const RequestId id = world_.next_request_id++;
    requests_.push_back({id, request, 0, 0});
    return Take(input::Read{id, request.lease ? input::ReadMode::kLease : input::ReadMode::kReadIndex});
  }
  batch_.push_back(request);
  if (batch_.size() < 8 && world_.choices.Chance(world_.scenario.batch_ppm)) {
    if (batch_.size() == 1) world_.After(world_.NetworkDelay(), Mine(EventKind::kProposeBatch));
    return;
  }
  ProposeBatch();
}

void Node::ProposeBatch() {
  if (batch_.empty()) return;
  input::Propose propose;
  proposed_.clear();
  for (const Request& request : batch_) {
    const RequestId id = world_.next_request_id++;
    requests_.push_back({id, request, 0, 0});
    propose.proposals.push_back({id, world_.commands[request.payload].bytes});
    proposed_.push_back(request.payload);
  }
  batch_.clear();
  Take(std::move(propose));
  proposed_.clear();
}

void Node::Operate(input::ProposeConfiguration change) {
  change.request_id = world_.next_request_id++;
  Request request;
  request.client = kOperator;
  requests_.push_back({change.request_id, request, 0, 0});
  Take(std::move(change));
}

void Node::Operate(input::TransferLeadership transfer) {
  transfer.request_id = world_.next_request_id++;
  Request request;
  request.client = kOperator;
  requests_.push_back({transfer.request_id, request, 0, 0});
  Take(transfer);
}

void Node::Do(effect::Outcome& outcome) {
  OpenRequest* open = FindRequest(outcome.request_id);
  if (open == nullptr) {
    return world_.Fail("RequestEndsOnce", id_,
                       "an outcome for request " + std::to_string(outcome.request_id) + ", which is not open");
  }
  const Request request = open->request;
  if (request.client == kOperator) return Close(open);
  if (outcome.kind != effect::OutcomeKind::kDone) {
    const bool rejected = outcome.kind == effect::OutcomeKind::kRejected;
    Close(open);
    return Reply(request, rejected ? Answer::kFailed : Answer::kUnknown, 0, outcome.leader);
  }
  if (request.payload != 0) {
    open->index = outcome.index;
    return AnswerApplied();
  }
  open->lease_until_micros = outcome.lease_until_micros;
  open->index = outcome.index;
  const RequestId id = outcome.request_id;
  if (outcome.lease_until_micros == 0 && world_.choices.Below(4) != 0) return LookUp(id);
  // The look-up comes a little later; by lease it may come too late.
  world_.After(world_.choices.Between(0, world_.scenario.apply_delay_max_micros), Mine(EventKind::kLookUp, id));
}

void Node::LookUp(RequestId id) {
  OpenRequest* open = FindRequest(id);
  if (open == nullptr) return;
  const Request request = open->request;
  const uint64_t value = store_.Get(request.key);
  if (open->lease_until_micros != 0) {
    const Now now = ReadClock();
    if (now.micros + now.error_micros >= open->lease_until_micros) {
      if (!world_.Check(world_.monitor.ReadDropped(world_.step, id_, id))) return;
      Close(open);
      return Reply(request, Answer::kUnknown, 0, kNoNode);
    }
  }
  if (!world_.Check(world_.monitor.ReadServed(world_.step, id_, id, store_.applied(), ReadClock()))) return;
  Close(open);
  Reply(request, Answer::kOk, value, kNoNode);
}

void Node::EndLeaseReads() {
  std::vector<RequestId> ids;
  for (const OpenRequest& open : requests_) {
    if (open.lease_until_micros != 0) ids.push_back(open.id);
  }
  for (RequestId id : ids) LookUp(id);
}

void Node::AnswerApplied() {
  for (size_t i = 0; i < requests_.size();) {
    OpenRequest& open = requests_[i];
    if (open.request.payload == 0 || open.index == 0 || open.index > store_.applied()) {
      ++i;
      continue;
    }
    const Request request = open.request;
    const std::optional<uint64_t> result = store_.Result(request.client, request.sequence);
    Close(&open);
    // A client that has gone on no longer wants to know.
    if (result.has_value()) Reply(request, Answer::kOk, *result, kNoNode);
  }
}

void Node::Reply(const Request& request, Answer answer, uint64_t result, NodeId leader) {
  Request reply = request;
  reply.answer = answer;
  reply.result = result;
  reply.node = id_;
  reply.leader = leader;
  QueuedEvent event;
  event.kind = EventKind::kReply;
  event.argument = world_.requests.Put(reply);
  world_.After(world_.NetworkDelay(), event);
}

Node::OpenRequest* Node::FindRequest(RequestId id) {
  const auto open = std::find_if(requests_.begin(), requests_.end(), [id](const OpenRequest& r) { return r.id == id; });
  return open == requests_.end() ? nullptr : &*open;
}

void Node::Close(OpenRequest* request) { requests_.erase(requests_.begin() + (request - requests_.data())); }

}  // namespace lockstep::sim
