#include "sim/services/clients.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace lockstep::sim {

ServiceClients::ServiceClients(World& world, const Habits& habits, Servers& servers, Connections& connections,
                               Judge& judge)
    : world_(world),
      habits_(habits),
      servers_(servers),
      connections_(connections),
      judge_(judge),
      clients_(world.scenario.clients) {
  for (uint32_t number = 0; number < clients_.size(); ++number) {
    streams_.push_back(std::make_unique<Stream>());
    streams_.back()->client = number;
  }
}

void ServiceClients::Begin() {
  // Some runs have a few kinds of operations only: then there are many of each.
  static constexpr uint32_t kUsual[kActCount] = {12, 10, 6, 5, 8, 8, 2, 1, 6, 4, 1, 2, 1, 4, 5, 5, 1, 1, 0};
  for (size_t i = 0; i < kActCount; ++i) {
    const uint64_t kind = world_.choices.Below(4);
    weights_[i] = kind == 0 ? 0 : kUsual[i] * static_cast<uint32_t>(kind);
  }
  weights_[static_cast<size_t>(Act::kPut)] += 1;
  // What leases are for comes with leases.
  weights_[static_cast<size_t>(Act::kGrant)] += 1;
  if (habits_.changes_members) weights_[static_cast<size_t>(Act::kMembers)] = 20;
  for (uint32_t i = 0; i < clients_.size(); ++i) {
    QueuedEvent event;
    event.kind = EventKind::kInvoke;
    event.detail = static_cast<uint16_t>(i);
    world_.After(ThinkTime(), event);
  }
}

ServiceClients::Act ServiceClients::DrawAct() {
  uint32_t sum = 0;
  for (const uint32_t weight : weights_) sum += weight;
  uint64_t draw = world_.choices.Below(sum);
  size_t act = 0;
  while (draw >= weights_[act]) draw -= weights_[act++];
  return static_cast<Act>(act);
}

void ServiceClients::Invoke(uint32_t number) {
  if (clients_[number].open || stopped_) return;
  if (wants_room_ && (write_to_ != 0 || world_.choices.Below(6) == 0)) return MakeRoom(number);
  // Once healed, a write must succeed: so it is writes that are tried.
  Do(number, write_to_ != 0 ? Act::kPut : DrawAct());
}

void ServiceClients::Do(uint32_t number, Act act) {
  switch (act) {
    case Act::kPut:
      return Put(number, false);
    case Act::kGet:
      return Get(number, ChooseServer(), false);
    case Act::kRange:
      return Get(number, ChooseServer(), true);
    case Act::kDelete:
      return Delete(number);
    case Act::kTxn:
      return Txn(number);
    case Act::kMixedTxn:
      return MixedTxn(number);
    case Act::kReadTxn:
      return ReadTxn(number);
    case Act::kCompact:
      return Compact(number);
    case Act::kLeasedPut:
      return Put(number, true);
    case Act::kGrant:
      return Grant(number);
    case Act::kRevoke:
      return Revoke(number);
    case Act::kTimeToLive:
      return TimeToLive(number);
    case Act::kList:
      return List(number);
    case Act::kWatch:
      return WatchOrCancel(number);
    case Act::kLock:
      return Lock(number);
    case Act::kCampaign:
      return Campaign(number);
    case Act::kLeader:
      return Leader(number);
    case Act::kObserve:
      return Observe(number);
    case Act::kMembers:
      return ChangeMembers(number);
  }
}

void ServiceClients::ReadNow(uint32_t server) {
  const auto idle = std::find_if(clients_.begin(), clients_.end(), [](const Client& c) { return !c.open; });
  if (idle == clients_.end() || stopped_ || write_to_ != 0) return;
  Get(static_cast<uint32_t>(idle - clients_.begin()), server, false);
}

// ---- One operation.

void ServiceClients::Open(uint32_t number, OperationKind kind, std::string words) {
  Client& client = clients_[number];
  client.open = true;
  client.kind = kind;
  client.words = std::move(words);
  client.invoked = world_.now;
  ++client.sequence;
  ++open_;
  ++world_.counters.operations_invoked;
  Note(number, Answer::kPending, 0);
}

