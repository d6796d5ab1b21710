#include "tests/processes/chaos.h"

#include <poll.h>
#include <signal.h>

#include <chrono>
#include <cstdio>
#include <functional>
#include <map>
#include <random>
#include <vector>

#include "absl/strings/str_cat.h"
#include "spec/linearizability/check.h"
#include "spec/linearizability/format/read.h"
#include "tests/processes/chaos_clients.h"
#include "tests/processes/proxy.h"
#include "tests/processes/replicas.h"

namespace lockstep::tests {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int64_t kElectionMicros = 200'000;
constexpr uint64_t kSnapshotBytes = 100'000;
constexpr double kRecoverySeconds = 60;

class Run {
 public:
  explicit Run(const ChaosPlan& plan)
      : plan_(plan),
        draws_(plan.seed * 7919),
        replicas_({plan.program, plan.folder, kElectionMicros, kSnapshotBytes,
                   [this](uint32_t from, uint32_t to, const std::string& address) {
                     return proxy_.Open(from, to, address);
                   }}),
        clients_(replicas_, plan, report_) {}

  absl::StatusOr<ChaosReport> Go() {
    replicas_.StartAll();
    const auto end =
        Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(plan_.seconds));
    auto next = Clock::now() + std::chrono::milliseconds(1500);
    while (Clock::now() < end) {
      Serve();
      RunDue();
      if (Clock::now() < next) continue;
      Strike();
      next = Clock::now() + std::chrono::milliseconds(500 + draws_() % 2000);
    }
    return Recover();
  }

 private:
  static uint32_t Other(uint32_t number, uint64_t which) { return (number - 1 + 1 + which % 2) % 3 + 1; }
  uint32_t AnyNode() { return 1 + static_cast<uint32_t>(draws_() % 3); }

  // Hears the nodes, and lets the clients go on.
  void Serve() {
    pollfd ready[Replicas::kCount];
    nfds_t count = 0;
    for (uint32_t number = 1; number <= Replicas::kCount; ++number) {
      if (replicas_.process(number) != nullptr) ready[count++] = {replicas_.process(number)->output(), POLLIN, 0};
    }
    poll(ready, count, 2);
    for (uint32_t number = 1; number <= Replicas::kCount; ++number) {
      if (replicas_.process(number) == nullptr) continue;
      for (const std::string& line : replicas_.process(number)->TakeLines()) clients_.Take(ParseReplicaLine(line));
    }
    clients_.Tick();
  }

  void Later(int64_t millis, std::function<void()> work) {
    later_.emplace(Clock::now() + std::chrono::milliseconds(millis), std::move(work));
  }
  void RunDue() {
    while (!later_.empty() && later_.begin()->first <= Clock::now()) {
      const auto work = std::move(later_.begin()->second);
      later_.erase(later_.begin());
      work();
    }
  }

  void Strike() {
    static const std::vector<std::function<void(Run&)>> kinds = {
        [](Run& run) { run.KillSome(1); },  [](Run& run) { run.KillSome(1); },  [](Run& run) { run.KillSome(2); },
        [](Run& run) { run.KillSome(3); },  [](Run& run) { run.StopOne(); },    [](Run& run) { run.StopOne(); },
        [](Run& run) { run.IsolateOne(); }, [](Run& run) { run.IsolateOne(); }, [](Run& run) { run.CutOneWay(); },
    };
    kinds[draws_() % kinds.size()](*this);
  }

  void Tell(const std::string& what) {
    if (plan_.talks) std::printf("  %s\n", what.c_str());
  }

  void KillSome(uint32_t count) {
    ++report_.faults[absl::StrCat("killed ", count)];
    const uint32_t first = AnyNode();
    for (uint32_t i = 0; i < count; ++i) {
      const uint32_t number = (first - 1 + i) % 3 + 1;
      if (replicas_.process(number) == nullptr) continue;
      Tell(absl::StrCat("kill ", number));
      replicas_.Kill(number);
      Later(200 + static_cast<int64_t>(draws_() % 1500), [this, number] {
        if (replicas_.process(number) != nullptr) return;
        Tell(absl::StrCat("start ", number));
        replicas_.Start(number);
      });
    }
  }

