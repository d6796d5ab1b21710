#include "spec/linearizability/search.h"

#include <algorithm>

namespace lockstep::linearizability {
namespace {

constexpr uint32_t kNone = UINT32_MAX;

// The mixing function of SplitMix64.
uint64_t Mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

}  // namespace

Search::Search(std::span<const Call> calls, std::span<const uint32_t> alike, StateTable* table, Meter* meter)
    : calls_(calls),
      alike_(alike),
      table_(table),
      meter_(meter),
      invoke_node_(calls.size(), kNone),
      complete_node_(calls.size(), kNone),
      is_taken_(calls.size(), false) {
  std::vector<std::tuple<Position, uint32_t, bool>> events;
  for (uint32_t i = 0; i < calls.size(); ++i) {
    events.push_back({calls[i].invoke, i, false});
    if (calls[i].complete == kNever) continue;
    events.push_back({calls[i].complete, i, true});
    ++definite_left_;
  }
  std::sort(events.begin(), events.end());
  nodes_.push_back({kNone, 1, kNone, false});
  for (const auto& [position, call, completes] : events) {
    const uint32_t node = static_cast<uint32_t>(nodes_.size());
    nodes_.push_back({node - 1, node + 1, call, completes});
    (completes ? complete_node_ : invoke_node_)[call] = node;
  }
  nodes_.push_back({static_cast<uint32_t>(nodes_.size()) - 1, kNone, kNone, true});
  meter_->Hold(nodes_.size() * sizeof(Node));
  at_ = nodes_[0].next;
  answer_.decision = Decision::kExhausted;
}

bool Search::Advance(uint64_t steps) {
  const uint64_t until = meter_->steps() + steps;
  while (answer_.decision == Decision::kExhausted && meter_->steps() < until && meter_->Spend(1)) {
    if (definite_left_ == 0) {
      answer_.decision = Decision::kLinearizable;
      for (const Taken& taken : taken_) answer_.order.push_back(calls_[taken.call].id);
    } else if (!nodes_[at_].completes) {
      at_ = TryTake(nodes_[at_].call) ? nodes_[0].next : nodes_[at_].next;
    } else if (!StepBack()) {
      answer_.decision = Decision::kNotLinearizable;
    }
  }
  return answer_.decision != Decision::kExhausted;
}

bool Search::TryTake(uint32_t call) {
  const bool optional = calls_[call].complete == kNever;
  if (alike_[call] != kNone && !is_taken_[alike_[call]]) return false;
  const StateTable::StateId next = table_->Next(state_, calls_[call].id);
  if (next == StateTable::kImpossible || (optional && next == state_)) return false;
  Toggle(call);
  if (!seen_.insert({sum_.low, sum_.high, next}).second) {
    Toggle(call);
    return false;
  }
  meter_->Hold(48);
  taken_.push_back({call, state_});
  state_ = next;
  is_taken_[call] = true;
  Lift(call);
  if (!optional) --definite_left_;
  return true;
}

// Undoes the last choice and goes on behind it. False if there was none.
bool Search::StepBack() {
  while (!taken_.empty()) {
    const Taken last = taken_.back();
    taken_.pop_back();
    Unlift(last.call);
    Toggle(last.call);
    is_taken_[last.call] = false;
    state_ = last.before;
    if (calls_[last.call].complete != kNever) ++definite_left_;
    if (calls_[last.call].read_only) continue;  // it was no choice
    at_ = nodes_[invoke_node_[last.call]].next;
    return true;
  }
  return false;
}

void Search::Toggle(uint32_t call) {
  sum_.low ^= Mix(2 * uint64_t{call});
  sum_.high ^= Mix(2 * uint64_t{call} + 1);
}

void Search::Unlink(uint32_t node) {
  nodes_[nodes_[node].previous].next = nodes_[node].next;
  if (nodes_[node].next != kNone) nodes_[nodes_[node].next].previous = nodes_[node].previous;
}

void Search::Relink(uint32_t node) {
  nodes_[nodes_[node].previous].next = node;
  if (nodes_[node].next != kNone) nodes_[nodes_[node].next].previous = node;
}

void Search::Lift(uint32_t call) {
  Unlink(invoke_node_[call]);
  if (complete_node_[call] != kNone) Unlink(complete_node_[call]);
}

void Search::Unlift(uint32_t call) {
  if (complete_node_[call] != kNone) Relink(complete_node_[call]);
  Relink(invoke_node_[call]);
}

}  // namespace lockstep::linearizability
