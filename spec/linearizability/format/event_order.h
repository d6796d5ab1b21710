// A history's events one by one, in their order, as every writer needs them.
//
// Idea: operations know the positions of their events; this turns them back into a sequence of events.
// Contract: what a reader made of a file comes out as the events it was made of, less those it ignored.
// Left to others: spelling (write.h, protobuf.h).
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_EVENT_ORDER_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_EVENT_ORDER_H_

#include <string_view>
#include <vector>

#include "spec/linearizability/format/event.h"
#include "spec/linearizability/history.h"

namespace lockstep::linearizability::format {

struct OrderedEvent {
  OperationId id;
  Position position;
  Event::Type type;
};

// Cost: O(events).
std::vector<OrderedEvent> EventsInOrder(const History& history);

// The name that a file gives the kind: "read", "cas", "txn", ...
std::string_view FunctionOf(OperationKind kind);

// Whether the operation's event names a key: not a range or a transaction, and not the sole key without a name.
bool NamesKey(const History& history, const Operation& operation);

// What stands in the event's field `value`.
enum class Payload : uint8_t {
  kNone,         // nothing is told
  kNil,          // a read's invocation
  kArgument,     // the operation's argument; kCompareAndSet: [expected argument]
  kResult,       // the answer
  kTransaction,  // the steps; with their answers if `type` is kOk
};
Payload PayloadOf(const Operation& operation, Event::Type type);

}  // namespace lockstep::linearizability::format

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_EVENT_ORDER_H_
