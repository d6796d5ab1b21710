// What an interaction file's output says about the nodes, as facts to compare.
//
// The files print states, logs and configurations between log lines and messages. Only the former are read: each
// becomes a fact "of node N, this field has that value" at the end of the directive. Values keep the files' notation.
#ifndef LOCKSTEP_TESTS_DATADRIVEN_INTERACTION_PRINTED_H_
#define LOCKSTEP_TESTS_DATADRIVEN_INTERACTION_PRINTED_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "tests/datadriven/reader.h"

namespace lockstep::datadriven {

// (node, field) to value. Fields:
//   "role" "leader" "term" "vote" "commit"       as of the last time the node's effects were processed
//   "role now" "leader now" "term now" "voter now"  by raft-state
//   "configuration"                               "(1 2)&&(1) learners=(3) autoleave"
//   "entry 12" "applied 12"                       the entry: 1 EntryNormal "text" (after the term)
//   "stored log"                                  everything on disk
//   "snapshot"                                    the last snapshot installed: index and configuration
//   "mode of 3" "match of 3" "next of 3"          a leader's progress of node 3
//   "proposal"                                    "accepted" or "refused"
using Facts = std::map<std::pair<uint32_t, std::string>, std::string>;

Facts ReadFacts(const Directive& directive);

}  // namespace lockstep::datadriven

#endif  // LOCKSTEP_TESTS_DATADRIVEN_INTERACTION_PRINTED_H_
