// Keys and leases, asked for at any node, over changes of leader.
#include <gtest/gtest.h>

#include "kvsm/api/kv.pb.h"
#include "kvsm/api/lease.pb.h"
#include "kvsm/errors.h"
#include "runtime/service/service_cluster.h"

namespace lockstep::runtime {
namespace {

using kvsm::Error;

std::string TextOf(Error error) { return std::string(kvsm::InfoOf(error).text); }

class KvServiceTest : public testing::Test {
 protected:
  void Begin(uint32_t founders = 3) {
    cluster = std::make_unique<ServiceCluster>(founders);
    cluster->options.quota_bytes = quota;
    cluster->StartAll();
    leader = cluster->cluster().AwaitLeader();
    ASSERT_NE(leader, 0u);
    follower = cluster->Other(leader);
  }
  RpcStatus Put(uint32_t node, const std::string& key, const std::string& value, int64_t lease = 0) {
    etcdserverpb::PutRequest put;
    put.set_key(key);
    put.set_value(value);
    put.set_lease(lease);
    return cluster->Call(node, "/etcdserverpb.KV/Put", put, &put_response);
  }
  // The value, or the error's text, or "none".
  std::string Get(uint32_t node, const std::string& key, bool serializable = false) {
    etcdserverpb::RangeRequest range;
    range.set_key(key);
    range.set_serializable(serializable);
    const RpcStatus status = cluster->Call(node, "/etcdserverpb.KV/Range", range, &range_response);
    if (!status.ok()) return status.text;
    return range_response.kvs_size() == 0 ? "none" : range_response.kvs(0).value();
  }
  int64_t Grant(uint32_t node, int64_t ttl) {
    etcdserverpb::LeaseGrantRequest grant;
    grant.set_ttl(ttl);
    etcdserverpb::LeaseGrantResponse response;
    EXPECT_TRUE(cluster->Call(node, "/etcdserverpb.Lease/LeaseGrant", grant, &response).ok());
    EXPECT_EQ(response.ttl(), ttl);
    return response.id();
  }

