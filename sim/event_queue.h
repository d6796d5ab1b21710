// The one queue of a run: what happens next, in virtual time.
//
// A 4-ary heap of plain 32-byte events; whatever an event is about (a message, a request) rests in a pool and is named
// by `argument`. Events of the same time come out in the order in which they were put in, so that a run is determined.
#ifndef LOCKSTEP_SIM_EVENT_QUEUE_H_
#define LOCKSTEP_SIM_EVENT_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace lockstep::sim {

enum class EventKind : uint8_t {
  // At a node; dropped if it has crashed since (`life`), kept back while it is paused.
  kDeliver,            // argument: slot of the network's pool.
  kTimer,              // detail: effect::Timer.
  kWriteComplete,      // argument: write id.
  kApplied,            // argument: index.
  kSnapshotWritten,    // argument: slot of the node's list.
  kChunkStored,        // argument: write id.
  kSnapshotInstalled,  //
  kEntriesLoaded,      // argument: slot of the node's list.
  kRequest,            // argument: slot of the request pool.
  kProposeBatch,       //
  kLookUp,             // argument: request id. A read by lease looks up its value.
  kUnreachable,        // detail: number of the peer.
  kTask,               // detail: lane, argument: the task's id. Of a whole node.
  kCall,               // argument: of the application's. What a client of its own kind sends a whole node.
  // At a node, whatever its state.
  kCrash,    // If still in `life`.
  kRestart,  //
  kResume,   // If still in `life`.
  // At a client.
  kInvoke,   // detail: client.
  kReply,    // argument: slot of the request pool.
  kTimeout,  // detail: client, argument: attempt.
  // Of the run.
  kFaultInterval,
  kFaultEnd,   // argument: number of the fault.
  kFaultFlap,  // argument: number of the fault.
  kCheckProgress,
};

struct QueuedEvent {
  int64_t time = 0;
  uint64_t order = 0;  // Set by the queue.
  EventKind kind = EventKind::kDeliver;
  uint8_t node = 0;
  uint16_t detail = 0;
  uint32_t life = 0;
  uint64_t argument = 0;
};
static_assert(sizeof(QueuedEvent) == 32);

class EventQueue {
 public:
  bool empty() const { return heap_.empty(); }
  size_t size() const { return heap_.size(); }
  int64_t next_time() const { return heap_.front().time; }

  void Push(QueuedEvent event);
  // The earliest event. Requires: !empty().
  QueuedEvent Pop();

 private:
  static bool Before(const QueuedEvent& a, const QueuedEvent& b) {
    return a.time != b.time ? a.time < b.time : a.order < b.order;
  }

  std::vector<QueuedEvent> heap_;
  uint64_t next_order_ = 0;
};

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_EVENT_QUEUE_H_
