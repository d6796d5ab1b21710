// LogAudit: reads what a node's log holds for good, next to the node, and says whether that is what the node believes.
//
// After each completion that the core is told of, the disk must be the persistent part of its state: term and vote,
// and the log up to what it takes for durable; and nothing else, once no write is under way. The audit reads the bytes
// that a loss of power would leave, record by record as they come, so that it costs little more than their copy. Data
// that an entry refers to must be there too.
#ifndef LOCKSTEP_SIM_STACK_DISK_AUDIT_H_
#define LOCKSTEP_SIM_STACK_DISK_AUDIT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "core/state.h"
#include "runtime/memory/memory_files.h"
#include "runtime/wal/log_index.h"
#include "runtime/wal/record.h"

namespace lockstep::sim {

class LogAudit {
 public:
  LogAudit(const runtime::MemoryDisk& disk, const runtime::LogIdentity& identity) : disk_(disk), identity_(identity) {}

  // The node has opened its log. Returns what is wrong with it; empty if nothing is.
  std::string Begin();
  // A write has been told to be done; `state` is the core's after that. Returns where the disk differs; empty if it
  // does not.
  std::string Check(const State& state);

 private:
  // Where a record ended, and its checksum.
  struct Place {
    uint32_t offset = 0;
    uint32_t chain = 0;
  };
  std::string ReadOn();
  // Whether a later segment goes on where this one ends; goes there. Those between were begun in vain: the first write
  // there failed.
  bool GoToNextSegment(std::string* problem);
  // Whether `segment` has been begun; if so, goes there.
  bool GoTo(uint32_t segment, const std::string& content, std::string* problem);
  void Take(const runtime::Record& record);
  std::string CompareData(Index index) const;
  std::string CompareLog(const State& state);

  const runtime::MemoryDisk& disk_;
  const runtime::LogIdentity& identity_;
  runtime::LogIndex index_;
  uint32_t salt_ = 0;
  uint32_t segment_ = 0;
  std::vector<Place> places_;  // Of the current segment; the last one is where to read on.
  Index compared_ = 0;         // The disk's log is the core's up to here.
};

// Whether the newest snapshot that `disk` holds for good is the one at `last_included`, whole. Returns what is wrong.
std::string CheckDurableSnapshot(const runtime::MemoryDisk& disk, const runtime::LogIdentity& identity,
                                 LogPosition last_included);

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_STACK_DISK_AUDIT_H_
