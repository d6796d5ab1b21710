// What operators ask: status, alarms, hashes, snapshots, leadership, members.
#include <gtest/gtest.h>

#include "kvsm/api/cluster.pb.h"
#include "kvsm/api/kv.pb.h"
#include "kvsm/api/maintenance.pb.h"
#include "kvsm/image.h"
#include "kvsm/memory/memory_engine.h"
#include "runtime/little_endian.h"
#include "runtime/service/service_cluster.h"

namespace lockstep::runtime {
namespace {

class OperatorsTest : public testing::Test {
 protected:
  void SetUp() override {
    for (uint32_t number = 1; number <= 3; ++number) {
      const std::string n = std::to_string(number);
      cluster.options.founders.push_back({{number, 0}, "node" + n, {"http://127.0.0.1:238" + n}});
    }
    for (uint32_t number = 1; number <= 3; ++number) {
      cluster.options.name = "node" + std::to_string(number);
      cluster.options.client_urls = {"http://127.0.0.1:237" + std::to_string(number)};
      cluster.Start(number);
    }
    leader = cluster.cluster().AwaitLeader();
    ASSERT_NE(leader, 0u);
    follower = cluster.Other(leader);
    cluster.clock().Advance(2'000'000);
  }
  void Put(const std::string& key, const std::string& value) {
    etcdserverpb::PutRequest put;
    put.set_key(key);
    put.set_value(value);
    etcdserverpb::PutResponse response;
    ASSERT_TRUE(cluster.Call(leader, "/etcdserverpb.KV/Put", put, &response).ok());
  }
  template <typename Response, typename Request>
  RpcStatus Ask(uint32_t node, const std::string& method, const Request& request, Response* response) {
    return cluster.Call(node, "/etcdserverpb." + method, request, response);
  }
  // "1:node1 2:node2 3:node3 4:(learner)".
  std::string Members(uint32_t node) {
    etcdserverpb::MemberListRequest list;
    list.set_linearizable(true);
    etcdserverpb::MemberListResponse response;
    EXPECT_TRUE(Ask(node, "Cluster/MemberList", list, &response).ok());
    std::string text;
    for (const auto& member : response.members()) {
      text += (text.empty() ? "" : " ") + std::to_string(member.id()) + ":" + member.name();
      if (member.islearner()) text += "(learner)";
    }
    return text;
  }

  etcdserverpb::MemberAddRequest Joining(const std::string& url) {
    etcdserverpb::MemberAddRequest add;
    add.add_peerurls(url);
    return add;
  }
  const Configuration& ConfigurationOf(uint32_t node) { return cluster.cluster().driver(node).state().configuration(); }
  // Ends the leader at the moment at which it has the change in its table and not in its log's configuration.
  template <typename Request>
  void KillBetween(const std::string& method, const Request& request, const std::function<bool()>& is_in_table) {
    const Configuration before = ConfigurationOf(leader);
    cluster.Begin(leader, "/etcdserverpb.Cluster/" + method)->Write(request.SerializeAsString());
    ASSERT_TRUE(cluster.clock().RunUntil(is_in_table, 5'000'000));
    ASSERT_EQ(ConfigurationOf(leader), before) << "too late";
    cluster.Stop(leader);
    leader = cluster.cluster().AwaitLeader();
    ASSERT_NE(leader, 0u);
    ASSERT_EQ(ConfigurationOf(leader), before);
  }
  bool AwaitConfiguration(const std::string& text) {
    cluster.clock().RunUntil([&] { return ToString(ConfigurationOf(leader)) == text; }, 5'000'000);
    EXPECT_EQ(ToString(ConfigurationOf(leader)), text);
    return ToString(ConfigurationOf(leader)) == text;
  }

