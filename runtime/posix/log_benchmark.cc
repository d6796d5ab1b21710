// How fast the log is, beside what the same disk does without it.
//
// ./run bench log [FOLDER [small|single|large|recovery]...]
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/check.h"
#include "runtime/posix/event_loop.h"
#include "runtime/posix/posix_entropy.h"
#include "runtime/posix/posix_files.h"
#include "runtime/wal/log.h"

namespace lockstep::runtime {
namespace {

constexpr int64_t kSliceMicros = 250'000;
constexpr int kSlices = 9;
constexpr uint64_t kFileBytes = 64 << 20;
constexpr double kShareAsked = 0.8;  // Of the disk's rate.
constexpr double kRecoverySecondsAsked = 3;

double Seconds(int64_t micros) { return static_cast<double>(micros) / 1e6; }

// What the disk does for one write and one fdatasync after the other, into a file whose blocks exist.
class Disk {
 public:
  explicit Disk(const std::string& folder)
      : path_(folder + "/raw"), fd_(open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0644)) {
    LOCKSTEP_CHECK(fd_ >= 0);
    const std::string block(1 << 20, 'x');
    for (uint64_t at = 0; at < kFileBytes; at += block.size()) {
      LOCKSTEP_CHECK(pwrite(fd_, block.data(), block.size(), static_cast<off_t>(at)) == ssize_t{1 << 20});
    }
    LOCKSTEP_CHECK(fsync(fd_) == 0);
  }
  ~Disk() {
    close(fd_);
    std::filesystem::remove(path_);
  }

  // Batches of `bytes` each second.
  double Measure(uint64_t bytes, int64_t micros) {
    const std::string batch(bytes, 'y');
    int64_t count = 0;
    const int64_t begin = clock_.ReadMonotonic().micros;
    while (clock_.ReadMonotonic().micros - begin < micros) {
      LOCKSTEP_CHECK(pwrite(fd_, batch.data(), batch.size(), static_cast<off_t>(offset_)) ==
                     static_cast<ssize_t>(batch.size()));
      LOCKSTEP_CHECK(fdatasync(fd_) == 0);
      offset_ = (offset_ + bytes) % (kFileBytes - bytes);
      ++count;
    }
    return static_cast<double>(count) / Seconds(clock_.ReadMonotonic().micros - begin);
  }

 private:
  const std::string path_;
  const int fd_;
  EventLoop clock_;
  uint64_t offset_ = 0;
};

// A log of its own in a fresh folder, on a loop of its own.
class Bench {
 public:
  Bench(const std::string& folder, SyncMethod method) : root_(folder + "/log_bench"), method_(method) {
    std::filesystem::remove_all(root_);
    files_ = *PosixFiles::Make(loop_, root_, method_);
    options_.identity = {1, 1, {1, 0}};
    PosixEntropy entropy;
    LOCKSTEP_CHECK(WriteAheadLog::Create(*files_, entropy, options_, {}).ok());
    Open();
  }
  ~Bench() {
    log_.reset();
    files_.reset();
    std::filesystem::remove_all(root_);
  }

  void Open() {
    log_.reset();
    files_ = nullptr;  // Ends what is under way in the background.
    files_ = *PosixFiles::Make(loop_, root_, method_);
    auto opened = WriteAheadLog::Open(*files_, options_);
    LOCKSTEP_CHECK(opened.ok());
    log_ = std::move(opened->log);
    next_ = opened->stored.log.last_index() + 1;
  }

  // `writers` that each have one record of `bytes` under way, for a while: batches each second. The log is compacted as
  // it grows, so that its segments are reused.
  double Measure(int writers, uint32_t bytes, int64_t micros) {
    command_ = MakePayload(SharedBytes(std::string(bytes, 'c')));
    const int64_t begin = loop_.ReadMonotonic().micros;
    const int64_t batches = RunFor(writers, micros);
    return static_cast<double>(batches) / Seconds(loop_.ReadMonotonic().micros - begin);
  }

  // Fills the log with `total` bytes of records of `bytes`.
  void Fill(uint64_t total, uint32_t bytes) {
    command_ = MakePayload(SharedBytes(std::string(bytes, 'c')));
    const auto batch = static_cast<int>((4 << 20) / bytes);
    uint64_t left = total / bytes;
    Collect(batch);
    log_->Commit([&](const absl::Status& status) { Refill(status, batch, left); });
    loop_.Run();
  }

  int64_t NowMicros() const { return loop_.ReadMonotonic().micros; }
  Index last() const { return next_ - 1; }

