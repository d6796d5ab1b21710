// What clients and operators ask of a node, and what they are answered.
#include <utility>

#include "absl/status/status.h"
#include "sim/stack/node.h"

namespace lockstep::sim {
namespace {

constexpr uint32_t kOperator = UINT32_MAX;

Answer AnswerOf(const absl::Status& status) {
  if (status.ok()) return Answer::kOk;
  return absl::IsUnknown(status) ? Answer::kUnknown : Answer::kFailed;
}

}  // namespace

void StackNode::TakeRequest(uint32_t slot) {
  const Request request = world_.requests.Take(slot);
  if (!up()) return;  // Nobody listens: the client's patience ends it.
  const uint64_t number = next_open_++;
  open_[number] = {request, 0};
  const auto done = [this, number](const runtime::Answer& answer) { Answered(number, answer); };
  const int64_t wall_millis = node_clock_.ReadWallMillis();
  absl::StatusOr<RequestId> id;
  if (request.opens_session) {
    id = driver_->Propose(runtime::SharedBytes(application_.codec()->EncodeOpenSession(wall_millis)), done);
  } else if (request.payload != 0) {
    id = driver_->Propose(
        runtime::SharedBytes(application_.codec()->EncodeCommand(request.payload, request.session, wall_millis)), done);
  } else {
    // A stale read beside it, at any time at all; nothing is asked of its answer but that the node may give it.
    if (world_.scenario.requests_max > 2) {
      (void)driver_->Read(application_.codec()->EncodeQuery(request.key), runtime::ReadLevel::kStale,
                          [](const runtime::Answer&) {});
    }
    id = driver_->Read(application_.codec()->EncodeQuery(request.key),
                       request.lease ? runtime::ReadLevel::kLease : runtime::ReadLevel::kLinearizable, done);
  }
  if (id.ok()) {
    open_[number].id = *id;
    return;
  }
  open_.erase(number);
  Reply(request, Answer::kFailed, 0, kNoNode, false);
}

void StackNode::Answered(uint64_t number, const runtime::Answer& answer) {
  if (muted()) return;
  const auto at = open_.find(number);
  if (at == open_.end()) return;
  const Open open = at->second;
  open_.erase(at);
  const Request& request = open.request;
  if (request.client == kOperator) return;
  const bool found = answer.status.ok();
  if (request.payload == 0 && !request.opens_session) {
    // A key that is not there is an answer like any other.
    const bool told = found || (absl::IsNotFound(answer.status) && answer.reason == effect::Reason::kNone);
    if (!told) return Reply(request, AnswerOf(answer.status), 0, answer.leader, false);
    const Now now = node_clock_.ReadMonotonic();
    if (!world_.Check(world_.monitor.ReadServed(world_.step, id_, open.id, answer.index, now))) return;
    return Reply(request, Answer::kOk, application_.codec()->DecodeLookup(found, answer.reply), kNoNode, false);
  }
  if (!found) return Reply(request, AnswerOf(answer.status), 0, answer.leader, false);
  const OperationCodec::Meaning meaning = request.opens_session
                                              ? application_.codec()->DecodeOpenSession(answer.reply)
                                              : application_.codec()->DecodeReply(request.payload, answer.reply);
  Reply(request, meaning.answer, meaning.result, kNoNode, meaning.session_lost);
}

void StackNode::Reply(const Request& request, Answer answer, uint64_t result, NodeId leader, bool session_lost) {
  sim::Request reply = request;
  reply.answer = answer;
  reply.result = result;
  reply.node = id_;
  reply.leader = leader;
  reply.session_lost = session_lost;
  QueuedEvent event;
  event.kind = EventKind::kReply;
  event.argument = world_.requests.Put(reply);
  world_.After(world_.NetworkDelay(), event);
}

void StackNode::Operate(input::ProposeConfiguration change) {
  const uint64_t number = next_open_++;
  open_[number].request.client = kOperator;
  const auto id = driver_->ChangeConfiguration(
      change.change, [this, number](const runtime::Answer& answer) { Answered(number, answer); });
  if (id.ok()) {
    open_[number].id = *id;
  } else {
    open_.erase(number);
  }
  // At once, so that whoever takes a disk away next sees the configuration that is coming into use.
  lanes_[static_cast<size_t>(Lane::kTimers)].RunSoon();
  Settle();
}

void StackNode::Operate(input::TransferLeadership transfer) {
  const uint64_t number = next_open_++;
  open_[number].request.client = kOperator;
  const auto id = driver_->TransferLeadership(
      transfer.target, [this, number](const runtime::Answer& answer) { Answered(number, answer); });
  if (id.ok()) {
    open_[number].id = *id;
  } else {
    open_.erase(number);
  }
}

RequestId StackNode::WithdrawAny() {
  if (open_.empty()) return 0;
  auto at = open_.begin();
  for (uint64_t skip = world_.choices.Below(open_.size()); skip > 0; --skip) ++at;
  const RequestId id = at->second.id;
  world_.Inject(Fault::kCancel, FaultPhase::kOnce, id_, kNoNode, static_cast<int64_t>(id));
  driver_->Cancel(id);
  return id;
}

void StackNode::TakeSnapshot(Index) { driver_->TakeSnapshot(); }

}  // namespace lockstep::sim
