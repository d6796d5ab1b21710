#include "tests/tidy/rules.h"

#include <initializer_list>
#include <string>
#include <string_view>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/tidy/source_tree.h"

namespace lockstep::tidy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

// The rules' findings on a tree of one file.
template <typename Rule>
Violations Check(Rule rule, std::string path, std::string_view text) {
  Violations violations;
  rule({MakeSourceFile(std::move(path), text)}, violations);
  return violations;
}

TEST(CheckIncludesTest, CoreMayIncludeItselfAbseilAndTheStandardLibrary) {
  EXPECT_THAT(Check(CheckIncludes, "core/log.cc",
                    "#include <vector>\n#include \"absl/strings/str_cat.h\"\n#include \"core/log.h\"\n"),
              IsEmpty());
}

TEST(CheckIncludesTest, RefusesEachWrongEdge) {
  const std::pair<std::string, std::string> edges[] = {
      {"core/log.cc", "\"sim/disk.h\""},
      {"core/log.h", "\"google/protobuf/message.h\""},
      {"core/log.cc", "<sys/socket.h>"},
      {"core/log.cc", "\"log.h\""},
      {"core/log_test.cc", "\"spec/model.h\""},
      {"kvsm/store.cc", "\"core/step.h\""},
      {"spec/model.cc", "\"core/state.h\""},
      {"spec/model_state.h", "\"core/log.h\""},
      {"spec/properties.cc", "\"core/step.h\""},
      {"spec/refinement.h", "\"core/quorum.h\""},
      {"spec/properties.cc", "\"sim/run.h\""},
      {"traces/record.h", "\"core/election.h\""},
      {"traces/record.h", "\"runtime/codec.h\""},
      {"runtime/driver.cc", "\"sim/disk.h\""},
      {"runtime/driver.cc", "\"spec/model.h\""},
      {"sim/network.cc", "<netinet/in.h>"},
      {"sim/network.cc", "\"runtime/http2/http_server.h\""},
      {"sim/network.cc", "\"grpcpp/grpcpp.h\""},
      {"elsewhere/x.cc", "<vector>"},
  };
  for (const auto& [path, include] : edges) {
    EXPECT_THAT(Check(CheckIncludes, path, "\n#include " + include + "\n"), SizeIs(1)) << path << " " << include;
  }
}

TEST(CheckIncludesTest, AllowsEachRightEdge) {
  const std::pair<std::string, std::string> edges[] = {
      {"core/log_test.cc", "\"gtest/gtest.h\""}, {"core/core_benchmark.cc", "\"benchmark/benchmark.h\""},
      {"spec/model.cc", "\"core/types.h\""},     {"spec/properties.cc", "\"core/state.h\""},
      {"traces/record.h", "\"core/state.h\""},   {"runtime/log.cc", "<sys/uio.h>"},
      {"runtime/driver.cc", "\"kvsm/store.h\""}, {"sim/node.cc", "\"runtime/driver.h\""},
      {"sim/check.cc", "\"spec/properties.h\""}, {"tests/paper/figure8_test.cc", "\"sim/run.h\""},
      {"cli/fuzz.cc", "\"CLI/CLI.hpp\""},
  };
  for (const auto& [path, include] : edges) {
    EXPECT_THAT(Check(CheckIncludes, path, "#include " + include + "\n"), IsEmpty()) << path << " " << include;
  }
}

TEST(CheckIncludesTest, NamesFileAndLine) {
  EXPECT_THAT(Check(CheckIncludes, "core/log.cc", "\n\n#include \"sim/disk.h\"\n"),
              ElementsAre(StartsWith("core/log.cc:3: files of core/ may not include sim/disk.h")));
}

TEST(CheckPurityTest, FindsImpureWordsInCode) {
  for (const std::string_view line :
       {"auto now = std::chrono::seconds(1);", "int x = rand();", "std::random_device device;", "absl::Now();",
        "std::unordered_map<int, int> m;", "#include <unordered_set>", "absl::flat_hash_map<int, int> m;",
        "std::function<void()> f;", "virtual void F();", "std::mutex m;", "std::atomic_int n;",
        "#include <iostream>"}) {
    EXPECT_THAT(Check(CheckPurity, "core/log.cc", line), ::testing::Not(IsEmpty())) << line;
  }
}

