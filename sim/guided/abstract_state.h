// AbstractStates: which kinds of situation a run has been in, as numbers a coverage-guided fuzzer understands.
//
// A situation is what the nodes are to each other: who has which role, whose term, log end and commit index is above
// whose, who is inside a joint configuration, who is down, whose disk is behind. Numbers themselves do not count (rank
// 2 of terms 3 5 9 is that of 1 2 7), nor does which node it is: so there are few enough to be told apart, and a new
// one is news.
#ifndef LOCKSTEP_SIM_GUIDED_ABSTRACT_STATE_H_
#define LOCKSTEP_SIM_GUIDED_ABSTRACT_STATE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "sim/observer.h"

namespace lockstep::sim {

class AbstractStates final : public Observer {
 public:
  static constexpr size_t kNodesMax = 8;

  // `visit` hears of the situation's number after each step, start and crash that changed it.
  explicit AbstractStates(std::function<void(uint64_t)> visit) : visit_(std::move(visit)) {}

  void OnStart(const StartEvent& event) override { See(event.node, event.state, true); }
  void OnStep(const StepEvent& event) override { See(event.node, event.state, true); }
  void OnCrash(const CrashEvent& event) override;

 private:
  struct Node {
    bool known = false;
    bool up = false;
    uint8_t role = 0;
    bool joint = false;
    bool writing = false;     // Its disk is behind its log.
    bool installing = false;  // A snapshot is on its way.
    uint64_t term = 0;
    uint64_t last = 0;
    uint64_t last_term = 0;
    uint64_t commit = 0;
    friend bool operator==(const Node&, const Node&) = default;
  };
  void See(NodeId node, const State& state, bool up);
  void Visit();

  const std::function<void(uint64_t)> visit_;
  std::array<Node, kNodesMax> nodes_;
};

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_GUIDED_ABSTRACT_STATE_H_
