// A run as columns of numbers and words, gathered from the records of its trace: what the page of a run draws.
//
// An event is a line of the list; everything else refers to events by their number, from 0.
#ifndef LOCKSTEP_TRACES_VIEW_COLUMNS_H_
#define LOCKSTEP_TRACES_VIEW_COLUMNS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "traces/text.h"
#include "traces/trace.pb.h"

namespace lockstep::traces::view {

// The kinds of inputs in the order of proto::Input, then what is no step.
enum class EventKind : uint8_t {
  kElectionTimeout,
  kHeartbeatTimeout,
  kQuorumCheckTimeout,
  kReceive,
  kWriteDone,
  kWriteFailed,
  kPropose,
  kProposeConfiguration,
  kRead,
  kTransferLeadership,
  kCancel,
  kApplied,
  kSnapshotTaken,
  kSnapshotChunkStored,
  kSnapshotInstalled,
  kEntriesLoaded,
  kPeerUnreachable,
  kStart,
  kCrash,
  kSend,
  kLost,
  kDuplicated,
  kFault,
  kCut,
  kCall,
  kAnswer,
  kHealed,
  kViolation,
};
inline constexpr int kEventKindCount = static_cast<int>(EventKind::kViolation) + 1;
const char* NameOf(EventKind kind);

struct EventColumns {
  std::vector<int64_t> time;  // Since the event before.
  std::vector<int> kind;
  std::vector<uint32_t> node;  // 0: of none.
  std::vector<uint64_t> step;
  std::vector<uint64_t> term;       // That it speaks of; 0: none.
  std::vector<uint64_t> low, high;  // The indexes of the log that it concerns; none if high < low.
  std::vector<std::string> text;    // Paragraphs.
};

struct MessageColumns {
  std::vector<int> begin, end;  // The events in which it was sent, and arrived or was lost; -1: neither.
  std::vector<uint32_t> from, to;
  std::vector<int> kind;
  std::vector<int> fate;  // 0 on its way, 1 arrived, 2 lost.
};

struct StateColumns {  // Of one node, whenever something of it changed.
  std::vector<int> event;
  std::vector<int> role;  // As proto::Role; 4: down.
  std::vector<uint64_t> term, commit, last;
};

struct WriteColumns {  // Of one node.
  std::vector<int> begin, end;
  std::vector<int> state;  // 0 on its way, 1 done, 2 failed.
};

struct SpanColumns {  // Faults that last.
  std::vector<std::string> name;
  std::vector<int> begin, end;
};

struct CutColumns {  // Which links are cut, from an event to the next one here.
  std::vector<int> event;
  std::vector<std::vector<std::pair<uint32_t, uint32_t>>> links;  // From, to.
};

struct OperationColumns {  // Of clients.
  std::vector<int> begin, end;
  std::vector<int> kind, answer;  // As proto::OperationKind, proto::Answer.
  std::vector<std::string> text;
};

class Columns {
 public:
  void Take(const proto::Record& record);

  // The event after which the violation was seen. Requires: violation.
  int ViolationEvent() const;
  // The events that the violation rests on: the last step, how its node came to be in its state, and the chain of
  // messages and steps that led there, oldest first.
  std::vector<int> RestsOn() const;

  EventColumns events;
  MessageColumns messages;
  std::map<uint32_t, StateColumns> states;
  std::map<uint32_t, WriteColumns> writes;
  SpanColumns spans;
  CutColumns cuts;
  OperationColumns operations;
  std::set<uint32_t> nodes;
  std::vector<std::string> message_names;
  std::optional<proto::Violation> violation;
  uint64_t steps = 0;
  bool ended = false;

 private:
  int AddEvent(const proto::Record& record, EventKind kind, uint32_t node);
  void TakeStep(const proto::Record& record);
  void TakeNetwork(const proto::Record& record);
  void TakeFault(const proto::Record& record);
  void TakeCut(const proto::Record& record);
  void TakeOperation(const proto::Record& record);
  void TakeEnd(const proto::Record& record);
  void TakeState(int event, uint32_t node, const proto::NodeState& state);
  void TakeWrites(int event, uint32_t node, const google::protobuf::RepeatedPtrField<proto::Effect>& effects, int done);
  void EndWrite(int event, uint32_t node, uint64_t write_id, int state);
  void Concern(const proto::Message& message);
  void SetConcern(uint64_t term, uint64_t low, uint64_t high);
  int KindOf(const proto::Message& message);
  // The last message of that number whose fate is open, or -1.
  int FindOpen(uint64_t id) const;
  // The last step of that node before that event at which its role or term changed, or -1.
  int LastTurn(uint32_t node, int before) const;

  Narrator narrator_;
  int64_t last_time_ = 0;
  std::map<uint64_t, std::vector<int>> open_messages_;           // By number, those on their way.
  std::map<int, int> taken_;                                     // By event: the message that it took.
  std::map<std::pair<uint32_t, uint64_t>, size_t> open_writes_;  // By node and write: its place.
  std::map<int, int> written_;                                   // By event: where the write that it ended began.
  std::map<std::string, size_t> open_spans_;
  std::map<std::pair<uint32_t, uint64_t>, size_t> open_operations_;  // By client and sequence.
};

}  // namespace lockstep::traces::view

#endif  // LOCKSTEP_TRACES_VIEW_COLUMNS_H_
