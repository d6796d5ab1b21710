// What single commands mean, a table for each idea. Their interplay is checked against the model (model/).
#include "kvsm/machine.h"

#include <gtest/gtest.h>

#include "kvsm/image.h"
#include "kvsm/memory/memory_engine.h"
#include "kvsm/txn.h"

namespace lockstep::kvsm {
namespace {

using etcdserverpb::AlarmType;
using etcdserverpb::RangeRequest;

class MachineTest : public testing::Test {
 protected:
  // Applies a command; what it replied.
  template <typename Request>
  Reply Apply(CommandKind kind, const Request& request, int64_t millis = 0) {
    reply_bytes.clear();
    machine->Apply(EncodeCommand(kind, millis, request.SerializeAsString()), reply_bytes);
    return DecodeReply(reply_bytes).value();
  }
  template <typename Response>
  Response Body() const {
    Response response;
    EXPECT_TRUE(response.ParseFromString(std::string(DecodeReply(reply_bytes).value().body)));
    return response;
  }
  Reply Put(const std::string& key, const std::string& value, LeaseId lease = 0) {
    etcdserverpb::PutRequest put;
    put.set_key(key);
    put.set_value(value);
    put.set_lease(lease);
    return Apply(CommandKind::kPut, put);
  }
  Reply Delete(const std::string& key, const std::string& end = "") {
    etcdserverpb::DeleteRangeRequest deletion;
    deletion.set_key(key);
    deletion.set_range_end(end);
    return Apply(CommandKind::kDeleteRange, deletion);
  }
  Reply Compact(Revision revision) {
    etcdserverpb::CompactionRequest compact;
    compact.set_revision(revision);
    return Apply(CommandKind::kCompact, compact);
  }
  Reply Grant(LeaseId id, int64_t ttl, int64_t millis = 0) {
    etcdserverpb::LeaseGrantRequest grant;
    grant.set_id(id);
    grant.set_ttl(ttl);
    return Apply(CommandKind::kLeaseGrant, grant, millis);
  }
  proto::ExpireLeasesReply Expire(int64_t millis) {
    EXPECT_EQ(Apply(CommandKind::kExpireLeases, proto::KeepAlive(), millis).error, Error::kNone);
    return Body<proto::ExpireLeasesReply>();
  }
  Reply Alarm(etcdserverpb::AlarmRequest::AlarmAction action, AlarmType type) {
    etcdserverpb::AlarmRequest alarm;
    alarm.set_action(action);
    alarm.set_alarm(type);
    alarm.set_memberid(7);
    return Apply(CommandKind::kAlarm, alarm);
  }
  // "key=value@mod key=value@mod ..." of what there is, by key.
  std::string All(Revision at = 0) const {
    RangeRequest request;
    request.set_key(std::string(1, '\0'));
    request.set_range_end(std::string(1, '\0'));
    request.set_revision(at);
    etcdserverpb::RangeResponse response;
    const Error error = machine->Range(request, response);
    if (error != Error::kNone) return std::string(InfoOf(error).text);
    std::string text;
    for (const auto& pair : response.kvs()) {
      text += (text.empty() ? "" : " ") + pair.key() + "=" + pair.value() + "@" + std::to_string(pair.mod_revision());
    }
    return text;
  }

