// What clients ask the replicated store to do, and how the rest of a run names it.
//
// The core never sees a command. Each operation of a client has one command, however often it is proposed; a run keeps
// all of them in one table, and hosts, disks and messages carry their numbers.
#ifndef LOCKSTEP_SIM_COMMAND_H_
#define LOCKSTEP_SIM_COMMAND_H_

#include <cstdint>
#include <vector>

#include "sim/observer.h"

namespace lockstep::sim {

struct Command {
  uint32_t client = 0;    // Its session …
  uint64_t sequence = 0;  // … and the operation's number there, from 1.
  OperationKind kind = OperationKind::kWrite;
  uint32_t key = 0;
  uint64_t argument = 0;
  uint64_t expected = 0;
  uint32_t bytes = 0;  // What the core is told of its size.
};

// The number of a command in the run's table, from 1; 0 for an entry that carries none.
using Payload = uint32_t;

class CommandTable {
 public:
  Payload Add(const Command& command) {
    commands_.push_back(command);
    return static_cast<Payload>(commands_.size());
  }
  const Command& operator[](Payload payload) const { return commands_[payload - 1]; }
  size_t size() const { return commands_.size(); }

 private:
  std::vector<Command> commands_;
};

// The payloads of a log's entries, index by index, after a base.
class PayloadLog {
 public:
  Index base() const { return base_; }
  Index last() const { return base_ + payloads_.size() - offset_; }
  // Requires: base() < index <= last().
  Payload At(Index index) const { return payloads_[offset_ + index - base_ - 1]; }
  void Append(Payload payload) { payloads_.push_back(payload); }
  // Takes away everything after `last`, if it is there.
  void TruncateAfter(Index last) {
    if (last < this->last()) payloads_.resize(last <= base_ ? offset_ : offset_ + last - base_);
  }
  // Forgets everything up to `last`, if it is there.
  void CompactTo(Index last) {
    if (last <= base_) return;
    if (last >= this->last()) return Reset(last);
    offset_ += last - base_;
    base_ = last;
    if (offset_ > 64 && offset_ > payloads_.size() / 2) {
      payloads_.erase(payloads_.begin(), payloads_.begin() + static_cast<ptrdiff_t>(offset_));
      offset_ = 0;
    }
  }
  // Empty, going on after `base`.
  void Reset(Index base) {
    payloads_.clear();
    offset_ = 0;
    base_ = base;
  }

 private:
  Index base_ = 0;
  size_t offset_ = 0;  // Forgotten ones at the front.
  std::vector<Payload> payloads_;
};

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_COMMAND_H_
