#include "tests/processes/chaos_clients.h"

#include "absl/strings/str_format.h"

namespace lockstep::tests {
namespace {

constexpr size_t kClients = 8;
constexpr uint64_t kKeys = 4;         // That everybody reads and writes.
constexpr uint64_t kKeyWrites = 400;  // After so many writes other such keys take their place.
constexpr size_t kPaddingBytes = 500;
constexpr auto kPatience = std::chrono::milliseconds(1500);
constexpr auto kPause = std::chrono::milliseconds(5);

}  // namespace

ChaosClients::ChaosClients(Replicas& replicas, const ChaosPlan& plan, ChaosReport& report)
    : replicas_(replicas), report_(report), history_(plan.history), draws_(plan.seed), clients_(kClients) {
  history_ << R"({"lockstep":"history","model":"register","initial":"","nil-read":"value"})"
           << "\n";
  for (Client& client : clients_) client.process = ++last_process_;
}

void ChaosClients::Tick() {
  const auto now = Clock::now();
  std::vector<uint64_t> late;
  for (const auto& [id, operation] : open_) {
    if (now - operation.begin > kPatience) late.push_back(id);
  }
  for (const uint64_t id : late) End(id, "info", "");
  for (size_t i = 0; i < clients_.size(); ++i) {
    if (clients_[i].open_id == 0 && now >= clients_[i].free_at) Begin(i);
  }
}

void ChaosClients::Begin(size_t client) {
  Operation operation;
  operation.client = client;
  operation.begin = Clock::now();
  if (final_) {
    if (unread_.empty()) return;
    operation.is_read = true;
    operation.key = *unread_.begin();
    unread_.erase(unread_.begin());
  } else {
    const uint64_t draw = draws_() % 10;
    operation.is_read = draw < 4;
    if (!operation.is_read) operation.value = absl::StrFormat("v%d", ++last_value_);
    operation.key = absl::StrFormat("k%d", last_value_ / kKeyWrites * kKeys + draws_() % kKeys);
    if (draw >= 7) operation.key = absl::StrFormat("own%d", last_value_);
  }
  const uint64_t id = ++last_id_;
  clients_[client].open_id = id;
  Note(operation, "invoke", operation.value);
  Ask(id, operation);
  open_.emplace(id, std::move(operation));
}

void ChaosClients::Ask(uint64_t id, const Operation& operation) {
  // Mostly the node that last accepted something, sometimes any.
  uint32_t node = likely_leader_;
  if (draws_() % 5 == 0) node = 1 + static_cast<uint32_t>(draws_() % Replicas::kCount);
  Process* const process = replicas_.process(node);
  if (process == nullptr) return;
  process->Write(operation.is_read ? absl::StrFormat("%d get %s\n", id, operation.key)
                                   : absl::StrFormat("%d put %s %s.%s\n", id, operation.key, operation.value,
                                                     std::string(last_value_ % kPaddingBytes, 'x')));
  if (!operation.is_read) likely_leader_ = node;
}

void ChaosClients::Take(const ReplicaLine& line) {
  if (line.id == 0) {
    ++report_.news[line.reply.word];
    return;
  }
  const auto at = open_.find(line.id);
  if (at == open_.end()) return;
  if (line.reply.word == "no") {
    likely_leader_ = 1 + static_cast<uint32_t>(draws_() % Replicas::kCount);
    return End(line.id, "fail", "");
  }
  if (!line.reply.ok()) return End(line.id, "info", "");
  End(line.id, "ok", line.reply.text.substr(0, line.reply.text.find('.')));
}

void ChaosClients::End(uint64_t id, const char* type, const std::string& value) {
  const Operation operation = open_.at(id);
  open_.erase(id);
  Client& client = clients_[operation.client];
  client.open_id = 0;
  client.free_at = Clock::now() + kPause;
  Note(operation, type, operation.is_read ? value : operation.value);
  const std::string_view how(type);
  if (how == "info") client.process = ++last_process_;
  if (how == "fail") ++report_.failed;
  if (how == "info") ++report_.unknown;
  if (how == "ok") ++(operation.is_read ? report_.reads : report_.acknowledged);
  if (!operation.is_read) {
    if (how != "ok" || !operation.key.starts_with("own")) return;
    written_[operation.key] = operation.value;
    if (final_) unread_.insert(operation.key);
    return;
  }
  const auto written = written_.find(operation.key);
  if (written == written_.end()) return;
  if (how != "ok") {
    unread_.insert(operation.key);
  } else if (written->second != value) {
    ++report_.lost;
  }
}

void ChaosClients::Note(const Operation& operation, const char* type, const std::string& value) {
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin_).count();
  const bool told = !operation.is_read || std::string_view(type) == "ok";
  history_ << absl::StrFormat(R"({"process":%d,"type":"%s","f":"%s","key":"%s","value":%s,"time":%d})",
                              clients_[operation.client].process, type, operation.is_read ? "read" : "write",
                              operation.key, told ? "\"" + value + "\"" : "null", micros)
           << "\n";
  history_.flush();
}

void ChaosClients::BeginFinalReads() {
  final_ = true;
  for (const auto& [key, value] : written_) unread_.insert(key);
}

}  // namespace lockstep::tests
