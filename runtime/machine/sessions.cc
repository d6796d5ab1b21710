#include "runtime/machine/sessions.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/check.h"
#include "runtime/little_endian.h"

namespace lockstep::runtime {
namespace {

enum class Kind : uint8_t { kPlain = 1, kRegister, kCommand, kEnd };
enum class Verdict : uint8_t { kDone = 1, kNoSession, kForgotten, kTooMany, kMalformed };

constexpr size_t kHeadBytes = 9;  // Kind and time.
constexpr int64_t kTtlMillisMax = int64_t{1} << 40;

std::string Head(Kind kind, int64_t millis) {
  std::string bytes(1, static_cast<char>(kind));
  AppendLittle(bytes, static_cast<uint64_t>(millis));
  return bytes;
}

std::string Reply(Verdict verdict, std::string_view reply = "") {
  std::string bytes(1, static_cast<char>(verdict));
  bytes += reply;
  return bytes;
}

// Takes a number off the front of `in`. Requires: it is there.
uint64_t TakeNumber(std::string_view& in) {
  const auto number = LoadLittle<uint64_t>(in.data());
  in.remove_prefix(8);
  return number;
}

// One piece of its own, then another source's.
class PrefixedSource final : public SnapshotSource {
 public:
  PrefixedSource(std::string prefix, std::unique_ptr<SnapshotSource> rest)
      : prefix_(std::move(prefix)), rest_(std::move(rest)) {}
  absl::StatusOr<std::string> Read(size_t bytes_wanted) override {
    if (!prefix_.empty()) return std::exchange(prefix_, {});
    return rest_->Read(bytes_wanted);
  }

 private:
  std::string prefix_;
  const std::unique_ptr<SnapshotSource> rest_;
};

// What is left of a source of which a part has been read.
class RestOfSource final : public SnapshotSource {
 public:
  RestOfSource(std::string first, SnapshotSource& rest) : first_(std::move(first)), rest_(rest) {}
  absl::StatusOr<std::string> Read(size_t bytes_wanted) override {
    if (!first_.empty()) return std::exchange(first_, {});
    return rest_.Read(bytes_wanted);
  }

