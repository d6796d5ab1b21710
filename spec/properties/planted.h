// Planted deviations: for each property one step that breaks it, and a like one that does not.
//
// A check counts only once something planted has tripped it. Each family's test is a table of these.
#ifndef LOCKSTEP_SPEC_PROPERTIES_PLANTED_H_
#define LOCKSTEP_SPEC_PROPERTIES_PLANTED_H_

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "spec/properties/registry.h"
#include "spec/properties/scene.h"

namespace lockstep::spec {

using Play = std::function<void(Scene&)>;

struct Planted {
  Property property;
  Play before;  // Correct moves that both continue.
  Play good;    // Holds all the same.
  Play bad;     // Trips `property`, and no other one first.
};

// Plays every case both ways. Returns what went otherwise, and the properties of `family` that have no case.
inline std::vector<std::string> PlayAll(Family family, const std::vector<Planted>& cases) {
  std::vector<std::string> complaints;
  std::set<Property> planted;
  for (const Planted& each : cases) {
    planted.insert(each.property);
    const std::string name = Name(each.property);
    Scene good;
    each.before(good);
    Scene bad = good;
    each.good(good);
    if (!good.holds()) complaints.push_back(name + ", the good way: " + good.evidence());
    each.bad(bad);
    if (bad.failed() != name) complaints.push_back(name + ", the bad way: '" + bad.evidence() + "'");
  }
  for (size_t i = 0; i < kPropertyCount; ++i) {
    if (kProperties[i].family == family && !planted.contains(static_cast<Property>(i))) {
      complaints.push_back(std::string(kProperties[i].name) + " has no planted case");
    }
  }
  return complaints;
}

}  // namespace lockstep::spec

#endif  // LOCKSTEP_SPEC_PROPERTIES_PLANTED_H_
