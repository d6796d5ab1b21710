// The core's values as the specification sees them.
//
// What the specification does not have (windows, chunks, timers, leases, clients' bookkeeping) is left out here; what
// it has must be equal field by field.
#ifndef LOCKSTEP_SPEC_REFINEMENT_MAP_H_
#define LOCKSTEP_SPEC_REFINEMENT_MAP_H_

#include <optional>
#include <string>

#include "core/message.h"
#include "core/state.h"
#include "spec/model/message.h"
#include "spec/model/node.h"

namespace lockstep::spec {

model::Position Map(LogPosition position);
model::ConfigurationPtr Map(const Configuration& configuration);
model::Snapshot Map(const Snapshot& snapshot);
model::Change Map(const ConfigurationChange& change);

// The whole state. Cost: O(log + members).
void MapState(const State& state, model::Node& node);

// Writes `message` over `mapped`, whose memory is used again. Requires: ValidateMessage(message).ok().
void MapMessage(const Message& message, model::Message& mapped);

// Whether a configuration is the same in both.
bool Same(const model::Configuration& mapped, const Configuration& configuration);
bool SameEntry(const model::Entry& mapped, const EntryMeta& entry);

// A variable that differs, with both values: what the model has, and what the core has.
struct Difference {
  std::string variable;
  std::string expected;
  std::string found;
};

// Everything but the log's entries and the ids of writes under way, which RefinementChecker compares as they change.
std::optional<Difference> CompareState(const model::Node& node, const State& state);

// The entries of both logs in [first, last], with the configurations among them.
std::optional<Difference> CompareEntries(const model::Node& node, const State& state, Index first, Index last);

}  // namespace lockstep::spec

#endif  // LOCKSTEP_SPEC_REFINEMENT_MAP_H_
