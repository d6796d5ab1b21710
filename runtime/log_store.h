// LogStore: where a node keeps its log, its term and its vote, and gets them back.
//
// Writes are collected and made durable together, all or nothing, by Commit: one write and one sync for everything that
// one turn of the host asks for. Only what is committed can be read, and only what is committed comes back after a
// crash: of a commit under way all, nothing, or a prefix of its writes.
#ifndef LOCKSTEP_RUNTIME_LOG_STORE_H_
#define LOCKSTEP_RUNTIME_LOG_STORE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/effect.h"
#include "core/log.h"
#include "runtime/data_store.h"
#include "runtime/files.h"
#include "runtime/payload.h"

namespace lockstep::runtime {

class LogStore {
 public:
  virtual ~LogStore() = default;

  // ---- Collected until the next Commit ----

  // Replaces term and vote.
  virtual void SaveVote(Term term, NodeId voted_for) = 0;
  // Puts `write.entries` at write.first and after; what was there or behind is gone. `payloads`: one for each kCommand
  // entry, in order. One that has a checksum and not the bytes lies outside the log (data_store.h): its entry is kept
  // with a reference, and is not to be read from here. Requires: write.first is at most one behind the last entry.
  virtual void Append(const effect::AppendLog& write, std::vector<Payload> payloads) = 0;
  // Takes away everything after `last`.
  virtual void Truncate(Index last) = 0;
  // Empties the log; it goes on after `base`, where `configuration` was in effect.
  virtual void Reset(LogPosition base, const ConfigurationEntry& configuration) = 0;
  // Entries up to `base`, where `configuration` was in effect, will not be asked for again; the space they take is
  // freed some time after the commit. A log that does not hold `base` is emptied and goes on after it.
  virtual void Compact(LogPosition base, const ConfigurationEntry& configuration) = 0;

  // ---- Durability ----

  // Makes everything collected so far durable, then tells `done`. After an error none of it has happened as far as this
  // store is concerned, nor has anything that was collected since: its caller asks for it again.
  // `done` never runs within this call. Requires: !committing(). Errors: ResourceExhausted if the disk is full; others
  // if it fails.
  virtual void Commit(Completion done) = 0;
  virtual bool committing() const = 0;
  // Nothing has been committed for a while, and nothing is under way: the store may note down what helps the next
  // opening.
  virtual void Rest() {}
  // Whether anything is collected, and how many bytes.
  virtual bool has_collected() const = 0;
  virtual uint64_t collected_bytes() const = 0;

  // ---- Reading ----

  // The payloads of the kCommand entries in [first, last], in order. Requires: all of them are committed, none lies
  // outside.
  // Errors: DataLoss naming file and offset if one is damaged.
  virtual absl::StatusOr<std::vector<Payload>> Read(Index first, Index last) = 0;
  // The same, told later. `done` is not called once this store has ended.
  using ReadDone = std::function<void(absl::StatusOr<std::vector<Payload>>)>;
  virtual void ReadInBackground(Index first, Index last, ReadDone done) = 0;
};

// What a store holds when it is opened: the part of DurableState that is a log's.
struct StoredLog {
  Term term = 0;
  NodeId voted_for;
  Log log;
  std::vector<DataReference> outside;  // Of entries whose commands lie outside the log, ascending.
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_LOG_STORE_H_
