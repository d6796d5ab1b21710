#include "kvsm/model/tape.h"

namespace lockstep::kvsm::model {

std::string Tape::Key() {
  static const std::vector<std::string> keys = {"a", "b", "c", "aa", "ab", std::string("a\0", 2), "b/1", "\xff"};
  return keys[static_cast<size_t>(Draw(static_cast<int>(keys.size())))];
}

std::string Tape::RangeEnd() {
  switch (Draw(4)) {
    case 0:
      return "";
    case 1:
      return std::string(1, '\0');
    default:
      return Key();
  }
}

etcdserverpb::PutRequest Tape::Put() {
  etcdserverpb::PutRequest put;
  put.set_key(Key());
  put.set_prev_kv(Chance(3));
  if (Chance(6)) {
    put.set_ignore_value(true);
  } else {
    put.set_value(Value());
  }
  if (Chance(6)) {
    put.set_ignore_lease(true);
  } else if (Chance(3)) {
    put.set_lease(LeaseId());
  }
  return put;
}

etcdserverpb::DeleteRangeRequest Tape::DeleteRange() {
  etcdserverpb::DeleteRangeRequest deletion;
  deletion.set_key(Key());
  deletion.set_range_end(RangeEnd());
  deletion.set_prev_kv(Chance(3));
  return deletion;
}

etcdserverpb::RangeRequest Tape::Range(int64_t revision) {
  etcdserverpb::RangeRequest range;
  range.set_key(Key());
  range.set_range_end(RangeEnd());
  range.set_limit(Draw(4));
  if (Chance(2)) range.set_revision(RevisionNear(revision));
  range.set_sort_order(static_cast<etcdserverpb::RangeRequest::SortOrder>(Draw(3)));
  range.set_sort_target(static_cast<etcdserverpb::RangeRequest::SortTarget>(Draw(5)));
  range.set_keys_only(Chance(4));
  range.set_count_only(Chance(6));
  if (Chance(4)) range.set_min_mod_revision(RevisionNear(revision));
  if (Chance(4)) range.set_max_mod_revision(RevisionNear(revision));
  if (Chance(4)) range.set_min_create_revision(RevisionNear(revision));
  if (Chance(4)) range.set_max_create_revision(RevisionNear(revision));
  return range;
}

etcdserverpb::Compare Tape::Compare(int64_t revision) {
  etcdserverpb::Compare compare;
  compare.set_key(Key());
  if (Chance(3)) compare.set_range_end(RangeEnd());
  compare.set_result(static_cast<etcdserverpb::Compare::CompareResult>(Draw(4)));
  compare.set_target(static_cast<etcdserverpb::Compare::CompareTarget>(Draw(5)));
  switch (Draw(6)) {
    case 0:
      compare.set_version(Draw(4));
      break;
    case 1:
      compare.set_create_revision(RevisionNear(revision));
      break;
    case 2:
      compare.set_mod_revision(RevisionNear(revision));
      break;
    case 3:
      compare.set_value(Value());
      break;
    case 4:
      compare.set_lease(LeaseId());
      break;
    default:
      break;
  }
  return compare;
}

etcdserverpb::TxnRequest Tape::Txn(int64_t revision, int depth) {
  etcdserverpb::TxnRequest txn;
  for (int n = Draw(3); n > 0; --n) *txn.add_compare() = Compare(revision);
  for (auto* const operations : {txn.mutable_success(), txn.mutable_failure()}) {
    for (int n = Draw(4); n > 0; --n) {
      auto& operation = *operations->Add();
      switch (Draw(depth > 0 ? 5 : 4)) {
        case 0:
          *operation.mutable_request_range() = Range(revision);
          break;
        case 1:
          *operation.mutable_request_put() = Put();
          break;
        case 2:
          *operation.mutable_request_delete_range() = DeleteRange();
          break;
        case 3:
          break;  // An operation that is none.
        default:
          *operation.mutable_request_txn() = Txn(revision, depth - 1);
          break;
      }
    }
  }
  return txn;
}

std::string Tape::Lease(CommandKind kind) {
  if (kind == CommandKind::kLeaseGrant) {
    etcdserverpb::LeaseGrantRequest grant;
    grant.set_id(LeaseId());
    grant.set_ttl(Chance(8) ? 9'000'000'001 : Draw(6) - 1);
    return grant.SerializeAsString();
  }
  if (kind == CommandKind::kLeaseRevoke) {
    etcdserverpb::LeaseRevokeRequest revoke;
    revoke.set_id(LeaseId());
    return revoke.SerializeAsString();
  }
  proto::KeepAlive keep;
  for (int n = Draw(4); n > 0; --n) keep.add_lease_ids(LeaseId());
  return keep.SerializeAsString();
}

std::string Tape::Alarm() {
  etcdserverpb::AlarmRequest alarm;
  alarm.set_action(static_cast<etcdserverpb::AlarmRequest::AlarmAction>(Draw(3)));
  alarm.set_memberid(static_cast<uint64_t>(Draw(2)));
  alarm.set_alarm(static_cast<etcdserverpb::AlarmType>(Draw(3)));
  return alarm.SerializeAsString();
}

std::string Tape::ChangeMember() {
  proto::ChangeMember change;
  change.set_action(static_cast<proto::ChangeMember::Action>(Draw(7)));
  const bool founds = change.action() >= proto::ChangeMember::FOUND;
  for (int n = founds ? Draw(4) : 0; n > 0; --n) {
    change.add_members()->set_id(static_cast<uint64_t>(Draw(5)));
    change.mutable_members(change.members_size() - 1)->set_islearner(Chance(3));
  }
  auto& member = *change.mutable_member();
  if (Chance(2)) member.set_id(static_cast<uint64_t>(Draw(5)));
  for (int n = Draw(3); n > 0; --n) member.add_peerurls(Value());
  member.set_name(Value());
  member.add_clienturls(Value());
  member.set_islearner(Chance(2));
  return change.SerializeAsString();
}

std::string Tape::Command(int64_t revision, int64_t log_millis) {
  static const std::vector<CommandKind> kinds = {
      CommandKind::kPut,          CommandKind::kPut,        CommandKind::kPut,        CommandKind::kDeleteRange,
      CommandKind::kTxn,          CommandKind::kTxn,        CommandKind::kCompact,    CommandKind::kLeaseGrant,
      CommandKind::kLeaseRevoke,  CommandKind::kKeepAlive,  CommandKind::kLeaseGrant, CommandKind::kTxn,
      CommandKind::kExpireLeases, CommandKind::kAlarm,      CommandKind::kPut,        CommandKind::kPut,
      CommandKind::kChangeMember, CommandKind::kDeleteRange};
  const CommandKind kind = kinds[static_cast<size_t>(Draw(static_cast<int>(kinds.size())))];
  const int64_t millis = Chance(2) ? log_millis + 250 * (Draw(9) - 1) : 0;
  std::string body;
  switch (kind) {
    case CommandKind::kPut:
      body = Put().SerializeAsString();
      break;
    case CommandKind::kDeleteRange:
      body = DeleteRange().SerializeAsString();
      break;
    case CommandKind::kTxn:
      body = Txn(revision, 2).SerializeAsString();
      break;
    case CommandKind::kCompact: {
      etcdserverpb::CompactionRequest compact;
      compact.set_revision(RevisionNear(revision));
      body = compact.SerializeAsString();
      break;
    }
    case CommandKind::kAlarm:
      body = Chance(2) ? Alarm() : "";
      break;
    case CommandKind::kChangeMember:
      body = ChangeMember();
      break;
    case CommandKind::kExpireLeases:
      break;
    default:
      body = Lease(kind);
      break;
  }
  if (Chance(40)) body.resize(body.size() / 2);  // Something that may be no request.
  return EncodeCommand(kind, millis, body);
}

}  // namespace lockstep::kvsm::model
