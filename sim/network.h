// The network of a run: what is on its way, which links are cut, what chance does to each message.
//
// A link keeps the order of its messages unless a fault says otherwise. What a cut stops is lost, or held back until
// the link is whole again, as a connection would hold it. Copies can be kept for long, and let go when the leader
// changes.
#ifndef LOCKSTEP_SIM_NETWORK_H_
#define LOCKSTEP_SIM_NETWORK_H_

#include <array>
#include <cstdint>
#include <vector>

#include "core/message.h"
#include "sim/disk.h"
#include "sim/links.h"
#include "sim/pool.h"
#include "sim/server.h"
#include "sim/world.h"

namespace lockstep::sim {

// A message with what its host attached.
struct Envelope {
  uint64_t id = 0;
  Message message;
  Payloads payloads;              // Of AppendEntries, one for each entry; 0 for those without a command.
  uint32_t snapshot_content = 0;  // Of InstallSnapshot: which snapshot the bytes are of.
};

class Network final : public Wires {
 public:
  explicit Network(World& world) : world_(world) {}

  // Puts a message on its way. Requires: `envelope.message` names servers that exist.
  void Send(Envelope envelope);
  // The message of a kDeliver event arrives, if its link is whole and `receiver_up`. Returns whether it does; then it
  // is in `envelope`.
  bool Arrive(uint32_t slot, bool receiver_up, Envelope& envelope);

  // A message that waits for its kDeliver event.
  const Envelope& on_its_way(uint32_t slot) const { return pool_[slot]; }
  // Puts a copy of it on its way, to arrive as well.
  void Repeat(uint32_t slot);

  void Cut(LinkSet links, uint32_t hold_ppm, int64_t whole_at) override;
  LinkSet cut() const override { return cut_; }
  void ReleaseLateCopies(int64_t within_micros) override;

 private:
  void Copy(const Envelope& envelope);
  void Schedule(Envelope envelope, int64_t at);
  void Lose(const Message& message, uint64_t id);
  int64_t ArrivalTime(uint32_t from, uint32_t to);
  // Stopped by a cut: held back or lost.
  void Stop(Envelope envelope);

  World& world_;
  Pool<Envelope> pool_;
  uint64_t next_id_ = 1;
  LinkSet cut_;
  uint32_t hold_ppm_ = 0;
  int64_t whole_at_ = 0;
  std::array<std::array<int64_t, kServersMax + 1>, kServersMax + 1> last_arrival_{};
  std::vector<Envelope> late_copies_;
};

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_NETWORK_H_
