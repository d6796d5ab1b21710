#include "kvsm/model/model.h"

#include <algorithm>
#include <limits>

namespace lockstep::kvsm::model {
namespace {

constexpr int64_t kForever = std::numeric_limits<int64_t>::max();

bool InRange(const std::string& key, const std::string& begin, const std::string& end) {
  if (end.empty()) return key == begin;
  if (end == std::string(1, '\0')) return key >= begin;
  return begin <= key && key < end;
}

template <typename Request>
bool Read(std::string_view body, Request& request) {
  return request.ParseFromString(std::string(body));
}

mvccpb::KeyValue Pair(const Change& change) {
  mvccpb::KeyValue pair;
  pair.set_key(change.key);
  pair.set_value(change.value);
  pair.set_create_revision(change.create);
  pair.set_mod_revision(change.mod);
  pair.set_version(change.version);
  pair.set_lease(change.lease);
  return pair;
}

}  // namespace

std::map<std::string, Change> Model::StateAt(int64_t at) const {
  Keys keys;
  for (const Change& change : changes_) {
    if (change.mod > at) break;
    keys.erase(change.key);
    if (change.version > 0) keys.emplace(change.key, change);
  }
  return keys;
}

int64_t Model::Now() const {
  const bool changed = !changes_.empty() && changes_.back().mod == revision_ + 1;
  return changed ? revision_ + 1 : revision_;
}

bool Model::Alarmed(int type) const {
  return std::any_of(alarms_.begin(), alarms_.end(), [type](const auto& alarm) { return alarm.second == type; });
}

std::string Model::Apply(std::string_view bytes) {
  Error error = Error::kEmptyKey;
  std::string body;
  const auto command = DecodeCommand(bytes);
  if (command.has_value()) {
    if (command->log_millis > millis_) millis_ = command->log_millis;
    error = Run(*command, body);
    revision_ = Now();
  }
  std::string reply;
  EncodeReply(error, revision_, reply);
  return error == Error::kNone ? reply + body : reply;
}

Error Model::Run(const Command& command, std::string& body) {
  if (Alarmed(etcdserverpb::CORRUPT) && command.kind <= CommandKind::kLeaseRevoke) return Error::kCorrupt;
  const Keys before = StateAt(kForever);
  const bool full = Alarmed(etcdserverpb::NOSPACE);
  switch (command.kind) {
    case CommandKind::kPut: {
      etcdserverpb::PutRequest request;
      etcdserverpb::PutResponse response;
      if (!Read(command.body, request)) return Error::kEmptyKey;
      if (full) return Error::kNoSpace;
      if (request.lease() != 0 && !leases_.contains(request.lease())) return Error::kLeaseNotFound;
      const bool keeps = request.ignore_value() || request.ignore_lease();
      if (keeps && !before.contains(request.key())) return Error::kKeyNotFound;
      PutOne(request, response, before);
      body = response.SerializeAsString();
      return Error::kNone;
    }
    case CommandKind::kDeleteRange: {
      etcdserverpb::DeleteRangeRequest request;
      etcdserverpb::DeleteRangeResponse response;
      if (!Read(command.body, request)) return Error::kEmptyKey;
      std::vector<Change> deleted;
      response.set_deleted(Delete(request.key(), request.range_end(), &deleted));
      for (const Change& change : deleted) {
        if (request.prev_kv()) *response.add_prev_kvs() = Pair(change);
      }
      body = response.SerializeAsString();
      return Error::kNone;
    }
    case CommandKind::kTxn: {
      etcdserverpb::TxnRequest request;
      etcdserverpb::TxnResponse response;
      if (!Read(command.body, request)) return Error::kEmptyKey;
      const auto puts = [](const auto& self, const etcdserverpb::TxnRequest& txn) -> bool {
        for (const auto* operations : {&txn.success(), &txn.failure()}) {
          for (const auto& operation : *operations) {
            if (operation.has_request_put()) return true;
            if (operation.has_request_txn() && self(self, operation.request_txn())) return true;
          }
        }
        return false;
      };
      if (full && puts(puts, request)) return Error::kNoSpace;
      for (const bool of_puts : {true, false}) {
        const Error error = CheckTxn(request, before, of_puts);
        if (error != Error::kNone) return error;
      }
      RunTxn(request, before, response);
      body = response.SerializeAsString();
      return Error::kNone;
    }
    case CommandKind::kCompact: {
      etcdserverpb::CompactionRequest request;
      return Read(command.body, request) ? Compact(request.revision()) : Error::kEmptyKey;
    }
    case CommandKind::kLeaseGrant: {
      etcdserverpb::LeaseGrantRequest request;
      if (!Read(command.body, request)) return Error::kEmptyKey;
      return full ? Error::kNoSpace : Grant(request, body);
    }
    case CommandKind::kLeaseRevoke: {
      etcdserverpb::LeaseRevokeRequest request;
      if (!Read(command.body, request)) return Error::kEmptyKey;
      if (!leases_.contains(request.id())) return Error::kLeaseNotFound;
      EndLease(request.id());
      return Error::kNone;
    }
    case CommandKind::kKeepAlive: {
      proto::KeepAlive request;
      proto::KeepAliveReply reply;
      if (!Read(command.body, request)) return Error::kEmptyKey;
      for (const int64_t id : request.lease_ids()) {
        const auto lease = leases_.find(id);
        reply.add_ttl_seconds(lease == leases_.end() ? 0 : lease->second.ttl);
        if (lease == leases_.end()) continue;
        lease->second.deadline = std::max(lease->second.deadline, millis_ + lease->second.ttl * 1000);
      }
      body = reply.SerializeAsString();
      return Error::kNone;
    }
    case CommandKind::kExpireLeases:
      body = Expire();
      return Error::kNone;
    case CommandKind::kAlarm: {
      etcdserverpb::AlarmRequest request;
      if (!Read(command.body, request)) return Error::kEmptyKey;
      body = Alarm(request);
      return Error::kNone;
    }
    case CommandKind::kChangeMember: {
      proto::ChangeMember request;
      proto::ChangeMemberReply reply;
      if (!Read(command.body, request)) return Error::kEmptyKey;
      const Error error = ChangeMember(request, reply);
      body = reply.SerializeAsString();
      return error;
    }
  }
  return Error::kEmptyKey;
}

// ---- Keys.

Error Model::PutOne(const etcdserverpb::PutRequest& request, etcdserverpb::PutResponse& response, const Keys& before) {
  const auto old = before.find(request.key());
  const bool existed = old != before.end();
  if (request.prev_kv() && existed) *response.mutable_prev_kv() = Pair(old->second);
  Change change{request.key(), request.value(), revision_ + 1, revision_ + 1, 1, request.lease(), 0};
  if (existed) {
    change.create = old->second.create;
    change.version = old->second.version + 1;
  }
  if (request.ignore_value()) change.value = existed ? old->second.value : "";
  if (request.ignore_lease()) change.lease = existed ? old->second.lease : 0;
  change.sub = changes_.empty() || changes_.back().mod != change.mod ? 0 : changes_.back().sub + 1;
  changes_.push_back(change);
  return Error::kNone;
}

int64_t Model::Delete(const std::string& key, const std::string& end, std::vector<Change>* deleted) {
  int64_t count = 0;
  for (const auto& [name, old] : StateAt(kForever)) {
    if (!InRange(name, key, end)) continue;
    ++count;
    if (deleted != nullptr) deleted->push_back(old);
    const int64_t mod = revision_ + 1;
    const int64_t sub = changes_.back().mod == mod ? changes_.back().sub + 1 : 0;
    changes_.push_back({name, "", 0, mod, 0, 0, sub});
  }
  return count;
}

Error Model::Range(const etcdserverpb::RangeRequest& request, etcdserverpb::RangeResponse& response) const {
  if (Alarmed(etcdserverpb::CORRUPT)) return Error::kCorrupt;
  if (request.revision() > Now()) return Error::kFutureRev;
  if (request.revision() > 0 && request.revision() < compacted_) return Error::kCompacted;
  std::vector<Change> found;
  int64_t count = 0;
  for (const auto& [key, change] : StateAt(request.revision() <= 0 ? kForever : request.revision())) {
    if (!InRange(key, request.key(), request.range_end())) continue;
    ++count;
    if (request.min_mod_revision() != 0 && change.mod < request.min_mod_revision()) continue;
    if (request.max_mod_revision() != 0 && change.mod > request.max_mod_revision()) continue;
    if (request.min_create_revision() != 0 && change.create < request.min_create_revision()) continue;
    if (request.max_create_revision() != 0 && change.create > request.max_create_revision()) continue;
    found.push_back(change);
  }
  response.set_count(count);
  if (request.count_only()) return Error::kNone;
  const auto less = [&request](const Change& a, const Change& b) {
    using R = etcdserverpb::RangeRequest;
    if (request.sort_target() == R::VERSION) return a.version < b.version;
    if (request.sort_target() == R::CREATE) return a.create < b.create;
    if (request.sort_target() == R::MOD) return a.mod < b.mod;
    if (request.sort_target() == R::VALUE) return a.value < b.value;
    return a.key < b.key;
  };
  const bool down = request.sort_order() == etcdserverpb::RangeRequest::DESCEND;
  std::stable_sort(found.begin(), found.end(),
                   [&](const Change& a, const Change& b) { return down ? less(b, a) : less(a, b); });
  for (const Change& change : found) {
    if (request.limit() > 0 && response.kvs_size() == request.limit()) {
      response.set_more(true);
      break;
    }
    *response.add_kvs() = Pair(change);
    if (request.keys_only()) response.mutable_kvs()->rbegin()->clear_value();
  }
  return Error::kNone;
}

bool Model::Compares(const etcdserverpb::TxnRequest& request, const Keys& before) const {
  for (const auto& compare : request.compare()) {
    std::vector<Change> against;
    for (const auto& [key, change] : before) {
      if (InRange(key, compare.key(), compare.range_end())) against.push_back(change);
    }
    if (against.empty()) {
      if (compare.target() == etcdserverpb::Compare::VALUE) return false;
      against.emplace_back();
    }
    for (const Change& change : against) {
      using C = etcdserverpb::Compare;
      bool less = false;
      bool equal = true;
      const auto number = [&](int64_t a, int64_t b) {
        less = a < b;
        equal = a == b;
      };
      if (compare.target() == C::VALUE) {
        less = change.value < compare.value();
        equal = change.value == compare.value();
      } else if (compare.target() == C::VERSION) {
        number(change.version, compare.version());
      } else if (compare.target() == C::CREATE) {
        number(change.create, compare.create_revision());
      } else if (compare.target() == C::MOD) {
        number(change.mod, compare.mod_revision());
      } else if (compare.target() == C::LEASE) {
        number(change.lease, compare.lease());
      }
      if (compare.result() == C::EQUAL && !equal) return false;
      if (compare.result() == C::NOT_EQUAL && equal) return false;
      if (compare.result() == C::GREATER && (less || equal)) return false;
      if (compare.result() == C::LESS && !less) return false;
    }
  }
  return true;
}

Error Model::CheckTxn(const etcdserverpb::TxnRequest& request, const Keys& before, bool puts) const {
  for (const auto& operation : Compares(request, before) ? request.success() : request.failure()) {
    if (operation.has_request_txn()) {
      const Error error = CheckTxn(operation.request_txn(), before, puts);
      if (error != Error::kNone) return error;
    } else if (operation.has_request_put() && puts) {
      const auto& put = operation.request_put();
      if ((put.ignore_value() || put.ignore_lease()) && !before.contains(put.key())) return Error::kKeyNotFound;
      if (put.lease() != 0 && !leases_.contains(put.lease())) return Error::kLeaseNotFound;
    } else if (operation.has_request_range() && !puts) {
      const int64_t revision = operation.request_range().revision();
      if (revision > revision_) return Error::kFutureRev;
      if (revision != 0 && revision < compacted_) return Error::kCompacted;
    }
  }
  return Error::kNone;
}

void Model::RunTxn(const etcdserverpb::TxnRequest& request, const Keys& before, etcdserverpb::TxnResponse& response) {
  response.set_succeeded(Compares(request, before));
  for (const auto& operation : response.succeeded() ? request.success() : request.failure()) {
    auto& result = *response.add_responses();
    if (operation.has_request_range()) {
      Range(operation.request_range(), *result.mutable_response_range());
      result.mutable_response_range()->mutable_header()->set_revision(Now());
    } else if (operation.has_request_put()) {
      PutOne(operation.request_put(), *result.mutable_response_put(), StateAt(kForever));
      result.mutable_response_put()->mutable_header()->set_revision(Now());
    } else if (operation.has_request_delete_range()) {
      const auto& deletion = operation.request_delete_range();
      std::vector<Change> deleted;
      auto& answer = *result.mutable_response_delete_range();
      answer.set_deleted(Delete(deletion.key(), deletion.range_end(), &deleted));
      for (const Change& change : deleted) {
        if (deletion.prev_kv()) *answer.add_prev_kvs() = Pair(change);
      }
      answer.mutable_header()->set_revision(Now());
    } else if (operation.has_request_txn()) {
      result.mutable_response_txn()->mutable_header();
      RunTxn(operation.request_txn(), before, *result.mutable_response_txn());
    }
  }
}

Error Model::Compact(int64_t revision) {
  if (revision <= compacted_) return Error::kCompacted;
  if (revision > revision_) return Error::kFutureRev;
  compacted_ = revision;
  const Keys kept = StateAt(revision);
  std::erase_if(changes_, [&](const Change& change) {
    if (change.mod >= revision) return false;
    const auto at = kept.find(change.key);
    return at == kept.end() || at->second != change;
  });
  return Error::kNone;
}

// ---- Leases.

Error Model::Grant(const etcdserverpb::LeaseGrantRequest& request, std::string& body) {
  if (request.ttl() > 9'000'000'000) return Error::kLeaseTtlTooLarge;
  if (leases_.contains(request.id())) return Error::kLeaseExist;
  int64_t id = request.id();
  while (id == 0 || (request.id() == 0 && leases_.contains(id))) {
    uint64_t x = ++granted_ * 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    id = static_cast<int64_t>((x ^ (x >> 31)) / 2);
  }
  const int64_t ttl = request.ttl() < 1 ? 1 : request.ttl();
  leases_[id] = {ttl, millis_ + ttl * 1000};
  etcdserverpb::LeaseGrantResponse response;
  response.set_id(id);
  response.set_ttl(ttl);
  body = response.SerializeAsString();
  return Error::kNone;
}

void Model::EndLease(int64_t id) {
  leases_.erase(id);
  std::vector<std::string> keys;
  for (const auto& [key, change] : StateAt(kForever)) {
    if (change.lease == id) keys.push_back(key);
  }
  for (const std::string& key : keys) Delete(key, "", nullptr);
  revision_ = Now();
}

std::string Model::Expire() {
  std::vector<std::pair<int64_t, int64_t>> over;
  for (const auto& [id, lease] : leases_) {
    if (lease.deadline <= millis_) over.emplace_back(lease.deadline, id);
  }
  std::sort(over.begin(), over.end());
  proto::ExpireLeasesReply reply;
  reply.set_log_millis(millis_);
  reply.set_more(over.size() > 1000);
  if (over.size() > 1000) over.resize(1000);
  for (const auto& [deadline, id] : over) {
    EndLease(id);
    reply.add_lease_ids(id);
  }
  return reply.SerializeAsString();
}

// ---- Alarms and members.

std::string Model::Alarm(const etcdserverpb::AlarmRequest& request) {
  etcdserverpb::AlarmResponse response;
  const auto add = [&response](uint64_t member, int type) {
    auto& alarm = *response.add_alarms();
    alarm.set_memberid(member);
    alarm.set_alarm(static_cast<etcdserverpb::AlarmType>(type));
  };
  const int type = request.alarm();
  if (request.action() == etcdserverpb::AlarmRequest::GET) {
    for (const auto& [member, alarm] : alarms_) {
      if (type == 0 || type == alarm) add(member, alarm);
    }
  } else if (request.action() == etcdserverpb::AlarmRequest::ACTIVATE) {
    if (type == 1 || type == 2) {
      alarms_.emplace(request.memberid(), type);
      add(request.memberid(), type);
    }
  } else if (request.action() == etcdserverpb::AlarmRequest::DEACTIVATE) {
    if (alarms_.erase({request.memberid(), type}) > 0) add(request.memberid(), type);
  }
  return response.SerializeAsString();
}

Error Model::ChangeMember(const proto::ChangeMember& request, proto::ChangeMemberReply& reply) {
  etcdserverpb::Member member = request.member();
  const auto url_taken = [&] {
    for (const auto& [id, other] : members_) {
      if (request.action() == proto::ChangeMember::UPDATE && id == member.id()) continue;
      for (const auto& a : other.peerurls()) {
        for (const auto& b : member.peerurls()) {
          if (a == b) return true;
        }
      }
    }
    return false;
  };
  const auto learners = [&] {
    int count = 0;
    for (const auto& [id, other] : members_) count += other.islearner() ? 1 : 0;
    return count;
  };
  const auto voters = [&] { return static_cast<int>(members_.size()) - learners(); };
  if (request.action() == proto::ChangeMember::FOUND || request.action() == proto::ChangeMember::REFOUND) {
    if (request.action() == proto::ChangeMember::FOUND && last_number_ > 0) return Error::kMemberExist;
    members_ = {};
    for (const auto& founder : request.members()) members_.insert({founder.id(), founder});
    for (const auto& [id, founder] : members_) last_number_ = std::max(last_number_, static_cast<uint32_t>(id));
    member = {};
  } else if (request.action() == proto::ChangeMember::ADD) {
    if (member.id() == 0) member.set_id(last_number_ + 1);
    if (members_.contains(member.id())) return Error::kMemberExist;
    if (url_taken()) return Error::kPeerUrlExists;
    if (member.islearner() && learners() > 0) return Error::kTooManyLearners;
    last_number_ = std::max(last_number_, static_cast<uint32_t>(member.id()));
    members_[member.id()] = member;
  } else {
    if (!members_.contains(member.id())) return Error::kMemberNotFound;
    etcdserverpb::Member& old = members_[member.id()];
    if (request.action() == proto::ChangeMember::REMOVE && !old.islearner() && voters() == 1) {
      return Error::kMemberNotEnoughStarted;
    }
    if (request.action() == proto::ChangeMember::UPDATE) {
      if (url_taken()) return Error::kPeerUrlExists;
      *old.mutable_peerurls() = member.peerurls();
    } else if (request.action() == proto::ChangeMember::PUBLISH) {
      old.set_name(member.name());
      *old.mutable_clienturls() = member.clienturls();
    } else if (request.action() == proto::ChangeMember::PROMOTE) {
      if (!old.islearner()) return Error::kMemberNotLearner;
      old.set_islearner(false);
    }
    member = old;
    if (request.action() == proto::ChangeMember::REMOVE) members_.erase(member.id());
  }
  *reply.mutable_member() = member;
  for (const auto& [id, other] : members_) *reply.add_members() = other;
  return Error::kNone;
}

}  // namespace lockstep::kvsm::model
