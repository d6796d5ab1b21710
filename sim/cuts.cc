// The nemesis' cuts of the network.
#include <algorithm>

#include "sim/nemesis.h"

namespace lockstep::sim {

void Nemesis::Cuts() {
  if (servers_.size() < 2) return;
  if (Begins(Fault::kPartition)) Partition();
  if (Begins(Fault::kOneWay)) OneWay();
  if (Begins(Fault::kPartial)) {
    const uint32_t a = AnyServer().id().number;
    const auto b = static_cast<uint32_t>((a + world_.choices.Below(servers_.size() - 1)) % servers_.size() + 1);
    Cut(Fault::kPartial, LinkSet::Both(Only(a), Only(b)), &servers_[a - 1]);
  }
  if (Begins(Fault::kFlapping)) Flapping();
  if (Begins(Fault::kIsolateLeader)) IsolateLeader();
  if (Begins(Fault::kBridge)) Bridge();
  if (Begins(Fault::kFewFollowers)) {
    few_followers_armed_ = static_cast<uint32_t>(world_.choices.Between(1, 5));
    if (Server* leader = AnyLeader()) FewFollowers(leader->id().number);
  }
}

ServerSet Nemesis::AnyGroup() {
  const ServerSet all = FirstServers(static_cast<uint32_t>(servers_.size()));
  ServerSet group = 0;
  while (group == 0 || group == all) group = static_cast<ServerSet>(world_.choices.Below(all + 1)) & all;
  return group;
}

void Nemesis::Cut(Fault fault, LinkSet links, Server* node, uint32_t then_fails) {
  ActiveCut cut;
  cut.number = next_number_++;
  cut.fault = fault;
  cut.links = links;
  cut.until = world_.now + Duration();
  cut.flapping = fault == Fault::kFlapping;
  cut.then_fails = then_fails;
  cuts_.push_back(cut);
  ApplyCuts();
  world_.Inject(fault, FaultPhase::kBegin, node == nullptr ? kNoNode : node->id(), kNoNode, cut.until - world_.now);
  QueuedEvent event;
  event.kind = EventKind::kFaultEnd;
  event.argument = cut.number;
  world_.After(cut.until - world_.now, event);
  if (!cut.flapping) return;
  event.kind = EventKind::kFaultFlap;
  world_.After(world_.choices.Between(1, world_.scenario.election_timeout_micros), event);
}

void Nemesis::ApplyCuts() {
  LinkSet links;
  int64_t whole_at = 0;
  for (const ActiveCut& cut : cuts_) {
    if (!cut.open) links = links | cut.links;
    whole_at = std::max(whole_at, cut.until);
  }
  wires_.Cut(links, 100'000, whole_at);
}

void Nemesis::OnFaultEnd(uint64_t number) {
  const auto cut =
      std::find_if(cuts_.begin(), cuts_.end(), [number](const ActiveCut& c) { return c.number == number; });
  if (cut == cuts_.end()) return;
  const uint32_t then_fails = cut->then_fails;
  world_.Inject(cut->fault, FaultPhase::kEnd, kNoNode);
  cuts_.erase(cut);
  ApplyCuts();
  if (then_fails != 0) FailAfterFew(then_fails);
}

void Nemesis::OnFlap(uint64_t number) {
  const auto cut =
      std::find_if(cuts_.begin(), cuts_.end(), [number](const ActiveCut& c) { return c.number == number; });
  if (cut == cuts_.end()) return;
  cut->open = !cut->open;
  ApplyCuts();
  QueuedEvent event;
  event.kind = EventKind::kFaultFlap;
  event.argument = number;
  world_.After(world_.choices.Between(1, world_.scenario.election_timeout_micros), event);
}

void Nemesis::Partition() {
  const ServerSet group = AnyGroup();
  const ServerSet rest = FirstServers(static_cast<uint32_t>(servers_.size())) & ~group;
  Cut(Fault::kPartition, LinkSet::Both(group, rest), nullptr);
}

void Nemesis::OneWay() {
  const ServerSet all = FirstServers(static_cast<uint32_t>(servers_.size()));
  const ServerSet group = world_.choices.Below(2) == 0 ? Only(AnyServer().id().number) : AnyGroup();
  const bool out = world_.choices.Below(2) == 0;
  Cut(Fault::kOneWay, out ? LinkSet::Between(group, all & ~group) : LinkSet::Between(all & ~group, group), nullptr);
}

void Nemesis::IsolateLeader() {
  Server* leader = AnyLeader();
  if (leader == nullptr) return;
  const ServerSet one = Only(leader->id().number), rest = ~one;
  LinkSet links = LinkSet::Both(one, rest);
  const uint64_t way = world_.choices.Below(4);
  if (way == 0) links = LinkSet::Between(one, rest);
  if (way == 1) links = LinkSet::Between(rest, one);
  Cut(Fault::kIsolateLeader, links, leader);
}

void Nemesis::Bridge() {
  const auto count = static_cast<uint32_t>(servers_.size());
  const ServerSet all = FirstServers(count);
  const auto first = static_cast<uint32_t>(world_.choices.Below(count));
  const auto at = [&](uint32_t i) { return Only((first + i) % count + 1); };
  LinkSet links;
  if (world_.choices.Below(2) == 0) {
    // Two halves that meet in one server.
    ServerSet left = 0;
    for (uint32_t i = 1; i <= count / 2; ++i) left |= at(i);
    links = LinkSet::Both(left, all & ~left & ~at(0));
  } else {
    // A ring: each reaches the next few on either side, a majority with itself.
    const uint32_t reach = (count / 2 + 1) / 2;
    for (uint32_t i = 0; i < count; ++i) {
      for (uint32_t j = i + 1; j < count; ++j) {
        if (j - i > reach && count - (j - i) > reach) links = links | LinkSet::Both(at(i), at(j));
      }
    }
  }
  Cut(Fault::kBridge, links, nullptr);
}

void Nemesis::Flapping() {
  const uint32_t a = AnyServer().id().number;
  const ServerSet others = world_.choices.Below(2) == 0 ? ~Only(a) : Only(AnyServer().id().number);
  Cut(Fault::kFlapping, LinkSet::Both(Only(a), others), &servers_[a - 1]);
}

void Nemesis::FewFollowers(uint32_t server) {
  ServerSet reached = 0;
  const uint64_t few = world_.choices.Below((servers_.size() - 1) / 2 + 1);
  for (uint64_t i = 0; i < few; ++i) reached |= Only(AnyServer().id().number);
  LinkSet links = LinkSet::Between(Only(server), ~reached);
  if (world_.choices.Below(2) == 0) links = links | LinkSet::Between(~ServerSet{0}, Only(server));
  Cut(Fault::kFewFollowers, links, &servers_[server - 1], server);
}

}  // namespace lockstep::sim
