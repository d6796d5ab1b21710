#include "runtime/lockstepd/metrics.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

#include "absl/strings/str_cat.h"

namespace lockstep::runtime {
namespace {

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

int CountOpenFiles() {
  DIR* folder = opendir("/proc/self/fd");
  if (folder == nullptr) return 0;
  int count = 0;
  while (readdir(folder) != nullptr) ++count;
  closedir(folder);
  return count - 3;  // Itself and its parent are listed, and what lists them is open.
}

}  // namespace

void Durations::Add(int64_t micros) {
  int bound = 0;
  while (bound < kBounds && micros > int64_t{1000} << bound) ++bound;
  ++counts_[static_cast<size_t>(bound)];
  total_micros_ += static_cast<uint64_t>(micros);
}

void MetricsText::Begin(std::string_view name, std::string_view help, std::string_view type) {
  name_ = name;
  absl::StrAppend(&text_, "# HELP ", name_, " ", View(help), "\n# TYPE ", name_, " ", View(type), "\n");
}

void MetricsText::Value(double value, Labels labels) { Line(name_, value, labels); }

void MetricsText::Line(std::string_view name, double value, Labels labels) {
  absl::StrAppend(&text_, View(name));
  const char* before = "{";
  for (const auto& [label, text] : labels) {
    absl::StrAppend(&text_, before, View(label), "=\"", text, "\"");
    before = ",";
  }
  absl::StrAppend(&text_, labels.size() > 0 ? "} " : " ");
  // Whole numbers without an exponent, so that they can be compared by eye.
  if (value == static_cast<double>(static_cast<int64_t>(value))) {
    absl::StrAppend(&text_, static_cast<int64_t>(value), "\n");
  } else {
    absl::StrAppend(&text_, value, "\n");
  }
}

void MetricsText::Histogram(std::string_view name, std::string_view help, const Durations& durations) {
  Begin(name, help, "histogram");
  uint64_t sum = 0;
  const std::string family = name_;
  for (int bound = 0; bound < Durations::kBounds; ++bound) {
    sum += durations.counts_[static_cast<size_t>(bound)];
    Line(family + "_bucket", static_cast<double>(sum),
         {{"le", absl::StrCat(static_cast<double>(int64_t{1} << bound) / 1000)}});
  }
  sum += durations.counts_.back();
  Line(family + "_bucket", static_cast<double>(sum), {{"le", "+Inf"}});
  Line(family + "_sum", static_cast<double>(durations.total_micros_) / 1e6, {});
  Line(family + "_count", static_cast<double>(sum), {});
}

void MetricsText::AddProcess() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  uint64_t pages = 0;
  uint64_t resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  const auto page_bytes = static_cast<double>(sysconf(_SC_PAGESIZE));
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  Counter("process_cpu_seconds_total", "Time that this process has run, in seconds.",
          Seconds(usage.ru_utime) + Seconds(usage.ru_stime));
  Gauge("process_resident_memory_bytes", "Memory in use.", static_cast<double>(resident) * page_bytes);
  Gauge("process_virtual_memory_bytes", "Memory that is mapped.", static_cast<double>(pages) * page_bytes);
  Gauge("process_open_fds", "Open files and connections.", CountOpenFiles());
  Gauge("process_max_fds", "How many there may be.", static_cast<double>(files.rlim_cur));
}

}  // namespace lockstep::runtime
