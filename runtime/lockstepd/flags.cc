#include "runtime/lockstepd/flags.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "core/check.h"

namespace lockstep::runtime {
namespace {

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

const Flag* FindFlag(std::string_view name) {
  const auto flags = AllFlags();
  const auto at = std::find_if(flags.begin(), flags.end(), [name](const Flag& flag) { return flag.name == name; });
  return at == flags.end() ? nullptr : &*at;
}

std::optional<uint64_t> ParseNumber(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string VariableOf(std::string_view flag) {
  return absl::StrCat("ETCD_", absl::StrReplaceAll(absl::AsciiStrToUpper(View(flag)), {{"-", "_"}}));
}

absl::Status SayAll(const YAML::Node& node, const std::string& prefix, FlagValues& values) {
  for (const auto& entry : node) {
    const auto key = entry.first.as<std::string>();
    const YAML::Node& value = entry.second;
    if (value.IsMap()) {
      if (key != "client-transport-security" && key != "peer-transport-security") {
        return absl::InvalidArgumentError(absl::StrCat("'", key, "' is no group of flags"));
      }
      const absl::Status status = SayAll(value, key[0] == 'p' ? "peer-" : "", values);
      if (!status.ok()) return status;
      continue;
    }
    // etcd's peer group has no "peer-" in its keys, but for client-cert-auth that is the flag's name too.
    std::string text;
    if (value.IsSequence()) {
      for (const auto& part : value) absl::StrAppend(&text, text.empty() ? "" : ",", part.as<std::string>());
    } else if (value.IsScalar()) {
      text = value.as<std::string>();
    }
    if (text.empty()) continue;
    if (absl::Status status = values.Say(prefix + key, text); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status ReadFile(const std::string& path, FlagValues& values) {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(absl::StrCat(path, ": the configuration file cannot be read"));
  std::ostringstream text;
  text << file.rdbuf();
  const absl::Status status = ReadFlagsFromYaml(text.str(), values);
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat(path, ": ", std::string(status.message())));
}

}  // namespace

std::string FlagValues::Text(std::string_view name) const {
  const auto at = said_.find(std::string(name));
  if (at != said_.end()) return at->second;
  const Flag* flag = FindFlag(name);
  LOCKSTEP_CHECK(flag != nullptr);
  return std::string(flag->fallback);
}

uint64_t FlagValues::Number(std::string_view name) const { return *ParseNumber(Text(name)); }

int64_t FlagValues::DurationMicros(std::string_view name) const { return *ParseDuration(Text(name)); }

std::vector<std::string> FlagValues::List(std::string_view name) const {
  std::vector<std::string> parts;
  for (const absl::string_view part : absl::StrSplit(Text(name), ',')) {
    const absl::string_view stripped = absl::StripAsciiWhitespace(part);
    if (!stripped.empty()) parts.emplace_back(stripped);
  }
  return parts;
}

absl::Status FlagValues::Say(std::string_view name, std::string_view value) {
  const Flag* flag = FindFlag(name);
  if (flag == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("there is no flag --", View(name), "; lockstepd --help lists those there are"));
  }
  const auto refuse = [&](std::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat("--", View(name), "=", View(value), ": ", View(what)));
  };
  std::string text(value);
  switch (flag->kind) {
    case FlagKind::kSwitch:
      if (value == "1" || value == "t" || value == "T" || value == "TRUE" || value == "True") text = "true";
      if (value == "0" || value == "f" || value == "F" || value == "FALSE" || value == "False") text = "false";
      if (text != "true" && text != "false") return refuse("true or false is wanted");
      break;
    case FlagKind::kNumber:
      if (!ParseNumber(value).has_value()) return refuse("a number is wanted, not below 0");
      break;
    case FlagKind::kDuration:
      if (!ParseDuration(value).has_value()) return refuse("a duration is wanted, such as 10m or 500ms");
      break;
    case FlagKind::kText:
    case FlagKind::kIgnored:
      break;
  }
  said_[std::string(name)] = text;
  return absl::OkStatus();
}

std::optional<int64_t> ParseDuration(std::string_view text) {
  static constexpr std::pair<std::string_view, double> kUnits[] = {{"ms", 1e3},   {"us", 1},   {"ns", 1e-3},
                                                                   {"h", 3600e6}, {"m", 60e6}, {"s", 1e6}};
  if (text == "0") return 0;
  if (text.empty()) return std::nullopt;
  double micros = 0;
  while (!text.empty()) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || value < 0) return std::nullopt;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    const auto* unit = std::find_if(std::begin(kUnits), std::end(kUnits),
                                    [text](const auto& candidate) { return text.starts_with(candidate.first); });
    if (unit == std::end(kUnits)) return std::nullopt;
    text.remove_prefix(unit->first.size());
    micros += value * unit->second;
  }
  if (micros > 9e15) return std::nullopt;
  return static_cast<int64_t>(micros);
}

