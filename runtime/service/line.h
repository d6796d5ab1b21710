// Line: who waits for what many want and one can have: keys below a name, each under its owner's lease; first come,
// first served.
//
//     name/a1  created at 7   has it
//     name/b2  created at 9   waits for the deletion of the one before it: nobody else is woken
#ifndef LOCKSTEP_RUNTIME_SERVICE_LINE_H_
#define LOCKSTEP_RUNTIME_SERVICE_LINE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "kvsm/api/kv.pb.h"
#include "runtime/service/context.h"
#include "runtime/service/watch_hub.h"

namespace lockstep::runtime {

// A place in a line.
struct Place {
  std::string key;
  kvsm::Revision created = 0;  // Tells it from other places under the same key.
  int64_t lease = 0;
};

class Line {
 public:
  Line(ServiceContext& context, WatchHub& hub) : context_(context), hub_(hub), look_(context.scheduler) {}

  // Takes a place below `name`, or finds the one that the lease has, and waits until it is the first. Without a lease
  // one is granted. When the call ends before, the place is given up. Errors: those of the keys; kUnknown if the lease
  // ends meanwhile.
  using Done = std::function<void(const RpcStatus& status, const Place& place, kvsm::Revision revision)>;
  void Enter(const std::string& name, const std::string& value, int64_t lease, std::shared_ptr<RpcCall> call,
             Done done);

  // What `name` asks for: all keys below it.
  static std::string PrefixOf(const std::string& name) { return name + "/"; }
  // The first key behind those with this prefix, as a request says it.
  static std::string EndOf(const std::string& prefix);
  // The first of them by creation, at that revision.
  static bool FindFirst(const kvsm::Machine& keys, const std::string& prefix, kvsm::Revision at,
                        mvccpb::KeyValue& first);

 private:
  class Waiter;

  void Look();

  ServiceContext& context_;
  WatchHub& hub_;
  std::map<uint64_t, std::shared_ptr<Waiter>> waiters_;  // In the order in which they came.
  uint64_t last_waiter_ = 0;
  Timer look_;  // For calls that have ended.
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_SERVICE_LINE_H_
