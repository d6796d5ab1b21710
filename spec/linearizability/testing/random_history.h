// Random histories for tests and benchmarks: a correct server, clients that overlap, and a share of lies.
//
// Idea: every operation takes effect at one random moment between its two events on a correct object, so the history
// is linearizable as long as nobody lies. Every choice comes from one source, so a history is named by its seed, or by
// the bytes that RapidCheck shrinks.
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_TESTING_RANDOM_HISTORY_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_TESTING_RANDOM_HISTORY_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "spec/linearizability/history.h"

namespace lockstep::linearizability {

// A source of choices: choose(n) is in [0, n).
using Choose = std::function<uint32_t(uint32_t)>;
Choose FromSeed(uint64_t seed);
// 0 once the bytes have run out.
Choose FromBytes(std::vector<uint8_t> bytes);

struct HistoryShape {
  ModelKind model = ModelKind::kRegister;
  uint32_t operations = 8;
  uint32_t processes = 3;
  uint32_t keys = 1;
  uint32_t values = 3;  // number of different values; 0: every write has its own
  uint32_t reads_percent = 50;
  uint32_t cas_percent = 0;           // kRegister: of all operations
  uint32_t transactions_percent = 0;  // kKeyValue, kListAppend: transactions and ranges
  uint32_t unknown_percent = 0;       // of operations that change something
  uint32_t lies_percent = 0;          // of answers
  bool log_indices = false;           // completions report the moment they took effect
};

struct RandomHistory {
  History history;
  bool lied = false;
};

RandomHistory MakeHistory(const HistoryShape& shape, const Choose& choose);

}  // namespace lockstep::linearizability

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_TESTING_RANDOM_HISTORY_H_
