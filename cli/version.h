// The version of the program, as `version` prints it and traces record it.
#ifndef LOCKSTEP_CLI_VERSION_H_
#define LOCKSTEP_CLI_VERSION_H_

namespace lockstep::cli {

inline constexpr char kVersion[] = "0.1.0";

}  // namespace lockstep::cli

#endif  // LOCKSTEP_CLI_VERSION_H_
