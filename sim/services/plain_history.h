// PlainHistory: what clients asked and were told of plain keys, to be judged without looking into the log.
//
// Plain keys have no leases, and every value is written once at most, so that the generic key-value model of
// spec/linearizability knows all that can happen to them. Answers carry the revision they showed: the checker tries
// that order first, then it searches.
#ifndef LOCKSTEP_SIM_SERVICES_PLAIN_HISTORY_H_
#define LOCKSTEP_SIM_SERVICES_PLAIN_HISTORY_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "kvsm/api/kv.pb.h"
#include "sim/workload.h"
#include "spec/linearizability/history.h"

namespace lockstep::sim {

class PlainHistory {
 public:
  static bool IsPlain(std::string_view key) { return key.starts_with("p"); }

  // A client begins; true: it is of plain keys only, and must be ended by End, Refused or Unknown. Of transactions
  // those are known whose conditions are values of single keys, and whose parts are puts, deletions and reads of them.
  bool Put(uint32_t client, const etcdserverpb::PutRequest& request);
  bool Delete(uint32_t client, const etcdserverpb::DeleteRangeRequest& request);
  bool Read(uint32_t client, const etcdserverpb::RangeRequest& request);
  bool Txn(uint32_t client, const etcdserverpb::TxnRequest& request);

  // The client's operation has ended; a write tells whether it changed anything.
  void Done(uint32_t client, int64_t revision, bool changed);
  void Done(uint32_t client, const etcdserverpb::RangeResponse& response);
  void Done(uint32_t client, const etcdserverpb::TxnResponse& response);
  void Refused(uint32_t client) { End(client, {linearizability::Outcome::kFail}); }
  void Unknown(uint32_t client) { End(client, {linearizability::Outcome::kUnknown}); }

  struct Judgement {
    Workload::Verdict verdict = Workload::Verdict::kLinearizable;
    bool in_log_order = true;
    std::string evidence;
  };
  // Of all until now. What is open has no answer. Once.
  Judgement Judge();

 private:
  using Builder = linearizability::HistoryBuilder;

  bool Begin(uint32_t client, const linearizability::Invocation& invocation);
  void End(uint32_t client, const linearizability::Completion& completion);
  linearizability::Value Text(std::string_view text) { return builder_.values().String(text); }
  linearizability::Value Bounds(std::string_view first, std::string_view end);
  linearizability::Value ResultOf(const etcdserverpb::RangeRequest& request,
                                  const etcdserverpb::RangeResponse& response);
  std::optional<linearizability::TransactionStep> StepOf(const etcdserverpb::RequestOp& operation);

  int64_t Place(uint32_t client, int64_t revision, bool changed) const;

  struct Open {
    int64_t order = 0;  // Of its asking.
    etcdserverpb::RangeRequest read;
    etcdserverpb::TxnRequest txn;
    linearizability::Transaction transaction;
  };

  Builder builder_{Builder::AfterUnknown::kProcessContinues};
  std::vector<Open> open_;  // By client.
  int64_t begun_ = 0;
};

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_SERVICES_PLAIN_HISTORY_H_
