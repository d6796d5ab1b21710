#include "tests/processes/replica.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>

#include "absl/strings/str_format.h"
#include "runtime/machine/map_machine.h"
#include "runtime/machine/sessions.h"
#include "runtime/node/node.h"
#include "tests/processes/load.h"

namespace lockstep::tests {
namespace {

using runtime::Answer;
using runtime::ReadLevel;

std::string Word(const absl::Status& status) {
  if (status.ok()) return "ok";
  return status.code() == absl::StatusCode::kUnknown ? "maybe" : "no";
}

class Replica final : public runtime::NodeObserver {
 public:
  int Run(int argc, char** argv) {
    if (argc < 6) return 2;
    runtime::NodeOptions options;
    options.cluster = 42;
    options.id = {static_cast<uint32_t>(std::atoi(argv[0])), 0};
    options.directory = argv[1];
    options.driver.election_timeout_micros = std::atoll(argv[2]);
    options.driver.heartbeat_micros = options.driver.election_timeout_micros / 10;
    options.driver.snapshot_log_bytes = std::strtoull(argv[3], nullptr, 10);
    options.segment_bytes = std::max<uint64_t>(options.driver.snapshot_log_bytes / 4, 1 << 20);
    options.driver.core.snapshot_trailing_entries = 32;
    options.listen_address = argv[4];
    options.founding.emplace();
    for (int i = 5; i < argc; ++i) {
      const NodeId member{static_cast<uint32_t>(i - 4), 0};
      options.founding->voters.insert(member);
      options.addresses[member] = argv[i];
    }
    options.announced_address = options.addresses[options.id];
    auto node = runtime::Node::Start(loop_, options, machine_, this);
    if (!node.ok()) {
      std::cerr << "replica: " << node.status() << std::endl;
      return 1;
    }
    node_ = *std::move(node);
    Say(0, "ready", "");
    loop_.Watch(STDIN_FILENO, EPOLLIN, [this](uint32_t) { ReadInput(); });
    loop_.Run();
    load_.reset();
    node_.reset();
    return 0;
  }

  void OnRoleChanged(const effect::RoleChanged& changed) override {
    Say(0, "role", absl::StrFormat("%s %d", ToString(changed.role), changed.term));
  }
  void OnStorage(const absl::Status& status) override { Say(0, "storage", std::string(status.message())); }
  void OnStopped(const absl::Status& status) override { Say(0, "stopped", std::string(status.message())); }

 private:
  static void Say(uint64_t id, const std::string& word, const std::string& text) {
    std::string line = absl::StrFormat("%d %s %s\n", id, word, text);
    for (std::string_view left = line; !left.empty();) {
      const ssize_t count = write(STDOUT_FILENO, left.data(), left.size());
      if (count < 0 && errno != EINTR) std::_Exit(3);  // Whoever asked is gone.
      if (count > 0) left.remove_prefix(static_cast<size_t>(count));
    }
  }

  void ReadInput() {
    char bytes[1 << 16];
    const ssize_t count = read(STDIN_FILENO, bytes, sizeof bytes);
    if (count <= 0) return loop_.Stop();
    input_.append(bytes, static_cast<size_t>(count));
    size_t begin = 0;
    for (size_t end = 0; (end = input_.find('\n', begin)) != std::string::npos; begin = end + 1) {
      Take(input_.substr(begin, end - begin));
    }
    input_.erase(0, begin);
  }

  void Take(const std::string& line) {
    std::istringstream words(line);
    uint64_t id = 0;
    std::string word;
    words >> id >> word;
    if (word == "put") {
      std::string key;
      std::string value;
      words >> key >> value;
      Propose(id, runtime::EncodePlainCommand(loop_.ReadWallMillis(), key + "=" + value));
    } else if (word == "session") {
      int64_t millis = 0;
      words >> millis;
      Propose(id, runtime::EncodeRegisterSession(loop_.ReadWallMillis(), millis));
    } else if (word == "sput") {
      uint64_t session = 0;
      uint64_t sequence = 0;
      uint64_t first_open = 0;
      std::string key;
      std::string value;
      words >> session >> sequence >> first_open >> key >> value;
      Propose(id,
              runtime::EncodeSessionCommand(loop_.ReadWallMillis(), session, sequence, first_open, key + "=" + value));
    } else if (word == "get" || word == "lease" || word == "stale") {
      std::string key;
      words >> key;
      Read(id, key, word == "get" ? ReadLevel::kLinearizable : word == "lease" ? ReadLevel::kLease : ReadLevel::kStale);
    } else if (word == "load") {
      LoadPlan plan;
      words >> plan.window >> plan.bytes >> plan.seconds;
      load_ = std::make_unique<Load>(loop_, *node_, plan, [id](const std::string& text) { Say(id, "ok", text); });
    } else if (word == "snapshot") {
      node_->TakeSnapshot();
      Say(id, "ok", "");
    } else if (word == "status") {
      Say(id, "ok", StatusText());
    } else {
      Say(id, "no", "what?");
    }
  }

  void Propose(uint64_t id, std::string command) {
    const auto asked = node_->Propose(runtime::SharedBytes(std::move(command)), [id](const Answer& answer) {
      if (!answer.status.ok()) return Say(id, Word(answer.status), std::string(answer.status.message()));
      const auto reply = runtime::DecodeSessionReply(answer.reply);
      // The session has ended: whether the command took effect before is not known.
      Say(id, reply.ok() ? "ok" : "maybe", reply.ok() ? *reply : std::string(reply.status().message()));
    });
    if (!asked.ok()) Say(id, "no", std::string(asked.status().message()));
  }

  void Read(uint64_t id, const std::string& key, ReadLevel level) {
    const auto asked = node_->Read(key, level, [id](const Answer& answer) {
      if (answer.status.code() == absl::StatusCode::kNotFound) return Say(id, "ok", "");
      Say(id, Word(answer.status), answer.status.ok() ? answer.reply : std::string(answer.status.message()));
    });
    if (!asked.ok()) Say(id, "no", std::string(asked.status().message()));
  }

  std::string StatusText() const {
    const runtime::NodeStatus status = node_->status();
    return absl::StrFormat("role %s term %d leader %d commit %d applied %d snapshot %d", ToString(status.role),
                           status.term, status.leader.number, status.commit_index, status.applied_index,
                           status.snapshot.last_included.index);
  }

  runtime::EventLoop loop_;
  runtime::MapMachine map_;
  runtime::SessionMachine machine_{map_};
  std::unique_ptr<runtime::Node> node_;
  std::unique_ptr<Load> load_;
  std::string input_;
};

}  // namespace

int RunReplica(int argc, char** argv) { return Replica().Run(argc, argv); }

}  // namespace lockstep::tests
