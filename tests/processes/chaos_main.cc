// ./run chaos [--minutes=M] [--seed=N] [--folder=FOLDER]: three real processes under load and faults, then a verdict.
#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "tests/processes/chaos.h"
#include "tests/processes/replica.h"

namespace lockstep::tests {
namespace {

int Usage() {
  std::fprintf(stderr, "usage: ./run chaos [--minutes=2] [--seed=1] [--folder=FOLDER]\n");
  return 2;
}

int Main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  setvbuf(stdout, nullptr, _IOLBF, 0);
  double minutes = 2;
  ChaosPlan plan;
  plan.program = std::filesystem::read_symlink("/proc/self/exe").string();
  plan.talks = true;
  std::string folder = (std::filesystem::temp_directory_path() / "lockstep_chaos").string();
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const size_t equals = argument.find('=');
    const std::string value(equals == std::string_view::npos ? "" : argument.substr(equals + 1));
    if (argument.starts_with("--minutes=")) {
      minutes = std::atof(value.c_str());
    } else if (argument.starts_with("--seed=")) {
      plan.seed = std::strtoull(value.c_str(), nullptr, 10);
    } else if (argument.starts_with("--folder=")) {
      folder = value;
    } else {
      return Usage();
    }
  }
  if (minutes <= 0) return Usage();
  std::filesystem::create_directories(folder);
  plan.seconds = 60 * minutes;
  plan.folder = folder + "/nodes";
  plan.history = folder + "/history.ndjson";
  const auto report = RunChaos(plan);
  if (!report.ok()) {
    std::printf("FAILED: %s; the nodes' files are in %s, the history in %s\n", report.status().ToString().c_str(),
                plan.folder.c_str(), plan.history.c_str());
    return 1;
  }
  for (const auto& [fault, count] : report->faults) std::printf("%-12s %4d times\n", fault.c_str(), count);
  std::printf("%llu writes acknowledged, %llu reads, %llu operations refused, %llu of unknown outcome\n",
              static_cast<unsigned long long>(report->acknowledged), static_cast<unsigned long long>(report->reads),
              static_cast<unsigned long long>(report->failed), static_cast<unsigned long long>(report->unknown));
  const auto verdict = CheckHistory(plan.history);
  if (!verdict.ok()) {
    std::printf("FAILED: %s\n", verdict.status().ToString().c_str());
    return 1;
  }
  const bool good = verdict->linearizable && report->lost == 0;
  std::printf("%s: %zu operations: %s%llu acknowledged writes lost; ./run check %s\n", good ? "PASSED" : "FAILED",
              verdict->operations, verdict->text.c_str(), static_cast<unsigned long long>(report->lost),
              plan.history.c_str());
  return good ? 0 : 1;
}

}  // namespace
}  // namespace lockstep::tests

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "replica") return lockstep::tests::RunReplica(argc - 2, argv + 2);
  return lockstep::tests::Main(argc, argv);
}
