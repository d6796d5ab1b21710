#include "sim/script/directive.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace lockstep::sim {
namespace {

// The parts of a line behind its verb, in order. A lower-case name is a setting and may be left out, with "=" it takes
// a number, with ":" a word.
//
//   N a node   N* nodes   L a link   K? a kind of message   #? a rank   I a number   W a word
//   A+ assignments   G two groups of nodes   .. the rest
struct Row {
  Verb verb;
  const char* name;
  const char* parts;
  const char* syntax;   // As a person writes it.
  const char* meaning;  // One line.
};

constexpr std::array<Row, kVerbCount> kRows = {{
    {Verb::kNodes, "nodes", "I", "nodes COUNT", "servers 1..COUNT, founders of the cluster"},
    {Verb::kFounders, "founders", "I", "founders COUNT", "only the first COUNT found it, the others start empty"},
    {Verb::kLearners, "learners", "I", "learners COUNT", "the last COUNT founders are learners"},
    {Verb::kOption, "option", "W I", "option NAME VALUE", "an option of the core: pre_vote, check_quorum, ..."},
    {Verb::kLog, "log", "N ..", "log NODE TERM TERM ...", "the terms of the log that a node starts with"},
    {Verb::kTerm, "term", "N I", "term NODE TERM", "the term that a node starts with"},
    {Verb::kVote, "vote", "N W", "vote NODE FOR", "the vote that a node starts with"},
    {Verb::kSnapshotBytes, "snapshot-bytes", "I", "snapshot-bytes BYTES", "the size of every snapshot (1 without it)"},
    {Verb::kLenient, "lenient", "", "lenient", "what cannot happen is passed over, not an error"},
    {Verb::kTimeout, "timeout", "N", "timeout NODE", "its election timer fires"},
    {Verb::kHeartbeat, "heartbeat", "N", "heartbeat NODE", "its heartbeat timer fires"},
    {Verb::kCheckQuorum, "check-quorum", "N", "check-quorum NODE", "its quorum check timer fires"},
    {Verb::kDeliver, "deliver", "L K? #? keep", "deliver FROM->TO [KIND] [#RANK] [keep]",
     "the oldest such message arrives (the RANKth oldest); with keep a copy stays on its way"},
    {Verb::kDrop, "drop", "L K? #?", "drop FROM->TO [KIND] [#RANK]", "the oldest such message is lost"},
    {Verb::kSettle, "settle", "N*", "settle [NODE ...]", "all there is to do (among these nodes) is done"},
    {Verb::kCut, "cut", "L", "cut FROM->TO", "messages of this link are lost from now on"},
    {Verb::kPartition, "partition", "G", "partition NODE ... | NODE ...", "these two groups cannot reach each other"},
    {Verb::kHeal, "heal", "", "heal", "no link is cut any more"},
    {Verb::kUnreachable, "unreachable", "N N", "unreachable NODE PEER", "a node is told that it cannot reach a peer"},
    {Verb::kTime, "time", "I", "time MICROSECONDS", "time passes (each line takes 1,000 by itself)"},
    {Verb::kDisk, "disk", "W N*", "disk manual|auto [NODE ...]",
     "whether writes and the like wait for their own lines"},
    {Verb::kCrash, "crash", "N after-effect= keep= torn=", "crash NODE [after-effect=N] [keep=N] [torn=N]",
     "it ends, within the line before after N effects; of its writes on their way N survive (all), of the next N "
     "parts"},
    {Verb::kRestart, "restart", "N", "restart NODE", "it starts again from its disk"},
    {Verb::kWipe, "wipe", "N", "wipe NODE", "it gets an empty disk, and a new identity with it (when down)"},
    {Verb::kLoseDisk, "lose-disk", "N", "lose-disk NODE", "it gets an empty disk under its old name (when down)"},
    {Verb::kPause, "pause", "N", "pause NODE", "it stands still"},
    {Verb::kResume, "resume", "N", "resume NODE", "it goes on without having noticed"},
    {Verb::kWrite, "write", "N #? fails torn=", "write NODE [#RANK] [fails [torn=N]]",
     "a write of the log or the vote is done"},
    {Verb::kApply, "apply", "N", "apply NODE", "committed commands are applied"},
    {Verb::kSnapshot, "snapshot", "N index=", "snapshot NODE [index=I]", "the host begins a snapshot unasked"},
    {Verb::kSave, "save", "N fails", "save NODE [fails]", "a snapshot that was begun is on disk"},
    {Verb::kStore, "store", "N fails", "store NODE [fails]", "a received chunk of a snapshot is stored"},
    {Verb::kInstall, "install", "N fails", "install NODE [fails]", "a received snapshot is installed"},
    {Verb::kLoad, "load", "N fails", "load NODE [fails]", "entries that are to be sent are loaded"},
    {Verb::kLookUp, "look-up", "N", "look-up NODE", "a read that may be answered is answered"},
    {Verb::kPropose, "propose", "N A+ as: again: bytes=", "propose NODE KEY=VALUE ... [as=NAME | again=NAME] [bytes=N]",
     "clients write, in one batch; or one of them asks again elsewhere"},
    {Verb::kRead, "read", "N W as: lease", "read NODE KEY [as=NAME] [lease]", "a client reads"},
    {Verb::kChange, "change", "N .. as:", "change NODE add|learner|remove NODE ... [joint|explicit] | leave [as=NAME]",
     "an operator changes the configuration"},
    {Verb::kTransfer, "transfer", "N N as:", "transfer NODE TARGET [as=NAME]", "an operator moves the leadership"},
    {Verb::kCancel, "cancel", "N W", "cancel NODE NAME", "a request is withdrawn"},
    {Verb::kExpect, "expect", "W ..", "expect WHAT ...", "what must be so now, see expectation.h"},
}};

const Row& RowOf(Verb verb) { return kRows[static_cast<size_t>(verb)]; }

std::vector<std::string> Words(std::string_view text) {
  return absl::StrSplit(absl::string_view(text.data(), text.size()), absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
}

std::optional<uint64_t> ToNumber(const std::string& text) {
  uint64_t number = 0;
  if (text.empty() || !std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; })) {
    return std::nullopt;
  }
  return absl::SimpleAtoi(text, &number) ? std::optional(number) : std::nullopt;
}

