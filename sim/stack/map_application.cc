// A map of registers under client sessions.
//
// A value is the text "argument/command", padded to the size that the command shall have, so that what is read tells
// which operation wrote it.
#include <charconv>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "runtime/crc32c.h"
#include "runtime/machine/map_machine.h"
#include "runtime/machine/sessions.h"
#include "sim/stack/application.h"

namespace lockstep::sim {
namespace {

uint64_t LeadingNumber(std::string_view text) {
  uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string KeyText(uint32_t key) { return absl::StrCat("k", key); }

// The inner machine, which notes what reaches it.
class NotingMachine final : public runtime::StateMachine {
 public:
  void Apply(std::span<const runtime::Command> commands, std::vector<std::string>& replies) override {
    for (const runtime::Command& command : commands) {
      executed_.emplace_back(command.index, OperationOf(command.bytes));
    }
    map_.Apply(commands, replies);
  }
  absl::StatusOr<std::string> Lookup(std::string_view query) override { return map_.Lookup(query); }
  std::unique_ptr<runtime::SnapshotSource> Freeze() override { return map_.Freeze(); }
  absl::Status Restore(runtime::SnapshotSource& source) override { return map_.Restore(source); }

  uint64_t TakeExecuted(Index index) {
    for (auto at = executed_.begin(); at != executed_.end() && at->first <= index; at = executed_.begin()) {
      const auto [executed, operation] = *at;
      executed_.erase(at);
      if (executed == index) return operation;
    }
    return 0;
  }

 private:
  static uint64_t OperationOf(std::string_view bytes) { return LeadingNumber(bytes.substr(bytes.rfind('/') + 1)); }

  runtime::MapMachine map_;
  std::vector<std::pair<Index, uint64_t>> executed_;  // Not taken yet, ascending.
};

class MapReplica final : public Replica {
 public:
  runtime::StateMachine& machine() override { return sessions_; }
  uint64_t Executed(const runtime::Command& command, std::string_view) override {
    return inner_.TakeExecuted(command.index);
  }

 private:
  NotingMachine inner_;
  runtime::SessionMachine sessions_{inner_};
};

class MapApplication final : public Application, private OperationCodec {
 public:
  MapApplication(const CommandTable& commands, int64_t ttl_millis) : commands_(commands), ttl_millis_(ttl_millis) {}

  std::unique_ptr<Replica> MakeReplica(const ReplicaHost&) override { return std::make_unique<MapReplica>(); }
  OperationCodec* codec() override { return this; }

  std::string EncodeOpenSession(int64_t wall_millis) override {
    return runtime::EncodeRegisterSession(wall_millis, ttl_millis_);
  }

  std::string EncodeCommand(Payload payload, uint64_t session, int64_t wall_millis) override {
    const Command& command = commands_[payload];
    if (written_by_.size() <= command.argument) written_by_.resize(command.argument + 1);
    written_by_[command.argument] = payload;
    std::string text = KeyText(command.key);
    if (command.kind == OperationKind::kCompareAndSet) absl::StrAppend(&text, ":", ValueOf(command.expected));
    absl::StrAppend(&text, "=", ValueOf(command.argument));
    return runtime::EncodeSessionCommand(wall_millis, session, command.sequence, command.sequence, text);
  }

  std::string EncodeQuery(uint32_t key) override { return KeyText(key); }

  Meaning DecodeOpenSession(std::string_view reply) override {
    const auto session = runtime::DecodeSessionReply(reply);
    if (!session.ok()) return {Answer::kFailed, 0, false};
    return {Answer::kOk, LeadingNumber(*session), false};
  }

  Meaning DecodeReply(Payload payload, std::string_view reply) override {
    const Command& command = commands_[payload];
    const auto before = runtime::DecodeSessionReply(reply);
    if (!before.ok()) return {Answer::kUnknown, 0, before.status().code() == absl::StatusCode::kNotFound};
    const bool compare = command.kind == OperationKind::kCompareAndSet;
    return {Answer::kOk, !compare || LeadingNumber(*before) == command.expected ? 1u : 0u, false};
  }

  uint64_t DecodeLookup(bool found, std::string_view reply) override { return found ? LeadingNumber(reply) : 0; }

 private:
  // The value that the operation with this argument writes; 0: of a register never written.
  std::string ValueOf(uint64_t argument) const {
    if (argument == 0) return "";
    const Payload payload = written_by_[argument];
    std::string text = absl::StrCat(argument);
    text.resize(std::max<size_t>(text.size(), commands_[payload].bytes), '.');
    absl::StrAppend(&text, "/", payload);
    return text;
  }

  const CommandTable& commands_;
  const int64_t ttl_millis_;
  std::vector<Payload> written_by_;  // By argument.
};

}  // namespace

uint64_t HashOf(runtime::StateMachine& machine) {
  const std::unique_ptr<runtime::SnapshotSource> source = machine.Freeze();
  uint64_t bytes = 0;
  uint32_t crc = 0;
  while (true) {
    const auto piece = source->Read(1 << 16);
    if (!piece.ok() || piece->empty()) break;
    crc = runtime::ExtendCrc32c(crc, *piece);
    bytes += piece->size();
  }
  return bytes << 32 | crc;
}

std::unique_ptr<Application> MakeMapApplication(const CommandTable& commands, int64_t session_ttl_millis) {
  return std::make_unique<MapApplication>(commands, session_ttl_millis);
}

}  // namespace lockstep::sim
