#include "runtime/peers/outgoing.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace lockstep::runtime {

Outgoing::Outgoing(Scheduler& scheduler, Entropy& entropy, Network& network, std::string address,
                   OutgoingOptions options, Told told)
    : entropy_(entropy),
      network_(network),
      address_(std::move(address)),
      options_(std::move(options)),
      told_(std::move(told)),
      reader_(options_.frames),
      reconnect_micros_(options_.reconnect_min_micros),
      timer_(scheduler) {}

Outgoing::~Outgoing() = default;

void Outgoing::Send(std::vector<SharedBytes> frame, bool urgent) {
  Queued queued{std::move(frame), 0};
  for (const SharedBytes& part : queued.parts) queued.bytes += part.size();
  if (queued_bytes_ > 0 && queued_bytes_ + queued.bytes > options_.send_bytes_max) {
    told_.lost(absl::ResourceExhaustedError(
        absl::StrCat(queued_bytes_, " bytes wait to be sent, ", options_.send_bytes_max, " may: dropped")));
    return;
  }
  queued_bytes_ += queued.bytes;
  (urgent ? urgent_ : others_).push_back(std::move(queued));
  if (stage_ == Stage::kUp) return Pump();
  if (stage_ == Stage::kIdle && !timer_.is_set()) Connect();
}

void Outgoing::Connect() {
  stage_ = Stage::kConnecting;
  reader_ = FrameReader(options_.frames);
  connection_ = network_.Connect(address_, *this);
  timer_.Set(options_.hello_timeout_micros,
             [this] { End(absl::DeadlineExceededError("no connection within the time allowed")); });
}

void Outgoing::OnConnected() {
  if (connection_ == nullptr) return;
  stage_ = Stage::kGreeting;
  connection_->Write({EncodeHello(options_.hello)});
}

void Outgoing::OnBytes(size_t count) {
  reader_.Filled(count);
  while (connection_ != nullptr) {
    const auto frame = reader_.Next();
    if (!frame.ok()) return End(frame.status());
    if (!frame->has_value()) return;
    if (stage_ != Stage::kGreeting) return End(absl::InvalidArgumentError("the peer speaks out of its turn"));
    TakeReply(**frame);
  }
}

void Outgoing::TakeReply(const Frame& frame) {
  const auto reply = DecodeHelloReply(frame);
  if (!reply.ok()) return End(reply.status());
  if (reply->version == 0) return End(absl::PermissionDeniedError(reply->reason));
  if (reply->version < kProtocolVersionMin || reply->version > kProtocolVersionMax) {
    return End(absl::InvalidArgumentError(absl::StrCat("the peer chose version ", reply->version)));
  }
  timer_.Stop();
  stage_ = Stage::kUp;
  reconnect_micros_ = options_.reconnect_min_micros;
  told_.connected();
  Pump();
}

// Hands frames on, as long as little enough lies with the connection that an urgent one need not wait for it.
void Outgoing::Pump() {
  while (stage_ == Stage::kUp && connection_->unsent_bytes() < options_.unsent_bytes_max) {
    std::deque<Queued>& from = urgent_.empty() ? others_ : urgent_;
    if (from.empty()) return;
    Queued next = std::move(from.front());
    from.pop_front();
    queued_bytes_ -= next.bytes;
    connection_->Write(std::move(next.parts));
  }
}

void Outgoing::End(const absl::Status& why) {
  if (connection_ == nullptr) return;
  const bool was_up = stage_ == Stage::kUp;
  stage_ = Stage::kIdle;
  // This may be a call of the connection itself.
  ended_ = std::move(connection_);
  // What waits is old by the time of the next connection.
  const bool dropped = queued_bytes_ > 0;
  urgent_.clear();
  others_.clear();
  queued_bytes_ = 0;
  const int64_t delay = entropy_.DrawBetween(reconnect_micros_ / 2, reconnect_micros_);
  reconnect_micros_ = std::min(2 * reconnect_micros_, options_.reconnect_max_micros);
  timer_.Set(delay, [this] {
    ended_.reset();
    if (queued_bytes_ > 0) Connect();
  });
  told_.trouble(why);
  if (was_up || dropped) told_.lost(why);
}

}  // namespace lockstep::runtime
