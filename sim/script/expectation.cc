#include "sim/script/expectation.h"

#include <functional>
#include <map>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace lockstep::sim {
namespace {

using Words = std::vector<std::string>;

std::string Position(LogPosition position) { return absl::StrCat(position.index, ":", position.term); }

std::string Ids(const NodeSet& set) {
  std::vector<std::string> ids;
  for (NodeId id : set) ids.push_back(ToString(id));
  return absl::StrJoin(ids, " ");
}

std::string Voters(const Configuration& configuration) {
  return configuration.joint() ? absl::StrCat(Ids(configuration.voters), " | ", Ids(configuration.outgoing_voters))
                               : Ids(configuration.voters);
}

std::string Terms(const Log& log) {
  std::vector<Term> terms;
  for (Index i = log.first_index(); i <= log.last_index(); ++i) terms.push_back(log.At(i).term);
  return absl::StrJoin(terms, " ");
}

// What a node is asked, and how it answers: the words that a file would have there.
using Question = std::function<std::string(const Stage&, const Node&)>;
const std::map<std::string, Question>& Questions() {
  static const std::map<std::string, Question> kQuestions = {
      {"role", [](const Stage&, const Node& n) { return ToString(n.state().role); }},
      {"term", [](const Stage&, const Node& n) { return absl::StrCat(n.state().current_term); }},
      {"vote", [](const Stage&, const Node& n) { return ToString(n.state().voted_for); }},
      {"follows", [](const Stage&, const Node& n) { return ToString(n.state().leader); }},
      {"log", [](const Stage&, const Node& n) { return Terms(n.log()); }},
      {"base", [](const Stage&, const Node& n) { return Position(n.log().base()); }},
      {"last",
       [](const Stage&, const Node& n) { return absl::StrCat(n.log().last_index(), ":", n.log().last_term()); }},
      {"commit", [](const Stage&, const Node& n) { return absl::StrCat(n.state().commit_index); }},
      {"applied", [](const Stage&, const Node& n) { return absl::StrCat(n.store().applied()); }},
      {"durable", [](const Stage&, const Node& n) { return absl::StrCat(n.disk().durable().log.last_index()); }},
      {"snapshot",
       [](const Stage&, const Node& n) { return absl::StrCat(n.disk().durable().snapshot.last_included.index); }},
      {"members", [](const Stage&, const Node& n) { return Ids(n.state().configuration().Members()); }},
      {"voters", [](const Stage&, const Node& n) { return Voters(n.state().configuration()); }},
      {"learners", [](const Stage&, const Node& n) { return Ids(n.state().configuration().learners); }},
      {"joint", [](const Stage&, const Node& n) { return n.state().configuration().joint() ? "" : "not"; }},
      {"simple", [](const Stage&, const Node& n) { return n.state().configuration().joint() ? "not" : ""; }},
      {"down", [](const Stage&, const Node& n) { return n.up() ? "not" : ""; }},
      {"halted", [](const Stage&, const Node& n) { return n.state().halted ? "" : "not"; }},
  };
  return kQuestions;
}

absl::Status NotSo(const std::string& what, const std::string& is) {
  return absl::FailedPreconditionError(absl::StrCat(what, " is ", is.empty() ? "so, or none" : is));
}

std::optional<uint32_t> NodeOf(const Stage& stage, const Words& words) {
  uint32_t number = 0;
  if (words.empty() || !absl::SimpleAtoi(words[0], &number) || number < 1 || number > stage.servers())
    return std::nullopt;
  return number;
}

absl::Status Malformed(const std::string& expected) {
  return absl::InvalidArgumentError(absl::StrCat("expected: ", expected));
}

absl::Status CheckLeader(const Stage& stage, const Words& words) {
  const std::optional<uint32_t> number = NodeOf(stage, words);
  if (!number || words.size() > 2) return Malformed("expect leader NODE [TERM]");
  const Node& node = stage.node(*number);
  const State& state = node.state();
  if (!node.up() || state.role != Role::kLeader) {
    return NotSo(absl::StrCat("node ", *number), node.up() ? ToString(state.role) : "down");
  }
  if (words.size() == 2 && words[1] != absl::StrCat(state.current_term)) {
    return NotSo(absl::StrCat("its term"), absl::StrCat(state.current_term));
  }
  return absl::OkStatus();
}

absl::Status CheckNoLeader(const Stage& stage) {
  for (uint32_t n = 1; n <= stage.servers(); ++n) {
    if (stage.node(n).leads()) return NotSo("leader", absl::StrCat("node ", n));
  }
  return absl::OkStatus();
}

absl::Status CheckValue(const Stage& stage, const Words& words) {
  const std::optional<uint32_t> number = NodeOf(stage, words);
  if (!number || words.size() != 3) return Malformed("expect value NODE KEY VALUE");
  const std::string is = absl::StrCat(stage.Value(*number, words[1]));
  return is == words[2] ? absl::OkStatus() : NotSo(absl::StrCat(words[1], " at node ", *number), is);
}

absl::Status CheckAnswer(const Stage& stage, const Words& words) {
  if (words.size() < 2 || words.size() > 3) return Malformed("expect answer NAME ok|failed|unknown|pending [VALUE]");
  const Stage::Operation* operation = stage.FindOperation(words[0]);
  if (operation == nullptr) return absl::InvalidArgumentError(absl::StrCat("no request is called ", words[0]));
  if (words[1] != ToString(operation->answer)) return NotSo("the answer", ToString(operation->answer));
  if (words.size() == 3 && words[2] != absl::StrCat(operation->result)) {
    return NotSo("the value", absl::StrCat(operation->result));
  }
  return absl::OkStatus();
}

const char* Word(effect::OutcomeKind kind) {
  return kind == effect::OutcomeKind::kDone ? "done" : kind == effect::OutcomeKind::kRejected ? "rejected" : "unknown";
}

absl::Status CheckOutcome(const Stage& stage, const Words& words) {
  if (words.size() < 2) return Malformed("expect outcome NAME done|rejected|unknown|open [REASON ...]");
  const effect::Outcome* outcome = stage.FindOutcome(words[0]);
  if (outcome == nullptr) return words[1] == "open" ? absl::OkStatus() : NotSo("the request", "open");
  const std::string reason = absl::StrJoin(words.begin() + 2, words.end(), " ");
  if (words[1] != Word(outcome->kind) || (!reason.empty() && reason != lockstep::ToString(outcome->reason))) {
    return NotSo("the outcome", absl::StrCat(Word(outcome->kind), " ", lockstep::ToString(outcome->reason)));
  }
  return absl::OkStatus();
}

absl::Status CheckSent(const Stage& stage, const Words& words) {
  uint32_t from = 0, to = 0;
  const size_t arrow = words.empty() ? std::string::npos : words[0].find("->");
  if (words.size() < 2 || words.size() > 3 || arrow == std::string::npos ||
      !absl::SimpleAtoi(words[0].substr(0, arrow), &from) || !absl::SimpleAtoi(words[0].substr(arrow + 2), &to) ||
      from < 1 || to < 1 || from > stage.servers() || to > stage.servers()) {
    return Malformed("expect sent FROM->TO KIND [COUNT]");
  }
  const size_t count = stage.OnTheirWay(from, to, words[1]).size();
  const bool holds = words.size() == 3 ? words[2] == absl::StrCat(count) : count > 0;
  return holds ? absl::OkStatus() : NotSo("their number", absl::StrCat(count));
}

}  // namespace

