#include "runtime/node/node_thread.h"

#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <optional>
#include <utility>

#include "core/check.h"

namespace lockstep::runtime {
namespace {

Answer Refused(const absl::Status& status) { return {status, effect::Reason::kNone, kNoNode, 0, ""}; }

// Where one caller waits.
class Waiting {
 public:
  void Tell(Answer answer) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(answer);
    told_.notify_one();
  }
  std::optional<Answer> Wait(int64_t micros) {
    std::unique_lock lock(mutex_);
    told_.wait_for(lock, std::chrono::microseconds(micros), [this] { return answer_.has_value(); });
    return std::move(answer_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable told_;
  std::optional<Answer> answer_;  // Guarded by mutex_.
};

}  // namespace

absl::StatusOr<std::unique_ptr<NodeThread>> NodeThread::Start(const NodeOptions& options, StateMachine& machine,
                                                              NodeObserver* observer) {
  std::unique_ptr<NodeThread> thread(new NodeThread(options.driver.requests));
  auto node = Node::Start(thread->loop_, options, machine, observer);
  if (!node.ok()) return node.status();
  thread->node_ = *std::move(node);
  thread->thread_ = std::thread([loop = &thread->loop_] { loop->Run(); });
  return thread;
}

NodeThread::~NodeThread() {
  if (!thread_.joinable()) return;
  // Behind everything that has been handed over.
  loop_.Post([this] {
    node_.reset();
    loop_.Stop();
  });
  thread_.join();
}

void NodeThread::CheckCaller() const { LOCKSTEP_CHECK(std::this_thread::get_id() != thread_.get_id()); }

absl::Status NodeThread::Post(uint64_t bytes, Ask ask, AnswerDone done) {
  const size_t count = ++posted_;
  const uint64_t held = posted_bytes_ += bytes;
  if (count > limits_.requests_max || (count > 1 && held > limits_.bytes_max)) {
    --posted_;
    posted_bytes_ -= bytes;
    return absl::ResourceExhaustedError("too many requests wait for this node: try again later");
  }
  loop_.Post([this, bytes, ask = std::move(ask), done = std::move(done)] {
    --posted_;
    posted_bytes_ -= bytes;
    const auto id = ask(*node_, done);
    if (!id.ok()) done(Refused(id.status()));
  });
  return absl::OkStatus();
}

absl::Status NodeThread::Propose(SharedBytes command, AnswerDone done) {
  const uint64_t bytes = command.size();
  return Post(
      bytes,
      [command = std::move(command)](Node& node, AnswerDone told) { return node.Propose(command, std::move(told)); },
      std::move(done));
}

absl::Status NodeThread::Read(std::string query, ReadLevel level, AnswerDone done) {
  const uint64_t bytes = query.size();
  return Post(
      bytes,
      [query = std::move(query), level](Node& node, AnswerDone told) {
        return node.Read(query, level, std::move(told));
      },
      std::move(done));
}

Answer NodeThread::Await(uint64_t bytes, const Ask& ask, int64_t timeout_micros) {
  CheckCaller();
  const auto waiting = std::make_shared<Waiting>();
  const auto id = std::make_shared<RequestId>(0);  // Of the node's thread.
  const absl::Status posted = Post(
      bytes,
      [ask, id](Node& node, AnswerDone told) {
        auto asked = ask(node, std::move(told));
        if (asked.ok()) *id = *asked;
        return asked;
      },
      [waiting](Answer answer) { waiting->Tell(std::move(answer)); });
  if (!posted.ok()) return Refused(posted);
  std::optional<Answer> answer = waiting->Wait(timeout_micros);
  if (answer.has_value()) return *std::move(answer);
  loop_.Post([this, id] { node_->Cancel(*id); });
  Answer late = Refused(absl::UnknownError("it may have happened, or may yet: not answered within the time allowed"));
  late.reason = effect::Reason::kTimedOut;
  return late;
}

Answer NodeThread::Propose(std::string command, int64_t timeout_micros) {
  const uint64_t bytes = command.size();
  return Await(
      bytes,
      [shared = SharedBytes(std::move(command))](Node& node, AnswerDone told) {
        return node.Propose(shared, std::move(told));
      },
      timeout_micros);
}

Answer NodeThread::Read(std::string query, ReadLevel level, int64_t timeout_micros) {
  const uint64_t bytes = query.size();
  return Await(
      bytes,
      [query = std::move(query), level](Node& node, AnswerDone told) {
        return node.Read(query, level, std::move(told));
      },
      timeout_micros);
}

Answer NodeThread::ChangeConfiguration(const ConfigurationChange& change, int64_t timeout_micros) {
  return Await(
      0, [change](Node& node, AnswerDone told) { return node.ChangeConfiguration(change, std::move(told)); },
      timeout_micros);
}

Answer NodeThread::TransferLeadership(NodeId target, int64_t timeout_micros) {
  return Await(
      0, [target](Node& node, AnswerDone told) { return node.TransferLeadership(target, std::move(told)); },
      timeout_micros);
}

Answer NodeThread::HandOver(int64_t timeout_micros) {
  return Await(
      0,
      [](Node& node, AnswerDone told) {
        node.HandOver(std::move(told));
        return absl::StatusOr<RequestId>(0);  // Not to be withdrawn: it ends by itself.
      },
      timeout_micros);
}

NodeStatus NodeThread::status() {
  NodeStatus status;
  Run([&status](Node& node) { status = node.status(); });
  return status;
}

void NodeThread::Run(const std::function<void(Node&)>& work) {
  CheckCaller();
  std::promise<void> ran;
  loop_.Post([this, &work, &ran] {
    work(*node_);
    ran.set_value();
  });
  ran.get_future().wait();
}

}  // namespace lockstep::runtime
