#include "spec/linearizability/frontier.h"

#include <algorithm>
#include <bit>

#include "absl/container/inlined_vector.h"

namespace lockstep::linearizability {
namespace {

constexpr uint64_t Bit(int slot) { return uint64_t{1} << slot; }

template <typename F>
void ForEachBit(uint64_t mask, F f) {
  for (; mask != 0; mask &= mask - 1) f(std::countr_zero(mask));
}

}  // namespace

Frontier::Frontier(Value initial, bool remember, Meter* meter) : meter_(meter), remember_(remember) {
  counts_.emplace_back();
  counts_index_.emplace(counts_.back(), 0);
  Configuration first;
  first.value = initial;
  configurations_.push_back(first);
}

const Frontier::Touching* Frontier::Find(Value value) const {
  const auto it = touching_.find(value);
  return it == touching_.end() ? nullptr : &it->second;
}

// The open reads and refusals that are satisfied while the register holds the
// value.
Frontier::Mask Frontier::AnsweredBy(Value value) const {
  const Touching* touching = Find(value);
  if (touching == nullptr) return refusals_;
  return touching->reads | (refusals_ & ~touching->refusals);
}

void Frontier::Enter(int slot) {
  const Access& access = open_[slot];
  const Mask bit = Bit(slot);
  open_mask_ |= bit;
  sooner_[slot] = 0;
  if (!access.writes) {
    Touching& touching = touching_[access.expect];
    const bool refusal = access.guard == Access::Guard::kNotEqual;
    (refusal ? refusals_ : observers_) |= bit;
    (refusal ? touching.refusals : touching.reads) |= bit;
    return;
  }
  const bool plain = access.PlainWrite();
  Touching& touching = touching_[plain ? access.set : access.expect];
  (plain ? plain_ : replaces_) |= bit;
  ForEachBit(plain ? touching.writes : touching.replaces, [&](int other) {
    if (open_[other].set != access.set) return;
    const bool other_first = open_[other].complete < access.complete;
    sooner_[other_first ? slot : other] |= Bit(other_first ? other : slot);
  });
  (plain ? touching.writes : touching.replaces) |= bit;
}

void Frontier::Leave(int slot) {
  const Access& access = open_[slot];
  const Mask keep = ~Bit(slot);
  const auto it = touching_.find(access.PlainWrite() ? access.set : access.expect);
  Touching& touching = it->second;
  touching.reads &= keep;
  touching.refusals &= keep;
  touching.writes &= keep;
  touching.replaces &= keep;
  if (touching.Empty()) touching_.erase(it);
  open_mask_ &= keep;
  observers_ &= keep;
  refusals_ &= keep;
  plain_ &= keep;
  replaces_ &= keep;
  ForEachBit(open_mask_, [&](int other) { sooner_[other] &= keep; });
}

Frontier::Step Frontier::Invoke(const Access& access) {
  if (access.optional) return InvokeOptional(access);
  if (open_mask_ == ~Mask{0}) return Step::kTooMany;
  const int slot = std::countr_one(open_mask_);
  open_[slot] = access;
  Enter(slot);
  if (!meter_->Spend(configurations_.size())) return Step::kExhausted;
  if (access.writes) return Step::kGoOn;
  for (Configuration& c : configurations_) {
    const bool equal = c.value == access.expect;
    if (equal == (access.guard == Access::Guard::kEqual)) c.done |= Bit(slot);
  }
  return Step::kGoOn;
}

Frontier::Step Frontier::InvokeOptional(const Access& access) {
  const uint32_t fresh = static_cast<uint32_t>(classes_.size());
  const bool plain = access.PlainWrite();
  const uint32_t index = plain ? class_of_write_.try_emplace(access.set, fresh).first->second
                               : class_of_replace_.try_emplace({access.expect, access.set}, fresh).first->second;
  if (index == fresh) {
    classes_.push_back({access, 0, 0, {}, targets_.try_emplace(access.set, fresh).first->second});
    Touching& touching = touching_[plain ? access.set : access.expect];
    (plain ? touching.optional_writes : touching.optional_replaces).push_back(index);
    if (!plain) replace_classes_.push_back(index);
  }
  ++classes_[index].available;
  if (remember_) classes_[index].ids.push_back(access.id);
  return meter_->Hold(sizeof(Class)) ? Step::kGoOn : Step::kExhausted;
}

Frontier::Step Frontier::Complete(OperationId id, Position position) {
  int slot = -1;
  ForEachBit(open_mask_, [&](int candidate) {
    if (open_[candidate].id == id) slot = candidate;
  });
  const Mask bit = Bit(slot);
  Exploration exploration;
  exploration.slot = slot;
  exploration.position = position;
  for (const Configuration& c : configurations_) {
    if (c.done & bit) {
      exploration.results.push_back(c);
    } else {
      exploration.queue.push_back(c);
    }
  }
  if (!meter_->Spend(configurations_.size())) return Step::kExhausted;
  if (!exploration.queue.empty()) {
    if (const Step step = Explore(&exploration); step != Step::kGoOn) return step;
  }
  for (Configuration& c : exploration.results) {
    c.done &= ~bit;
    c.free &= ~bit;
  }
  Leave(slot);
  Reduce(&exploration.results);
  configurations_ = std::move(exploration.results);
  if (counts_.size() > 1024 + 8 * configurations_.size()) RetireUsed();
  return configurations_.empty() ? Step::kImpossible : Step::kGoOn;
}

// Explores what the configurations without the completing access can reach, until it has taken effect.
Frontier::Step Frontier::Explore(Exploration* exploration) {
  const Mask bit = Bit(exploration->slot);
  for (const Configuration& c : exploration->results) exploration->reached[c.value].push_back(c);
  for (const Configuration& c : exploration->queue) exploration->reached[c.value].push_back(c);
  const size_t held_before = exploration->queue.size();
  for (size_t next = 0; next < exploration->queue.size(); ++next) {
    const Configuration from = exploration->queue[next];
    if (!meter_->Spend(1)) return Step::kExhausted;
    if ((from.done | from.free) & bit) exploration->results.push_back(from);
    if (!(from.done & bit)) Successors(from, exploration);
  }
  meter_->Release(2 * sizeof(Configuration) * (exploration->queue.size() - held_before));
  return Step::kGoOn;
}

// The values that lead somewhere: those that an open observer waits for.
// Reaching any other value now instead of later gains nothing, except by the
// completing access itself.
void Frontier::Goals(const Configuration& from, Exploration* exploration) const {
  std::vector<Value>& goals = exploration->goals;
  goals.clear();
  ForEachBit((observers_ | replaces_) & ~from.done, [&](int slot) { goals.push_back(open_[slot].expect); });
  for (uint32_t index : replace_classes_) {
    if (Available(from, index)) goals.push_back(classes_[index].sample.expect);
  }
  if (refusals_ & ~from.done) {
    // Any other value will do: whatever can be written.
    ForEachBit((plain_ | replaces_) & ~from.done, [&](int slot) { goals.push_back(open_[slot].set); });
    for (uint32_t index = 0; index < classes_.size(); ++index) {
      if (Available(from, index)) goals.push_back(classes_[index].sample.set);
    }
  }
  const Access& completing = open_[exploration->slot];
  if (completing.PlainWrite()) goals.push_back(completing.set);
  std::sort(goals.begin(), goals.end());
  goals.erase(std::unique(goals.begin(), goals.end()), goals.end());
}

void Frontier::Successors(const Configuration& from, Exploration* exploration) {
  Goals(from, exploration);
  for (Value goal : exploration->goals) TryWrite(from, goal, exploration);
  TryReplace(from, exploration);
}

// Of several plain writes of the value, the one that completes first: the
// others remain good for longer.
void Frontier::TryWrite(const Configuration& from, Value value, Exploration* exploration) {
  const Touching* touching = Find(value);
  if (touching == nullptr) return;
  const Mask unused = touching->writes & ~from.done;
  if (unused != 0) {
    ForEachBit(unused, [&](int slot) {
      if (sooner_[slot] & unused) return;
      Configuration next = from;
      next.value = value;
      next.done |= Bit(slot);
      Push(next, true, open_[slot].id, exploration);
    });
    return;
  }
  for (uint32_t index : touching->optional_writes) {
    if (!Available(from, index)) continue;
    Configuration next = from;
    next.value = value;
    next.used = UseOne(from.used, index);
    Push(next, true, IdOfUse(from, index), exploration);
  }
}

void Frontier::TryReplace(const Configuration& from, Exploration* exploration) {
  const Touching* touching = Find(from.value);
  if (touching == nullptr) return;
  const Mask unused = touching->replaces & ~from.done;
  ForEachBit(unused, [&](int slot) {
    if (sooner_[slot] & unused) return;
    Configuration next = from;
    next.value = open_[slot].set;
    next.done |= Bit(slot);
    Push(next, false, open_[slot].id, exploration);
  });
  for (size_t i = 0; i < touching->optional_replaces.size(); ++i) {
    const uint32_t index = touching->optional_replaces[i];
    if (!Available(from, index)) continue;
    const Value set = classes_[index].sample.set;
    // To leave the value for one that nobody waits for gains nothing.
    const auto& goals = exploration->goals;
    if (!std::binary_search(goals.begin(), goals.end(), set)) continue;
    bool definite_left = false;
    ForEachBit(unused, [&](int slot) { definite_left = definite_left || open_[slot].set == set; });
    if (definite_left) continue;
    Configuration next = from;
    next.value = set;
    next.used = UseOne(from.used, index);
    Push(next, false, IdOfUse(from, index), exploration);
  }
}

// Completes a step: what the new value answers is answered, and a plain write
// overtakes every open one.
void Frontier::Push(Configuration next, bool plain, OperationId id, Exploration* exploration) {
  next.done |= AnsweredBy(next.value);
  if (plain) next.free |= plain_;
  next.free &= ~next.done;
  std::vector<Configuration>& reached = exploration->reached[next.value];
  if (Covered(reached, next)) return;
  meter_->Hold(2 * sizeof(Configuration));
  if (remember_) {
    meter_->Hold(sizeof(Trail));
    trail_.push_back({next.trail, id, exploration->position});
    next.trail = static_cast<uint32_t>(trail_.size() - 1);
  }
  exploration->queue.push_back(next);
  reached.push_back(next);
}

bool Frontier::Available(const Configuration& from, uint32_t class_index) const {
  return UsedOf(from.used, class_index) < classes_[class_index].available;
}

uint32_t Frontier::UsedOf(Counts counts, uint32_t class_index) const {
  const auto& vector = counts_[counts];
  const auto it = std::lower_bound(vector.begin(), vector.end(), std::pair<uint32_t, uint32_t>{class_index, 0});
  return it == vector.end() || it->first != class_index ? 0 : it->second;
}

// Plain writes weigh more, because they can stand in for compare-and-sets.
uint32_t Frontier::Spent(Counts counts) const {
  uint32_t spent = 0;
  for (const auto& [index, used] : counts_[counts]) spent += used * (classes_[index].sample.PlainWrite() ? 2 : 1);
  return spent;
}

Frontier::Counts Frontier::UseOne(Counts counts, uint32_t class_index) {
  auto vector = counts_[counts];
  const auto it = std::lower_bound(vector.begin(), vector.end(), std::pair<uint32_t, uint32_t>{class_index, 0});
  if (it == vector.end() || it->first != class_index) {
    vector.insert(it, {class_index, 1});
  } else {
    ++it->second;
  }
  return InternCounts(std::move(vector));
}

Frontier::Counts Frontier::InternCounts(std::vector<std::pair<uint32_t, uint32_t>> counts) {
  const auto [it, inserted] = counts_index_.try_emplace(counts, static_cast<Counts>(counts_.size()));
  if (inserted) {
    meter_->Hold(2 * counts.size() * sizeof(counts[0]) + 64);
    counts_.push_back(std::move(counts));
  }
  return it->second;
}

OperationId Frontier::IdOfUse(const Configuration& from, uint32_t class_index) const {
  const Class& c = classes_[class_index];
  return remember_ ? c.ids[c.retired + UsedOf(from.used, class_index)] : 0;
}

// Whether what `a` has left can do all that what `b` has left can. A plain write can stand in for any compare-and-set
// that leaves the same value: so per value, the compare-and-sets that `a` lacks must be made up by its plain writes.
bool Frontier::UsedAtMost(Counts a, Counts b) const {
  if (a == b || a == 0) return true;
  if (b == 0) return false;
  absl::InlinedVector<std::pair<uint32_t, int64_t>, 16> missing;  // per target: what `a` lacks and must make up
  const auto lack = [&](uint32_t index, int64_t used_a, int64_t used_b) {
    const bool plain = classes_[index].sample.PlainWrite();
    const int64_t amount = plain ? used_a - used_b : std::max<int64_t>(0, used_a - used_b);
    if (amount != 0) missing.push_back({classes_[index].target, amount});
  };
  auto left = counts_[a].begin();
  auto right = counts_[b].begin();
  while (left != counts_[a].end() || right != counts_[b].end()) {
    const uint32_t l = left == counts_[a].end() ? UINT32_MAX : left->first;
    const uint32_t r = right == counts_[b].end() ? UINT32_MAX : right->first;
    const uint32_t index = std::min(l, r);
    lack(index, l == index ? (left++)->second : 0, r == index ? (right++)->second : 0);
  }
  std::sort(missing.begin(), missing.end());
  int64_t sum = 0;
  for (size_t i = 0; i < missing.size(); ++i) {
    sum = (i > 0 && missing[i - 1].first == missing[i].first ? sum : 0) + missing[i].second;
    const bool last = i + 1 == missing.size() || missing[i + 1].first != missing[i].first;
    if (last && sum > 0) return false;
  }
  return true;
}

// Whether `a` can do all that `b` can: it has answered more, owes no more, and
// has used up less.
bool Frontier::Covers(const Configuration& a, const Configuration& b) const {
  const Mask answers = observers_ | refusals_;
  if (b.done & answers & ~a.done) return false;
  const Mask writes = plain_ | replaces_;
  if (((a.done ^ b.done) | (a.free ^ b.free)) & writes & ~a.free) return false;
  return UsedAtMost(a.used, b.used);
}

bool Frontier::Covered(const std::vector<Configuration>& by, const Configuration& c) const {
  meter_->Spend(by.size() / 8);
  return std::any_of(by.begin(), by.end(), [&](const Configuration& a) { return Covers(a, c); });
}

void Frontier::Reduce(std::vector<Configuration>* configurations) {
  auto merit = [&](const Configuration& c) {
    return 2 * std::popcount(c.free) + std::popcount(c.done & (observers_ | refusals_));
  };
  // What covers another comes before it.
  std::sort(configurations->begin(), configurations->end(), [&](const Configuration& a, const Configuration& b) {
    if (a.value != b.value) return a.value < b.value;
    const int merit_a = merit(a);
    const int merit_b = merit(b);
    if (merit_a != merit_b) return merit_a > merit_b;
    const uint32_t spent_a = Spent(a.used);
    const uint32_t spent_b = Spent(b.used);
    if (spent_a != spent_b) return spent_a < spent_b;
    if (a.used != b.used) return a.used < b.used;
    return std::pair(a.done, a.free) < std::pair(b.done, b.free);
  });
  std::vector<Configuration> kept;
  size_t group = 0;  // where the configurations with the present value begin
  for (const Configuration& c : *configurations) {
    if (!kept.empty() && kept.back().value != c.value) group = kept.size();
    meter_->Spend((kept.size() - group) / 8);
    const auto first = kept.begin() + static_cast<ptrdiff_t>(group);
    if (std::none_of(first, kept.end(), [&](const Configuration& a) { return Covers(a, c); })) kept.push_back(c);
  }
  *configurations = std::move(kept);
}

// Forgets what every configuration has used up, and the vectors of
// configurations that are gone.
void Frontier::RetireUsed() {
  std::vector<uint32_t> least(classes_.size(), UINT32_MAX);
  for (uint32_t index = 0; index < classes_.size(); ++index) {
    for (const Configuration& c : configurations_) least[index] = std::min(least[index], UsedOf(c.used, index));
    if (configurations_.empty()) least[index] = 0;
    classes_[index].available -= least[index];
    classes_[index].retired += least[index];
  }
  const auto old = std::move(counts_);
  counts_.clear();
  counts_index_.clear();
  InternCounts({});
  for (Configuration& c : configurations_) {
    std::vector<std::pair<uint32_t, uint32_t>> counts;
    for (auto [index, used] : old[c.used]) {
      if (used > least[index]) counts.push_back({index, used - least[index]});
    }
    c.used = InternCounts(std::move(counts));
  }
}

size_t Frontier::bytes() const {
  size_t bytes = configurations_.capacity() * sizeof(Configuration) + trail_.capacity() * sizeof(Trail);
  bytes += classes_.capacity() * sizeof(Class) + touching_.capacity() * (sizeof(Touching) + sizeof(Value));
  for (const auto& counts : counts_) bytes += 2 * counts.size() * sizeof(counts[0]) + 64;
  return bytes;
}

std::vector<Frontier::Visible> Frontier::Path() const {
  std::vector<Visible> path;
  for (uint32_t node = configurations_[0].trail; node != UINT32_MAX; node = trail_[node].previous) {
    path.push_back({trail_[node].id, trail_[node].before});
  }
  std::reverse(path.begin(), path.end());
  return path;
}

}  // namespace lockstep::linearizability
