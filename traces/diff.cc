#include "traces/diff.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nlohmann/json.hpp"
#include "traces/json.h"
#include "traces/text.h"

namespace lockstep::traces {
namespace {

using Json = nlohmann::ordered_json;

bool IsHappening(const proto::Record& record) { return !record.has_header() && !record.has_choices(); }

// What is compared of a record. The end's count of records includes those of choices.
proto::Record Compared(const proto::Record& record) {
  proto::Record compared = record;
  if (compared.has_end()) compared.mutable_end()->clear_records();
  return compared;
}

// "/step/state/commitIndex" as "step.state.commitIndex".
std::string Dotted(std::string path) {
  if (!path.empty()) path.erase(0, 1);
  std::replace(path.begin(), path.end(), '/', '.');
  return path;
}

}  // namespace

bool Same(const proto::Record& a, const proto::Record& b) {
  return Compared(a).SerializeAsString() == Compared(b).SerializeAsString();
}

std::string DifferencesInWords(const proto::Record& a, const proto::Record& b) {
  constexpr size_t kDifferencesMax = 4;
  const Json fields_a = Json::parse(ToJson(Compared(a))).flatten();
  const Json fields_b = Json::parse(ToJson(Compared(b))).flatten();
  std::vector<std::string> differences;
  size_t more = 0;
  const auto add = [&](const std::string& path, const std::string& in_a, const std::string& in_b) {
    if (differences.size() == kDifferencesMax) {
      ++more;
    } else {
      differences.push_back(absl::StrCat(Dotted(path), ": ", in_a, " and ", in_b));
    }
  };
  for (const auto& [path, value] : fields_a.items()) {
    const auto other = fields_b.find(path);
    if (other == fields_b.end()) {
      add(path, value.dump(), "absent");
    } else if (*other != value) {
      add(path, value.dump(), other->dump());
    }
  }
  for (const auto& [path, value] : fields_b.items()) {
    if (!fields_a.contains(path)) add(path, "absent", value.dump());
  }
  std::string words = absl::StrJoin(differences, "; ");
  if (more > 0) absl::StrAppend(&words, "; and ", more, " more");
  return words;
}

absl::Status Comparison::Take(const proto::Record& happening) {
  if (divergence_) return absl::OkStatus();
  const absl::StatusOr<std::optional<proto::Record>> recorded = NextRecorded();
  if (!recorded.ok()) return recorded.status();
  ++happenings_;
  if (!*recorded) {
    divergence_ = {happenings_, step_,
                   absl::StrCat("the first has ended, the second goes on with\n  ", Line(happening))};
  } else if (!Same(**recorded, happening)) {
    divergence_ = {happenings_, step_,
                   absl::StrCat("the first has\n  ", Line(**recorded), "\nthe second has\n  ", Line(happening),
                                "\nfirst and second differ in ", DifferencesInWords(**recorded, happening))};
  } else if (happening.has_step()) {
    step_ = happening.step().step();
  }
  return absl::OkStatus();
}

absl::Status Comparison::Finish() {
  if (divergence_) return absl::OkStatus();
  const absl::StatusOr<std::optional<proto::Record>> recorded = NextRecorded();
  if (!recorded.ok()) return recorded.status();
  if (*recorded) {
    divergence_ = {happenings_ + 1, step_,
                   absl::StrCat("the second has ended, the first goes on with\n  ", Line(**recorded))};
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<proto::Record>> Comparison::NextRecorded() {
  proto::Record record;
  while (true) {
    const absl::StatusOr<bool> more = recorded_.Next(&record);
    if (!more.ok()) return more.status();
    if (!*more) return std::nullopt;
    if (IsHappening(record)) return record;
  }
}

absl::StatusOr<std::optional<Divergence>> FirstDivergence(Reader& a, Reader& b) {
  Comparison comparison(a);
  proto::Record record;
  while (!comparison.divergence()) {
    const absl::StatusOr<bool> more = b.Next(&record);
    if (!more.ok()) return more.status();
    if (!*more) break;
    if (!IsHappening(record)) continue;
    if (absl::Status status = comparison.Take(record); !status.ok()) return status;
  }
  if (absl::Status status = comparison.Finish(); !status.ok()) return status;
  return comparison.divergence();
}

}  // namespace lockstep::traces
