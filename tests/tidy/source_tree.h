// The text files of the project, as values that rules can be checked on.
//
// A tree is read once; rules then are functions of it, so a test can plant a
// violation in a tree it made up. Leaves out what is not ours or not source: hidden
// directories other than .ci, Bazel's output links, and files with other extensions.

#ifndef LOCKSTEP_TESTS_TIDY_SOURCE_TREE_H_
#define LOCKSTEP_TESTS_TIDY_SOURCE_TREE_H_

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace lockstep::tidy {

struct SourceFile {
  std::string path;                // relative to the root: "core/log.cc"
  std::vector<std::string> lines;  // as written

  // The lines of a C++ file with comments, strings and character literals blanked out.
  // Line numbers agree with `lines`; empty for files in other languages.
  std::vector<std::string> code;
};

// Makes a file from its text.
SourceFile MakeSourceFile(std::string path, std::string_view text);

// Reads every source file below `root`, ordered by path.
// Errors: kNotFound if `root` has no WORKSPACE file, kInternal if a file cannot be read.
absl::StatusOr<std::vector<SourceFile>> ReadSourceTree(const std::filesystem::path& root);

// True for .h and .cc files.
bool IsCpp(std::string_view path);

// True for unit tests and benchmarks, by their names.
bool IsTest(std::string_view path);

// "core" for "core/log.cc", "" for a file at the root.
std::string_view TopFolder(std::string_view path);

}  // namespace lockstep::tidy

#endif  // LOCKSTEP_TESTS_TIDY_SOURCE_TREE_H_
