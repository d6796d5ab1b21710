#include "tests/cli/program.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "gtest/gtest.h"

namespace lockstep::tests {
namespace {

constexpr char kProgram[] = "cli/lockstep";  // In the test's runfiles.

// Both ends of what connects the program with the test.
struct Channel {
  int read_end = -1;
  int write_end = -1;
};

Channel MakePipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) std::abort();
  return {ends[0], ends[1]};
}

Channel MakeTerminal() {
  winsize size{};
  size.ws_col = 160;
  size.ws_row = 50;
  Channel channel;
  if (openpty(&channel.read_end, &channel.write_end, nullptr, nullptr, &size) != 0) std::abort();
  fcntl(channel.read_end, F_SETFD, FD_CLOEXEC);
  return channel;
}

[[noreturn]] void BecomeProgram(const std::vector<std::string>& arguments, const ProgramOptions& options, int out,
                                int err) {
  dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  setenv("TERM", "xterm", 1);
  for (const std::string& variable : options.environment) {
    const size_t equals = variable.find('=');
    setenv(variable.substr(0, equals).c_str(), variable.substr(equals + 1).c_str(), 1);
  }
  std::vector<char*> argv = {const_cast<char*>(kProgram)};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  execv(kProgram, argv.data());
  _exit(127);
}

// Appends what is there. False: the other end is closed.
bool ReadSome(int from, std::string& to) {
  std::array<char, 65536> buffer;
  const ssize_t bytes = read(from, buffer.data(), buffer.size());
  if (bytes > 0) to.append(buffer.data(), static_cast<size_t>(bytes));
  return bytes > 0 || (bytes < 0 && errno == EINTR);
}

double SecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

ProgramOutcome RunProgram(const std::vector<std::string>& arguments, const ProgramOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  const Channel out = options.terminal ? MakeTerminal() : MakePipe();
  const Channel err = options.terminal ? Channel() : MakePipe();
  const pid_t pid = fork();
  if (pid == 0) BecomeProgram(arguments, options, out.write_end, options.terminal ? out.write_end : err.write_end);
  close(out.write_end);
  if (err.write_end >= 0) close(err.write_end);

  ProgramOutcome outcome;
  bool interrupted = options.interrupt_when.empty();
  bool late = false;
  std::array<pollfd, 2> files = {{{out.read_end, POLLIN, 0}, {err.read_end, POLLIN, 0}}};
  while (files[0].fd >= 0 || files[1].fd >= 0) {
    poll(files.data(), files.size(), 100);
    if (files[0].fd >= 0 && files[0].revents != 0 && !ReadSome(files[0].fd, outcome.out)) files[0].fd = -1;
    if (files[1].fd >= 0 && files[1].revents != 0 && !ReadSome(files[1].fd, outcome.err)) files[1].fd = -1;
    if (!interrupted && (outcome.out + outcome.err).find(options.interrupt_when) != std::string::npos) {
      kill(pid, SIGINT);
      interrupted = true;
    }
    if (!late && SecondsSince(start) > options.seconds_max) {
      ADD_FAILURE() << "the program ran for more than " << options.seconds_max << " s";
      kill(pid, SIGKILL);
      late = true;
    }
  }
  close(out.read_end);
  if (err.read_end >= 0) close(err.read_end);
  int status = 0;
  waitpid(pid, &status, 0);
  outcome.status = late ? -1 : WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  outcome.seconds = SecondsSince(start);
  return outcome;
}

std::string FreshFolder(const std::string& name) {
  const std::filesystem::path folder = std::filesystem::path(::testing::TempDir()) / name;
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder.string();
}

}  // namespace lockstep::tests
