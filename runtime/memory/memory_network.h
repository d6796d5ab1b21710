// A network in memory: bytes arrive in order, after a delay, in pieces, or the connection breaks.
//
// One MemoryNetwork joins the hosts of a test or a simulated run; each host sees it through a MemoryHost of its own.
// Ending a MemoryHost is the end of its process: its connections break.
#ifndef LOCKSTEP_RUNTIME_MEMORY_MEMORY_NETWORK_H_
#define LOCKSTEP_RUNTIME_MEMORY_MEMORY_NETWORK_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "runtime/clock.h"
#include "runtime/network.h"

namespace lockstep::runtime {

// Who made a connection, and who was called.
enum class LinkSide : uint8_t { kCaller, kCalled };

// What a link does to the bytes, asked at each write. The default carries everything at once, in one piece.
class LinkFaults {
 public:
  virtual ~LinkFaults() = default;
  // How long what is sent travels; nothing: the connection is cut here, and carries nothing any more ...
  virtual std::optional<int64_t> DelayMicros(const std::string&, const std::string&) { return 0; }
  // ... which `host` learns after this long. The side that was called need not send, and may never learn it.
  virtual int64_t BreakMicros(const std::string& /*host*/, LinkSide) { return 1'000'000; }
  // Asked when bytes arrive: whether the link carries them still. If not, the connection is cut here.
  virtual bool Carries(const std::string& /*from*/, const std::string& /*to*/) { return true; }
  // After how long the other side learns that a process has ended.
  virtual int64_t EndMicros(LinkSide) { return 0; }
  // The size of the next piece that arrives, at least 1 ...
  virtual size_t PieceBytes(size_t available) { return available; }
  // ... and whether what is behind it on its way arrives together with it.
  virtual bool Joins() { return false; }
};

class MemoryHost;
struct MemoryLink;

class MemoryNetwork {
 public:
  explicit MemoryNetwork(LinkFaults& faults) : faults_(faults) {}

 private:
  friend class MemoryHost;
  friend class MemoryConnection;
  friend class MemoryListener;
  struct Listening {
    MemoryHost* host = nullptr;
    Network::Accept accept;
  };

  LinkFaults& faults_;
  std::map<std::string, Listening> listeners_;  // By address.
  uint64_t next_link_ = 1;
};

class MemoryHost final : public Network {
 public:
  // `name` says in the faults' questions who this is.
  MemoryHost(MemoryNetwork& network, Scheduler& scheduler, std::string name);
  ~MemoryHost() override;

  std::unique_ptr<Connection> Connect(const std::string& address, ConnectionHandler& handler) override;
  absl::StatusOr<std::unique_ptr<Listener>> Listen(const std::string& address, Accept accept) override;

 private:
  friend class MemoryConnection;

  // Runs `task` on this host's scheduler, unless the host has ended before.
  void RunAfter(int64_t delay_micros, Task task);
  void Meet(const std::shared_ptr<MemoryLink>& link, const std::string& address);
  static void Deliver(const std::shared_ptr<MemoryLink>& link, size_t to);
  static void Break(const std::shared_ptr<MemoryLink>& link, int64_t delay_micros, const absl::Status& why);
  // The same, each side learning it when the faults say so.
  void Cut(const std::shared_ptr<MemoryLink>& link, const absl::Status& why);
  static void Tell(const std::shared_ptr<MemoryLink>& link, size_t side, int64_t delay_micros, const absl::Status& why);

  MemoryNetwork& network_;
  Scheduler& scheduler_;
  const std::string name_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::map<uint64_t, std::shared_ptr<MemoryLink>> links_;  // By their numbers: their order must not be chance's.
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_MEMORY_MEMORY_NETWORK_H_
