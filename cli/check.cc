// `lockstep check FILE...`: is each recorded history linearizable?

#include "spec/linearizability/check.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/arguments.h"
#include "cli/verbs.h"
#include "spec/linearizability/format/history_file.h"
#include "spec/linearizability/format/output.h"
#include "spec/linearizability/format/read.h"
#include "spec/linearizability/format/write.h"
#include "spec/linearizability/report/certificate_file.h"
#include "spec/linearizability/report/page.h"
#include "spec/linearizability/report/statistics.h"

namespace lockstep::cli {
namespace {

using linearizability::CheckOptions;
using linearizability::CheckResult;
using linearizability::LogOrder;
using linearizability::Semantics;
using linearizability::Stage;
using linearizability::Verdict;
using linearizability::format::HistoryFile;
using linearizability::format::ReadOptions;

// Exit statuses. Of several files the gravest counts: a violation, then a file that cannot be used, then an unknown.
constexpr int kLinearizable = 0;
constexpr int kNotLinearizable = 1;
constexpr int kUnusable = 2;
constexpr int kUnknown = 3;

constexpr char kFooter[] = R"(
Formats are told from the content: Jepsen EDN and JSON, the 2014 jepsen.util log, our NDJSON and protobuf
(spec/linearizability/format/FORMATS.md). What a file does not say is taken by default, and said:
  initial value        nil; a bank's balances as first read; a counter's 0
  a read of nil        EDN, JSON: says nothing, as in Knossos; the others: nil was read
  a failed cas         EDN, JSON: says nothing, as in Knossos; the others: the value was another one

Exit status: 0 every history is linearizable (if not in the order of its log indices, the output says so), 1 one is
not, 2 a file or argument cannot be used, 3 unknown: the budget ended, or a file holds no operation. Of several, 1
counts before 2 before 3.)";

struct Arguments {
  std::vector<std::string> files;
  ReadOptions read;
  CheckOptions check;
  bool report = false;
  bool quiet = false;
  std::string page;  // file names; empty if not asked for
  std::string certificate;
  std::string copy;
};

// Text in colour on a terminal that wants it.
class Style {
 public:
  Style() : colored_(isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr) {}
  std::string Verdict(linearizability::Verdict verdict, std::string_view text) const {
    const char* color = verdict == linearizability::Verdict::kLinearizable      ? "32"
                        : verdict == linearizability::Verdict::kNotLinearizable ? "1;31"
                                                                                : "33";
    return colored_ ? absl::StrCat("\033[", color, "m", std::string(text), "\033[0m") : std::string(text);
  }

 private:
  bool colored_;
};

// Seconds as people say them: "0.4 ms", "1.7 s".
std::string Duration(std::chrono::steady_clock::duration duration) {
  const double seconds = std::chrono::duration<double>(duration).count();
  if (seconds < 0.0995) return absl::StrFormat("%.2g ms", seconds * 1e3);
  return absl::StrFormat("%.2f s", seconds);
}

std::string StageInWords(Stage stage) {
  switch (stage) {
    case Stage::kWitness:
      return "log order";
    case Stage::kZones:
      return "zones";
    case Stage::kFrontier:
      return "frontier";
    case Stage::kStateFrontier:
      return "state frontier";
    case Stage::kSearch:
      break;
  }
  return "search";
}

std::string Counted(size_t count, std::string_view noun) {
  return absl::StrCat(count, " ", std::string(noun), count == 1 ? "" : "s");
}

// The two lines of an operation that contradicts the log's order.
std::string LogOrderInWords(const HistoryFile& file, const CheckResult& result) {
  if (result.log_order != LogOrder::kViolated || result.verdict == Verdict::kNotLinearizable) return "";
  std::string text = "  The order that the log indices claim does not explain the answers, though another order does";
  absl::StrAppend(&text, result.log_order_evidence.empty() ? ".\n" : ":\n");
  for (linearizability::OperationId id : result.log_order_evidence) {
    absl::StrAppend(&text, "    ", file.history.Describe(id), ", log index ", file.history.log_index(id));
    if (const uint32_t line = file.history.invoke_line(id); line != 0) absl::StrAppend(&text, "  (line ", line, ")");
    absl::StrAppend(&text, "\n");
  }
  return text;
}

// Indents each line; of a long one (a read of a hundred elements) only the beginning and the end are shown.
std::string Indented(std::string_view text) {
  constexpr size_t kShownMax = 240;
  constexpr size_t kEnd = 100;
  std::string indented;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string line(text.substr(at, end - at));
    if (line.size() > kShownMax) line = line.substr(0, kShownMax - kEnd) + " ... " + line.substr(line.size() - kEnd);
    absl::StrAppend(&indented, "  ", line, "\n");
    at = end + 1;
  }
  return indented;
}

