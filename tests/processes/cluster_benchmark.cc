// How fast three nodes in three processes are, beside what this machine does without us:
// ./run bench cluster [FOLDER [throughput|latency|large|failover]...]
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/check.h"
#include "tests/processes/machine_limits.h"
#include "tests/processes/replica.h"
#include "tests/processes/replicas.h"

namespace lockstep::tests {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int64_t kElectionMicros = 300'000;
constexpr int kFailovers = 20;

struct LoadResult {
  double commands = 0;
  double failed = 0;
  double seconds = 0;
  double p50 = 0;
  double p99 = 0;
  double max = 0;
};

struct Plan {
  std::string program;
  std::string folder;
};

LoadResult RunLoad(Replicas& replicas, uint32_t leader, uint32_t window, uint32_t bytes, double seconds) {
  char question[100];
  std::snprintf(question, sizeof question, "load %u %u %f", window, bytes, seconds);
  const Reply reply = replicas.Ask(leader, question, seconds + 60);
  LoadResult result;
  const int fields =
      std::sscanf(reply.text.c_str(), "commands %lf failed %lf seconds %lf p50 %lf p99 %lf max %lf", &result.commands,
                  &result.failed, &result.seconds, &result.p50, &result.p99, &result.max);
  if (fields != 6 || result.failed > 0) {
    std::printf("  the load was not carried out: %s %s\n", reply.word.c_str(), reply.text.c_str());
    std::exit(1);
  }
  return result;
}

const char* Verdict(bool holds) { return holds ? "reached" : "NOT REACHED"; }

void MeasureThroughput(const Plan& plan) {
  Replicas replicas({plan.program, plan.folder + "/throughput", kElectionMicros, 256 << 20, {}});
  replicas.StartAll();
  const uint32_t leader = replicas.AwaitLeader();
  LOCKSTEP_CHECK(leader != 0);
  RunLoad(replicas, leader, 256, 256, 1);
  std::vector<double> rates;
  for (int i = 0; i < 5; ++i) {
    const LoadResult load = RunLoad(replicas, leader, 256, 256, 2);
    rates.push_back(load.commands / load.seconds);
    std::printf("  256 in flight, 256 bytes: %8.0f commands/s; p50 %5.2f ms, p99 %5.2f ms, max %6.2f ms\n",
                rates.back(), load.p50 / 1e3, load.p99 / 1e3, load.max / 1e3);
  }
  std::sort(rates.begin(), rates.end());
  std::printf("throughput: median %.0f commands/s of 256 bytes, synced; asked 50,000: %s\n", rates[rates.size() / 2],
              Verdict(rates[rates.size() / 2] >= 50'000));
}

void MeasureLatency(const Plan& plan) {
  Replicas replicas({plan.program, plan.folder + "/latency", kElectionMicros, 256 << 20, {}});
  replicas.StartAll();
  const uint32_t leader = replicas.AwaitLeader();
  LOCKSTEP_CHECK(leader != 0);
  RunLoad(replicas, leader, 1, 256, 0.5);
  std::vector<double> ratios;
  for (int i = 0; i < 5; ++i) {
    const double sync = SyncMicros(plan.folder, 512, 0.5);
    const double round_trip = RoundTripMicros(350, 0.5);
    const LoadResult load = RunLoad(replicas, leader, 1, 256, 1);
    const double allowed = 3 * sync + 2 * round_trip;
    ratios.push_back(load.p50 / allowed);
    std::printf(
        "  one client: p50 %4.0f us, p99 %5.0f us; one sync %4.0f us, one round trip %3.0f us: 3 + 2 are %4.0f us\n",
        load.p50, load.p99, sync, round_trip, allowed);
  }
  std::sort(ratios.begin(), ratios.end());
  std::printf("latency: median %.0f %% of 3 syncs and 2 round trips: %s\n", 100 * ratios[ratios.size() / 2],
              Verdict(ratios[ratios.size() / 2] <= 1));
}

void MeasureLargePayloads(const Plan& plan) {
  const double alone = SyncedBytesPerSecond(plan.folder, 1, 1 << 20, 1);
  const double together = SyncedBytesPerSecond(plan.folder, 3, 1 << 20, 2);
  std::printf("  this disk, 1 MiB writes, each synced: %.0f MB/s one writer; %.0f MB/s each of three at once\n",
              alone / 1e6, together / 1e6);
  Replicas replicas({plan.program, plan.folder + "/large", kElectionMicros, 256 << 20, {}});
  replicas.StartAll();
  const uint32_t leader = replicas.AwaitLeader();
  LOCKSTEP_CHECK(leader != 0);
  RunLoad(replicas, leader, 16, 1 << 20, 4);
  std::vector<double> rates;
  for (int i = 0; i < 3; ++i) {
    const LoadResult load = RunLoad(replicas, leader, 16, 1 << 20, 2);
    rates.push_back(load.commands * (1 << 20) / load.seconds);
    std::printf("  16 in flight, 1 MiB: %5.0f MB/s; p50 %5.1f ms, max %5.1f ms\n", rates.back() / 1e6, load.p50 / 1e3,
                load.max / 1e3);
  }
  std::sort(rates.begin(), rates.end());
  const double rate = rates[rates.size() / 2];
  std::printf(
      "large payloads: median %.0f MB/s, %.0f %% of what the disk gives each of three writers; asked 250 MB/s: %s\n",
      rate / 1e6, 100 * rate / together, Verdict(rate >= 250e6));
}

// Kills the leader; how long until a write succeeds.
double FailOver(Replicas& replicas) {
  const uint32_t leader = replicas.AwaitLeader();
  LOCKSTEP_CHECK(leader != 0);
  const auto begin = Clock::now();
  replicas.Kill(leader);
  LOCKSTEP_CHECK(replicas.AwaitLeader() != 0);
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  replicas.Start(leader);
  return seconds;
}

void MeasureFailover(const Plan& plan) {
  Replicas replicas({plan.program, plan.folder + "/failover", kElectionMicros, 256 << 20, {}});
  replicas.StartAll();
  std::vector<double> times;
  for (int i = 0; i < kFailovers; ++i) {
    // The one that came back is there again, and the cluster has settled.
    LOCKSTEP_CHECK(replicas.AwaitLeader() != 0);
    std::this_thread::sleep_for(std::chrono::microseconds(3 * kElectionMicros));
    times.push_back(FailOver(replicas) * 1e6 / kElectionMicros);
  }
  std::sort(times.begin(), times.end());
  std::printf(
      "failover: a write succeeds %.2f election timeouts of %.0f ms after SIGKILL of the leader (median of %d; "
      "%.2f to %.2f); asked 2: %s\n",
      times[times.size() / 2], kElectionMicros / 1e3, kFailovers, times.front(), times.back(),
      Verdict(times[times.size() / 2] <= 2));
}

int Main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  setvbuf(stdout, nullptr, _IOLBF, 0);
  Plan plan;
  plan.folder = argc > 1 ? argv[1] : (std::filesystem::temp_directory_path() / "lockstep_bench_cluster").string();
  std::vector<std::string_view> wanted(argv + std::min(argc, 2), argv + argc);
  const auto wants = [&wanted](std::string_view part) {
    return wanted.empty() || std::find(wanted.begin(), wanted.end(), part) != wanted.end();
  };
  plan.program = std::filesystem::read_symlink("/proc/self/exe").string();
  std::filesystem::create_directories(plan.folder);
  std::printf("three processes on loopback, files in %s, %u cores\n", plan.folder.c_str(),
              std::thread::hardware_concurrency());
  if (wants("throughput")) MeasureThroughput(plan);
  if (wants("latency")) MeasureLatency(plan);
  if (wants("large")) MeasureLargePayloads(plan);
  if (wants("failover")) MeasureFailover(plan);
  std::filesystem::remove_all(plan.folder);
  return 0;
}

}  // namespace
}  // namespace lockstep::tests

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "replica") return lockstep::tests::RunReplica(argc - 2, argv + 2);
  return lockstep::tests::Main(argc, argv);
}
