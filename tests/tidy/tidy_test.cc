#include <filesystem>
#include <string>

#include "gtest/gtest.h"
#include "tests/tidy/rules.h"
#include "tests/tidy/source_tree.h"

namespace lockstep::tidy {
namespace {

// Bazel lays out data as links to the real files. Tests start in the runfiles' root.
std::filesystem::path ProjectRoot() { return std::filesystem::canonical("README.md").parent_path(); }

TEST(TidyTest, TheSourceTreeKeepsItsRules) {
  const auto tree = ReadSourceTree(ProjectRoot());
  ASSERT_TRUE(tree.ok()) << tree.status();
  std::string report;
  for (const std::string& violation : CheckAll(*tree)) report += violation + "\n";
  EXPECT_EQ(report, "");
}

// A reader that finds nothing would find no violation either.
TEST(TidyTest, TheTreeReadIsTheWholeTree) {
  const auto tree = ReadSourceTree(ProjectRoot());
  ASSERT_TRUE(tree.ok()) << tree.status();
  for (const std::string_view path : {"WORKSPACE", "run", "cli/main.cc", "tests/tidy/tidy_test.cc"}) {
    EXPECT_EQ(1,
              std::count_if(tree->begin(), tree->end(), [path](const SourceFile& file) { return file.path == path; }))
        << path;
  }
}

}  // namespace
}  // namespace lockstep::tidy
