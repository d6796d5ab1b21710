// Every field of a state, visited in one fixed order: one description for encoding and for renaming.
//
// A visitor has Number(T&) for plain values, Id(NodeId&), Value(uint32_t&) for what commands are told apart by, and
// Set(vector&) to be told that a vector stands for a set, after its elements were visited.
#ifndef LOCKSTEP_SPEC_MODEL_FIELDS_H_
#define LOCKSTEP_SPEC_MODEL_FIELDS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "spec/model/local.h"

namespace lockstep::model {

template <typename V>
void VisitIds(V& v, NodeIds& ids) {
  uint64_t size = ids.size();
  v.Number(size);
  for (NodeId& id : ids) v.Id(id);
  v.Set(ids);
}

template <typename V>
void Visit(V& v, ConfigurationPtr& pointer) {
  bool there = pointer != nullptr;
  v.Number(there);
  if (!there) return;
  Configuration c = *pointer;
  VisitIds(v, c.voters);
  VisitIds(v, c.outgoing);
  VisitIds(v, c.learners);
  VisitIds(v, c.learners_next);
  v.Number(c.auto_leave);
  if (!(c == *pointer)) pointer = std::make_shared<const Configuration>(std::move(c));
}

template <typename V>
void Visit(V& v, Position& p) {
  v.Number(p.index);
  v.Number(p.term);
}

template <typename V>
void Visit(V& v, Entry& e) {
  v.Number(e.term);
  v.Number(e.kind);
  v.Value(e.value);
  Visit(v, e.configuration);
}

template <typename V>
void Visit(V& v, Snapshot& s) {
  Visit(v, s.position);
  Visit(v, s.configuration);
}

template <typename V, typename T>
void VisitAll(V& v, std::vector<T>& list) {
  uint64_t size = list.size();
  v.Number(size);
  for (T& element : list) Visit(v, element);
}

template <typename V>
void Visit(V& v, Log& log) {
  Snapshot base = log.base();
  std::vector<Entry> entries = log.entries();
  Visit(v, base);
  VisitAll(v, entries);
  if constexpr (V::kChanges) {
    log = Log(std::move(base));
    for (const Entry& entry : entries) log.Append(entry);
  }
}

template <typename V>
void Visit(V& v, Message& m) {
  v.Number(m.kind);
  v.Id(m.source);
  v.Id(m.dest);
  v.Number(m.term);
  v.Number(m.election_term);
  v.Number(m.pre_vote);
  v.Number(m.transfer);
  v.Number(m.granted);
  Visit(v, m.position);
  v.Number(m.commit_index);
  VisitAll(v, m.entries);
  v.Number(m.accepted);
  v.Number(m.match_index);
  v.Number(m.round);
  Visit(v, m.configuration);
  v.Number(m.read.start);
  v.Number(m.read.position);
  v.Number(m.read_index);
}

template <typename V>
void Visit(V& v, LogWrite& w) {
  v.Number(w.id);
  v.Number(w.last);
  v.Number(w.done);
}

template <typename V>
void Visit(V& v, Peer& p) {
  v.Id(p.id);
  v.Number(p.match_index);
  v.Number(p.acked_round);
}

template <typename V>
void Visit(V& v, PendingRead& r) {
  v.Number(r.request);
  v.Id(r.origin);
  v.Number(r.key.start);
  v.Number(r.key.position);
  v.Number(r.round);
  v.Number(r.index);
}

template <typename V>
void Visit(V& v, ConfirmedRead& r) {
  v.Number(r.request);
  v.Number(r.index);
  v.Number(r.by_lease);
}

template <typename V>
void Visit(V& v, ForwardedRead& r) {
  v.Number(r.request);
  v.Number(r.key.start);
  v.Number(r.key.position);
}

template <typename V>
void Visit(V& v, std::optional<Transfer>& t) {
  bool there = t.has_value();
  v.Number(there);
  if (!there) return;
  v.Number(t->request);
  v.Id(t->target);
  v.Number(t->sent);
}

template <typename V>
void Visit(V& v, std::optional<Incoming>& i) {
  bool there = i.has_value();
  v.Number(there);
  if (!there) return;
  v.Id(i->source);
  Visit(v, i->snapshot);
  v.Number(i->installing);
}

template <typename V>
void VisitRoles(V& v, Node& n) {
  v.Number(n.role);
  v.Id(n.leader);
  v.Number(n.commit_index);
  v.Number(n.applied_index);
  VisitAll(v, n.confirmed);
  v.Set(n.confirmed);
  Visit(v, n.transfer);
  v.Number(n.vote_withheld);
  VisitIds(v, n.granted);
  VisitIds(v, n.refused);
  v.Number(n.verified_index);
  v.Number(n.acked_index);
  VisitAll(v, n.forwarded);
  v.Set(n.forwarded);
  Visit(v, n.incoming);
  v.Number(n.term_start);
  VisitAll(v, n.peers);
  v.Set(n.peers);
  v.Number(n.round);
  v.Number(n.confirmed_round);
  VisitAll(v, n.reads);
  v.Set(n.reads);
}

template <typename V>
void Visit(V& v, Node& n) {
  v.Id(n.id);
  v.Number(n.halted);
  v.Number(n.current_term);
  v.Id(n.voted_for);
  Visit(v, n.log);
  Visit(v, n.snapshot);
  v.Number(n.durable_term);
  v.Id(n.durable_vote);
  v.Number(n.durable_index);
  v.Number(n.issued_index);
  v.Number(n.vote_write);
  VisitAll(v, n.log_writes);
  v.Number(n.failing);
  VisitRoles(v, n);
}

template <typename V>
void Visit(V& v, Disk& d) {
  v.Number(d.term);
  v.Id(d.vote);
  Visit(v, d.snapshot);
  Visit(v, d.log);
}

template <typename V>
void Visit(V& v, Pending& p) {
  v.Number(p.kind);
  v.Number(p.term);
  v.Id(p.vote);
  v.Number(p.first);
  VisitAll(v, p.entries);
  Visit(v, p.snapshot);
  VisitAll(v, p.held);
  v.Set(p.held);
  v.Number(p.on_disk);
  v.Number(p.failed);
}

template <typename V>
void Visit(V& v, Local& l) {
  v.Number(l.up);
  Visit(v, l.node);
  Visit(v, l.disk);
  VisitAll(v, l.writes);
}

}  // namespace lockstep::model

#endif  // LOCKSTEP_SPEC_MODEL_FIELDS_H_
