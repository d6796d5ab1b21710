// Locks and elections: one has it, the others wait in line.
#include <gtest/gtest.h>

#include "kvsm/api/election.pb.h"
#include "kvsm/api/lease.pb.h"
#include "kvsm/api/lock.pb.h"
#include "runtime/service/service_cluster.h"

namespace lockstep::runtime {
namespace {

class LockServiceTest : public testing::Test {
 protected:
  void SetUp() override {
    cluster.StartAll();
    leader = cluster.cluster().AwaitLeader();
    ASSERT_NE(leader, 0u);
    follower = cluster.Other(leader);
  }
  int64_t Grant(int64_t ttl) {
    etcdserverpb::LeaseGrantRequest grant;
    grant.set_ttl(ttl);
    etcdserverpb::LeaseGrantResponse response;
    EXPECT_TRUE(cluster.Call(leader, "/etcdserverpb.Lease/LeaseGrant", grant, &response).ok());
    return response.id();
  }
  std::shared_ptr<MemoryRpc> Lock(uint32_t node, int64_t lease) {
    v3lockpb::LockRequest lock;
    lock.set_name("l");
    lock.set_lease(lease);
    auto call = cluster.Begin(node, "/v3lockpb.Lock/Lock");
    call->Write(lock.SerializeAsString());
    cluster.clock().Advance(500'000);
    return call;
  }
  RpcStatus Unlock(const std::string& key) {
    v3lockpb::UnlockRequest unlock;
    unlock.set_key(key);
    v3lockpb::UnlockResponse response;
    return cluster.Call(follower, "/v3lockpb.Lock/Unlock", unlock, &response);
  }
  std::shared_ptr<MemoryRpc> Campaign(uint32_t node, int64_t lease, const std::string& value) {
    v3electionpb::CampaignRequest campaign;
    campaign.set_name("e");
    campaign.set_lease(lease);
    campaign.set_value(value);
    auto call = cluster.Begin(node, "/v3electionpb.Election/Campaign");
    call->Write(campaign.SerializeAsString());
    cluster.clock().Advance(500'000);
    return call;
  }

  ServiceCluster cluster{3};
  uint32_t leader = 0;
  uint32_t follower = 0;
};

TEST_F(LockServiceTest, OneHasItAndTheNextGetsItWhenItIsGivenBack) {
  const auto first = Lock(leader, Grant(60));
  const auto second = Lock(follower, Grant(60));
  const auto third = Lock(leader, Grant(60));
  v3lockpb::LockResponse held;
  ASSERT_TRUE(cluster.Await(*first, &held).ok());
  EXPECT_TRUE(held.key().starts_with("l/"));
  EXPECT_FALSE(second->ended());
  EXPECT_FALSE(third->ended());
  EXPECT_TRUE(Unlock(held.key()).ok());
  ASSERT_TRUE(cluster.Await(*second, &held).ok());
  cluster.clock().Advance(1'000'000);
  EXPECT_FALSE(third->ended());
  EXPECT_TRUE(Unlock(held.key()).ok());
  EXPECT_TRUE(cluster.Await(*third, &held).ok());
}

TEST_F(LockServiceTest, ItIsHeldNoLongerThanTheLease) {
  const int64_t lease = Grant(3);
  const auto first = Lock(leader, lease);
  v3lockpb::LockResponse held;
  ASSERT_TRUE(cluster.Await(*first, &held).ok());
  EXPECT_EQ(Lock(leader, lease)->Take().has_value(), true) << "who has it gets it again";
  const auto second = Lock(follower, Grant(60));
  EXPECT_FALSE(second->ended());
  EXPECT_TRUE(cluster.Await(*second, &held, 5'000'000).ok());
  EXPECT_EQ(Lock(leader, 12345)->status()->text, "etcdserver: requested lease not found");
}

TEST_F(LockServiceTest, WhoGoesAwayWhileWaitingGivesUpItsPlace) {
  v3lockpb::LockResponse held;
  const auto first = Lock(leader, Grant(60));
  ASSERT_TRUE(cluster.Await(*first, &held).ok());
  Lock(follower, Grant(60))->Cancel();
  const auto third = Lock(follower, 0);
  cluster.clock().Advance(1'000'000);
  EXPECT_EQ(cluster.keys(leader).key_count(), 2);
  EXPECT_TRUE(Unlock(held.key()).ok());
  EXPECT_TRUE(cluster.Await(*third, &held).ok());
}

TEST_F(LockServiceTest, WaitingGoesOnUnderTheNextLeader) {
  v3lockpb::LockResponse held;
  const auto first = Lock(follower, Grant(60));
  ASSERT_TRUE(cluster.Await(*first, &held).ok());
  const auto second = Lock(follower, Grant(60));
  cluster.Stop(leader);
  leader = cluster.cluster().AwaitLeader();
  EXPECT_FALSE(second->ended());
  EXPECT_TRUE(Unlock(held.key()).ok());
  EXPECT_TRUE(cluster.Await(*second, &held).ok());
}

TEST_F(LockServiceTest, ElectionsAreWonProclaimedObservedAndResigned) {
  v3electionpb::LeaderRequest named;
  named.set_name("e");
  v3electionpb::LeaderResponse seen;
  EXPECT_EQ(cluster.Call(leader, "/v3electionpb.Election/Leader", named, &seen).text, "election: no leader");
  const auto observed = cluster.Begin(follower, "/v3electionpb.Election/Observe");
  observed->Write(named.SerializeAsString());
  cluster.clock().Advance(500'000);

  const int64_t lease = Grant(60);
  const auto first = Campaign(leader, lease, "one");
  v3electionpb::CampaignResponse won;
  ASSERT_TRUE(cluster.Await(*first, &won).ok());
  EXPECT_EQ(won.leader().lease(), lease);
  EXPECT_EQ(won.leader().name(), "e");
  const auto second = Campaign(follower, Grant(60), "two");
  EXPECT_FALSE(second->ended());
  ASSERT_TRUE(cluster.Call(follower, "/v3electionpb.Election/Leader", named, &seen).ok());
  EXPECT_EQ(seen.kv().value(), "one");

  v3electionpb::ProclaimRequest proclaim;
  *proclaim.mutable_leader() = won.leader();
  proclaim.set_value("one, again");
  v3electionpb::ProclaimResponse proclaimed;
  EXPECT_TRUE(cluster.Call(follower, "/v3electionpb.Election/Proclaim", proclaim, &proclaimed).ok());

  v3electionpb::ResignRequest resign;
  *resign.mutable_leader() = won.leader();
  v3electionpb::ResignResponse resigned;
  EXPECT_TRUE(cluster.Call(follower, "/v3electionpb.Election/Resign", resign, &resigned).ok());
  EXPECT_TRUE(cluster.Await(*second, &won).ok());
  EXPECT_EQ(cluster.Call(leader, "/v3electionpb.Election/Proclaim", proclaim, &proclaimed).text,
            "election: not leader");
  EXPECT_EQ(cluster.Call(leader, "/v3electionpb.Election/Proclaim", v3electionpb::ProclaimRequest(), &proclaimed).text,
            "\"leader\" field must be provided");
  for (const char* const value : {"one", "one, again", "two"}) {
    ASSERT_TRUE(cluster.Next(*observed, &seen));
    EXPECT_EQ(seen.kv().value(), value);
  }
}

}  // namespace
}  // namespace lockstep::runtime