// Checks files one after the other and remembers the gravest status.
class Checker {
 public:
  explicit Checker(const Arguments& arguments) : arguments_(arguments) {
    for (const std::string& name : arguments.files) name_width_ = std::max(name_width_, name.size());
    name_width_ = std::min<size_t>(name_width_, 60);
  }

  void CheckFile(const std::string& name) {
    const auto begin = std::chrono::steady_clock::now();
    const absl::StatusOr<HistoryFile> file = linearizability::format::ReadHistoryFile(name, arguments_.read);
    if (!file.ok()) return Complain(name, file.status());
    const auto read = std::chrono::steady_clock::now();
    CheckOptions options = arguments_.check;
    options.semantics = file->semantics;
    const absl::StatusOr<CheckResult> result = linearizability::Check(file->history, options);
    const auto checked = std::chrono::steady_clock::now();
    if (!result.ok())
      return Complain(name, absl::Status(result.status().code(), absl::StrCat(name, ": ", result.status().message())));

    const bool empty = file->history.size() == 0;
    Worsen(empty                                          ? kUnknown
           : result->verdict == Verdict::kLinearizable    ? kLinearizable
           : result->verdict == Verdict::kNotLinearizable ? kNotLinearizable
                                                          : kUnknown);
    const std::string how = empty ? ""
                                  : absl::StrCat(StageInWords(result->stage), " ", Duration(checked - read), ", read ",
                                                 Duration(read - begin));
    Tell(*file, *result, how);
    if (absl::Status status = WriteFiles(*file, *result, how); !status.ok()) Complain(name, status);
  }

  int status() const { return status_; }

  // Of several files, how many of each kind there were.
  void Summarize() const {
    if (arguments_.quiet || arguments_.files.size() < 2) return;
    constexpr std::pair<int, const char*> kKinds[] = {{kLinearizable, "linearizable"},
                                                      {kNotLinearizable, "not linearizable"},
                                                      {kUnknown, "unknown or empty"},
                                                      {kUnusable, "not usable"}};
    std::string text;
    for (const auto& [status, name] : kKinds) {
      const auto count = std::count(statuses_.begin(), statuses_.end(), status);
      if (count > 0) absl::StrAppend(&text, text.empty() ? ": " : ", ", count, " ", name);
    }
    std::printf("%zu files%s\n", arguments_.files.size(), text.c_str());
  }

 private:
  // Statuses from the least grave to the gravest.
  static int Rank(int status) {
    constexpr int kOrder[] = {kLinearizable, kUnknown, kUnusable, kNotLinearizable};
    return static_cast<int>(std::find(std::begin(kOrder), std::end(kOrder), status) - std::begin(kOrder));
  }
  void Worsen(int status) {
    statuses_.push_back(status);
    if (Rank(status) > Rank(status_)) status_ = status;
  }

