#include "runtime/peers/peers.h"

#include <gtest/gtest.h>

#include "runtime/codec/message_codec.h"
#include "runtime/memory/memory_clock.h"
#include "runtime/memory/memory_entropy.h"
#include "runtime/memory/memory_network.h"

namespace lockstep::runtime {
namespace {

class Lines final : public LinkFaults {
 public:
  std::optional<int64_t> DelayMicros(const std::string& from, const std::string& to) override {
    if (cut && (from == "2" || to == "2")) return std::nullopt;
    return 100;
  }
  int64_t BreakMicros(const std::string&, LinkSide) override { return 5000; }
  size_t PieceBytes(size_t) override { return 1000; }
  bool cut = false;
};

class Node final : public MessageReceiver, public PeersObserver {
 public:
  Node(MemoryClock& clock, MemoryNetwork& network, NodeId id, ClusterId cluster)
      : clock(clock), host(network, clock, std::to_string(id.number)), entropy(id.number) {
    options.cluster = cluster;
    options.self = id;
    options.listen_address = "node:" + std::to_string(id.number);
    peers = std::make_unique<Peers>(clock, entropy, host, options, this);
    EXPECT_TRUE(peers->Listen().ok());
    peers->SetReceiver(7, this);
  }
  void Receive(Envelope envelope) override { received.push_back(std::move(envelope)); }
  void LoseContact(NodeId peer) override { lost.push_back(peer); }
  void OnConnected(NodeId, Channel) override { ++connected; }
  void OnTrouble(const std::string& whom, const absl::Status& why) override {
    trouble = whom + ": " + std::string(why.message());
    troubled_at.push_back(clock.now_micros());
  }

  MemoryClock& clock;
  MemoryHost host;
  MemoryEntropy entropy;
  PeersOptions options;
  std::unique_ptr<Peers> peers;
  std::vector<Envelope> received;
  std::vector<NodeId> lost;
  int connected = 0;
  std::string trouble;
  std::vector<int64_t> troubled_at;
};

class PeersTest : public testing::Test {
 protected:
  void Meet() {
    one.peers->SetAddress({2, 0}, "node:2");
    two->peers->SetAddress({1, 0}, "node:1");
  }
  static Envelope Beat(uint64_t round) { return {7, {{1, 0}, {2, 0}, 3, Heartbeat{0, round}}, {}}; }
  static Envelope Page(size_t bytes, Index index) {
    AppendEntries append;
    append.previous = {index - 1, index == 1 ? Term{0} : Term{3}};
    append.entries.push_back({3, static_cast<uint32_t>(bytes), EntryKind::kCommand});
    return {7, {{1, 0}, {2, 0}, 3, append}, {MakePayload(SharedBytes(std::string(bytes, 'x')))}};
  }