  int64_t quota = 0;
  std::unique_ptr<ServiceCluster> cluster;
  uint32_t leader = 0;
  uint32_t follower = 0;
  etcdserverpb::PutResponse put_response;
  etcdserverpb::RangeResponse range_response;
};

TEST_F(KvServiceTest, WhatOneNodeIsToldEachNodeReads) {
  Begin();
  EXPECT_TRUE(Put(leader, "a", "1").ok());
  EXPECT_TRUE(Put(follower, "a", "2").ok());
  for (const uint32_t node : {1u, 2u, 3u}) {
    EXPECT_EQ(Get(node, "a"), "2");
    EXPECT_EQ(range_response.header().revision(), 3);
    EXPECT_EQ(range_response.header().member_id(), node);
    EXPECT_EQ(range_response.header().cluster_id(), 42u);
    EXPECT_GT(range_response.header().raft_term(), 0u);
    EXPECT_EQ(range_response.count(), 1);
  }
}

// Between nodes no message is longer than 4 MB.
TEST_F(KvServiceTest, ALongReplyComesFromTheLeaderInPieces) {
  Begin();
  for (const char* const key : {"k1", "k2", "k3", "k4", "k5"}) {
    ASSERT_TRUE(Put(leader, key, std::string(1'400'000, key[1])).ok());
  }
  etcdserverpb::DeleteRangeRequest erase;
  erase.set_key("k");
  erase.set_range_end("l");
  erase.set_prev_kv(true);
  etcdserverpb::DeleteRangeResponse erased;
  ASSERT_TRUE(cluster->Call(follower, "/etcdserverpb.KV/DeleteRange", erase, &erased).ok());
  ASSERT_EQ(erased.prev_kvs_size(), 5);
  for (const auto& kv : erased.prev_kvs()) EXPECT_EQ(kv.value(), std::string(1'400'000, kv.key()[1]));
}

TEST_F(KvServiceTest, RequestsThatAreNoneAreRefusedWithEtcdsErrors) {
  Begin(1);
  const struct {
    const char* what;
    void (*set)(etcdserverpb::TxnRequest&);
    Error error;
  } cases[] = {
      {"no key", [](auto& t) { t.add_success()->mutable_request_put(); }, Error::kEmptyKey},
      {"no key compared", [](auto& t) { t.add_compare(); }, Error::kEmptyKey},
      {"no operation", [](auto& t) { t.add_failure(); }, Error::kKeyNotFound},
      {"value",
       [](auto& t) {
         auto& put = *t.add_success()->mutable_request_put();
         put.set_key("a");
         put.set_value("1");
         put.set_ignore_value(true);
       },
       Error::kValueProvided},
      {"lease",
       [](auto& t) {
         auto& put = *t.add_success()->mutable_request_put();
         put.set_key("a");
         put.set_lease(1);
         put.set_ignore_lease(true);
       },
       Error::kLeaseProvided},
      {"twice",
       [](auto& t) {
         t.add_success()->mutable_request_put()->set_key("a");
         t.add_success()->mutable_request_put()->set_key("a");
       },
       Error::kDuplicateKey},
      {"put and deleted",
       [](auto& t) {
         t.add_success()->mutable_request_put()->set_key("a");
         auto& deletion = *t.add_success()->mutable_request_delete_range();
         deletion.set_key("A");
         deletion.set_range_end("b");
       },
       Error::kDuplicateKey},
      {"twice, nested",
       [](auto& t) {
         t.add_success()->mutable_request_put()->set_key("a");
         t.add_success()->mutable_request_txn()->add_failure()->mutable_request_put()->set_key("a");
       },
       Error::kDuplicateKey},
      {"in both branches",
       [](auto& t) {
         auto& nested = *t.add_success()->mutable_request_txn();
         nested.add_success()->mutable_request_put()->set_key("a");
         nested.add_failure()->mutable_request_put()->set_key("a");
         t.add_failure()->mutable_request_put()->set_key("a");
       },
       Error::kNone},
      {"128 operations",
       [](auto& t) {
         for (int i = 0; i < 128; ++i) t.add_success()->mutable_request_put()->set_key(std::to_string(i));
       },
       Error::kNone},
      {"129 operations",
       [](auto& t) {
         for (int i = 0; i < 129; ++i) t.add_success()->mutable_request_put()->set_key(std::to_string(i));
       },
       Error::kTooManyOps},
      {"a lease that is not there",
       [](auto& t) {
         auto& put = *t.add_success()->mutable_request_put();
         put.set_key("a");
         put.set_lease(77);
       },
       Error::kLeaseNotFound},
      {"a future revision",
       [](auto& t) {
         auto& range = *t.add_success()->mutable_request_range();
         range.set_key("a");
         range.set_revision(1000);
       },
       Error::kFutureRev},
      {"too large",
       [](auto& t) {
         auto& put = *t.add_success()->mutable_request_put();
         put.set_key("a");
         put.set_value(std::string(3 << 19, 'v'));
       },
       Error::kRequestTooLarge},
  };
  for (const auto& c : cases) {
    etcdserverpb::TxnRequest txn;
    c.set(txn);
    etcdserverpb::TxnResponse response;
    const RpcStatus status = cluster->Call(1, "/etcdserverpb.KV/Txn", txn, &response);
    EXPECT_EQ(status.text, TextOf(c.error)) << c.what;
    EXPECT_EQ(static_cast<int>(status.code), static_cast<int>(kvsm::InfoOf(c.error).code)) << c.what;
  }
  EXPECT_EQ(cluster->Begin(1, "/etcdserverpb.KV/Put")->status(), std::nullopt);
  const auto broken = cluster->Begin(1, "/etcdserverpb.KV/Put");
  broken->Write("\xff");
  EXPECT_EQ(broken->status()->code, RpcCode::kInternal);
}

TEST_F(KvServiceTest, SerializableReadsNeedNobodyFreshOnesALeader) {
  Begin();
  EXPECT_TRUE(Put(leader, "a", "1").ok());
  EXPECT_TRUE(cluster->cluster().AwaitAllApplied());
  EXPECT_EQ(Get(follower, "a", true), "1") << "once it has been fresh";
  for (uint32_t node = 1; node <= 3; ++node) {
    if (node != follower) cluster->cluster().cut_off.insert(node);
  }
  cluster->clock().Advance(5'000'000);
  EXPECT_EQ(Get(follower, "a", true), "1");
  EXPECT_EQ(Get(follower, "a"), TextOf(Error::kTimeout));
  EXPECT_EQ(Put(follower, "a", "2").text, TextOf(Error::kTimeout));
  const auto impatient = cluster->Begin(follower, "/etcdserverpb.KV/Put", {.has_leader = true});
  etcdserverpb::PutRequest put;
  put.set_key("a");
  impatient->Write(put.SerializeAsString());
  EXPECT_EQ(impatient->status()->text, TextOf(Error::kNoLeader));
}

TEST_F(KvServiceTest, SerializableReadsDoNotGoBackWhenANodeIsStartedAgain) {
  Begin();
  EXPECT_TRUE(Put(leader, "a", "1").ok());
  EXPECT_TRUE(cluster->cluster().AwaitAllApplied());
  EXPECT_EQ(Get(follower, "a", true), "1");
  cluster->Stop(follower);
  cluster->Start(follower);
  EXPECT_EQ(Get(follower, "a", true), "1") << "before it has heard from anybody";
}

TEST_F(KvServiceTest, WritesGoOnUnderTheNextLeader) {
  Begin();
  EXPECT_TRUE(Put(follower, "a", "1").ok());
  cluster->Stop(leader);
  // Asked for before anybody knows of a leader: it waits for one.
  const RpcStatus status = Put(follower, "a", "2");
  if (!status.ok()) {
    // It went to the old leader: then its end is not known.
    EXPECT_EQ(status.text, TextOf(Error::kTimeoutDueToLeaderFail));
    EXPECT_TRUE(Put(follower, "a", "2").ok());
  }
  EXPECT_EQ(Get(follower, "a"), "2");
  cluster->Start(leader);
  EXPECT_EQ(Get(leader, "a"), "2");
}

TEST_F(KvServiceTest, CompactionIsSeenEverywhere) {
  Begin();
  Put(leader, "a", "1");
  Put(leader, "a", "2");
  etcdserverpb::CompactionRequest compact;
  etcdserverpb::CompactionResponse response;
  compact.set_revision(3);
  EXPECT_TRUE(cluster->Call(follower, "/etcdserverpb.KV/Compact", compact, &response).ok());
  EXPECT_EQ(cluster->Call(follower, "/etcdserverpb.KV/Compact", compact, &response).text, TextOf(Error::kCompacted));
  etcdserverpb::RangeRequest range;
  range.set_key("a");
  range.set_revision(2);
  EXPECT_EQ(cluster->Call(follower, "/etcdserverpb.KV/Range", range, &range_response).text, TextOf(Error::kCompacted));
}

TEST_F(KvServiceTest, AFullStoreRaisesTheAlarmAndRefusesMore) {
  quota = 2000;
  Begin();
  int puts = 0;
  while (Put(follower, "k" + std::to_string(puts), std::string(100, 'v')).ok()) ++puts;
  EXPECT_GT(puts, 5);
  EXPECT_LT(puts, 20);
  cluster->clock().Advance(1'000'000);
  EXPECT_TRUE(cluster->keys(leader).HasAlarm(etcdserverpb::AlarmType::NOSPACE));
  EXPECT_EQ(Put(leader, "x", "").text, TextOf(Error::kNoSpace)) << "small ones too, once the alarm is raised";
  EXPECT_EQ(Get(leader, "k0"), std::string(100, 'v'));
}

TEST_F(KvServiceTest, ALeaseEndsWhenItIsNotKeptAliveAndNotBefore) {
  Begin();
  const int64_t kept = Grant(follower, 5);
  const int64_t left = Grant(leader, 5);
  EXPECT_TRUE(Put(follower, "kept", "1", kept).ok());
  EXPECT_TRUE(Put(follower, "left", "1", left).ok());
  const auto stream = cluster->Begin(follower, "/etcdserverpb.Lease/LeaseKeepAlive");
  for (int second = 0; second < 20; ++second) {
    etcdserverpb::LeaseKeepAliveRequest keep;
    keep.set_id(kept);
    stream->Write(keep.SerializeAsString());
    etcdserverpb::LeaseKeepAliveResponse response;
    ASSERT_TRUE(cluster->Next(*stream, &response));
    EXPECT_EQ(response.ttl(), 5);
    cluster->clock().Advance(1'000'000);
    EXPECT_EQ(Get(leader, "kept"), "1");
    if (second < 4) {
      EXPECT_EQ(Get(leader, "left"), "1") << second;
    }
  }
  EXPECT_EQ(Get(leader, "left"), "none");
  etcdserverpb::LeaseTimeToLiveRequest ask;
  etcdserverpb::LeaseTimeToLiveResponse told;
  ask.set_keys(true);
  ask.set_id(left);
  EXPECT_TRUE(cluster->Call(follower, "/etcdserverpb.Lease/LeaseTimeToLive", ask, &told).ok());
  EXPECT_EQ(told.ttl(), -1);
  ask.set_id(kept);
  EXPECT_TRUE(cluster->Call(leader, "/etcdserverpb.Lease/LeaseTimeToLive", ask, &told).ok());
  EXPECT_EQ(told.ttl(), 3);
  EXPECT_EQ(told.grantedttl(), 5);
  ASSERT_EQ(told.keys_size(), 1);
  EXPECT_EQ(told.keys(0), "kept");
  etcdserverpb::LeaseKeepAliveRequest gone;
  gone.set_id(left);
  stream->Write(gone.SerializeAsString());
  stream->HalfClose();
  etcdserverpb::LeaseKeepAliveResponse response;
  EXPECT_TRUE(cluster->Await(*stream, &response).ok());
  EXPECT_EQ(response.ttl(), 0);
  EXPECT_EQ(response.id(), left);
}

TEST_F(KvServiceTest, ALeaseLastsLongerWhileNobodyLeads) {
  Begin();
  const int64_t lease = Grant(leader, 5);
  EXPECT_TRUE(Put(leader, "a", "1", lease).ok());
  EXPECT_TRUE(cluster->cluster().AwaitAllApplied());
  cluster->clock().Advance(2'000'000);
  cluster->Stop(leader);
  cluster->Stop(follower);
  cluster->clock().Advance(60'000'000);
  cluster->StartAll();
  leader = cluster->cluster().AwaitLeader();
  EXPECT_EQ(Get(leader, "a"), "1");
  cluster->clock().Advance(2'500'000);
  EXPECT_EQ(Get(leader, "a"), "1");
  cluster->clock().Advance(3'500'000);
  EXPECT_EQ(Get(leader, "a"), "none");
}

}  // namespace
}  // namespace lockstep::runtime
