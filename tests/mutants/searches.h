// The small bounds within which the explorer looks for planted bugs: each a search of seconds, one kind of event at a
// time.
#ifndef LOCKSTEP_TESTS_MUTANTS_SEARCHES_H_
#define LOCKSTEP_TESTS_MUTANTS_SEARCHES_H_

#include <vector>

#include "sim/explore/bounds.h"

namespace lockstep::mutants {

std::vector<sim::explore::Bounds> SmallBounds();

}  // namespace lockstep::mutants

#endif  // LOCKSTEP_TESTS_MUTANTS_SEARCHES_H_