std::optional<uint32_t> ToNode(const std::string& text) {
  const std::optional<uint64_t> number = ToNumber(text);
  if (!number || *number == 0 || *number > 7) return std::nullopt;
  return static_cast<uint32_t>(*number);
}

bool IsMessageKind(const std::string& text) {
  static const std::vector<std::string> kKinds = [] {
    std::vector<std::string> kinds;
    const auto add = [&]<size_t... i>(std::index_sequence<i...>) {
      (kinds.push_back(KindName(MessageBody(std::in_place_index<i>))), ...);
    };
    add(std::make_index_sequence<std::variant_size_v<MessageBody>>());
    return kinds;
  }();
  return std::find(kKinds.begin(), kKinds.end(), text) != kKinds.end();
}

// Takes the words of a line one after the other, by the parts of its row.
class LineParser {
 public:
  LineParser(const Row& row, std::vector<std::string> words) : row_(row), words_(std::move(words)) {
    directive_.verb = row.verb;
  }

  absl::StatusOr<Directive> Parse() {
    TakeSettings();
    for (const std::string& part : Words(row_.parts)) {
      if (std::islower(static_cast<unsigned char>(part[0])) != 0) continue;  // A setting.
      if (!Take(part)) return Expected(part);
    }
    if (at_ < words_.size()) {
      return absl::InvalidArgumentError(absl::StrCat("'", words_[at_], "' is too much; expected: ", row_.syntax));
    }
    return directive_;
  }

