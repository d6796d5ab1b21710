#include "core/options.h"

namespace lockstep {

absl::Status ValidateOptions(const Options& options) {
  if (options.append_entries_max == 0) return absl::InvalidArgumentError("append_entries_max is 0: set at least 1");
  if (options.inflight_messages_max == 0) {
    return absl::InvalidArgumentError("inflight_messages_max is 0: set at least 1");
  }
  if (options.apply_entries_max == 0) return absl::InvalidArgumentError("apply_entries_max is 0: set at least 1");
  if (options.snapshot_chunk_bytes == 0) return absl::InvalidArgumentError("snapshot_chunk_bytes is 0: set at least 1");
  if (options.lease_micros < 0) return absl::InvalidArgumentError("lease_micros is negative: set 0 for no leases");
  if (options.lease_micros > 0 && !options.check_quorum) {
    return absl::InvalidArgumentError(
        "lease_micros needs check_quorum: without it a cut-off leader's lease never ends");
  }
  return absl::OkStatus();
}

}  // namespace lockstep
