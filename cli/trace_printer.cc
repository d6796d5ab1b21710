#include "cli/trace_printer.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "traces/json.h"
#include "traces/state_text.h"

namespace lockstep::cli {

void TracePrinter::Print(const traces::proto::Record& record) {
  if (record.has_step()) step_ = record.step().step();
  const std::string line = narrator_.Line(record);
  visible_ = step_ >= options_.from && step_ <= options_.to;
  if (!visible_) return;
  if (options_.ndjson) {
    std::printf("%s\n", traces::ToJson(record).c_str());
  } else if (!record.has_end() && !record.has_choices() && !record.has_header()) {
    std::printf("%s%s%s\n", Color(record), line.c_str(), palette_.reset);
  }
}

void TracePrinter::Print(const State& state) {
  if (!visible_ || options_.ndjson) return;
  for (const std::string& line : traces::StateLines(state)) {
    std::printf("%s%31s| %s%s\n", palette_.dim, "", line.c_str(), palette_.reset);
  }
}

const char* TracePrinter::Color(const traces::proto::Record& record) const {
  if (record.has_crash() || record.has_fault() || record.has_cut()) return palette_.red;
  if (record.has_network() && record.network().fate() != traces::proto::FATE_SENT) return palette_.yellow;
  if (record.has_network()) return palette_.dim;
  if (record.has_start() || record.has_healed()) return palette_.green;
  if (record.has_step() && record.step().effects_done() < static_cast<uint32_t>(record.step().effects_size())) {
    return palette_.red;
  }
  return "";
}

void PrintViolation(const traces::proto::End& end, const Palette& palette, std::FILE* out) {
  const traces::proto::Violation& violation = end.violation();
  std::fprintf(out, "%s%sVIOLATION%s of %s at step %llu", palette.red, palette.bold, palette.reset,
               violation.property().c_str(), static_cast<unsigned long long>(violation.step()));
  if (violation.has_node()) {
    std::fprintf(out, ", node %u%s", violation.node().number(),
                 violation.node().incarnation() == 0 ? "" : absl::StrCat(".", violation.node().incarnation()).c_str());
  }
  std::fprintf(out, ", %.3f ms\n  %s\n", static_cast<double>(violation.time_micros()) / 1000,
               violation.evidence().c_str());
}

}  // namespace lockstep::cli
