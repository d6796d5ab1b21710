#include "runtime/memory/memory_network.h"

#include <gtest/gtest.h>

#include <array>

#include "runtime/memory/memory_clock.h"

namespace lockstep::runtime {
namespace {

class Lines final : public LinkFaults {
 public:
  std::optional<int64_t> DelayMicros(const std::string&, const std::string&) override {
    if (cut) return std::nullopt;
    return delays[next++ % delays.size()];
  }
  size_t PieceBytes(size_t) override { return 3; }
  bool Carries(const std::string&, const std::string&) override { return carries; }
  int64_t EndMicros(LinkSide) override { return end; }
  bool Joins() override { return joins; }
  bool cut = false;
  bool carries = true;
  bool joins = false;
  int64_t end = 0;
  size_t next = 0;
  std::array<int64_t, 3> delays = {500, 100, 10};
};

class Collector final : public ConnectionHandler {
 public:
  void OnConnected() override { connected = true; }
  std::span<char> SpaceForBytes() override { return space; }
  void OnBytes(size_t count) override { received.append(space.data(), count); }
  void OnProgress() override { ++progress; }
  void OnClosed(const absl::Status& why) override { closed = std::string(why.message()); }

  std::array<char, 7> space{};
  bool connected = false;
  int progress = 0;
  std::string received;
  std::string closed;
};

class MemoryNetworkTest : public testing::Test {
 protected:
  void Run() {
    while (clock.RunNext()) {
    }
  }

  MemoryClock clock;
  Lines lines;
  MemoryNetwork network{lines};
  std::unique_ptr<MemoryHost> a = std::make_unique<MemoryHost>(network, clock, "a");
  std::unique_ptr<MemoryHost> b = std::make_unique<MemoryHost>(network, clock, "b");
  Collector at_a;
  Collector at_b;
  std::unique_ptr<Connection> accepted;
  std::unique_ptr<Listener> listener = *b->Listen("b:1", [this](std::unique_ptr<Connection> connection) {
    connection->SetHandler(at_b);
    accepted = std::move(connection);
  });
};

TEST_F(MemoryNetworkTest, BytesArriveInOrderInPieces) {
  auto connection = a->Connect("b:1", at_a);
  Run();
  EXPECT_TRUE(at_a.connected);
  connection->Write({SharedBytes("one "), SharedBytes("two ")});
  connection->Write({SharedBytes("three ")});
  connection->Write({SharedBytes("four")});
  EXPECT_EQ(connection->unsent_bytes(), 18u);
  Run();
  EXPECT_EQ(at_b.received, "one two three four");
  EXPECT_EQ(connection->unsent_bytes(), 0u);
  EXPECT_EQ(at_a.progress, 3);
  accepted->Write({SharedBytes("back")});
  Run();
  EXPECT_EQ(at_a.received, "back");
}

TEST_F(MemoryNetworkTest, NobodyAnswers) {
  auto connection = a->Connect("c:1", at_a);
  Run();
  EXPECT_EQ(at_a.closed, "c:1: nobody answers there");
}

TEST_F(MemoryNetworkTest, AnAddressIsTakenOnce) {
  EXPECT_EQ(a->Listen("b:1", nullptr).status().code(), absl::StatusCode::kAlreadyExists);
}

TEST_F(MemoryNetworkTest, ClosingOneSideClosesTheOther) {
  auto connection = a->Connect("b:1", at_a);
  Run();
  connection.reset();
  Run();
  EXPECT_EQ(at_b.closed, "the other side closed the connection");
  EXPECT_EQ(at_a.closed, "");
}

TEST_F(MemoryNetworkTest, ACutIsNoticedLate) {
  auto connection = a->Connect("b:1", at_a);
  Run();
  lines.cut = true;
  connection->Write({SharedBytes("lost")});
  clock.Advance(999'999);
  EXPECT_EQ(at_b.closed, "");
  Run();
  EXPECT_EQ(at_b.received, "");
  EXPECT_EQ(at_b.closed, "the network is cut");
  EXPECT_EQ(at_a.closed, "the network is cut");
}

// Not even that the other side has closed it.
TEST_F(MemoryNetworkTest, OverACutConnectionNothingIsTold) {
  auto connection = a->Connect("b:1", at_a);
  Run();
  lines.cut = true;
  connection->Write({SharedBytes("lost")});
  connection.reset();
  clock.Advance(999'999);
  EXPECT_EQ(at_b.closed, "");
  Run();
  EXPECT_EQ(at_b.closed, "the network is cut");
}

TEST_F(MemoryNetworkTest, AHostThatConnectsToItselfEnds) {
  auto connection = b->Connect("b:1", at_a);
  Run();
  ASSERT_NE(accepted, nullptr);
  connection.reset();
  listener.reset();
  b.reset();
  accepted.reset();
  Run();
  EXPECT_EQ(at_b.closed, "");
}

// The other side learns of it when the faults say so, not when what held the connections goes.
TEST_F(MemoryNetworkTest, TheEndOfAProcessIsNotedLate) {
  lines.end = 5'000;
  auto connection = a->Connect("b:1", at_a);
  Run();
  listener.reset();
  b.reset();
  accepted.reset();
  clock.Advance(4'999);
  EXPECT_EQ(at_a.closed, "");
  clock.Advance(1);
  EXPECT_EQ(at_a.closed, "the other side's process ended");
}

TEST_F(MemoryNetworkTest, ACutWhileBytesTravelBreaksWhereTheyArrive) {
  auto connection = a->Connect("b:1", at_a);
  Run();
  lines.delays = {1'000, 1'000, 1'000};
  connection->Write({SharedBytes("lost")});
  lines.carries = false;
  clock.Advance(1'000);
  EXPECT_EQ(at_b.received, "");
  Run();
  EXPECT_EQ(at_b.closed, "the network is cut");
}

TEST_F(MemoryNetworkTest, WhatTravelsMayArriveTogether) {
  auto connection = a->Connect("b:1", at_a);
  Run();
  lines.joins = true;
  lines.delays = {1'000, 2'000, 3'000};
  lines.next = 0;
  for (const char* word : {"one ", "two ", "three"}) connection->Write({SharedBytes(word)});
  clock.Advance(1'000);
  EXPECT_EQ(at_b.received, "one two three");
  Run();
  EXPECT_EQ(at_b.received, "one two three");
}

TEST_F(MemoryNetworkTest, TheEndOfAProcessClosesItsConnections) {
  auto connection = a->Connect("b:1", at_a);
  Run();
  accepted.reset();
  listener.reset();
  b.reset();
  Run();
  EXPECT_NE(at_a.closed, "");
}

}  // namespace
}  // namespace lockstep::runtime
