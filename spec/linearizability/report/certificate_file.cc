#include "spec/linearizability/report/certificate_file.h"

#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "spec/linearizability/certificate_checker.h"
#include "spec/linearizability/format/write.h"

namespace lockstep::linearizability::report {
namespace {

using Json = nlohmann::ordered_json;

std::string_view PartOf(const ConflictItem& item) {
  switch (item.part) {
    case ConflictItem::Part::kWhole:
      return "whole";
    case ConflictItem::Part::kWriteOnly:
      return "only what it wrote";
    case ConflictItem::Part::kUnfinished:
      break;
  }
  return "as if it never completed";
}

Json ConflictJson(const History& history, const CheckResult& result) {
  Json items = Json::array();
  for (const ConflictItem& item : result.conflict) {
    items.push_back({{"operation", item.id},
                     {"line", history.invoke_line(item.id)},
                     {"part", std::string(PartOf(item))},
                     {"words", history.Describe(item.id)}});
  }
  return items;
}

}  // namespace

absl::Status VerifyCertificate(const format::HistoryFile& file, const CheckResult& result) {
  switch (result.verdict) {
    case Verdict::kLinearizable:
      return VerifyOrders(file.history, file.semantics, result.orders);
    case Verdict::kNotLinearizable:
      return VerifyConflict(file.history, file.semantics, result.conflict);
    case Verdict::kUnknown:
      break;
  }
  return absl::FailedPreconditionError("an unknown verdict has no certificate; raise the budget");
}

absl::StatusOr<std::string> MakeCertificate(const format::HistoryFile& file, const CheckResult& result) {
  if (absl::Status status = VerifyCertificate(file, result); !status.ok()) return status;
  Json certificate;
  certificate["lockstep"] = "certificate";
  certificate["history"] = file.name;
  certificate["semantics"] = format::FlagsOf(file);
  certificate["operations"] = file.history.size();
  certificate["verdict"] = result.verdict == Verdict::kLinearizable ? "linearizable" : "not linearizable";
  if (result.verdict == Verdict::kLinearizable) {
    certificate["orders"] = result.orders;
  } else {
    certificate["impossible from event"] = result.event == kNever ? Json() : Json(result.event);
    certificate["minimal"] = result.conflict_minimal;
    certificate["conflict"] = ConflictJson(file.history, result);
  }
  return certificate.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace lockstep::linearizability::report
