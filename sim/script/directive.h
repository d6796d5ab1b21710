// One line of a scenario file: what is to happen next, to whom; and its syntax.
//
// A directive names only what the papers name (nodes, links, kinds of messages, the oldest write on its way), never a
// draw, an id or a number of some version, so that a file means the same for ever. directive.cc has the table of all
// verbs; stage.h says what each does.
#ifndef LOCKSTEP_SIM_SCRIPT_DIRECTIVE_H_
#define LOCKSTEP_SIM_SCRIPT_DIRECTIVE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "core/message.h"
#include "core/types.h"

namespace lockstep::sim {

enum class Verb : uint8_t {
  // What there is at the start: before everything else.
  kNodes,
  kFounders,
  kLearners,
  kOption,
  kLog,
  kTerm,
  kVote,
  kSnapshotBytes,
  kLenient,
  // What the world does.
  kTimeout,
  kHeartbeat,
  kCheckQuorum,
  kDeliver,
  kDrop,
  kSettle,
  kCut,
  kPartition,
  kHeal,
  kUnreachable,
  kTime,
  // Processes and disks.
  kDisk,
  kCrash,
  kRestart,
  kWipe,
  kLoseDisk,
  kPause,
  kResume,
  kWrite,
  kApply,
  kSnapshot,
  kSave,
  kStore,
  kInstall,
  kLoad,
  kLookUp,
  // Requests.
  kPropose,
  kRead,
  kChange,
  kTransfer,
  kCancel,
  // What must be so.
  kExpect,
};
inline constexpr size_t kVerbCount = static_cast<size_t>(Verb::kExpect) + 1;

struct Directive {
  int line = 0;  // Of the file; 0: of none.
  Verb verb = Verb::kTimeout;
  std::vector<uint32_t> nodes;   // Servers by number; of a link its source and destination.
  std::vector<uint32_t> others;  // partition: the other side.
  std::string word;              // A kind of message, an option, a mode, what is expected.
  uint64_t number = 0;           // An amount, a term, a rank ("#2": the second oldest; 0 is the oldest, as is 1).
  std::vector<std::pair<std::string, uint64_t>> assignments;  // "x=1".
  std::map<std::string, std::string> settings;                // Of those the verb knows: "keep=2", "fails".
  std::vector<std::string> words;                             // The rest of the line.

  // What a recording had here: of the messages that fit, the one most like it is meant. Never written to a file.
  std::shared_ptr<const Message> like;

  bool Has(const std::string& setting) const { return settings.contains(setting); }
  // The number of a setting, or `otherwise` if it is not there.
  uint64_t Number(const std::string& setting, uint64_t otherwise) const;
  std::string Text(const std::string& setting) const;
};

// Reads one line, without its comment. Errors: InvalidArgument saying what was found, and what was expected.
absl::StatusOr<Directive> ParseDirective(std::string_view text);
// The line that says it.
std::string ToString(const Directive& directive);

// Whether it says what there is at the start.
bool IsSetup(const Directive& directive);
// Whether it only asks.
inline bool IsExpectation(const Directive& directive) { return directive.verb == Verb::kExpect; }
const char* ToString(Verb verb);
// One line for each verb: how it is written, what it does.
std::string SyntaxTable();

// "3" or "3.1". Errors: InvalidArgument.
absl::StatusOr<NodeId> ParseNodeId(const std::string& text);

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_SCRIPT_DIRECTIVE_H_
