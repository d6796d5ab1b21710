#include "sim/choices.h"

#include <array>
#include <vector>

#include "gtest/gtest.h"

namespace lockstep::sim {
namespace {

TEST(ChoicesTest, ASeedMeansTheSameOnEveryMachine) {
  Choices choices = Choices::Seeded(1);
  std::vector<uint64_t> drawn;
  for (int i = 0; i < 4; ++i) drawn.push_back(choices.Below(1'000'000));
  EXPECT_EQ(drawn, (std::vector<uint64_t>{702921, 520436, 574105, 391328}));
}

TEST(ChoicesTest, DifferentSeedsDiffer) {
  Choices a = Choices::Seeded(1), b = Choices::Seeded(2);
  EXPECT_NE(a.Bits(), b.Bits());
}

TEST(ChoicesTest, AnswersStayBelowTheirBound) {
  Choices choices = Choices::Seeded(3);
  for (uint64_t bound : {1, 2, 3, 10, 1000}) {
    for (int i = 0; i < 1000; ++i) EXPECT_LT(choices.Below(bound), bound);
  }
  for (int i = 0; i < 1000; ++i) {
    const int64_t x = choices.Between(-3, 3);
    EXPECT_LE(-3, x);
    EXPECT_LE(x, 3);
  }
}

TEST(ChoicesTest, EveryAnswerComesAboutEquallyOften) {
  Choices choices = Choices::Seeded(4);
  std::array<int, 7> counts{};
  for (int i = 0; i < 70'000; ++i) ++counts[choices.Below(7)];
  for (int count : counts) EXPECT_NEAR(count, 10'000, 500);
}

TEST(ChoicesTest, ChancesAreInPartsPerMillion) {
  Choices choices = Choices::Seeded(5);
  int hits = 0;
  for (int i = 0; i < 100'000; ++i) hits += choices.Chance(250'000) ? 1 : 0;
  EXPECT_NEAR(hits, 25'000, 600);
}

TEST(ChoicesTest, WhatIsCertainDrawsNothing) {
  Choices choices = Choices::Seeded(6);
  EXPECT_FALSE(choices.Chance(0));
  EXPECT_TRUE(choices.Chance(1'000'000));
  EXPECT_EQ(choices.Below(1), 0u);
  EXPECT_EQ(choices.draws(), 0u);
}

TEST(ChoicesTest, ARecordingReplaysToTheSameAnswers) {
  Choices first = Choices::Seeded(7);
  first.Record();
  std::vector<uint64_t> drawn;
  for (uint64_t bound = 2; bound < 50; ++bound) drawn.push_back(first.Below(bound));
  EXPECT_EQ(first.recorded(), drawn);
  Choices second = Choices::Replay(first.recorded());
  for (uint64_t bound = 2; bound < 50; ++bound) EXPECT_EQ(second.Below(bound), drawn[bound - 2]);
  EXPECT_FALSE(second.exhausted());
}

TEST(ChoicesTest, BeyondARecordingAnswersAreQuiet) {
  Choices choices = Choices::Replay({5});
  EXPECT_EQ(choices.Below(4), 1u);  // Taken modulo the bound.
  EXPECT_FALSE(choices.exhausted());
  EXPECT_EQ(choices.Below(4), 0u);
  EXPECT_FALSE(choices.Chance(999'999));
  EXPECT_TRUE(choices.exhausted());
}

TEST(ChoicesTest, BytesAnswerLowestFirstAndOnlyAsManyAsNeeded) {
  const std::array<uint8_t, 4> bytes = {7, 0x34, 0x12, 9};
  Choices choices = Choices::FromBytes(bytes);
  EXPECT_EQ(choices.Below(256), 7u);
  EXPECT_EQ(choices.Below(65'536), 0x1234u);
  EXPECT_EQ(choices.Below(5), 4u);  // 9 modulo 5.
  EXPECT_FALSE(choices.exhausted());
  EXPECT_EQ(choices.Below(5), 0u);
  EXPECT_TRUE(choices.exhausted());
}

class Counting : public Choices::Source {
 public:
  uint64_t Choose(uint64_t bound) override { return next_++ % bound; }

 private:
  uint64_t next_ = 0;
};

TEST(ChoicesTest, AnySourceCanAnswer) {
  Counting source;
  Choices choices = Choices::FromSource(source);
  EXPECT_EQ(choices.Below(10), 0u);
  EXPECT_EQ(choices.Below(10), 1u);
  EXPECT_EQ(choices.Below(2), 0u);
}

}  // namespace
}  // namespace lockstep::sim
