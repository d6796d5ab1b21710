#include "sim/network.h"

#include <algorithm>
#include <utility>

namespace lockstep::sim {
namespace {

// Copies kept for the next change of leader; the oldest make room.
constexpr size_t kLateCopiesMax = 48;

}  // namespace

void Network::Send(Envelope envelope) {
  const Message& message = envelope.message;
  if (!world_.Check(world_.monitor.Sent(world_.step, message))) return;
  envelope.id = next_id_++;
  if (world_.observer != nullptr) {
    world_.observer->OnMessage({world_.now, MessageFate::kSent, envelope.id, message});
  }
  const uint32_t from = message.source.number, to = message.dest.number;
  if (world_.faults_on) {
    if (world_.Strikes(Fault::kDuplicate)) {
      world_.Inject(Fault::kDuplicate, FaultPhase::kOnce, message.source, message.dest);
      Copy(envelope);
      Schedule(envelope, world_.now + 2 * world_.NetworkDelay());
    }
    if (world_.Strikes(Fault::kLateDuplicate)) {
      world_.Inject(Fault::kLateDuplicate, FaultPhase::kOnce, message.source, message.dest);
      Copy(envelope);
      if (world_.choices.Below(2) == 0) {
        Schedule(envelope, world_.now + world_.choices.Between(1, 12 * world_.scenario.election_timeout_micros));
      } else {
        if (late_copies_.size() == kLateCopiesMax) late_copies_.erase(late_copies_.begin());
        late_copies_.push_back(envelope);
      }
    }
    if (world_.Strikes(Fault::kLoss)) {
      world_.Inject(Fault::kLoss, FaultPhase::kOnce, message.source, message.dest);
      return Lose(message, envelope.id);
    }
  }
  if (from == to) return Lose(message, envelope.id);  // Its own former identity: nobody is there.
  if (cut_.contains(from, to)) return Stop(std::move(envelope));
  const int64_t at = ArrivalTime(from, to);
  Schedule(std::move(envelope), at);
}

bool Network::Arrive(uint32_t slot, bool receiver_up, Envelope& envelope) {
  envelope = pool_.Take(slot);
  const Message& message = envelope.message;
  if (cut_.contains(message.source.number, message.dest.number)) {
    Stop(std::move(envelope));
    return false;
  }
  if (!receiver_up) {
    Lose(message, envelope.id);
    return false;
  }
  if (world_.observer != nullptr) {
    world_.observer->OnMessage({world_.now, MessageFate::kDelivered, envelope.id, message});
  }
  return true;
}

void Network::Repeat(uint32_t slot) {
  const Envelope copy = pool_[slot];
  Copy(copy);
  Schedule(copy, world_.now);
}

void Network::Cut(LinkSet links, uint32_t hold_ppm, int64_t whole_at) {
  if (links != cut_ && world_.observer != nullptr) world_.observer->OnCut({world_.now, links});
  cut_ = links;
  hold_ppm_ = hold_ppm;
  whole_at_ = whole_at;
}

void Network::ReleaseLateCopies(int64_t within_micros) {
  for (Envelope& envelope : late_copies_) {
    Schedule(std::move(envelope), world_.now + world_.choices.Between(0, within_micros));
  }
  late_copies_.clear();
}

void Network::Copy(const Envelope& envelope) {
  if (world_.observer == nullptr) return;
  world_.observer->OnMessage({world_.now, MessageFate::kDuplicated, envelope.id, envelope.message});
}

void Network::Schedule(Envelope envelope, int64_t at) {
  QueuedEvent event;
  event.time = at;
  event.kind = EventKind::kDeliver;
  event.node = static_cast<uint8_t>(envelope.message.dest.number);
  event.argument = pool_.Put(std::move(envelope));
  world_.queue.Push(event);
}

void Network::Lose(const Message& message, uint64_t id) {
  if (world_.observer != nullptr) world_.observer->OnMessage({world_.now, MessageFate::kLost, id, message});
  if (!world_.Strikes(Fault::kUnreachable)) return;
  world_.Inject(Fault::kUnreachable, FaultPhase::kOnce, message.source, message.dest);
  QueuedEvent event;
  event.kind = EventKind::kUnreachable;
  event.node = static_cast<uint8_t>(message.source.number);
  event.detail = static_cast<uint16_t>(message.dest.number);
  event.argument = message.dest.incarnation;
  world_.After(world_.NetworkDelay(), event);
}

int64_t Network::ArrivalTime(uint32_t from, uint32_t to) {
  int64_t delay = world_.NetworkDelay();
  int64_t& last = last_arrival_[from][to];
  if (world_.Strikes(Fault::kDelay)) {
    // A heavy tail: each further doubling is half as likely, up to many election timeouts.
    int64_t longest = 4 * world_.scenario.network_delay_max_micros;
    const int64_t limit = 10 * world_.scenario.election_timeout_micros;
    while (longest < limit && world_.choices.Below(2) != 0) longest *= 2;
    delay += world_.choices.Between(0, longest);
    world_.Inject(Fault::kDelay, FaultPhase::kOnce, {from, 0}, {to, 0}, delay);
    // Either the link waits with it, or it is passed by what follows.
    if (world_.choices.Below(2) == 0) return world_.now + delay;
  } else if (world_.Strikes(Fault::kReorder)) {
    world_.Inject(Fault::kReorder, FaultPhase::kOnce, {from, 0}, {to, 0});
    return world_.now + delay * world_.choices.Between(0, 8) / 4;
  }
  last = std::max(last, world_.now + delay);
  return last;
}

void Network::Stop(Envelope envelope) {
  if (world_.now >= whole_at_ || !world_.choices.Chance(hold_ppm_)) return Lose(envelope.message, envelope.id);
  const int64_t at = whole_at_ + world_.NetworkDelay();
  Schedule(std::move(envelope), at);
}

}  // namespace lockstep::sim