absl::Status ReadFlagsFromYaml(const std::string& text, FlagValues& values) {
  try {
    const YAML::Node root = YAML::Load(text);
    if (root.IsNull()) return absl::OkStatus();
    if (!root.IsMap()) return absl::InvalidArgumentError("flags are wanted, as NAME: VALUE");
    return SayAll(root, "", values);
  } catch (const YAML::Exception& error) {
    return absl::InvalidArgumentError(absl::StrCat("no YAML: ", error.what()));
  }
}

absl::StatusOr<FlagValues> ReadFlags(const std::vector<std::string>& arguments, const Environment& environment) {
  FlagValues values;
  for (size_t i = 0; i < arguments.size(); ++i) {
    std::string_view argument = arguments[i];
    if (!argument.starts_with('-') || argument == "-" || argument == "--") {
      return absl::InvalidArgumentError(absl::StrCat("'", View(argument), "' is no flag"));
    }
    argument.remove_prefix(argument.starts_with("--") ? 2 : 1);
    const size_t equals = argument.find('=');
    const std::string_view name = argument.substr(0, equals);
    const Flag* flag = FindFlag(name);
    // Of a switch of etcd's that means nothing here the value is in the same word, if there is one.
    const bool bare_ignored = flag != nullptr && flag->kind == FlagKind::kIgnored &&
                              (i + 1 == arguments.size() || arguments[i + 1].starts_with('-'));
    std::string_view value = "true";
    if (equals != std::string_view::npos) {
      value = argument.substr(equals + 1);
    } else if (flag != nullptr && flag->kind != FlagKind::kSwitch && !bare_ignored) {
      if (i + 1 == arguments.size())
        return absl::InvalidArgumentError(absl::StrCat("--", View(name), " wants a value"));
      value = arguments[++i];
    }
    if (absl::Status status = values.Say(name, value); !status.ok()) return status;
  }
  for (const Flag& flag : AllFlags()) {
    const auto value = environment(VariableOf(flag.name));
    if (!value.has_value() || values.IsSaid(flag.name)) continue;
    if (absl::Status status = values.Say(flag.name, *value); !status.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(VariableOf(flag.name), ": ", std::string(status.message())));
    }
  }
  if (!values.IsSaid("config-file")) return values;
  FlagValues from_file;
  if (absl::Status status = ReadFile(values.Text("config-file"), from_file); !status.ok()) return status;
  return from_file;
}

std::string FlagsHelp() {
  std::string help =
      "lockstepd: a replicated key-value store that speaks etcd's v3 protocol.\n\n"
      "usage: lockstepd [--FLAG=VALUE ...]\n"
      "       lockstepd restore BACKUP [--FLAG=VALUE ...]   makes the files of a new cluster of one member from a "
      "backup\n\n"
      "Every flag may also be said in the environment: --data-dir as ETCD_DATA_DIR.\n\n";
  for (const Flag& flag : AllFlags()) {
    if (flag.kind == FlagKind::kIgnored) continue;
    absl::StrAppend(&help, "  --", View(flag.name));
    if (!flag.fallback.empty()) absl::StrAppend(&help, "=", View(flag.fallback));
    absl::StrAppend(&help, "\n      ", View(flag.help), "\n");
  }
  absl::StrAppend(&help, "\nFlags of etcd's that are understood and of no effect here:\n\n");
  for (const Flag& flag : AllFlags()) {
    if (flag.kind == FlagKind::kIgnored)
      absl::StrAppend(&help, "  --", View(flag.name), "\n      ", View(flag.help), "\n");
  }
  return help;
}

}  // namespace lockstep::runtime
