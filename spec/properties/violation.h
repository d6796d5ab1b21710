// A property's name and what it looks like when it does not hold.
//
// One registry of names serves reports, tests, and the comparison with the TLA+ specification: a property has the
// same name in all of them. A Violation is built only when something failed, so that checks that hold cost no text.
#ifndef LOCKSTEP_SPEC_PROPERTIES_VIOLATION_H_
#define LOCKSTEP_SPEC_PROPERTIES_VIOLATION_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/types.h"
#include "spec/properties/registry.h"

namespace lockstep::spec {

// The first property that did not hold in a run.
struct Violation {
  Property property{};
  NodeId node;           // Whose step or disk showed it.
  uint64_t step = 0;     // The caller's number of that step.
  std::string evidence;  // What was expected and what was found.

  friend bool operator==(const Violation&, const Violation&) = default;
};

// "ElectionSafety at node 2, step 1234: …".
std::string ToString(const Violation& violation);

}  // namespace lockstep::spec

#endif  // LOCKSTEP_SPEC_PROPERTIES_VIOLATION_H_
