// MapMachine: the smallest useful StateMachine, a map from strings to strings; for tests, simulation and benchmarks.
#ifndef LOCKSTEP_RUNTIME_MACHINE_MAP_MACHINE_H_
#define LOCKSTEP_RUNTIME_MACHINE_MAP_MACHINE_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/machine/state_machine.h"

namespace lockstep::runtime {

class MapMachine final : public StateMachine {
 public:
  MapMachine() : map_(std::make_shared<Map>()) {}

  // A command "key=value" sets a key; "key:expected=value" does so only if its value is `expected` (empty: or if there
  // is none). The reply is the value before, in both cases. Others change nothing; the reply is "?".
  void Apply(std::span<const Command> commands, std::vector<std::string>& replies) override;
  // The value of the key `query`. Errors: NotFound.
  absl::StatusOr<std::string> Lookup(std::string_view query) override;
  std::unique_ptr<SnapshotSource> Freeze() override;
  absl::Status Restore(SnapshotSource& source) override;

  using Map = std::map<std::string, std::string, std::less<>>;
  const Map& map() const { return *map_; }

 private:
  std::shared_ptr<Map> map_;  // Copied before it is changed, if a frozen view shares it.
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_MACHINE_MAP_MACHINE_H_