  MemoryClock clock;
  Lines lines;
  MemoryNetwork network{lines};
  Node one{clock, network, {1, 0}, 42};
  std::unique_ptr<Node> two = std::make_unique<Node>(clock, network, NodeId{2, 0}, 42);
};

TEST_F(PeersTest, MessagesArrive) {
  Meet();
  one.peers->Send(Beat(1));
  one.peers->Send(Page(100'000, 1));
  clock.Advance(10'000);
  ASSERT_EQ(two->received.size(), 2u);
  EXPECT_EQ(two->received[0], Beat(1));
  EXPECT_EQ(two->received[1], Page(100'000, 1));
  EXPECT_EQ(one.connected, 1);
  EXPECT_TRUE(one.lost.empty());
  // The other direction has a connection of its own.
  two->peers->Send({7, {{2, 0}, {1, 0}, 3, HeartbeatReply{1}}, {}});
  clock.Advance(10'000);
  EXPECT_EQ(one.received.size(), 1u);
  EXPECT_EQ(two->connected, 1);
}

TEST_F(PeersTest, NotesArriveAtTheirGroup) {
  Meet();
  std::vector<std::string> notes;
  two->peers->SetNoteReceiver(7, [&notes](NodeId source, std::string_view bytes) {
    notes.push_back(std::to_string(source.number) + ":" + std::string(bytes));
  });
  const std::string big(100'000, 'x');
  one.peers->SendNote(7, {2, 0}, "a");
  one.peers->SendNote(8, {2, 0}, "of another group");
  one.peers->SendNote(7, {3, 0}, "to nobody");
  one.peers->SendNote(7, {2, 0}, std::string(5 << 20, 'x'));
  one.peers->Send(Beat(1));
  one.peers->SendNote(7, {2, 0}, big);
  one.peers->SendNote(7, {2, 0}, "");
  clock.Advance(100'000);
  EXPECT_EQ(notes, (std::vector<std::string>{"1:a", "1:", "1:" + big}));
  EXPECT_EQ(two->received.size(), 1u);
  two->peers->SetNoteReceiver(7, nullptr);
  one.peers->SendNote(7, {2, 0}, "b");
  clock.Advance(100'000);
  EXPECT_EQ(notes.size(), 3u);
}

TEST_F(PeersTest, OtherGroupsAreNotHeard) {
  Meet();
  Envelope other = Beat(1);
  other.group = 8;
  one.peers->Send(other);
  clock.Advance(10'000);
  EXPECT_TRUE(two->received.empty());
}

TEST_F(PeersTest, HeartbeatsOvertakeEntriesAndSnapshotsGoTheirOwnWay) {
  Meet();
  one.peers->Send(Beat(1));
  clock.Advance(10'000);
  for (Index i = 1; i <= 10; ++i) one.peers->Send(Page(1 << 20, i));
  one.peers->Send(Beat(2));
  InstallSnapshot chunk;
  chunk.last_included = {5, 3};
  chunk.configuration.configuration.voters = {{1, 0}};
  chunk.bytes = 10;
  chunk.total_bytes = 100;
  one.peers->Send({7, {{1, 0}, {2, 0}, 3, chunk}, {MakePayload(SharedBytes(std::string(10, 's')))}});
  clock.Advance(100'000);
  ASSERT_EQ(two->received.size(), 13u);
  EXPECT_EQ(one.connected, 2);
  size_t at = 0;
  while (two->received[at] != Beat(2)) ++at;
  EXPECT_LT(at, 5u);  // Not behind all of the pages.
  EXPECT_TRUE(one.lost.empty());
}

TEST_F(PeersTest, WhatExceedsTheBudgetIsDroppedAndTold) {
  one.options.send_bytes_max = 3 << 20;
  one.peers.reset();
  one.peers = std::make_unique<Peers>(clock, one.entropy, one.host, one.options, &one);
  one.peers->SetReceiver(7, &one);
  one.peers->SetAddress({2, 0}, "node:2");
  for (Index i = 1; i <= 10; ++i) one.peers->Send(Page(1 << 20, i));
  EXPECT_FALSE(one.lost.empty());
  clock.Advance(100'000);
  EXPECT_LT(two->received.size(), 10u);
  EXPECT_GE(two->received.size(), 2u);
}

TEST_F(PeersTest, UnknownPeersAreNotReached) {
  one.peers->Send(Beat(1));
  EXPECT_EQ(one.lost, (std::vector<NodeId>{{2, 0}}));
}

TEST_F(PeersTest, AnAddressIsLearntFromAHello) {
  one.peers->SetAddress({2, 0}, "node:2");
  one.peers->Send(Beat(1));
  clock.Advance(10'000);
  two->peers->Send({7, {{2, 0}, {1, 0}, 3, HeartbeatReply{1}}, {}});
  clock.Advance(10'000);
  EXPECT_EQ(one.received.size(), 1u);
}

TEST_F(PeersTest, ABrokenConnectionIsMadeAgain) {
  Meet();
  one.peers->Send(Beat(1));
  clock.Advance(10'000);
  lines.cut = true;
  one.peers->Send(Beat(2));
  clock.Advance(100'000);
  EXPECT_FALSE(one.lost.empty());
  for (int i = 0; i < 50; ++i) {
    one.peers->Send(Beat(3));
    clock.Advance(100'000);
  }
  EXPECT_EQ(two->received.size(), 1u);
  lines.cut = false;
  for (int i = 0; i < 30; ++i) {
    one.peers->Send(Beat(4));
    clock.Advance(100'000);
  }
  EXPECT_GE(two->received.size(), 2u);
  EXPECT_EQ(one.connected, 2);
}

TEST_F(PeersTest, AttemptsComeLaterAndLaterAndEachNodeAtItsOwnTime) {
  lines.cut = true;
  Node three(clock, network, {3, 0}, 42);
  one.peers->SetAddress({2, 0}, "node:2");
  three.peers->SetAddress({2, 0}, "node:2");
  for (int i = 0; i < 10'000; ++i) {
    one.peers->Send(Beat(1));
    three.peers->Send({7, {{3, 0}, {2, 0}, 3, Heartbeat{0, 1}}, {}});
    clock.Advance(1000);
  }
  const auto delays = [&](const Node& node) {
    std::vector<int64_t> all;
    for (size_t i = 1; i < node.troubled_at.size(); ++i) {
      // An attempt needs 5 ms to fail, and at most 1 ms passes before there is something to send.
      all.push_back(node.troubled_at[i] - node.troubled_at[i - 1] - 5000);
    }
    return all;
  };
  const std::vector<int64_t> ones = delays(one);
  const std::vector<int64_t> threes = delays(three);
  ASSERT_GE(ones.size(), 10u);
  ASSERT_LE(ones.size(), 30u);
  int64_t most = one.options.reconnect_min_micros;
  for (const int64_t delay : ones) {
    EXPECT_GE(delay, most / 2);
    EXPECT_LE(delay, most + 1000);
    most = std::min(2 * most, one.options.reconnect_max_micros);
  }
  // Nodes that lost the same peer at once do not return to it at once.
  size_t apart = 0;
  const size_t common = std::min(ones.size(), threes.size());
  for (size_t i = 0; i < common; ++i) apart += std::abs(ones[i] - threes[i]) > 1000;
  EXPECT_GE(apart, common / 2);
}

TEST_F(PeersTest, AProcessThatComesBackIsReachedAgain) {
  Meet();
  one.peers->Send(Beat(1));
  clock.Advance(10'000);
  two.reset();
  clock.Advance(10'000);
  EXPECT_EQ(one.lost, (std::vector<NodeId>{{2, 0}}));
  two = std::make_unique<Node>(clock, network, NodeId{2, 0}, 42);
  clock.Advance(2'000'000);
  one.peers->Send(Beat(2));
  clock.Advance(2'000'000);
  ASSERT_EQ(two->received.size(), 1u);
  EXPECT_EQ(two->received[0], Beat(2));
}

TEST_F(PeersTest, StrangersAreRefusedWithAReason) {
  Node foreign(clock, network, {3, 0}, 43);
  foreign.peers->SetAddress({2, 0}, "node:2");
  foreign.peers->Send({7, {{3, 0}, {2, 0}, 3, Heartbeat{0, 1}}, {}});
  clock.Advance(50'000);
  EXPECT_TRUE(two->received.empty());
  EXPECT_NE(foreign.trouble.find("belongs to cluster"), std::string::npos) << foreign.trouble;
  EXPECT_NE(two->trouble.find("node 3"), std::string::npos) << two->trouble;
  // One that means the node's earlier life.
  one.peers->SetAddress({2, 5}, "node:2");
  one.peers->Send({7, {{1, 0}, {2, 5}, 3, Heartbeat{0, 1}}, {}});
  clock.Advance(50'000);
  EXPECT_NE(one.trouble.find("this is node 2, not 2.5"), std::string::npos) << one.trouble;
}

class Babbler final : public ConnectionHandler {
 public:
  void OnConnected() override {}
  std::span<char> SpaceForBytes() override { return space; }
  void OnBytes(size_t) override {}
  void OnProgress() override {}
  void OnClosed(const absl::Status&) override { closed = true; }
  std::array<char, 100> space{};
  bool closed = false;
};

TEST_F(PeersTest, NonsenseAndSilenceAreCutOff) {
  MemoryHost host(network, clock, "x");
  Babbler babbler;
  auto connection = host.Connect("node:1", babbler);
  clock.Advance(1000);
  connection->Write({SharedBytes(std::string(100, '?'))});
  clock.Advance(500'000);
  EXPECT_TRUE(babbler.closed);
  Babbler silent;
  auto quiet = host.Connect("node:1", silent);
  clock.Advance(5'000'000);
  EXPECT_TRUE(silent.closed);
  EXPECT_TRUE(one.received.empty());
  // A message before a hello, and one in another's name.
  Babbler liar;
  auto lies = host.Connect("node:2", liar);
  clock.Advance(1000);
  lies->Write({EncodeHello({.cluster = 42, .source = {3, 0}, .dest = {2, 0}})});
  lies->Write(EncodeMessage(Beat(1)));
  clock.Advance(500'000);
  EXPECT_TRUE(liar.closed);
  EXPECT_TRUE(two->received.empty());
}

}  // namespace
}  // namespace lockstep::runtime
