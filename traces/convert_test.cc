#include "traces/convert.h"

#include <optional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"
#include "traces/core_generators.h"

namespace lockstep::traces {
namespace {

using ::testing::HasSubstr;

template <typename Proto, typename Value>
std::optional<Value> ThereAndBack(const Value& value) {
  Proto proto;
  ToProto(value, &proto);
  Proto parsed;
  if (!parsed.ParseFromString(proto.SerializeAsString())) return std::nullopt;
  const absl::StatusOr<Value> back = FromProto(parsed);
  return back.ok() ? std::optional<Value>(*back) : std::nullopt;
}

RC_GTEST_PROP(Convert, MessagesComeBack, ()) {
  const Message message = *AnyMessage();
  RC_ASSERT((ThereAndBack<proto::Message>(message)) == std::optional<Message>(message));
}

RC_GTEST_PROP(Convert, InputsComeBack, ()) {
  const Input input = *AnyInput();
  RC_ASSERT((ThereAndBack<proto::Input>(input)) == std::optional<Input>(input));
}

RC_GTEST_PROP(Convert, EffectsComeBack, ()) {
  const Effect effect = *AnyEffect();
  RC_ASSERT((ThereAndBack<proto::Effect>(effect)) == std::optional<Effect>(effect));
}

RC_GTEST_PROP(Convert, BytesOfAnotherKindNeverAbort, (const std::string& bytes)) {
  proto::Effect effect;
  if (effect.ParseFromString(bytes)) (void)FromProto(effect);
  proto::Input input;
  if (input.ParseFromString(bytes)) (void)FromProto(input);
  RC_SUCCEED();
}

TEST(Convert, OptionsComeBack) {
  const Options options{.pre_vote = false,
                        .check_quorum = false,
                        .append_entries_max = 1,
                        .append_bytes_max = 2,
                        .inflight_messages_max = 3,
                        .inflight_bytes_max = 4,
                        .uncommitted_bytes_max = 5,
                        .apply_entries_max = 6,
                        .snapshot_interval_entries = 7,
                        .snapshot_trailing_entries = 8,
                        .snapshot_trailing_bytes = 12,
                        .snapshot_chunk_bytes = 9,
                        .resident_entries = 10,
                        .lease_micros = 11};
  proto::Options proto;
  ToProto(options, &proto);
  EXPECT_EQ(FromProto(proto), options);
}

TEST(Convert, NamesWhatHasNoValueInCore) {
  EXPECT_THAT(std::string(FromProto(proto::Message()).status().message()), HasSubstr("message without a body"));
  EXPECT_THAT(std::string(FromProto(proto::Input()).status().message()), HasSubstr("input without an event"));
  EXPECT_THAT(std::string(FromProto(proto::Effect()).status().message()), HasSubstr("effect without content"));

  proto::Effect effect;
  effect.mutable_outcome()->set_reason(static_cast<proto::Reason>(77));
  EXPECT_THAT(std::string(FromProto(effect).status().message()), HasSubstr("reason 77 is not known"));

  proto::Message message;
  message.mutable_append_entries()->add_entries()->set_kind(static_cast<proto::EntryKind>(-1));
  EXPECT_THAT(std::string(FromProto(message).status().message()), HasSubstr("entry kind -1 is not known"));
}

TEST(Convert, RolesKeepTheirOrder) {
  for (const Role role : {Role::kFollower, Role::kPreCandidate, Role::kCandidate, Role::kLeader}) {
    const absl::StatusOr<Role> back = FromProto(ToProto(role));
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(*back, role);
  }
}

}  // namespace
}  // namespace lockstep::traces
