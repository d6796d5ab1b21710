#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstring>

#include "runtime/codec/frame.h"
#include "runtime/codec/hello.h"
#include "runtime/codec/message_codec.h"

namespace lockstep::runtime {
namespace {

// ---- Well-formed messages, of any kind ----

rc::Gen<NodeId> GenNode() {
  return rc::gen::construct<NodeId>(rc::gen::inRange<uint32_t>(1, 9), rc::gen::inRange<uint32_t>(0, 3));
}

Configuration DrawConfiguration() {
  Configuration configuration;
  const auto voters = *rc::gen::inRange<uint32_t>(1, 6);
  for (uint32_t i = 1; i <= voters; ++i) configuration.voters.insert({i, *rc::gen::inRange<uint32_t>(0, 3)});
  if (*rc::gen::arbitrary<bool>()) configuration.learners.insert({7, 0});
  if (*rc::gen::arbitrary<bool>()) {
    configuration.outgoing_voters.insert({8, 1});
    configuration.auto_leave = *rc::gen::arbitrary<bool>();
    if (*rc::gen::arbitrary<bool>()) configuration.learners_next.insert({8, 1});
  }
  return configuration;
}

AppendEntries DrawAppendEntries(Term term, std::vector<Payload>& payloads) {
  AppendEntries append;
  const auto index = *rc::gen::inRange<Index>(0, 1000);
  if (index > 0) append.previous = {index, *rc::gen::inRange<Term>(1, term + 1)};
  append.commit_index = *rc::gen::inRange<Index>(0, 2000);
  Term last = std::max<Term>(1, append.previous.term);
  for (auto kind : *rc::gen::container<std::vector<EntryKind>>(
           rc::gen::element(EntryKind::kNoOp, EntryKind::kCommand, EntryKind::kCommand, EntryKind::kConfiguration))) {
    last = *rc::gen::inRange<Term>(last, term + 1);
    EntryMeta entry{last, 0, kind};
    if (kind == EntryKind::kCommand) {
      payloads.push_back(MakePayload(SharedBytes(*rc::gen::arbitrary<std::string>())));
      entry.bytes = static_cast<uint32_t>(payloads.back().bytes.size());
    }
    append.entries.push_back(entry);
    if (kind == EntryKind::kConfiguration) append.configurations.push_back({append.last_index(), DrawConfiguration()});
  }
  return append;
}

InstallSnapshot DrawInstallSnapshot(Term term, std::vector<Payload>& payloads) {
  InstallSnapshot chunk;
  chunk.last_included = {*rc::gen::inRange<Index>(1, 1000), *rc::gen::inRange<Term>(1, term + 1)};
  chunk.configuration = {*rc::gen::inRange<Index>(0, chunk.last_included.index + 1), DrawConfiguration()};
  payloads.push_back(MakePayload(SharedBytes(*rc::gen::nonEmpty(rc::gen::arbitrary<std::string>()))));
  chunk.bytes = static_cast<uint32_t>(payloads.back().bytes.size());
  chunk.offset = *rc::gen::inRange<uint64_t>(0, 1'000'000);
  chunk.total_bytes = chunk.offset + chunk.bytes + *rc::gen::inRange<uint64_t>(0, 1000);
  return chunk;
}

// A message that ValidateMessage accepts, of any kind, with its payloads.
Envelope DrawEnvelope() {
  Envelope envelope;
  envelope.group = *rc::gen::arbitrary<uint64_t>();
  Message& message = envelope.message;
  message.source = *GenNode();
  message.dest = *GenNode();
  const auto term = message.term = *rc::gen::inRange<Term>(1, 100);
  const auto number = [] { return *rc::gen::inRange<uint64_t>(0, 1'000'000); };
  const auto coin = [] { return *rc::gen::arbitrary<bool>(); };
  const auto position = [term] {
    return LogPosition{*rc::gen::inRange<Index>(1, 1000), *rc::gen::inRange<Term>(1, term + 1)};
  };
  switch (*rc::gen::inRange(0, 11)) {
    case 0: {
      const bool pre_vote = coin();
      message.body = RequestVote{term + (pre_vote ? 1 : 0), position(), pre_vote, !pre_vote && coin()};
      break;
    }
    case 1:
      message.body = RequestVoteReply{term, coin(), coin()};
      break;
    case 2:
      message.body = DrawAppendEntries(term, envelope.payloads);
      break;
    case 3:
      if (coin()) {
        message.body = AppendEntriesReply{true, number(), 0, {}};
      } else {
        message.body = AppendEntriesReply{false, 0, number(), position()};
      }
      break;
    case 4:
      message.body = Heartbeat{number(), number()};
      break;
    case 5:
      message.body = HeartbeatReply{number()};
      break;
    case 6:
      message.body = DrawInstallSnapshot(term, envelope.payloads);
      break;
    case 7:
      message.body = InstallSnapshotReply{position(), number(), coin()};
      break;
    case 8:
      message.body = TimeoutNow{};
      break;
    case 9:
      message.body = ReadRequest{*rc::gen::arbitrary<uint64_t>(), number()};
      break;
    default:
      message.body = ReadReply{*rc::gen::arbitrary<uint64_t>(), number(), coin(), number()};
      break;
  }
  return envelope;
}

// ---- Helpers ----

std::string Join(const std::vector<SharedBytes>& parts) {
  std::string bytes;
  for (const SharedBytes& part : parts) bytes += part.view();
  return bytes;
}

// Gives `bytes` to `reader` in pieces of at most `piece` and collects the frames.
absl::Status Read(FrameReader& reader, std::string_view bytes, size_t piece, std::vector<Frame>& frames) {
  while (!bytes.empty()) {
    const std::span<char> space = reader.Space();
    const size_t count = std::min({bytes.size(), piece, space.size()});
    std::memcpy(space.data(), bytes.data(), count);
    reader.Filled(count);
    bytes.remove_prefix(count);
    while (true) {
      auto frame = reader.Next();
      if (!frame.ok()) return frame.status();
      if (!frame->has_value()) break;
      frames.push_back(**std::move(frame));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Envelope> DecodeBytes(std::string_view bytes) {
  FrameReader reader(FrameLimits{});
  std::vector<Frame> frames;
  if (absl::Status status = Read(reader, bytes, bytes.size(), frames); !status.ok()) return status;
  if (frames.size() != 1 || frames[0].kind != FrameKind::kMessage) return absl::InvalidArgumentError("no message");
  return DecodeMessage(frames[0]);
}

RC_GTEST_PROP(CodecTest, MessagesComeBackAsTheyWere, ()) {
  const Envelope envelope = DrawEnvelope();
  RC_ASSERT(ValidateMessage(envelope.message).ok());
  const auto decoded = DecodeBytes(Join(EncodeMessage(envelope)));
  RC_ASSERT(decoded.ok());
  RC_ASSERT(*decoded == envelope);
}

RC_GTEST_PROP(CodecTest, AnyCutOfTheStreamGivesTheSameFrames, ()) {
  const auto count = *rc::gen::inRange(1, 5);
  std::string bytes;
  std::vector<Envelope> sent;
  for (int i = 0; i < count; ++i) {
    sent.push_back(DrawEnvelope());
    bytes += Join(EncodeMessage(sent.back()));
  }
  FrameReader reader(FrameLimits{});
  std::vector<Frame> frames;
  RC_ASSERT(Read(reader, bytes, *rc::gen::inRange<size_t>(1, 100), frames).ok());
  RC_ASSERT(frames.size() == sent.size());
  for (size_t i = 0; i < sent.size(); ++i) RC_ASSERT(*DecodeMessage(frames[i]) == sent[i]);
}

RC_GTEST_PROP(CodecTest, AChangedByteIsNoticed, ()) {
  const Envelope envelope = DrawEnvelope();
  std::string bytes = Join(EncodeMessage(envelope));
  const auto at = *rc::gen::inRange<size_t>(0, bytes.size());
  bytes[at] = static_cast<char>(bytes[at] ^ *rc::gen::inRange(1, 256));
  RC_ASSERT(!DecodeBytes(bytes).ok());
}

// Damage that the checksum vouches for: the decoder itself must hold.
RC_GTEST_PROP(CodecTest, AnyHeaderIsRefusedOrMeansAValidMessage, ()) {
  const Envelope envelope = DrawEnvelope();
  std::string header(EncodeMessage(envelope)[0].view().substr(kFramePrefixBytes));
  for (int i = *rc::gen::inRange(1, 4); i > 0 && !header.empty(); --i) {
    const auto at = *rc::gen::inRange<size_t>(0, header.size());
    header[at] = *rc::gen::arbitrary<char>();
  }
  const Frame frame{FrameKind::kMessage, SharedBytes(header), SharedBytes(*rc::gen::arbitrary<std::string>())};
  const auto decoded = DecodeMessage(frame);
  if (decoded.ok()) RC_ASSERT(ValidateMessage(decoded->message).ok());
}

TEST(FrameTest, BadSizesAreRefusedBeforeTheyCostMemory) {
  FrameReader reader(FrameLimits{.header_bytes_max = 100, .payload_bytes_max = 1000});
  std::vector<Frame> frames;
  const std::string big = Join({EncodeFrameHead(FrameKind::kMessage, std::string(101, 'h'), 0)});
  EXPECT_EQ(Read(reader, big.substr(0, kFramePrefixBytes), 100, frames).code(), absl::StatusCode::kResourceExhausted);
  FrameReader other(FrameLimits{.header_bytes_max = 100, .payload_bytes_max = 1000});
  EXPECT_EQ(Read(other, EncodeFrameHead(FrameKind::kMessage, "", 1001).view(), 100, frames).code(),
            absl::StatusCode::kResourceExhausted);
  FrameReader third(FrameLimits{});
  EXPECT_EQ(Read(third, std::string(16, '\0'), 100, frames).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(frames.empty());
}

TEST(FrameTest, LargePayloadsStayWhereTheyArrive) {
  Envelope envelope;
  envelope.message = {{1, 0}, {2, 0}, 1, AppendEntries{{}, 0, {{1, 1 << 20, EntryKind::kCommand}}, {}}};
  envelope.payloads.push_back(MakePayload(SharedBytes(std::string(1 << 20, 'x'))));
  const std::string bytes = Join(EncodeMessage(envelope));
  FrameReader reader(FrameLimits{});
  std::vector<Frame> frames;
  ASSERT_TRUE(Read(reader, bytes + bytes, 100'000, frames).ok());
  ASSERT_EQ(frames.size(), 2u);
  const auto decoded = DecodeMessage(frames[0]);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->payloads[0].bytes.data(), frames[0].payload.data());
  EXPECT_EQ(*DecodeMessage(frames[1]), envelope);
}

Hello SomeHello() { return {1, 1, 42, {1, 0}, {2, 3}, Channel::kSnapshots, "host:1"}; }

TEST(HelloTest, ComesBackAsItWas) {
  FrameReader reader(FrameLimits{});
  std::vector<Frame> frames;
  const HelloReply reply{1, "why", {2, 3}};
  ASSERT_TRUE(Read(reader, Join({EncodeHello(SomeHello()), EncodeHelloReply(reply)}), 5, frames).ok());
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_EQ(*DecodeHello(frames[0]), SomeHello());
  EXPECT_EQ(*DecodeHelloReply(frames[1]), reply);
  EXPECT_FALSE(DecodeHello(frames[1]).ok());
  EXPECT_FALSE(DecodeHelloReply(frames[0]).ok());
}

TEST(HelloTest, TheAnswerSaysWhatIsWrong) {
  const auto reason = [](const Hello& hello) { return AnswerHello(hello, 42, {2, 3}).reason; };
  EXPECT_EQ(AnswerHello(SomeHello(), 42, {2, 3}), (HelloReply{1, "", {2, 3}}));
  Hello hello = SomeHello();
  hello.cluster = 7;
  EXPECT_NE(reason(hello).find("cluster 000000000000002a, not to 0000000000000007"), std::string::npos);
  hello = SomeHello();
  hello.dest = {2, 2};
  EXPECT_NE(reason(hello).find("this is node 2.3, not 2.2"), std::string::npos);
  hello = SomeHello();
  hello.source = {};
  EXPECT_NE(reason(hello), "");
  hello = SomeHello();
  hello.version_min = hello.version_max = 9;
  EXPECT_NE(reason(hello).find("versions 9..9"), std::string::npos);
  hello = SomeHello();
  hello.version_max = 9;
  EXPECT_EQ(AnswerHello(hello, 42, {2, 3}).version, kProtocolVersionMax);
}

}  // namespace
}  // namespace lockstep::runtime
