// FreshReads: waits until this node's state is as fresh as a read now needs it.
//
//     reads   a b | c d e f | g ...      what comes while a question is under way (a b) waits for the next (c d e f),
//     asked   [ a b ] [ c d e f ]        whose answer cannot be older than any of them
#ifndef LOCKSTEP_RUNTIME_SERVICE_FRESH_READS_H_
#define LOCKSTEP_RUNTIME_SERVICE_FRESH_READS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "runtime/clock.h"
#include "runtime/rpc/rpc.h"
#include "runtime/service/options.h"
#include "runtime/service/replica.h"

namespace lockstep::runtime {

class FreshReads {
 public:
  FreshReads(Clock& clock, Scheduler& scheduler, const ServiceOptions& options)
      : clock_(clock), scheduler_(scheduler), options_(options), flush_(scheduler) {}
  void Attach(Replica& replica);

  // `done` runs later, and reads the state then and there. Errors: kTimeout, kStopped.
  using Done = std::function<void(const RpcStatus& status)>;
  void Await(Done done);
  size_t waiting() const { return waiting_count_; }
  // Whether the state has been fresh once since the node's start. Before, it may be older than what was read here in an
  // earlier life: what is applied again comes from the log, once this node knows again what is committed.
  bool caught_up() const { return caught_up_; }

 private:
  // Reads that are asked for together.
  struct Batch {
    int64_t deadline_micros = 0;
    std::vector<Done> reads;
  };

  void CatchUp();
  void FlushSoon();
  void Flush();
  void Ask(std::shared_ptr<Batch> batch);
  void OnAnswer(std::shared_ptr<Batch> batch, const Answer& answer);
  void End(const std::shared_ptr<Batch>& batch, const RpcStatus& status);

  Clock& clock_;
  Scheduler& scheduler_;
  const ServiceOptions& options_;
  Replica* replica_ = nullptr;
  std::shared_ptr<Batch> next_;
  std::shared_ptr<Batch> under_way_;  // Asked for last, and not answered yet.
  size_t waiting_count_ = 0;
  bool caught_up_ = false;
  Timer flush_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_SERVICE_FRESH_READS_H_
