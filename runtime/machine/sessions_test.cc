#include "runtime/machine/sessions.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "runtime/machine/map_machine.h"

namespace lockstep::runtime {
namespace {

// Counts, so that a command applied twice shows: the reply is the count after it.
class Counter final : public StateMachine {
 public:
  void Apply(std::span<const Command> commands, std::vector<std::string>& replies) override {
    for (const Command& command : commands) {
      text += command.bytes;
      replies.push_back(std::to_string(text.size()));
    }
  }
  absl::StatusOr<std::string> Lookup(std::string_view) override { return text; }
  std::unique_ptr<SnapshotSource> Freeze() override {
    struct Source final : SnapshotSource {
      std::string left;
      absl::StatusOr<std::string> Read(size_t) override {
        std::string piece = left.substr(0, 3);
        left.erase(0, piece.size());
        return piece;
      }
    };
    auto source = std::make_unique<Source>();
    source->left = text;
    return source;
  }
  absl::Status Restore(SnapshotSource& source) override {
    text.clear();
    while (true) {
      const auto piece = source.Read(10);
      if (!piece.ok()) return piece.status();
      if (piece->empty()) return absl::OkStatus();
      text += *piece;
    }
  }
  std::string text;
};

class SessionsTest : public testing::Test {
 protected:
  std::vector<absl::StatusOr<std::string>> ApplyAll(const std::vector<std::string>& encoded) {
    std::vector<Command> commands;
    for (const std::string& bytes : encoded) commands.push_back({++index, 1, bytes});
    std::vector<std::string> replies;
    machine.Apply(commands, replies);
    std::vector<absl::StatusOr<std::string>> decoded;
    for (const std::string& reply : replies) decoded.push_back(DecodeSessionReply(reply));
    return decoded;
  }
  absl::StatusOr<std::string> Apply(const std::string& encoded) { return ApplyAll({encoded})[0]; }
  SessionId Register(int64_t ttl = 1000) { return std::stoull(*Apply(EncodeRegisterSession(0, ttl))); }

