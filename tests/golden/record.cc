// Records the reference runs anew: record FOLDER.

#include "sim/recording/record.h"

#include <cstdio>
#include <string>

#include "tests/golden/golden_runs.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: record FOLDER\n");
    return 2;
  }
  for (const lockstep::tests::GoldenRun& run : lockstep::tests::GoldenRuns()) {
    const std::string path = std::string(argv[1]) + "/" + run.name + ".trace";
    // Neither version nor build: the files shall change only when behaviour does.
    const auto result =
        lockstep::sim::RecordRun(run.scenario, lockstep::sim::Choices::Seeded(run.scenario.seed), {"golden", 0}, path);
    if (!result.ok()) {
      std::fprintf(stderr, "record: %s\n", std::string(result.status().message()).c_str());
      return 1;
    }
    std::printf("%s: %llu steps, %s\n", path.c_str(), static_cast<unsigned long long>(result->steps),
                result->violation ? result->violation->evidence.c_str() : "no violation");
    if (result->violation) return 1;
  }
  return 0;
}
