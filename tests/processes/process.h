// Process: a program that a test runs beside itself, and that never outlives it.
#ifndef LOCKSTEP_TESTS_PROCESSES_PROCESS_H_
#define LOCKSTEP_TESTS_PROCESSES_PROCESS_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep::tests {

class Process {
 public:
  // Runs `arguments[0]` with the others; its standard input and output are pipes to here, its errors this process's.
  explicit Process(const std::vector<std::string>& arguments);
  // Kills it, if it still runs.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void Signal(int signal) const;
  // Waits for its end: the exit status, or 128 + the signal that ended it.
  int Wait();
  bool ended() const { return status_.has_value(); }
  pid_t pid() const { return pid_; }

  void Write(std::string_view text) const;
  void CloseInput();
  // The next line that it prints, without its end; nothing if none comes within the time, or it has ended.
  std::optional<std::string> ReadLine(double seconds_max);
  // The lines that it has printed and nobody has read, without waiting.
  std::vector<std::string> TakeLines();
  // Can be read from when it has printed something.
  int output() const { return out_; }

 private:
  std::optional<std::string> TakeLine();
  // Whether something came.
  bool ReadSome();

  pid_t pid_ = -1;
  int in_ = -1;
  int out_ = -1;
  std::string read_;
  std::optional<int> status_;
};

// The path of a program that Bazel has built as this test's data: "runtime/node/replica".
std::string BuiltProgram(const std::string& path);
// `count` ports of the loopback that nobody uses at this moment.
std::vector<int> FreePorts(size_t count);

}  // namespace lockstep::tests

#endif  // LOCKSTEP_TESTS_PROCESSES_PROCESS_H_
