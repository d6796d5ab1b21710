// KvService: etcdserverpb.KV: ranges, puts, deletions, transactions, compaction.
//
// Reads are answered here, from this node's state: at once if the client says so (serializable), else once the state is
// fresh. So soon after a start that the state has never been fresh, all wait: no client shall see it go back. Writes go
// to the log; their bytes as they came.
#ifndef LOCKSTEP_RUNTIME_SERVICE_KV_SERVICE_H_
#define LOCKSTEP_RUNTIME_SERVICE_KV_SERVICE_H_

#include <memory>
#include <string_view>

#include "kvsm/api/kv.pb.h"
#include "runtime/service/context.h"

namespace lockstep::runtime {

class KvService {
 public:
  explicit KvService(ServiceContext& context) : context_(context) {}
  void Register(RpcMethods& methods);

 private:
  using Call = std::shared_ptr<RpcCall>;

  void Range(std::string_view bytes, Call call);
  void Put(std::string_view bytes, Call call);
  void DeleteRange(std::string_view bytes, Call call);
  void Txn(std::string_view bytes, Call call);
  void Compact(std::string_view bytes, Call call);

  void AnswerRange(const etcdserverpb::RangeRequest& request, RpcCall& call);
  void AnswerReadTxn(const etcdserverpb::TxnRequest& request, RpcCall& call);
  // Whether there is room for so much more. If not, says so to the cluster, and ends the call.
  bool HasRoom(int64_t cost, RpcCall& call);
  void Write(kvsm::CommandKind kind, std::string_view bytes, Call call);

  ServiceContext& context_;
  etcdserverpb::PutRequest put_;  // Kept for its space.
  bool raising_alarm_ = false;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_SERVICE_KV_SERVICE_H_
