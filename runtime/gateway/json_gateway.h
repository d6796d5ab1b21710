// JsonGateway: gRPC's calls as JSON over plain HTTP, at the paths and in the form of etcd's gateway.
//
//     POST /v3/kv/range {"key":"Zm9v"}  -->  /etcdserverpb.KV/Range  -->  {"header":{...},"kvs":[...],"count":"1"}
//
// What messages look like comes from the descriptors linked into the program; what a call means is the methods' matter.
// A slow client of a stream is not sent more than it takes: the service sees that as it does with gRPC.
#ifndef LOCKSTEP_RUNTIME_GATEWAY_JSON_GATEWAY_H_
#define LOCKSTEP_RUNTIME_GATEWAY_JSON_GATEWAY_H_

#include <memory>

#include "runtime/clock.h"
#include "runtime/http2/http_pages.h"
#include "runtime/rpc/rpc.h"

namespace lockstep::runtime {

class JsonGateway {
 public:
  // Both outlive the calls.
  JsonGateway(Scheduler& scheduler, const RpcMethods& methods) : scheduler_(scheduler), methods_(methods) {}

  // Answers, now or later, if the path is in the gateway's part of the world; returns whether it is. A call ends with
  // gRPC's code and text, and the HTTP status that etcd has for that code.
  bool Serve(const HttpRequest& request, const std::shared_ptr<HttpReply>& reply);

 private:
  class Call;

  Scheduler& scheduler_;
  const RpcMethods& methods_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_GATEWAY_JSON_GATEWAY_H_
