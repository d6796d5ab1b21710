// Hunts the bug that a patch planted in the code that this program is linked with.
//
//     hunt PATCH               each "caught by" line of the patch must come true: the test of one mutant
//     hunt --matrix PATCH      every layer with its full budget: one row of the zoo's table
//     hunt --matrix --from=SEED PATCH     the same with other seeds
//
// Exit status: 0 if all is as the patch says, 1 if not, 2 for a patch that cannot be read.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "tests/mutants/header.h"
#include "tests/mutants/layers.h"

namespace lockstep::mutants {
namespace {

using Count = unsigned long long;

constexpr double kVerifySecondsMax = 120;

// For the table: what the layers may spend together on one bug, seconds of one core. The whole zoo's time is bounded by
// it (README.md).
constexpr double kCoreSecondsMax = 36;
constexpr double kOtherSecondsMax = 45;

// What a layer may spend of it, and what those before leave for it in any case.
struct Allowance {
  uint64_t budget = 0;
  double seconds_max = 0;
  double reserved = 0;
};
Allowance AllowanceOf(Layer layer, const Header& header) {
  const bool core = header.runs == Layer::kSimulation;
  // Of the bare core there is nothing to see for who changes only what is around it.
  const bool applies = core ? layer != Layer::kService : layer == header.runs;
  if (!applies) return {};
  switch (layer) {
    case Layer::kInvariant:  // Rides with the others.
      return {};
    case Layer::kSimulation:
    case Layer::kRefinement:
      return {1500, 12, 4};
    case Layer::kHistory:
    case Layer::kLiveness:
      return {800, 10, 3};
    case Layer::kFullStack:
      return core ? Allowance{500, 12, 6} : Allowance{2500, kOtherSecondsMax, 0};
    case Layer::kService:
      return {1500, kOtherSecondsMax, 0};
    case Layer::kExplorer:
      return {3'000'000, 20, 8};
  }
  return {};
}

bool Holds(const Expectation& expected, const Catch& caught) {
  const auto& properties = expected.properties;
  return caught.spent <= expected.budget &&
         std::find(properties.begin(), properties.end(), caught.property) != properties.end();
}

Catch Verify(const Header& header, const Expectation& expected) {
  return Pursue({.layer = expected.layer,
                 .budget = expected.budget,
                 .seconds_max = kVerifySecondsMax,
                 .runs = header.runs,
                 .properties = expected.properties});
}

int Verify(const Header& header) {
  std::printf("%s: %s\n", header.id.c_str(), header.plants.c_str());
  if (header.expectations.empty()) std::printf("caught by nothing: %s\n", header.missed.c_str());
  int status = 0;
  for (const Expectation& expected : header.expectations) {
    const Catch caught = Verify(header, expected);
    const std::string wanted = absl::StrJoin(expected.properties, "|");
    if (Holds(expected, caught)) {
      std::printf("caught by %s, %s, after %llu of %llu in %.1f s: %s\n", ToString(expected.layer),
                  caught.property.c_str(), static_cast<Count>(caught.spent), static_cast<Count>(expected.budget),
                  caught.seconds, caught.evidence.c_str());
      continue;
    }
    status = 1;
    std::printf("NOT CAUGHT by %s, %s, in %llu of %llu%s%s%s\n", ToString(expected.layer), wanted.c_str(),
                static_cast<Count>(caught.spent), static_cast<Count>(expected.budget),
                caught.out_of_time ? ", out of time" : "",
                caught.others.empty() ? "" : "; only something else was: ", absl::StrJoin(caught.others, ", ").c_str());
  }
  return status;
}

std::string Cell(const std::string& property, uint64_t spent, double seconds, const std::string& others = "") {
  char numbers[64];
  std::snprintf(numbers, sizeof(numbers), "\t%llu\t%.2f\t", static_cast<Count>(spent), seconds);
  return "\t" + property + numbers + others;
}

// id, plants, whether all is as the patch says, then property, spent, seconds and what else was seen of each layer,
// separated by tabs. The code's own checks are on in each layer: theirs is the first seed that ended a process.
int PrintRow(const Header& header, uint64_t first_seed) {
  std::string cells;
  bool as_said = true;
  Catch first;
  double left = header.runs == Layer::kSimulation ? kCoreSecondsMax : kOtherSecondsMax;
  for (Layer layer : kLayers) left -= AllowanceOf(layer, header).reserved;
  for (Layer layer : kLayers) {
    if (layer == Layer::kInvariant) continue;
    const Allowance allowance = AllowanceOf(layer, header);
    if (allowance.budget == 0) {
      cells += Cell("n/a", 0, 0);
      continue;
    }
    left += allowance.reserved;
    const Catch caught = Pursue({.layer = layer,
                                 .budget = allowance.budget,
                                 .first_seed = first_seed,
                                 .seconds_max = std::min(allowance.seconds_max, left)});
    left -= caught.seconds;
    as_said = as_said && (header.missed.empty() || caught.property.empty());
    for (const Expectation& expected : header.expectations) {
      if (expected.layer != layer || Holds(expected, caught)) continue;
      as_said = as_said && Holds(expected, Verify(header, expected));
    }
    // Whole nodes have other runs than bare cores.
    const bool same_runs = layer != Layer::kFullStack || header.runs == Layer::kFullStack;
    const bool earlier = first.ended_by.empty() || caught.ended_at < first.ended_at;
    if (same_runs && !caught.ended_by.empty() && earlier) first = caught;
    cells += Cell(caught.property, caught.spent, caught.seconds, absl::StrJoin(caught.others, ", "));
  }
  for (const Expectation& expected : header.expectations) {
    if (expected.layer != Layer::kInvariant) continue;
    const bool seen = expected.properties[0] == first.ended_by && first.ended_at <= expected.budget;
    as_said = as_said && (seen || Holds(expected, Verify(header, expected)));
  }
  std::printf("%s\t%s\t%s%s%s\n", header.id.c_str(), header.plants.c_str(), as_said ? "yes" : "no",
              Cell(first.ended_by, first.ended_at, 0).c_str(), cells.c_str());
  return as_said ? 0 : 1;
}

int Main(const std::vector<std::string>& arguments) {
  bool matrix = false;
  uint64_t first_seed = 1;
  std::string path;
  for (absl::string_view argument : arguments) {
    if (argument == "--matrix") {
      matrix = true;
    } else if (absl::ConsumePrefix(&argument, "--from=")) {
      if (!absl::SimpleAtoi(argument, &first_seed)) first_seed = 0;
    } else {
      path = std::string(argument);
    }
  }
  std::ifstream file(path);
  if (!file || first_seed == 0) {
    std::fprintf(stderr, "usage: hunt [--matrix [--from=SEED]] PATCH\n");
    return 2;
  }
  const std::string patch{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const absl::StatusOr<Header> header = ParseHeader(patch);
  if (!header.ok()) {
    std::fprintf(stderr, "%s: %s\n", path.c_str(), std::string(header.status().message()).c_str());
    return 2;
  }
  return matrix ? PrintRow(*header, first_seed) : Verify(*header);
}

}  // namespace
}  // namespace lockstep::mutants

int main(int argc, char** argv) { return lockstep::mutants::Main({argv + 1, argv + argc}); }
