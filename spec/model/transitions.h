// What a node can do within bounds, apart from receiving messages: its part of MC.tla's MCNext.
#ifndef LOCKSTEP_SPEC_MODEL_TRANSITIONS_H_
#define LOCKSTEP_SPEC_MODEL_TRANSITIONS_H_

#include <optional>
#include <string>
#include <vector>

#include "spec/model/bounds.h"
#include "spec/model/local.h"

namespace lockstep::model {

// One way in which one node can go on.
struct LocalStep {
  const char* action = "";
  std::string detail;  // Parameters, in words.
  Local after;
  LocalResult result;
  bool crashes = false;
  bool fails = false;
  bool reads = false;  // Begins read number `read`.
};

// Whether writes of `local` must be told to be done before anything else happens anywhere. [TLA Unsettled]
bool IsUnsettled(const Bounds& bounds, const Local& local);

// All of them, those that change nothing included. With `only_settle`, the one that settles. Next read: `read`.
std::vector<LocalStep> Transitions(const Bounds& bounds, const Local& local, uint32_t read, bool only_settle);

// The node takes `message`. Nothing if its guard fails (the node is down or halted).
std::optional<LocalStep> Reception(const Bounds& bounds, const Local& local, const Message& message);

// Whether `local` is within the bounds that concern one node. [TLA Bounds]
bool IsWithin(const Bounds& bounds, const Local& local);

}  // namespace lockstep::model

#endif  // LOCKSTEP_SPEC_MODEL_TRANSITIONS_H_