  void Complain(const std::string& name, const absl::Status& status) {
    std::string message(status.message());
    if (message.find(name) == std::string::npos && name != "-") message = absl::StrCat(name, ": ", message);
    std::fprintf(stderr, "lockstep check: %s\n", message.c_str());
    Worsen(kUnusable);
  }

  void Tell(const HistoryFile& file, const CheckResult& result, const std::string& how) const {
    if (arguments_.quiet) return;
    std::string verdict = linearizability::Describe(result);
    std::string facts = Counted(file.history.size(), "operation");
    if (file.history.size() == 0) {
      std::printf("%s\n", absl::StrFormat("%-*s  %s: no operations, nothing was checked", static_cast<int>(name_width_),
                                          file.name, style_.Verdict(Verdict::kUnknown, "empty"))
                              .c_str());
      return;
    }
    if (file.history.key_count() > 1) absl::StrAppend(&facts, ", ", Counted(file.history.key_count(), "key"));
    constexpr size_t kVerdictWidth = 16;
    const std::string gap(verdict.size() < kVerdictWidth ? kVerdictWidth - verdict.size() : 0, ' ');
    std::printf("%s\n", absl::StrFormat("%-*s  %s%s  %s; %s", static_cast<int>(name_width_), file.name,
                                        style_.Verdict(result.verdict, verdict), gap, facts, how)
                            .c_str());
    if (arguments_.files.size() == 1 || result.verdict != Verdict::kLinearizable) {
      const char* heading = "assumed:";
      for (const std::string& assumed : file.assumed) {
        std::printf("  %-8s %s\n", heading, assumed.c_str());
        heading = "";
      }
    }
    if (result.verdict == Verdict::kNotLinearizable) {
      const std::string conflict = linearizability::ExplainConflict(file.history, file.semantics, result);
      std::printf("%s", Indented(conflict).c_str());
    }
    std::printf("%s", LogOrderInWords(file, result).c_str());
    if (arguments_.report) {
      std::printf("%s", linearizability::report::InWords(linearizability::report::Measure(file), file).c_str());
    }
  }

  absl::Status WriteFiles(const HistoryFile& file, const CheckResult& result, const std::string& how) const {
    if (!arguments_.copy.empty()) {
      if (absl::Status s = linearizability::format::WriteHistoryFile(file, arguments_.copy); !s.ok()) return s;
    }
    if (!arguments_.certificate.empty()) {
      const absl::StatusOr<std::string> text = linearizability::report::MakeCertificate(file, result);
      if (!text.ok())
        return absl::Status(text.status().code(), absl::StrCat("no certificate: ", text.status().message()));
      if (absl::Status s = linearizability::format::WriteFile(arguments_.certificate, *text); !s.ok()) return s;
    }
    if (!arguments_.page.empty()) {
      linearizability::report::PageOptions options;
      options.facts = {Counted(file.history.size(), "operation"), Counted(file.history.key_count(), "key"), how};
      const std::string page = linearizability::report::MakePage(file, result, options);
      if (absl::Status s = linearizability::format::WriteFile(arguments_.page, page); !s.ok()) return s;
    }
    return absl::OkStatus();
  }

  const Arguments& arguments_;
  Style style_;
  size_t name_width_ = 0;
  int status_ = kLinearizable;
  std::vector<int> statuses_;  // one for each file
};

// KEY=VALUE
std::string ParseInitialOf(const std::string& text, std::pair<std::string, std::string>* initial) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos) return "--initial-of: expected KEY=VALUE";
  *initial = {text.substr(0, equals), text.substr(equals + 1)};
  return "";
}

