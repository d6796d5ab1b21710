#include "runtime/service/submitter.h"

#include "core/check.h"
#include "kvsm/command.pb.h"
#include "runtime/service/peer_request.pb.h"

namespace lockstep::runtime {
namespace {

using kvsm::CommandKind;
using kvsm::Error;

constexpr int64_t kRetryMicros = 20'000;
constexpr int64_t kTickMicros = 250'000;

// It has not happened, and may elsewhere or soon.
bool MayRetry(effect::Reason reason) {
  return reason == effect::Reason::kNotLeader || reason == effect::Reason::kTermNotCommitted ||
         reason == effect::Reason::kTransferInProgress;
}

Error ErrorOf(const Answer& answer) {
  if (absl::IsUnknown(answer.status)) return Error::kTimeoutDueToLeaderFail;
  switch (answer.reason) {
    case effect::Reason::kQuotaExceeded:
      return Error::kTooManyRequests;
    case effect::Reason::kLeadershipLost:
      return Error::kLeaderChanged;
    case effect::Reason::kStorageFailed:
    case effect::Reason::kHalted:
      return Error::kStopped;
    default:
      return Error::kTimeout;
  }
}

}  // namespace

RpcStatus StatusOf(Error error) {
  const kvsm::ErrorInfo& info = kvsm::InfoOf(error);
  return {static_cast<RpcCode>(info.code), std::string(info.text)};
}

Submitter::Submitter(Clock& clock, Scheduler& scheduler, KvMachine& machine, const ServiceOptions& options)
    : clock_(clock),
      scheduler_(scheduler),
      machine_(machine),
      options_(options),
      pieces_(clock, options.request_timeout_micros),
      timeout_(scheduler),
      retry_(scheduler),
      role_(scheduler),
      tick_(scheduler) {}

void Submitter::Attach(Replica& replica, SideChannel& channel, uint64_t start) {
  replica_ = &replica;
  pieces_.Attach(channel, start);
  start_ = start;
  OnRoleChanged();
}

bool Submitter::leads() const { return replica_ != nullptr && replica_->state().role == Role::kLeader; }

// ---- Callers.

void Submitter::Submit(CommandKind kind, std::string_view body, Done done) {
  Open open;
  open.kind = kind;
  open.body.assign(body);
  open.done = [done = std::move(done)](const RpcStatus& status, std::string_view bytes) {
    if (!status.ok()) return done(status, {});
    const auto reply = kvsm::DecodeReply(bytes);
    if (!reply.has_value()) return done({RpcCode::kInternal, "a reply that no machine gives"}, {});
    done(StatusOf(reply->error), *reply);
  };
  Add(std::move(open));
}

void Submitter::CallLeader(std::string method, std::string_view request, CallDone done) {
  Open open;
  open.method = std::move(method);
  open.body.assign(request);
  open.done = std::move(done);
  Add(std::move(open));
}

void Submitter::Add(Open open) {
  const uint64_t id = ++last_id_;
  open_.emplace(id, std::move(open));
  deadlines_.emplace_back(clock_.ReadMonotonic().micros + options_.request_timeout_micros, id);
  if (!timeout_.is_set()) SetTimeout();
  Try(id);
}

void Submitter::Try(uint64_t id) {
  Open& open = open_.at(id);
  if (replica_ == nullptr) return Wait(id, open);
  const State& state = replica_->state();
  if (state.role == Role::kLeader) {
    if (open.method.empty()) return Propose(id, open);
    scheduler_.RunAfter(0, [this, id, method = open.method, body = open.body] {
      local_call_(method, body,
                  [this, id](const RpcStatus& status, std::string_view response) { End(id, status, response); });
    });
    return;
  }
  if (state.leader == kNoNode) return Wait(id, open);
  open.sent_to = state.leader;
  proto::PeerMessage message;
  auto& request = *message.mutable_request();
  request.set_id(id);
  request.set_start(start_);
  if (open.method.empty()) request.set_command_kind(static_cast<uint32_t>(open.kind));
  request.set_method(open.method);
  request.set_body(open.body);
  pieces_.Send(state.leader, message);
}

void Submitter::Propose(uint64_t id, Open& open) {
  SharedBytes command(kvsm::EncodeCommand(open.kind, LogMillis(), open.body));
  const auto asked = replica_->Propose(std::move(command), [this, id](const Answer& answer) { OnAnswer(id, answer); });
  if (asked.ok()) return;
  const Error error = absl::IsResourceExhausted(asked.status()) ? Error::kTooManyRequests : Error::kStopped;
  // Not within the caller's call.
  scheduler_.RunAfter(0, [this, id, error] { End(id, StatusOf(error), ""); });
}

void Submitter::OnAnswer(uint64_t id, const Answer& answer) {
  const auto at = open_.find(id);
  if (at == open_.end()) return;
  if (answer.status.ok()) return End(id, {}, answer.reply);
  if (!absl::IsUnknown(answer.status) && MayRetry(answer.reason)) return Wait(id, at->second);
  End(id, StatusOf(ErrorOf(answer)), "");
}

void Submitter::End(uint64_t id, const RpcStatus& status, std::string_view reply) {
  const auto node = open_.extract(id);
  if (node.empty()) return;
  if (!status.ok()) ++failed_;
  node.mapped().done(status, reply);
}

// ---- Waiting.

void Submitter::Wait(uint64_t id, Open& open) {
  open.sent_to = kNoNode;
  open.waits = true;
  waiting_.push_back(id);
  if (!retry_.is_set()) retry_.Set(kRetryMicros, [this] { RetryWaiting(); });
}

void Submitter::RetryWaiting() {
  for (const uint64_t id : std::exchange(waiting_, {})) {
    const auto at = open_.find(id);
    if (at == open_.end() || !at->second.waits) continue;
    at->second.waits = false;
    Try(id);
  }
}

void Submitter::SetTimeout() {
  while (!deadlines_.empty() && !open_.contains(deadlines_.front().second)) deadlines_.pop_front();
  if (deadlines_.empty()) return;
  const int64_t delay = deadlines_.front().first - clock_.ReadMonotonic().micros;
  timeout_.Set(delay > 0 ? delay : 0, [this] { OnTimeout(); });
}

void Submitter::OnTimeout() {
  const int64_t now = clock_.ReadMonotonic().micros;
  while (!deadlines_.empty() && deadlines_.front().first <= now) {
    const uint64_t id = deadlines_.front().second;
    deadlines_.pop_front();
    End(id, StatusOf(Error::kTimeout), "");
  }
  SetTimeout();
}

// ---- Roles, and the log's time.

void Submitter::OnRoleChanged() {
  if (!role_.is_set()) role_.Set(0, [this] { TakeRole(); });
}

void Submitter::TakeRole() {
  if (replica_ == nullptr) return;
  const State& state = replica_->state();
  if (state.leader != leader_) {
    // What another leader has been asked may have been done, and nobody will say so any more.
    std::vector<uint64_t> lost;
    for (const auto& [id, open] : open_) {
      if (open.sent_to != kNoNode && open.sent_to != state.leader && state.leader != kNoNode) lost.push_back(id);
    }
    for (const uint64_t id : lost) End(id, StatusOf(Error::kTimeoutDueToLeaderFail), "");
    if (state.leader != kNoNode) leader_ = state.leader;
  }
  const Term term = state.role == Role::kLeader ? state.current_term : 0;
  if (term != leading_term_) {
    leading_term_ = term;
    has_time_ = false;
    expiring_ = false;
    tick_.Stop();
    if (term != 0) BeginTerm();
  }
  if (state.leader != kNoNode) RetryWaiting();
}

// The log's time goes on from what it is once everything before this term is applied.
void Submitter::BeginTerm() {
  const Term term = leading_term_;
  Submit(CommandKind::kExpireLeases, "", [this, term](const RpcStatus& status, const kvsm::Reply& reply) {
    if (leading_term_ != term) return;
    kvsm::proto::ExpireLeasesReply expired;
    if (!status.ok() || !expired.ParseFromArray(reply.body.data(), static_cast<int>(reply.body.size()))) {
      tick_.Set(kTickMicros, [this] { BeginTerm(); });
      return;
    }
    has_time_ = true;
    base_millis_ = expired.log_millis();
    base_micros_ = clock_.ReadMonotonic().micros;
    Tick();
    if (term_begun_) term_begun_();
  });
}

bool Submitter::has_begun() const { return has_time_ && leads() && replica_->state().current_term == leading_term_; }

int64_t Submitter::LogMillis() const {
  if (!has_begun()) return 0;
  return base_millis_ + (clock_.ReadMonotonic().micros - base_micros_) / 1000;
}

void Submitter::Tick() {
  if (!has_time_) return;
  tick_.Set(kTickMicros, [this] { Tick(); });
  const int64_t millis = LogMillis();
  if (expiring_ || millis == 0 || !machine_.state()->HasExpired(millis)) return;
  expiring_ = true;
  Submit(CommandKind::kExpireLeases, "", [this](const RpcStatus&, const kvsm::Reply&) { expiring_ = false; });
}

// ---- Between nodes.

void Submitter::ReceiveFromPeer(NodeId source, std::string_view bytes) {
  proto::PeerMessage message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  if (message.has_piece()) {
    proto::PeerMessage whole;
    if (!pieces_.Take(source, message.piece(), &whole)) return;
    message = std::move(whole);
  }
  if (message.has_request()) {
    const auto& request = message.request();
    return Serve(source, request.id(), request.start(), static_cast<CommandKind>(request.command_kind()),
                 request.method(), request.body());
  }
  const auto& reply = message.reply();
  const auto at = open_.find(reply.id());
  if (reply.start() != start_ || at == open_.end() || at->second.sent_to != source) return;
  if (reply.not_leader()) return Wait(reply.id(), at->second);
  End(reply.id(), {static_cast<RpcCode>(reply.code()), reply.text()}, reply.body());
}

void Submitter::Serve(NodeId source, uint64_t id, uint64_t start, CommandKind kind, const std::string& method,
                      std::string body) {
  const auto answer = [this, source, id, start](const RpcStatus& status, std::string_view response, bool not_leader) {
    proto::PeerMessage message;
    auto& reply = *message.mutable_reply();
    reply.set_id(id);
    reply.set_start(start);
    reply.set_not_leader(not_leader);
    reply.set_code(static_cast<uint32_t>(status.code));
    reply.set_text(status.text);
    reply.set_body(response.data(), response.size());
    pieces_.Send(source, message);
  };
  if (!leads()) return answer({}, "", true);
  if (!method.empty()) {
    return local_call_(method, body, [answer](const RpcStatus& status, std::string_view response) {
      answer(status, response, false);
    });
  }
  SharedBytes command(kvsm::EncodeCommand(kind, LogMillis(), body));
  const auto asked = replica_->Propose(std::move(command), [answer](const Answer& told) {
    if (told.status.ok()) return answer({}, told.reply, false);
    const bool not_done = !absl::IsUnknown(told.status) && MayRetry(told.reason);
    answer(StatusOf(ErrorOf(told)), "", not_done);
  });
  if (!asked.ok()) answer(StatusOf(Error::kTooManyRequests), "", false);
}

}  // namespace lockstep::runtime
