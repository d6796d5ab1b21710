// What must be so at a line of a scenario file.
//
//     expect leader N [TERM]          node N leads, in that term        expect no-leader        nobody leads
//     expect role N ROLE              follower, pre-candidate, ...      expect down N           expect halted N
//     expect term N T                 expect vote N M|none
//     expect log N TERM ...           the terms of its log, after its base
//     expect base N I:T               what its log is compacted to      expect last N I:T       its last entry
//     expect commit N I               expect applied N I                expect durable N I
//     expect snapshot N I             expect value N KEY V              of its state machine; 0: never written
//     expect members N M ...          all members, expect voters N M ... (outgoing ones of a joint one behind "|")
//     expect joint N | simple N       expect learners N M ...
//     expect answer NAME ok|failed|unknown|pending [VALUE]              what a client was told
//     expect outcome NAME done|rejected|unknown|open [REASON ...]       how the core ended a request
//     expect sent FROM->TO KIND [COUNT]                                 so many are on their way (without: at least
//     one)
#ifndef LOCKSTEP_SIM_SCRIPT_EXPECTATION_H_
#define LOCKSTEP_SIM_SCRIPT_EXPECTATION_H_

#include "absl/status/status.h"
#include "sim/script/directive.h"
#include "sim/script/stage.h"

namespace lockstep::sim {

// Errors: InvalidArgument if the line cannot be understood; FailedPrecondition if it is not so, with what is.
absl::Status CheckExpectation(const Stage& stage, const Directive& directive);

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_SCRIPT_EXPECTATION_H_
