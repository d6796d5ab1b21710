#include "runtime/peers/peers.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/codec/message_codec.h"
#include "runtime/little_endian.h"
#include "runtime/peers/outgoing.h"

namespace lockstep::runtime {
namespace {

// What is larger does not go before others.
constexpr size_t kUrgentNoteBytesMax = 64 << 10;

// Whether a message may overtake others. What AppendEntries builds on comes with the ones before it, so that those keep
// their order, even without entries.
bool IsUrgent(const Message& message) { return !std::holds_alternative<AppendEntries>(message.body); }

}  // namespace

std::string CertificateName(NodeId node) { return absl::StrCat("lockstep-node-", node.number); }

struct Peers::Peer {
  std::string address;
  bool is_set = false;  // By SetAddress, not by the peer's own hello.
  std::unique_ptr<Outgoing> channels[2];
};

// A connection that another node made to this one.
class Peers::Incoming final : public ConnectionHandler {
 public:
  Incoming(Peers& peers, uint64_t number, std::unique_ptr<Connection> connection)
      : peers_(peers),
        number_(number),
        connection_(std::move(connection)),
        reader_(peers.options_.frames),
        timer_(peers.scheduler_) {
    connection_->SetHandler(*this);
    timer_.Set(peers_.options_.hello_timeout_micros,
               [this] { peers_.Drop(this, absl::DeadlineExceededError("no hello within the time allowed")); });
  }

  uint64_t number() const { return number_; }
  const std::optional<Hello>& hello() const { return hello_; }
  std::string peer_name() const { return connection_->peer_name(); }

  void Welcome(const Hello& hello) {
    hello_ = hello;
    timer_.Stop();
  }
  void Write(SharedBytes bytes) { connection_->Write({std::move(bytes)}); }
  // Hears nothing more, and is let go once what was written has had time to leave.
  void Retire() {
    retired_ = true;
    timer_.Set(kFarewellMicros, [this] { peers_.incoming_.erase(number_); });
  }

  void OnConnected() override {}
  std::span<char> SpaceForBytes() override { return reader_.Space(); }
  void OnProgress() override {}
  void OnClosed(const absl::Status& why) override {
    if (!retired_) peers_.Drop(this, why);
  }
  void OnBytes(size_t count) override {
    reader_.Filled(count);
    while (!retired_) {
      const auto frame = reader_.Next();
      if (!frame.ok()) return peers_.Drop(this, frame.status());
      if (!frame->has_value()) return;
      Take(**frame);
    }
    reader_ = FrameReader(peers_.options_.frames);
  }

 private:
  static constexpr int64_t kFarewellMicros = 100'000;

  void Take(const Frame& frame) {
    if (!hello_.has_value()) {
      const auto hello = DecodeHello(frame);
      if (!hello.ok()) return peers_.Drop(this, hello.status());
      return peers_.Greet(this, *hello);
    }
    if (frame.kind == FrameKind::kNote) return peers_.DeliverNote(hello_->source, frame.header.view());
    if (frame.kind != FrameKind::kMessage) {
      return peers_.Drop(this, absl::InvalidArgumentError("a second hello"));
    }
    auto envelope = DecodeMessage(frame);
    if (!envelope.ok()) return peers_.Drop(this, envelope.status());
    if (envelope->message.source != hello_->source || envelope->message.dest != peers_.options_.self) {
      return peers_.Drop(this, absl::InvalidArgumentError("a message from or to somebody else"));
    }
    peers_.Deliver(*std::move(envelope));
  }

