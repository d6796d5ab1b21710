#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "spec/linearizability/access.h"
#include "spec/linearizability/check.h"

namespace lockstep::linearizability {
namespace {

std::string Who(const History& history, OperationId id) {
  std::string who = absl::StrCat("process ", history.operation(id).process);
  if (const uint32_t line = history.complete_line(id); line > 0) absl::StrAppend(&who, " (line ", line, ")");
  return who;
}

std::string Times(const Operation& op) {
  if (op.complete == kNever) return absl::StrCat("from event ", op.invoke, " on");
  return absl::StrCat("events ", op.invoke, " to ", op.complete);
}

std::string Lines(const History& history, OperationId id) {
  if (history.invoke_line(id) == 0) return "";
  std::string lines = absl::StrCat(", line ", history.invoke_line(id));
  if (history.complete_line(id) > 0) absl::StrAppend(&lines, " and ", history.complete_line(id));
  return lines;
}

std::string Part(ConflictItem::Part part) {
  switch (part) {
    case ConflictItem::Part::kWriteOnly:
      return "; that it found what it expected is not even needed";
    case ConflictItem::Part::kUnfinished:
      return "; still open at the impossible event";
    case ConflictItem::Part::kWhole:
      break;
  }
  return "";
}

// Says of an observer whose value no operation of the conflict wrote where that value was written, and why none of
// those writes can explain it. Empty if the conflict has such a write.
std::string Unexplained(const History& history, const Semantics& semantics, const Conflict& conflict,
                        const Access& observer) {
  const Operation& reader = history.operation(observer.id);
  for (const ConflictItem& item : conflict) {
    const Operation& op = history.operation(item.id);
    if (!RegisterLike(semantics.model, op.kind) || op.key != reader.key) return "";
    const auto access = AccessOf(semantics, op, item.id);
    if (access && access->writes && access->set == observer.expect && item.id != observer.id) return "";
  }
  std::string text = absl::StrCat(Who(history, observer.id), " found ", history.values().ToString(observer.expect));
  std::optional<OperationId> before;
  std::optional<OperationId> after;
  for (OperationId id = 0; id < history.size(); ++id) {
    const Operation& op = history.operation(id);
    if (op.key != reader.key || id == observer.id) continue;
    const auto access = AccessOf(semantics, op, id);
    if (!access || !access->writes || access->set != observer.expect) continue;
    (op.invoke > reader.complete ? after : before) = id;
    if (after) break;
  }
  const bool initial = InitialOf(semantics, reader.key) == observer.expect;
  if (before) {
    absl::StrAppend(&text, ", last written by ", Who(history, *before), ", but it had been overwritten before");
  } else if (initial) {
    absl::StrAppend(&text, ", the initial value, but it had been overwritten before");
  } else if (after) {
    absl::StrAppend(&text, ", which was first written only later, by ", Who(history, *after));
  } else {
    absl::StrAppend(&text, ", which nobody ever wrote");
  }
  return text + ".";
}

}  // namespace

std::string ExplainConflict(const History& history, const Semantics& semantics, const CheckResult& result) {
  if (result.verdict != Verdict::kNotLinearizable) return "";
  if (result.conflict.empty()) {
    return absl::StrCat("No order of the operations explains every answer",
                        result.event == kNever ? "" : absl::StrCat(" up to event ", result.event), ".\n");
  }
  std::string text = absl::StrCat("These ", result.conflict.size(), " operations are impossible together:\n");
  if (result.conflict.size() == 1) text = "This operation is impossible:\n";
  std::vector<std::string> reasons;
  // A long conflict is told by its beginning and its end.
  constexpr size_t kShownAtEachEnd = 10;
  const size_t size = result.conflict.size();
  for (size_t i = 0; i < size; ++i) {
    if (size > 2 * kShownAtEachEnd && i == kShownAtEachEnd) {
      i = size - kShownAtEachEnd;
      absl::StrAppend(&text, "  ... ", size - 2 * kShownAtEachEnd, " more ...\n");
    }
    const ConflictItem& item = result.conflict[i];
    const Operation& op = history.operation(item.id);
    absl::StrAppend(&text, "  ", history.Describe(item.id), " (", Times(op), Lines(history, item.id), ")",
                    Part(item.part), "\n");
    if (!RegisterLike(semantics.model, op.kind) || item.part != ConflictItem::Part::kWhole) continue;
    const auto access = AccessOf(semantics, op, item.id);
    if (!access || access->guard != Access::Guard::kEqual || semantics.model == ModelKind::kMutex) continue;
    std::string reason = Unexplained(history, semantics, result.conflict, *access);
    if (!reason.empty()) reasons.push_back(std::move(reason));
  }
  for (const std::string& reason : reasons) absl::StrAppend(&text, reason, "\n");
  if (reasons.empty()) {
    absl::StrAppend(&text, "No order of them that keeps those apart which did not overlap explains every answer.\n");
  }
  return text;
}

}  // namespace lockstep::linearizability
