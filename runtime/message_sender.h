// MessageSender: how a node's messages get to other nodes.
//
// May lose, delay, repeat and reorder; what it delivers is what was sent.
#ifndef LOCKSTEP_RUNTIME_MESSAGE_SENDER_H_
#define LOCKSTEP_RUNTIME_MESSAGE_SENDER_H_

#include "runtime/payload.h"

namespace lockstep::runtime {

class MessageSender {
 public:
  virtual ~MessageSender() = default;
  // Sends to envelope.message.dest, if it can. Never blocks; what does not fit its budgets is dropped.
  virtual void Send(Envelope envelope) = 0;
};

// Who is told of what arrives.
class MessageReceiver {
 public:
  virtual ~MessageReceiver() = default;
  virtual void Receive(Envelope envelope) = 0;
  // Contact with `peer` was lost, or something for it was dropped.
  virtual void LoseContact(NodeId peer) = 0;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_MESSAGE_SENDER_H_
