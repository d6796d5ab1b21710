// A node of a replicated map as a program, asked over standard input and output.
//
//   NUMBER FOLDER ELECTION_MICROS SNAPSHOT_BYTES LISTEN ADDRESS1 ADDRESS2 ADDRESS3
//
// Each line is a question, `ID WORD ARGUMENTS`; each answer a line `ID ok|no|maybe TEXT`, in any order: it happened, it
// did not and will not, it may have. News are lines of id 0. It listens at LISTEN and announces its own ADDRESS.
//   put KEY VALUE           the value before           session MILLIS     a new session's number
//   get KEY                 the value, linearizable    sput SESSION SEQUENCE FIRST_OPEN KEY VALUE
//   lease KEY, stale KEY    the same, read so          status             how the node is
//   load WINDOW BYTES SECONDS                          proposes that much here, and says how fast it went
//   snapshot                                           takes one
//
// The programs of this folder become one when their first argument is "replica".
#ifndef LOCKSTEP_TESTS_PROCESSES_REPLICA_H_
#define LOCKSTEP_TESTS_PROCESSES_REPLICA_H_

namespace lockstep::tests {

// Runs until standard input ends; the arguments are those above. Returns the exit status.
int RunReplica(int argc, char** argv);

}  // namespace lockstep::tests

#endif  // LOCKSTEP_TESTS_PROCESSES_REPLICA_H_
