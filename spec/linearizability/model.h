// The meaning of every operation: a deterministic sequential machine per model
// kind, over states that are short vectors of 32-bit words.
//
// Idea: this file is the specification the whole checker is about. An order of
// operations is legal when Apply accepts each in turn. States are plain words,
// so that they can be hash-consed and compared without knowing the model.
// Contract: Apply is a function of (operation, state); it accepts an operation
// of unknown outcome exactly when it could have had an effect there. A model
// keeps private tables of texts and lists it met, so it is not thread-safe.
// Left to others: which orders to try (search.h, state_frontier.h), and real
// time.
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_MODEL_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_MODEL_H_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "spec/linearizability/history.h"

namespace lockstep::linearizability {

class Model {
 public:
  using State = std::vector<uint32_t>;

  virtual ~Model() = default;
  virtual State Initial() const = 0;
  // Applies the operation. False when its answer is impossible in that state;
  // the state is then unspecified.
  virtual bool Apply(OperationId id, State& state) = 0;
  // Whether the operation never changes any state.
  virtual bool ReadOnly(OperationId id) const = 0;
};

// What the semantics make of an operation before any model sees it.
enum class Relevance : uint8_t {
  kIgnored,   // it did not happen, or its answer says nothing and it changes
              // nothing
  kDefinite,  // it happened
  kOptional,  // it may have happened
};
Relevance RelevanceOf(const Semantics& semantics, const Operation& operation);

// A failed compare-and-set that counts as an answer: its key did not hold the
// expected value.
inline bool IsRefusal(const Operation& operation) {
  return operation.kind == OperationKind::kCompareAndSet && operation.outcome == Outcome::kFail;
}

// The model of these operations (all of one component, see partition.h). The
// history and semantics must outlive it. Errors: InvalidArgument when an
// operation's kind does not belong to the model kind, or lacks its argument.
absl::StatusOr<std::unique_ptr<Model>> MakeModel(const History& history, const Semantics& semantics,
                                                 std::span<const OperationId> ids);

// Whether the model kind knows the operation kind.
bool Belongs(OperationKind kind, ModelKind model);

// Every key the operation touches or may touch, appended to `keys`; ranges
// touch every key within their bounds.
void KeysOf(const History& history, const Operation& operation, std::vector<Key>* keys);

}  // namespace lockstep::linearizability

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_MODEL_H_
