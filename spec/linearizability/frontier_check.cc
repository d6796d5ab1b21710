#include <algorithm>
#include <queue>
#include <vector>

#include "spec/linearizability/frontier.h"

namespace lockstep::linearizability {
namespace {

// Turns the visible writes of a surviving configuration into an order of all
// accesses: an overtaken write goes directly before the plain write that
// overtook it, a read into a stretch of time in which its value was held.
class PathOrder {
 public:
  PathOrder(std::span<const Access> accesses, Value initial, const std::vector<Frontier::Visible>& path)
      : accesses_(accesses), initial_(initial), path_(path) {}

  Order Make() {
    Resolve();
    std::vector<std::vector<uint32_t>> before(path_.size() + 1);
    std::vector<std::vector<uint32_t>> during(path_.size() + 1);  // stretch i ends with visible write i
    for (uint32_t i = 0; i < accesses_.size(); ++i) {
      const Access& access = accesses_[i];
      if (!access.writes) {
        during[StretchOf(access)].push_back(i);
      } else if (!access.optional && !visible_[i]) {
        before[OvertakerOf(access)].push_back(i);
      }
    }
    Order order;
    order.reserve(accesses_.size());
    for (size_t i = 0; i <= path_.size(); ++i) {
      for (uint32_t read : during[i]) order.push_back(accesses_[read].id);
      for (uint32_t write : before[i]) order.push_back(accesses_[write].id);
      if (i < path_.size()) order.push_back(path_[i].id);
    }
    return order;
  }

 private:
  void Resolve() {
    visible_.assign(accesses_.size(), false);
    for (const Frontier::Visible& step : path_) {
      const auto it = std::lower_bound(accesses_.begin(), accesses_.end(), step.id,
                                       [](const Access& access, OperationId id) { return access.id < id; });
      visible_[static_cast<size_t>(it - accesses_.begin())] = true;
      steps_.push_back(&*it);
      if (it->PlainWrite()) plain_steps_.push_back(static_cast<uint32_t>(steps_.size() - 1));
    }
  }

  Value ValueDuring(size_t stretch) const { return stretch == 0 ? initial_ : steps_[stretch - 1]->set; }

  size_t StretchOf(const Access& read) const {
    // The first stretch that ends after the read began.
    auto it = std::upper_bound(path_.begin(), path_.end(), read.invoke,
                               [](Position time, const Frontier::Visible& step) { return time < step.before; });
    size_t stretch = static_cast<size_t>(it - path_.begin());
    const bool equal = read.guard == Access::Guard::kEqual;
    while (stretch < path_.size() && (ValueDuring(stretch) == read.expect) != equal) ++stretch;
    return stretch;
  }

  size_t OvertakerOf(const Access& write) const {
    auto it = std::upper_bound(plain_steps_.begin(), plain_steps_.end(), write.invoke,
                               [&](Position time, uint32_t step) { return time < path_[step].before; });
    return it == plain_steps_.end() ? path_.size() : *it;
  }

  std::span<const Access> accesses_;
  const Value initial_;
  const std::vector<Frontier::Visible>& path_;
  std::vector<bool> visible_;
  std::vector<const Access*> steps_;
  std::vector<uint32_t> plain_steps_;
};

}  // namespace

Answer CheckFrontier(std::span<const Access> accesses, Value initial, bool want_order, Meter* meter) {
  Answer answer;
  Frontier frontier(initial, want_order, meter);
  using Ending = std::pair<Position, OperationId>;
  std::priority_queue<Ending, std::vector<Ending>, std::greater<>> endings;
  // Takes the completions before the given position. True to go on.
  auto complete_until = [&](Position position) {
    while (!endings.empty() && endings.top().first < position) {
      const auto [end, id] = endings.top();
      endings.pop();
      const Frontier::Step step = frontier.Complete(id, end);
      if (step == Frontier::Step::kGoOn) continue;
      answer.decision = step == Frontier::Step::kImpossible ? Decision::kNotLinearizable : Decision::kExhausted;
      answer.event = end;
      return false;
    }
    return true;
  };
  for (const Access& access : accesses) {
    if (!complete_until(access.invoke)) return answer;
    const Frontier::Step step = frontier.Invoke(access);
    if (step != Frontier::Step::kGoOn) {
      answer.decision = step == Frontier::Step::kTooMany ? Decision::kInapplicable : Decision::kExhausted;
      answer.event = access.invoke;
      return answer;
    }
    if (!access.optional) endings.push({access.complete, access.id});
  }
  if (!complete_until(kNever)) return answer;
  answer.decision = Decision::kLinearizable;
  if (want_order) answer.order = PathOrder(accesses, initial, frontier.Path()).Make();
  return answer;
}

}  // namespace lockstep::linearizability
