// Is this history linearizable? The front door: runs the stages in order; the first definite answer wins.
//
// Idea: validate, then try the order that the system's own log claims (witness.h); split into components of keys that
// operations join (partition.h); each register by zones (zones.h), else by the frontier (frontier.h); everything else
// by frontier and search in competition (state_frontier.h, search.h), under one budget of steps and bytes.
// Contract: the verdict is a function of the history, the semantics and the budget. Both definite verdicts are sound,
// and come with a certificate that certificate_checker.h verifies. "Unknown" is never success.
// Left to others: reading files (format/), pictures (report/).
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_CHECK_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_CHECK_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "spec/linearizability/budget.h"
#include "spec/linearizability/certificate.h"
#include "spec/linearizability/history.h"
#include "spec/linearizability/witness.h"

namespace lockstep::linearizability {

struct CheckOptions {
  Semantics semantics;
  Budget budget;
  // Whether to fill Certificate::orders of a linearizable history.
  bool want_orders = true;
  // Whether to reduce a conflict to a smallest one.
  bool want_minimal_conflict = true;
};

enum class Verdict : uint8_t { kLinearizable, kNotLinearizable, kUnknown };

// The stage that had the last word on a component.
enum class Stage : uint8_t { kWitness, kZones, kFrontier, kStateFrontier, kSearch };

struct CheckResult {
  Verdict verdict = Verdict::kUnknown;
  // kNotLinearizable: the history up to this event is already impossible. kUnknown: the event at which the budget
  // ended.
  Position event = kNever;
  // Which stage decided, of the components the first that was not linearizable or the last one checked.
  Stage stage = Stage::kWitness;
  // What the log indices say; kViolated with kLinearizable is a bug of another kind.
  LogOrder log_order = LogOrder::kNotGiven;
  // Two operations that the log puts in the wrong order, if log_order is kViolated and it is known which.
  std::vector<OperationId> log_order_evidence;
  // kLinearizable: an order per component. kNotLinearizable: the conflict.
  std::vector<Order> orders;
  Conflict conflict;
  bool conflict_minimal = false;  // no operation of it can be left out

  size_t components = 0;
  uint64_t steps = 0;  // spent of the budget
};

// Decides the history.
// Errors: InvalidArgument when it is malformed (validate.h) or holds operations its model does not have. The message
// says which operation, at which line of the source.
// Cost: O(n log n) where a witness or zones decide; see README.md for the others.
absl::StatusOr<CheckResult> Check(const History& history, const CheckOptions& options);

// The verdict in words: "linearizable", "linearizable, but not in log order", "not linearizable",
// "unknown (budget, at event 812)".
std::string Describe(const CheckResult& result);

// The conflict in words, one line per operation in order of invocation and a last one that says why together they are
// impossible. Empty unless the verdict is kNotLinearizable.
std::string ExplainConflict(const History& history, const Semantics& semantics, const CheckResult& result);

}  // namespace lockstep::linearizability

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_CHECK_H_
