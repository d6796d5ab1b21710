// Plays every scenario file of this folder and of traces/scenarios; each is a test of its own, named after the file.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "sim/script/player.h"
#include "sim/script/script.h"

namespace lockstep {
namespace {

class ScenarioFile : public testing::Test {
 public:
  explicit ScenarioFile(std::string path) : path_(std::move(path)) {}

  void TestBody() override {
    const absl::StatusOr<sim::Script> script = sim::ReadScript(path_);
    ASSERT_TRUE(script.ok()) << script.status();
    EXPECT_FALSE(script->comment.empty()) << path_ << " does not tell its story";
    const absl::StatusOr<sim::PlayResult> result = sim::Play(*script, nullptr);
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_TRUE(result->status.ok()) << result->status;
    EXPECT_GT(result->steps, 0u);
    if (!result->violation.has_value()) return;
    ADD_FAILURE() << path_ << ":" << result->line << ": violation of " << result->violation->property << ": "
                  << result->violation->evidence;
  }

 private:
  const std::string path_;
};

std::vector<std::string> FilesIn(const char* folder) {
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".scenario") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

// Registers a test for each file. Returns how many.
size_t RegisterFiles(const char* folder) {
  const std::vector<std::string> paths = FilesIn(folder);
  for (const std::string& path : paths) {
    testing::RegisterTest("ScenarioFile", std::filesystem::path(path).stem().c_str(), nullptr, path.c_str(), __FILE__,
                          __LINE__, [path]() -> testing::Test* { return new ScenarioFile(path); });
  }
  return paths.size();
}

}  // namespace
}  // namespace lockstep

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  lockstep::RegisterFiles("tests/scenarios");
  const size_t library = lockstep::RegisterFiles("traces/scenarios");
  if (library < 25) {
    std::fprintf(stderr, "only %zu scenario files in traces/scenarios: the test runs in the wrong folder\n", library);
    return 1;
  }
  return RUN_ALL_TESTS();
}