TEST(CheckPurityTest, SparesWordsThatOnlyLookAlikeCommentsStringsAndTests) {
  for (const std::string_view line :
       {"operand();", "// virtual rand() std::chrono", "/* std::mutex\n std::thread */", "const char* s = \"virtual\";",
        "int virtual_term = 0;", "R\"(std::chrono)\";", "char c = '\"'; int std_chrono;"}) {
    EXPECT_THAT(Check(CheckPurity, "core/log.cc", line), IsEmpty()) << line;
  }
  EXPECT_THAT(Check(CheckPurity, "core/log_test.cc", "std::function<void()> f;"), IsEmpty());
  EXPECT_THAT(Check(CheckPurity, "runtime/driver.cc", "std::mutex m;"), IsEmpty());
}

TEST(CheckPurityTest, TheSimulatorDrawsNothingOutsideItsChoices) {
  EXPECT_THAT(Check(CheckPurity, "sim/network.cc", "std::mt19937_64 random;"), SizeIs(1));
  EXPECT_THAT(Check(CheckPurity, "sim/campaign.cc", "std::thread worker;"), IsEmpty());
}

TEST(CheckPreprocessorTest, WantsTheGuardOfThePathAndNothingElse) {
  constexpr std::string_view kGuarded = "#ifndef LOCKSTEP_CORE_LOG_H_\n#define LOCKSTEP_CORE_LOG_H_\n#endif\n";
  EXPECT_THAT(Check(CheckPreprocessor, "core/log.h", kGuarded), IsEmpty());
  EXPECT_THAT(Check(CheckPreprocessor, "core/term.h", kGuarded), SizeIs(2));
  EXPECT_THAT(Check(CheckPreprocessor, "core/log.h", "#pragma once\n"), SizeIs(2));
  for (const std::string_view line : {"#ifdef TESTING", "#if 0", "# ifdef X", "#elif X", "#ifndef NDEBUG"}) {
    EXPECT_THAT(Check(CheckPreprocessor, "core/log.cc", line), SizeIs(1)) << line;
  }
}

TEST(CheckTextTest, FindsUnfinishedWorkAndMachinePathsInAnyLanguage) {
  const std::string marker = std::string("TO") + "DO";
  const std::string path = std::string("/ho") + "me/someone";
  EXPECT_THAT(Check(CheckText, "core/log.cc", "int x;  // " + marker + ": more\n"), SizeIs(1));
  EXPECT_THAT(Check(CheckText, "spec/raft.tla", "\\* " + marker), SizeIs(1));
  EXPECT_THAT(Check(CheckText, "README.md", "see " + path), SizeIs(1));
  EXPECT_THAT(Check(CheckText, "README.md", "see ./run help"), IsEmpty());
}

TEST(CheckLengthTest, LimitsSourcesAndAllowsTestsMore) {
  const auto lines = [](size_t count) {
    std::string text;
    for (size_t i = 0; i < count; ++i) text += "int x;\n";
    return text;
  };
  EXPECT_THAT(Check(CheckLength, "core/log.cc", lines(500)), IsEmpty());
  EXPECT_THAT(Check(CheckLength, "core/log.cc", lines(501)), ElementsAre(StartsWith("core/log.cc:501: 501 lines")));
  EXPECT_THAT(Check(CheckLength, "core/log_test.cc", lines(800)), IsEmpty());
  EXPECT_THAT(Check(CheckLength, "core/log_test.cc", lines(801)), SizeIs(1));
  EXPECT_THAT(Check(CheckLength, "README.md", lines(900)), IsEmpty());
}

TEST(CheckReadmesTest, WantsOneInEachFolderWithCodeAndAboveIt) {
  EXPECT_THAT(Check(CheckReadmes, "spec/linearizability/check.cc", ""), SizeIs(2));
  Violations violations;
  CheckReadmes({MakeSourceFile("core/README.md", ""), MakeSourceFile("core/log.cc", "")}, violations);
  EXPECT_THAT(violations, IsEmpty());
}

TEST(CheckAllTest, RunsEveryRule) {
  const std::string text =
      "#include \"sim/x.h\"\nstd::mutex m;\n#if 0\n// " + std::string("FIX") + "ME\n" + std::string(500, '\n');
  EXPECT_THAT(CheckAll({MakeSourceFile("core/log.cc", text)}), SizeIs(6));
}

}  // namespace
}  // namespace lockstep::tidy