  void StopOne() {
    const uint32_t number = AnyNode();
    Process* const process = replicas_.process(number);
    if (process == nullptr) return;
    ++report_.faults["stopped"];
    Tell(absl::StrCat("stop ", number));
    process->Signal(SIGSTOP);
    const pid_t pid = process->pid();
    Later(100 + static_cast<int64_t>(draws_() % 1500), [this, number, pid] {
      Process* const same = replicas_.process(number);
      if (same == nullptr || same->pid() != pid) return;
      Tell(absl::StrCat("continue ", number));
      same->Signal(SIGCONT);
    });
  }

  void SetCut(uint32_t from, uint32_t to, bool cut) { proxy_.SetCut(from, to, cut); }

  void IsolateOne() {
    const uint32_t number = AnyNode();
    ++report_.faults["isolated"];
    Tell(absl::StrCat("isolate ", number));
    const auto set = [this, number](bool cut) {
      for (uint32_t other = 1; other <= 3; ++other) {
        if (other == number) continue;
        SetCut(number, other, cut);
        SetCut(other, number, cut);
      }
    };
    set(true);
    Later(300 + static_cast<int64_t>(draws_() % 2000), [set] { set(false); });
  }

  void CutOneWay() {
    const uint32_t from = AnyNode();
    const uint32_t to = Other(from, draws_());
    ++report_.faults["cut one way"];
    Tell(absl::StrCat("cut ", from, " to ", to));
    SetCut(from, to, true);
    Later(300 + static_cast<int64_t>(draws_() % 2000), [this, from, to] { SetCut(from, to, false); });
  }

  // Mends everything, waits until the cluster works again, and reads all that was acknowledged.
  absl::StatusOr<ChaosReport> Recover() {
    while (!later_.empty()) {
      Serve();
      RunDue();
    }
    for (uint32_t number = 1; number <= Replicas::kCount; ++number) {
      if (replicas_.process(number) == nullptr) replicas_.Start(number);
    }
    const auto end =
        Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(kRecoverySeconds));
    clients_.BeginFinalReads();
    while (!clients_.done() && Clock::now() < end) Serve();
    if (!clients_.done()) return absl::DeadlineExceededError("the cluster does not answer, a minute after all is well");
    if (report_.news.contains("stopped")) return absl::DataLossError("a node has stopped for good");
    for (uint32_t number = 1; number <= Replicas::kCount; ++number) {
      const Reply status = replicas_.Ask(number, "status");
      if (!status.ok()) return absl::UnavailableError(absl::StrCat("node ", number, " does not answer"));
      if (status.text.find("snapshot 0") == std::string::npos) ++report_.snapshots;
    }
    return report_;
  }

  const ChaosPlan plan_;
  ChaosReport report_;
  std::mt19937_64 draws_;
  Proxy proxy_;
  Replicas replicas_;
  ChaosClients clients_;
  std::multimap<Clock::time_point, std::function<void()>> later_;
};

}  // namespace

absl::StatusOr<ChaosReport> RunChaos(const ChaosPlan& plan) { return Run(plan).Go(); }

absl::StatusOr<HistoryVerdict> CheckHistory(const std::string& file) {
  const auto read = linearizability::format::ReadHistoryFile(file);
  if (!read.ok()) return read.status();
  linearizability::CheckOptions options;
  options.semantics = read->semantics;
  const auto result = linearizability::Check(read->history, options);
  if (!result.ok()) return result.status();
  HistoryVerdict verdict;
  verdict.linearizable = result->verdict == linearizability::Verdict::kLinearizable;
  verdict.text = linearizability::Describe(*result) + "\n" +
                 linearizability::ExplainConflict(read->history, read->semantics, *result);
  verdict.operations = read->history.operations().size();
  return verdict;
}

}  // namespace lockstep::tests
