// What systemd is told: that the daemon serves, and that it stops. [sd_notify(3)]
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"

namespace lockstep::runtime {
namespace {

// A port of the loopback that is free at this moment.
std::string FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EXPECT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&address), size), 0);
  EXPECT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  close(fd);
  return absl::StrCat("http://127.0.0.1:", ntohs(address.sin_port));
}

class NotifySocket {
 public:
  explicit NotifySocket(const std::string& path) : fd_(socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    const timeval patience{60, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  ~NotifySocket() { close(fd_); }

  // The next message; empty: none came for a minute.
  std::string Next() {
    char text[256];
    const ssize_t size = recv(fd_, text, sizeof text, 0);
    return size < 0 ? "" : std::string(text, static_cast<size_t>(size));
  }

 private:
  const int fd_;
};

TEST(ReadinessTest, SystemdIsToldWhenItServesAndWhenItStops) {
  char folder[] = "/tmp/lockstepd.XXXXXX";  // The path of a socket must be short.
  ASSERT_NE(mkdtemp(folder), nullptr);
  NotifySocket notified(absl::StrCat(folder, "/notify"));
  const std::string client = FreePort();
  const std::string peer = FreePort();
  const pid_t pid = fork();
  ASSERT_GE(pid, 0);
  if (pid == 0) {
    setenv("NOTIFY_SOCKET", absl::StrCat(folder, "/notify").c_str(), 1);
    const std::string data = absl::StrCat("--data-dir=", folder, "/data");
    const std::string clients = "--listen-client-urls=" + client;
    const std::string advertised = "--advertise-client-urls=" + client;
    const std::string peers = "--listen-peer-urls=" + peer;
    const std::string announced = "--initial-advertise-peer-urls=" + peer;
    const std::string cluster = "--initial-cluster=m1=" + peer;
    execl("runtime/lockstepd/lockstepd", "lockstepd", "--name=m1", data.c_str(), clients.c_str(), advertised.c_str(),
          peers.c_str(), announced.c_str(), cluster.c_str(), nullptr);
    _exit(127);
  }
  EXPECT_EQ(notified.Next(), "READY=1");
  kill(pid, SIGTERM);
  EXPECT_EQ(notified.Next(), "STOPPING=1");
  int status = 0;
  ASSERT_EQ(waitpid(pid, &status, 0), pid);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace lockstep::runtime
