// Settles what a history's operations mean: from the caller's options, else the file's header, else the format's
// default.
//
// Idea: no format states its semantics in full. Each default that was taken is named in HistoryFile::assumed, but only
// where this history's verdict can depend on it.
// Contract and what is left to others: history_file.h.
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_SETTINGS_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_SETTINGS_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "spec/linearizability/format/datum.h"
#include "spec/linearizability/format/history_file.h"
#include "spec/linearizability/format/infer.h"
#include "spec/linearizability/format/source.h"
#include "spec/linearizability/format/value_reader.h"

namespace lockstep::linearizability::format {

// What the first record of our own formats may say.
struct Header {
  std::optional<ModelKind> model;
  std::optional<Value> initial;
  std::vector<std::pair<Key, Value>> initial_by_key;
  std::optional<Semantics::NilRead> nil_read;
  std::optional<Semantics::FailedCompareAndSet> failed_cas;
};

// Reads the map data[map]: the fields model, initial, initial-by-key, nil-read and failed-cas, all optional.
// Errors: InvalidArgument with the field's place.
absl::Status ParseHeader(const Source& source, const Data& data, uint32_t map, ValueReader& reader, Header* header);

// Which of the defaults a history's verdict can depend on, besides the evidence for its model.
struct Relevant {
  bool nil_answered = false;  // some read answered nil
  bool cas_failed = false;    // some compare-and-set failed
};

// Sets file->semantics and the sentences of file->assumed.
// Errors: InvalidArgument where the model is neither told nor can be inferred, or an initial value cannot be read.
absl::Status SettleSemantics(const ReadOptions& options, const Header& header, const Evidence& evidence,
                             const Relevant& relevant, HistoryBuilder& builder, HistoryFile* file);

// The words of --nil-read and --failed-cas and of the headers.
std::string_view Name(Semantics::NilRead nil_read);                // "value", "no-answer"
std::string_view Name(Semantics::FailedCompareAndSet failed_cas);  // "fact", "dropped"

}  // namespace lockstep::linearizability::format

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_SETTINGS_H_
