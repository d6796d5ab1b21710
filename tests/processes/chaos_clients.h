// The clients of a chaos run: each has one operation under way, at one node, and gives up after a while.
#ifndef LOCKSTEP_TESTS_PROCESSES_CHAOS_CLIENTS_H_
#define LOCKSTEP_TESTS_PROCESSES_CHAOS_CLIENTS_H_

#include <chrono>
#include <cstdint>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/processes/chaos.h"
#include "tests/processes/replicas.h"

namespace lockstep::tests {

class ChaosClients {
 public:
  ChaosClients(Replicas& replicas, const ChaosPlan& plan, ChaosReport& report);

  // Begins what idle clients have to do, gives up what takes too long.
  void Tick();
  void Take(const ReplicaLine& line);
  // From now on nothing is written; every key that was written once is read, until all have been.
  void BeginFinalReads();
  bool idle() const { return open_.empty(); }
  bool done() const { return final_ && unread_.empty() && open_.empty(); }

 private:
  using Clock = std::chrono::steady_clock;

  struct Client {
    uint32_t process = 0;  // Its number in the history: another one after each operation of unknown outcome.
    uint64_t open_id = 0;  // 0: idle.
    Clock::time_point free_at;
  };
  struct Operation {
    size_t client = 0;
    bool is_read = false;
    std::string key;
    std::string value;
    Clock::time_point begin;
  };

  void Begin(size_t client);
  void Ask(uint64_t id, const Operation& operation);
  void End(uint64_t id, const char* type, const std::string& value);
  void Note(const Operation& operation, const char* type, const std::string& value);

  Replicas& replicas_;
  ChaosReport& report_;
  std::ofstream history_;
  std::mt19937_64 draws_;
  const Clock::time_point begin_ = Clock::now();
  std::vector<Client> clients_;
  std::map<uint64_t, Operation> open_;
  uint64_t last_id_ = 1'000'000'000;  // Above those that Replicas gives.
  uint32_t last_process_ = 0;
  uint64_t last_value_ = 0;
  uint32_t likely_leader_ = 1;
  bool final_ = false;
  std::map<std::string, std::string> written_;  // Acknowledged writes to keys of their own.
  std::set<std::string> unread_;
};

}  // namespace lockstep::tests

#endif  // LOCKSTEP_TESTS_PROCESSES_CHAOS_CLIENTS_H_
