// A node with its disk: what one node contributes to a state of the whole. [TLA Disks]
//
// The node's own actions are in actions.h; here they are joined with what the host does: writes are on their way,
// take effect in order, are told in any order; messages wait for the vote; a crash keeps a prefix.
#ifndef LOCKSTEP_SPEC_MODEL_LOCAL_H_
#define LOCKSTEP_SPEC_MODEL_LOCAL_H_

#include <string>
#include <vector>

#include "spec/model/actions.h"
#include "spec/model/node.h"

namespace lockstep::model {

struct Disk {
  Term term = 0;
  NodeId vote;
  Snapshot snapshot;
  Log log;
  friend bool operator==(const Disk&, const Disk&) = default;
};

// A write on its way, or there and not told. [TLA Write]
struct Pending {
  WriteId id = 0;
  WriteKind kind = WriteKind::kVote;
  Term term = 0;
  NodeId vote;
  Index first = 0;
  std::vector<Entry> entries;
  Snapshot snapshot;
  std::vector<Message> held;  // What waits for it.
  bool on_disk = false;
  bool failed = false;
};

struct Local {
  bool up = true;
  Node node;
  Disk disk;
  std::vector<Pending> writes;  // In the order in which they were asked for.
};

// What leaves a node in one step, and what the step was.
struct LocalResult {
  std::vector<Message> sent;
  std::vector<ConfirmedRead> answered;
};

// The disk of a node that has never run: a founder's log begins under `founding`.
Disk EmptyDisk(ConfigurationPtr founding);
Local StartLocal(NodeId id, Disk disk, bool vote_withheld);
// A node that is down is its disk. [TLA Stopped]
Local Stopped(NodeId id, Disk disk);

// Actions that touch the disk. Each answers whether its guard holds; `output` is scratch.
bool WriteDoneAt(Local& local, const Options& options, size_t at, Output& output, LocalResult& result);
bool WriteFailedAt(Local& local, const Options& options, size_t at, bool kept, Output& output, LocalResult& result);
bool SnapshotTakenAt(Local& local, const Options& options, Index index, Index compact_to, Output& output,
                     LocalResult& result);
bool SnapshotInstalledAt(Local& local, const Options& options, bool ok, Output& output, LocalResult& result);

// After an action of actions.h: puts its writes on their way and its messages out, or on hold.
void TakeOutput(Local& local, Output& output, LocalResult& result);

// Whether WriteDoneAt may be told of this write.
bool IsTellable(const Local& local, const Pending& write);

// The disks that a crash may leave, each once. [TLA SurvivingDisks]
std::vector<Disk> SurvivingDisks(const Local& local);

std::string ToString(const Local& local);

}  // namespace lockstep::model

#endif  // LOCKSTEP_SPEC_MODEL_LOCAL_H_
