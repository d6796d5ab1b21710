// Prints the records of a trace, those within a range of steps, as lines for people or as JSON.
#ifndef LOCKSTEP_CLI_TRACE_PRINTER_H_
#define LOCKSTEP_CLI_TRACE_PRINTER_H_

#include <cstdint>
#include <cstdio>
#include <limits>

#include "cli/terminal.h"
#include "core/state.h"
#include "traces/text.h"
#include "traces/trace.pb.h"

namespace lockstep::cli {

struct PrintOptions {
  bool ndjson = false;
  uint64_t from = 0;  // Steps.
  uint64_t to = std::numeric_limits<uint64_t>::max();
};

// To standard output.
class TracePrinter {
 public:
  // Requires: `palette` outlives this.
  TracePrinter(const PrintOptions& options, const Palette& palette) : options_(options), palette_(palette) {}

  void Print(const traces::proto::Record& record);
  // The whole state of the node that the record before was of.
  void Print(const State& state);

 private:
  const char* Color(const traces::proto::Record& record) const;

  const PrintOptions options_;
  const Palette& palette_;
  traces::Narrator narrator_;
  uint64_t step_ = 0;
  bool visible_ = false;
};

// "VIOLATION of X at step 12, node 3, 1.000 ms" and the evidence.
void PrintViolation(const traces::proto::End& end, const Palette& palette, std::FILE* out);

}  // namespace lockstep::cli

#endif  // LOCKSTEP_CLI_TRACE_PRINTER_H_
