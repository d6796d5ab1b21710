// A node for tests: a state, its last effects, and short ways to say what happens to it.
#ifndef LOCKSTEP_CORE_TEST_NODE_H_
#define LOCKSTEP_CORE_TEST_NODE_H_

#include <cstdint>
#include <utility>
#include <variant>
#include <vector>

#include "core/start.h"
#include "core/step.h"

namespace lockstep::testing {

constexpr NodeId N(uint32_t number, uint32_t incarnation = 0) { return {number, incarnation}; }

inline Configuration Voters(std::initializer_list<uint32_t> numbers) {
  Configuration configuration;
  for (uint32_t number : numbers) configuration.voters.insert(N(number));
  return configuration;
}

inline EntryMeta Command(Term term, uint32_t bytes = 1) { return {term, bytes, EntryKind::kCommand}; }
inline EntryMeta NoOp(Term term) { return {term, 0, EntryKind::kNoOp}; }

// A disk with `terms` as the log's commands, from index 1.
inline DurableState Disk(const Configuration& configuration, Term term, std::initializer_list<Term> terms) {
  DurableState durable = Founding(configuration);
  durable.term = term;
  for (Term entry : terms) durable.log.Append(Command(entry));
  return durable;
}

class Node {
 public:
  explicit Node(uint32_t number, const DurableState& durable, const Options& options = {})
      : state(*Start(N(number), options, number, durable, effects)) {}

  // One step; its effects replace the last ones.
  EffectSink& Take(Event event, Now now = {}) {
    effects.clear();
    Step(state, {std::move(event), now}, effects);
    return effects;
  }

  EffectSink& Receive(uint32_t source, Term term, MessageBody body) {
    return Take(input::Receive{{N(source), state.id, term, std::move(body)}});
  }

  // Completes every write that is pending, oldest first. Keeps the effects of all these steps.
  void CompleteWrites() {
    EffectSink all;
    while (!state.storage.pending_log_writes.empty() || state.storage.pending_vote_write != 0) {
      const WriteId id = state.storage.pending_vote_write != 0 ? state.storage.pending_vote_write
                                                               : state.storage.pending_log_writes.front().write_id;
      for (Effect& effect : Take(input::WriteDone{id})) all.Add(std::move(effect));
    }
    effects = std::move(all);
  }

  // Campaigns and wins with the votes of `voters`. Requires: no other leader known.
  void Lead(std::initializer_list<uint32_t> voters) {
    Take(input::ElectionTimeout{});
    if (state.role == Role::kPreCandidate) {
      for (uint32_t voter : voters) {
        Receive(voter, state.current_term, RequestVoteReply{state.current_term + 1, true, true});
      }
    }
    CompleteWrites();
    for (uint32_t voter : voters) Receive(voter, state.current_term, RequestVoteReply{state.current_term, false, true});
  }

  // The effects of type T of the last step.
  template <typename T>
  std::vector<T> All() const {
    std::vector<T> found;
    for (const Effect& effect : effects) {
      if (const T* value = std::get_if<T>(&effect)) found.push_back(*value);
    }
    return found;
  }

  // The bodies of type T sent to `dest` in the last step.
  template <typename T>
  std::vector<T> SentTo(uint32_t dest) const {
    std::vector<T> found;
    for (const effect::Send& send : All<effect::Send>()) {
      const T* body = std::get_if<T>(&send.message.body);
      if (send.message.dest == N(dest) && body != nullptr) found.push_back(*body);
    }
    return found;
  }

  // The only one of them. Aborts if there is none, or more.
  template <typename T>
  T Only(uint32_t dest) const {
    std::vector<T> found = SentTo<T>(dest);
    if (found.size() != 1) std::abort();
    return found.front();
  }

  const Progress& ProgressOf(uint32_t peer) const {
    for (const Peer& p : state.leading.peers) {
      if (p.id == N(peer)) return p.progress;
    }
    std::abort();
  }

  EffectSink effects;
  State state;
};

}  // namespace lockstep::testing

#endif  // LOCKSTEP_CORE_TEST_NODE_H_
