#include "tests/processes/machine_limits.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>
#include <vector>

#include "core/check.h"

namespace lockstep::tests {
namespace {

using Clock = std::chrono::steady_clock;

constexpr uint64_t kFileBytes = 256 << 20;

double SecondsSince(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

// A file whose blocks exist, removed at the end.
class WrittenFile {
 public:
  explicit WrittenFile(const std::string& path)
      : path_(path), fd_(open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) {
    LOCKSTEP_CHECK(fd_ >= 0);
    const std::string block(1 << 20, 'x');
    for (uint64_t at = 0; at < kFileBytes; at += block.size()) Put(block, at);
    LOCKSTEP_CHECK(fsync(fd_) == 0);
  }
  ~WrittenFile() {
    close(fd_);
    std::filesystem::remove(path_);
  }
  void WriteAndSync(const std::string& bytes) {
    Put(bytes, at_);
    LOCKSTEP_CHECK(fdatasync(fd_) == 0);
    at_ = (at_ + bytes.size()) % (kFileBytes - bytes.size());
  }

 private:
  void Put(const std::string& bytes, uint64_t at) const {
    LOCKSTEP_CHECK(pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(at)) ==
                   static_cast<ssize_t>(bytes.size()));
  }
  const std::string path_;
  const int fd_;
  uint64_t at_ = 0;
};

double MedianMicros(std::vector<double>& seconds) {
  std::sort(seconds.begin(), seconds.end());
  return seconds[seconds.size() / 2] * 1e6;
}

void Transfer(int fd, std::string& bytes, bool sending) {
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t count =
        sending ? write(fd, &bytes[done], bytes.size() - done) : read(fd, &bytes[done], bytes.size() - done);
    if (count <= 0) _exit(0);  // The other side is gone.
    done += static_cast<size_t>(count);
  }
}

void DisableDelay(int fd) {
  const int on = 1;
  LOCKSTEP_CHECK(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0);
}

}  // namespace

double SyncMicros(const std::string& folder, uint64_t bytes, double seconds) {
  WrittenFile file(folder + "/limit");
  const std::string content(bytes, 'y');
  std::vector<double> times;
  for (const auto begin = Clock::now(); SecondsSince(begin) < seconds;) {
    const auto one = Clock::now();
    file.WriteAndSync(content);
    times.push_back(SecondsSince(one));
  }
  return MedianMicros(times);
}

double SyncedBytesPerSecond(const std::string& folder, int writers, uint64_t bytes, double seconds) {
  std::vector<std::unique_ptr<WrittenFile>> files;
  for (int i = 0; i < writers; ++i) {
    files.push_back(std::make_unique<WrittenFile>(folder + "/limit" + std::to_string(i)));
  }
  std::vector<double> rates(files.size());
  std::vector<std::thread> threads;
  for (size_t i = 0; i < files.size(); ++i) {
    threads.emplace_back([&, i] {
      const std::string content(bytes, 'y');
      uint64_t written = 0;
      const auto begin = Clock::now();
      for (; SecondsSince(begin) < seconds; written += bytes) files[i]->WriteAndSync(content);
      rates[i] = static_cast<double>(written) / SecondsSince(begin);
    });
  }
  for (std::thread& thread : threads) thread.join();
  return *std::min_element(rates.begin(), rates.end());
}

double RoundTripMicros(uint64_t bytes, double seconds) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  LOCKSTEP_CHECK(bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0 && listen(listener, 1) == 0);
  LOCKSTEP_CHECK(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const pid_t child = fork();
  LOCKSTEP_CHECK(child >= 0);
  std::string content(bytes, 'z');
  if (child == 0) {
    close(fd);
    const int peer = accept(listener, nullptr, nullptr);
    if (peer < 0) _exit(1);
    DisableDelay(peer);
    while (true) {
      Transfer(peer, content, false);
      Transfer(peer, content, true);
    }
  }
  LOCKSTEP_CHECK(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  DisableDelay(fd);
  std::vector<double> times;
  for (const auto begin = Clock::now(); SecondsSince(begin) < seconds;) {
    const auto one = Clock::now();
    Transfer(fd, content, true);
    Transfer(fd, content, false);
    times.push_back(SecondsSince(one));
  }
  close(fd);
  close(listener);
  LOCKSTEP_CHECK(waitpid(child, nullptr, 0) == child);
  return MedianMicros(times);
}

}  // namespace lockstep::tests
