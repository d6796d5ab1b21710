#include "cli/failure.h"

#include <filesystem>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sim/choices.h"
#include "sim/recording/replay.h"

namespace lockstep::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// A run that fails whatever the core does: no write commits within a microsecond.
sim::CampaignFailure Failure() {
  sim::CampaignFailure failure;
  failure.seed = 17;
  failure.scenario.seed = 17;
  failure.scenario.safety_micros = 300'000;
  failure.scenario.liveness_bound_micros = 1;
  sim::Choices choices = sim::Choices::Seeded(failure.seed);
  failure.result = sim::Run(failure.scenario, choices);
  EXPECT_TRUE(failure.result.violation.has_value());
  return failure;
}

std::string Folder(const std::string& name) {
  const std::filesystem::path folder = std::filesystem::path(::testing::TempDir()) / name;
  std::filesystem::create_directories(folder);
  return folder.string();
}

TEST(Failure, TellsAllThatIsNeededToReplayIt) {
  const std::string folder = Folder("failure");
  const std::string report = RecordFailure(Failure(), folder, "./run", {});
  EXPECT_THAT(report,
              AllOf(HasSubstr("FAILED: Liveness"), HasSubstr("seed 17, step "), HasSubstr("The last happenings:"),
                    HasSubstr("Heartbeat"), HasSubstr("Replay: ./run replay " + folder + "/seed-17.trace\n"),
                    HasSubstr(" kB)"), Not(HasSubstr("not the same")), Not(HasSubstr("\033"))));
  const auto replayable = sim::LoadTrace(folder + "/seed-17.trace");
  ASSERT_TRUE(replayable.ok()) << replayable.status();
  EXPECT_TRUE(replayable->trace.end.has_violation());
}

TEST(Failure, APathWithBlanksIsQuoted) {
  EXPECT_THAT(RecordFailure(Failure(), Folder("two words"), "./run", {}),
              AllOf(HasSubstr("replay '"), HasSubstr("two words/seed-17.trace'\n")));
}

TEST(Failure, ATraceThatCannotBeWrittenIsSaid) {
  EXPECT_THAT(RecordFailure(Failure(), Folder("gone") + "/no/such/folder", "./run", {}),
              AllOf(HasSubstr("FAILED: Liveness"), HasSubstr("No trace: cannot create"), Not(HasSubstr("Replay:"))));
}

TEST(Failure, ARunThatIsNotTheSameAgainIsSaid) {
  sim::CampaignFailure failure = Failure();
  failure.result.digest.low += 1;
  EXPECT_THAT(RecordFailure(failure, Folder("changed"), "./run", {}), HasSubstr("not the same when run again"));
}

}  // namespace
}  // namespace lockstep::cli
