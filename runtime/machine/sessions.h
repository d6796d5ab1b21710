// Sessions: commands that take effect exactly once, however often they are sent. [Thesis §6.3]
//
// A client registers a session and numbers its commands. A command that comes again, from another node or after a
// change of leader or a snapshot, is answered from the session's memory: that is part of the replicated state, the same
// on every node. A session ends when its client has been silent for the time it asked for, as the log tells time: every
// command carries its proposer's clock, and log time is the latest of those. SessionMachine wraps any state machine.
#ifndef LOCKSTEP_RUNTIME_MACHINE_SESSIONS_H_
#define LOCKSTEP_RUNTIME_MACHINE_SESSIONS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/machine/state_machine.h"

namespace lockstep::runtime {

using SessionId = uint64_t;  // The index of the entry that registered it.

// ---- Commands, as SessionMachine understands them. `millis` is the proposer's wall clock.

std::string EncodePlainCommand(int64_t millis, std::string_view command);
// Begins a session that ends after `ttl_millis` of silence.
std::string EncodeRegisterSession(int64_t millis, int64_t ttl_millis);
// Command `sequence` of a session, numbered upwards from 1; `first_open` is the first one whose reply the client still
// wants: those before it are forgotten.
std::string EncodeSessionCommand(int64_t millis, SessionId session, uint64_t sequence, uint64_t first_open,
                                 std::string_view command);
std::string EncodeEndSession(int64_t millis, SessionId session);

// The reply inside a reply of SessionMachine; of EncodeRegisterSession the new session's id as text.
// Errors: NotFound if the session has ended (whether the command had taken effect before is not known); AlreadyExists
// if it took effect and its reply is forgotten; ResourceExhausted if too many sessions, or commands of one, are open;
// InvalidArgument for a command that is none.
absl::StatusOr<std::string> DecodeSessionReply(std::string_view reply);

// The numbers of one client's session. Not for use by several threads.
class SessionClient {
 public:
  explicit SessionClient(SessionId session) : session_(session) {}
  // The number of the next command. It is to be sent, unchanged, until it is answered.
  uint64_t Begin();
  std::string Encode(uint64_t sequence, int64_t millis, std::string_view command) const;
  // The command has been answered.
  void End(uint64_t sequence) { open_.erase(sequence); }

 private:
  const SessionId session_;
  uint64_t last_ = 0;
  std::set<uint64_t> open_;
};

// ---- The state machine around another one.

// The same on every node, for good: changing them takes a new kind of command.
inline constexpr size_t kSessionsMax = 100'000;
inline constexpr size_t kOpenCommandsMax = 1024;

class SessionMachine final : public StateMachine {
 public:
  explicit SessionMachine(StateMachine& inner) : inner_(inner) {}

  void Apply(std::span<const Command> commands, std::vector<std::string>& replies) override;
  absl::StatusOr<std::string> Lookup(std::string_view query) override { return inner_.Lookup(query); }
  std::unique_ptr<SnapshotSource> Freeze() override;
  absl::Status Restore(SnapshotSource& source) override;
  DataStore* data() override { return inner_.data(); }

  size_t session_count() const { return sessions_.size(); }
  int64_t log_millis() const { return log_millis_; }

 private:
  struct Session {
    int64_t ttl_millis = 0;
    int64_t active_millis = 0;  // Log time of its last command.
    uint64_t first_open = 1;
    std::map<uint64_t, std::string> replies;  // Of commands from first_open on that have taken effect.
  };
  // A command on its way to the inner machine.
  struct Pending {
    size_t reply = 0;       // Its place among the replies.
    SessionId session = 0;  // 0: of none.
    uint64_t sequence = 0;
  };

  void ApplyOne(const Command& command, std::vector<std::string>& replies);
  void ApplyOfSession(const Command& command, std::string_view body, std::vector<std::string>& replies);
  std::string Register(Index index, std::string_view body);
  void Pass(const Command& command, std::string_view bytes, Pending pending, std::vector<std::string>& replies);
  void Flush(std::vector<std::string>& replies);
  void AdvanceTime(int64_t millis);
  void Touch(SessionId id, Session& session);
  void End(SessionId id);
  std::string EncodeTable() const;
  bool DecodeTable(std::string_view bytes);

  StateMachine& inner_;
  int64_t log_millis_ = 0;
  std::map<SessionId, Session> sessions_;
  std::set<std::pair<int64_t, SessionId>> by_end_;  // When each session ends if nothing comes.
  std::vector<Command> passing_;
  std::vector<Pending> pending_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_MACHINE_SESSIONS_H_
