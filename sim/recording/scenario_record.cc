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

struct Range {
  const char* name;
  int64_t value;
  int64_t low;
  int64_t high;
};

// What a run can be given without taking all memory or never ending; wider than anything that is drawn.
absl::Status CheckRanges(const Scenario& s) {
  constexpr int64_t kHourMicros = 3'600'000'000;
  constexpr int64_t kMany = 1'000'000'000;
  constexpr int64_t kMillion = 1'000'000;
  const Range ranges[] = {
      {"servers", s.servers, 1, 9},
      {"founders", s.founders, 1, s.servers},
      {"founding_learners", s.founding_learners, 0, int64_t{s.founders} - 1},
      {"safety_micros", s.safety_micros, 0, kHourMicros},
      {"liveness_bound_micros", s.liveness_bound_micros, 0, kHourMicros},
      {"steps_max", static_cast<int64_t>(s.steps_max), 0, kMany},
      {"election_timeout_micros", s.election_timeout_micros, 1, kHourMicros},
      {"heartbeat_micros", s.heartbeat_micros, 1, kHourMicros},
      {"network_delay_min_micros", s.network_delay_min_micros, 0, s.network_delay_max_micros},
      {"network_delay_max_micros", s.network_delay_max_micros, 0, kHourMicros},
      {"disk_delay_min_micros", s.disk_delay_min_micros, 0, s.disk_delay_max_micros},
      {"disk_delay_max_micros", s.disk_delay_max_micros, 0, kHourMicros},
      {"apply_delay_max_micros", s.apply_delay_max_micros, 0, kHourMicros},
      {"clock_drift_ppm_max", s.clock_drift_ppm_max, 0, kMillion},
      {"clock_error_max_micros", s.clock_error_max_micros, 0, kHourMicros},
      {"clients", s.clients, 0, 1000},
      {"keys", s.keys, 1, kMillion},
      {"think_time_max_micros", s.think_time_max_micros, 0, kHourMicros},
      {"request_timeout_micros", s.request_timeout_micros, 1, kHourMicros},
      {"attempts_max", s.attempts_max, 0, kMillion},
      {"snapshot_bytes_max", s.snapshot_bytes_max, 0, kMany},
      {"command_bytes_max", s.command_bytes_max, 0, kMany},
      {"fault_interval_micros", s.fault_interval_micros, 1, kHourMicros},
      {"fault_duration_max_micros", s.fault_duration_max_micros, 0, kHourMicros},
  };
  for (const Range& range : ranges) {
    if (range.value >= range.low && range.value <= range.high) continue;
    return absl::InvalidArgumentError(absl::StrCat("the scenario's '", range.name, "' is ", range.value,
                                                   "; expected ", range.low, " to ", range.high));
  }
  return ValidateOptions(s.options);
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
  if (status = CheckRanges(scenario); !status.ok()) return status;
  return scenario;
}

}  // namespace lockstep::sim
