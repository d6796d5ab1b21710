#include "sim/guided/guided_choices.h"

#include <gtest/gtest.h>

#include <vector>

namespace lockstep::sim {
namespace {

TEST(GuidedChoicesTest, BytesAnswerThenTheSeed) {
  const std::vector<uint8_t> bytes = {5, 0, 0, 0, 0, 0, 0, 0, /*draws*/ 7, 0x34, 0x12};
  GuidedChoices guided(bytes);
  EXPECT_EQ(guided.seed(), 5u);
  EXPECT_EQ(guided.Choose(10), 7u);
  EXPECT_EQ(guided.Choose(65'536), 0x1234u);
  Choices seeded = Choices::Seeded(5);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(guided.Choose(1000), seeded.Below(1000)) << i;
}

TEST(GuidedChoicesTest, AnswersStayBelowTheirBounds) {
  const std::vector<uint8_t> bytes(64, 0xff);
  GuidedChoices guided(bytes);
  for (int i = 0; i < 100; ++i) EXPECT_LT(guided.Choose(3), 3u);
}

TEST(GuidedChoicesTest, ADrawThatTheBytesCannotDecideWholeIsTheSeeds) {
  const std::vector<uint8_t> bytes = {9, 0, 0, 0, 0, 0, 0, 0, 1};
  GuidedChoices guided(bytes);
  Choices seeded = Choices::Seeded(9);
  EXPECT_EQ(guided.Choose(65'536), seeded.Below(65'536));
  EXPECT_EQ(guided.Choose(200), seeded.Below(200)) << "what was left over is not used out of step";
}

TEST(GuidedChoicesTest, NoBytesAreSeedZero) {
  GuidedChoices guided({});
  EXPECT_EQ(guided.seed(), 0u);
  EXPECT_EQ(guided.Choose(100), Choices::Seeded(0).Below(100));
}

}  // namespace
}  // namespace lockstep::sim
