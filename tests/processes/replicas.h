// Replicas: three processes of `replica` on the loopback, each with a folder of its own.
#ifndef LOCKSTEP_TESTS_PROCESSES_REPLICAS_H_
#define LOCKSTEP_TESTS_PROCESSES_REPLICAS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/processes/process.h"

namespace lockstep::tests {

struct Reply {
  std::string word;  // ok, no, maybe; empty: no answer within the time.
  std::string text;
  bool ok() const { return word == "ok"; }
};

class Replicas {
 public:
  static constexpr uint32_t kCount = 3;

  struct Options {
    std::string program;  // The path of `replica`.
    std::string folder;   // Emptied at the start.
    int64_t election_micros = 500'000;
    uint64_t snapshot_bytes = 256 << 20;  // Of the log, between two snapshots.
    // Where node `from` reaches node `to`, which listens at `address`; null: there.
    std::function<std::string(uint32_t from, uint32_t to, const std::string& address)> route;
  };
  explicit Replicas(Options options);

  // Nodes are numbered from 1.
  void Start(uint32_t number);
  void StartAll();
  // Kills it and takes it off.
  void Kill(uint32_t number);
  Process* process(uint32_t number) { return processes_[number - 1].get(); }
  const std::string& listen_address(uint32_t number) const { return listen_[number - 1]; }

  // Asks and waits for that answer; answers to others that come meanwhile are dropped.
  Reply Ask(uint32_t number, const std::string& question, double seconds_max = 30);
  // What a node has said of itself while it was asked something: "storage ...", "role ...".
  const std::vector<std::string>& news(uint32_t number) const { return news_[number - 1]; }
  // The node that leads, once one does and accepts a write; 0 after the time.
  uint32_t AwaitLeader(double seconds_max = 30);

 private:
  const Options options_;
  std::vector<std::string> listen_;
  std::vector<std::vector<std::string>> routes_;  // By the node that uses them.
  std::unique_ptr<Process> processes_[kCount];
  std::vector<std::string> news_[kCount];
  uint64_t last_id_ = 0;
};

// Splits "ID WORD TEXT".
struct ReplicaLine {
  uint64_t id = 0;
  Reply reply;
};
ReplicaLine ParseReplicaLine(const std::string& line);

}  // namespace lockstep::tests

#endif  // LOCKSTEP_TESTS_PROCESSES_REPLICAS_H_
