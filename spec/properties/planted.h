// Planted deviations: for each property one step that breaks it, and a like one that does not.
//
// A check counts only once something planted has tripped it. Each family's test is a table of these.
#ifndef LOCKSTEP_SPEC_PROPERTIES_PLANTED_H_
#define LOCKSTEP_SPEC_PROPERTIES_PLANTED_H_

#include <gtest/gtest.h>

#include <functional>
#include <set>
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

// Plays every case both ways, and requires that every property of `family` is among them.
inline void PlayAll(Family family, const std::vector<Planted>& cases) {
  std::set<Property> planted;
  for (const Planted& each : cases) {
    SCOPED_TRACE(Name(each.property));
    planted.insert(each.property);
    Scene good;
    each.before(good);
    ASSERT_TRUE(good.holds()) << "before: " << good.evidence();
    Scene bad = good;
    each.good(good);
    EXPECT_TRUE(good.holds()) << "good: " << good.evidence();
    each.bad(bad);
    EXPECT_EQ(bad.failed(), Name(each.property)) << bad.evidence();
  }
  for (size_t i = 0; i < kPropertyCount; ++i) {
    if (kProperties[i].family != family) continue;
    EXPECT_TRUE(planted.contains(static_cast<Property>(i))) << kProperties[i].name << " has no planted case";
  }
}

}  // namespace lockstep::spec

#endif  // LOCKSTEP_SPEC_PROPERTIES_PLANTED_H_
