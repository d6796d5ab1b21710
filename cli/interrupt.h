// Ctrl-C, for verbs that end early with what they have.
#ifndef LOCKSTEP_CLI_INTERRUPT_H_
#define LOCKSTEP_CLI_INTERRUPT_H_

#include <atomic>

namespace lockstep::cli {

// From now on the first SIGINT or SIGTERM sets Interrupted(); a second one ends the program.
void CatchInterrupts();
const std::atomic<bool>& Interrupted();

}  // namespace lockstep::cli

#endif  // LOCKSTEP_CLI_INTERRUPT_H_
