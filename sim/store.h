// The replicated state machine of a run: a few registers and a session table.
//
// Deterministic and small, so that a snapshot is a copy. The session table answers a command that comes again from
// memory, so that each operation happens once however often it was proposed. [Thesis §6.3]
#ifndef LOCKSTEP_SIM_STORE_H_
#define LOCKSTEP_SIM_STORE_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/command.h"

namespace lockstep::sim {

class Store {
 public:
  Store() = default;
  Store(uint32_t keys, uint32_t clients) : values_(keys), sessions_(clients) {}

  // Applies the command of the next entry; null for an entry without one. Returns whether it was executed: not if
  // its session has seen it, or a later one, before. Requires: index == applied() + 1.
  bool Apply(Index index, const Command* command);

  Index applied() const { return applied_; }
  uint64_t Get(uint32_t key) const { return values_[key]; }
  // What the operation was answered: 1, or 0 for a compare-and-set that did not take place. Nothing if the session has
  // not seen it, or has gone on since.
  std::optional<uint64_t> Result(uint32_t client, uint64_t sequence) const;
  // Equal for equal stores.
  uint64_t Hash() const;

  friend bool operator==(const Store&, const Store&) = default;

 private:
  struct Session {
    uint64_t sequence = 0;
    uint64_t result = 0;
    friend bool operator==(const Session&, const Session&) = default;
  };

  Index applied_ = 0;
  std::vector<uint64_t> values_;
  std::vector<Session> sessions_;
};

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_STORE_H_
