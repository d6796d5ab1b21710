// A history: what each client asked, what it was answered, and which operation
// ended before which other one began.
//
// Idea: one compact record per operation (32 bytes), with every value interned
// (value.h); rarely used facts live in columns beside it. Time is the position
// of an event in the history, so real-time order is integer comparison:
// operation a precedes b exactly when a.complete < b.invoke.
// Contract: HistoryBuilder takes invoke and completion events in real-time
// order and rejects impossible ones; what it accepts is valid input to Check
// (check.h). An operation that never completes, or completes with unknown
// outcome, may take effect at any time after its invocation, or never. Left to
// others: file formats (format/), and the meaning of an operation (model.h, by
// Semantics).
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_HISTORY_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_HISTORY_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "spec/linearizability/value.h"

namespace lockstep::linearizability {

// What is being modelled; it decides which operation kinds a history may hold.
// An initial value is Semantics::initial.
enum class ModelKind : uint8_t {
  kRegister,    // per key: kRead, kWrite, kCompareAndSet. The fast algorithms
                // decide these
  kKeyValue,    // the register's and kAppend (concatenates strings), kDelete,
                // kRange, kDeleteRange, kTransaction
  kListAppend,  // per key a list: kAppend (one element), kRead (the whole
                // list), kTransaction of these
  kMutex,       // per key a lock: kAcquire, kRelease (no value, any process may
                // release)
  kLease,       // per key a lock with fencing token that may expire unseen:
                // kAcquire, kRenew, kRelease
  kSet,         // per key a set: kAdd (one element), kRead (the sorted list of its
                // elements)
  kQueue,       // per key a FIFO queue: kEnqueue, kDequeue (nil when empty)
  kCounter,     // per key an integer, initially 0 when initial is nil: kAdd (a
                // number), kRead
  kBank,        // accounts: kTransfer, kRead of every balance
};

enum class OperationKind : uint8_t {
  kRead,           // result: the value read
  kWrite,          // argument: the new value
  kCompareAndSet,  // expected -> argument
  kAppend,         // argument: text or element
  kDelete,         // the key's value becomes nil
  kRange,          // argument: list (first, end) of key names, end excluded; result:
                   // list key, value, key, value, ...
  kDeleteRange,    // argument as kRange; no result
  kTransaction,    // History::TransactionOf
  kAcquire,        // kLease: result is the token granted
  kRelease,        // kLease: argument is the token
  kRenew,          // kLease: argument is the token
  kAdd,            // kSet: argument is the element; kCounter: the amount
  kEnqueue,        // argument: the element
  kDequeue,        // result: the element, nil when the queue was empty
  kTransfer,       // argument: list (from account, to account, amount)
};

// How an operation ended.
enum class Outcome : uint8_t {
  kOk,       // it happened, once, between its two events, with this result
  kFail,     // it did not happen. A failed compare-and-set or renewal may besides
             // be an answer (Semantics::failed_cas)
  kUnknown,  // it may have happened, any time after its invocation, or may
             // never happen
};

using Key = uint32_t;          // index into History's key names
using Position = uint32_t;     // of an event in the history, counted from 0
using OperationId = uint32_t;  // index into History::operations(), in order of invocation

inline constexpr Position kNever = UINT32_MAX;

struct Operation {
  uint32_t process = 0;
  Key key = 0;
  Position invoke = 0;
  Position complete = kNever;  // kNever for outcome kUnknown
  Value argument = kNil;       // for kTransaction: bits = index of the transaction
  Value expected = kNil;       // kCompareAndSet only
  Value result = kUnknownValue;
  OperationKind kind = OperationKind::kRead;
  Outcome outcome = Outcome::kUnknown;
};
static_assert(sizeof(Operation) == 32);

// One part of a transaction: a single-key operation of the kinds above.
struct TransactionStep {
  OperationKind kind = OperationKind::kRead;
  Key key = 0;
  Value argument = kNil;
  Value expected = kNil;
  Value result = kUnknownValue;
};

// A condition on one key's value; kNil as the value asks whether the key is
// absent.
struct TransactionGuard {
  enum class Comparison : uint8_t { kEqual, kNotEqual };
  Key key = 0;
  Comparison comparison = Comparison::kEqual;
  Value value = kNil;
};

// Atomically: if every guard holds then `then`, else `otherwise`. The steps run
// in order and see earlier ones.
struct Transaction {
  enum class Branch : uint8_t { kThen, kOtherwise, kNotTold };
  std::vector<TransactionGuard> guards;
  std::vector<TransactionStep> then;
  std::vector<TransactionStep> otherwise;
  Branch taken = Branch::kNotTold;  // which branch the answer says was taken
};

// What no file format states. Every field has a stated default; nothing is
// guessed.
struct Semantics {
  enum class NilRead : uint8_t {
    kValue,    // a read that answered nil read nil (etcd, our own histories)
    kNoAnswer  // a read that answered nil says nothing (Knossos)
  };
  enum class FailedCompareAndSet : uint8_t {
    kDropped,  // it did not happen, and says nothing (Knossos)
    kFact      // at its point the value was not the expected one (Porcupine's etcd
               // logs)
  };
  ModelKind model = ModelKind::kRegister;
  Value initial = kNil;  // of every key not named in initial_by_key
  std::vector<std::pair<Key, Value>> initial_by_key;
  NilRead nil_read = NilRead::kValue;
  FailedCompareAndSet failed_cas = FailedCompareAndSet::kDropped;
};

// An immutable history. Copyable; a copy costs its size.
class History {
 public:
  // In order of invocation.
  std::span<const Operation> operations() const { return operations_; }
  const Operation& operation(OperationId id) const { return operations_[id]; }
  size_t size() const { return operations_.size(); }
  // Number of events, which is one more than the greatest position.
  Position event_count() const { return event_count_; }

