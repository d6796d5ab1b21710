#include "runtime/service/line.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "kvsm/api/lease.pb.h"

namespace lockstep::runtime {
namespace {

using etcdserverpb::Compare;
using etcdserverpb::RangeRequest;
using etcdserverpb::TxnRequest;
using kvsm::CommandKind;
using kvsm::Error;

constexpr int64_t kLookMicros = 200'000;
constexpr int64_t kOwnLeaseSeconds = 60;

Compare CreatedAt(const std::string& key, kvsm::Revision revision) {
  Compare compare;
  compare.set_key(key);
  compare.set_target(Compare::CREATE);
  compare.set_create_revision(revision);
  return compare;
}

}  // namespace

std::string Line::EndOf(const std::string& prefix) {
  std::string end = prefix;
  while (!end.empty() && end.back() == '\xff') end.pop_back();
  if (end.empty()) return std::string(1, '\0');
  end.back() = static_cast<char>(end.back() + 1);
  return end;
}

bool Line::FindFirst(const kvsm::Machine& keys, const std::string& prefix, kvsm::Revision at, mvccpb::KeyValue& first) {
  RangeRequest request;
  request.set_key(prefix);
  request.set_range_end(EndOf(prefix));
  request.set_revision(at);
  request.set_sort_target(RangeRequest::CREATE);
  request.set_limit(1);
  etcdserverpb::RangeResponse response;
  if (keys.Range(request, response) != Error::kNone || response.kvs_size() == 0) return false;
  first = response.kvs(0);
  return true;
}

// One that waits, from its entry to its turn.
class Line::Waiter final : public WatchSink, public std::enable_shared_from_this<Waiter> {
 public:
  Waiter(Line& line, uint64_t number, std::string prefix, std::string value, std::shared_ptr<RpcCall> call, Done done)
      : line_(line),
        number_(number),
        prefix_(std::move(prefix)),
        value_(std::move(value)),
        call_(std::move(call)),
        done_(std::move(done)) {}

  void Begin(int64_t lease);
  // Gives the place up, if the call has ended.
  void Look();

  bool Accepts() const override { return true; }
  void OnEvents(Watch&, const std::vector<EncodedEvent>&, kvsm::Revision) override { Later(); }
  void OnCompacted(Watch&, kvsm::Revision) override { Later(); }

 private:
  ServiceContext& context() const { return line_.context_; }
  void Take();
  void OnTaken(const kvsm::Reply& reply);
  void Proclaim();
  void AwaitTurn();
  void CheckTurn();
  void Later();
  void EndWatch();
  void GiveUp();
  void End(const RpcStatus& status);

