// lockstepd: a member of a replicated key-value store.
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "runtime/lockstepd/daemon.h"
#include "runtime/lockstepd/restore.h"

// The allocator's, where it is linked (BUILD.bazel): gives back to the system what is free.
extern "C" void MallocExtension_ReleaseFreeMemory() __attribute__((weak));

namespace lockstep::runtime {
namespace {

// Tells whoever started this process, if it asked to be told. [sd_notify(3)]
void NotifyReadiness(std::string_view what) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const size_t size = std::strlen(path);
  if (size >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, path, size);
  if (path[0] == '@') address.sun_path[0] = '\0';  // An abstract name.
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  sendto(fd, what.data(), what.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address),
         static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + size));
  close(fd);
}

// SIGTERM and SIGINT come through this descriptor.
int CatchSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

int Serve(const Settings& settings, const LogLines& log) {
  const int signals = CatchSignals();
  EventLoop loop;
  int result = 0;
  auto daemon = Daemon::Start(
      loop, settings, log,
      [] {
        // Reading the log and the snapshot takes memory that serving does not.
        if (MallocExtension_ReleaseFreeMemory != nullptr) MallocExtension_ReleaseFreeMemory();
        NotifyReadiness("READY=1");
      },
      [&](const absl::Status& why) {
        log.Error("this member stops", {{"why", std::string(why.message())}});
        result = absl::IsCancelled(why) ? 0 : 1;
        loop.Stop();
      });
  if (!daemon.ok()) {
    log.Error("this member cannot start", {{"why", std::string(daemon.status().message())}});
    return 1;
  }
  bool stopping = false;
  loop.Watch(signals, EPOLLIN, [&](uint32_t) {
    signalfd_siginfo info{};
    if (read(signals, &info, sizeof info) != sizeof info) return;
    // The second time whoever sends it means it.
    if (std::exchange(stopping, true)) return loop.Stop();
    NotifyReadiness("STOPPING=1");
    (*daemon)->Shutdown([&loop] { loop.Stop(); });
  });
  loop.Run();
  loop.Unwatch(signals);
  daemon->reset();
  log.Info("stopped");
  return result;
}

int Main(std::vector<std::string> arguments) {
  std::string backup;
  if (arguments.size() >= 2 && arguments[0] == "restore") {
    backup = arguments[1];
    arguments.erase(arguments.begin(), arguments.begin() + 2);
  }
  const auto flags = ReadFlags(arguments, [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  });
  const auto refuse = [](const absl::Status& why) {
    std::fprintf(stderr, "lockstepd: %s\n", std::string(why.message()).c_str());
    return 2;
  };
  if (!flags.ok()) return refuse(flags.status());
  if (flags->Switch("help")) return std::fputs(FlagsHelp().c_str(), stdout) < 0 ? 1 : 0;
  if (flags->Switch("version")) {
    return std::printf("lockstepd\netcd Version: %s\n", flags->Text("advertised-version").c_str()) < 0 ? 1 : 0;
  }
  const auto settings = MakeSettings(*flags);
  if (!settings.ok()) return refuse(settings.status());
  const auto level = ParseLogLevel(settings->log_level);
  if (!level.ok()) return refuse(level.status());
  const LogLines log(*level);
  if (backup.empty()) return Serve(*settings, log);
  const absl::Status restored = RestoreBackup(backup, *settings, log);
  return restored.ok() ? 0 : refuse(restored);
}

}  // namespace
}  // namespace lockstep::runtime

int main(int argc, char** argv) { return lockstep::runtime::Main({argv + 1, argv + argc}); }