  std::shared_ptr<Machine> machine = std::make_shared<Machine>(std::make_unique<MemoryEngine>());
  std::string reply_bytes;
};

TEST_F(MachineTest, EachWriteTakesARevisionAndOneThatChangesNothingNone) {
  EXPECT_EQ(machine->revision(), 1);
  EXPECT_EQ(Put("a", "1").revision, 2);
  EXPECT_EQ(Put("a", "2").revision, 3);
  EXPECT_EQ(Delete("b").revision, 3);
  EXPECT_EQ(Delete("a").revision, 4);
  EXPECT_EQ(Put("a", "3").revision, 5);
  EXPECT_EQ(All(), "a=3@5");
  EXPECT_EQ(All(3), "a=2@3");
  EXPECT_EQ(All(4), "");
  EXPECT_EQ(All(6), "etcdserver: mvcc: required revision is a future revision");
  VersionView found;
  ASSERT_TRUE(machine->Find("a", kNewest, found));
  EXPECT_EQ(found.create_revision, 5);
  EXPECT_EQ(found.version, 1);
}

TEST_F(MachineTest, CompactionEndsThePastAndKeepsWhatCounts) {
  Put("a", "1");
  Put("b", "2");
  Put("a", "3");
  Delete("b");
  const struct {
    Revision revision;
    Error error;
  } cases[] = {{6, Error::kFutureRev}, {4, Error::kNone}, {4, Error::kCompacted}, {3, Error::kCompacted}};
  for (const auto& c : cases) EXPECT_EQ(Compact(c.revision).error, c.error) << c.revision;
  EXPECT_EQ(All(3), "etcdserver: mvcc: required revision has been compacted");
  EXPECT_EQ(All(4), "a=3@4 b=2@3");
  EXPECT_EQ(All(), "a=3@4");
}

TEST_F(MachineTest, APutCanKeepValueOrLeaseAndTellWhatWas) {
  Grant(9, 10);
  Put("a", "1", 9);
  const struct {
    bool ignore_value, ignore_lease;
    const char* key;
    LeaseId lease;
    Error error;
    const char* value;
    LeaseId lease_after;
  } cases[] = {
      {true, true, "a", 0, Error::kNone, "1", 9},           {false, true, "a", 0, Error::kNone, "", 9},
      {true, false, "a", 0, Error::kNone, "", 0},           {true, false, "b", 0, Error::kKeyNotFound, "", 0},
      {false, true, "b", 0, Error::kKeyNotFound, "", 0},    {true, false, "b", 8, Error::kLeaseNotFound, "", 0},
      {false, false, "a", 8, Error::kLeaseNotFound, "", 0},
  };
  for (const auto& c : cases) {
    etcdserverpb::PutRequest put;
    put.set_key(c.key);
    put.set_ignore_value(c.ignore_value);
    put.set_ignore_lease(c.ignore_lease);
    put.set_lease(c.lease);
    put.set_prev_kv(true);
    EXPECT_EQ(Apply(CommandKind::kPut, put).error, c.error);
    if (c.error != Error::kNone) continue;
    EXPECT_EQ(Body<etcdserverpb::PutResponse>().prev_kv().key(), "a");
    VersionView found;
    ASSERT_TRUE(machine->Find(c.key, kNewest, found));
    EXPECT_EQ(found.value, c.value);
    EXPECT_EQ(found.lease, c.lease_after);
  }
}

TEST_F(MachineTest, RangesAreLimitedSortedAndFiltered) {
  Put("a", "3");  // 2
  Put("b", "1");  // 3
  Put("c", "2");  // 4
  Put("a", "3");  // 5
  const struct {
    const char* what;
    void (*set)(RangeRequest&);
    const char* keys;
    int64_t count;
    bool more;
  } cases[] = {
      {"all", [](RangeRequest&) {}, "abc", 3, false},
      {"limit", [](RangeRequest& r) { r.set_limit(2); }, "ab", 3, true},
      {"limit of all", [](RangeRequest& r) { r.set_limit(3); }, "abc", 3, false},
      {"descending", [](RangeRequest& r) { r.set_sort_order(RangeRequest::DESCEND); }, "cba", 3, false},
      {"by value", [](RangeRequest& r) { r.set_sort_target(RangeRequest::VALUE); }, "bca", 3, false},
      {"by mod", [](RangeRequest& r) { r.set_sort_target(RangeRequest::MOD); }, "bca", 3, false},
      {"by create", [](RangeRequest& r) { r.set_sort_target(RangeRequest::CREATE); }, "abc", 3, false},
      {"latest created",
       [](RangeRequest& r) {
         r.set_sort_target(RangeRequest::CREATE);
         r.set_sort_order(RangeRequest::DESCEND);
         r.set_limit(1);
       },
       "c", 3, true},
      {"by version, equal ones by key",
       [](RangeRequest& r) {
         r.set_sort_target(RangeRequest::VERSION);
         r.set_sort_order(RangeRequest::DESCEND);
       },
       "abc", 3, false},
      {"min mod", [](RangeRequest& r) { r.set_min_mod_revision(4); }, "ac", 3, false},
      {"max mod", [](RangeRequest& r) { r.set_max_mod_revision(4); }, "bc", 3, false},
      {"min create", [](RangeRequest& r) { r.set_min_create_revision(3); }, "bc", 3, false},
      {"max create", [](RangeRequest& r) { r.set_max_create_revision(3); }, "ab", 3, false},
      {"count only", [](RangeRequest& r) { r.set_count_only(true); }, "", 3, false},
  };
  for (const auto& c : cases) {
    RangeRequest request;
    request.set_key("a");
    request.set_range_end("d");
    c.set(request);
    etcdserverpb::RangeResponse response;
    EXPECT_EQ(machine->Range(request, response), Error::kNone);
    std::string keys;
    for (const auto& pair : response.kvs()) keys += pair.key();
    EXPECT_EQ(keys, c.keys) << c.what;
    EXPECT_EQ(response.count(), c.count) << c.what;
    EXPECT_EQ(response.more(), c.more) << c.what;
  }
}

TEST_F(MachineTest, ATransactionsChangesShareARevision) {
  Put("a", "1");
  etcdserverpb::TxnRequest txn;
  auto& compare = *txn.add_compare();
  compare.set_key("a");
  compare.set_target(etcdserverpb::Compare::VALUE);
  compare.set_value("1");
  txn.add_success()->mutable_request_put()->set_key("b");
  txn.add_success()->mutable_request_delete_range()->set_key("a");
  txn.add_success()->mutable_request_range()->set_key("a");
  txn.add_failure()->mutable_request_put()->set_key("c");
  EXPECT_EQ(Apply(CommandKind::kTxn, txn).revision, 3);
  auto response = Body<etcdserverpb::TxnResponse>();
  EXPECT_TRUE(response.succeeded());
  ASSERT_EQ(response.responses_size(), 3);
  EXPECT_EQ(response.responses(1).response_delete_range().deleted(), 1);
  EXPECT_EQ(response.responses(2).response_range().count(), 0);
  std::string changes;
  machine->ScanChanges({3, 0}, 3, [&changes](const VersionView& version) {
    changes += std::string(version.key) + (version.is_deletion() ? "-" : "+") + std::to_string(version.sub);
    return true;
  });
  EXPECT_EQ(changes, "b+0a-1");
  EXPECT_EQ(Apply(CommandKind::kTxn, txn).revision, 4);
  EXPECT_FALSE(Body<etcdserverpb::TxnResponse>().succeeded()) << "a key that is not there has no value";
  EXPECT_EQ(All(), "b=@3 c=@4");
}

TEST_F(MachineTest, LeasesEndByTheLogsTimeAndTakeTheirKeysAlong) {
  Grant(1, 5, 10'000);
  Grant(2, 5);
  Put("a", "", 1);
  Put("b", "", 1);
  Put("c", "", 2);
  proto::KeepAlive keep;
  keep.add_lease_ids(2);
  keep.add_lease_ids(3);
  EXPECT_EQ(Apply(CommandKind::kKeepAlive, keep, 12'000).error, Error::kNone);
  const auto kept = Body<proto::KeepAliveReply>();
  EXPECT_EQ(kept.ttl_seconds(0), 5);
  EXPECT_EQ(kept.ttl_seconds(1), 0);
  EXPECT_EQ(Expire(14'999).lease_ids_size(), 0);
  EXPECT_EQ(machine->revision(), 4);
  const auto expired = Expire(15'000);
  ASSERT_EQ(expired.lease_ids_size(), 1);
  EXPECT_EQ(expired.lease_ids(0), 1);
  EXPECT_EQ(machine->revision(), 5) << "both keys went at one revision";
  EXPECT_EQ(All(), "c=@4");
  EXPECT_EQ(Expire(1).log_millis(), 15'000) << "log time does not go back";
  Expire(17'000);
  EXPECT_EQ(All(), "");
  EXPECT_TRUE(machine->leases().all().empty());
}

TEST_F(MachineTest, LeasesAreGrantedUnderTheIdAskedForOrOneOfItsOwn) {
  const struct {
    LeaseId id;
    int64_t ttl;
    Error error;
  } cases[] = {{5, 10, Error::kNone},
               {5, 10, Error::kLeaseExist},
               {6, kLeaseTtlMax + 1, Error::kLeaseTtlTooLarge},
               {0, 10, Error::kNone},
               {0, 10, Error::kNone}};
  std::set<LeaseId> ids;
  for (const auto& c : cases) {
    EXPECT_EQ(Grant(c.id, c.ttl).error, c.error);
    if (c.error == Error::kNone) ids.insert(Body<etcdserverpb::LeaseGrantResponse>().id());
  }
  EXPECT_EQ(ids.size(), 3u);
  EXPECT_GT(*ids.begin(), 0);
  EXPECT_EQ(Expire(1).lease_ids_size(), 0);
}

TEST_F(MachineTest, ALeaseThatEndsLeavesKeysOfOthersAlone) {
  Grant(1, 5);
  Grant(2, 5);
  Put("a", "", 1);
  Put("a", "", 2);
  Put("b", "", 1);
  Put("b", "");
  etcdserverpb::LeaseRevokeRequest revoke;
  revoke.set_id(1);
  EXPECT_EQ(Apply(CommandKind::kLeaseRevoke, revoke).error, Error::kNone);
  EXPECT_EQ(All(), "a=@3 b=@5");
  EXPECT_EQ(Apply(CommandKind::kLeaseRevoke, revoke).error, Error::kLeaseNotFound);
}

TEST_F(MachineTest, AlarmsSayWhatIsRefused) {
  Put("a", "1");
  etcdserverpb::TxnRequest reads;
  reads.add_success()->mutable_request_range()->set_key("a");
  etcdserverpb::TxnRequest puts = reads;
  puts.add_failure()->mutable_request_txn()->add_success()->mutable_request_put()->set_key("a");
  const struct {
    AlarmType alarm;
    Error put, txn_that_puts, txn_that_reads, deletion, compaction, grant;
  } cases[] = {
      {AlarmType::NOSPACE, Error::kNoSpace, Error::kNoSpace, Error::kNone, Error::kNone, Error::kNone, Error::kNoSpace},
      {AlarmType::CORRUPT, Error::kCorrupt, Error::kCorrupt, Error::kCorrupt, Error::kCorrupt, Error::kCorrupt,
       Error::kCorrupt},
      {AlarmType::NONE, Error::kNone, Error::kNone, Error::kNone, Error::kNone, Error::kNone, Error::kNone},
  };
  LeaseId lease = 0;
  for (const auto& c : cases) {
    Alarm(etcdserverpb::AlarmRequest::ACTIVATE, c.alarm);
    EXPECT_EQ(Put("b", "").error, c.put) << c.alarm;
    EXPECT_EQ(Apply(CommandKind::kTxn, puts).error, c.txn_that_puts) << c.alarm;
    EXPECT_EQ(Apply(CommandKind::kTxn, reads).error, c.txn_that_reads) << c.alarm;
    EXPECT_EQ(Delete("x").error, c.deletion) << c.alarm;
    EXPECT_EQ(Compact(machine->revision()).error, c.compaction) << c.alarm;
    EXPECT_EQ(Grant(++lease, 5).error, c.grant) << c.alarm;
    Put("a", "again");
    Alarm(etcdserverpb::AlarmRequest::DEACTIVATE, c.alarm);
  }
  EXPECT_TRUE(machine->alarms().empty());
}

TEST_F(MachineTest, BytesThatAreNoCommandChangeNothing) {
  Put("a", "1");
  for (const std::string& bytes :
       {std::string(), std::string("\x63"), std::string("\x01"), std::string("\x01\x00\xff", 3),
        std::string("\x01\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 10)}) {
    std::string reply;
    machine->Apply(bytes, reply);
    EXPECT_NE(DecodeReply(reply).value().error, Error::kNone);
    EXPECT_EQ(machine->revision(), 2);
  }
}

TEST_F(MachineTest, DamagedImagesAreRefused) {
  Grant(1, 5);
  Put("a", "1", 1);
  Put("b", "2");
  Compact(3);
  Put("c", "3");
  Image image(machine);
  std::string bytes;
  for (std::string piece = image.Read(10); !piece.empty(); piece = image.Read(10)) bytes += piece;
  const auto read = [](const std::string& from) {
    ImageReader reader(std::make_unique<MemoryEngine>());
    const absl::Status status = reader.Take(from);
    return status.ok() ? reader.Finish().status() : status;
  };
  EXPECT_TRUE(read(bytes).ok());
  EXPECT_EQ(read(bytes.substr(0, bytes.size() - 1)).code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(read(bytes + "E").code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(read("x" + bytes).code(), absl::StatusCode::kDataLoss);
  std::string without_lease = bytes;
  without_lease.erase(without_lease.find('L', 14), 4 + 1);
  EXPECT_FALSE(read(without_lease).ok());
  // Whatever byte is changed: an error, or another state, but never a crash.
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (const int bit : {1, 4, 128}) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(changed[i] ^ bit);
      read(changed).IgnoreError();
    }
  }
}

TEST_F(MachineTest, AHashIsOfAllThatIsKeptUpToARevision) {
  const auto hash = [this](Revision last) {
    VersionHash sum;
    VersionReader reader(machine, last);
    while (reader.Read([&sum](const VersionView& version, bool is_base) {
      sum.Add(version, is_base);
      return true;
    })) {
    }
    return sum.value();
  };
  Put("a", "1");
  Put("b", "2");
  const uint32_t before = hash(3);
  Put("a", "3");
  EXPECT_EQ(hash(3), before);
  EXPECT_NE(hash(4), before);
  Compact(3);
  EXPECT_NE(hash(3), before) << "the compaction is part of it";
}

}  // namespace
}  // namespace lockstep::kvsm