  Line& line_;
  const uint64_t number_;
  const std::string prefix_;
  const std::string value_;
  const std::shared_ptr<RpcCall> call_;
  Done done_;
  Place place_;
  Watch* watch_ = nullptr;
  bool checks_ = false;
  bool ended_ = false;
};

void Line::Enter(const std::string& name, const std::string& value, int64_t lease, std::shared_ptr<RpcCall> call,
                 Done done) {
  const uint64_t number = ++last_waiter_;
  auto waiter = std::make_shared<Waiter>(*this, number, PrefixOf(name), value, std::move(call), std::move(done));
  waiters_[number] = waiter;
  if (!look_.is_set()) look_.Set(kLookMicros, [this] { Look(); });
  waiter->Begin(lease);
}

void Line::Look() {
  const std::map<uint64_t, std::shared_ptr<Waiter>> waiters = waiters_;
  for (const auto& [number, waiter] : waiters) waiter->Look();
  if (!waiters_.empty()) look_.Set(kLookMicros, [this] { Look(); });
}

void Line::Waiter::Begin(int64_t lease) {
  place_.lease = lease;
  if (lease != 0) return Take();
  etcdserverpb::LeaseGrantRequest grant;
  grant.set_ttl(kOwnLeaseSeconds);
  context().submitter.Submit(CommandKind::kLeaseGrant, grant.SerializeAsString(),
                             [self = shared_from_this()](const RpcStatus& status, const kvsm::Reply& reply) {
                               etcdserverpb::LeaseGrantResponse granted;
                               if (!status.ok()) return self->End(status);
                               granted.ParseFromArray(reply.body.data(), static_cast<int>(reply.body.size()));
                               self->place_.lease = granted.id();
                               self->Take();
                             });
}

void Line::Waiter::Take() {
  place_.key = prefix_ + absl::StrCat(absl::Hex(static_cast<uint64_t>(place_.lease)));
  TxnRequest txn;
  *txn.add_compare() = CreatedAt(place_.key, 0);
  auto& put = *txn.add_success()->mutable_request_put();
  put.set_key(place_.key);
  put.set_value(value_);
  put.set_lease(place_.lease);
  txn.add_failure()->mutable_request_range()->set_key(place_.key);
  context().submitter.Submit(CommandKind::kTxn, txn.SerializeAsString(),
                             [self = shared_from_this()](const RpcStatus& status, const kvsm::Reply& reply) {
                               if (!status.ok()) return self->End(status);
                               self->OnTaken(reply);
                             });
}

void Line::Waiter::OnTaken(const kvsm::Reply& reply) {
  etcdserverpb::TxnResponse response;
  response.ParseFromArray(reply.body.data(), static_cast<int>(reply.body.size()));
  place_.created = reply.revision;
  if (response.succeeded()) return AwaitTurn();
  // The lease has a place here already.
  const auto& range = response.responses(0).response_range();
  place_.created = range.kvs(0).create_revision();
  if (range.kvs(0).value() == value_) return AwaitTurn();
  Proclaim();
}

void Line::Waiter::Proclaim() {
  TxnRequest txn;
  *txn.add_compare() = CreatedAt(place_.key, place_.created);
  auto& put = *txn.add_success()->mutable_request_put();
  put.set_key(place_.key);
  put.set_value(value_);
  put.set_lease(place_.lease);
  context().submitter.Submit(CommandKind::kTxn, txn.SerializeAsString(),
                             [self = shared_from_this()](const RpcStatus& status, const kvsm::Reply&) {
                               if (!status.ok()) return self->End(status);
                               self->AwaitTurn();
                             });
}

void Line::Waiter::AwaitTurn() {
  if (ended_) return GiveUp();
  context().reads.Await([self = shared_from_this()](const RpcStatus& status) {
    if (!status.ok()) return self->End(status);
    self->CheckTurn();
  });
}

void Line::Waiter::CheckTurn() {
  if (ended_) return;
  const kvsm::Machine& keys = context().keys();
  kvsm::VersionView own;
  if (!keys.Find(place_.key, kvsm::kNewest, own) || own.create_revision != place_.created) {
    return End({RpcCode::kUnknown, "mutex: session is expired"});
  }
  RangeRequest before;
  before.set_key(prefix_);
  before.set_range_end(EndOf(prefix_));
  before.set_max_create_revision(place_.created - 1);
  before.set_sort_target(RangeRequest::CREATE);
  before.set_sort_order(RangeRequest::DESCEND);
  before.set_limit(1);
  etcdserverpb::RangeResponse response;
  const Error error = keys.Range(before, response);
  if (error != Error::kNone) return End(StatusOf(error));
  if (response.kvs_size() == 0) return End({});
  WatchWish wish;
  wish.key = response.kvs(0).key();
  wish.puts = false;
  watch_ = line_.hub_.Begin(std::move(wish), *this);
}

// Not within the hub's call.
void Line::Waiter::Later() {
  if (std::exchange(checks_, true)) return;
  context().scheduler.RunAfter(0, [self = shared_from_this()] {
    self->checks_ = false;
    self->EndWatch();
    self->AwaitTurn();
  });
}

void Line::Waiter::EndWatch() {
  if (watch_ != nullptr) line_.hub_.End(std::exchange(watch_, nullptr));
}

void Line::Waiter::Look() {
  if (!ended_ && call_->ended()) End({RpcCode::kCancelled, ""});
}

void Line::Waiter::GiveUp() {
  if (place_.created == 0) return;
  TxnRequest txn;
  *txn.add_compare() = CreatedAt(place_.key, place_.created);
  txn.add_success()->mutable_request_delete_range()->set_key(place_.key);
  context().submitter.Submit(CommandKind::kTxn, txn.SerializeAsString(), [](const RpcStatus&, const kvsm::Reply&) {});
}

void Line::Waiter::End(const RpcStatus& status) {
  if (std::exchange(ended_, true)) return;
  EndWatch();
  if (!status.ok() || call_->ended()) GiveUp();
  done_(status, place_, context().keys().revision());
  line_.waiters_.erase(number_);
}

}  // namespace lockstep::runtime
