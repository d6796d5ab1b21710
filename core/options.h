// What a cluster's operator chooses. The same on every node unless a field says otherwise.
#ifndef LOCKSTEP_CORE_OPTIONS_H_
#define LOCKSTEP_CORE_OPTIONS_H_

#include <cstdint>

#include "absl/status/status.h"

namespace lockstep {

struct Options {
  bool pre_vote = true;      // Ask before campaigning, so that a returning node disturbs nobody. [Thesis §9.6]
  bool check_quorum = true;  // A leader without a quorum steps down; followers protect a live leader. [Thesis §6.2]

  // A page of entries in one AppendEntries: at most this many, and at most this many bytes (one entry always fits).
  uint32_t append_entries_max = 1024;
  uint64_t append_bytes_max = 1 << 20;
  // AppendEntries with entries, sent to one peer and not yet acknowledged.
  uint32_t inflight_messages_max = 256;
  uint64_t inflight_bytes_max = 64 << 20;
  // Payload bytes that the leader has appended and not yet committed; a proposal that exceeds it is rejected,
  // unless nothing is uncommitted.
  uint64_t uncommitted_bytes_max = 256 << 20;
  // Entries in one effect::Apply.
  uint32_t apply_entries_max = 4096;

  // A snapshot is asked for once this many entries are applied since the last; 0: only by the host.
  uint64_t snapshot_interval_entries = 0;
  // Entries below a snapshot that stay in the log for followers that lag a little ...
  uint64_t snapshot_trailing_entries = 0;
  // ... as far as their payloads hold no more bytes than this together; 0: however many.
  uint64_t snapshot_trailing_bytes = 0;
  uint32_t snapshot_chunk_bytes = 1 << 20;

  // The newest entries whose payloads the host keeps at hand; older ones are asked for by effect::LoadEntries
  // before they are sent. 0: all are at hand. May differ between nodes.
  uint64_t resident_entries = 0;

  // How long a leader may serve reads after a quorum heard from it, in host microseconds: less than the smallest
  // election timeout by the largest drift between two clocks. 0: no lease reads. Needs check_quorum. [Thesis §6.4.1]
  int64_t lease_micros = 0;

  friend bool operator==(const Options&, const Options&) = default;
};

// Errors: InvalidArgument naming the field that no node can run with.
absl::Status ValidateOptions(const Options& options);

}  // namespace lockstep

#endif  // LOCKSTEP_CORE_OPTIONS_H_
