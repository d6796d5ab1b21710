// A scenario in a trace, and back.
//
// Every number travels under its name, so that a trace is complete and no default of another version slips in. A
// trace whose names are not exactly this program's is of another version, and is refused with the name that shows it.
#ifndef LOCKSTEP_SIM_RECORDING_SCENARIO_RECORD_H_
#define LOCKSTEP_SIM_RECORDING_SCENARIO_RECORD_H_

#include "absl/status/statusor.h"
#include "sim/scenario.h"
#include "traces/trace.pb.h"

namespace lockstep::sim {

void ToProto(const Scenario& from, traces::proto::Scenario* to);

// Errors: Unimplemented for a name too many, missing or twice; InvalidArgument for a number that its field cannot
// hold, or with which no run can be.
absl::StatusOr<Scenario> FromProto(const traces::proto::Scenario& from);

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_RECORDING_SCENARIO_RECORD_H_
