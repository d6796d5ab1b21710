#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "tests/tidy/rules.h"

namespace lockstep::tidy {
namespace {

using Words = std::vector<std::string_view>;

// What files below `folder` may include. The first row whose prefix fits a file governs it.
struct IncludeRule {
  std::string_view files;  // prefix of the including file's path
  Words project;           // prefixes of our own headers; the exceptions in `never` win
  Words libraries;         // prefixes of libraries' headers; C++'s own are always allowed
  Words never;             // prefixes that are refused although `project` allows them
  bool system;             // whether POSIX and Linux headers are allowed
};

// core's headers that decide. Whoever checks the core must not lean on them: a shared helper
// would share its bugs.
const Words kCoreDecides = {"core/action",      "core/election", "core/membership", "core/quorum", "core/read",
                            "core/replication", "core/snapshot", "core/start",      "core/step",   "core/transfer"};

const std::vector<IncludeRule>& IncludeRules() {
  static const std::vector<IncludeRule> rules = {
      {"core/", {"core/"}, {"absl/"}, {}, false},
      {"kvsm/kvsm_benchmark", {"kvsm/"}, {"absl/", "google/protobuf/"}, {}, true},  // memory in use
      {"kvsm/", {"kvsm/", "core/check.h"}, {"absl/", "google/protobuf/"}, {}, false},
      {"spec/model", {"spec/", "core/types.h"}, {"absl/"}, {}, false},
      // Files of histories: mapped, and one of the formats is protobuf.
      {"spec/linearizability/check_benchmark", {"spec/linearizability/"}, {"absl/"}, {}, true},  // peak memory
      {"spec/linearizability/format/", {"spec/linearizability/"}, {"absl/", "google/protobuf/", "nlohmann/"}, {}, true},
      {"spec/", {"spec/", "core/"}, {"absl/", "nlohmann/"}, kCoreDecides, false},
      {"traces/", {"traces/", "core/"}, {"absl/", "google/protobuf/", "nlohmann/"}, kCoreDecides, false},
      {"runtime/",
       {"runtime/", "core/", "kvsm/", "traces/"},
       {"absl/", "google/protobuf/", "grpcpp/", "grpc/", "nlohmann/", "openssl/"},
       {},
       true},
      {"sim/",
       {"sim/", "core/", "spec/", "kvsm/", "traces/", "runtime/"},
       {"absl/", "google/protobuf/", "nlohmann/"},
       {"runtime/http2", "runtime/lockstepd", "runtime/posix"},
       false},
      {"cli/", {""}, {""}, {}, true},
      // An embedding program, with nothing but what embedders may include.
      {"examples/",
       {"runtime/machine/", "runtime/node/", "runtime/driver/host", "runtime/driver/requests",
        "runtime/service/kv_machine", "core/types", "core/configuration", "core/options", "kvsm/api/", "kvsm/command"},
       {"absl/"},
       {},
       true},
      {"tests/", {""}, {""}, {}, true},
  };
  return rules;
}

// What a test may include besides, wherever it lies.
const Words kTestLibraries = {"gtest/", "gmock/", "rapidcheck", "benchmark/", "nlohmann/"};

bool HasPrefixIn(std::string_view text, const Words& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [text](std::string_view prefix) { return text.starts_with(prefix); });
}

struct Include {
  std::string_view path;
  bool is_angled;
};

std::optional<Include> ParseInclude(std::string_view line) {
  constexpr std::string_view kDirective = "#include";
  if (!line.starts_with(kDirective)) return std::nullopt;
  const size_t open = line.find_first_of("<\"", kDirective.size());
  if (open == std::string_view::npos) return std::nullopt;
  const size_t close = line.find(line[open] == '<' ? '>' : '"', open + 1);
  if (close == std::string_view::npos) return std::nullopt;
  return Include{line.substr(open + 1, close - open - 1), line[open] == '<'};
}

// Why `file` may not include `include`, or nothing.
std::optional<std::string> Refusal(const SourceFile& file, const Include& include, const IncludeRule& rule,
                                   const Words& folders) {
  const bool is_test = IsTest(file.path);
  if (include.is_angled && include.path.find_first_of("./") == std::string_view::npos) {
    return std::nullopt;  // the C++ library; CheckPurity has the last word on it
  }
  const bool is_ours =
      !include.is_angled && std::find(folders.begin(), folders.end(), TopFolder(include.path)) != folders.end();
  if (is_ours) {
    if (HasPrefixIn(include.path, rule.project) && (is_test || !HasPrefixIn(include.path, rule.never)))
      return std::nullopt;
    return absl::StrCat("files of ", std::string(rule.files), " may not include ", std::string(include.path),
                        "; move what needs both to tests/");
  }
  if (HasPrefixIn(include.path, rule.libraries)) return std::nullopt;
  if (is_test && HasPrefixIn(include.path, kTestLibraries)) return std::nullopt;
  if (include.is_angled && rule.system) return std::nullopt;
  return absl::StrCat("files of ", std::string(rule.files), " may not include ", std::string(include.path),
                      "; the table of allowed libraries is in tests/tidy/include_rules.cc");
}

struct PurityRule {
  std::string_view files;
  Words words;  // whole words of code; a final * stands for any continuation
};

const std::vector<PurityRule>& PurityRules() {
  static const Words kChance = {"std::random_device", "std::mt19937*",        "rand",         "srand",
                                "absl::BitGen",       "absl::InsecureBitGen", "absl::Now",    "getenv",
                                "std::getenv",        "system_clock",         "gettimeofday", "clock_gettime"};
  static const Words kDistribution = {"std::uniform_int_distribution", "std::uniform_real_distribution",
                                      "std::bernoulli_distribution", "std::shuffle"};
  static const Words kTime = {"std::chrono", "steady_clock", "high_resolution_clock", "absl::Time", "absl::Duration"};
  static const Words kThreads = {
      "std::thread", "std::jthread", "std::mutex",  "std::shared_mutex", "std::atomic*", "std::condition_variable",
      "std::future", "std::async",   "absl::Mutex", "thread_local"};
  static const Words kHashOrder = {"std::unordered_*",  "unordered_*", "absl::flat_hash_*",
                                   "absl::node_hash_*", "flat_hash_*", "node_hash_*"};
  static const Words kCoreOnly = {"iostream", "fstream", "std::cout", "std::cerr",  "std::function",
                                  "virtual",  "throw",   "try",       "std::printf"};
  const auto join = [](std::initializer_list<Words> groups) {
    Words all;
    for (const Words& group : groups) all.insert(all.end(), group.begin(), group.end());
    return all;
  };
  static const std::vector<PurityRule> rules = {
      {"core/", join({kChance, kDistribution, kTime, kThreads, kHashOrder, kCoreOnly})},
      {"kvsm/", join({kChance, kDistribution, kTime, kThreads, kHashOrder})},
      {"spec/model", join({kChance, kDistribution, kTime, kThreads})},
      {"sim/", join({kChance, kDistribution})},
  };
  return rules;
}

bool IsWordCharacter(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

bool HasWord(std::string_view line, std::string_view word) {
  const bool is_prefix = word.ends_with('*');
  if (is_prefix) word.remove_suffix(1);
  for (size_t at = line.find(word); at != std::string_view::npos; at = line.find(word, at + 1)) {
    const size_t end = at + word.size();
    const bool begins = at == 0 || !IsWordCharacter(line[at - 1]);
    const bool ends = is_prefix || end == line.size() || !IsWordCharacter(line[end]);
    if (begins && ends) return true;
  }
  return false;
}

}  // namespace

void CheckIncludes(const SourceTree& tree, Violations& violations) {
  Words folders;
  for (const SourceFile& file : tree) folders.push_back(TopFolder(file.path));
  for (const IncludeRule& rule : IncludeRules()) folders.push_back(TopFolder(rule.files));
  for (const SourceFile& file : tree) {
    const auto rule = std::find_if(IncludeRules().begin(), IncludeRules().end(), [&file](const IncludeRule& candidate) {
      return file.path.starts_with(candidate.files);
    });
    if (!IsCpp(file.path)) continue;
    if (rule == IncludeRules().end()) {
      violations.push_back(absl::StrCat(
          file.path, ":1: C++ in a folder without an include rule; add one to tests/tidy/include_rules.cc"));
      continue;
    }
    for (size_t i = 0; i < file.code.size(); ++i) {
      const std::optional<Include> include = ParseInclude(file.code[i]);
      if (!include) continue;
      if (const auto refusal = Refusal(file, *include, *rule, folders)) {
        violations.push_back(absl::StrCat(file.path, ":", i + 1, ": ", *refusal));
      }
    }
  }
}

void CheckPurity(const SourceTree& tree, Violations& violations) {
  for (const SourceFile& file : tree) {
    if (!IsCpp(file.path) || IsTest(file.path)) continue;
    for (const PurityRule& rule : PurityRules()) {
      if (!file.path.starts_with(rule.files)) continue;
      for (size_t i = 0; i < file.code.size(); ++i) {
        for (std::string_view word : rule.words) {
          if (!HasWord(file.code[i], word)) continue;
          violations.push_back(absl::StrCat(file.path, ":", i + 1, ": '", std::string(word), "' has no place in ",
                                            std::string(rule.files), ", which must depend on its arguments alone"));
        }
      }
    }
  }
}

}  // namespace lockstep::tidy
