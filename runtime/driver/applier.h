// Applier: hands committed commands to the state machine, in order, a slice at a time.
//
// Payloads come from the cache or, where it no longer holds them, from the log. Between slices other work has its turn.
#ifndef LOCKSTEP_RUNTIME_DRIVER_APPLIER_H_
#define LOCKSTEP_RUNTIME_DRIVER_APPLIER_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/log.h"
#include "core/types.h"
#include "runtime/driver/host.h"
#include "runtime/driver/payload_cache.h"

namespace lockstep::runtime {

class Applier {
 public:
  struct Told {
    // A command has been applied.
    std::function<void(Index, std::string reply)> reply;
    // Everything up to `last` has been.
    std::function<void(Index last)> applied;
    // A payload is damaged: nothing more can be applied.
    std::function<void(absl::Status)> failed;
  };
  Applier(const Host& host, const DriverOptions& options, const PayloadCache& cache, Told told)
      : host_(host), options_(options), cache_(cache), told_(std::move(told)) {}
  ~Applier() { Stop(); }

  // Applies nothing more.
  void Stop() { *alive_ = false; }

  // Applies [first, last], whose terms and kinds `log` tells. Requires: idle(); `log` keeps them until then.
  void Apply(Index first, Index last, const Log& log);
  bool idle() const { return next_ > last_; }
  // The state machine has been restored to the state after `index`.
  void Restored(Index index) { applied_ = index; }
  // The state machine's state is that after this entry.
  Index applied() const { return applied_; }

 private:
  void ApplySlice();
  void ApplyCommands(Index last, const std::vector<Payload>& payloads);
  // The end of the slice that begins at next_, and whether the cache holds all of it.
  Index EndOfSlice(bool* held) const;

  const Host& host_;
  const DriverOptions& options_;
  const PayloadCache& cache_;
  const Told told_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  const Log* log_ = nullptr;
  Index next_ = 1;  // To be applied next ...
  Index last_ = 0;  // ... up to here.
  Index applied_ = 0;
  std::vector<Command> commands_;
  std::vector<std::string> replies_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_DRIVER_APPLIER_H_
