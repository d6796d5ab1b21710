#include "cli/campaign_report.h"

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "core/effect.h"
#include "core/types.h"
#include "sim/services/goals.h"
#include "spec/properties/goals.h"

namespace lockstep::cli {
namespace {

// "22 h 13 min", "4 min 5 s", "12.3 s".
std::string LongTime(double seconds) {
  const auto whole = static_cast<uint64_t>(seconds);
  if (whole >= 3600) return absl::StrCat(WithThousands(whole / 3600), " h ", whole / 60 % 60, " min");
  if (whole >= 60) return absl::StrCat(whole / 60, " min ", whole % 60, " s");
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", seconds);
  return text;
}

std::string SeedsWord(uint64_t seeds) { return WithThousands(seeds) + (seeds == 1 ? " seed" : " seeds"); }

// The first few of `names`, and how many more.
std::string Listed(const std::vector<std::string>& names) {
  constexpr size_t kNamesMax = 6;
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kNamesMax); ++i) absl::StrAppend(&text, i > 0 ? ", " : "", names[i]);
  if (names.size() > kNamesMax) absl::StrAppend(&text, " and ", names.size() - kNamesMax, " more");
  return text;
}

// The services of the key-value store withdraw no request, and read by ReadIndex alone: a lease of the leader is for
// hosts that trust their clocks.
bool IsNeverAsked(sim::Stack stack, std::string_view row) {
  return stack == sim::Stack::kService && (row == "Cancel" || row == "LeaseReadServed" || row == "LeaseReadRefused");
}

}  // namespace

std::vector<CoverageSection> CoverageOf(const sim::Counters& times, const sim::Counters& seeds,
                                        const std::vector<sim::Fault>& faults, sim::Stack stack) {
  std::vector<CoverageSection> sections = {
      {"actions", {}}, {"effects", {}}, {"faults", {}}, {"transitions", {}}, {"goals", {}}};
  for (size_t i = 0; i < sim::kActionCount; ++i) {
    if (IsNeverAsked(stack, sim::ActionNameAt(i))) continue;
    sections[0].rows.push_back({sim::ActionNameAt(i), times.actions[i], seeds.actions[i]});
  }
  for (size_t i = 0; i < sim::kEffectCount; ++i) {
    const bool halts = i == Effect(effect::Halt{}).index();
    sections[1].rows.push_back({sim::EffectNameAt(i), times.effects[i], seeds.effects[i], halts});
  }
  for (const sim::Fault fault : faults) {
    sections[2].rows.push_back({ToString(fault), times.faults[fault], seeds.faults[fault]});
  }
  for (size_t i = 0; i < sim::kTransitionCount; ++i) {
    sections[3].rows.push_back({ToString(static_cast<sim::Transition>(i)), times.transitions[i], seeds.transitions[i]});
  }
  for (size_t i = 0; i < spec::kGoalCount; ++i) {
    const auto at = [i](const std::vector<uint64_t>& counts) { return i < counts.size() ? counts[i] : 0; };
    const auto goal = static_cast<spec::Goal>(i);
    if (IsNeverAsked(stack, Name(goal))) continue;
    // A write-ahead log confirms its writes in the order in which they were asked for.
    const bool never =
        goal == spec::Goal::kHalted || (goal == spec::Goal::kCompletionOutOfOrder && stack != sim::Stack::kCore);
    sections[4].rows.push_back({Name(goal), at(times.goals), at(seeds.goals), never});
  }
  if (stack != sim::Stack::kService) return sections;
  sections.push_back({"services", {}});
  for (size_t i = 0; i < sim::kServiceGoalCount; ++i) {
    const auto at = [i](const std::vector<uint64_t>& counts) { return i < counts.size() ? counts[i] : 0; };
    sections[5].rows.push_back({ToString(static_cast<sim::ServiceGoal>(i)), at(times.service), at(seeds.service)});
  }
  return sections;
}

std::string TotalsLine(const CampaignSize& size, const sim::Counters& times) {
  uint64_t faults = 0;
  for (const sim::FaultRow& row : sim::FaultTable()) faults += times.faults[row.fault];
  const double seconds = std::max(size.seconds, 1e-3);
  return absl::StrCat(SeedsWord(size.seeds), ", ", WithThousands(size.steps), " steps, ", WithThousands(faults),
                      " faults, ", WithThousands(times.operations_invoked), " client operations (",
                      WithThousands(times.operations_ok), " ok, ", WithThousands(times.operations_failed), " failed, ",
                      WithThousands(times.operations_unknown), " unknown)\n", LongTime(size.simulated_seconds),
                      " simulated in ", LongTime(size.seconds), ": ", Short(static_cast<double>(size.steps) / seconds),
                      " steps/s, ", Short(size.simulated_seconds / seconds), " simulated seconds per second");
}

std::string PassVerdict(const CampaignSize& size, const std::vector<std::string>& never, const Palette& palette) {
  const std::string interrupted = size.interrupted ? "interrupted; " : "";
  if (size.seeds == 0) {
    return absl::StrCat(palette.yellow, "NOTHING CHECKED", palette.reset, ": ", interrupted, "no run has ended");
  }
  const std::string passed = absl::StrCat("no violation in ", SeedsWord(size.seeds));
  if (never.empty()) {
    return absl::StrCat(palette.green, "PASSED", palette.reset, ": ", interrupted, passed,
                        "; every action, effect, fault, transition and goal was exercised");
  }
  return absl::StrCat(palette.yellow, "PASSED, INCOMPLETE", palette.reset, ": ", interrupted, passed, ", but ",
                      never.size(), never.size() == 1 ? " row was" : " rows were", " never exercised: ", Listed(never));
}

std::string FailureReport(uint64_t seed, const sim::Violation& violation, const std::vector<std::string>& last_lines,
                          const Palette& palette) {
  char time[32];
  std::snprintf(time, sizeof time, "%.3f", static_cast<double>(violation.time_micros) / 1000);
  std::string report =
      absl::StrCat(palette.red, palette.bold, "FAILED", palette.reset, ": ", violation.property,
                   " does not hold, seed ", seed, ", step ", violation.step, ", ",
                   violation.node == kNoNode ? "cluster" : "node " + ToString(violation.node), ", at ", time, " ms\n");
  absl::StrAppend(&report, "  ", absl::StrReplaceAll(violation.evidence, {{"\n", "\n  "}}), "\n");
  if (!last_lines.empty()) report += "\nThe last happenings:\n";
  for (const std::string& line : last_lines) absl::StrAppend(&report, line, "\n");
  return report;
}

std::string ShellWord(const std::string& path) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,+@%";
  if (!path.empty() && path.find_first_not_of(kPlain) == std::string::npos) return path;
  return absl::StrCat("'", absl::StrReplaceAll(path, {{"'", "'\\''"}}), "'");
}

}  // namespace lockstep::cli
