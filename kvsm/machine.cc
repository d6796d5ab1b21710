#include "kvsm/machine.h"

#include <algorithm>
#include <vector>

#include "kvsm/range_request.h"
#include "kvsm/txn.h"

namespace lockstep::kvsm {
namespace {

using etcdserverpb::AlarmRequest;
using etcdserverpb::AlarmType;

// A request of this kind that cannot be read is refused as one without a key.
constexpr Error kMalformed = Error::kEmptyKey;

bool Parse(std::string_view body, google::protobuf::MessageLite& request) {
  return request.ParseFromArray(body.data(), static_cast<int>(body.size()));
}

// What a member refuses while its data is known to differ from others'.
bool TouchesData(CommandKind kind) { return kind <= CommandKind::kLeaseRevoke; }

}  // namespace

Machine::Machine(std::unique_ptr<Engine> engine) : store_(std::move(engine), leases_) {}

void Machine::Apply(std::string_view bytes, std::string& reply) {
  const size_t at = reply.size();
  EncodeReply(Error::kNone, 0, reply);
  const std::optional<Command> command = DecodeCommand(bytes);
  Error error = kMalformed;
  if (command.has_value()) {
    log_millis_ = std::max(log_millis_, command->log_millis);
    error = Run(*command, reply);
    store_.End();
  }
  if (error != Error::kNone) reply.resize(at);
  std::string head;
  EncodeReply(error, revision(), head);
  if (error != Error::kNone) {
    reply += head;
  } else {
    std::copy(head.begin(), head.end(), reply.begin() + static_cast<ptrdiff_t>(at));
  }
  Collect(kCollectedPerCommand);
}

Error Machine::Run(const Command& command, std::string& reply) {
  if (TouchesData(command.kind) && HasAlarm(AlarmType::CORRUPT)) return Error::kCorrupt;
  switch (command.kind) {
    case CommandKind::kPut:
      return RunPut(command, reply);
    case CommandKind::kDeleteRange:
      return RunDeleteRange(command, reply);
    case CommandKind::kTxn:
      return RunTxn(command, reply);
    case CommandKind::kCompact:
      return RunCompact(command);
    case CommandKind::kLeaseGrant:
      return RunLeaseGrant(command, reply);
    case CommandKind::kLeaseRevoke:
      return RunLeaseRevoke(command);
    case CommandKind::kKeepAlive:
      return RunKeepAlive(command, reply);
    case CommandKind::kExpireLeases:
      return RunExpireLeases(reply);
    case CommandKind::kAlarm:
      return RunAlarm(command, reply);
    case CommandKind::kChangeMember:
      return RunChangeMember(command, reply);
  }
  return kMalformed;
}

// ---- Keys.

Error Machine::RunPut(const Command& command, std::string& reply) {
  if (!Parse(command.body, put_)) return kMalformed;
  if (HasAlarm(AlarmType::NOSPACE)) return Error::kNoSpace;
  etcdserverpb::PutResponse response;
  const Error error = Put(store_, leases_, put_, response);
  if (error == Error::kNone && response.has_prev_kv()) response.AppendToString(&reply);
  return error;
}

Error Machine::RunDeleteRange(const Command& command, std::string& reply) {
  etcdserverpb::DeleteRangeRequest request;
  if (!Parse(command.body, request)) return kMalformed;
  etcdserverpb::DeleteRangeResponse response;
  DeleteRange(store_, request, response);
  response.AppendToString(&reply);
  return Error::kNone;
}

Error Machine::RunTxn(const Command& command, std::string& reply) {
  etcdserverpb::TxnRequest request;
  if (!Parse(command.body, request)) return kMalformed;
  if (HasAlarm(AlarmType::NOSPACE) && HasPut(request)) return Error::kNoSpace;
  etcdserverpb::TxnResponse response;
  const Error error = Txn(store_, leases_, request, response);
  if (error == Error::kNone) response.AppendToString(&reply);
  return error;
}

Error Machine::RunCompact(const Command& command) {
  etcdserverpb::CompactionRequest request;
  if (!Parse(command.body, request)) return kMalformed;
  return store_.Compact(request.revision());
}

// ---- Leases.

// Spread over all positive numbers, so that no client takes them for a sequence that it may guess.
LeaseId Machine::ChooseLease() {
  while (true) {
    uint64_t bits = ++leases_granted_ * 0x9e3779b97f4a7c15;
    bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9;
    bits = (bits ^ bits >> 27) * 0x94d049bb133111eb;
    const auto id = static_cast<LeaseId>((bits ^ bits >> 31) >> 1);
    if (id != 0 && leases_.Find(id) == nullptr) return id;
  }
}

Error Machine::RunLeaseGrant(const Command& command, std::string& reply) {
  etcdserverpb::LeaseGrantRequest request;
  if (!Parse(command.body, request)) return kMalformed;
  if (HasAlarm(AlarmType::NOSPACE)) return Error::kNoSpace;
  if (request.ttl() > kLeaseTtlMax) return Error::kLeaseTtlTooLarge;
  if (leases_.Find(request.id()) != nullptr) return Error::kLeaseExist;
  const LeaseId id = request.id() != 0 ? request.id() : ChooseLease();
  const int64_t ttl = std::max<int64_t>(1, request.ttl());
  leases_.Grant(id, ttl, log_millis_ + ttl * 1000);
  etcdserverpb::LeaseGrantResponse response;
  response.set_id(id);
  response.set_ttl(ttl);
  response.AppendToString(&reply);
  return Error::kNone;
}

// All its keys go at one revision, in their order.
void Machine::EndLease(LeaseId id) {
  const Lease* const lease = leases_.Find(id);
  const std::vector<std::string> keys(lease->keys.begin(), lease->keys.end());
  leases_.Remove(id);
  for (const std::string& key : keys) store_.DeleteRange(KeyRange::One(key));
  store_.End();
}

Error Machine::RunLeaseRevoke(const Command& command) {
  etcdserverpb::LeaseRevokeRequest request;
  if (!Parse(command.body, request)) return kMalformed;
  if (leases_.Find(request.id()) == nullptr) return Error::kLeaseNotFound;
  EndLease(request.id());
  return Error::kNone;
}

Error Machine::RunKeepAlive(const Command& command, std::string& reply) {
  proto::KeepAlive request;
  if (!Parse(command.body, request)) return kMalformed;
  proto::KeepAliveReply response;
  for (const LeaseId id : request.lease_ids()) {
    const Lease* const lease = leases_.Find(id);
    if (lease != nullptr) leases_.KeepAlive(id, log_millis_ + lease->ttl_seconds * 1000);
    response.add_ttl_seconds(lease == nullptr ? 0 : lease->ttl_seconds);
  }
  response.AppendToString(&reply);
  return Error::kNone;
}

Error Machine::RunExpireLeases(std::string& reply) {
  proto::ExpireLeasesReply response;
  response.set_log_millis(log_millis_);
  for (const LeaseId id : leases_.Expired(log_millis_, kExpiredMax)) {
    if (response.lease_ids_size() == static_cast<int>(kExpiredMax)) {
      response.set_more(true);
      break;
    }
    EndLease(id);
    response.add_lease_ids(id);
  }
  response.AppendToString(&reply);
  return Error::kNone;
}

// ---- Alarms and members.

bool Machine::HasAlarm(AlarmType type) const {
  return std::any_of(alarms_.begin(), alarms_.end(), [type](const auto& alarm) { return alarm.second == type; });
}

Error Machine::RunAlarm(const Command& command, std::string& reply) {
  AlarmRequest request;
  if (!Parse(command.body, request)) return kMalformed;
  etcdserverpb::AlarmResponse response;
  const auto add = [&response](uint64_t member, AlarmType type) {
    auto& alarm = *response.add_alarms();
    alarm.set_memberid(member);
    alarm.set_alarm(type);
  };
  const std::pair<uint64_t, AlarmType> alarm(request.memberid(), request.alarm());
  switch (request.action()) {
    case AlarmRequest::GET:
      for (const auto& [member, type] : alarms_) {
        if (request.alarm() == AlarmType::NONE || request.alarm() == type) add(member, type);
      }
      break;
    case AlarmRequest::ACTIVATE:
      // Only alarms that mean something to this machine: others could fill it without end.
      if (alarm.second != AlarmType::NOSPACE && alarm.second != AlarmType::CORRUPT) break;
      alarms_.insert(alarm);
      add(alarm.first, alarm.second);
      break;
    case AlarmRequest::DEACTIVATE:
      if (alarms_.erase(alarm) > 0) add(alarm.first, alarm.second);
      break;
    default:
      break;
  }
  response.AppendToString(&reply);
  return Error::kNone;
}

Error Machine::RunChangeMember(const Command& command, std::string& reply) {
  proto::ChangeMember request;
  if (!Parse(command.body, request)) return kMalformed;
  proto::ChangeMemberReply response;
  const Error error = members_.Change(request, *response.mutable_member());
  if (error != Error::kNone) return error;
  for (const auto& [id, member] : members_.all()) *response.add_members() = member;
  response.AppendToString(&reply);
  return Error::kNone;
}

// ---- Questions.

Error Machine::Range(const etcdserverpb::RangeRequest& request, etcdserverpb::RangeResponse& response) const {
  if (HasAlarm(AlarmType::CORRUPT)) return Error::kCorrupt;
  return kvsm::Range(store_, request, response);
}

Error Machine::ReadTxn(const etcdserverpb::TxnRequest& request, etcdserverpb::TxnResponse& response) const {
  if (HasAlarm(AlarmType::CORRUPT)) return Error::kCorrupt;
  return kvsm::ReadTxn(store_, request, response);
}

}  // namespace lockstep::kvsm
