// Says where two traces part.
//
// Only what happened is compared: choices and build may differ between two runs that are the same. The first
// difference is the one that matters, everything after it follows; it is told in words, field by field.
#ifndef LOCKSTEP_TRACES_DIFF_H_
#define LOCKSTEP_TRACES_DIFF_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "traces/reader.h"
#include "traces/trace.pb.h"

namespace lockstep::traces {

// Whether two happenings are the same.
bool Same(const proto::Record& a, const proto::Record& b);

// The first few differences between two records: "state.commitIndex: 4 and 5".
std::string DifferencesInWords(const proto::Record& a, const proto::Record& b);

struct Divergence {
  uint64_t happening = 0;  // The first one that differs: its number among the happenings, from 1.
  uint64_t step = 0;       // The last step in which the two agreed; 0: none.
  std::string description;
};

// Compares the happenings of two traces from the beginning. Nothing: they are the same to the end.
// Errors: Reader::Next's of either.
absl::StatusOr<std::optional<Divergence>> FirstDivergence(Reader& a, Reader& b);

// Compares a trace with the happenings of a run that are handed to it one by one.
class Comparison {
 public:
  // Requires: `recorded` outlives this.
  explicit Comparison(Reader& recorded) : recorded_(recorded) {}

  // Takes the next happening of the run. After the first divergence or error nothing more is compared.
  // Errors: Reader::Next's.
  absl::Status Take(const proto::Record& happening);
  // The run is over: the recorded one must be, too.
  absl::Status Finish();

  const std::optional<Divergence>& divergence() const { return divergence_; }

 private:
  // The next recorded happening, or nothing at the end.
  absl::StatusOr<std::optional<proto::Record>> NextRecorded();

  Reader& recorded_;
  uint64_t happenings_ = 0;
  uint64_t step_ = 0;
  std::optional<Divergence> divergence_;
};

}  // namespace lockstep::traces

#endif  // LOCKSTEP_TRACES_DIFF_H_
