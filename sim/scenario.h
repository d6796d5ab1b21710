// All that distinguishes one simulated run from another, but for its draws: a plain value.
//
// Scenario and choices together determine a run to the last bit. swarm.h draws a scenario from a seed.
#ifndef LOCKSTEP_SIM_SCENARIO_H_
#define LOCKSTEP_SIM_SCENARIO_H_

#include <cstdint>

#include "core/options.h"
#include "sim/faults.h"

namespace lockstep::sim {

struct Scenario {
  uint64_t seed = 1;
  bool full_stack = false;  // Servers are whole nodes (Stack::kFull), not bare cores.
  bool services = false;    // These have the key-value store's services on them (Stack::kService).

  // The cluster: servers 1..servers exist; the first `founders` form the first configuration, the last
  // `founding_learners` of those as learners. The others start empty and wait to be added.
  uint32_t servers = 3;
  uint32_t founders = 3;
  uint32_t founding_learners = 0;
  Options options;

  // Phases, in simulated time. The safety phase has faults; then a majority is healed for good, and a write
  // invoked after that must commit within the liveness bound.
  int64_t safety_micros = 4'000'000;
  int64_t liveness_bound_micros = 8'000'000;
  uint64_t steps_max = 1'000'000;  // The safety phase ends early after this many steps.

  // Timers and delays without faults.
  int64_t election_timeout_micros = 150'000;  // Each draw lies in [1, 2) times this.
  int64_t heartbeat_micros = 30'000;
  int64_t network_delay_min_micros = 200;
  int64_t network_delay_max_micros = 2'000;
  int64_t disk_delay_min_micros = 50;
  int64_t disk_delay_max_micros = 1'500;
  int64_t apply_delay_max_micros = 300;

  // Clocks: how fast two clocks may run apart, and how far one may be off, in steady state.
  uint32_t clock_drift_ppm_max = 0;
  int64_t clock_error_max_micros = 0;

  // Clients.
  uint32_t clients = 3;
  uint32_t keys = 3;
  int64_t think_time_max_micros = 20'000;    // Between a client's operations.
  int64_t request_timeout_micros = 400'000;  // Then the client tries elsewhere …
  uint32_t attempts_max = 4;                 // … this many times in all.
  uint32_t read_ppm = 400'000;               // Share of reads; of the rest …
  uint32_t compare_and_set_ppm = 200'000;    // … share of compare-and-set.
  uint32_t lease_read_ppm = 0;               // Share of reads that ask for a lease.
  uint32_t read_at_any_node_ppm = 300'000;   // Share of reads sent to a random member, not the leader.
  uint32_t command_bytes_max = 64;

  // Host policy.
  uint32_t snapshot_bytes_max = 4'000;  // A snapshot's size is drawn up to this.
  uint32_t batch_ppm = 200'000;         // Chance that a write waits for others before it is proposed.

  // Of whole nodes: sizes of files and of what is kept in memory, limits of a turn, patience of sessions.
  uint64_t segment_bytes = 16 << 10;
  uint64_t payload_cache_bytes = 256 << 20;
  uint32_t inputs_per_turn_max = 4096;
  uint32_t apply_commands_max = 1024;
  uint32_t requests_max = 100'000;
  int64_t session_ttl_millis = 3'600'000;
  uint32_t data_bytes_min = 0;  // Commands of at least this size lie outside the log; 0: none.

  // Of services: from when on a client is too slow for watches, and how much of the past they read at a time.
  uint64_t watch_unsent_bytes_max = 4 << 20;
  uint64_t watch_slice_bytes_max = 1 << 20;

  // Chance that clients and operators act on a leader, or old copies arrive, the moment it is elected.
  uint32_t new_leader_ppm = 200'000;

  // Faults, in parts per million; see FaultTable for what of.
  FaultArray<uint32_t> fault_ppm;
  int64_t fault_interval_micros = 50'000;       // How often faults that come from time to time may begin.
  int64_t fault_duration_max_micros = 800'000;  // How long they last.

