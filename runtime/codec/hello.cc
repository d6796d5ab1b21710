#include "runtime/codec/hello.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "runtime/codec/codec.pb.h"

namespace lockstep::runtime {
namespace {

constexpr uint64_t kMagic = 0x7065'7473'6b63'6f6c;  // "lockstep".
constexpr size_t kTextBytesMax = 4096;

void Put(NodeId id, proto::NodeId& out) {
  out.set_number(id.number);
  out.set_incarnation(id.incarnation);
}

template <typename Proto>
absl::StatusOr<Proto> Parse(const Frame& frame, FrameKind kind) {
  Proto proto;
  if (frame.kind != kind || !frame.payload.empty() ||
      !proto.ParseFromArray(frame.header.data(), static_cast<int>(frame.header.size())) || proto.magic() != kMagic) {
    return absl::InvalidArgumentError("the other side does not begin as a node of this program does");
  }
  return proto;
}

HelloReply Refuse(NodeId self, std::string reason) { return {0, std::move(reason), self}; }

}  // namespace

SharedBytes EncodeHello(const Hello& hello) {
  proto::Hello out;
  out.set_magic(kMagic);
  out.set_version_min(hello.version_min);
  out.set_version_max(hello.version_max);
  out.set_cluster(hello.cluster);
  Put(hello.source, *out.mutable_source());
  Put(hello.dest, *out.mutable_dest());
  out.set_channel(static_cast<uint32_t>(hello.channel));
  out.set_address(hello.address);
  return EncodeFrameHead(FrameKind::kHello, out.SerializeAsString(), 0);
}

SharedBytes EncodeHelloReply(const HelloReply& reply) {
  proto::HelloReply out;
  out.set_magic(kMagic);
  out.set_version(reply.version);
  out.set_reason(reply.reason);
  Put(reply.source, *out.mutable_source());
  return EncodeFrameHead(FrameKind::kHelloReply, out.SerializeAsString(), 0);
}

absl::StatusOr<Hello> DecodeHello(const Frame& frame) {
  const auto in = Parse<proto::Hello>(frame, FrameKind::kHello);
  if (!in.ok()) return in.status();
  if (in->channel() > static_cast<uint32_t>(Channel::kSnapshots) || in->address().size() > kTextBytesMax) {
    return absl::InvalidArgumentError("a hello asks for what is not known here");
  }
  return Hello{in->version_min(),
               in->version_max(),
               in->cluster(),
               {in->source().number(), in->source().incarnation()},
               {in->dest().number(), in->dest().incarnation()},
               static_cast<Channel>(in->channel()),
               in->address()};
}

absl::StatusOr<HelloReply> DecodeHelloReply(const Frame& frame) {
  const auto in = Parse<proto::HelloReply>(frame, FrameKind::kHelloReply);
  if (!in.ok()) return in.status();
  if (in->reason().size() > kTextBytesMax) return absl::InvalidArgumentError("a refusal without end");
  return HelloReply{in->version(), in->reason(), {in->source().number(), in->source().incarnation()}};
}

HelloReply AnswerHello(const Hello& hello, ClusterId cluster, NodeId self) {
  if (hello.cluster != cluster) {
    return Refuse(self, absl::StrFormat("this node belongs to cluster %016x, not to %016x: one of the two has the "
                                        "address or the data of another cluster",
                                        cluster, hello.cluster));
  }
  if (hello.dest != self) {
    return Refuse(self, absl::StrCat("this is node ", ToString(self), ", not ", ToString(hello.dest),
                                     ": if it lost its disk, replace the member by its new incarnation"));
  }
  if (hello.source.number == 0 || hello.source == self) {
    return Refuse(self, absl::StrCat("the caller says it is node ", ToString(hello.source)));
  }
  const uint32_t version = std::min(hello.version_max, kProtocolVersionMax);
  if (version < std::max(hello.version_min, kProtocolVersionMin)) {
    return Refuse(self,
                  absl::StrCat("versions ", hello.version_min, "..", hello.version_max, " are spoken there, here ",
                               kProtocolVersionMin, "..", kProtocolVersionMax, ": upgrade the older one"));
  }
  return {version, "", self};
}

}  // namespace lockstep::runtime
