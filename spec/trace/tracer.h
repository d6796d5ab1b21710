// Turns what happens to the core, step by step, into the lines of a trace. [TLA Trace]
//
// What a line says of the state and of messages is the core's; which action a step was, and with which choices, is what
// the refinement (spec/refinement) finds. Nothing is left out: one line for each input, start and crash.
#ifndef LOCKSTEP_SPEC_TRACE_TRACER_H_
#define LOCKSTEP_SPEC_TRACE_TRACER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "core/effect.h"
#include "core/input.h"
#include "core/state.h"
#include "spec/refinement/refinement.h"
#include "spec/trace/line.h"

namespace lockstep::spec {

class Tracer {
 public:
  using Sink = std::function<void(const TraceLine&)>;
  explicit Tracer(Sink sink) : sink_(std::move(sink)) {}

  // A node has begun from its disk.
  void Start(const State& state);
  void Crash(NodeId node);
  // A node has taken a step.
  void Step(const Input& input, const EffectSink& effects, const State& after);

  // Who took part so far, and the options of the last node that began.
  TraceHead Head() const;

 private:
  using ReadName = std::tuple<NodeId, uint64_t, uint64_t>;

  void PutAction(const Input& input, const NodeRefinement& node, const State& after, TraceLine& line);
  void PutChoices(const Input& input, const model::Node& before, const State& after, TraceLine& line);
  void PutEffects(const EffectSink& effects, TraceLine& line);
  model::Message Mapped(const Message& message);
  Variables VariablesNow(const State& state);
  uint64_t NumberOf(const ReadName& read) const;
  void See(NodeId node) { seen_[node] = true; }

  Sink sink_;
  std::map<NodeId, NodeRefinement> nodes_;
  std::map<NodeId, bool> seen_;
  model::Options options_;
  uint64_t reads_ = 0;
  std::map<ReadName, uint64_t> numbers_;                         // Of forwarded reads: by node, start, position.
  std::map<std::pair<NodeId, RequestId>, uint64_t> by_request_;  // Of all reads.
};

}  // namespace lockstep::spec

#endif  // LOCKSTEP_SPEC_TRACE_TRACER_H_
