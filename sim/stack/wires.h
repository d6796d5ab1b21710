// StackWires: the network of a run of whole nodes: what the links between servers do to the bytes on them.
//
// Connections carry bytes in order, in whatever pieces. Loss is the break of a connection; a cut breaks what is sent
// over it, or holds it back, as a network does that comes back in time. Either side learns of a break by itself, maybe
// much later than the other. (Connections themselves: runtime/memory/memory_network.h.)
#ifndef LOCKSTEP_SIM_STACK_WIRES_H_
#define LOCKSTEP_SIM_STACK_WIRES_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "core/fingerprint.h"
#include "core/message.h"
#include "runtime/memory/memory_network.h"
#include "sim/links.h"
#include "sim/server.h"
#include "sim/world.h"

namespace lockstep::sim {

class StackWires final : public Wires, private runtime::LinkFaults {
 public:
  explicit StackWires(World& world) : world_(world), network_(*this) {}

  // What every server's host is a part of. A server's host is named by its number.
  runtime::MemoryNetwork& network() { return network_; }
  static std::string HostName(uint32_t server) { return std::to_string(server); }
  static std::string Address(uint32_t server) { return HostName(server) + ":1"; }

  // A message is handed over to be sent; whether such a one ever was. What arrives must be what left.
  void Note(const Message& message) { sent_.insert(FingerprintOf(message).high); }
  bool WasSent(const Message& message) const { return sent_.contains(FingerprintOf(message).high); }

  void Cut(LinkSet links, uint32_t hold_ppm, int64_t whole_at) override;
  LinkSet cut() const override { return cut_; }
  void ReleaseLateCopies(int64_t) override {}  // A connection repeats nothing.

 private:
  std::optional<int64_t> DelayMicros(const std::string& from, const std::string& to) override;
  int64_t BreakMicros(const std::string& host, runtime::LinkSide side) override;
  bool Carries(const std::string& from, const std::string& to) override;
  int64_t EndMicros(runtime::LinkSide side) override;
  size_t PieceBytes(size_t available) override;
  bool Joins() override;
  // How long a side does not notice: one that only listens maybe never does.
  int64_t HalfOpenMicros(runtime::LinkSide side, NodeId node);
  // What was sent at the latest arrives at the latest.
  int64_t InOrder(uint32_t from, uint32_t to, int64_t delay);

  World& world_;
  runtime::MemoryNetwork network_;
  absl::flat_hash_set<uint64_t> sent_;
  LinkSet cut_;
  uint32_t hold_ppm_ = 0;
  int64_t whole_at_ = 0;
  bool splitting_ = false;  // What arrives just now comes in small pieces.
  std::array<std::array<int64_t, kServersMax + 1>, kServersMax + 1> last_arrival_{};
};

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_STACK_WIRES_H_
