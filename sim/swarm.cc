#include "sim/swarm.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

#include "sim/choices.h"

namespace lockstep::sim {
namespace {

template <typename T, size_t n>
T OneOf(Choices& choices, const T (&values)[n]) {
  return values[choices.Below(n)];
}

// Between which rates a fault is drawn, evenly on a logarithmic scale; the second is full strength.
struct RateRange {
  Fault fault;
  uint32_t low;
  uint32_t high;
};
constexpr RateRange kRates[] = {
    {Fault::kLoss, 1'000, 250'000},
    {Fault::kDelay, 1'000, 200'000},
    {Fault::kDuplicate, 2'000, 300'000},
    {Fault::kLateDuplicate, 1'000, 150'000},
    {Fault::kReorder, 5'000, 500'000},
    {Fault::kPartition, 20'000, 400'000},
    {Fault::kOneWay, 20'000, 400'000},
    {Fault::kPartial, 20'000, 400'000},
    {Fault::kFlapping, 20'000, 300'000},
    {Fault::kIsolateLeader, 20'000, 500'000},
    {Fault::kBridge, 20'000, 300'000},
    {Fault::kFewFollowers, 20'000, 500'000},
    {Fault::kCrash, 20'000, 500'000},
    {Fault::kCrashAtCut, 20, 3'000},
    {Fault::kCrashLeader, 20'000, 400'000},
    {Fault::kCrashAll, 10'000, 200'000},
    {Fault::kPause, 20'000, 400'000},
    {Fault::kLoseUnsynced, 300'000, 1'000'000},
    {Fault::kTornWrite, 200'000, 1'000'000},
    {Fault::kWriteReorder, 2'000, 200'000},
    {Fault::kSlowDisk, 30'000, 500'000},
    {Fault::kWriteFailure, 500, 50'000},
    {Fault::kDiskFull, 10'000, 200'000},
    {Fault::kSnapshotFailure, 20'000, 400'000},
    {Fault::kLoadFailure, 20'000, 400'000},
    {Fault::kWipe, 10'000, 200'000},
    {Fault::kClockDrift, 500'000, 1'000'000},
    {Fault::kClockJump, 50'000, 800'000},
    {Fault::kMembership, 20'000, 600'000},
    {Fault::kTransfer, 20'000, 500'000},
    {Fault::kCancel, 50'000, 500'000},
    {Fault::kSnapshot, 50'000, 800'000},
    {Fault::kSlowApply, 20'000, 400'000},
    {Fault::kUnreachable, 50'000, 1'000'000},
    {Fault::kEarlyTimeout, 20'000, 500'000},
    {Fault::kHalfOpen, 50'000, 1'000'000},
    {Fault::kSplitRead, 20'000, 500'000},
    {Fault::kCrashAtFile, 20, 3'000},
    {Fault::kSyncFailure, 10'000, 300'000},
    {Fault::kDiskStall, 10'000, 300'000},
    {Fault::kDamagedRead, 100, 20'000},
    {Fault::kDamagedBlock, 10'000, 200'000},
    {Fault::kMisdirectedBlock, 10'000, 200'000},
    {Fault::kLostFile, 10'000, 200'000},
    {Fault::kWrongName, 20'000, 400'000},
};
static_assert(std::size(kRates) == kFaultCount);

uint32_t DrawRate(Choices& choices, const RateRange& range) {
  // A random halving of the way down from full strength, then evenly in that octave.
  uint32_t high = range.high;
  while (high / 2 > range.low && choices.Below(3) != 0) high /= 2;
  return static_cast<uint32_t>(choices.Between(std::max(range.low, high / 2), high));
}

const RateRange& RateOf(Fault fault) { return kRates[static_cast<size_t>(fault)]; }

std::vector<RateRange> RatesOf(Stack stack) {
  std::vector<RateRange> rates;
  for (const RateRange& range : kRates) {
    if (FaultTable()[static_cast<size_t>(range.fault)].known(stack)) rates.push_back(range);
  }
  return rates;
}

void DrawFaults(Choices& choices, Scenario& scenario) {
  const std::vector<RateRange> rates = RatesOf(scenario.stack());
  const uint64_t kind = choices.Below(20);
  if (kind == 0) return;  // No fault at all: what fails then fails always.
  if (kind <= 3) {
    const RateRange& range = rates[choices.Below(rates.size())];
    scenario.fault_ppm[range.fault] = range.high;
    return;
  }
  // How much of everything: few faults let each of them have its effect.
  const auto share = static_cast<uint32_t>(choices.Between(50'000, 700'000));
  for (const RateRange& range : rates) {
    if (choices.Chance(share)) scenario.fault_ppm[range.fault] = DrawRate(choices, range);
  }
  // Crashes matter most with what they take from the disk.
  const auto& rate = scenario.fault_ppm;
  const bool crashes =
      rate[Fault::kCrash] + rate[Fault::kCrashAtCut] + rate[Fault::kCrashAtFile] + rate[Fault::kCrashLeader] != 0;
  if (crashes && choices.Below(2) == 0) scenario.fault_ppm[Fault::kLoseUnsynced] = 1'000'000;
}

void DrawCluster(Choices& choices, const SwarmOptions& options, Scenario& scenario) {
  static constexpr uint32_t kServers[] = {1, 2, 3, 3, 3, 3, 3, 4, 4, 5, 5, 5, 5, 6, 7, 7};
  scenario.servers = options.servers.value_or(OneOf(choices, kServers));
  scenario.founders = scenario.servers;
  const bool spare = choices.Below(2) == 0, learners = choices.Below(4) == 0;
  if (!options.servers.has_value() && scenario.servers > 1 && spare) {
    scenario.founders = static_cast<uint32_t>(choices.Between(1, scenario.servers));
  }
  if (scenario.founders > 2 && learners) {
    scenario.founding_learners = static_cast<uint32_t>(choices.Between(1, scenario.founders - 2));
  }
}

void DrawTiming(Choices& choices, Scenario& scenario) {
  static constexpr int64_t kElectionTimeouts[] = {20'000, 50'000, 100'000, 150'000};
  const int64_t election = OneOf(choices, kElectionTimeouts);
  scenario.election_timeout_micros = election;
  scenario.heartbeat_micros = election / choices.Between(3, 10);
  scenario.network_delay_min_micros = election / 1000 + 1;
  scenario.network_delay_max_micros = election / choices.Between(12, 100);
  scenario.disk_delay_min_micros = 10;
  scenario.disk_delay_max_micros = election / choices.Between(12, 200);
  scenario.apply_delay_max_micros = election / choices.Between(10, 300);
  scenario.safety_micros = election * choices.Between(15, 60);
  scenario.fault_interval_micros = election * choices.Between(1, 8) / 4;
  scenario.fault_duration_max_micros = election * choices.Between(1, 8);
  scenario.request_timeout_micros = election * choices.Between(1, 6);
  scenario.think_time_max_micros = election / choices.Between(1, 10);
  scenario.liveness_bound_micros = 100 * election;
}

void DrawLimits(Choices& choices, Scenario& scenario) {
  Options& options = scenario.options;
  options.pre_vote = choices.Below(5) != 0;
  options.check_quorum = choices.Below(5) != 0;
  if (choices.Below(4) == 0) return;
  static constexpr uint32_t kPages[] = {1, 1, 2, 3, 8, 1024};
  static constexpr uint64_t kPageBytes[] = {1, 64, 200, 1 << 20};
  static constexpr uint32_t kWindows[] = {1, 2, 4, 256};
  static constexpr uint64_t kWindowBytes[] = {1, 128, 1024, 64 << 20};
  static constexpr uint64_t kQuotas[] = {1, 100, 1000, 256 << 20, 256 << 20};
  static constexpr uint32_t kApplyPages[] = {1, 2, 8, 4096};
  static constexpr uint64_t kIntervals[] = {0, 0, 3, 3, 10, 40, 100};
  static constexpr uint64_t kTrailing[] = {0, 0, 0, 1, 5, 20};
  static constexpr uint32_t kChunks[] = {300, 1'000, 1 << 20};
  static constexpr uint64_t kResident[] = {0, 0, 1, 3, 20};
  options.append_entries_max = OneOf(choices, kPages);
  options.append_bytes_max = OneOf(choices, kPageBytes);
  options.inflight_messages_max = OneOf(choices, kWindows);
  options.inflight_bytes_max = OneOf(choices, kWindowBytes);
  options.uncommitted_bytes_max = OneOf(choices, kQuotas);
  options.apply_entries_max = OneOf(choices, kApplyPages);
  options.snapshot_interval_entries = OneOf(choices, kIntervals);
  options.snapshot_trailing_entries = OneOf(choices, kTrailing);
  options.snapshot_chunk_bytes = OneOf(choices, kChunks);
  options.resident_entries = OneOf(choices, kResident);
}

// Half of the runs that have several faults get these, too.
void MaybeAdd(Choices& choices, const SwarmOptions& options, const std::vector<Fault>& more, Scenario& scenario) {
  const auto faults = std::count_if(FaultTable().begin(), FaultTable().end(),
                                    [&scenario](const FaultRow& row) { return scenario.fault_ppm[row.fault] != 0; });
  if (options.faults.has_value() || faults <= 1 || choices.Below(2) == 0) return;
  for (const Fault fault : more) {
    if (scenario.fault_ppm[fault] == 0) scenario.fault_ppm[fault] = DrawRate(choices, RateOf(fault));
  }
}

// Who falls behind a log that is compacted soon needs a snapshot, and more of them when that leader fails.
void DrawLaggards(Choices& choices, const SwarmOptions& options, Scenario& scenario) {
  const uint64_t interval = scenario.options.snapshot_interval_entries;
  if (interval == 0 || interval > 10) return;
  MaybeAdd(choices, options, {Fault::kPartition, Fault::kCrash, Fault::kCrashLeader, Fault::kSlowDisk}, scenario);
}

void DrawLeases(Choices& choices, const SwarmOptions& options, Scenario& scenario) {
  if (!scenario.options.check_quorum || choices.Below(3) != 0) return;
  const int64_t election = scenario.election_timeout_micros;
  const bool drift = scenario.fault_ppm[Fault::kClockDrift] != 0;
  scenario.clock_drift_ppm_max = drift ? static_cast<uint32_t>(choices.Between(1, 100'000)) : 0;
  scenario.clock_error_max_micros = choices.Between(0, election / 10);
  // Shorter than the shortest election timeout by what two clocks can run apart while it lasts.
  const int64_t apart = 2 * election * scenario.clock_drift_ppm_max / 1'000'000 + 2;
  static constexpr int64_t kQuarters[] = {1, 2, 4, 4, 4};
  scenario.options.lease_micros = (election - apart) * OneOf(choices, kQuarters) / 4;
  scenario.lease_read_ppm = 600'000;
  // A lease is put to the test where its leader stands still or is cut off, and what confirms it comes late.
  MaybeAdd(choices, options, {Fault::kPause, Fault::kIsolateLeader, Fault::kDelay}, scenario);
}

void DrawClients(Choices& choices, Scenario& scenario) {
  scenario.clients = static_cast<uint32_t>(choices.Between(1, 6));
  scenario.keys = static_cast<uint32_t>(choices.Between(1, 4));
  scenario.attempts_max = static_cast<uint32_t>(choices.Between(1, 5));
  scenario.read_ppm = static_cast<uint32_t>(choices.Between(100'000, 800'000));
  scenario.compare_and_set_ppm = static_cast<uint32_t>(choices.Between(0, 500'000));
  scenario.read_at_any_node_ppm = static_cast<uint32_t>(choices.Between(0, 600'000));
  static constexpr uint32_t kBytes[] = {1, 64, 300};
  scenario.command_bytes_max = OneOf(choices, kBytes);
  static constexpr uint32_t kSnapshotBytes[] = {1, 1'000, 4'000};
  scenario.snapshot_bytes_max = OneOf(choices, kSnapshotBytes);
  scenario.batch_ppm = choices.Below(2) == 0 ? 0 : 400'000;
  static constexpr uint32_t kBadMoments[] = {0, 200'000, 700'000};
  scenario.new_leader_ppm = OneOf(choices, kBadMoments);
}

// What whole nodes keep, in memory and in files: small enough for all limits to be met.
void DrawHost(Choices& choices, Scenario& scenario) {
  static constexpr uint64_t kSegments[] = {4096, 16 << 10, 16 << 10, 64 << 10};
  static constexpr uint64_t kCaches[] = {1, 2000, 256 << 20, 256 << 20};
  static constexpr uint32_t kInputs[] = {1, 4, 4096, 4096};
  static constexpr uint32_t kCommands[] = {1, 3, 1024};
  static constexpr uint32_t kRequests[] = {2, 100'000, 100'000, 100'000};
  scenario.segment_bytes = OneOf(choices, kSegments);
  scenario.payload_cache_bytes = OneOf(choices, kCaches);
  scenario.inputs_per_turn_max = OneOf(choices, kInputs);
  scenario.apply_commands_max = OneOf(choices, kCommands);
  scenario.requests_max = OneOf(choices, kRequests);
  const bool brief = choices.Below(3) == 0;
  scenario.session_ttl_millis = brief ? scenario.election_timeout_micros / 250 : 3'600'000;
  static constexpr uint32_t kDataBytes[] = {0, 0, 1, 100};
  scenario.data_bytes_min = OneOf(choices, kDataBytes);
  static constexpr uint64_t kTrailingBytes[] = {0, 0, 1, 300, 3'000};
  scenario.options.snapshot_trailing_bytes = OneOf(choices, kTrailingBytes);
  // Where the power always goes with the process, nothing shows what a process that ends leaves to the next one.
  uint32_t& loses = scenario.fault_ppm[Fault::kLoseUnsynced];
  if (loses == 1'000'000 && choices.Below(2) == 0) loses = 400'000;
}

// Leases last for whole seconds: so do runs, all is slower, and clients take their time.
void DrawServices(Choices& choices, Scenario& scenario) {
  const int64_t times = std::max<int64_t>(1, 100'000 / scenario.election_timeout_micros);
  for (int64_t* const micros :
       {&scenario.election_timeout_micros, &scenario.heartbeat_micros, &scenario.network_delay_min_micros,
        &scenario.network_delay_max_micros, &scenario.disk_delay_min_micros, &scenario.disk_delay_max_micros,
        &scenario.fault_interval_micros, &scenario.fault_duration_max_micros, &scenario.request_timeout_micros,
        &scenario.liveness_bound_micros, &scenario.clock_error_max_micros, &scenario.options.lease_micros}) {
    *micros *= times;
  }
  scenario.safety_micros = choices.Between(2'000'000, 6'000'000);
  scenario.think_time_max_micros = choices.Between(20'000, 120'000);
  scenario.request_timeout_micros = std::max<int64_t>(scenario.request_timeout_micros, 100'000);
  scenario.liveness_bound_micros += 12'000'000;
  static constexpr uint64_t kUnsent[] = {1, 300, 4 << 20, 4 << 20};
  static constexpr uint64_t kSlices[] = {1, 200, 1 << 20};
  scenario.watch_unsent_bytes_max = OneOf(choices, kUnsent);
  scenario.watch_slice_bytes_max = OneOf(choices, kSlices);
}

}  // namespace

Scenario DrawScenario(uint64_t seed, const SwarmOptions& options) {
  Choices choices = Choices::Seeded(~seed);
  Scenario scenario;
  scenario.seed = seed;
  scenario.full_stack = options.stack != Stack::kCore;
  scenario.services = options.stack == Stack::kService;
  DrawCluster(choices, options, scenario);
  DrawTiming(choices, scenario);
  DrawLimits(choices, scenario);
  DrawFaults(choices, scenario);
  DrawClients(choices, scenario);
  if (options.faults.has_value()) {
    for (const RateRange& range : RatesOf(options.stack)) {
      const bool wanted =
          std::find(options.faults->begin(), options.faults->end(), range.fault) != options.faults->end();
      uint32_t& ppm = scenario.fault_ppm[range.fault];
      if (!wanted) ppm = 0;
      if (wanted && ppm == 0) ppm = DrawRate(choices, range);
    }
  }
  DrawLaggards(choices, options, scenario);
  DrawLeases(choices, options, scenario);
  if (scenario.full_stack) DrawHost(choices, scenario);
  if (scenario.services) DrawServices(choices, scenario);
  return scenario;
}

}  // namespace lockstep::sim
