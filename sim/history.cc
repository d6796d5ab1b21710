#include "sim/history.h"

#include <algorithm>
#include <set>
#include <unordered_set>

namespace lockstep::sim {
namespace {

// A value that nobody ever saw: which of them it was makes no difference.
constexpr uint64_t kUnseen = UINT64_MAX;

struct Operation {
  HistoryEvent event;   // With the answer it came to.
  size_t slot = 0;      // While open: its bit.
  bool unseen = false;  // A write without an answer whose value was never seen.
};

struct Situation {
  uint64_t value = 0;
  uint64_t done = 0;    // Bits of open operations that have taken effect.
  uint32_t unseen = 0;  // So many unseen writes have.
  auto operator<=>(const Situation&) const = default;
};

class KeySearch {
 public:
  explicit KeySearch(std::vector<Operation> operations) : operations_(std::move(operations)) {
    situations_.push_back({});
  }

  void Invoke(size_t number) {
    Operation& operation = operations_[number];
    if (operation.event.answer == Answer::kFailed) return;  // It did not happen.
    if (operation.unseen) {
      ++unseen_;
      return;
    }
    size_t slot = 0;
    while (slot < 64 && (used_ >> slot & 1) != 0) ++slot;
    if (slot == 64) {
      gave_up_ = true;
      return;
    }
    operation.slot = slot;
    used_ |= uint64_t{1} << slot;
    open_.push_back(number);
  }

  // Returns whether some situation explains the answer.
  bool Complete(size_t number) {
    const Operation& operation = operations_[number];
    if (operation.event.answer != Answer::kOk || gave_up_) return true;
    const uint64_t bit = uint64_t{1} << operation.slot;
    std::set<Situation> seen, next;
    for (const Situation& situation : situations_) Explore(situation, bit, seen, next);
    situations_.clear();
    for (Situation situation : next) {
      situation.done &= ~bit;
      situations_.push_back(situation);
    }
    used_ &= ~bit;
    std::erase(open_, number);
    return !situations_.empty();
  }

  bool gave_up() const { return gave_up_; }

 private:
  // Takes effect without a change: a read of the value, a compare-and-set that finds another one.
  static bool Confirms(const HistoryEvent& o, uint64_t value) {
    if (o.answer != Answer::kOk) return false;
    if (o.kind == OperationKind::kRead) return o.result == value;
    return o.kind == OperationKind::kCompareAndSet && o.result == 0 && o.expected != value;
  }
  static bool Changes(const HistoryEvent& o, uint64_t value) {
    if (o.kind == OperationKind::kWrite) return true;
    if (o.kind == OperationKind::kRead || o.expected != value) return false;
    return o.answer != Answer::kOk || o.result == 1;
  }

  void Explore(Situation situation, uint64_t wanted, std::set<Situation>& seen, std::set<Situation>& found) {
    for (size_t number : open_) {
      const Operation& o = operations_[number];
      if (Confirms(o.event, situation.value)) situation.done |= uint64_t{1} << o.slot;
    }
    if (!seen.insert(situation).second) return;
    if ((situation.done & wanted) != 0) {
      found.insert(situation);
      return;
    }
    for (size_t number : open_) {
      const Operation& o = operations_[number];
      const uint64_t bit = uint64_t{1} << o.slot;
      if ((situation.done & bit) != 0 || !Changes(o.event, situation.value)) continue;
      Explore({o.event.argument, situation.done | bit, situation.unseen}, wanted, seen, found);
    }
    if (situation.unseen < unseen_ && situation.value != kUnseen) {
      Explore({kUnseen, situation.done, situation.unseen + 1}, wanted, seen, found);
    }
  }

  std::vector<Operation> operations_;
  std::vector<Situation> situations_;
  std::vector<size_t> open_;
  uint64_t used_ = 0;
  uint32_t unseen_ = 0;
  bool gave_up_ = false;
};

std::string Describe(const HistoryEvent& o) {
  std::string text =
      "client " + std::to_string(o.client) + ": " + ToString(o.kind) + " of key " + std::to_string(o.key);
  if (o.kind == OperationKind::kRead) return text + " returned " + std::to_string(o.result);
  if (o.kind == OperationKind::kWrite) return text + " wrote " + std::to_string(o.argument);
  return text + ", " + std::to_string(o.expected) + " to " + std::to_string(o.argument) +
         (o.result == 1 ? ", took place" : ", did not take place");
}

// The operations of the history, each with its answer; `number_of` gives for each event its operation.
std::vector<Operation> Match(const std::vector<HistoryEvent>& events, std::vector<size_t>& number_of) {
  std::vector<Operation> operations;
  std::vector<size_t> open;
  std::unordered_set<uint64_t> seen;
  for (const HistoryEvent& event : events) {
    if (event.client >= open.size()) open.resize(event.client + 1);
    if (event.answer == Answer::kPending) {
      open[event.client] = operations.size();
      operations.push_back({event, 0, false});
      operations.back().event.answer = Answer::kUnknown;
    } else {
      operations[open[event.client]].event = event;
      if (event.kind == OperationKind::kRead && event.answer == Answer::kOk) seen.insert(event.result);
    }
    number_of.push_back(open[event.client]);
  }
  for (const Operation& o : operations) {
    if (o.event.kind == OperationKind::kCompareAndSet) seen.insert(o.event.expected);
  }
  for (Operation& o : operations) {
    o.unseen =
        o.event.kind == OperationKind::kWrite && o.event.answer == Answer::kUnknown && !seen.contains(o.event.argument);
    if (o.event.kind == OperationKind::kRead && o.event.answer != Answer::kOk) o.event.answer = Answer::kFailed;
  }
  return operations;
}

}  // namespace

bool IsLinearizable(const std::vector<HistoryEvent>& history, uint32_t keys, std::string* why) {
  for (uint32_t key = 0; key < keys; ++key) {
    std::vector<HistoryEvent> events;
    std::copy_if(history.begin(), history.end(), std::back_inserter(events),
                 [key](const HistoryEvent& event) { return event.key == key; });
    std::vector<size_t> number_of;
    KeySearch search(Match(events, number_of));
    std::string last[3];  // The answers before.
    for (size_t i = 0; i < events.size(); ++i) {
      if (events[i].answer == Answer::kPending) {
        search.Invoke(number_of[i]);
        continue;
      }
      if (!search.Complete(number_of[i])) {
        *why = Describe(events[i]) + "; no order explains this after " + last[0] + "; " + last[1] + "; " + last[2];
        return false;
      }
      if (events[i].answer != Answer::kOk) continue;
      last[0] = std::move(last[1]);
      last[1] = std::move(last[2]);
      last[2] = Describe(events[i]);
    }
  }
  return true;
}

}  // namespace lockstep::sim
