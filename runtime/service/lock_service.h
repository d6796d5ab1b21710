// LockService: v3lockpb.Lock and v3electionpb.Election: lines of clients (line.h).
#ifndef LOCKSTEP_RUNTIME_SERVICE_LOCK_SERVICE_H_
#define LOCKSTEP_RUNTIME_SERVICE_LOCK_SERVICE_H_

#include <memory>
#include <string>
#include <string_view>

#include "kvsm/api/election.pb.h"
#include "runtime/service/context.h"
#include "runtime/service/line.h"

namespace lockstep::runtime {

class LockService {
 public:
  LockService(ServiceContext& context, WatchHub& hub) : context_(context), hub_(hub), line_(context, hub) {}
  void Register(RpcMethods& methods);

 private:
  using Call = std::shared_ptr<RpcCall>;
  class Observer;
  class ObserveStream;

  void Lock(std::string_view bytes, Call call);
  void Unlock(std::string_view bytes, Call call);
  void Campaign(std::string_view bytes, Call call);
  void Proclaim(std::string_view bytes, Call call);
  void Leader(std::string_view bytes, Call call);
  void Resign(std::string_view bytes, Call call);

  ServiceContext& context_;
  WatchHub& hub_;
  Line line_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_SERVICE_LOCK_SERVICE_H_
