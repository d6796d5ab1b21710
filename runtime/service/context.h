// ServiceContext: what the services share, and the few things they all do.
#ifndef LOCKSTEP_RUNTIME_SERVICE_CONTEXT_H_
#define LOCKSTEP_RUNTIME_SERVICE_CONTEXT_H_

#include <google/protobuf/message_lite.h>

#include <memory>
#include <string>
#include <string_view>

#include "kvsm/machine.h"
#include "runtime/clock.h"
#include "runtime/rpc/rpc.h"
#include "runtime/service/fresh_reads.h"
#include "runtime/service/kv_machine.h"
#include "runtime/service/options.h"
#include "runtime/service/own_tasks.h"
#include "runtime/service/replica.h"
#include "runtime/service/submitter.h"

namespace lockstep::runtime {

struct ServiceContext {
  ServiceContext(Clock& clock, Scheduler& scheduler, KvMachine& machine, const ServiceOptions& options);
  ServiceContext(const ServiceContext&) = delete;
  ServiceContext& operator=(const ServiceContext&) = delete;

  // The state as this node has it.
  const kvsm::Machine& keys() const { return *machine.state(); }
  uint64_t self() const { return kvsm::MemberId(options.self.number, options.self.incarnation); }
  bool has_leader() const { return replica != nullptr && replica->state().leader != kNoNode; }

  // A response: the header, with that revision, and the rest as it is encoded.
  std::string Headed(int64_t revision, std::string_view body) const;
  std::string Headed(int64_t revision, const google::protobuf::MessageLite& body) const;

  Clock& clock;
  OwnTasks scheduler;
  KvMachine& machine;
  const ServiceOptions options;
  Replica* replica = nullptr;
  Submitter submitter;
  FreshReads reads;

 private:
  std::string identity_;  // The header's first fields, encoded.
};

// False: the call has ended, for its request cannot be read.
bool ParseRequest(std::string_view bytes, google::protobuf::MessageLite& request, RpcCall& call);
void Refuse(RpcCall& call, kvsm::Error error);

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_SERVICE_CONTEXT_H_
