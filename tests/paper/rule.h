// One sentence of the paper as one literal: the state before, what happens, what must be done, the state after.
//
// A Given holds the variables of the paper's Figure 2 and nothing else; the rest of a State follows from them as for a
// node with nothing unfinished. The node is always node 1, of a cluster of three unless the rule says otherwise, and
// runs plain Raft: PreVote and CheckQuorum are off unless the rule is about them.
#ifndef LOCKSTEP_TESTS_PAPER_RULE_H_
#define LOCKSTEP_TESTS_PAPER_RULE_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/effect.h"
#include "core/input.h"
#include "core/state.h"

namespace lockstep::paper {

// A leader's nextIndex and matchIndex of one server.
struct Peer {
  uint32_t server = 0;
  Index match_index = 0;
  Index next_index = 0;
  ProgressMode mode = ProgressMode::kReplicate;

  friend bool operator==(const Peer&, const Peer&) = default;
};

struct Given {
  Role role = Role::kFollower;
  Term current_term = 1;
  uint32_t voted_for = 0;
  uint32_t leader = 0;
  LogPosition base;       // The log begins after it.
  std::vector<Term> log;  // The terms of its entries.
  Index commit_index = 0;
  Index last_applied = 0;            // Given to the state machine.
  std::vector<uint32_t> votes = {};  // A candidate's grants.
  std::vector<Peer> peers = {};      // A leader's.
  std::vector<ConfigurationEntry> configurations = {{0, {.voters = {{1}, {2}, {3}}}}};

  friend bool operator==(const Given&, const Given&) = default;
};

struct Event {
  lockstep::Event event;
  std::vector<Effect> effects;  // All but RoleChanged and ConfigurationChanged, which only tell what `after` shows.
  Now now = {};
};

struct Rule {
  Given before;
  std::vector<Event> events;
  Given after;
  Options options = {.pre_vote = false, .check_quorum = false};
};

// Plays the rule on the core and compares; failures name the sentence by the test that calls it.
void Expect(const Rule& rule);

// ---- Words for rules -----------------------------------------------------------------------------------

// A message of `server` arrives.
lockstep::Event From(uint32_t server, Term term, MessageBody body);
// Node 1 sends a message, after a write if not 0.
effect::Send To(uint32_t server, Term term, MessageBody body, WriteId after = 0);
// Commands of one byte, with request ids counted from `first`.
lockstep::Event Commands(RequestId first, size_t count);

inline effect::SetTimer Restart(effect::Timer timer) { return {timer}; }

// Entries of these terms, commands of one byte each.
std::vector<EntryMeta> Entries(const std::vector<Term>& terms);

}  // namespace lockstep::paper

#endif  // LOCKSTEP_TESTS_PAPER_RULE_H_
