#include "sim/script/player.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "sim/script/expectation.h"
#include "sim/script/stage.h"

namespace lockstep::sim {
namespace {

bool CutsTheLineBefore(const Directive& directive) {
  return directive.verb == Verb::kCrash && directive.Has("after-effect");
}

absl::Status At(const Script& script, const Directive& directive, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(script.name, ":", directive.line, ": ", ToString(directive), ": ",
                                                  std::string(status.message())));
}

// Plays one line. Returns whether what follows may be played.
bool PlayLine(Stage& stage, const Setup& setup, const Script& script, size_t at, PlayResult& result) {
  const Directive& directive = script.directives[at];
  if (IsExpectation(directive)) {
    const absl::Status status = CheckExpectation(stage, directive);
    if (!status.ok()) result.status = At(script, directive, status);
    return status.ok();
  }
  if (CutsTheLineBefore(directive)) {
    // It happened within that line, if there was one.
    if (!result.taken.empty() && at != 0 && !stage.node(directive.nodes[0]).up()) {
      result.taken.push_back(directive);
      return true;
    }
    if (setup.lenient) return true;
    result.status = At(script, directive, absl::FailedPreconditionError("the line before has no step to end within"));
    return false;
  }
  if (at + 1 < script.directives.size() && CutsTheLineBefore(script.directives[at + 1])) {
    stage.CutNext(script.directives[at + 1]);
  }
  absl::StatusOr<Directive> done = stage.Do(directive);
  if (done.ok()) {
    result.taken.push_back(*std::move(done));
  } else if (!setup.lenient || done.status().code() != absl::StatusCode::kFailedPrecondition) {
    result.status = At(script, directive, done.status());
    return false;
  }
  return true;
}

}  // namespace

PlayResult PlayFrom(const Setup& setup, const Script& script, Observer* observer,
                    const std::function<void(const Directive&)>& before) {
  PlayResult result;
  Stage stage(setup, observer);
  for (size_t at = 0; at < script.directives.size() && !stage.violation().has_value(); ++at) {
    result.line = script.directives[at].line;
    if (before) before(script.directives[at]);
    if (!PlayLine(stage, setup, script, at, result)) break;
  }
  if (result.status.ok() && !stage.violation().has_value()) result.history = stage.CheckHistory();
  result.violation = stage.violation();
  result.steps = stage.steps();
  result.simulated_micros = stage.now();
  return result;
}

absl::StatusOr<PlayResult> Play(const Script& script, Observer* observer,
                                const std::function<void(const Directive&)>& before) {
  const absl::StatusOr<Setup> setup = SetupOf(script);
  if (!setup.ok()) return setup.status();
  return PlayFrom(*setup, script, observer, before);
}

}  // namespace lockstep::sim
