#include "tests/paper/rule.h"

#include <gtest/gtest.h>

#include <ostream>

#include "core/step.h"

namespace lockstep::paper {
namespace {

// A state in which everything of `given` is durable and nothing is under way.
State MakeState(const Given& given, const Options& options) {
  State state;
  state.id = {1};
  state.options = options;
  state.start = 1;
  state.current_term = given.current_term;
  if (given.voted_for != 0) state.voted_for = {given.voted_for};
  if (given.leader != 0) state.leader = {given.leader};
  state.role = given.role;
  state.log = Log(given.base, given.configurations.front());
  size_t configuration = 1;
  for (Term term : given.log) {
    const Index index = state.log.last_index() + 1;
    if (configuration < given.configurations.size() && given.configurations[configuration].index == index) {
      state.log.Append({term, 0, EntryKind::kConfiguration}, given.configurations[configuration++].configuration);
    } else {
      state.log.Append({term, 1, EntryKind::kCommand});
    }
  }
  state.snapshot = {given.base, given.configurations.front(), given.base.index == 0 ? 0u : 10u};
  state.storage.durable_term = state.current_term;
  state.storage.durable_vote = state.voted_for;
  state.storage.durable_index = state.storage.issued_index = state.log.last_index();
  state.commit_index = given.commit_index;
  state.apply_index = state.applied_index = given.last_applied;
  for (uint32_t server : given.votes) state.candidacy.votes.push_back({{server}, true});
  for (const Peer& peer : given.peers) {
    Progress progress;
    progress.mode = peer.mode;
    progress.match_index = peer.match_index;
    progress.next_index = peer.next_index;
    progress.sent_commit_index = std::min(given.commit_index, peer.match_index);
    progress.recently_active = true;
    state.leading.peers.push_back({{peer.server}, progress});
  }
  if (given.role == Role::kLeader) {
    state.leading.term_start_index = state.log.FirstIndexFrom(given.current_term);
    state.leading.uncommitted_bytes = state.log.BytesAfter(given.commit_index);
  }
  return state;
}

Given Observe(const State& state) {
  Given given;
  given.role = state.role;
  given.current_term = state.current_term;
  given.voted_for = state.voted_for.number;
  given.leader = state.leader.number;
  given.base = state.log.base();
  for (Index i = state.log.first_index(); i <= state.log.last_index(); ++i) given.log.push_back(state.log.At(i).term);
  given.commit_index = state.commit_index;
  given.last_applied = state.apply_index;
  for (const Vote& vote : state.candidacy.votes) {
    if (vote.granted) given.votes.push_back(vote.voter.number);
  }
  for (const lockstep::Peer& peer : state.leading.peers) {
    given.peers.push_back({peer.id.number, peer.progress.match_index, peer.progress.next_index, peer.progress.mode});
  }
  given.configurations = state.log.configurations();
  return given;
}

std::string Print(const Given& given) {
  std::string text = std::string(ToString(given.role)) + " term " + std::to_string(given.current_term) + " voted_for " +
                     std::to_string(given.voted_for) + " leader " + std::to_string(given.leader) + " log " +
                     std::to_string(given.base.index) + ":" + std::to_string(given.base.term) + " |";
  for (Term term : given.log) text += " " + std::to_string(term);
  text +=
      "; commit " + std::to_string(given.commit_index) + " applied " + std::to_string(given.last_applied) + "; votes";
  for (uint32_t server : given.votes) text += " " + std::to_string(server);
  for (const Peer& peer : given.peers) {
    text += "; peer " + std::to_string(peer.server) + " match " + std::to_string(peer.match_index) + " next " +
            std::to_string(peer.next_index) + " mode " + std::to_string(static_cast<int>(peer.mode));
  }
  for (const ConfigurationEntry& entry : given.configurations) {
    text += "; configuration " + std::to_string(entry.index) + " " + ToString(entry.configuration);
  }
  return text;
}

std::string Print(const std::vector<Effect>& effects) {
  std::string text;
  for (const Effect& effect : effects) text += "\n  " + ToString(effect);
  return text;
}

bool OnlyTells(const Effect& effect) {
  return std::holds_alternative<effect::RoleChanged>(effect) ||
         std::holds_alternative<effect::ConfigurationChanged>(effect);
}

}  // namespace

void Expect(const Rule& rule) {
  State state = MakeState(rule.before, rule.options);
  EXPECT_EQ(Print(Observe(state)), Print(rule.before)) << "the state before cannot be made";
  for (const Event& event : rule.events) {
    EffectSink sink;
    Step(state, {event.event, event.now}, sink);
    std::vector<Effect> effects;
    for (Effect& effect : sink) {
      if (!OnlyTells(effect)) effects.push_back(std::move(effect));
    }
    EXPECT_TRUE(effects == event.effects)
        << "after " << ToString(event.event) << " expected:" << Print(event.effects) << "\nactual:" << Print(effects);
  }
  EXPECT_EQ(Print(Observe(state)), Print(rule.after));
}

lockstep::Event From(uint32_t server, Term term, MessageBody body) {
  return input::Receive{{{server}, {1}, term, std::move(body)}};
}

effect::Send To(uint32_t server, Term term, MessageBody body, WriteId after) {
  return {{{1}, {server}, term, std::move(body)}, after};
}

lockstep::Event Commands(RequestId first, size_t count) {
  input::Propose propose;
  for (size_t i = 0; i < count; ++i) propose.proposals.push_back({first + i, 1});
  return propose;
}

std::vector<EntryMeta> Entries(const std::vector<Term>& terms) {
  std::vector<EntryMeta> entries;
  for (Term term : terms) entries.push_back({term, 1, EntryKind::kCommand});
  return entries;
}

}  // namespace lockstep::paper
