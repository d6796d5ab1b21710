// The half-minute form of `./run chaos`.
#include "tests/processes/chaos.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>

#include "tests/processes/process.h"

namespace lockstep::tests {
namespace {

TEST(ChaosTest, NothingAcknowledgedIsLostAndTheHistoryIsLinearizable) {
  signal(SIGPIPE, SIG_IGN);
  ChaosPlan plan;
  plan.program = BuiltProgram("tests/processes/chaos");
  plan.folder = testing::TempDir() + "/chaos";
  plan.history = testing::TempDir() + "/chaos.ndjson";
  plan.seconds = 30;
  const auto report = RunChaos(plan);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->lost, 0u);
  EXPECT_GT(report->acknowledged, 0u);
  EXPECT_GT(report->reads, 0u);
  EXPECT_GE(report->faults.size(), 3u);
  const auto verdict = CheckHistory(plan.history);
  ASSERT_TRUE(verdict.ok()) << verdict.status();
  EXPECT_TRUE(verdict->linearizable) << verdict->text;
}

// The checks can fail: a history in which an acknowledged write is gone is refused.
TEST(ChaosTest, ALostWriteIsFound) {
  const std::string file = testing::TempDir() + "/lost.ndjson";
  std::ofstream(file) << R"({"lockstep":"history","model":"register","initial":"","nil-read":"value"}
{"process":1,"type":"invoke","f":"write","key":"own1","value":"v1","time":1}
{"process":1,"type":"ok","f":"write","key":"own1","value":"v1","time":2}
{"process":2,"type":"invoke","f":"read","key":"own1","value":null,"time":3}
{"process":2,"type":"ok","f":"read","key":"own1","value":"","time":4}
)";
  const auto verdict = CheckHistory(file);
  ASSERT_TRUE(verdict.ok()) << verdict.status();
  EXPECT_FALSE(verdict->linearizable);
}

}  // namespace
}  // namespace lockstep::tests
