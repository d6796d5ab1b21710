#include "sim/recording/scenario_record.h"

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace lockstep::sim {
namespace {

// Whether `value` is one of Field's; 64-bit fields take every bit pattern.
template <typename Field>
bool Fits(int64_t value) {
  if constexpr (sizeof(Field) == sizeof(int64_t)) {
    return true;
  } else {
    return value >= static_cast<int64_t>(std::numeric_limits<Field>::min()) &&
           value <= static_cast<int64_t>(std::numeric_limits<Field>::max());
  }
}

}  // namespace

void ToProto(const Scenario& from, traces::proto::Scenario* to) {
  to->clear_fields();
  VisitFields(from, [to](const char* name, const auto& value) {
    traces::proto::ScenarioField* field = to->add_fields();
    field->set_name(name);
    field->set_value(static_cast<int64_t>(value));
  });
}

absl::StatusOr<Scenario> FromProto(const traces::proto::Scenario& from) {
  std::map<std::string, int64_t> values;
  for (const traces::proto::ScenarioField& field : from.fields()) {
    if (!values.emplace(field.name(), field.value()).second) {
      return absl::UnimplementedError(absl::StrCat("the scenario has '", field.name(), "' twice"));
    }
  }
  Scenario scenario;
  absl::Status status;
  VisitFields(scenario, [&](const char* name, auto& field) {
    using Field = std::remove_reference_t<decltype(field)>;
    const auto value = values.find(name);
    if (!status.ok()) return;
    if (value == values.end()) {
      status = absl::UnimplementedError(
          absl::StrCat("the scenario has no '", name, "': the trace is of another version of lockstep"));
    } else if (!Fits<Field>(value->second)) {
      status = absl::InvalidArgumentError(absl::StrCat("the scenario's '", name, "' cannot be ", value->second));
    } else {
      field = static_cast<Field>(value->second);
      values.erase(value);
    }
  });
  if (!status.ok()) return status;
  if (!values.empty()) {
    return absl::UnimplementedError(absl::StrCat("the scenario has a '", values.begin()->first,
                                                 "', unknown here: the trace is of another version of lockstep"));
  }
  if (status = ValidateScenario(scenario); !status.ok()) return status;
  return scenario;
}

}  // namespace lockstep::sim
