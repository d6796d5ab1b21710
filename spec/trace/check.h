// The lines of a trace against the model: what Trace.tla does with TLC, without it.
//
// Each line's action is taken from the node before, with the line's choices; its guard must hold, and what it sends and
// leaves must be what the line says. The first that differs is told by the names of action and variable.
#ifndef LOCKSTEP_SPEC_TRACE_CHECK_H_
#define LOCKSTEP_SPEC_TRACE_CHECK_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "spec/refinement/refinement.h"
#include "spec/trace/line.h"

namespace lockstep::spec {

class TraceChecker {
 public:
  explicit TraceChecker(TraceHead head) : head_(std::move(head)) {}

  // Nothing if the specification allows the line after those before it. After a mismatch no more may be asked.
  std::optional<Mismatch> Check(const TraceLine& line);

 private:
  std::optional<Difference> Restart(const TraceLine& line);
  std::optional<Difference> Step(const TraceLine& line, model::Node& node);
  bool Act(const TraceLine& line, model::Context& context) const;
  std::optional<Difference> CompareWrites(const TraceLine& line, model::Node& node) const;
  std::optional<Difference> CompareSent(const TraceLine& line, const model::Node& node) const;

  TraceHead head_;
  std::map<NodeId, model::Node> nodes_;
  model::Output output_;
};

struct TraceVerdict {
  uint64_t lines = 0;   // Accepted.
  std::string refusal;  // Why the next one was not, or the text cannot be read; empty: all were accepted.
  bool is_unusable = false;
};

// Checks a whole trace: `next` gives its lines, head first, and false at the end.
TraceVerdict CheckTrace(const std::function<bool(std::string& line)>& next);

}  // namespace lockstep::spec

#endif  // LOCKSTEP_SPEC_TRACE_CHECK_H_
