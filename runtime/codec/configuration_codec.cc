#include "runtime/codec/configuration_codec.h"

#include "runtime/codec/codec.pb.h"

namespace lockstep::runtime {
namespace {

using ProtoNodes = google::protobuf::RepeatedPtrField<proto::NodeId>;

void AddNodes(const NodeSet& nodes, ProtoNodes& out) {
  for (NodeId id : nodes) {
    proto::NodeId* node = out.Add();
    node->set_number(id.number);
    node->set_incarnation(id.incarnation);
  }
}

absl::Status TakeNodes(const ProtoNodes& in, NodeSet& out) {
  for (const proto::NodeId& node : in) {
    if (!out.insert({node.number(), node.incarnation()})) {
      return absl::InvalidArgumentError("a configuration names a member twice");
    }
  }
  return absl::OkStatus();
}

}  // namespace

void ToProto(const Configuration& configuration, proto::Configuration& out) {
  AddNodes(configuration.voters, *out.mutable_voters());
  AddNodes(configuration.outgoing_voters, *out.mutable_outgoing_voters());
  AddNodes(configuration.learners, *out.mutable_learners());
  AddNodes(configuration.learners_next, *out.mutable_learners_next());
  out.set_auto_leave(configuration.auto_leave);
}

void ToProto(const ConfigurationEntry& entry, proto::ConfigurationEntry& out) {
  out.set_index(entry.index);
  ToProto(entry.configuration, *out.mutable_configuration());
}

absl::StatusOr<Configuration> FromProto(const proto::Configuration& in) {
  Configuration configuration;
  absl::Status status = TakeNodes(in.voters(), configuration.voters);
  if (status.ok()) status = TakeNodes(in.outgoing_voters(), configuration.outgoing_voters);
  if (status.ok()) status = TakeNodes(in.learners(), configuration.learners);
  if (status.ok()) status = TakeNodes(in.learners_next(), configuration.learners_next);
  if (!status.ok()) return status;
  configuration.auto_leave = in.auto_leave();
  return configuration;
}

absl::StatusOr<ConfigurationEntry> FromProto(const proto::ConfigurationEntry& in) {
  absl::StatusOr<Configuration> configuration = FromProto(in.configuration());
  if (!configuration.ok()) return configuration.status();
  return ConfigurationEntry{in.index(), *std::move(configuration)};
}

std::string EncodeConfiguration(const ConfigurationEntry& entry) {
  proto::ConfigurationEntry out;
  ToProto(entry, out);
  return out.SerializeAsString();
}

absl::StatusOr<ConfigurationEntry> DecodeConfiguration(std::string_view bytes) {
  proto::ConfigurationEntry in;
  if (!in.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::InvalidArgumentError("not an encoded configuration");
  }
  return FromProto(in);
}

}  // namespace lockstep::runtime
