// NodeThread: a node on a thread of its own, for programs whose callers run on others.
//
// Every call may come from any thread, but for those that wait: never from the node's own, which is where answers,
// news and the state machine's calls run. What callers hand over and the node has not taken up yet counts against the
// same budgets as open requests.
#ifndef LOCKSTEP_RUNTIME_NODE_NODE_THREAD_H_
#define LOCKSTEP_RUNTIME_NODE_NODE_THREAD_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "runtime/node/node.h"

namespace lockstep::runtime {

class NodeThread final {
 public:
  // As Node::Start; when this returns the node runs.
  static absl::StatusOr<std::unique_ptr<NodeThread>> Start(const NodeOptions& options, StateMachine& machine,
                                                           NodeObserver* observer);
  // Ends the node at once; whoever waits hears that it may have happened.
  ~NodeThread();
  NodeThread(const NodeThread&) = delete;
  NodeThread& operator=(const NodeThread&) = delete;

  // ---- Without waiting: `done` runs once, on the node's thread.
  // Errors: ResourceExhausted if the budgets do not allow the request; then `done` does not run.

  absl::Status Propose(SharedBytes command, AnswerDone done);
  absl::Status Read(std::string query, ReadLevel level, AnswerDone done);

  // ---- Waiting, for `timeout_micros` at most; then the request is withdrawn and may have happened.

  Answer Propose(std::string command, int64_t timeout_micros);
  Answer Read(std::string query, ReadLevel level, int64_t timeout_micros);
  Answer ChangeConfiguration(const ConfigurationChange& change, int64_t timeout_micros);
  Answer TransferLeadership(NodeId target, int64_t timeout_micros);
  Answer HandOver(int64_t timeout_micros);

  NodeStatus status();
  // Runs `work` on the node's thread and waits for its end: for everything else.
  void Run(const std::function<void(Node&)>& work);

 private:
  // Asks the node, on its thread, for something whose answer goes to `done`.
  using Ask = std::function<absl::StatusOr<RequestId>(Node&, AnswerDone)>;

  explicit NodeThread(const RequestLimits& limits) : limits_(limits) {}
  absl::Status Post(uint64_t bytes, Ask ask, AnswerDone done);
  Answer Await(uint64_t bytes, const Ask& ask, int64_t timeout_micros);
  void CheckCaller() const;

  const RequestLimits limits_;
  std::atomic<size_t> posted_{0};  // Handed over, and not taken up yet:
  std::atomic<uint64_t> posted_bytes_{0};
  EventLoop loop_;
  std::unique_ptr<Node> node_;
  std::thread thread_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_NODE_NODE_THREAD_H_