 private:
  absl::Status Expected(const std::string& part) const {
    static const std::map<std::string, const char*> kNames = {{"N", "a node's number, 1 to 7"},
                                                              {"L", "a link as 1->2"},
                                                              {"I", "a number"},
                                                              {"W", "a word"},
                                                              {"A+", "key=number"},
                                                              {"G", "nodes | nodes"},
                                                              {"K?", "a kind of message"},
                                                              {"#?", "a rank such as #2"}};
    const auto name = kNames.find(part);
    return absl::InvalidArgumentError(absl::StrCat(
        at_ < words_.size() ? absl::StrCat("'", words_[at_], "' found where ") : std::string("the line ends where "),
        name == kNames.end() ? part : std::string(name->second), " is expected; expected: ", row_.syntax));
  }

  // Settings may stand anywhere behind the verb.
  void TakeSettings() {
    std::vector<std::string> rest;
    for (std::string& word : words_) {
      if (!TakeSetting(word)) rest.push_back(std::move(word));
    }
    words_ = std::move(rest);
  }

  bool TakeSetting(const std::string& word) {
    for (const std::string& part : Words(row_.parts)) {
      if (std::islower(static_cast<unsigned char>(part[0])) == 0) continue;
      const char last = part.back();
      if (last != '=' && last != ':') {
        if (word != part) continue;
        directive_.settings[part] = "";
        return true;
      }
      const std::string name = part.substr(0, part.size() - 1);
      if (!word.starts_with(name + "=")) continue;
      const std::string value = word.substr(name.size() + 1);
      if (value.empty() || (last == '=' && !ToNumber(value).has_value())) continue;
      directive_.settings[name] = value;
      return true;
    }
    return false;
  }

  bool Take(const std::string& part) {
    if (part == "N*" || part == "G" || part == "A+" || part == "..") return TakeMany(part);
    const bool optional = part.ends_with('?');
    if (at_ == words_.size()) return optional;
    const std::string& word = words_[at_];
    const bool taken = part == "L" ? TakeLink(word) : TakeOne(part, word);
    if (taken) ++at_;
    return taken || optional;
  }

  bool TakeOne(const std::string& part, const std::string& word) {
    if (part == "W") {
      directive_.word = word;
      return true;
    }
    if (part == "K?") {
      if (!IsMessageKind(word)) return false;
      directive_.word = word;
      return true;
    }
    if (part == "N") {
      const std::optional<uint32_t> node = ToNode(word);
      if (node) directive_.nodes.push_back(*node);
      return node.has_value();
    }
    const std::optional<uint64_t> number =
        part == "#?" ? (word[0] == '#' ? ToNumber(word.substr(1)) : std::nullopt) : ToNumber(word);
    if (number) directive_.number = *number;
    return number.has_value() && (part != "#?" || *number != 0);
  }

  bool TakeLink(const std::string& word) {
    const size_t arrow = word.find("->");
    if (arrow == std::string::npos) return false;
    const std::optional<uint32_t> from = ToNode(word.substr(0, arrow)), to = ToNode(word.substr(arrow + 2));
    if (!from || !to || *from == *to) return false;
    directive_.nodes = {*from, *to};
    return true;
  }

  bool TakeMany(const std::string& part) {
    bool second = false;
    const size_t begin = at_;
    for (; at_ < words_.size(); ++at_) {
      const std::string& word = words_[at_];
      if (part == "..") {
        directive_.words.push_back(word);
      } else if (part == "A+") {
        const size_t equals = word.find('=');
        const std::optional<uint64_t> value =
            equals == std::string::npos || equals == 0 ? std::nullopt : ToNumber(word.substr(equals + 1));
        if (!value) return false;
        directive_.assignments.emplace_back(word.substr(0, equals), *value);
      } else if (part == "G" && word == "|" && !second) {
        second = true;
      } else {
        const std::optional<uint32_t> node = ToNode(word);
        if (!node) return false;
        (second ? directive_.others : directive_.nodes).push_back(*node);
      }
    }
    if (part == "G") return !directive_.nodes.empty() && !directive_.others.empty();
    return part != "A+" || at_ != begin || directive_.Has("again");
  }

