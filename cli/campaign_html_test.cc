#include "cli/campaign_html.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "gtest/gtest.h"

namespace lockstep::cli {
namespace {

TEST(PaceTest, EachPointIsTheRateSinceTheOneBefore) {
  Pace pace;
  pace.Take(1, 100);
  pace.Take(2, 300);
  const auto points = pace.points();
  ASSERT_EQ(points.size(), 2u);
  EXPECT_EQ(points[0].second, 100);
  EXPECT_EQ(points[1].second, 200);
}

TEST(PaceTest, ALongCampaignKeepsAFewHundredSamples) {
  Pace pace;
  for (int i = 1; i <= 100'000; ++i) pace.Take(i * 0.1, static_cast<uint64_t>(i) * 7);
  const auto points = pace.points();
  EXPECT_GT(points.size(), 100u);
  EXPECT_LT(points.size(), 400u);
  EXPECT_NEAR(points.back().first, 10'000, 120);
  for (const auto& [seconds, rate] : points) EXPECT_NEAR(rate, 70, 0.01);
}

TEST(CampaignHtmlTest, ThePageIsWritten) {
  const std::string path = std::string(std::getenv("TEST_TMPDIR")) + "/campaign.html";
  sim::CampaignResult result;
  result.seeds = 12;
  result.steps = 3456;
  Pace pace;
  pace.Take(1, 3456);
  const std::vector<CoverageSection> coverage = {{"faults", {{"crash", 5, 2}, {"Halt", 0, 0, true}, {"wipe", 0, 0}}}};
  ASSERT_TRUE(WriteCampaignPage(path, result, pace, coverage, "12 seeds").ok());
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_NE(text.str().find("3,456"), std::string::npos);
  EXPECT_NE(text.str().find("\"wipe\",0,0"), std::string::npos);
  EXPECT_EQ(text.str().find("\"Halt\""), std::string::npos) << "what is as it should be is no gap";
  EXPECT_FALSE(WriteCampaignPage("/nowhere/at/all.html", result, pace, coverage, "").ok());
}

}  // namespace
}  // namespace lockstep::cli
