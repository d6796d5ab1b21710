// The register's view of an operation: a condition on the value, and the value
// it leaves.
//
// Idea: read, write, compare-and-set, refused compare-and-set, delete, and a
// mutex's acquire and release are all one shape, so that the fast algorithms
// (zones.h, frontier.h) know only this one. Contract: an access says exactly
// what the operation says under the given semantics; what says nothing has no
// access. Left to others: real time beyond the two positions; several keys
// (partition.h).
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_ACCESS_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_ACCESS_H_

#include <optional>
#include <span>
#include <vector>

#include "spec/linearizability/history.h"

namespace lockstep::linearizability {

struct Access {
  enum class Guard : uint8_t {
    kNone,     // a plain write: possible in every state
    kEqual,    // the value is `expect`
    kNotEqual  // the value is not `expect`
  };
  OperationId id = 0;
  Position invoke = 0;
  Position complete = kNever;
  Value expect = kNil;
  Value set = kNil;
  Guard guard = Guard::kNone;
  bool writes = false;
  bool optional = false;  // it may never have happened

  bool PlainWrite() const { return guard == Guard::kNone; }
  bool CompareAndSet() const { return guard == Guard::kEqual && writes; }
  bool Observes() const { return guard != Guard::kNone; }
};
static_assert(sizeof(Access) == 24);

// Whether operations of this kind on one key have a register's view.
bool RegisterLike(ModelKind model, OperationKind kind);

// The access, or nothing if the operation says nothing.
// Requires: RegisterLike.
std::optional<Access> AccessOf(const Semantics& semantics, const Operation& operation, OperationId id);

// The register's value before the first operation.
Value InitialOf(const Semantics& semantics, Key key);

// The accesses of these operations, in the same order. Requires: ids ascend and
// all are of one key.
std::vector<Access> AccessesOf(const History& history, const Semantics& semantics, std::span<const OperationId> ids);

// Leaves out optional accesses that cannot matter, because nobody who ends
// after their invocation can have observed their value, or that it was not
// there. Sound and complete: an order that uses one stays legal without it. If
// a refused compare-and-set is present, which is content with any other value,
// they stay, but all leave one and the same value: which it is makes no
// difference, and so they are interchangeable. Cost: O(n).
void DropUnread(std::vector<Access>* accesses);

}  // namespace lockstep::linearizability

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_ACCESS_H_
