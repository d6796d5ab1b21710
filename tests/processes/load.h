// Load: a client within the leader's process that keeps so many commands under way, for a while.
#ifndef LOCKSTEP_TESTS_PROCESSES_LOAD_H_
#define LOCKSTEP_TESTS_PROCESSES_LOAD_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "runtime/clock.h"
#include "runtime/node/node.h"

namespace lockstep::tests {

struct LoadPlan {
  uint32_t window = 1;   // Commands under way at a time.
  uint32_t bytes = 256;  // Of each command.
  double seconds = 1;
};

class Load {
 public:
  // `done` hears "commands N failed N seconds S p50 MICROS p99 MICROS max MICROS" once the last one is answered.
  Load(runtime::EventLoop& loop, runtime::Node& node, const LoadPlan& plan, std::function<void(std::string)> done);

 private:
  void Propose();
  void Answered(int64_t asked_micros, const runtime::Answer& answer);

  runtime::EventLoop& loop_;
  runtime::Node& node_;
  const LoadPlan plan_;
  const std::function<void(std::string)> done_;
  int64_t begin_micros_ = 0;
  int64_t end_micros_ = 0;
  uint64_t count_ = 0;
  uint64_t failed_ = 0;
  uint32_t under_way_ = 0;
  std::vector<int32_t> latencies_;
};

}  // namespace lockstep::tests

#endif  // LOCKSTEP_TESTS_PROCESSES_LOAD_H_
