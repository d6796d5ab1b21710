#include "sim/script/setup.h"

#include <algorithm>
#include <map>
#include <optional>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/options.h"

namespace lockstep::sim {
namespace {

// Nothing takes time and nothing is left to chance.
Scenario Still() {
  Scenario scenario;
  scenario.network_delay_min_micros = scenario.network_delay_max_micros = 0;
  scenario.disk_delay_min_micros = scenario.disk_delay_max_micros = 0;
  scenario.apply_delay_max_micros = 0;
  scenario.election_timeout_micros = scenario.heartbeat_micros = 1;
  scenario.fault_duration_max_micros = 0;
  scenario.snapshot_bytes_max = 1;
  scenario.batch_ppm = 0;
  scenario.clients = scenario.keys = 0;
  return scenario;
}

absl::Status SetOption(Scenario& scenario, const std::string& name, uint64_t value) {
  bool found = false;
  std::string known;
  VisitFields(scenario, [&](const char* field_name, auto& field) {
    const std::string full = field_name;
    if (!full.starts_with("options.")) return;
    const std::string option = full.substr(std::string("options.").size());
    absl::StrAppend(&known, known.empty() ? "" : ", ", option);
    if (option != name) return;
    found = true;
    field = static_cast<std::decay_t<decltype(field)>>(value);
  });
  if (!found) return absl::InvalidArgumentError(absl::StrCat("no option '", name, "'; expected one of: ", known));
  return ValidateOptions(scenario.options);
}

// What a node starts with, where the file says so.
struct Beginning {
  std::vector<Term> terms;
  Term term = 0;
  NodeId voted_for;
};

class Gatherer {
 public:
  absl::Status Take(const Directive& directive) {
    Scenario& scenario = setup_.scenario;
    switch (directive.verb) {
      case Verb::kNodes:
        scenario.servers = static_cast<uint32_t>(directive.number);
        return absl::OkStatus();
      case Verb::kFounders:
        founders_ = static_cast<uint32_t>(directive.number);
        return absl::OkStatus();
      case Verb::kLearners:
        scenario.founding_learners = static_cast<uint32_t>(directive.number);
        return absl::OkStatus();
      case Verb::kOption:
        return SetOption(scenario, directive.word, directive.number);
      case Verb::kSnapshotBytes:
        scenario.snapshot_bytes_max = static_cast<uint32_t>(directive.number);
        // Few enough would be taken for a choice between a few.
        if (directive.number == 1 || (directive.number >= 100 && directive.number <= 1'000'000))
          return absl::OkStatus();
        return absl::InvalidArgumentError("a snapshot of that size; expected 1, or 100 to 1,000,000 bytes");
      case Verb::kLenient:
        setup_.lenient = true;
        return absl::OkStatus();
      default:
        return TakeBeginning(directive);
    }
  }

  absl::StatusOr<Setup> Finish() {
    Scenario& scenario = setup_.scenario;
    scenario.founders = founders_.value_or(scenario.servers);
    if (scenario.founders < 1 || scenario.founders > scenario.servers ||
        scenario.founding_learners >= scenario.founders) {
      return absl::InvalidArgumentError(absl::StrCat(scenario.founders, " founders, ", scenario.founding_learners,
                                                     " of them learners, of ", scenario.servers,
                                                     " nodes; expected a voter among the founders"));
    }
    Configuration founding;
    for (uint32_t n = 1; n <= scenario.founders; ++n) {
      const bool learner = n > scenario.founders - scenario.founding_learners;
      (learner ? founding.learners : founding.voters).insert({n, 0});
    }
    for (uint32_t n = 1; n <= scenario.servers; ++n) {
      setup_.disks.push_back(n <= scenario.founders ? Founding(founding) : DurableState());
      if (const auto begins = beginnings_.find(n); begins != beginnings_.end()) Begin(begins->second);
    }
    return setup_;
  }

  // The keys that are written and read, and how many writes there are: each client has one.
  void Count(const Directive& directive) {
    if (directive.verb == Verb::kRead) AddKey(directive.word);
    if (directive.verb == Verb::kRead) ++setup_.scenario.clients;
    for (const auto& [key, value] : directive.assignments) AddKey(key);
    setup_.scenario.clients += static_cast<uint32_t>(directive.assignments.size());
    setup_.scenario.keys = static_cast<uint32_t>(setup_.keys.size());
  }

 private:
  void AddKey(const std::string& key) {
    if (std::find(setup_.keys.begin(), setup_.keys.end(), key) == setup_.keys.end()) setup_.keys.push_back(key);
  }

  absl::Status TakeBeginning(const Directive& directive) {
    Beginning& beginning = beginnings_[directive.nodes[0]];
    if (directive.verb == Verb::kTerm) {
      beginning.term = directive.number;
    } else if (directive.verb == Verb::kVote) {
      const absl::StatusOr<NodeId> voted_for = ParseNodeId(directive.word);
      if (!voted_for.ok()) return voted_for.status();
      beginning.voted_for = *voted_for;
    } else {
      for (const std::string& word : directive.words) {
        uint64_t term = 0;
        if (!absl::SimpleAtoi(word, &term) || term == 0 ||
            (!beginning.terms.empty() && term < beginning.terms.back())) {
          return absl::InvalidArgumentError(
              absl::StrCat("'", word, "' found where a term not below the last one is expected"));
        }
        beginning.terms.push_back(term);
      }
    }
    return absl::OkStatus();
  }

  void Begin(const Beginning& beginning) {
    DurableState& disk = setup_.disks.back();
    for (Term term : beginning.terms) disk.log.Append({term, 0, EntryKind::kNoOp});
    disk.term = std::max(beginning.term, disk.log.last_term());
    disk.voted_for = beginning.voted_for;
  }

  Setup setup_{Still(), {}, {}, false};
  std::optional<uint32_t> founders_;
  std::map<uint32_t, Beginning> beginnings_;
};

}  // namespace

absl::StatusOr<Setup> SetupOf(const Script& script) {
  Gatherer gatherer;
  const auto at = [&](const Directive& directive, const absl::Status& status) {
    return absl::Status(status.code(),
                        absl::StrCat(script.name, ":", directive.line, ": ", std::string(status.message())));
  };
  for (const Directive& directive : script.setup) {
    if (const absl::Status status = gatherer.Take(directive); !status.ok()) return at(directive, status);
  }
  for (const Directive& directive : script.directives) gatherer.Count(directive);
  absl::StatusOr<Setup> setup = gatherer.Finish();
  if (!setup.ok()) return at(script.setup.front(), setup.status());
  return setup;
}

}  // namespace lockstep::sim
