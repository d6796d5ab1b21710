#include "tests/processes/process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>

#include "core/check.h"

namespace lockstep::tests {
namespace {

// In the child, between fork and exec.
[[noreturn]] void Become(const std::vector<std::string>& arguments, int in, int out, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  dup2(in, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  execv(argv[0], argv.data());
  _exit(127);
}

}  // namespace

Process::Process(const std::vector<std::string>& arguments) {
  int in[2];
  int out[2];
  LOCKSTEP_CHECK(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
  const pid_t parent = getpid();
  pid_ = fork();
  LOCKSTEP_CHECK(pid_ >= 0);
  if (pid_ == 0) Become(arguments, in[0], out[1], parent);
  close(in[0]);
  close(out[1]);
  in_ = in[1];
  out_ = out[0];
}

Process::~Process() {
  if (!ended()) {
    Signal(SIGKILL);
    Wait();
  }
  CloseInput();
  close(out_);
}

void Process::Signal(int signal) const {
  if (!ended()) kill(pid_, signal);
}

int Process::Wait() {
  if (ended()) return *status_;
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0) LOCKSTEP_CHECK(errno == EINTR);
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return *status_;
}

void Process::Write(std::string_view text) const {
  while (!text.empty()) {
    const ssize_t count = write(in_, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return;  // It has ended: whoever waits for its answer will notice.
    text.remove_prefix(static_cast<size_t>(count));
  }
}

void Process::CloseInput() {
  if (in_ >= 0) close(in_);
  in_ = -1;
}

std::optional<std::string> Process::TakeLine() {
  const size_t at = read_.find('\n');
  if (at == std::string::npos) return std::nullopt;
  std::string line = read_.substr(0, at);
  read_.erase(0, at + 1);
  return line;
}

bool Process::ReadSome() {
  char bytes[16384];
  const ssize_t count = read(out_, bytes, sizeof bytes);
  if (count > 0) read_.append(bytes, static_cast<size_t>(count));
  return count > 0;
}

std::optional<std::string> Process::ReadLine(double seconds_max) {
  using Clock = std::chrono::steady_clock;
  const auto end =
      Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds_max));
  while (true) {
    if (auto line = TakeLine(); line.has_value()) return line;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    pollfd ready{out_, POLLIN, 0};
    if (left <= 0 || poll(&ready, 1, static_cast<int>(left)) <= 0 || !ReadSome()) return std::nullopt;
  }
}

std::vector<std::string> Process::TakeLines() {
  pollfd ready{out_, POLLIN, 0};
  while (poll(&ready, 1, 0) > 0 && ReadSome()) {
  }
  std::vector<std::string> lines;
  while (auto line = TakeLine()) lines.push_back(*std::move(line));
  return lines;
}

std::string BuiltProgram(const std::string& path) {
  const char* sources = std::getenv("TEST_SRCDIR");
  const char* workspace = std::getenv("TEST_WORKSPACE");
  LOCKSTEP_CHECK(sources != nullptr && workspace != nullptr);
  return std::string(sources) + "/" + workspace + "/" + path;
}

std::vector<int> FreePorts(size_t count) {
  std::vector<int> sockets;
  std::vector<int> ports;
  for (size_t i = 0; i < count; ++i) {
    sockets.push_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    LOCKSTEP_CHECK(bind(sockets[i], reinterpret_cast<sockaddr*>(&address), size) == 0);
    LOCKSTEP_CHECK(getsockname(sockets[i], reinterpret_cast<sockaddr*>(&address), &size) == 0);
    ports.push_back(ntohs(address.sin_port));
  }
  for (const int fd : sockets) close(fd);
  return ports;
}

}  // namespace lockstep::tests
