// A transport in memory: messages between nodes of one process, as they are, after a delay.
#ifndef LOCKSTEP_RUNTIME_MEMORY_MEMORY_MESSAGES_H_
#define LOCKSTEP_RUNTIME_MEMORY_MEMORY_MESSAGES_H_

#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "runtime/clock.h"
#include "runtime/message_sender.h"

namespace lockstep::runtime {

class MemoryMessages final : public MessageSender {
 public:
  // Outlives its nodes and whatever the scheduler runs.
  MemoryMessages(Scheduler& scheduler, int64_t delay_micros) : scheduler_(scheduler), delay_micros_(delay_micros) {}

  // Who receives what is sent to `node`, from now on; null: nobody.
  void SetReceiver(NodeId node, MessageReceiver* receiver) { receivers_[node] = receiver; }
  // Messages to and from `node` are lost, or no longer.
  void CutOff(NodeId node) { cut_off_.insert(node); }
  void Heal() { cut_off_.clear(); }

  void Send(Envelope envelope) override {
    scheduler_.RunAfter(delay_micros_, [this, envelope = std::move(envelope)] {
      const NodeId dest = envelope.message.dest;
      const auto at = receivers_.find(dest);
      const bool lost = cut_off_.contains(dest) || cut_off_.contains(envelope.message.source);
      if (!lost && at != receivers_.end() && at->second != nullptr) at->second->Receive(envelope);
    });
  }

 private:
  Scheduler& scheduler_;
  const int64_t delay_micros_;
  std::map<NodeId, MessageReceiver*> receivers_;
  std::set<NodeId> cut_off_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_MEMORY_MEMORY_MESSAGES_H_
