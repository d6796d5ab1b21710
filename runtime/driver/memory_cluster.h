// MemoryCluster: whole nodes in memory, for tests: drivers on real logs and snapshot stores on disks in memory.
//
// Messages go through the codec. Nodes can be stopped, lose power, be cut off, and get a bad disk.
#ifndef LOCKSTEP_RUNTIME_DRIVER_MEMORY_CLUSTER_H_
#define LOCKSTEP_RUNTIME_DRIVER_MEMORY_CLUSTER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime/driver/data_directory.h"
#include "runtime/driver/driver.h"
#include "runtime/machine/map_machine.h"
#include "runtime/memory/memory_clock.h"
#include "runtime/memory/memory_entropy.h"
#include "runtime/memory/memory_files.h"

namespace lockstep::runtime {

class ClusterDisk final : public DiskFaults {
 public:
  absl::Status OnSync(const std::string& path) override {
    ++syncs;
    return sync_fails && path.starts_with(sync_fails_in) ? absl::DataLossError(path + ": the device failed")
                                                         : absl::OkStatus();
  }
  uint64_t capacity_bytes() override { return capacity; }
  int64_t DelayMicros() override { return delay; }

  uint64_t syncs = 0;
  bool sync_fails = false;
  std::string sync_fails_in;  // Only paths that begin so.
  uint64_t capacity = UINT64_MAX;
  int64_t delay = 200;
};

class MemoryCluster {
 public:
  // Nodes 1 to `founders` are founders; others may be started too, and be added.
  explicit MemoryCluster(uint32_t founders);
  ~MemoryCluster();

  // Starts node `number` on its disk. Errors: what its files or its start refuse.
  absl::Status Start(uint32_t number);
  // Ends its process; what is on its disk stays, unsynced or not.
  void Stop(uint32_t number);
  // Ends it and loses what is not synced.
  void LosePower(uint32_t number);
  void StartAll();

  Driver& driver(uint32_t number);
  const MapMachine& machine(uint32_t number);
  StateMachine& state_machine(uint32_t number);
  ClusterDisk& disk(uint32_t number);
  MemoryDisk& content(uint32_t number);
  WriteAheadLog& log(uint32_t number);
  MemoryClock& clock() { return clock_; }

  // Runs until a node leads in the latest term and others follow it; its number, or 0 after a minute.
  uint32_t AwaitLeader();
  // Runs until the request has been answered.
  Answer Await(const std::function<absl::StatusOr<RequestId>(AnswerDone)>& ask);
  Answer Propose(uint32_t number, const std::string& command);
  Answer Read(uint32_t number, const std::string& key, ReadLevel level);
  // Runs until every node that is up has applied as much as the leader; false after a minute.
  bool AwaitAllApplied();

  DriverOptions options;  // For nodes started from now on; the id is filled in.
  // What nodes started from now on replicate, made on their files; a MapMachine, if nothing else is said.
  std::function<std::unique_ptr<StateMachine>(Files&)> make_machine;
  std::map<uint32_t, DriverObserver*> observers;  // Of nodes started from now on.
  std::set<uint32_t> cut_off;                     // Nodes whose messages are lost.
  std::map<std::string, int> messages;            // How many of each kind were sent.

 private:
  struct Node;
  friend struct ClusterSender;
  void Deliver(const Envelope& envelope);

  const Configuration founding_;
  MemoryClock clock_;
  std::map<uint32_t, std::unique_ptr<Node>> nodes_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_DRIVER_MEMORY_CLUSTER_H_
