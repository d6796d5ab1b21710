// Replica: what the services ask of their node, whatever runs it.
#ifndef LOCKSTEP_RUNTIME_SERVICE_REPLICA_H_
#define LOCKSTEP_RUNTIME_SERVICE_REPLICA_H_

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "core/configuration.h"
#include "core/state.h"
#include "runtime/bytes.h"
#include "runtime/driver/driver.h"

namespace lockstep::runtime {

// Each call is that of Driver: every request is answered once, never within the call.
class Replica {
 public:
  virtual ~Replica() = default;
  virtual absl::StatusOr<RequestId> Propose(SharedBytes command, AnswerDone done) = 0;
  virtual absl::StatusOr<RequestId> Read(std::string query, ReadLevel level, AnswerDone done) = 0;
  virtual absl::StatusOr<RequestId> ChangeConfiguration(const ConfigurationChange& change, AnswerDone done) = 0;
  virtual absl::StatusOr<RequestId> TransferLeadership(NodeId target, AnswerDone done) = 0;
  virtual const State& state() const = 0;
};

// Of anything that has these calls: a Driver, a Node.
template <typename Host>
class ReplicaOf final : public Replica {
 public:
  explicit ReplicaOf(Host& host) : host_(host) {}
  absl::StatusOr<RequestId> Propose(SharedBytes command, AnswerDone done) override {
    return host_.Propose(std::move(command), std::move(done));
  }
  absl::StatusOr<RequestId> Read(std::string query, ReadLevel level, AnswerDone done) override {
    return host_.Read(std::move(query), level, std::move(done));
  }
  absl::StatusOr<RequestId> ChangeConfiguration(const ConfigurationChange& change, AnswerDone done) override {
    return host_.ChangeConfiguration(change, std::move(done));
  }
  absl::StatusOr<RequestId> TransferLeadership(NodeId target, AnswerDone done) override {
    return host_.TransferLeadership(target, std::move(done));
  }
  const State& state() const override { return host_.state(); }

 private:
  Host& host_;
};

// What the services of different nodes say to each other, beside the log. May lose and delay what is sent, and
// change its order; never says anything twice.
class SideChannel {
 public:
  virtual ~SideChannel() = default;
  virtual void Send(NodeId peer, std::string bytes) = 0;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_SERVICE_REPLICA_H_
