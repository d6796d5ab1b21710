// A history as a file gives it: the operations, what they mean, and what the file did not say.
//
// Idea: no format states its semantics in full, so every reader fills in a stated default and says so; a flag or a
// file's own header overrides it.
// Contract: `assumed` names each default that this history's verdict can depend on.
// Left to others: reading and writing (read.h, write.h), deciding (../check.h).
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_HISTORY_FILE_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_HISTORY_FILE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spec/linearizability/history.h"

namespace lockstep::linearizability::format {

enum class Format : uint8_t { kEdn, kJson, kNdjson, kJepsenLog, kProtobuf };

// "edn", "json", "ndjson", "jepsen-log", "protobuf".
std::string_view Name(Format format);
std::optional<Format> FormatOf(std::string_view name);
// The models' names as `--model` and the files' headers spell them: "register", "key-value", ...
std::optional<ModelKind> ModelOf(std::string_view name);

// What the caller says about a file; nothing said means the format's default, or what the file's header says.
struct ReadOptions {
  std::optional<Format> format;        // default: told from the content
  std::optional<ModelKind> model;      // default: inferred, where only one model fits the operations
  std::optional<std::string> initial;  // a value as EDN spells it: nil, 0, "", [1 2]
  std::vector<std::pair<std::string, std::string>> initial_by_key;  // likewise, for single keys
  std::optional<Semantics::NilRead> nil_read;
  std::optional<Semantics::FailedCompareAndSet> failed_cas;
  bool independent = false;  // each value is a pair [key value], as jepsen.independent writes it
};

struct HistoryFile {
  std::string name;
  Format format = Format::kEdn;
  History history;
  Semantics semantics;
  // When each event happened, by Position, in units of `time_unit_ns`; -1 where not told. Empty if no event tells.
  std::vector<int64_t> times;
  int64_t time_unit_ns = 1;
  // What was inferred or taken by default, a phrase for each: "initial value nil (default)".
  std::vector<std::string> assumed;
  size_t events_ignored = 0;  // of the nemesis and others that are no client
};

// What one format takes for granted where neither file nor flag says.
Semantics DefaultSemantics(Format format);

}  // namespace lockstep::linearizability::format

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_HISTORY_FILE_H_
