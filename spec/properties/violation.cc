#include "spec/properties/violation.h"

#include "absl/strings/str_cat.h"

namespace lockstep::spec {

std::string ToString(const Violation& violation) {
  const std::string where = violation.node == kNoNode ? "" : absl::StrCat(" at node ", ToString(violation.node));
  return absl::StrCat(Name(violation.property), where, ", step ", violation.step, ": ", violation.evidence);
}

}  // namespace lockstep::spec
