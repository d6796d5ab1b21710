// Plays an interaction file on our nodes and collects every printed fact that differs.
#ifndef LOCKSTEP_TESTS_DATADRIVEN_INTERACTION_PLAYER_H_
#define LOCKSTEP_TESTS_DATADRIVEN_INTERACTION_PLAYER_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/cluster/manual_cluster.h"
#include "tests/datadriven/interaction/printed.h"
#include "tests/datadriven/reader.h"

namespace lockstep::datadriven {

// A place where our nodes need other directives than the file's to come to the situation that the file is about.
struct Adaptation {
  int line = 0;          // Of the file's directive.
  bool instead = false;  // Else before it.
  std::string text;      // Directives, separated by ";"; may be empty.
};

struct Mismatch {
  int line = 0;  // Of the directive.
  uint32_t node = 0;
  std::string field;
  std::string theirs;
  std::string ours;

  friend bool operator==(const Mismatch&, const Mismatch&) = default;
};

struct PlayResult {
  size_t compared = 0;  // Facts.
  std::vector<Mismatch> mismatches;
  std::string error;  // Why the play could not go on; empty if it has come to its end.
};

// Plays all directives up to and including the one at `last_line` (0: all).
PlayResult Play(const std::vector<Directive>& directives, const std::vector<Adaptation>& adaptations, int last_line);

// "campaign 1; process-ready 1" as directives.
std::vector<Directive> ParseInline(const Directive& place, const std::string& text);

inline constexpr int kElectionTicks = 3;

// The nodes of one play, with the notation of the files: their terms and their entries' texts.
class Player {
 public:
  // Errors: what cannot be carried out.
  absl::Status Run(const Directive& directive);

  // The value of a fact of ours, in the files' notation.
  std::string Observe(uint32_t node, const std::string& field) const;

 private:
  absl::Status AddNodes(const Directive& directive);
  absl::Status Propose(const Directive& directive);
  absl::Status ProposeConfChange(const Directive& directive);
  absl::Status DeliverMessages(const Directive& directive);
  absl::Status Compact(const Directive& directive);
  absl::Status SendSnapshot(const Directive& directive);
  absl::Status ForEachNode(const Directive& directive);
  absl::Status Stabilize(const Directive& directive);
  absl::Status CheckSafe(const Directive& directive) const;

  // The nodes named by the directive's arguments; all if it names none.
  std::vector<uint32_t> NodesOf(const Directive& directive) const;
  uint32_t NodeOf(const Directive& directive, size_t argument = 0) const;

  Term Printed(Term term) const { return term == 0 ? 0 : term - 1; }
  std::string PrintEntry(Term term, Index index, const Log& log) const;
  std::string PrintLog(const Log& log) const;
  std::string ObserveNow(const cluster::Server& node, const std::string& field) const;
  std::string ObserveProgress(const cluster::Server& node, const std::string& field) const;

  cluster::ManualCluster cluster_{kElectionTicks};
  std::map<std::pair<Term, Index>, std::string> texts_;  // Of proposed entries.
  RequestId next_request_ = 1;
  RequestId last_proposal_ = 0;
};

}  // namespace lockstep::datadriven

#endif  // LOCKSTEP_TESTS_DATADRIVEN_INTERACTION_PLAYER_H_
