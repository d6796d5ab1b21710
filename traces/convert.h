// Turns core's values into their form in a trace and back.
//
// Both ways are total on what the other produces: FromProto(ToProto(x)) == x for every value. What comes from a file
// is not trusted: a missing alternative or a number outside an enumeration is an error that names it. Whether a
// message obeys the protocol's structural rules is core's matter (ValidateMessage), not asked here: a trace may well
// hold a malformed message that a node was right to ignore.
#ifndef LOCKSTEP_TRACES_CONVERT_H_
#define LOCKSTEP_TRACES_CONVERT_H_

#include "absl/status/statusor.h"
#include "core/configuration.h"
#include "core/effect.h"
#include "core/input.h"
#include "core/log.h"
#include "core/message.h"
#include "core/options.h"
#include "core/types.h"
#include "traces/core.pb.h"

namespace lockstep::traces {

void ToProto(NodeId from, proto::NodeId* to);
void ToProto(LogPosition from, proto::LogPosition* to);
void ToProto(const Configuration& from, proto::Configuration* to);
void ToProto(const ConfigurationEntry& from, proto::ConfigurationEntry* to);
void ToProto(const EntryMeta& from, proto::Entry* to);
void ToProto(const Message& from, proto::Message* to);
void ToProto(const Input& from, proto::Input* to);
void ToProto(const Effect& from, proto::Effect* to);
void ToProto(const Options& from, proto::Options* to);
proto::Role ToProto(Role role);

NodeId FromProto(const proto::NodeId& from);
LogPosition FromProto(const proto::LogPosition& from);
Configuration FromProto(const proto::Configuration& from);
ConfigurationEntry FromProto(const proto::ConfigurationEntry& from);
Options FromProto(const proto::Options& from);

// Errors: InvalidArgument, naming the field that has no value here.
absl::StatusOr<Role> FromProto(proto::Role from);
absl::StatusOr<Message> FromProto(const proto::Message& from);
absl::StatusOr<Input> FromProto(const proto::Input& from);
absl::StatusOr<Effect> FromProto(const proto::Effect& from);

}  // namespace lockstep::traces

#endif  // LOCKSTEP_TRACES_CONVERT_H_