 private:
  void Collect(int count) {
    effect::AppendLog write{1, next_, {}, {}};
    write.entries.assign(static_cast<size_t>(count),
                         {1, static_cast<uint32_t>(command_.bytes.size()), EntryKind::kCommand});
    next_ += static_cast<Index>(count);
    log_->Append(write, std::vector<Payload>(static_cast<size_t>(count), command_));
  }
  void Refill(const absl::Status& status, int batch, uint64_t& left) {
    LOCKSTEP_CHECK(status.ok());
    left -= std::min<uint64_t>(left, static_cast<uint64_t>(batch));
    if (left == 0) return loop_.Stop();
    Collect(batch);
    log_->Commit([this, batch, &left](const absl::Status& again) { Refill(again, batch, left); });
  }
  int64_t RunFor(int writers, int64_t micros) {
    int64_t batches = 0;
    const int64_t end = loop_.ReadMonotonic().micros + micros;
    std::function<void(const absl::Status&)> written = [&](const absl::Status& status) {
      LOCKSTEP_CHECK(status.ok());
      ++batches;
      if (loop_.ReadMonotonic().micros >= end) return loop_.Stop();
      Collect(writers);
      if (++since_compaction_ % 32 == 0) log_->Compact({next_ - static_cast<Index>(writers) - 1, 1}, {});
      log_->Commit(written);
    };
    Collect(writers);
    log_->Commit(written);
    loop_.Run();
    return batches;
  }

  const std::string root_;
  const SyncMethod method_;
  EventLoop loop_;
  std::unique_ptr<PosixFiles> files_;
  WriteAheadLogOptions options_;
  std::unique_ptr<WriteAheadLog> log_;
  Payload command_;
  Index next_ = 1;
  uint64_t since_compaction_ = 0;
};

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Slices of each in turn, so that a disk whose speed changes is the same for all.
void Compare(const std::string& folder, const char* what, int writers, uint32_t bytes) {
  const uint64_t batch = static_cast<uint64_t>(writers) * RoundUp8(56 + bytes);
  Disk disk(folder);
  Bench ring(folder + "/ring", SyncMethod::kBest);
  Bench thread(folder + "/thread", SyncMethod::kThread);
  // The first segments are used up first: the steady state is measured.
  for (Bench* bench : {&ring, &thread}) bench->Measure(64, 1 << 20, kSliceMicros);
  std::vector<double> disk_rates;
  std::vector<double> rates[2];
  std::vector<double> shares[2];
  for (int i = 0; i < kSlices; ++i) {
    disk_rates.push_back(disk.Measure(batch, kSliceMicros));
    for (int k = 0; k < 2; ++k) {
      rates[k].push_back((k == 0 ? ring : thread).Measure(writers, bytes, kSliceMicros));
      shares[k].push_back(rates[k].back() / disk_rates.back());
    }
  }
  std::printf("%-24s disk  %7.0f syncs/s, %8.1f MB/s\n", what, Median(disk_rates),
              Median(disk_rates) * static_cast<double>(batch) / 1e6);
  for (int k = 0; k < 2; ++k) {
    const double rate = Median(rates[k]);
    const double share = Median(shares[k]);
    std::printf("  %-22s log   %7.0f syncs/s, %8.1f MB/s, %8.0f records/s: %3.0f %% of the disk%s\n",
                k == 0 ? "io_uring" : "thread", rate, rate * writers * bytes / 1e6, rate * writers, 100 * share,
                k == 1                 ? ""
                : share >= kShareAsked ? ", asked 80: reached"
                                       : ", asked 80: NOT REACHED");
  }
}

void Recover(const std::string& folder, uint64_t total, uint32_t bytes) {
  Bench bench(folder, SyncMethod::kBest);
  bench.Fill(total, bytes);
  const int64_t begin = bench.NowMicros();
  bench.Open();
  const double seconds = Seconds(bench.NowMicros() - begin);
  std::printf("recovery of %4.0f MiB in records of %7u bytes: %.2f s, %llu entries; asked %.0f s: %s\n",
              static_cast<double>(total) / (1 << 20), bytes, seconds, static_cast<unsigned long long>(bench.last()),
              kRecoverySecondsAsked, seconds < kRecoverySecondsAsked ? "reached" : "NOT REACHED");
}

int Main(int argc, char** argv) {
  const std::string folder = argc > 1 ? argv[1] : (std::filesystem::temp_directory_path() / "lockstep_bench").string();
  std::filesystem::create_directories(folder);
  const std::vector<std::string_view> wanted(argv + std::min(argc, 2), argv + argc);
  const auto wants = [&wanted](std::string_view part) {
    return wanted.empty() || std::find(wanted.begin(), wanted.end(), part) != wanted.end();
  };
  setvbuf(stdout, nullptr, _IOLBF, 0);
  std::printf("files in %s; medians of %d slices of %.2f s\n", folder.c_str(), kSlices, Seconds(kSliceMicros));
  if (wants("small")) Compare(folder, "64 writers of 256 bytes", 64, 256);
  if (wants("single")) Compare(folder, "1 writer of 256 bytes", 1, 256);
  if (wants("large")) Compare(folder, "1 writer of 1 MiB", 1, 1 << 20);
  if (wants("recovery")) {
    Recover(folder, uint64_t{1} << 30, 256);
    Recover(folder, uint64_t{1} << 30, 1 << 20);
  }
  return 0;
}

}  // namespace
}  // namespace lockstep::runtime

int main(int argc, char** argv) { return lockstep::runtime::Main(argc, argv); }
