#include "tests/tidy/source_tree.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace lockstep::tidy {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 12> kExtensions = {".h",  ".cc", ".proto", ".bzl", ".bazel", ".BUILD",
                                                          ".md", ".sh", ".tla",   ".cfg", ".html",  ".js"};

bool IsSource(const fs::path& path) {
  const std::string name = path.filename().string();
  const std::string extension = path.extension().string();
  return name == "run" || name == "WORKSPACE" || name == ".bazelrc" ||
         std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

// Test data that others wrote is kept as it came.
bool IsSkippedDirectory(const fs::path& path) {
  const std::string name = path.filename().string();
  return (name.starts_with('.') && name != ".ci") || name.starts_with("bazel-") || name == "testdata" || name == "data";
}

std::vector<std::string> SplitLines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// Blanks what the compiler does not read as code. Keeps line ends and quotation marks, and
// the path of an #include "…".
std::string BlankCommentsAndStrings(std::string_view text) {
  std::string out(text);
  const auto blank = [&out](size_t from, size_t to) {
    for (size_t i = from; i < std::min(to, out.size()); ++i) {
      if (out[i] != '\n') out[i] = ' ';
    }
  };
  size_t i = 0;
  size_t line_begin = 0;
  while (i < text.size()) {
    const std::string_view rest = text.substr(i);
    if (rest.starts_with("//")) {
      const size_t end = std::min(text.find('\n', i), text.size());
      blank(i, end);
      i = end;
    } else if (rest.starts_with("/*")) {
      const size_t end = std::min(text.find("*/", i + 2), text.size() - 2) + 2;
      blank(i, end);
      i = end;
    } else if (rest.starts_with("R\"")) {
      const size_t open = text.find('(', i);
      if (open == std::string_view::npos) break;
      const std::string close = absl::StrCat(")", std::string(text.substr(i + 2, open - i - 2)), "\"");
      const size_t end = std::min(text.find(close, open), text.size());
      blank(i + 2, end + close.size() - 1);
      i = end + close.size();
    } else if (text[i] == '"' ||
               (text[i] == '\'' && (i == 0 || std::isalnum(static_cast<unsigned char>(text[i - 1])) == 0))) {
      const bool is_include = text.substr(line_begin).starts_with("#include");
      size_t end = i + 1;
      while (end < text.size() && text[end] != text[i] && text[end] != '\n') end += text[end] == '\\' ? 2 : 1;
      if (!is_include) blank(i + 1, end);
      i = end + 1;
    } else {
      if (text[i] == '\n') line_begin = i + 1;
      ++i;
    }
  }
  return out;
}

absl::StatusOr<std::string> ReadFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (!in) return absl::InternalError(absl::StrCat("cannot read ", path.string()));
  return text;
}

}  // namespace

SourceFile MakeSourceFile(std::string path, std::string_view text) {
  SourceFile file;
  file.lines = SplitLines(text);
  if (IsCpp(path)) file.code = SplitLines(BlankCommentsAndStrings(text));
  file.path = std::move(path);
  return file;
}

absl::StatusOr<std::vector<SourceFile>> ReadSourceTree(const fs::path& root) {
  if (!fs::exists(root / "WORKSPACE")) {
    return absl::NotFoundError(absl::StrCat(root.string(), " is not the top of the project: it has no WORKSPACE"));
  }
  std::vector<SourceFile> files;
  std::error_code error;
  for (fs::recursive_directory_iterator it(root, error), end; !error && it != end; it.increment(error)) {
    if (it->is_directory() && (it->is_symlink() || IsSkippedDirectory(it->path()))) {
      it.disable_recursion_pending();
    } else if (it->is_regular_file() && !it->is_symlink() && IsSource(it->path())) {
      absl::StatusOr<std::string> text = ReadFile(it->path());
      if (!text.ok()) return text.status();
      files.push_back(MakeSourceFile(fs::relative(it->path(), root).generic_string(), *text));
    }
  }
  if (error) return absl::InternalError(absl::StrCat("cannot list ", root.string(), ": ", error.message()));
  std::sort(files.begin(), files.end(), [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return files;
}

bool IsCpp(std::string_view path) { return path.ends_with(".h") || path.ends_with(".cc"); }

bool IsTest(std::string_view path) {
  return path.ends_with("_test.cc") || path.ends_with("_benchmark.cc") || path.ends_with("_fuzzer.cc") ||
         path.ends_with("_generators.h");
}

std::string_view TopFolder(std::string_view path) {
  const size_t slash = path.find('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

}  // namespace lockstep::tidy
