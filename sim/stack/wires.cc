#include "sim/stack/wires.h"

#include <algorithm>

namespace lockstep::sim {
namespace {

uint32_t ServerOf(const std::string& host) { return static_cast<uint32_t>(host[0] - '0'); }
NodeId Named(const std::string& host) { return {ServerOf(host), 0}; }

}  // namespace

void StackWires::Cut(LinkSet links, uint32_t hold_ppm, int64_t whole_at) {
  if (links != cut_ && world_.observer != nullptr) world_.observer->OnCut({world_.now, links});
  cut_ = links;
  hold_ppm_ = hold_ppm;
  whole_at_ = whole_at;
}

int64_t StackWires::InOrder(uint32_t from, uint32_t to, int64_t delay) {
  int64_t& last = last_arrival_[from][to];
  last = std::max(last, world_.now + delay);
  return last - world_.now;
}

std::optional<int64_t> StackWires::DelayMicros(const std::string& from, const std::string& to) {
  const uint32_t a = ServerOf(from), b = ServerOf(to);
  if (cut_.contains(a, b)) {
    if (world_.now >= whole_at_ || !world_.choices.Chance(hold_ppm_)) return std::nullopt;
    return InOrder(a, b, whole_at_ - world_.now + world_.NetworkDelay());
  }
  // A connection carries many messages, and takes all of them with it.
  if (world_.faults_on && world_.choices.Chance(world_.scenario.fault_ppm[Fault::kLoss] / 8)) {
    world_.Inject(Fault::kLoss, FaultPhase::kOnce, Named(from), Named(to));
    return std::nullopt;
  }
  int64_t delay = world_.NetworkDelay();
  if (world_.Strikes(Fault::kDelay)) {
    // A heavy tail: each further doubling is half as likely, up to some election timeouts.
    int64_t longest = 4 * world_.scenario.network_delay_max_micros;
    const int64_t limit = 4 * world_.scenario.election_timeout_micros;
    while (longest < limit && world_.choices.Below(2) != 0) longest *= 2;
    delay += world_.choices.Between(0, longest);
    world_.Inject(Fault::kDelay, FaultPhase::kOnce, Named(from), Named(to), delay);
  }
  return InOrder(a, b, delay);
}

int64_t StackWires::HalfOpenMicros(runtime::LinkSide side, NodeId node) {
  constexpr int64_t kNever = 3'600'000'000;
  const int64_t election = world_.scenario.election_timeout_micros;
  const bool never = side == runtime::LinkSide::kCalled && world_.choices.Below(4) == 0;
  const int64_t delay = never ? kNever : world_.choices.Between(election, 12 * election);
  world_.Inject(Fault::kHalfOpen, FaultPhase::kOnce, node, kNoNode, delay);
  return delay;
}

int64_t StackWires::BreakMicros(const std::string& host, runtime::LinkSide side) {
  if (world_.Strikes(Fault::kHalfOpen)) return HalfOpenMicros(side, Named(host));
  return world_.choices.Between(0, world_.scenario.election_timeout_micros);
}

int64_t StackWires::EndMicros(runtime::LinkSide side) {
  if (world_.over) return 0;
  // A machine that lost its power says nothing; a process that ends has its connections closed for it.
  return world_.Strikes(Fault::kHalfOpen) ? HalfOpenMicros(side, kNoNode) : world_.NetworkDelay();
}

bool StackWires::Carries(const std::string& from, const std::string& to) {
  return !cut_.contains(ServerOf(from), ServerOf(to)) || (world_.now < whole_at_ && world_.choices.Chance(hold_ppm_));
}

size_t StackWires::PieceBytes(size_t available) {
  if (!splitting_) {
    if (!world_.Strikes(Fault::kSplitRead)) return available;
    world_.Inject(Fault::kSplitRead, FaultPhase::kOnce, kNoNode, kNoNode, static_cast<int64_t>(available));
  }
  // Small pieces, then maybe all the rest at once.
  splitting_ = world_.choices.Below(4) != 0;
  return splitting_ ? 1 + world_.choices.Below(std::min<size_t>(available, 64)) : available;
}

bool StackWires::Joins() {
  splitting_ = false;
  return world_.Strikes(Fault::kSplitRead);
}

}  // namespace lockstep::sim
