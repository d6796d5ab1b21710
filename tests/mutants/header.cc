#include "tests/mutants/header.h"

#include <optional>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace lockstep::mutants {
namespace {

absl::StatusOr<Expectation> ParseExpectation(const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, ", ");
  Expectation expectation;
  if (parts.size() != 3 || parts[1].empty() || !absl::SimpleAtoi(parts[2], &expectation.budget) ||
      expectation.budget == 0) {
    return absl::InvalidArgumentError(absl::StrCat("'", text, "': expected LAYER, PROPERTY|PROPERTY, BUDGET"));
  }
  const std::optional<Layer> layer = LayerNamed(parts[0]);
  if (!layer.has_value()) return absl::InvalidArgumentError(absl::StrCat("no layer '", parts[0], "'"));
  expectation.layer = *layer;
  expectation.properties = absl::StrSplit(parts[1], '|');
  return expectation;
}

absl::Status ParseLine(absl::string_view line, Header& header) {
  if (absl::ConsumePrefix(&line, "id: ")) {
    header.id = std::string(line);
  } else if (absl::ConsumePrefix(&line, "plants: ")) {
    header.plants = std::string(line);
  } else if (absl::ConsumePrefix(&line, "missed: ")) {
    header.missed = std::string(line);
  } else if (absl::ConsumePrefix(&line, "caught by: ")) {
    absl::StatusOr<Expectation> expectation = ParseExpectation(std::string(line));
    if (!expectation.ok()) return expectation.status();
    header.expectations.push_back(*std::move(expectation));
  } else {
    return absl::InvalidArgumentError(
        absl::StrCat("'", std::string(line), "': expected id, plants, caught by or missed"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Header> ParseHeader(const std::string& patch) {
  Header header;
  bool in_head = true;
  for (absl::string_view line : absl::StrSplit(patch, '\n')) {
    if (absl::StartsWith(line, "--- ")) in_head = false;
    if (absl::StartsWith(line, "+++ b/core/")) header.runs = Layer::kSimulation;
    if (absl::StartsWith(line, "+++ b/kvsm/") || absl::StartsWith(line, "+++ b/runtime/service/")) {
      header.runs = Layer::kService;
    }
    if (!in_head) continue;
    if (const absl::Status status = ParseLine(line, header); !status.ok()) return status;
  }
  if (header.id.empty() || header.plants.empty()) {
    return absl::InvalidArgumentError("a patch begins with the lines 'id: ' and 'plants: '");
  }
  if (header.expectations.empty() == header.missed.empty()) {
    return absl::InvalidArgumentError("a patch says what catches it, or why nothing does");
  }
  return header;
}

}  // namespace lockstep::mutants
