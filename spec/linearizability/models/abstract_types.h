// Sequential mutex, lease, set, queue, counter and bank.
//
// Idea: each is a few words of state and one switch; the header says what each
// operation means, the code nothing else. Contract and what is left to others:
// model.h.
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_MODELS_ABSTRACT_TYPES_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_MODELS_ABSTRACT_TYPES_H_

#include <memory>
#include <span>

#include "spec/linearizability/model.h"

namespace lockstep::linearizability {

// Acquire needs it free, release needs it held (by anybody: the model of
// Knossos).
std::unique_ptr<Model> MakeMutexModel(const History& history);

// A lease may expire at any moment, so an acquire always succeeds; its token exceeds every earlier one and makes them
// stale. Renew and release need the newest token, not yet released; after an acquire whose answer is unknown, that may
// be any greater one. A refused renewal shows that the lease is gone.
std::unique_ptr<Model> MakeLeaseModel(const History& history);

// A read returns exactly the elements added so far, as a list sorted by handle.
std::unique_ptr<Model> MakeSetModel(const History& history);

// First in, first out; dequeue answers nil when it is empty.
std::unique_ptr<Model> MakeQueueModel(const History& history);

// A read returns the sum of the amounts added to the initial value.
std::unique_ptr<Model> MakeCounterModel(const History& history, const Semantics& semantics);

// A read returns the balances it lists; none is ever negative, a transfer moves
// money that is there. The initial value is a list account, balance, account,
// balance, ...; when it is nil, the balances are unknown until the first read.
std::unique_ptr<Model> MakeBankModel(const History& history, const Semantics& semantics,
                                     std::span<const OperationId> ids);

}  // namespace lockstep::linearizability

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_MODELS_ABSTRACT_TYPES_H_
