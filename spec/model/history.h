// The history variables of the specification: what no node knows, and properties speak of.
#ifndef LOCKSTEP_SPEC_MODEL_HISTORY_H_
#define LOCKSTEP_SPEC_MODEL_HISTORY_H_

#include <optional>
#include <vector>

#include "spec/model/fields.h"

namespace lockstep::model {

// An entry that was committed, and the term of the leader that first did so.
struct CommittedEntry {
  Entry entry;
  Term term = 0;
  friend bool operator==(const CommittedEntry&, const CommittedEntry&) = default;
};

struct Leadership {
  Term term = 0;
  NodeId leader;
  friend bool operator==(const Leadership&, const Leadership&) = default;
};

// A read: what was committed when it began, and the index at which it was answered.
struct BegunRead {
  Index committed = 0;
  bool answered = false;
  Index index = 0;
  friend bool operator==(const BegunRead&, const BegunRead&) = default;
};

struct History {
  std::vector<CommittedEntry> committed;  // Of index 1, 2, ...
  std::vector<Leadership> leaders;        // A set.
  std::vector<BegunRead> begun;           // Of read 1, 2, ...
  uint32_t crashes = 0;
  uint32_t failures = 0;

  Index committed_index() const { return committed.size(); }
};

template <typename V>
void Visit(V& v, CommittedEntry& c) {
  Visit(v, c.entry);
  v.Number(c.term);
}
template <typename V>
void Visit(V& v, Leadership& l) {
  v.Number(l.term);
  v.Id(l.leader);
}
template <typename V>
void Visit(V& v, BegunRead& r) {
  v.Number(r.committed);
  v.Number(r.answered);
  v.Number(r.index);
}
template <typename V>
void Visit(V& v, History& h) {
  VisitAll(v, h.committed);
  VisitAll(v, h.leaders);
  v.Set(h.leaders);
  VisitAll(v, h.begun);
  v.Number(h.crashes);
  v.Number(h.failures);
}

}  // namespace lockstep::model

#endif  // LOCKSTEP_SPEC_MODEL_HISTORY_H_
