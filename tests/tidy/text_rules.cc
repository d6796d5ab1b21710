#include <algorithm>
#include <cctype>
#include <filesystem>
#include <set>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "tests/tidy/rules.h"

namespace lockstep::tidy {
namespace {

constexpr size_t kLinesMax = 500;
constexpr size_t kTestLinesMax = 800;

std::string GuardName(std::string_view path) {
  std::string guard = "LOCKSTEP_";
  for (char c : path) {
    guard += std::isalnum(static_cast<unsigned char>(c)) != 0
                 ? static_cast<char>(std::toupper(static_cast<unsigned char>(c)))
                 : '_';
  }
  return guard + "_";
}

bool IsConditional(std::string_view line) {
  if (!line.starts_with('#')) return false;
  line.remove_prefix(std::min(line.find_first_not_of("# \t"), line.size()));
  return line.starts_with("if") || line.starts_with("elif") || line.starts_with("else") ||
         line.starts_with("pragma once");
}

// The words are put together here so that this file does not contain them.
std::vector<std::string> ForbiddenTexts() {
  const std::string slash = "/";
  return {std::string("TO") + "DO", std::string("FIX") + "ME", std::string("XX") + "X:", slash + "work" + slash,
          slash + "root" + slash,   slash + "home" + slash,    slash + "Users" + slash};
}

bool HasLengthLimit(std::string_view path) {
  return !path.ends_with(".md") && !path.ends_with(".tla") && !path.ends_with(".html") && !path.ends_with(".js");
}

}  // namespace

void CheckPreprocessor(const SourceTree& tree, Violations& violations) {
  for (const SourceFile& file : tree) {
    if (!IsCpp(file.path)) continue;
    const bool is_header = file.path.ends_with(".h");
    const std::string guard = absl::StrCat("#ifndef ", GuardName(file.path));
    bool has_guard = false;
    for (size_t i = 0; i < file.code.size(); ++i) {
      const std::string_view line = file.code[i];
      if (is_header && line == guard) {
        has_guard = true;
      } else if (IsConditional(line)) {
        violations.push_back(
            absl::StrCat(file.path, ":", i + 1, ": conditional compilation; what is tested must be what runs"));
      }
    }
    if (is_header && !has_guard) {
      violations.push_back(absl::StrCat(file.path, ":1: no guard '", guard, "'"));
    }
  }
}

void CheckText(const SourceTree& tree, Violations& violations) {
  const std::vector<std::string> forbidden = ForbiddenTexts();
  for (const SourceFile& file : tree) {
    for (size_t i = 0; i < file.lines.size(); ++i) {
      for (const std::string& text : forbidden) {
        if (file.lines[i].find(text) == std::string::npos) continue;
        violations.push_back(
            absl::StrCat(file.path, ":", i + 1, ": '", text, "'; finish the work, or name no machine's path"));
      }
    }
  }
}

void CheckLength(const SourceTree& tree, Violations& violations) {
  for (const SourceFile& file : tree) {
    const size_t lines_max = IsTest(file.path) ? kTestLinesMax : kLinesMax;
    if (!HasLengthLimit(file.path) || file.lines.size() <= lines_max) continue;
    violations.push_back(absl::StrCat(file.path, ":", lines_max + 1, ": ", file.lines.size(), " lines, more than ",
                                      lines_max, "; split it by idea"));
  }
}

void CheckReadmes(const SourceTree& tree, Violations& violations) {
  std::set<std::string> with_code;
  std::set<std::string> with_readme;
  for (const SourceFile& file : tree) {
    const std::filesystem::path path(file.path);
    const std::string folder = path.parent_path().generic_string();
    if (path.filename() == "README.md") {
      with_readme.insert(folder);
    } else if (IsCpp(file.path) || path.extension() == ".proto" || path.extension() == ".tla") {
      with_code.insert(folder);
      with_code.insert(std::string(TopFolder(file.path)));
    }
  }
  for (const std::string& folder : with_code) {
    if (with_readme.contains(folder)) continue;
    violations.push_back(absl::StrCat(folder,
                                      "/README.md:1: missing; say what the folder is for, its files in "
                                      "reading order, its contract"));
  }
}

Violations CheckAll(const SourceTree& tree) {
  Violations violations;
  CheckIncludes(tree, violations);
  CheckPurity(tree, violations);
  CheckPreprocessor(tree, violations);
  CheckText(tree, violations);
  CheckLength(tree, violations);
  CheckReadmes(tree, violations);
  return violations;
}

}  // namespace lockstep::tidy
