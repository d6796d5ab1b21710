// Reads the formats whose events are maps: EDN, Jepsen's JSON and our NDJSON.
//
// Idea: a file is a vector or list of maps, or the maps one after the other; it is read map by map.
// Contract: events go to the assembler in file order. Errors are InvalidArgument with their place.
// Left to others: scanning (edn.h, json.h), events (event.h), meaning (assembler.h).
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_MAP_FORMATS_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_MAP_FORMATS_H_

#include <cstddef>

#include "absl/status/status.h"
#include "spec/linearizability/format/assembler.h"
#include "spec/linearizability/format/source.h"

namespace lockstep::linearizability::format {

// Reads from offset `begin` to the end: [{...} ...], ({...} ...) or {...} {...}, with or without tags.
absl::Status ReadEdnEvents(const Source& source, size_t begin, Assembler& assembler);

// Reads [{...}, ...] or {...} {...}. A first object with a field "lockstep" is a header.
absl::Status ReadJsonEvents(const Source& source, size_t begin, Assembler& assembler);

}  // namespace lockstep::linearizability::format

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_MAP_FORMATS_H_
