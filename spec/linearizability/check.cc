#include "spec/linearizability/check.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "spec/linearizability/access.h"
#include "spec/linearizability/conflict.h"
#include "spec/linearizability/frontier.h"
#include "spec/linearizability/model.h"
#include "spec/linearizability/partition.h"
#include "spec/linearizability/search.h"
#include "spec/linearizability/state_frontier.h"
#include "spec/linearizability/validate.h"
#include "spec/linearizability/zones.h"

namespace lockstep::linearizability {
namespace {

class Checker {
 public:
  Checker(const History& history, const CheckOptions& options)
      : history_(history),
        options_(options),
        semantics_(options.semantics),
        meter_(options.budget),
        partition_(history, options.semantics) {}

  absl::StatusOr<CheckResult> Run() {
    result_.verdict = Verdict::kLinearizable;
    result_.components = partition_.size();
    for (size_t component = 0; component < partition_.size(); ++component) {
      if (absl::Status status = CheckComponent(component); !status.ok()) return status;
      if (result_.verdict == Verdict::kNotLinearizable) break;
    }
    if (result_.verdict != Verdict::kLinearizable) result_.orders.clear();
    result_.steps = meter_.steps();
    return std::move(result_);
  }

 private:
  absl::Status CheckComponent(size_t component) {
    const std::span<const OperationId> ids = partition_.ids(component);
    std::unique_ptr<Model> model;
    if (history_.has_log_indices() || !partition_.is_register(component)) {
      auto made = MakeModel(history_, semantics_, ids);
      if (!made.ok()) return made.status();
      model = *std::move(made);
    }
    LogOrder log_order = LogOrder::kNotGiven;
    if (history_.has_log_indices()) {
      WitnessResult witness = TryLogOrder(history_, semantics_, ids, *model);
      log_order = witness.log_order;
      Note(component, &witness);
      if (log_order == LogOrder::kFollowed) {
        Accept(Stage::kWitness, std::move(witness.order));
        return absl::OkStatus();
      }
    }
    if (partition_.is_register(component)) {
      CheckRegister(ids, model);
    } else {
      CheckStates(ids, *model);
    }
    return absl::OkStatus();
  }

  // One violation anywhere is a violation; otherwise the least that every component shows.
  void Note(size_t component, WitnessResult* witness) {
    if (component == 0) {
      result_.log_order = witness->log_order;
    } else if (witness->log_order == LogOrder::kViolated) {
      if (result_.log_order == LogOrder::kViolated) return;
      result_.log_order = LogOrder::kViolated;
    } else if (result_.log_order == LogOrder::kFollowed) {
      result_.log_order = witness->log_order;
    }
    if (witness->log_order == LogOrder::kViolated) result_.log_order_evidence = std::move(witness->evidence);
  }

  void CheckRegister(std::span<const OperationId> ids, std::unique_ptr<Model>& model) {
    std::vector<Access> accesses = AccessesOf(history_, semantics_, ids);
    const Value initial = InitialOf(semantics_, history_.operation(ids[0]).key);
    DropUnread(&accesses);
    Stage stage = Stage::kZones;
    meter_.Spend(accesses.size());
    Answer answer = CheckZones(accesses, initial, options_.want_orders);
    if (answer.decision == Decision::kInapplicable) {
      stage = Stage::kFrontier;
      answer = CheckFrontier(accesses, initial, options_.want_orders, &meter_);
    }
    switch (answer.decision) {
      case Decision::kLinearizable:
        Accept(stage, std::move(answer.order));
        return;
      case Decision::kExhausted:
        GiveUp(stage, answer.event);
        return;
      case Decision::kNotLinearizable:
        accesses = AccessesOf(history_, semantics_, ids);
        Refuse(stage, answer.event,
               options_.want_minimal_conflict
                   ? ReduceRegisterConflict(accesses, initial, answer.conflict, answer.event, options_.budget)
                   : SmallConflict{std::move(answer.conflict), false});
        return;
      case Decision::kInapplicable:
        break;
    }
    if (model == nullptr) model = *MakeModel(history_, semantics_, ids);
    CheckStates(ids, *model);
  }

  // The frontier and the search take turns, in slices that double; who answers first wins.
  void CheckStates(std::span<const OperationId> ids, Model& model) {
    const std::vector<Call> calls = CallsOf(history_, semantics_, ids, model);
    const std::vector<uint32_t> alike = AlikeOptional(history_, calls);
    StateTable table(&model, &meter_);
    StateFrontier frontier(calls, alike, &table, &meter_);
    Search search(calls, alike, &table, &meter_);
    for (uint64_t slice = uint64_t{1} << 14; !meter_.exhausted(); slice *= 2) {
      if (frontier.Advance(slice)) {
        Settle(Stage::kStateFrontier, frontier.answer(), ids);
        return;
      }
      if (search.Advance(slice)) {
        Settle(Stage::kSearch, search.answer(), ids);
        return;
      }
    }
    GiveUp(Stage::kStateFrontier, frontier.answer().event);
  }

  void Settle(Stage stage, const Answer& answer, std::span<const OperationId> ids) {
    if (answer.decision == Decision::kLinearizable) {
      Accept(stage, answer.order);
      return;
    }
    SmallConflict small;
    if (options_.want_minimal_conflict) {
      small = ReduceConflict(history_, semantics_, ids, answer.event, options_.budget);
    }
    Refuse(stage, answer.event, std::move(small));
  }

  void Accept(Stage stage, Order order) {
    if (result_.verdict == Verdict::kLinearizable) result_.stage = stage;
    if (options_.want_orders) result_.orders.push_back(std::move(order));
  }

  void GiveUp(Stage stage, Position event) {
    // The first component that exhausts the budget leaves none for the others, which may still be decided without.
    if (result_.verdict == Verdict::kUnknown) return;
    result_.verdict = Verdict::kUnknown;
    result_.stage = stage;
    result_.event = event;
  }

  void Refuse(Stage stage, Position event, SmallConflict small) {
    result_.verdict = Verdict::kNotLinearizable;
    result_.stage = stage;
    result_.conflict = std::move(small.conflict);
    result_.conflict_minimal = small.minimal;
    // The conflict is complete when the last of its operations that end has ended.
    Position last = 0;
    for (const ConflictItem& item : result_.conflict) {
      const Position end = history_.operation(item.id).complete;
      const bool counts = item.part == ConflictItem::Part::kWhole && end != kNever;
      if (counts) last = std::max(last, end);
    }
    result_.event = event != kNever || result_.conflict.empty() ? event : last;
  }

  const History& history_;
  const CheckOptions& options_;
  const Semantics& semantics_;
  Meter meter_;
  Partition partition_;
  CheckResult result_;
};

}  // namespace

absl::StatusOr<CheckResult> Check(const History& history, const CheckOptions& options) {
  if (absl::Status status = Validate(history, options.semantics); !status.ok()) return status;
  return Checker(history, options).Run();
}

std::string Describe(const CheckResult& result) {
  switch (result.verdict) {
    case Verdict::kLinearizable:
      return result.log_order == LogOrder::kViolated ? "linearizable, but not in log order" : "linearizable";
    case Verdict::kNotLinearizable:
      return "not linearizable";
    case Verdict::kUnknown:
      break;
  }
  return absl::StrCat("unknown (budget, at event ", result.event, ")");
}

}  // namespace lockstep::linearizability
