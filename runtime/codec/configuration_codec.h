// Configurations as bytes: in messages, in the log and in snapshots.
#ifndef LOCKSTEP_RUNTIME_CODEC_CONFIGURATION_CODEC_H_
#define LOCKSTEP_RUNTIME_CODEC_CONFIGURATION_CODEC_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "core/configuration.h"
#include "core/log.h"

namespace lockstep::runtime {

namespace proto {
class Configuration;
class ConfigurationEntry;
}  // namespace proto

void ToProto(const Configuration& configuration, proto::Configuration& out);
void ToProto(const ConfigurationEntry& entry, proto::ConfigurationEntry& out);
// A configuration as it was written; whether it makes sense is ValidateConfiguration's matter.
// Errors: InvalidArgument if a member is named twice in a set.
absl::StatusOr<Configuration> FromProto(const proto::Configuration& in);
absl::StatusOr<ConfigurationEntry> FromProto(const proto::ConfigurationEntry& in);

std::string EncodeConfiguration(const ConfigurationEntry& entry);
// Errors: InvalidArgument for bytes that no EncodeConfiguration made.
absl::StatusOr<ConfigurationEntry> DecodeConfiguration(std::string_view bytes);

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_CODEC_CONFIGURATION_CODEC_H_
