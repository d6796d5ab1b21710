// Turns a file's events into a history: what each function and value means, and which defaults were taken.
//
// Idea: all formats meet here, so that a history means the same in each of them. FORMATS.md tells the meaning.
// Contract: events come in file order, which is the order of time. Whatever cannot be understood is an error with its
// place; events of the nemesis and other processes that are no client are counted and left out.
// Left to others: parsing events (event.h), values (value_reader.h), the rules of a valid history (../history.h).
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_ASSEMBLER_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_ASSEMBLER_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "spec/linearizability/format/event.h"
#include "spec/linearizability/format/history_file.h"
#include "spec/linearizability/format/infer.h"
#include "spec/linearizability/format/settings.h"
#include "spec/linearizability/format/source.h"
#include "spec/linearizability/format/value_reader.h"

namespace lockstep::linearizability::format {

class Assembler {
 public:
  // Requires: `source` and `options` outlive the assembler.
  Assembler(const Source& source, Format format, const ReadOptions& options);
  Assembler(const Assembler&) = delete;
  Assembler& operator=(const Assembler&) = delete;

  // The next event. Errors: InvalidArgument with its place.
  absl::Status Add(const Data& data, const Event& event);

  // A header, the map data[map] (settings.h). Errors: InvalidArgument with its place, also behind an event.
  absl::Status AddHeader(const Data& data, uint32_t map);

  // The history of all events. Errors: as SettleSemantics (settings.h).
  absl::StatusOr<HistoryFile> Finish() &&;

 private:
  // Of an event's value: with jepsen.independent the key is the first half of it.
  struct Parts {
    uint32_t key = Event::kAbsent;
    uint32_t value = Event::kAbsent;
  };
  absl::StatusOr<Parts> PartsOf(const Data& data, const Event& event) const;

  absl::Status Invoke(const Data& data, const Event& event);
  absl::Status ReadArgument(const Data& data, const Event& event, uint32_t value, Invocation* invocation);
  absl::Status ReadTransaction(const Data& data, const Event& event, uint32_t value, bool answers, Transaction* out);

  absl::Status Complete(const Data& data, const Event& event);
  // The part of an `ok` that repeats the invocation must agree with it; the answer goes into *completion.
  absl::Status ReadAnswer(const Data& data, const Event& event, const Parts& parts, const Operation& open,
                          Completion* completion);
  absl::Status AnswerTransaction(const Data& data, const Event& event, uint32_t value, const Operation& open,
                                 Completion* completion);
  absl::Status CheckRepeated(const Data& data, const Event& event, uint32_t value, const Operation& open);

  void NoteRead(const Data& data, uint32_t value);
  void NoteTime(const Event& event);

  const Source& source_;
  Format format_;
  const ReadOptions& options_;
  LineCounter lines_;
  HistoryBuilder builder_;
  ValueReader reader_;
  Header header_;
  Evidence evidence_;
  Relevant relevant_;

  std::vector<int64_t> times_;
  Position events_ = 0;
  size_t ignored_ = 0;
  bool process_missing_ = false;
  bool asks_pairs_ = false;                // some read was invoked with a value [x nil]
  Transaction transaction_;                // of the event at hand
  std::vector<Transaction> transactions_;  // as invoked, in order of invocation
};

}  // namespace lockstep::linearizability::format

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_ASSEMBLER_H_
