// Writes: the core's durable effects on their way to the log, a batch at a time, and what waits for them.
//
//     core asks   5 6 7 | 8 9 ...        one commit is under way (5 6 7); what is asked for meanwhile
//     commits    [ 5 6 7 ] [ 8 9 ... ]   goes together with the next
//
// A completion is told to the core as an input; only then do the messages leave that waited for it. After a failure
// everything under way and everything collected since has failed, and what waited is never sent. Until the core has
// heard of the last of these, whatever it asks for follows a hole without knowing it: that is dropped, as the core takes
// it for void when it hears (core/storage.h).
#ifndef LOCKSTEP_RUNTIME_DRIVER_WRITES_H_
#define LOCKSTEP_RUNTIME_DRIVER_WRITES_H_

#include <functional>
#include <map>
#include <vector>

#include "core/effect.h"
#include "core/input.h"
#include "runtime/log_store.h"
#include "runtime/payload.h"

namespace lockstep::runtime {

class Writes {
 public:
  // What completions cause is handed to `input`; `committed` hears of each commit's end after that.
  Writes(LogStore& log, std::function<void(Event)> input, std::function<void(const absl::Status&)> committed)
      : log_(log), input_(std::move(input)), committed_(std::move(committed)) {}

  void Collect(const effect::SaveVote& write);
  void Collect(const effect::AppendLog& write, std::vector<Payload> payloads);
  void Collect(const effect::TruncateLog& write);
  // Not the core's: no completion is told.
  void Compact(LogPosition base, const ConfigurationEntry& configuration);
  // Empties the log for a snapshot; `done` hears when that is durable.
  void Reset(LogPosition base, const ConfigurationEntry& configuration, Completion done);

  // Begins a commit of what is collected, if none is under way.
  void MaybeCommit();

  // Keeps `envelope` until the core has been told that write `after` is done.
  void Hold(WriteId after, Envelope envelope);
  // The core has been told how write `id` ended: the messages that may leave now. Those of a failed one are dropped.
  std::vector<Envelope> Told(WriteId id, bool done);

 private:
  struct Batch {
    std::vector<WriteId> ids;
    std::vector<Completion> resets;
  };
  void Committed(const absl::Status& status);

  LogStore& log_;
  const std::function<void(Event)> input_;
  const std::function<void(const absl::Status&)> committed_;
  Batch collected_;
  Batch committing_;
  WriteId failing_ = 0;  // The last write of whose failure the core has yet to hear; 0: none.
  std::multimap<WriteId, Envelope> held_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_DRIVER_WRITES_H_
