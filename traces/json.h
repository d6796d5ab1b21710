// A trace's records as JSON, one line each (NDJSON).
//
// Names are the fields' in camelCase, numbers are numbers (never strings, so that other tools can count with them),
// enumerations are words ("preCandidate"), bit patterns (fixed64) are "0x…" strings. A field that has its default value
// is left out, except in NodeState, where every line is complete. Keys come in the order of their field numbers.
#ifndef LOCKSTEP_TRACES_JSON_H_
#define LOCKSTEP_TRACES_JSON_H_

#include <string>

#include "google/protobuf/message.h"

namespace lockstep::traces {

// Without a line end.
std::string ToJson(const google::protobuf::Message& message);

}  // namespace lockstep::traces

#endif  // LOCKSTEP_TRACES_JSON_H_