  ServiceCluster cluster{3};
  uint32_t leader = 0;
  uint32_t follower = 0;
};

TEST_F(OperatorsTest, StatusIsThatOfTheNodeAsked) {
  Put("a", "1");
  ASSERT_TRUE(cluster.cluster().AwaitAllApplied());
  etcdserverpb::StatusResponse status;
  for (const uint32_t node : {leader, follower}) {
    EXPECT_TRUE(Ask(node, "Maintenance/Status", etcdserverpb::StatusRequest(), &status).ok());
    EXPECT_EQ(status.leader(), leader);
    EXPECT_EQ(status.header().member_id(), node);
    EXPECT_TRUE(status.version().starts_with("3.5."));
    EXPECT_GT(status.raftindex(), 0u);
    EXPECT_GT(status.dbsize(), 0);
    EXPECT_FALSE(status.islearner());
    EXPECT_EQ(status.errors_size(), 0);
  }
}

TEST_F(OperatorsTest, AlarmsAreRaisedListedAndDisarmed) {
  etcdserverpb::AlarmRequest alarm;
  alarm.set_action(etcdserverpb::AlarmRequest::ACTIVATE);
  alarm.set_memberid(2);
  alarm.set_alarm(etcdserverpb::AlarmType::NOSPACE);
  etcdserverpb::AlarmResponse response;
  EXPECT_TRUE(Ask(follower, "Maintenance/Alarm", alarm, &response).ok());
  etcdserverpb::AlarmRequest list;
  EXPECT_TRUE(Ask(leader, "Maintenance/Alarm", list, &response).ok());
  ASSERT_EQ(response.alarms_size(), 1);
  EXPECT_EQ(response.alarms(0).memberid(), 2u);
  etcdserverpb::StatusResponse status;
  EXPECT_TRUE(Ask(leader, "Maintenance/Status", etcdserverpb::StatusRequest(), &status).ok());
  ASSERT_EQ(status.errors_size(), 1);
  EXPECT_EQ(status.errors(0), "memberID:2 alarm:NOSPACE ");
  alarm.set_action(etcdserverpb::AlarmRequest::DEACTIVATE);
  EXPECT_TRUE(Ask(follower, "Maintenance/Alarm", alarm, &response).ok());
  EXPECT_TRUE(Ask(leader, "Maintenance/Alarm", list, &response).ok());
  EXPECT_EQ(response.alarms_size(), 0);
}

TEST_F(OperatorsTest, HashesAreTheSameOnAllNodes) {
  for (int i = 0; i < 5000; ++i) Put("k" + std::to_string(i % 100), std::to_string(i));
  ASSERT_TRUE(cluster.cluster().AwaitAllApplied());
  etcdserverpb::HashKVRequest request;
  request.set_revision(4000);
  etcdserverpb::HashKVResponse one;
  etcdserverpb::HashKVResponse other;
  EXPECT_TRUE(Ask(leader, "Maintenance/HashKV", request, &one).ok());
  EXPECT_TRUE(Ask(follower, "Maintenance/HashKV", request, &other).ok());
  EXPECT_EQ(one.hash(), other.hash());
  EXPECT_EQ(one.hash_revision(), 4000);
  EXPECT_EQ(one.compact_revision(), -1);
  request.set_revision(4001);
  EXPECT_TRUE(Ask(follower, "Maintenance/HashKV", request, &other).ok());
  EXPECT_NE(one.hash(), other.hash());
  request.set_revision(6000);
  EXPECT_EQ(Ask(follower, "Maintenance/HashKV", request, &other).text,
            "etcdserver: mvcc: required revision is a future revision");
  etcdserverpb::CompactionRequest compact;
  compact.set_revision(4500);
  etcdserverpb::CompactionResponse compacted;
  EXPECT_TRUE(Ask(leader, "KV/Compact", compact, &compacted).ok());
  ASSERT_TRUE(cluster.cluster().AwaitAllApplied());
  etcdserverpb::DefragmentResponse defragmented;
  EXPECT_TRUE(Ask(leader, "Maintenance/Defragment", etcdserverpb::DefragmentRequest(), &defragmented).ok());
  request.set_revision(0);
  EXPECT_TRUE(Ask(leader, "Maintenance/HashKV", request, &one).ok());
  EXPECT_TRUE(Ask(follower, "Maintenance/HashKV", request, &other).ok());
  EXPECT_EQ(one.hash(), other.hash()) << "whether what is compacted is gone already or not";
}

TEST_F(OperatorsTest, ASnapshotIsAnImageThatCanBeRestored) {
  for (int i = 0; i < 2000; ++i) Put("k" + std::to_string(i), std::string(100, 'v'));
  const auto stream = cluster.Begin(leader, "/etcdserverpb.Maintenance/Snapshot");
  stream->Write("");
  std::string image;
  std::string last;
  etcdserverpb::SnapshotResponse piece;
  do {
    ASSERT_TRUE(cluster.Next(*stream, &piece));
    image += last;
    last = piece.blob();
  } while (piece.remaining_bytes() > 0);
  EXPECT_EQ(last.size(), 32u) << "the sum";
  EXPECT_TRUE(stream->status()->ok());
  ASSERT_EQ(image.size() % 512, 0u) << "etcd's clients want whole blocks";
  image.resize(LoadLittle<uint64_t>(image.data() + image.size() - sizeof(uint64_t)));
  kvsm::ImageReader reader(std::make_unique<kvsm::MemoryEngine>());
  ASSERT_TRUE(reader.Take(image).ok());
  const auto restored = reader.Finish();
  ASSERT_TRUE(restored.ok());
  EXPECT_EQ((*restored)->key_count(), 2000);
}

TEST_F(OperatorsTest, LeadershipMovesWhereItIsTold) {
  etcdserverpb::MoveLeaderRequest move;
  etcdserverpb::MoveLeaderResponse moved;
  move.set_targetid(follower);
  EXPECT_EQ(Ask(follower, "Maintenance/MoveLeader", move, &moved).text, "etcdserver: not leader");
  move.set_targetid(99);
  EXPECT_EQ(Ask(leader, "Maintenance/MoveLeader", move, &moved).text, "etcdserver: bad leader transferee");
  move.set_targetid(follower);
  EXPECT_TRUE(Ask(leader, "Maintenance/MoveLeader", move, &moved).ok());
  EXPECT_EQ(cluster.cluster().AwaitLeader(), follower);
}

TEST_F(OperatorsTest, MembersAreAddedPromotedAndRemoved) {
  EXPECT_EQ(Members(follower), "1:node1 2:node2 3:node3");
  etcdserverpb::MemberAddRequest add;
  etcdserverpb::MemberAddResponse added;
  add.set_islearner(true);
  EXPECT_EQ(Ask(follower, "Cluster/MemberAdd", add, &added).text, "etcdserver: given member URLs are invalid");
  add.add_peerurls("http://127.0.0.1:2381");
  EXPECT_EQ(Ask(follower, "Cluster/MemberAdd", add, &added).text, "etcdserver: Peer URLs already exists");
  add.set_peerurls(0, "http://127.0.0.1:2384");
  ASSERT_TRUE(Ask(follower, "Cluster/MemberAdd", add, &added).ok());
  EXPECT_EQ(added.member().id(), 4u);
  EXPECT_EQ(added.members_size(), 4);
  EXPECT_EQ(Members(leader), "1:node1 2:node2 3:node3 4:(learner)");
  add.set_peerurls(0, "http://127.0.0.1:2385");
  EXPECT_EQ(Ask(leader, "Cluster/MemberAdd", add, &added).text, "etcdserver: too many learner members in cluster");

  etcdserverpb::MemberPromoteRequest promote;
  etcdserverpb::MemberPromoteResponse promoted;
  promote.set_id(4);
  EXPECT_EQ(Ask(follower, "Cluster/MemberPromote", promote, &promoted).text,
            "etcdserver: can only promote a learner member which is in sync with leader");
  cluster.options.name = "node4";
  cluster.options.founders.clear();
  cluster.Start(4);
  cluster.clock().Advance(3'000'000);
  EXPECT_EQ(Members(4), "1:node1 2:node2 3:node3 4:node4(learner)");
  EXPECT_TRUE(Ask(follower, "Cluster/MemberPromote", promote, &promoted).ok());
  EXPECT_EQ(Members(4), "1:node1 2:node2 3:node3 4:node4");
  EXPECT_EQ(Ask(follower, "Cluster/MemberPromote", promote, &promoted).text,
            "etcdserver: can only promote a learner member");

  etcdserverpb::MemberRemoveRequest remove;
  etcdserverpb::MemberRemoveResponse removed;
  remove.set_id(77);
  EXPECT_EQ(Ask(follower, "Cluster/MemberRemove", remove, &removed).text, "etcdserver: member not found");
  remove.set_id(leader);
  EXPECT_TRUE(Ask(follower, "Cluster/MemberRemove", remove, &removed).ok()) << "the leader itself";
  cluster.Stop(leader);
  leader = cluster.cluster().AwaitLeader();
  ASSERT_NE(leader, 0u);
  EXPECT_EQ(cluster.cluster().driver(leader).state().configuration().voters.size(), 3u);
  EXPECT_EQ(removed.members_size(), 3);
  Put("a", "1");
}

// ---- A change is decided once it is in the table: whoever leads next carries it out.

TEST_F(OperatorsTest, AnAdditionWhoseLeaderDiesHalfwayIsFinishedByTheNext) {
  const uint32_t killed = leader;
  ASSERT_NO_FATAL_FAILURE(KillBetween("MemberAdd", Joining("http://127.0.0.1:2384"),
                                      [&] { return cluster.keys(killed).members().all().contains(4); }));
  EXPECT_TRUE(AwaitConfiguration("(1 2 3 4)"));
  cluster.options.name = "node" + std::to_string(killed);
  cluster.Start(killed);
  EXPECT_EQ(Members(leader), "1:node1 2:node2 3:node3 4:");
}

TEST_F(OperatorsTest, ARemovalWhoseLeaderDiesHalfwayIsFinishedByTheNext) {
  etcdserverpb::MemberRemoveRequest remove;
  remove.set_id(leader);
  const uint32_t removed = leader;
  ASSERT_NO_FATAL_FAILURE(
      KillBetween("MemberRemove", remove, [&] { return !cluster.keys(removed).members().all().contains(removed); }));
  NodeSet rest{{1, 0}, {2, 0}, {3, 0}};
  rest.erase({removed, 0});
  EXPECT_TRUE(AwaitConfiguration(ToString(rest)));
}

TEST_F(OperatorsTest, APromotionWhoseLeaderDiesHalfwayIsFinishedByTheNext) {
  etcdserverpb::MemberAddRequest add = Joining("http://127.0.0.1:2384");
  add.set_islearner(true);
  etcdserverpb::MemberAddResponse added;
  ASSERT_TRUE(Ask(follower, "Cluster/MemberAdd", add, &added).ok());
  cluster.options.name = "node4";
  cluster.options.founders.clear();
  cluster.Start(4);
  cluster.clock().Advance(3'000'000);
  EXPECT_TRUE(AwaitConfiguration("(1 2 3) learners (4)"));
  etcdserverpb::MemberPromoteRequest promote;
  promote.set_id(4);
  ASSERT_NO_FATAL_FAILURE(
      KillBetween("MemberPromote", promote, [&] { return !cluster.keys(leader).members().all().at(4).islearner(); }));
  EXPECT_TRUE(AwaitConfiguration("(1 2 3 4)"));
}

TEST_F(OperatorsTest, ChangesThatComeTogetherAreMadeOneAfterTheOther) {
  std::vector<std::shared_ptr<MemoryRpc>> calls;
  for (int i = 4; i <= 6; ++i) {
    calls.push_back(cluster.Begin(leader, "/etcdserverpb.Cluster/MemberAdd"));
    calls.back()->Write(Joining("http://127.0.0.1:238" + std::to_string(i)).SerializeAsString());
  }
  // Those that have not started count as lost: of five voters two may be, of six not three.
  std::string ends;
  for (const auto& call : calls) {
    etcdserverpb::MemberAddResponse response;
    ends += cluster.Await(*call, &response).text + "\n";
  }
  EXPECT_EQ(ends, "\n\netcdserver: re-configuration failed due to not enough started members\n");
  EXPECT_EQ(ConfigurationOf(leader).voters.size(), 5u);
}

TEST_F(OperatorsTest, ASecondMemberThatStartsLateIsNotTakenBack) {
  etcdserverpb::MemberRemoveRequest remove;
  etcdserverpb::MemberRemoveResponse removed;
  for (const uint32_t node : {1u, 2u, 3u}) {
    if (node == leader) continue;
    remove.set_id(node);
    ASSERT_TRUE(Ask(leader, "Cluster/MemberRemove", remove, &removed).ok());
    cluster.Stop(node);
  }
  etcdserverpb::MemberAddResponse added;
  ASSERT_TRUE(Ask(leader, "Cluster/MemberAdd", Joining("http://127.0.0.1:2384"), &added).ok());
  // Leadership is lost meanwhile: of two voters one is not enough.
  cluster.clock().Advance(5'000'000);
  cluster.options.name = "node4";
  cluster.options.founders.clear();
  cluster.Start(4);
  leader = cluster.cluster().AwaitLeader();
  ASSERT_NE(leader, 0u);
  cluster.clock().Advance(3'000'000);
  EXPECT_EQ(ConfigurationOf(leader).voters.size(), 2u);
  EXPECT_TRUE(cluster.keys(4).members().all().contains(4));
  Put("a", "1");
}

}  // namespace
}  // namespace lockstep::runtime
