#include "sim/shrink/lines.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>
#include <vector>

#include "sim/script/player.h"
#include "sim/script/setup.h"
#include "sim/shrink/parallel.h"

namespace lockstep::sim {
namespace {

bool WorksByItself(const Directive& directive) {
  switch (directive.verb) {
    case Verb::kWrite:
    case Verb::kApply:
    case Verb::kSave:
    case Verb::kStore:
    case Verb::kInstall:
    case Verb::kLoad:
    case Verb::kLookUp:
      return true;
    default:
      return false;
  }
}

bool Concerns(const Directive& directive, uint32_t node) {
  return std::find(directive.nodes.begin(), directive.nodes.end(), node) != directive.nodes.end() ||
         std::find(directive.words.begin(), directive.words.end(), std::to_string(node)) != directive.words.end();
}

// The file without its last lines' servers above `servers`, in numbers that go on without `gone`.
void Renumber(Directive& directive, uint32_t gone) {
  const auto renumber = [gone](uint32_t node) { return node > gone ? node - 1 : node; };
  for (uint32_t& node : directive.nodes) node = renumber(node);
  for (std::string& word : directive.words) {
    const absl::StatusOr<NodeId> id = ParseNodeId(word);
    if (!id.ok()) continue;
    word = ToString(NodeId{renumber(id->number), id->incarnation});
  }
  if (directive.like == nullptr) return;
  Message like = *directive.like;
  like.source.number = renumber(like.source.number);
  like.dest.number = renumber(like.dest.number);
  directive.like = std::make_shared<const Message>(std::move(like));
}

class LineShrinker {
 public:
  LineShrinker(std::string property, const ShrinkOptions& options)
      : property_(std::move(property)), options_(options) {}

  std::optional<ShrunkLines> Shrink(const Script& script) {
    if (!Adopt(script) && !Adopt(WithSmallSnapshots(script))) return std::nullopt;
    before_ = best_.directives.size();
    Tell();
    // Whole parts make the most difference while there is the most to leave out, and again in the end.
    for (size_t before = SIZE_MAX; size() < before && !options_.Over();) {
      before = size();
      TryParts();
      TakeLinesAway();
    }
    SimplifyLines();
    return Finish();
  }

 private:
  // A file has one size for all snapshots; where that asks for more chunks than the run sent, one chunk may do.
  static Script WithSmallSnapshots(Script script) {
    std::erase_if(script.setup, [](const Directive& directive) { return directive.verb == Verb::kSnapshotBytes; });
    return script;
  }

  size_t size() const { return best_.directives.size() + best_.setup.size(); }

  // The violation that `script` ends in, if it is the wanted one; then `taken` is what happened.
  bool Fails(const Script& script, std::vector<Directive>* taken) {
    ++runs_;
    const absl::StatusOr<Setup> setup = SetupOf(script);
    if (!setup.ok()) return false;
    PlayResult result = PlayFrom(*setup, script, nullptr);
    if (!result.violation.has_value() || result.violation->property != property_) return false;
    if (taken != nullptr) *taken = std::move(result.taken);
    return true;
  }

  // Takes `script` as the best, less what does not happen in it, if it fails.
  bool Adopt(Script script) {
    std::vector<Directive> taken;
    if (!Fails(script, &taken)) return false;
    script.directives = std::move(taken);
    best_ = std::move(script);
    return true;
  }

  // Tries all of them at the same time and takes the first that fails.
  bool AdoptAny(const std::vector<Script>& scripts) {
    if (options_.Over()) return false;
    const std::optional<size_t> found =
        FirstThat(scripts.size(), options_.jobs, [&](size_t i) { return Fails(scripts[i], nullptr); });
    if (!found.has_value()) return false;
    return Adopt(scripts[*found]);
  }

  void Tell() {
    if (options_.progress) options_.progress({"lines", best_.directives.size(), before_, runs_});
  }

  // ---- Parts ----
  void TryParts() {
    if (Script script = best_; LetDisksWork(script, 0)) AdoptAny({std::move(script)});
    for (uint32_t node = 1; node <= 7; ++node) {
      if (Script script = best_; LetDisksWork(script, node)) AdoptAny({std::move(script)});
    }
    TryOptions();
    while (TryWithoutNode()) Tell();
    Tell();
  }

  // Disks (of `node`; 0: all) work by themselves. False if they do already.
  static bool LetDisksWork(Script& script, uint32_t node) {
    const size_t before = script.directives.size();
    std::erase_if(script.directives, [node](const Directive& directive) {
      if (node == 0) return WorksByItself(directive) || directive.verb == Verb::kDisk;
      return WorksByItself(directive) && directive.nodes[0] == node;
    });
    if (script.directives.size() == before) return false;
    if (node == 0) return true;
    Directive disk;
    disk.verb = Verb::kDisk;
    disk.word = "auto";
    disk.nodes = {node};
    script.directives.insert(script.directives.begin() + 1, disk);
    return script.directives.front().verb == Verb::kDisk;
  }