  Counter counter;
  SessionMachine machine{counter};
  Index index = 0;
};

TEST_F(SessionsTest, ACommandThatComesAgainIsAnsweredFromMemory) {
  const SessionId session = Register();
  EXPECT_EQ(*Apply(EncodeSessionCommand(1, session, 1, 1, "a")), "1");
  EXPECT_EQ(*Apply(EncodeSessionCommand(2, session, 2, 1, "b")), "2");
  EXPECT_EQ(*Apply(EncodeSessionCommand(3, session, 1, 1, "a")), "1");
  EXPECT_EQ(counter.text, "ab");
  EXPECT_EQ(*Apply(EncodePlainCommand(4, "c")), "3");
  EXPECT_EQ(*Apply(EncodePlainCommand(5, "c")), "4");
}

TEST_F(SessionsTest, TwiceWithinABatchToo) {
  const SessionId session = Register();
  const auto replies =
      ApplyAll({EncodeSessionCommand(1, session, 1, 1, "a"), EncodeSessionCommand(1, session, 2, 1, "b"),
                EncodeSessionCommand(1, session, 1, 1, "a"), EncodePlainCommand(1, "c"),
                EncodeSessionCommand(1, session, 2, 1, "b")});
  EXPECT_EQ(*replies[0], "1");
  EXPECT_EQ(*replies[1], "2");
  EXPECT_EQ(*replies[2], "1");
  EXPECT_EQ(*replies[3], "3");
  EXPECT_EQ(*replies[4], "2");
  EXPECT_EQ(counter.text, "abc");
}

TEST_F(SessionsTest, OrderDoesNotMatterWithinTheWindow) {
  const SessionId session = Register();
  EXPECT_EQ(*Apply(EncodeSessionCommand(1, session, 3, 1, "c")), "1");
  EXPECT_EQ(*Apply(EncodeSessionCommand(1, session, 1, 1, "a")), "2");
  EXPECT_EQ(Apply(EncodeSessionCommand(1, session, kOpenCommandsMax + 1, 1, "x")).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST_F(SessionsTest, WhatIsNoLongerWantedIsForgotten) {
  const SessionId session = Register();
  EXPECT_EQ(*Apply(EncodeSessionCommand(1, session, 1, 1, "a")), "1");
  EXPECT_EQ(*Apply(EncodeSessionCommand(1, session, 2, 2, "b")), "2");
  EXPECT_EQ(Apply(EncodeSessionCommand(1, session, 1, 1, "a")).status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(counter.text, "ab");
}

TEST_F(SessionsTest, SilenceEndsASession) {
  const SessionId quiet = Register(1000);
  const SessionId busy = Register(1000);
  EXPECT_TRUE(Apply(EncodeSessionCommand(900, busy, 1, 1, "a")).ok());
  EXPECT_TRUE(Apply(EncodeSessionCommand(1500, busy, 2, 2, "b")).ok());
  EXPECT_EQ(machine.session_count(), 1u);
  EXPECT_EQ(Apply(EncodeSessionCommand(1500, quiet, 1, 1, "c")).status().code(), absl::StatusCode::kNotFound);
  // A clock that is behind does not turn time back.
  EXPECT_TRUE(Apply(EncodeSessionCommand(3, busy, 3, 3, "c")).ok());
  EXPECT_EQ(machine.log_millis(), 1500);
  EXPECT_TRUE(Apply(EncodeEndSession(1501, busy)).ok());
  EXPECT_EQ(Apply(EncodeEndSession(1501, busy)).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(machine.session_count(), 0u);
}

TEST_F(SessionsTest, MalformedCommandsAreRefused) {
  for (const std::string& bytes : {std::string(), std::string("\x07zzzzzzzzz"), std::string("\x03short")}) {
    EXPECT_EQ(Apply(bytes).status().code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(counter.text, "");
}

TEST_F(SessionsTest, ClientsNumberTheirCommands) {
  SessionClient client(Register());
  const uint64_t first = client.Begin();
  const uint64_t second = client.Begin();
  EXPECT_EQ(*Apply(client.Encode(second, 1, "b")), "1");
  EXPECT_EQ(*Apply(client.Encode(first, 1, "a")), "2");
  client.End(first);
  EXPECT_EQ(*Apply(client.Encode(second, 1, "b")), "1");
  EXPECT_EQ(Apply(client.Encode(first, 1, "a")).status().code(), absl::StatusCode::kAlreadyExists);
}

// Any commands, cut into batches anywhere, with snapshots in between: the same state and the same replies.
RC_GTEST_PROP(SessionsPropertyTest, BatchesAndSnapshotsChangeNothing, ()) {
  std::vector<std::string> encoded = {EncodeRegisterSession(0, 50), EncodeRegisterSession(0, 200)};
  const auto count = *rc::gen::inRange(1, 60);
  for (int i = 0; i < count; ++i) {
    const SessionId session = *rc::gen::inRange<SessionId>(1, 4);
    const auto millis = *rc::gen::inRange<int64_t>(0, 400);
    const auto sequence = *rc::gen::inRange<uint64_t>(1, 8);
    const std::string bytes(1, static_cast<char>('a' + i % 26));
    switch (*rc::gen::weightedElement<int>({{10, 0}, {3, 1}, {1, 2}})) {
      case 0:
        encoded.push_back(
            EncodeSessionCommand(millis, session, sequence, *rc::gen::inRange<uint64_t>(0, sequence + 2), bytes));
        break;
      case 1:
        encoded.push_back(EncodePlainCommand(millis, bytes));
        break;
      default:
        encoded.push_back(EncodeEndSession(millis, session));
    }
  }
  const auto apply = [](SessionMachine& machine, const std::vector<std::string>& all, size_t from, size_t to,
                        std::vector<std::string>& replies) {
    std::vector<Command> commands;
    for (size_t i = from; i < to; ++i) commands.push_back({i + 1, 1, all[i]});
    machine.Apply(commands, replies);
  };
  Counter plain_counter;
  SessionMachine plain(plain_counter);
  std::vector<std::string> expected;
  for (size_t i = 0; i < encoded.size(); ++i) apply(plain, encoded, i, i + 1, expected);

  auto counter = std::make_unique<Counter>();
  auto machine = std::make_unique<SessionMachine>(*counter);
  std::vector<std::string> replies;
  for (size_t at = 0; at < encoded.size();) {
    const size_t end = std::min(encoded.size(), at + *rc::gen::inRange<size_t>(1, 9));
    apply(*machine, encoded, at, end, replies);
    at = end;
    if (!*rc::gen::weightedElement<bool>({{3, false}, {1, true}})) continue;
    const auto frozen = machine->Freeze();
    auto next_counter = std::make_unique<Counter>();
    auto next = std::make_unique<SessionMachine>(*next_counter);
    RC_ASSERT(next->Restore(*frozen).ok());
    counter = std::move(next_counter);
    machine = std::move(next);
  }
  RC_ASSERT(replies == expected);
  RC_ASSERT(counter->text == plain_counter.text);
}

TEST(MapMachineTest, AFrozenViewStaysAsItWas) {
  MapMachine machine;
  std::vector<std::string> replies;
  const auto apply = [&](std::string_view bytes) {
    const Command command{1, 1, bytes};
    machine.Apply({&command, 1}, replies);
  };
  for (int i = 0; i < 100; ++i) apply("k" + std::to_string(i) + "=old");
  const auto frozen = machine.Freeze();
  std::string first = *frozen->Read(100);
  for (int i = 0; i < 100; ++i) apply("k" + std::to_string(i) + "=new");
  apply("nonsense");
  EXPECT_EQ(replies.back(), "?");
  EXPECT_EQ(*machine.Lookup("k7"), "new");
  struct Joined final : SnapshotSource {
    absl::StatusOr<std::string> Read(size_t) override {
      if (!first.empty()) return std::exchange(first, {});
      return rest->Read(77);
    }
    std::string first;
    SnapshotSource* rest = nullptr;
  };
  Joined joined;
  joined.first = first;
  joined.rest = frozen.get();
  MapMachine restored;
  ASSERT_TRUE(restored.Restore(joined).ok());
  EXPECT_EQ(restored.map().size(), 100u);
  for (const auto& [key, value] : restored.map()) EXPECT_EQ(value, "old");
}

}  // namespace
}  // namespace lockstep::runtime