 private:
  std::string first_;
  SnapshotSource& rest_;
};

}  // namespace

std::string EncodePlainCommand(int64_t millis, std::string_view command) {
  std::string bytes = Head(Kind::kPlain, millis);
  bytes += command;
  return bytes;
}

std::string EncodeRegisterSession(int64_t millis, int64_t ttl_millis) {
  std::string bytes = Head(Kind::kRegister, millis);
  AppendLittle(bytes, static_cast<uint64_t>(ttl_millis));
  return bytes;
}

std::string EncodeSessionCommand(int64_t millis, SessionId session, uint64_t sequence, uint64_t first_open,
                                 std::string_view command) {
  std::string bytes = Head(Kind::kCommand, millis);
  AppendLittle(bytes, session);
  AppendLittle(bytes, sequence);
  AppendLittle(bytes, first_open);
  bytes += command;
  return bytes;
}

std::string EncodeEndSession(int64_t millis, SessionId session) {
  std::string bytes = Head(Kind::kEnd, millis);
  AppendLittle(bytes, session);
  return bytes;
}

absl::StatusOr<std::string> DecodeSessionReply(std::string_view reply) {
  const auto verdict = reply.empty() ? Verdict::kMalformed : static_cast<Verdict>(reply[0]);
  switch (verdict) {
    case Verdict::kDone:
      return std::string(reply.substr(1));
    case Verdict::kNoSession:
      return absl::NotFoundError("the session has ended: what was open in it may have happened, or not");
    case Verdict::kForgotten:
      return absl::AlreadyExistsError("it has happened, and its reply was said to be no longer wanted");
    case Verdict::kTooMany:
      return absl::ResourceExhaustedError("too many sessions, or commands of this one, are open");
    case Verdict::kMalformed:
      break;
  }
  return absl::InvalidArgumentError("no command that this state machine knows");
}

uint64_t SessionClient::Begin() {
  open_.insert(++last_);
  return last_;
}

std::string SessionClient::Encode(uint64_t sequence, int64_t millis, std::string_view command) const {
  const uint64_t first_open = open_.empty() ? sequence : *open_.begin();
  return EncodeSessionCommand(millis, session_, sequence, first_open, command);
}

// ---- Applying ------------------------------------------------------------------------------------------

void SessionMachine::Apply(std::span<const Command> commands, std::vector<std::string>& replies) {
  for (const Command& command : commands) ApplyOne(command, replies);
  Flush(replies);
}

void SessionMachine::ApplyOne(const Command& command, std::vector<std::string>& replies) {
  std::string_view body = command.bytes;
  const auto kind = body.empty() ? Kind{} : static_cast<Kind>(body[0]);
  const size_t body_bytes = kind == Kind::kCommand ? 24 : kind == Kind::kPlain ? 0 : 8;
  const bool known = kind >= Kind::kPlain && kind <= Kind::kEnd;
  if (!known || body.size() < kHeadBytes + body_bytes) {
    replies.push_back(Reply(Verdict::kMalformed));
    return;
  }
  body.remove_prefix(1);
  AdvanceTime(static_cast<int64_t>(TakeNumber(body)));
  switch (kind) {
    case Kind::kPlain:
      return Pass(command, body, {}, replies);
    case Kind::kRegister:
      replies.push_back(Register(command.index, body));
      return;
    case Kind::kCommand:
      return ApplyOfSession(command, body, replies);
    case Kind::kEnd: {
      Flush(replies);  // Commands of the session may be on their way.
      const SessionId id = TakeNumber(body);
      replies.push_back(Reply(sessions_.contains(id) ? Verdict::kDone : Verdict::kNoSession));
      End(id);
      return;
    }
  }
}

std::string SessionMachine::Register(Index index, std::string_view body) {
  if (sessions_.size() >= kSessionsMax) return Reply(Verdict::kTooMany);
  Session session;
  session.ttl_millis = static_cast<int64_t>(std::min<uint64_t>(TakeNumber(body), kTtlMillisMax));
  session.active_millis = log_millis_;
  by_end_.emplace(session.active_millis + session.ttl_millis, index);
  sessions_.emplace(index, std::move(session));
  return Reply(Verdict::kDone, absl::StrCat(index));
}

void SessionMachine::ApplyOfSession(const Command& command, std::string_view body, std::vector<std::string>& replies) {
  const SessionId id = TakeNumber(body);
  const uint64_t sequence = TakeNumber(body);
  const uint64_t first_open = TakeNumber(body);
  const bool in_flight = std::any_of(pending_.begin(), pending_.end(), [&](const Pending& pending) {
    return pending.session == id && pending.sequence == sequence;
  });
  if (in_flight) Flush(replies);
  const auto at = sessions_.find(id);
  if (at == sessions_.end()) {
    replies.push_back(Reply(Verdict::kNoSession));
    return;
  }
  Session& session = at->second;
  Touch(id, session);
  session.first_open = std::max(session.first_open, std::min(first_open, sequence));
  session.replies.erase(session.replies.begin(), session.replies.lower_bound(session.first_open));
  if (sequence < session.first_open) {
    replies.push_back(Reply(Verdict::kForgotten));
  } else if (const auto known = session.replies.find(sequence); known != session.replies.end()) {
    replies.push_back(Reply(Verdict::kDone, known->second));
  } else if (sequence - session.first_open >= kOpenCommandsMax) {
    replies.push_back(Reply(Verdict::kTooMany));
  } else {
    Pass(command, body, {0, id, sequence}, replies);
  }
}

void SessionMachine::Pass(const Command& command, std::string_view bytes, Pending pending,
                          std::vector<std::string>& replies) {
  pending.reply = replies.size();
  replies.emplace_back();
  pending_.push_back(pending);
  passing_.push_back({command.index, command.term, bytes});
}

void SessionMachine::Flush(std::vector<std::string>& replies) {
  if (passing_.empty()) return;
  std::vector<std::string> inner;
  inner_.Apply(passing_, inner);
  LOCKSTEP_CHECK(inner.size() == pending_.size());
  for (size_t i = 0; i < pending_.size(); ++i) {
    const Pending& pending = pending_[i];
    replies[pending.reply] = Reply(Verdict::kDone, inner[i]);
    const auto session = sessions_.find(pending.session);
    if (session != sessions_.end() && pending.sequence >= session->second.first_open) {
      session->second.replies[pending.sequence] = std::move(inner[i]);
    }
  }
  passing_.clear();
  pending_.clear();
}

void SessionMachine::AdvanceTime(int64_t millis) {
  log_millis_ = std::max(log_millis_, millis);
  while (!by_end_.empty() && by_end_.begin()->first < log_millis_) End(by_end_.begin()->second);
}

void SessionMachine::Touch(SessionId id, Session& session) {
  by_end_.erase({session.active_millis + session.ttl_millis, id});
  session.active_millis = log_millis_;
  by_end_.emplace(session.active_millis + session.ttl_millis, id);
}

void SessionMachine::End(SessionId id) {
  const auto at = sessions_.find(id);
  if (at == sessions_.end()) return;
  by_end_.erase({at->second.active_millis + at->second.ttl_millis, id});
  sessions_.erase(at);
}

// ---- Snapshots -----------------------------------------------------------------------------------------

std::string SessionMachine::EncodeTable() const {
  std::string table;
  AppendLittle(table, static_cast<uint64_t>(log_millis_));
  AppendLittle(table, uint64_t{sessions_.size()});
  for (const auto& [id, session] : sessions_) {
    AppendLittle(table, id);
    AppendLittle(table, static_cast<uint64_t>(session.ttl_millis));
    AppendLittle(table, static_cast<uint64_t>(session.active_millis));
    AppendLittle(table, session.first_open);
    AppendLittle(table, uint64_t{session.replies.size()});
    for (const auto& [sequence, reply] : session.replies) {
      AppendLittle(table, sequence);
      AppendLittle(table, uint64_t{reply.size()});
      table += reply;
    }
  }
  return table;
}

bool SessionMachine::DecodeTable(std::string_view in) {
  sessions_.clear();
  by_end_.clear();
  if (in.size() < 16) return false;
  log_millis_ = static_cast<int64_t>(TakeNumber(in));
  for (uint64_t count = TakeNumber(in); count > 0; --count) {
    if (in.size() < 40) return false;
    const SessionId id = TakeNumber(in);
    Session session;
    session.ttl_millis = static_cast<int64_t>(TakeNumber(in));
    session.active_millis = static_cast<int64_t>(TakeNumber(in));
    session.first_open = TakeNumber(in);
    for (uint64_t replies = TakeNumber(in); replies > 0; --replies) {
      if (in.size() < 16) return false;
      const uint64_t sequence = TakeNumber(in);
      const uint64_t bytes = TakeNumber(in);
      if (in.size() < bytes) return false;
      session.replies[sequence] = in.substr(0, bytes);
      in.remove_prefix(bytes);
    }
    by_end_.emplace(session.active_millis + session.ttl_millis, id);
    sessions_.emplace(id, std::move(session));
  }
  return in.empty();
}

std::unique_ptr<SnapshotSource> SessionMachine::Freeze() {
  const std::string table = EncodeTable();
  std::string prefix;
  AppendLittle(prefix, uint64_t{table.size()});
  prefix += table;
  return std::make_unique<PrefixedSource>(std::move(prefix), inner_.Freeze());
}

absl::Status SessionMachine::Restore(SnapshotSource& source) {
  std::string head;
  uint64_t table_bytes = UINT64_MAX;
  while (table_bytes == UINT64_MAX || head.size() - 8 < table_bytes) {
    const auto piece = source.Read(1 << 20);
    if (!piece.ok()) return piece.status();
    if (piece->empty()) return absl::DataLossError("a snapshot that ends within its sessions");
    head += *piece;
    if (table_bytes == UINT64_MAX && head.size() >= 8) table_bytes = LoadLittle<uint64_t>(head.data());
  }
  if (!DecodeTable(std::string_view(head).substr(8, table_bytes))) {
    return absl::DataLossError("a snapshot whose sessions cannot be read");
  }
  head.erase(0, 8 + table_bytes);
  RestOfSource rest(std::move(head), source);
  return inner_.Restore(rest);
}

}  // namespace lockstep::runtime
