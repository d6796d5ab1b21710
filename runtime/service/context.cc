#include "runtime/service/context.h"

#include "kvsm/members.h"
#include "kvsm/varint.h"

namespace lockstep::runtime {
namespace {

// Fields of etcdserverpb.ResponseHeader, and field 1 of every response: the header.
constexpr char kClusterIdTag = 0x08;
constexpr char kMemberIdTag = 0x10;
constexpr char kRevisionTag = 0x18;
constexpr char kTermTag = 0x20;
constexpr char kHeaderTag = 0x0a;

void AppendField(std::string& to, char tag, uint64_t number) {
  if (number == 0) return;
  to.push_back(tag);
  kvsm::AppendVarint(to, number);
}

}  // namespace

ServiceContext::ServiceContext(Clock& the_clock, Scheduler& the_scheduler, KvMachine& the_machine,
                               const ServiceOptions& the_options)
    : clock(the_clock),
      scheduler(the_scheduler),
      machine(the_machine),
      options(the_options),
      submitter(clock, scheduler, machine, options),
      reads(clock, scheduler, options) {
  AppendField(identity_, kClusterIdTag, options.cluster_id);
  AppendField(identity_, kMemberIdTag, self());
}

std::string ServiceContext::Headed(int64_t revision, std::string_view body) const {
  std::string bytes;
  bytes.reserve(identity_.size() + body.size() + 24);
  bytes.push_back(kHeaderTag);
  bytes.push_back(0);  // Its size, at most 4 fields of 11 bytes: one byte will do.
  bytes += identity_;
  AppendField(bytes, kRevisionTag, static_cast<uint64_t>(revision));
  AppendField(bytes, kTermTag, replica == nullptr ? 0 : replica->state().current_term);
  bytes[1] = static_cast<char>(bytes.size() - 2);
  bytes += body;
  return bytes;
}

std::string ServiceContext::Headed(int64_t revision, const google::protobuf::MessageLite& body) const {
  std::string bytes = Headed(revision, std::string_view());
  body.AppendToString(&bytes);
  return bytes;
}

bool ParseRequest(std::string_view bytes, google::protobuf::MessageLite& request, RpcCall& call) {
  if (request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return true;
  call.Finish({RpcCode::kInternal, "grpc: the request is no " + request.GetTypeName()});
  return false;
}

void Refuse(RpcCall& call, kvsm::Error error) { call.Finish(StatusOf(error)); }

}  // namespace lockstep::runtime
