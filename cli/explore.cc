// The verb `explore`: every schedule of the core within bounds.
#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "CLI/CLI.hpp"
#include "cli/arguments.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "sim/explore/search.h"
#include "spec/refinement/refinement.h"

namespace lockstep::cli {
namespace {

namespace explore = sim::explore;

std::atomic<bool> interrupted{false};

// One line that changes on a terminal; elsewhere a line every ten seconds.
void Report(const explore::SearchProgress& progress) {
  static double next = 0;
  const bool terminal = IsTerminal(stderr);
  if (!terminal && progress.seconds < next) return;
  next = progress.seconds + 10;
  std::fprintf(
      stderr, "%s%.0f s  %s states  %s transitions (%s/s)  depth %u  %s waiting  %.2f GB   %s", terminal ? "\r" : "",
      progress.seconds, WithThousands(progress.states).c_str(), WithThousands(progress.transitions).c_str(),
      Short(static_cast<double>(progress.transitions) / progress.seconds).c_str(), progress.depth,
      WithThousands(progress.waiting).c_str(), static_cast<double>(progress.memory_bytes) / 1e9, terminal ? "" : "\n");
}

// "remove:3" "voter:4" "learner:4" "leave", joined by "+".
bool ParseTarget(const std::string& text, ConfigurationChange& change) {
  size_t begin = 0;
  change.transition = Transition::kAuto;
  while (begin <= text.size()) {
    const size_t end = std::min(text.find('+', begin), text.size());
    const std::string part = text.substr(begin, end - begin);
    begin = end + 1;
    if (part == "leave") continue;
    if (part == "joint") {
      change.transition = Transition::kJointImplicit;
      continue;
    }
    const size_t colon = part.find(':');
    if (colon == std::string::npos || colon + 2 != part.size()) return false;
    const char digit = part[colon + 1];
    if (digit < '1' || digit > '5') return false;
    MemberChange member;
    member.node.number = static_cast<uint32_t>(digit - '0');
    const std::string kind = part.substr(0, colon);
    if (kind == "voter") {
      member.kind = ChangeKind::kAddVoter;
    } else if (kind == "learner") {
      member.kind = ChangeKind::kAddLearner;
    } else if (kind == "remove") {
      member.kind = ChangeKind::kRemove;
    } else {
      return false;
    }
    change.members.push_back(member);
  }
  return true;
}

// Every step of the core must be a step of the specification.
std::optional<explore::Broken> Refines(const State& before, const Input& input, const EffectSink& effects,
                                       const State& after) {
  const std::optional<spec::Mismatch> mismatch = spec::CheckStep(before, input, effects, after);
  if (!mismatch.has_value()) return std::nullopt;
  return explore::Broken{"Refinement", spec::ToString(*mismatch)};
}

int Print(const explore::SearchResult& result) {
  const explore::SearchProgress& progress = result.progress;
  std::printf(
      "%s distinct states, %s transitions, %.1f s, %s transitions/s\n", WithThousands(progress.states).c_str(),
      WithThousands(progress.transitions).c_str(), progress.seconds,
      WithThousands(static_cast<uint64_t>(static_cast<double>(progress.transitions) / progress.seconds)).c_str());
  if (result.complete) {
    std::printf("%s distinct states with the nodes' names told apart\n", WithThousands(progress.named).c_str());
  }
  std::printf("%zu distinct processes, %zu messages, %zu steps of the core (each taken once)\n", result.processes,
              result.messages, result.outcomes);
  if (!result.states_at.empty()) std::printf("depth %zu\n", result.states_at.size() - 1);
  std::printf("%.2f GB of memory\n", static_cast<double>(progress.memory_bytes) / 1e9);
  if (result.broken.has_value()) {
    std::printf("\nBROKEN %s: %s\nafter %zu events:\n", result.broken->property.c_str(),
                result.broken->evidence.c_str(), result.schedule.size());
    for (size_t i = 0; i < result.schedule.size(); ++i) std::printf("%4zu  %s\n", i + 1, result.schedule[i].c_str());
    return 1;
  }
  if (!result.complete) {
    std::printf("\nINCOMPLETE: %s; no property broken so far\n", result.why_incomplete.c_str());
    return 3;
  }
  std::printf("\nCOMPLETE: every schedule within the bounds was tried; no property broken\n");
  return 0;
}

}  // namespace

int RunExplore(int argc, char** argv) {
  const auto is_model = [](std::string_view argument) { return argument == "--model"; };
  if (std::any_of(argv + 1, argv + argc, is_model)) return RunExploreModel(argc, argv);
  explore::Bounds bounds;
  explore::SearchOptions options;
  options.jobs = std::max(1u, std::thread::hardware_concurrency());
  std::string order = "breadth";
  double memory_gb = 4;
  std::vector<std::string> targets;
  std::vector<uint32_t> candidates;
  CLI::App app("Try every schedule of the core within bounds, and check every property at every step.",
               "lockstep explore");
  std::string config;
  std::string about = "bounds that were searched to their end; other options change them:";
  for (const explore::NamedBounds& named : explore::NamedConfigurations()) {
    about += std::string("\n") + named.name + ": " + named.about;
    for (int i = 1; i < argc; ++i) {
      if (argv[i] == std::string("--config=") + named.name) bounds = named.bounds;
    }
  }
  app.add_option("--config", config, about)->check([](const std::string& name) -> std::string {
    for (const explore::NamedBounds& named : explore::NamedConfigurations()) {
      if (name == named.name) return "";
    }
    return "there is no configuration '" + name + "' (--help lists them; write --config=NAME)";
  });
  app.add_option("--nodes", bounds.nodes, "nodes, 1 to 5")->capture_default_str();
  app.add_option("--voters", bounds.voters, "founding voters; 0: all nodes")->capture_default_str();
  app.add_option("--terms", bounds.terms, "no election beyond this term")->capture_default_str();
  app.add_option("--elections", bounds.elections, "election timeouts in all; 0: bounded by the terms alone");
  app.add_option("--entries", bounds.entries, "commands proposed")->capture_default_str();
  app.add_option("--crashes", bounds.crashes, "crashes, each losing any suffix of the unfinished writes");
  app.add_option("--write-failures", bounds.write_failures, "failing writes");
  app.add_option("--duplicates", bounds.duplicates, "deliveries after which the message comes again");
  app.add_option("--in-flight", bounds.in_flight,
                 "messages under way at once, until they arrive or are lost; 0: no bound");
  app.add_option("--unreachables", bounds.unreachables, "peers that the transport reports lost");
  app.add_option("--cancels", bounds.cancels, "requests withdrawn");
  app.add_option("--snapshot-chunks", bounds.snapshot_chunks, "parts in which a snapshot is sent")
      ->capture_default_str();
  app.add_option("--heartbeats", bounds.heartbeats, "heartbeat timeouts");
  app.add_option("--quorum-checks", bounds.quorum_checks, "quorum checks");
  app.add_option("--reads", bounds.reads, "linearizable reads");
  app.add_option("--transfers", bounds.transfers, "leadership transfers");
  app.add_option("--snapshots", bounds.snapshots, "snapshots");
  app.add_option("--changes", bounds.changes, "membership changes, each to one of the targets");
  app.add_option("--target", targets, "a change: voter:4, learner:4, remove:1, joined by +; leave; joint+…");
  app.add_flag("--reorder-completions", bounds.reorder_completions, "writes complete in any order");
  app.add_option("--leader", bounds.leader, "begin when this node leads term 1; 0: when all have started");
  app.add_flag("!--cluster-only", bounds.step_checks, "check the whole cluster alone, not each step by itself too");
  app.add_option("--candidates", candidates, "the nodes that may campaign; none: all")->delimiter(',');
  app.add_flag("!--keep-dead", bounds.drop_dead, "messages that can do nothing stay under way");
  app.add_flag("!--slow-apply", bounds.prompt_apply, "the state machine applies at any time, not at once");
  app.add_flag("!--no-pre-vote", bounds.pre_vote, "elections without pre-votes");
  app.add_flag("!--no-check-quorum", bounds.check_quorum, "leaders are not protected");
  app.add_flag("!--no-symmetry", bounds.symmetry, "tell apart states that differ by the nodes' names alone");
  app.add_option("--order", order, "breadth (shortest counterexamples) or depth")
      ->check(CLI::IsMember({"breadth", "depth"}))
      ->capture_default_str();
  app.add_option("--jobs", options.jobs, "threads")->check(CLI::Range(1, 64))->capture_default_str();
  app.add_option("--checkpoint", options.checkpoint, "breadth: keep the search here, and go on from it");
  app.add_option("--memory", memory_gb, "GB that the search may take; half of it is for the table of states seen")
      ->check(CLI::Range(0.1, 1000.0))
      ->capture_default_str();
  if (const auto status = ParseArguments(app, argc, argv)) return *status;
  for (const uint32_t node : candidates) {
    if (node >= 1 && node <= explore::kNodesMax) bounds.candidates |= 1u << (node - 1);
  }
  for (const std::string& target : targets) {
    ConfigurationChange change;
    if (!ParseTarget(target, change)) {
      std::fprintf(stderr, "explore: --target=%s: expected voter:N, learner:N, remove:N joined by +, or leave\n",
                   target.c_str());
      return 2;
    }
    bounds.targets.push_back(change);
  }
  options.order = order == "depth" ? explore::Order::kDepthFirst : explore::Order::kBreadthFirst;
  options.memory_bytes_max = static_cast<uint64_t>(memory_gb * 1e9);
  options.states_max = options.memory_bytes_max / 2 / 8 / 100 * 85;
  options.report = Report;
  options.stop = &interrupted;
  std::signal(SIGINT, [](int) { interrupted.store(true); });
  std::signal(SIGTERM, [](int) { interrupted.store(true); });
  const absl::StatusOr<explore::SearchResult> result = explore::Search(bounds, Refines, options);
  std::fprintf(stderr, "\n");
  if (!result.ok()) {
    std::fprintf(stderr, "explore: %s\n", std::string(result.status().message()).c_str());
    return 2;
  }
  return Print(*result);
}

}  // namespace lockstep::cli
