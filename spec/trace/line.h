// One line of a trace for spec/Trace.tla: an input, the action that answers it, and the node afterwards.
//
// NDJSON, in the specification's own names: whole messages, one line for each input. TLC reads the lines with
// Trace.tla; TraceChecker (check.h) reads the same lines against the model. A read goes by its number, counted over the
// trace.
#ifndef LOCKSTEP_SPEC_TRACE_LINE_H_
#define LOCKSTEP_SPEC_TRACE_LINE_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "spec/model/actions.h"

namespace lockstep::spec {

// What a node's disk held when it began.
struct TraceDisk {
  Term term = 0;
  NodeId vote;
  model::Snapshot snapshot;
  model::Log log;
};

// Variables by name, each as JSON text: equal text, equal value.
using Variables = std::map<std::string, std::string>;

struct TraceLine {
  // "Restart", "Crash", the name of an action, or "Stutter": an input that no action answers.
  std::string action;
  NodeId node;

  // The choices and parameters of an action; what it does not have stays at its default.
  model::Message message;  // Receive...: what was received.
  WriteId write = 0;       // WriteDone, WriteFailed.
  bool kept = true;        // WriteFailed: it may be on the disk all the same.
  bool give_up = false;    // QuorumCheckTimeout.
  bool step_down = false;
  bool ok = true;                // SnapshotInstalled.
  std::vector<uint32_t> values;  // Propose: the batch.
  model::Change change;          // ProposeConfiguration.
  uint64_t read = 0;             // Read; Cancel: 0 is the transfer.
  NodeId target;                 // TransferLeadership.
  Index index = 0;               // Applied, SnapshotTaken.
  Index last = 0;                // SnapshotTaken: the log is compacted up to here.
  std::string result;            // SnapshotChunkStored: "more", "failed", "complete".
  TraceDisk disk;                // Restart.
  bool withheld = false;         // Restart.

  std::vector<WriteId> writes;    // The writes that the step asked for, in order, by the core's names.
  std::vector<model::Sent> sent;  // The messages that the step sent, each at once or after a write.
  Variables state;                // The node afterwards.
};

// The first line: who takes part, and how the cluster is set up.
struct TraceHead {
  std::vector<NodeId> servers;
  model::Options options;
};

std::string ToJson(const TraceHead& head);
std::string ToJson(const TraceLine& line);

// Each answers what is wrong with the text, or nothing.
std::string Parse(std::string_view text, TraceHead& head);
std::string Parse(std::string_view text, TraceLine& line);

// The node's variables, as lines hold them. What a line leaves out is spoken of in README.md.
Variables VariablesOf(const model::Node& node);

}  // namespace lockstep::spec

#endif  // LOCKSTEP_SPEC_TRACE_LINE_H_
