// What a campaign says about a seed that failed: the trace, written by running it again, and how to replay it.
#ifndef LOCKSTEP_CLI_FAILURE_H_
#define LOCKSTEP_CLI_FAILURE_H_

#include <string>

#include "cli/terminal.h"
#include "sim/campaign.h"

namespace lockstep::cli {

// Writes the trace of `failure` to `folder` and tells property, step, node, evidence, the last happenings, the trace's
// file and the command that replays it; `run_command` is how the person starts the program. A trace that cannot be
// written, and a run that is not the same when run again, are told as well.
std::string RecordFailure(const sim::CampaignFailure& failure, const std::string& folder,
                          const std::string& run_command, const Palette& palette);

}  // namespace lockstep::cli

#endif  // LOCKSTEP_CLI_FAILURE_H_
