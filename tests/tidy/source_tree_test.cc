#include "tests/tidy/source_tree.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lockstep::tidy {
namespace {

using ::testing::ElementsAre;

void Write(const std::filesystem::path& path, std::string_view text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

TEST(MakeSourceFileTest, BlanksWhatIsNotCode) {
  const SourceFile file = MakeSourceFile("core/x.cc",
                                         "#include \"core/x.h\"\n"
                                         "int a;  // note\n"
                                         "f(\"text \\\" more\", 'c', 1'000);\n"
                                         "/* two\n"
                                         "lines */ int b;\n");
  EXPECT_THAT(file.code, ElementsAre("#include \"core/x.h\"", "int a;         ", "f(\"            \", ' ', 1'000);",
                                     "      ", "         int b;"));
  EXPECT_EQ(file.lines.size(), file.code.size());
}

TEST(MakeSourceFileTest, KeepsALineCountThroughRawStringsAndUnclosedComments) {
  EXPECT_THAT(MakeSourceFile("x.cc", "f(R\"q(a\n\" b)q\", c);\n").code, ElementsAre("f(R\"   ", "     \", c);"));
  EXPECT_EQ(MakeSourceFile("x.cc", "/* a\nb").code.size(), 2u);
  EXPECT_EQ(MakeSourceFile("x.cc", "R\"(a\nb").code.size(), 2u);
}

TEST(MakeSourceFileTest, LeavesOtherLanguagesWithoutCode) {
  EXPECT_TRUE(MakeSourceFile("README.md", "text\n").code.empty());
}

TEST(ReadSourceTreeTest, FindsSourcesAndSkipsTheRest) {
  const std::filesystem::path root = std::filesystem::path(std::getenv("TEST_TMPDIR")) / "tree";
  for (const char* path : {"WORKSPACE", "core/log.cc", "core/testdata/etcd.md", ".git/x.md", ".build/x.cc",
                           "bazel-out/x.cc", ".ci/run", "core/log.bin", "spec/raft.tla"}) {
    Write(root / path, "line\n");
  }
  std::filesystem::create_directory_symlink(root / "core", root / "link");
  const auto tree = ReadSourceTree(root);
  ASSERT_TRUE(tree.ok()) << tree.status();
  std::vector<std::string> paths;
  for (const SourceFile& file : *tree) paths.push_back(file.path);
  EXPECT_THAT(paths, ElementsAre(".ci/run", "WORKSPACE", "core/log.cc", "spec/raft.tla"));
}

TEST(ReadSourceTreeTest, RefusesADirectoryThatIsNotTheProject) {
  const std::filesystem::path root = std::filesystem::path(std::getenv("TEST_TMPDIR")) / "empty";
  std::filesystem::create_directories(root);
  EXPECT_EQ(ReadSourceTree(root).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace lockstep::tidy