  const Row& row_;
  std::vector<std::string> words_;
  size_t at_ = 0;
  Directive directive_;
};

}  // namespace

uint64_t Directive::Number(const std::string& setting, uint64_t otherwise) const {
  const auto found = settings.find(setting);
  return found == settings.end() ? otherwise : ToNumber(found->second).value_or(otherwise);
}

std::string Directive::Text(const std::string& setting) const {
  const auto found = settings.find(setting);
  return found == settings.end() ? "" : found->second;
}

absl::StatusOr<Directive> ParseDirective(std::string_view text) {
  std::vector<std::string> words = Words(text);
  if (words.empty()) return absl::InvalidArgumentError("the line is empty; expected a directive");
  const auto row = std::find_if(kRows.begin(), kRows.end(), [&](const Row& r) { return words[0] == r.name; });
  if (row == kRows.end()) {
    std::vector<std::string> names;
    for (const Row& known : kRows) names.push_back(known.name);
    return absl::InvalidArgumentError(
        absl::StrCat("no directive '", words[0], "'; expected one of: ", absl::StrJoin(names, ", ")));
  }
  words.erase(words.begin());
  return LineParser(*row, std::move(words)).Parse();
}

std::string ToString(const Directive& directive) {
  const Row& row = RowOf(directive.verb);
  std::string text = row.name;
  size_t node = 0;
  for (const std::string& part : Words(row.parts)) {
    if (part == "N") {
      absl::StrAppend(&text, " ", directive.nodes[node++]);
    } else if (part == "L") {
      absl::StrAppend(&text, " ", directive.nodes[0], "->", directive.nodes[1]);
    } else if (part == "N*") {
      for (; node < directive.nodes.size(); ++node) absl::StrAppend(&text, " ", directive.nodes[node]);
    } else if (part == "G") {
      absl::StrAppend(&text, " ", absl::StrJoin(directive.nodes, " "), " | ", absl::StrJoin(directive.others, " "));
    } else if (part == "I") {
      absl::StrAppend(&text, " ", directive.number);
    } else if (part == "#?") {
      if (directive.number > 1) absl::StrAppend(&text, " #", directive.number);
    } else if (part == "W" || part == "K?") {
      if (!directive.word.empty()) absl::StrAppend(&text, " ", directive.word);
    } else if (part == "A+") {
      for (const auto& [key, value] : directive.assignments) absl::StrAppend(&text, " ", key, "=", value);
    } else if (part == "..") {
      if (!directive.words.empty()) absl::StrAppend(&text, " ", absl::StrJoin(directive.words, " "));
    } else {
      const bool flag = part.back() != '=' && part.back() != ':';
      const std::string name = flag ? part : part.substr(0, part.size() - 1);
      if (directive.Has(name)) absl::StrAppend(&text, " ", name, flag ? "" : "=", directive.Text(name));
    }
  }
  return text;
}

bool IsSetup(const Directive& directive) { return directive.verb <= Verb::kLenient; }

const char* ToString(Verb verb) { return RowOf(verb).name; }

std::string SyntaxTable() {
  std::string text;
  for (const Row& row : kRows) absl::StrAppend(&text, row.syntax, "\n    ", row.meaning, "\n");
  return text;
}

absl::StatusOr<NodeId> ParseNodeId(const std::string& text) {
  const size_t dot = text.find('.');
  const std::optional<uint32_t> number = ToNode(text.substr(0, dot));
  const std::optional<uint64_t> incarnation =
      dot == std::string::npos ? std::optional<uint64_t>(0) : ToNumber(text.substr(dot + 1));
  if (!number || !incarnation) {
    return absl::InvalidArgumentError(absl::StrCat("'", text, "' found where a node such as 3 or 3.1 is expected"));
  }
  return NodeId{*number, static_cast<uint32_t>(*incarnation)};
}

}  // namespace lockstep::sim