void AddReadOptions(CLI::App& app, ReadOptions* read) {
  namespace format = linearizability::format;
  app.add_option_function<std::string>(
         "--format", [read](const std::string& name) { read->format = format::FormatOf(name); },
         "Instead of telling it from the content")
      ->check(CLI::IsMember({"edn", "json", "ndjson", "jepsen-log", "protobuf"}));
  app.add_option_function<std::string>(
         "--model", [read](const std::string& name) { read->model = format::ModelOf(name); },
         "What the operations are on; without it, the only model that fits them")
      ->check(
          CLI::IsMember({"register", "key-value", "list-append", "mutex", "lease", "set", "queue", "counter", "bank"}));
  app.add_option("--initial", read->initial, "Initial value, as EDN spells it: nil, 0, '\"\"', [1 2]")
      ->type_name("VALUE");
  app.add_option_function<std::vector<std::string>>(
         "--initial-of",
         [read](const std::vector<std::string>& texts) {
           for (const std::string& text : texts) {
             std::pair<std::string, std::string> initial;
             if (const std::string error = ParseInitialOf(text, &initial); !error.empty())
               throw CLI::ValidationError(error);
             read->initial_by_key.push_back(initial);
           }
         },
         "The initial value of one key; may be repeated")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  app.add_option_function<std::string>(
         "--nil-read",
         [read](const std::string& name) {
           read->nil_read = name == "value" ? Semantics::NilRead::kValue : Semantics::NilRead::kNoAnswer;
         },
         "Whether a read that answered nil read nil, or says nothing")
      ->check(CLI::IsMember({"value", "no-answer"}));
  app.add_option_function<std::string>(
         "--failed-cas",
         [read](const std::string& name) {
           read->failed_cas =
               name == "fact" ? Semantics::FailedCompareAndSet::kFact : Semantics::FailedCompareAndSet::kDropped;
         },
         "Whether a failed compare-and-set says that the value was another one, or nothing")
      ->check(CLI::IsMember({"fact", "dropped"}));
  app.add_flag("--independent", read->independent, "Values are pairs [key value], as jepsen.independent writes them");
}

}  // namespace

int RunCheck(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Decides whether recorded histories of client operations are linearizable.", "lockstep check");
  app.footer(kFooter);
  app.add_option("FILE", arguments.files, "Histories; - is standard input")->required()->type_name("");
  AddReadOptions(app, &arguments.read);
  app.add_option("--budget", arguments.check.budget.steps, "Steps that may be spent on a file before it is unknown")
      ->transform(
          CLI::AsNumberWithUnit(std::map<std::string, uint64_t>{{"k", 1'000}, {"M", 1'000'000}, {"G", 1'000'000'000}})
              .description(""))
      ->type_name("STEPS")
      ->capture_default_str();
  app.add_option("--budget-bytes", arguments.check.budget.bytes, "Memory that may be used besides the history")
      ->transform(CLI::AsSizeValue(false).description(""))
      ->type_name("BYTES")
      ->capture_default_str();
  app.add_flag("--report", arguments.report, "Tell also how much the history can show at all");
  app.add_flag("-q,--quiet", arguments.quiet, "Print nothing but errors; the exit status tells");
  CLI::Option* page =
      app.add_option("--html", arguments.page, "Write a page that draws the history")->type_name("PAGE");
  CLI::Option* certificate =
      app.add_option("--certificate", arguments.certificate, "Write what proves the verdict, verified, as JSON")
          ->type_name("NAME");
  CLI::Option* copy =
      app.add_option("--write", arguments.copy, "Write the history as .edn, .ndjson or .pb")->type_name("NAME");
  if (const std::optional<int> status = ParseArguments(app, argc, argv)) return *status;
  const bool one_only = page->count() + certificate->count() + copy->count() > 0;
  if (one_only && arguments.files.size() != 1) {
    std::fprintf(stderr, "lockstep check: --html, --certificate and --write are for one FILE\n");
    return kUnusable;
  }
  arguments.check.want_orders = page->count() + certificate->count() > 0;
  arguments.check.want_minimal_conflict = !arguments.quiet || one_only;

  Checker checker(arguments);
  for (const std::string& name : arguments.files) checker.CheckFile(name);
  checker.Summarize();
  return checker.status();
}

}  // namespace lockstep::cli