  Stack stack() const {
    if (services) return Stack::kService;
    return full_stack ? Stack::kFull : Stack::kCore;
  }
  friend bool operator==(const Scenario&, const Scenario&) = default;
};

// Calls visit(name, field) for every number above, in a fixed order, for reading and writing scenarios:
// names are stable, field is a reference to an integer or bool. A fault has its own name.
template <typename ScenarioT, typename Visitor>
void VisitFields(ScenarioT& s, Visitor&& visit) {
  visit("seed", s.seed);
  visit("full_stack", s.full_stack);
  visit("services", s.services);
  visit("servers", s.servers);
  visit("founders", s.founders);
  visit("founding_learners", s.founding_learners);
  visit("options.pre_vote", s.options.pre_vote);
  visit("options.check_quorum", s.options.check_quorum);
  visit("options.append_entries_max", s.options.append_entries_max);
  visit("options.append_bytes_max", s.options.append_bytes_max);
  visit("options.inflight_messages_max", s.options.inflight_messages_max);
  visit("options.inflight_bytes_max", s.options.inflight_bytes_max);
  visit("options.uncommitted_bytes_max", s.options.uncommitted_bytes_max);
  visit("options.apply_entries_max", s.options.apply_entries_max);
  visit("options.snapshot_interval_entries", s.options.snapshot_interval_entries);
  visit("options.snapshot_trailing_entries", s.options.snapshot_trailing_entries);
  visit("options.snapshot_trailing_bytes", s.options.snapshot_trailing_bytes);
  visit("options.snapshot_chunk_bytes", s.options.snapshot_chunk_bytes);
  visit("options.resident_entries", s.options.resident_entries);
  visit("options.lease_micros", s.options.lease_micros);
  visit("safety_micros", s.safety_micros);
  visit("liveness_bound_micros", s.liveness_bound_micros);
  visit("steps_max", s.steps_max);
  visit("election_timeout_micros", s.election_timeout_micros);
  visit("heartbeat_micros", s.heartbeat_micros);
  visit("network_delay_min_micros", s.network_delay_min_micros);
  visit("network_delay_max_micros", s.network_delay_max_micros);
  visit("disk_delay_min_micros", s.disk_delay_min_micros);
  visit("disk_delay_max_micros", s.disk_delay_max_micros);
  visit("apply_delay_max_micros", s.apply_delay_max_micros);
  visit("clock_drift_ppm_max", s.clock_drift_ppm_max);
  visit("clock_error_max_micros", s.clock_error_max_micros);
  visit("clients", s.clients);
  visit("keys", s.keys);
  visit("think_time_max_micros", s.think_time_max_micros);
  visit("request_timeout_micros", s.request_timeout_micros);
  visit("attempts_max", s.attempts_max);
  visit("read_ppm", s.read_ppm);
  visit("compare_and_set_ppm", s.compare_and_set_ppm);
  visit("lease_read_ppm", s.lease_read_ppm);
  visit("read_at_any_node_ppm", s.read_at_any_node_ppm);
  visit("command_bytes_max", s.command_bytes_max);
  visit("snapshot_bytes_max", s.snapshot_bytes_max);
  visit("batch_ppm", s.batch_ppm);
  visit("segment_bytes", s.segment_bytes);
  visit("payload_cache_bytes", s.payload_cache_bytes);
  visit("inputs_per_turn_max", s.inputs_per_turn_max);
  visit("apply_commands_max", s.apply_commands_max);
  visit("requests_max", s.requests_max);
  visit("session_ttl_millis", s.session_ttl_millis);
  visit("data_bytes_min", s.data_bytes_min);
  visit("watch_unsent_bytes_max", s.watch_unsent_bytes_max);
  visit("watch_slice_bytes_max", s.watch_slice_bytes_max);
  visit("new_leader_ppm", s.new_leader_ppm);
  visit("fault_interval_micros", s.fault_interval_micros);
  visit("fault_duration_max_micros", s.fault_duration_max_micros);
  for (const FaultRow& row : FaultTable()) visit(row.name, s.fault_ppm[row.fault]);
}

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_SCENARIO_H_
