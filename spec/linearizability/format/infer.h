// Which model a history's operations leave, when only one does.
//
// Idea: each model has its operations and the shape of its answers; a history excludes every model that does not have
// what it contains. A register's history is also a key-value store's, with the same verdict, so the register is taken.
// Contract: never a guess; where two models with different meanings remain, there is no answer and the caller must ask.
// Left to others: collecting the evidence (assembler.h).
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_INFER_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_INFER_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "spec/linearizability/history.h"

namespace lockstep::linearizability::format {

// What was seen in a history.
struct Evidence {
  uint32_t kinds = 0;         // a bit for each OperationKind, transactions' steps included
  bool read_list = false;     // some read answered a list
  bool read_map = false;      // ... a map
  bool read_integer = false;  // ... an integer
  bool read_other = false;    // ... any other value but nil
  bool append_text = false;   // some append gave a text
  bool append_other = false;  // ... anything else
  bool add_other = false;     // some add gave anything but an integer
  bool token = false;         // some acquire was answered, or a release asked, with a value

  void Saw(OperationKind kind) { kinds |= uint32_t{1} << static_cast<uint32_t>(kind); }
  bool Has(OperationKind kind) const { return (kinds >> static_cast<uint32_t>(kind) & 1) != 0; }
};

// Errors: InvalidArgument when no model or several fit; the message names them and asks for --model.
absl::StatusOr<ModelKind> InferModel(const Evidence& evidence);

// The operations seen, in words: "read, write, compare-and-set".
std::string KindsInWords(const Evidence& evidence);

}  // namespace lockstep::linearizability::format

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_INFER_H_