  void TryOptions() {
    for (size_t i = best_.setup.size(); i-- > 0;) {
      if (best_.setup[i].verb == Verb::kNodes || best_.setup[i].verb == Verb::kLenient) continue;
      Script script = best_;
      script.setup.erase(script.setup.begin() + static_cast<ptrdiff_t>(i));
      AdoptAny({std::move(script)});
    }
    // Without these an election takes fewer messages.
    for (const char* name : {"pre_vote", "check_quorum"}) {
      const bool said = std::any_of(best_.setup.begin(), best_.setup.end(),
                                    [name](const Directive& directive) { return directive.word == name; });
      if (said) continue;
      Script script = best_;
      Directive option;
      option.verb = Verb::kOption;
      option.word = name;
      script.setup.insert(script.setup.end() - 1, option);
      AdoptAny({std::move(script)});
    }
  }

  bool TryWithoutNode() {
    std::vector<Script> scripts;
    const auto nodes = static_cast<uint32_t>(best_.setup.front().number);
    for (uint32_t gone = nodes; gone >= 1 && nodes > 1; --gone) {
      Script script = best_;
      --script.setup.front().number;
      bool possible = true;
      for (Directive& directive : script.setup) {
        // Who begins with something of its own stays; of the founders one goes.
        if (directive.verb == Verb::kFounders && gone <= directive.number) --directive.number;
        possible = possible && directive.nodes.empty();
      }
      std::erase_if(script.directives, [gone](const Directive& directive) { return Concerns(directive, gone); });
      for (Directive& directive : script.directives) Renumber(directive, gone);
      if (possible) scripts.push_back(std::move(script));
    }
    return AdoptAny(scripts);
  }

  // ---- Lines ----
  void TakeLinesAway() {
    for (size_t piece = std::max<size_t>(1, best_.directives.size() / 2); !options_.Over();) {
      const bool shorter = Sweep(piece);
      Tell();
      if (piece == 1 && !shorter) return;
      piece = std::max<size_t>(1, std::min(piece / 2, best_.directives.size() / 2));
    }
  }

  // Leaves out pieces of that size, from the end on: what came last depends on what came first.
  bool Sweep(size_t piece) {
    bool shorter = false;
    size_t end = best_.directives.size();
    while (end > 0 && !options_.Over()) {
      std::vector<Script> scripts;
      std::vector<size_t> begins;
      size_t at = end;
      for (size_t job = 0; job < options_.jobs && at > 0; ++job) {
        const size_t begin = at > piece ? at - piece : 0;
        Script script = best_;
        script.directives.erase(script.directives.begin() + static_cast<ptrdiff_t>(begin),
                                script.directives.begin() + static_cast<ptrdiff_t>(at));
        scripts.push_back(std::move(script));
        begins.push_back(begin);
        at = begin;
      }
      const std::optional<size_t> found =
          FirstThat(scripts.size(), options_.jobs, [&](size_t i) { return Fails(scripts[i], nullptr); });
      if (found.has_value() && Adopt(scripts[*found])) {
        shorter = true;
        end = std::min(begins[*found], best_.directives.size());
        if (runs_ % 64 < options_.jobs) Tell();
      } else {
        end = at;
      }
    }
    return shorter;
  }

  // Settings of single lines that make no difference.
  void SimplifyLines() {
    for (size_t i = 0; i < best_.directives.size(); ++i) {
      const std::vector<std::string> names = [&] {
        std::vector<std::string> all;
        for (const auto& [name, value] : best_.directives[i].settings) all.push_back(name);
        return all;
      }();
      for (const std::string& name : names) {
        if (name == "as" || options_.Over()) continue;
        Script script = best_;
        if (i >= script.directives.size()) break;
        script.directives[i].settings.erase(name);
        AdoptAny({std::move(script)});
      }
      if (i < best_.directives.size() && best_.directives[i].assignments.size() > 1) {
        Script script = best_;
        script.directives[i].assignments.resize(1);
        AdoptAny({std::move(script)});
      }
    }
    Tell();
  }

  // Read again from its text, without what only the shrinker knows, it must still fail: strictly, or else leniently.
  std::optional<ShrunkLines> Finish() {
    Script plain = best_;
    for (Directive& directive : plain.directives) directive.like.reset();
    const auto lenient = [](const Directive& directive) { return directive.verb == Verb::kLenient; };
    Script strict = plain;
    std::erase_if(strict.setup, lenient);
    for (Script* script : {&strict, &plain}) {
      const absl::StatusOr<Script> read = ParseScript(ToString(*script), "shrunk");
      if (!read.ok()) continue;
      const absl::StatusOr<PlayResult> result = Play(*read, nullptr);
      if (!result.ok() || !result->violation.has_value() || result->violation->property != property_) continue;
      return ShrunkLines{std::move(*script), *result->violation, result->steps, runs_};
    }
    return std::nullopt;
  }

  const std::string property_;
  const ShrinkOptions& options_;
  Script best_;
  size_t before_ = 0;
  std::atomic<uint64_t> runs_{0};
};

}  // namespace

std::optional<ShrunkLines> ShrinkLines(const Script& script, const std::string& property,
                                       const ShrinkOptions& options) {
  return LineShrinker(property, options).Shrink(script);
}

}  // namespace lockstep::sim
