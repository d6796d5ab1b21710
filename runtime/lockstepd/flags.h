// Flags: what can be said to lockstepd, on the command line, in the environment or in a file, by etcd's names.
//
// A flag is --name=value or --name value, with one dash or two; a switch may stand alone. ETCD_NAME in the environment
// means --name, where the command line says nothing. A configuration file is YAML with the flags' names as keys, and,
// as etcd's, the TLS flags in groups; as with etcd, nothing else counts beside it.
#ifndef LOCKSTEP_RUNTIME_LOCKSTEPD_FLAGS_H_
#define LOCKSTEP_RUNTIME_LOCKSTEPD_FLAGS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace lockstep::runtime {

enum class FlagKind : uint8_t {
  kText,
  kSwitch,    // "true" or "false".
  kNumber,    // Not negative.
  kDuration,  // As "1h30m", "500ms"; kept as it is written.
  kIgnored,   // etcd's; understood and of no effect here.
};

struct Flag {
  std::string_view name;
  FlagKind kind = FlagKind::kText;
  std::string_view fallback;
  std::string_view help;
};

// All flags, in the order in which they are explained.
std::span<const Flag> AllFlags();

class FlagValues {
 public:
  // The value said, or else the fallback. Requires: there is such a flag.
  std::string Text(std::string_view name) const;
  bool Switch(std::string_view name) const { return Text(name) == "true"; }
  uint64_t Number(std::string_view name) const;
  int64_t DurationMicros(std::string_view name) const;
  // The parts between commas, without spaces around them or empty ones.
  std::vector<std::string> List(std::string_view name) const;
  bool IsSaid(std::string_view name) const { return said_.contains(std::string(name)); }

  // Errors: InvalidArgument: there is no such flag, or the value is none of its kind.
  absl::Status Say(std::string_view name, std::string_view value);

 private:
  std::map<std::string, std::string> said_;
};

// The value of a variable of the environment, if there is one.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// Errors: InvalidArgument with what is wrong and where; those of reading the file.
absl::StatusOr<FlagValues> ReadFlags(const std::vector<std::string>& arguments, const Environment& environment);
// The part of a configuration file.
absl::Status ReadFlagsFromYaml(const std::string& text, FlagValues& values);

// "1h30m" and the like in microseconds; nothing if it is no duration.
std::optional<int64_t> ParseDuration(std::string_view text);

// What --help prints.
std::string FlagsHelp();

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_LOCKSTEPD_FLAGS_H_
