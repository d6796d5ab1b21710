#include "sim/script/script.h"

#include <fstream>
#include <sstream>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace lockstep::sim {
namespace {

std::string_view Trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// A comment begins at a "#" that ranks nothing: "#2" is the second oldest.
std::string_view WithoutComment(std::string_view line) {
  for (size_t at = line.find('#'); at != std::string_view::npos; at = line.find('#', at + 1)) {
    const bool is_rank = at != 0 && at + 1 < line.size() && line[at + 1] >= '0' && line[at + 1] <= '9';
    if (!is_rank) return Trimmed(line.substr(0, at));
  }
  return Trimmed(line);
}

uint32_t ServersOf(const Script& script) {
  for (const Directive& directive : script.setup) {
    if (directive.verb == Verb::kNodes) return static_cast<uint32_t>(directive.number);
  }
  return 0;
}

absl::Status CheckNodes(const Directive& directive, uint32_t servers) {
  for (const std::vector<uint32_t>* nodes : {&directive.nodes, &directive.others}) {
    for (uint32_t node : *nodes) {
      if (node > servers) {
        return absl::InvalidArgumentError(absl::StrCat("there is no node ", node, "; expected one of 1 to ", servers));
      }
    }
  }
  return absl::OkStatus();
}

absl::Status Place(Script& script, Directive directive) {
  if (IsSetup(directive)) {
    if (!script.directives.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("'", ToString(directive.verb),
                                                     "' says what there is at the start; expected before line ",
                                                     script.directives.front().line));
    }
    if (directive.verb == Verb::kNodes && (directive.number < 1 || directive.number > 7)) {
      return absl::InvalidArgumentError(absl::StrCat(directive.number, " nodes; expected 1 to 7"));
    }
    script.setup.push_back(std::move(directive));
    return absl::OkStatus();
  }
  const uint32_t servers = ServersOf(script);
  if (servers == 0) return absl::InvalidArgumentError("nobody is there yet; expected 'nodes COUNT' before");
  const absl::Status status = CheckNodes(directive, servers);
  script.directives.push_back(std::move(directive));
  return status;
}

}  // namespace

absl::StatusOr<Script> ParseScript(std::string_view text, const std::string& name) {
  Script script;
  script.name = name;
  int number = 0;
  while (!text.empty()) {
    ++number;
    const size_t end = text.find('\n');
    const std::string_view line = Trimmed(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (line.starts_with('#') && script.setup.empty()) script.comment.emplace_back(Trimmed(line.substr(1)));
    const std::string_view words = WithoutComment(line);
    if (words.empty()) continue;
    absl::StatusOr<Directive> directive = ParseDirective(words);
    absl::Status status = directive.status();
    if (status.ok()) {
      directive->line = number;
      status = Place(script, *std::move(directive));
    }
    if (!status.ok()) {
      return absl::Status(status.code(), absl::StrCat(name, ":", number, ": ", std::string(status.message())));
    }
  }
  if (ServersOf(script) == 0) {
    return absl::InvalidArgumentError(absl::StrCat(name, ":", number, ": the file ends; expected 'nodes COUNT'"));
  }
  for (const Directive& directive : script.setup) {
    if (const absl::Status status = CheckNodes(directive, ServersOf(script)); !status.ok()) {
      return absl::Status(status.code(), absl::StrCat(name, ":", directive.line, ": ", std::string(status.message())));
    }
  }
  return script;
}

absl::StatusOr<Script> ReadScript(const std::string& path) {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(absl::StrCat(path, ": cannot be opened"));
  std::ostringstream text;
  text << file.rdbuf();
  return ParseScript(text.str(), path);
}

std::string ToString(const Script& script) {
  std::string text;
  for (const std::string& line : script.comment) absl::StrAppend(&text, line.empty() ? "#" : "# ", line, "\n");
  for (const Directive& directive : script.setup) absl::StrAppend(&text, ToString(directive), "\n");
  if (!script.directives.empty()) text += "\n";
  for (const Directive& directive : script.directives) absl::StrAppend(&text, ToString(directive), "\n");
  return text;
}

}  // namespace lockstep::sim
