#include "runtime/driver/memory_cluster.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/check.h"
#include "runtime/codec/message_codec.h"

namespace lockstep::runtime {
namespace {

constexpr int64_t kMessageMicros = 100;

Configuration Founders(uint32_t count) {
  Configuration configuration;
  for (uint32_t i = 1; i <= count; ++i) configuration.voters.insert({i, 0});
  return configuration;
}

}  // namespace

struct ClusterSender final : public MessageSender {
  explicit ClusterSender(MemoryCluster& owner) : cluster(owner) {}
  void Send(Envelope envelope) override { cluster.Deliver(envelope); }
  MemoryCluster& cluster;
};

struct MemoryCluster::Node {
  Node(MemoryCluster& cluster, uint32_t number) : entropy(number), sender(cluster) {}
  MemoryDisk disk;
  ClusterDisk faults;
  MemoryEntropy entropy;
  ClusterSender sender;
  // Of one life, in the order in which they are made.
  std::unique_ptr<MemoryFiles> files;
  DataDirectory data;
  std::unique_ptr<StateMachine> machine;
  std::unique_ptr<Driver> driver;
};

MemoryCluster::MemoryCluster(uint32_t founders) : founding_(Founders(founders)) {
  for (uint32_t number = 1; number <= founders; ++number) nodes_[number] = std::make_unique<Node>(*this, number);
}

MemoryCluster::~MemoryCluster() {
  for (const auto& [number, node] : nodes_) Stop(number);
}

Driver& MemoryCluster::driver(uint32_t number) { return *nodes_.at(number)->driver; }
StateMachine& MemoryCluster::state_machine(uint32_t number) { return *nodes_.at(number)->machine; }
const MapMachine& MemoryCluster::machine(uint32_t number) {
  return dynamic_cast<const MapMachine&>(state_machine(number));
}
ClusterDisk& MemoryCluster::disk(uint32_t number) { return nodes_.at(number)->faults; }
MemoryDisk& MemoryCluster::content(uint32_t number) { return nodes_.at(number)->disk; }
WriteAheadLog& MemoryCluster::log(uint32_t number) { return *nodes_.at(number)->data.log; }

absl::Status MemoryCluster::Start(uint32_t number) {
  if (!nodes_.contains(number)) nodes_[number] = std::make_unique<Node>(*this, number);
  Node& node = *nodes_.at(number);
  LOCKSTEP_CHECK(node.driver == nullptr);
  node.files = std::make_unique<MemoryFiles>(node.disk, clock_, node.faults);
  DataDirectoryOptions files{.identity = {42, 0, {number, 0}}, .segment_bytes = 16 << 10};
  if (founding_.IsMember({number, 0})) files.founding = founding_;
  auto data = OpenDataDirectory(*node.files, node.entropy, files);
  if (!data.ok()) return data.status();
  node.data = *std::move(data);
  node.machine = make_machine ? make_machine(*node.files) : std::make_unique<MapMachine>();
  DriverOptions mine = options;
  mine.id = {number, 0};
  auto driver = Driver::Start(
      {clock_, clock_, node.entropy, *node.files, *node.data.log, *node.data.snapshots, *node.machine, node.sender},
      mine, node.data.stored, observers[number]);
  if (!driver.ok()) return driver.status();
  node.driver = *std::move(driver);
  return absl::OkStatus();
}

void MemoryCluster::Stop(uint32_t number) {
  Node& node = *nodes_.at(number);
  node.driver.reset();
  node.machine.reset();
  node.data = {};
  node.files.reset();
}

void MemoryCluster::LosePower(uint32_t number) {
  Stop(number);
  nodes_.at(number)->disk.Crash([] { return false; });
}

void MemoryCluster::StartAll() {
  for (const auto& [number, node] : nodes_) {
    if (node->driver == nullptr) LOCKSTEP_CHECK(Start(number).ok());
  }
}

void MemoryCluster::Deliver(const Envelope& envelope) {
  const Message& message = envelope.message;
  ++messages[KindName(message.body)];
  std::string bytes;
  for (const SharedBytes& part : EncodeMessage(envelope)) bytes += part.view();
  clock_.RunAfter(kMessageMicros,
                  [this, bytes = std::move(bytes), source = message.source.number, dest = message.dest.number] {
                    const auto at = nodes_.find(dest);
                    if (at == nodes_.end() || at->second->driver == nullptr) return;
                    if (cut_off.contains(source) || cut_off.contains(dest)) return;
                    FrameReader reader(FrameLimits{});
                    for (std::string_view left = bytes; !left.empty();) {
                      const std::span<char> space = reader.Space();
                      const size_t count = std::min(space.size(), left.size());
                      std::memcpy(space.data(), left.data(), count);
                      reader.Filled(count);
                      left.remove_prefix(count);
                      auto frame = reader.Next();
                      LOCKSTEP_CHECK(frame.ok());
                      if (!frame->has_value()) continue;
                      auto decoded = DecodeMessage(**frame);
                      LOCKSTEP_CHECK(decoded.ok());
                      at->second->driver->Receive(*std::move(decoded));
                    }
                  });
}

uint32_t MemoryCluster::AwaitLeader() {
  uint32_t found = 0;
  clock_.RunUntil([&] {
    Term latest = 0;
    for (const auto& [number, node] : nodes_) {
      if (node->driver == nullptr || cut_off.contains(number)) continue;
      const State& state = node->driver->state();
      if (state.current_term > latest) found = 0;
      latest = std::max(latest, state.current_term);
      const bool leads = state.role == Role::kLeader && state.commit_index >= state.leading.term_start_index;
      if (state.current_term == latest && leads) found = number;
    }
    return found != 0;
  });
  return found;
}

Answer MemoryCluster::Await(const std::function<absl::StatusOr<RequestId>(AnswerDone)>& ask) {
  auto answer = std::make_shared<std::optional<Answer>>();
  const auto id = ask([answer](Answer told) {
    LOCKSTEP_CHECK(!answer->has_value());
    *answer = std::move(told);
  });
  if (!id.ok()) return {id.status(), effect::Reason::kNone, kNoNode, 0, ""};
  LOCKSTEP_CHECK(!answer->has_value());
  if (!clock_.RunUntil([&answer] { return answer->has_value(); })) {
    return {absl::DeadlineExceededError("not answered"), effect::Reason::kNone, kNoNode, 0, ""};
  }
  return **answer;
}

Answer MemoryCluster::Propose(uint32_t number, const std::string& command) {
  return Await([&](AnswerDone done) { return driver(number).Propose(SharedBytes(command), std::move(done)); });
}

Answer MemoryCluster::Read(uint32_t number, const std::string& key, ReadLevel level) {
  return Await([&](AnswerDone done) { return driver(number).Read(key, level, std::move(done)); });
}

bool MemoryCluster::AwaitAllApplied() {
  return clock_.RunUntil([this] {
    Index most = 0;
    for (const auto& [number, node] : nodes_) {
      if (node->driver != nullptr) most = std::max(most, node->driver->state().log.last_index());
    }
    for (const auto& [number, node] : nodes_) {
      if (node->driver != nullptr && node->driver->state().applied_index < most) return false;
    }
    return true;
  });
}

}  // namespace lockstep::runtime
