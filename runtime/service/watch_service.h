// WatchService: etcdserverpb.Watch: many watches over one stream.
#ifndef LOCKSTEP_RUNTIME_SERVICE_WATCH_SERVICE_H_
#define LOCKSTEP_RUNTIME_SERVICE_WATCH_SERVICE_H_

#include <memory>

#include "runtime/service/context.h"
#include "runtime/service/watch_hub.h"

namespace lockstep::runtime {

class WatchService {
 public:
  WatchService(ServiceContext& context, WatchHub& hub) : context_(context), hub_(hub) {}
  void Register(RpcMethods& methods);

 private:
  class Session;
  class Stream;

  ServiceContext& context_;
  WatchHub& hub_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_SERVICE_WATCH_SERVICE_H_
