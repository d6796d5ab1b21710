// Schedules of CCF's Raft tests, played on our nodes.
//
// A schedule is a text file with one directive per line: who hears what, when clocks move, what a leader appends, who
// is connected; and what must then be true. CCF's Raft differs from ours in ways that a schedule's numbers show, so
// those are translated: its terms are ours plus one (it starts in term 2), its log holds neither our no-ops nor the
// entries that leave a joint configuration, and it commits only up to a signature, which for us is one more command.
#ifndef LOCKSTEP_TESTS_CCF_SCENARIO_H_
#define LOCKSTEP_TESTS_CCF_SCENARIO_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/cluster/manual_cluster.h"

namespace lockstep::ccf {

struct Line {
  int number = 0;                  // In the file, from 1.
  std::vector<std::string> words;  // The directive and its arguments.
};

// Errors: NotFound.
absl::StatusOr<std::vector<Line>> ReadScenario(const std::string& path);

// A line of the schedule that expects something else than what our nodes do.
struct Mismatch {
  int line = 0;
  std::string theirs;
  std::string ours;

  friend bool operator==(const Mismatch&, const Mismatch&) = default;
};

struct PlayResult {
  size_t lines = 0;         // Played, with all properties checked after each.
  size_t compared = 0;      // Expectations.
  size_t untranslated = 0;  // Expectations about what only CCF has: the phases of a node's retirement.
  std::vector<Mismatch> mismatches;
  std::string violation;  // The first property that was broken; empty if none was.
};

// Directives played before a line of the schedule, so that our nodes come to the situation it is about.
struct Adaptation {
  int line = 0;
  std::string text;  // Separated by ";".
};

// Options for all nodes, and what CCF does otherwise with them.
struct Settings {
  Options options = {.pre_vote = false, .check_quorum = false};
  // CCF's leaders check that a quorum answers, and its followers do not protect a leader: one half of check_quorum.
  bool leaders_check_quorum = false;
  // Nodes keep whole logs, as the schedules expect; else only what their snapshots do not cover.
  bool whole_logs = true;
};

PlayResult Play(const std::vector<Line>& lines, const Settings& settings, const std::vector<Adaptation>& adaptations);

class Player {
 public:
  explicit Player(const Settings& settings);

  void Run(const Line& line, PlayResult& result);
  const std::string& violation() const { return cluster_.violation(); }

 private:
  using Words = std::vector<std::string>;
  using Chosen = cluster::ManualCluster::Chosen;

  // Directives.
  bool RunNetwork(const Words& words);
  bool RunDispatch(const Words& words);
  bool RunLeader(const Line& line, PlayResult& result);
  bool RunExpectation(const Line& line, PlayResult& result);
  void StartNode();
  void Advance(uint32_t server, int milliseconds);
  void CheckQuorum(uint32_t server);
  void Append(const Line& line, bool signature, PlayResult& result);
  void Reconfigure(const Line& line, const std::vector<std::string>& in, const std::vector<std::string>& out,
                   PlayResult& result);

  // Delivers chosen messages that are in the queue now, those of broken connections to nobody.
  size_t Dispatch(const Chosen& chosen, size_t limit = cluster::ManualCluster::kAll);
  void DispatchAll();
  void Settle(uint32_t server);
  void AddServer(const DurableState& disk);
  void Connect(uint32_t a, uint32_t b, bool connected);

  // Our leader of CCF's term, else the one of the latest term; 0: there is none.
  uint32_t LeaderOf(const std::string& ccf_term) const;
  // The commit index that CCF would show for this log.
  Index CommitIndexOf(uint32_t server) const;
  std::string CommonState() const;
  std::string CommitSafety(uint32_t server) const;

  Settings settings_;
  cluster::ManualCluster cluster_{/*election_ticks=*/100};  // A tick is a millisecond.
  std::set<std::pair<uint32_t, uint32_t>> connected_;
  std::map<std::pair<Index, Term>, bool> marks_;  // CCF's own entries: whether each is a signature.
  RequestId next_request_ = 1;
};

}  // namespace lockstep::ccf

#endif  // LOCKSTEP_TESTS_CCF_SCENARIO_H_