void ServiceClients::Close(uint32_t number, Answer answer, uint32_t server) {
  Client& client = clients_[number];
  client.open = false;
  const bool made_room = std::exchange(client.makes_room, false);
  --open_;
  Counters& counters = world_.counters;
  ++(answer == Answer::kOk       ? counters.operations_ok
     : answer == Answer::kFailed ? counters.operations_failed
                                 : counters.operations_unknown);
  const bool wrote = answer == Answer::kOk && client.kind == OperationKind::kWrite;
  if (wrote && !made_room && write_to_ != 0 && client.invoked >= write_to_since_ && !first_write_at_.has_value()) {
    first_write_at_ = world_.now;
  }
  Note(number, answer, server);
  QueuedEvent event;
  event.kind = EventKind::kInvoke;
  event.detail = static_cast<uint16_t>(number);
  world_.After(ThinkTime(), event);
}

void ServiceClients::Close(uint32_t number, const Told& told, uint32_t server) {
  const bool read = clients_[number].kind == OperationKind::kRead;
  if (!told.text.empty()) absl::StrAppend(&clients_[number].words, ": ", told.text);
  if (told.end == End::kOk || told.end == End::kError) return Close(number, Answer::kOk, server);
  Close(number, read || told.end == End::kRefused ? Answer::kFailed : Answer::kUnknown, server);
}

void ServiceClients::Note(uint32_t number, Answer answer, uint32_t server) {
  const Client& client = clients_[number];
  world_.digest.Add(uint64_t{0xc1} << 56 | uint64_t{number} << 40 | static_cast<uint64_t>(answer) << 32 |
                    client.sequence);
  if (world_.observer == nullptr) return;
  ClientEvent event;
  event.time_micros = world_.now;
  event.client = number;
  event.sequence = client.sequence;
  event.kind = client.kind;
  event.answer = answer;
  event.node = {server, 0};
  event.words = client.words;
  world_.observer->OnClient(event);
}

void ServiceClients::Later(uint32_t client, int64_t micros, std::function<void()> what) {
  timers_[++last_timer_] = std::move(what);
  QueuedEvent event;
  event.kind = EventKind::kTimeout;
  event.detail = static_cast<uint16_t>(client);
  event.argument = last_timer_;
  world_.After(micros, event);
}

void ServiceClients::TimeOut(uint32_t, uint64_t timer) {
  const auto what = timers_.extract(timer);
  if (!what.empty()) what.mapped()();
}

void ServiceClients::Call(uint32_t number, uint32_t server, const char* method, const std::string& request,
                          int64_t patience, OnTold done) {
  const uint64_t id = ++last_calling_;
  judge_.Reached(servers_[server - 1].leads() ? ServiceGoal::kAskedLeader : ServiceGoal::kAskedFollower);
  const auto end = [this, id](const runtime::RpcStatus& status) {
    auto calling = calling_.extract(id);
    if (calling.empty()) return;
    calling.mapped().done(ToldBy(status, std::move(calling.mapped().response)));
  };
  const bool wants_leader = world_.choices.Below(8) == 0;
  calling_[id].done = std::move(done);
  calling_[id].call =
      connections_.Begin(number, server, method, wants_leader,
                         {[this, id](const std::string& message) { calling_.at(id).response = message; }, end});
  connections_.Write(calling_[id].call, request);
  if (world_.Strikes(Fault::kCancel)) {
    patience = world_.choices.Between(0, patience / 4);
    world_.Inject(Fault::kCancel, FaultPhase::kOnce, {server, 0});
  }
  Later(number, patience, [this, id, end, number, server] {
    const auto at = calling_.find(id);
    if (at == calling_.end()) return;
    connections_.Cancel(at->second.call);
    end({runtime::RpcCode::kDeadlineExceeded, "context deadline exceeded"});
    // Its connection may be one that nobody hears.
    if (world_.choices.Below(4) == 0) connections_.Close(number, server);
  });
}

ServiceClients::Told ServiceClients::ToldBy(const runtime::RpcStatus& status, std::string response) const {
  using kvsm::Error;
  Told told;
  if (status.ok()) {
    told.end = End::kOk;
    told.response = std::move(response);
    return told;
  }
  told.text = status.text;
  const std::optional<Error> error = kvsm::ErrorOfText(status.text);
  if (!error.has_value()) return told;
  told.error = *error;
  switch (*error) {
    case Error::kKeyNotFound:
    case Error::kLeaseNotFound:
    case Error::kLeaseExist:
    case Error::kCompacted:
    case Error::kFutureRev:
    case Error::kNoSpace:
    case Error::kMemberExist:
    case Error::kPeerUrlExists:
    case Error::kMemberNotEnoughStarted:
    case Error::kMemberBadUrls:
    case Error::kMemberNotFound:
    case Error::kMemberNotLearner:
    case Error::kLearnerNotReady:
    case Error::kTooManyLearners:
    case Error::kUnhealthy:
      told.end = End::kError;
      break;
    case Error::kRequestTooLarge:
    case Error::kTooManyRequests:
    case Error::kNoLeader:
      told.end = End::kRefused;
      break;
    default:
      break;
  }
  return told;
}

