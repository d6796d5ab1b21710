#include "tests/datadriven/interaction/printed.h"

#include <string_view>
#include <vector>

namespace lockstep::datadriven {
namespace {

std::string_view TrimLeft(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  return text;
}

// The number at the start of `text`, which is taken off it; 0 if there is none.
uint64_t TakeNumber(std::string_view& text) {
  uint64_t number = 0;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    number = number * 10 + static_cast<uint64_t>(text.front() - '0');
    text.remove_prefix(1);
  }
  return number;
}

// Takes `prefix` off `text` if it begins with it.
bool Take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// What stands behind `key` up to the next space: "Term:3" gives "3"; "0" if the key is missing.
std::string ValueOf(std::string_view line, std::string_view key) {
  const size_t at = line.find(key);
  if (at == std::string_view::npos) return "0";
  const std::string_view rest = line.substr(at + key.size());
  return std::string(rest.substr(0, rest.find(' ')));
}

// "[1 2]" behind `key`, as "(1 2)".
std::string ListOf(std::string_view line, std::string_view key) {
  const size_t open = line.find('[', line.find(key));
  const size_t close = line.find(']', open);
  return "(" + std::string(line.substr(open + 1, close - open - 1)) + ")";
}

// Configuration changes of the first kind mean the same as those of the second.
std::string NormalEntry(std::string_view text) {
  std::string entry(text);
  constexpr std::string_view kOld = "EntryConfChange ";
  if (const size_t at = entry.find(kOld); at != std::string::npos) entry.replace(at, kOld.size(), "EntryConfChangeV2 ");
  return entry;
}

class Reader {
 public:
  explicit Reader(const Directive& directive) : directive_(directive) {
    // With one node named, its output has no header.
    if (!directive.arguments.empty()) {
      std::string_view name = directive.arguments[0].name;
      node_ = static_cast<uint32_t>(TakeNumber(name));
    }
  }

  Facts Read() {
    if (directive_.name == "raft-log" || directive_.name == "compact") {
      ReadStoredLog();
    } else if (directive_.name == "propose" || directive_.name == "propose-conf-change") {
      ReadProposal();
    } else {
      for (const std::string& line : directive_.expected) ReadLine(line);
    }
    return std::move(facts_);
  }

 private:
  enum class Section { kNone, kEntries, kCommitted };

  void Set(const std::string& field, std::string value) { facts_[{node_, field}] = std::move(value); }

  void ReadStoredLog() {
    if (directive_.expected == std::vector<std::string>{"ok"}) return;
    std::string text;
    for (const std::string& line : directive_.expected) text += NormalEntry(line) + "\n";
    Set("stored log", text);
  }

  void ReadProposal() {
    std::string result = "accepted";
    for (const std::string& line : directive_.expected) {
      if (line.find("dropped") != std::string::npos || line.find("ignoring conf change") != std::string::npos) {
        result = "refused";
      }
    }
    Set("proposal", result);
  }

  void ReadLine(std::string_view line) {
    line = TrimLeft(line);
    if (Take(line, "> ")) {
      node_ = static_cast<uint32_t>(TakeNumber(line));
      section_ = Section::kNone;
    } else if (line.starts_with("Lead:")) {
      Set("leader", ValueOf(line, "Lead:"));
      Set("role", ValueOf(line, "State:"));
    } else if (line.starts_with("HardState ")) {
      Set("term", ValueOf(line, "Term:"));
      Set("vote", ValueOf(line, "Vote:"));
      Set("commit", ValueOf(line, "Commit:"));
    } else if (line.starts_with("Snapshot Index:")) {
      ReadSnapshot(line);
    } else if (line == "Entries:") {
      section_ = Section::kEntries;
      first_of_section_ = true;
    } else if (line == "CommittedEntries:") {
      section_ = Section::kCommitted;
    } else if (line == "Messages:" || line == "Processing:" || line == "Responses:") {
      section_ = Section::kNone;
    } else if (line.find(" switched to configuration voters=") != std::string_view::npos) {
      ReadConfiguration(line);
    } else if (section_ != Section::kNone && !line.empty() && line.front() >= '0' && line.front() <= '9') {
      ReadEntry(line);
    } else if (line.find(": State") != std::string_view::npos) {
      ReadState(line);
    }
  }

  // 1/12 EntryNormal "text"
  void ReadEntry(std::string_view line) {
    const std::string term = std::to_string(TakeNumber(line));
    Take(line, "/");
    const uint64_t index = TakeNumber(line);
    if (section_ == Section::kEntries && first_of_section_) EraseEntriesFrom(index);
    first_of_section_ = false;
    const std::string field = section_ == Section::kEntries ? "entry " : "applied ";
    Set(field + std::to_string(index), term + NormalEntry(line));
  }

  // Entries take the place of all that were at their index and behind.
  void EraseEntriesFrom(uint64_t first) {
    std::erase_if(facts_, [&](const auto& fact) {
      std::string_view field = fact.first.second;
      return fact.first.first == node_ && Take(field, "entry ") && TakeNumber(field) >= first;
    });
  }

  // INFO 1 switched to configuration voters=(1 2)&&(1) autoleave
  void ReadConfiguration(std::string_view line) {
    if (!Take(line, "INFO ")) return;
    const uint32_t node = static_cast<uint32_t>(TakeNumber(line));
    Take(line, " switched to configuration voters=");
    facts_[{node, "configuration"}] = std::string(line);
  }

  // Snapshot Index:4 Term:1 ConfState:Voters:[1 2] VotersOutgoing:[1] Learners:[] LearnersNext:[] AutoLeave:true
  void ReadSnapshot(std::string_view line) {
    std::string text = "at " + ValueOf(line, "Index:") + " " + ListOf(line, "Voters:");
    if (ListOf(line, "VotersOutgoing:") != "()") text += "&&" + ListOf(line, "VotersOutgoing:");
    if (ListOf(line, "Learners:") != "()") text += " learners=" + ListOf(line, "Learners:");
    if (ListOf(line, "LearnersNext:") != "()") text += " learners_next=" + ListOf(line, "LearnersNext:");
    if (ValueOf(line, "AutoLeave:") == "true") text += " autoleave";
    Set("snapshot", text);
  }

  // 3: StateFollower (Voter) Term:1 Lead:1            or
  // 3: StateReplicate match=11 next=17 paused inflight=2[full]
  void ReadState(std::string_view line) {
    const uint32_t number = static_cast<uint32_t>(TakeNumber(line));
    Take(line, ": ");
    const std::string state(line.substr(0, line.find(' ')));
    if (line.find("match=") != std::string_view::npos) {
      const std::string of = " of " + std::to_string(number);
      Set("mode" + of, state);
      Set("match" + of, ValueOf(line, "match="));
      Set("next" + of, ValueOf(line, "next="));
      return;
    }
    node_ = number;
    Set("role now", state);
    Set("voter now", line.find("(Voter)") != std::string_view::npos ? "yes" : "no");
    Set("term now", ValueOf(line, "Term:"));
    Set("leader now", ValueOf(line, "Lead:"));
  }

  const Directive& directive_;
  Facts facts_;
  uint32_t node_ = 0;
  Section section_ = Section::kNone;
  bool first_of_section_ = false;
};

}  // namespace

Facts ReadFacts(const Directive& directive) { return Reader(directive).Read(); }

}  // namespace lockstep::datadriven