  const ValuePool& values() const { return values_; }
  ValuePool& mutable_values() { return values_; }  // interning another value changes no handle

  size_t key_count() const { return key_names_.size(); }
  const std::string& key_name(Key key) const { return key_names_[key]; }
  const Transaction& TransactionOf(const Operation& operation) const { return transactions_[operation.argument.bits]; }

  // The index in the system's log, or its revision, that the completion
  // reported; -1 where it reported none.
  int64_t log_index(OperationId id) const { return log_indices_.empty() ? -1 : log_indices_[id]; }
  bool has_log_indices() const { return !log_indices_.empty(); }

  // Source lines for messages, 0 where unknown.
  uint32_t invoke_line(OperationId id) const { return id < invoke_lines_.size() ? invoke_lines_[id] : 0; }
  uint32_t complete_line(OperationId id) const { return id < complete_lines_.size() ? complete_lines_[id] : 0; }
  // Where the outcome "unknown" was reported, for drawing; kNever if the
  // operation simply never completed.
  Position told_unknown(OperationId id) const;

  // The operation in words: `process 3: compare-and-set x 1 -> 2, ok`.
  std::string Describe(OperationId id) const;

  // The same history with only these operations, all facts about them kept, then edited. Positions are kept, so the
  // real-time order among them is the same. Requires: ascending ids; edits keep the order of invocation.
  using Edit = std::function<void(OperationId original, Operation& operation)>;
  History Restrict(std::span<const OperationId> ids, const Edit& edit = nullptr) const;

 private:
  friend class HistoryBuilder;
  std::string DescribeStep(const TransactionStep& step) const;

  std::vector<Operation> operations_;
  std::vector<Transaction> transactions_;
  std::vector<int64_t> log_indices_;    // empty if no completion reported any
  std::vector<uint32_t> invoke_lines_;  // empty if lines are unknown
  std::vector<uint32_t> complete_lines_;
  absl::flat_hash_map<OperationId, Position> told_unknown_;
  std::vector<std::string> key_names_;
  ValuePool values_;
  Position event_count_ = 0;
};

// What an invocation says.
struct Invocation {
  OperationKind kind = OperationKind::kRead;
  Key key = 0;
  Value argument = kNil;
  Value expected = kNil;
  uint32_t line = 0;
  const Transaction* transaction = nullptr;  // kTransaction only; copied
};

// What a completion says.
struct Completion {
  Outcome outcome = Outcome::kOk;
  Value result = kUnknownValue;
  int64_t log_index = -1;
  uint32_t line = 0;
  const Transaction* transaction = nullptr;  // kTransaction only: the same one with its results; copied
};

// Builds a history event by event; the order of calls is the real-time order.
class HistoryBuilder {
 public:
  // May a process invoke again after an operation of unknown outcome? Jepsen
  // forbids it (a new process takes over), and a file that does it is
  // malformed; a simulated client may simply go on. The verdict is sound either
  // way.
  enum class AfterUnknown : uint8_t { kProcessEnds, kProcessContinues };

  explicit HistoryBuilder(AfterUnknown after_unknown = AfterUnknown::kProcessEnds) : after_unknown_(after_unknown) {}

  ValuePool& values() { return history_.values_; }
  // The key of that name. A history of one register uses InternKey("").
  Key InternKey(std::string_view name);
  void Reserve(size_t operations);

  // The process begins an operation.
  // Errors: FailedPrecondition when it has one open, or ended with an unknown
  // outcome and may not continue; ResourceExhausted at 2^31 operations.
  absl::Status Invoke(uint32_t process, const Invocation& invocation);
  // The process's open operation ends. Errors: FailedPrecondition when it has
  // none.
  absl::Status Complete(uint32_t process, const Completion& completion);
  // Whether the process has an open operation, and which: a reader compares a
  // completion's function with it.
  const Operation* OpenOperation(uint32_t process) const;

  // The history so far; open operations have unknown outcome.
  History Finish() &&;

 private:
  struct ProcessState {
    OperationId open = kNone;
    bool ended = false;
  };
  static constexpr OperationId kNone = UINT32_MAX;

  AfterUnknown after_unknown_;
  History history_;
  absl::flat_hash_map<uint32_t, ProcessState> processes_;
  absl::flat_hash_map<std::string, Key> keys_;
};

// The standard words: "compare-and-set", "ok", "list-append", ...
std::string_view Name(OperationKind kind);
std::string_view Name(Outcome outcome);
std::string_view Name(ModelKind model);

}  // namespace lockstep::linearizability

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_HISTORY_H_
