#include "traces/diff.h"

#include <functional>
#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "traces/writer.h"

namespace lockstep::traces {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// Writes a trace of ten crashes, changed by `change`, with its choices in pieces of `piece`.
Reader TraceOf(const std::function<void(int, proto::Record&)>& change, int piece = 2, int count = 10) {
  std::ostringstream out;
  Writer writer(out);
  proto::Record record;
  record.mutable_header()->set_build(static_cast<uint64_t>(piece));
  EXPECT_TRUE(writer.Write(record).ok());
  for (int i = 0; i < count; ++i) {
    if (i % piece == 0) {
      proto::Record choices;
      choices.mutable_choices()->add_values(1);
      EXPECT_TRUE(writer.Write(choices).ok());
    }
    record.mutable_step()->set_step(static_cast<uint64_t>(i) + 1);
    record.mutable_step()->set_time_micros(i * 10);
    record.mutable_step()->mutable_state()->set_commit_index(static_cast<uint64_t>(i));
    change(i, record);
    EXPECT_TRUE(writer.Write(record).ok());
    record.Clear();
  }
  record.mutable_end()->set_steps(static_cast<uint64_t>(count));
  EXPECT_TRUE(writer.Write(record).ok());
  return Reader(std::make_unique<std::istringstream>(out.str()), "a.trace");
}

void Unchanged(int, proto::Record&) {}

TEST(Diff, ChoicesAndBuildDoNotMatter) {
  Reader a = TraceOf(Unchanged, 2);
  Reader b = TraceOf(Unchanged, 3);
  const auto divergence = FirstDivergence(a, b);
  ASSERT_TRUE(divergence.ok()) << divergence.status();
  EXPECT_FALSE(divergence->has_value());
}

TEST(Diff, NamesTheFirstHappeningThatDiffersAndItsFields) {
  Reader a = TraceOf(Unchanged);
  Reader b = TraceOf([](int i, proto::Record& record) {
    if (i >= 6) record.mutable_step()->mutable_state()->set_commit_index(99);
    if (i >= 6) record.mutable_step()->set_time_micros(0);
  });
  const auto divergence = FirstDivergence(a, b);
  ASSERT_TRUE(divergence.ok() && divergence->has_value());
  EXPECT_EQ((*divergence)->happening, 7u);
  EXPECT_EQ((*divergence)->step, 6u);
  EXPECT_THAT((*divergence)->description,
              AllOf(HasSubstr("step.state.commitIndex: 6 and 99"), HasSubstr("step.timeMicros: 60 and absent")));
}

TEST(Diff, OneMayEndBeforeTheOther) {
  Reader a = TraceOf(Unchanged);
  Reader b = TraceOf(Unchanged, 2, 8);
  auto divergence = FirstDivergence(a, b);
  ASSERT_TRUE(divergence.ok() && divergence->has_value());
  EXPECT_EQ((*divergence)->happening, 9u);

  Reader recorded = TraceOf(Unchanged, 2, 2);
  Comparison comparison(recorded);
  proto::Record record;
  ASSERT_TRUE(comparison.Finish().ok());
  ASSERT_TRUE(comparison.divergence().has_value());
  EXPECT_THAT(comparison.divergence()->description, HasSubstr("the second has ended"));
}

TEST(Diff, OnlyTheFirstFewFieldsAreNamed) {
  proto::Record a;
  proto::Record b;
  proto::NodeState* state = b.mutable_step()->mutable_state();
  state->set_term(1);
  state->set_commit_index(2);
  state->set_applied_index(3);
  state->set_durable_index(4);
  state->set_halted(true);
  a.mutable_step()->mutable_state();
  EXPECT_THAT(DifferencesInWords(a, b), AllOf(HasSubstr("step.state.term: 0 and 1"), HasSubstr("and 1 more")));
}

TEST(Diff, ADamagedTraceIsAnErrorNotADifference) {
  Reader a(std::make_unique<std::istringstream>("garbage"), "bad.trace");
  Reader b = TraceOf(Unchanged);
  EXPECT_FALSE(FirstDivergence(a, b).ok());
}

}  // namespace
}  // namespace lockstep::traces