  Peers& peers_;
  const uint64_t number_;
  const std::unique_ptr<Connection> connection_;
  FrameReader reader_;
  std::optional<Hello> hello_;
  bool retired_ = false;
  Timer timer_;
};

Peers::Peers(Scheduler& scheduler, Entropy& entropy, Network& network, const PeersOptions& options,
             PeersObserver* observer)
    : scheduler_(scheduler), entropy_(entropy), network_(network), options_(options), observer_(observer) {}

Peers::~Peers() = default;

absl::Status Peers::Listen() {
  auto listener = network_.Listen(options_.listen_address,
                                  [this](std::unique_ptr<Connection> connection) { Accept(std::move(connection)); });
  if (!listener.ok()) return listener.status();
  listener_ = *std::move(listener);
  return absl::OkStatus();
}

std::string Peers::address() const { return listener_ == nullptr ? "" : listener_->address(); }

void Peers::SetReceiver(uint64_t group, MessageReceiver* receiver) {
  if (receiver == nullptr) {
    receivers_.erase(group);
  } else {
    receivers_[group] = receiver;
  }
}

void Peers::SetAddress(NodeId peer, const std::string& address) {
  std::unique_ptr<Peer>& entry = peers_[peer];
  if (entry == nullptr || entry->address != address) entry = std::make_unique<Peer>(Peer{address, true, {}});
  entry->is_set = true;
}

void Peers::Forget(NodeId peer) { peers_.erase(peer); }

void Peers::Send(Envelope envelope) {
  const NodeId dest = envelope.message.dest;
  const auto at = peers_.find(dest);
  if (at == peers_.end()) return LoseContact(dest);
  const Channel channel =
      std::holds_alternative<InstallSnapshot>(envelope.message.body) ? Channel::kSnapshots : Channel::kMessages;
  const bool urgent = IsUrgent(envelope.message);
  ChannelTo(dest, *at->second, channel).Send(EncodeMessage(envelope), urgent);
}

Outgoing& Peers::ChannelTo(NodeId dest, Peer& peer, Channel channel) {
  std::unique_ptr<Outgoing>& outgoing = peer.channels[static_cast<size_t>(channel)];
  if (outgoing == nullptr) {
    Hello hello{.cluster = options_.cluster, .source = options_.self, .dest = dest, .channel = channel};
    hello.address = options_.announced_address.empty() ? address() : options_.announced_address;
    outgoing = std::make_unique<Outgoing>(
        scheduler_, entropy_, network_, peer.address,
        OutgoingOptions{hello, options_.frames, options_.send_bytes_max, options_.unsent_bytes_max,
                        options_.reconnect_min_micros, options_.reconnect_max_micros, options_.hello_timeout_micros},
        Outgoing::Told{[this, dest, channel] {
                         if (observer_ != nullptr) observer_->OnConnected(dest, channel);
                       },
                       [this, dest](const absl::Status&) { LoseContact(dest); },
                       [this, dest](const absl::Status& why) { Trouble("node " + ToString(dest), why); }});
  }
  return *outgoing;
}

void Peers::SetNoteReceiver(uint64_t group, ReceiveNote receive) {
  if (receive == nullptr) {
    note_receivers_.erase(group);
  } else {
    note_receivers_[group] = std::move(receive);
  }
}

void Peers::SendNote(uint64_t group, NodeId dest, std::string_view bytes) {
  const auto at = peers_.find(dest);
  std::string header(sizeof group, '\0');
  StoreLittle(header.data(), group);
  header.append(bytes);
  if (at == peers_.end() || header.size() > options_.frames.header_bytes_max) return;
  ChannelTo(dest, *at->second, Channel::kMessages)
      .Send({EncodeFrameHead(FrameKind::kNote, header, 0)}, bytes.size() <= kUrgentNoteBytesMax);
}

void Peers::DeliverNote(NodeId source, std::string_view frame) {
  uint64_t group = 0;
  if (frame.size() < sizeof group) return;
  group = LoadLittle<uint64_t>(frame.data());
  frame.remove_prefix(sizeof group);
  const auto at = note_receivers_.find(group);
  if (at != note_receivers_.end()) at->second(source, frame);
}

void Peers::LoseContact(NodeId peer) {
  for (const auto& [group, receiver] : receivers_) receiver->LoseContact(peer);
}

void Peers::Deliver(Envelope envelope) {
  const auto at = receivers_.find(envelope.group);
  if (at != receivers_.end()) at->second->Receive(std::move(envelope));
}

void Peers::Accept(std::unique_ptr<Connection> connection) {
  const uint64_t number = next_incoming_++;
  incoming_[number] = std::make_unique<Incoming>(*this, number, std::move(connection));
}

void Peers::Greet(Incoming* incoming, const Hello& hello) {
  HelloReply reply = AnswerHello(hello, options_.cluster, options_.self);
  const std::string name = incoming->peer_name();
  if (options_.checks_names && reply.version != 0 && !name.empty() && name != CertificateName(hello.source)) {
    reply = {0, absl::StrCat("the certificate is of ", name, ", not of ", CertificateName(hello.source)),
             options_.self};
  }
  incoming->Write(EncodeHelloReply(reply));
  if (reply.version == 0) {
    Trouble(absl::StrCat("node ", ToString(hello.source)), absl::PermissionDeniedError(reply.reason));
    return incoming->Retire();
  }
  // The caller has made a new connection: the old one, if it still seems to be there, is dead.
  for (const auto& [number, other] : incoming_) {
    const bool replaced = other->hello().has_value() && other->hello()->source == hello.source &&
                          other->hello()->channel == hello.channel;
    if (replaced) other->Retire();
  }
  incoming->Welcome(hello);
  std::unique_ptr<Peer>& peer = peers_[hello.source];
  const bool learn = !hello.address.empty() && (peer == nullptr || (!peer->is_set && peer->address != hello.address));
  if (learn) peer = std::make_unique<Peer>(Peer{hello.address, false, {}});
  if (peer == nullptr) peers_.erase(hello.source);
}

void Peers::Drop(Incoming* incoming, const absl::Status& why) {
  const std::string whom = incoming->hello().has_value() ? absl::StrCat("node ", ToString(incoming->hello()->source))
                                                         : std::string("a connection without a hello");
  Trouble(whom, why);
  incoming->Retire();
}

void Peers::Trouble(const std::string& whom, const absl::Status& why) {
  if (observer_ != nullptr) observer_->OnTrouble(whom, why);
}

}  // namespace lockstep::runtime