// ---- Choices.

uint32_t ServiceClients::AnyServer() {
  auto n = static_cast<uint32_t>(world_.choices.Between(1, static_cast<int64_t>(servers_.size())));
  while (write_to_ != 0 && !Has(write_to_, n)) n = n % static_cast<uint32_t>(servers_.size()) + 1;
  return n;
}

uint32_t ServiceClients::ChooseServer() {
  uint32_t leaders[kServersMax];
  size_t count = 0;
  for (uint32_t n = 1; n <= servers_.size(); ++n) {
    const bool may_ask = write_to_ == 0 || Has(write_to_, n);
    if (may_ask && servers_[n - 1].up() && servers_[n - 1].state().role == Role::kLeader) leaders[count++] = n;
  }
  // Half at a leader, be it deposed or not; most once all depends on it.
  const bool leader = world_.choices.Below(16) < (write_to_ != 0 ? 14 : 8);
  return count != 0 && leader ? leaders[world_.choices.Below(count)] : AnyServer();
}

std::string ServiceClients::NewValue() {
  std::string value = absl::StrCat("v", next_value_++);
  const auto size = static_cast<size_t>(world_.choices.Between(1, world_.scenario.command_bytes_max));
  if (value.size() < size) value.resize(size, '.');
  return value;
}

std::string ServiceClients::PlainKey() { return absl::StrCat("p", world_.choices.Below(world_.scenario.keys)); }
std::string ServiceClients::MixedKey() { return absl::StrCat("x", world_.choices.Below(world_.scenario.keys + 1)); }

void ServiceClients::Saw(uint32_t number, int64_t revision) {
  clients_[number].revision = std::max(clients_[number].revision, revision);
}

// ---- The end of a run.

void ServiceClients::WriteTo(ServerSet servers) {
  write_to_ = servers;
  write_to_since_ = world_.now;
  for (uint32_t number = 0; number < clients_.size(); ++number) {
    if (streams_[number]->call != 0) connections_.SetTaking(streams_[number]->call, true);
    if (!Has(servers, streams_[number]->server)) MoveStream(number);
  }
}

void ServiceClients::Stop() {
  stopped_ = true;
  for (uint32_t number = 0; number < clients_.size(); ++number) {
    for (auto& [id, kept] : clients_[number].leases) {
      kept.given_up = true;
      if (kept.call != 0) connections_.Cancel(std::exchange(kept.call, 0));
    }
    if (clients_[number].observes != 0) connections_.Cancel(std::exchange(clients_[number].observes, 0));
    KeepMoving(number);
  }
}

std::string ServiceClients::Waits() const {
  for (size_t i = 0; i < clients_.size(); ++i) {
    if (clients_[i].open) return absl::StrCat("client ", i, " still waits for the end of: ", clients_[i].words);
  }
  for (const auto& stream : streams_) {
    for (const auto& [id, one] : stream->watches) {
      if (judge_.IsUpToDate(one.watched)) continue;
      return absl::StrCat("the watch of ", one.watched.key, " to '", one.watched.range_end, "' at server ",
                          stream->server, " waits for what happened from revision ", one.watched.next, " on");
    }
  }
  const int64_t lease = judge_.Lingering();
  if (lease != 0 && LeadersLast()) return absl::StrCat("lease ", lease, " has not ended");
  return MembersWait();
}

void ServiceClients::Finish() {
  const PlainHistory::Judgement judgement = plain_.Judge();
  verdict_ = judgement.verdict;
  if (!world_.checks.history) return;
  if (verdict_ == Verdict::kNotLinearizable) {
    world_.monitor.Fail(spec::Property::kLinearizability, kNoNode, world_.step, judgement.evidence);
  } else if (!judgement.in_log_order) {
    world_.Fail("LogOrderProp", kNoNode, judgement.evidence);
  }
}

}  // namespace lockstep::sim