absl::Status CheckExpectation(const Stage& stage, const Directive& directive) {
  const std::string& what = directive.word;
  const Words& words = directive.words;
  if (what == "leader") return CheckLeader(stage, words);
  if (what == "no-leader") return CheckNoLeader(stage);
  if (what == "value") return CheckValue(stage, words);
  if (what == "answer") return CheckAnswer(stage, words);
  if (what == "outcome") return CheckOutcome(stage, words);
  if (what == "sent") return CheckSent(stage, words);
  const auto question = Questions().find(what);
  if (question == Questions().end()) {
    std::string known = "leader, no-leader, value, answer, outcome, sent";
    for (const auto& [name, asks] : Questions()) absl::StrAppend(&known, ", ", name);
    return Malformed(absl::StrCat("expect WHAT, where WHAT is one of: ", known));
  }
  const std::optional<uint32_t> number = NodeOf(stage, words);
  if (!number) return Malformed(absl::StrCat("expect ", what, " NODE ..."));
  const std::string is = question->second(stage, stage.node(*number));
  const std::string expected = absl::StrJoin(words.begin() + 1, words.end(), " ");
  return is == expected ? absl::OkStatus() : NotSo(absl::StrCat(what, " of node ", *number), is);
}

}  // namespace lockstep::sim
