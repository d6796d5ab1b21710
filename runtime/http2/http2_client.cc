#include "runtime/http2/http2_client.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/check.h"

namespace lockstep::runtime {
namespace {

constexpr size_t kSpaceBytes = 64 << 10;
constexpr size_t kPieceBytes = 64 << 10;
constexpr size_t kUnsentBytesMax = 1 << 20;
constexpr size_t kReplyBytesMax = 1 << 30;
constexpr int64_t kDeadlineStepMicros = 20'000;
constexpr int32_t kWindowBytes = 64 << 20;

nghttp2_nv Header(std::string_view name, std::string_view value) {
  const auto bytes = [](std::string_view text) {
    return const_cast<uint8_t*>(reinterpret_cast<const uint8_t*>(text.data()));  // nghttp2 does not change them.
  };
  return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

}  // namespace

struct Http2Client::Pending {
  Done done;
  int64_t deadline_micros = 0;
  std::string out;
  size_t sent = 0;
  GrpcMessageReader reader{kReplyBytesMax};
  std::string reply;
  RpcStatus status{RpcCode::kUnavailable, "the call ended without a status"};
};

struct Http2Client::Callbacks {
  static Http2Client& Of(void* user) { return *static_cast<Http2Client*>(user); }

  static Pending* Find(void* user, int32_t id) {
    const auto at = Of(user).calls_.find(id);
    return at == Of(user).calls_.end() ? nullptr : at->second.get();
  }

  static int OnHeader(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name, size_t name_size,
                      const uint8_t* value, size_t value_size, uint8_t, void* user) {
    Pending* call = Find(user, frame->hd.stream_id);
    if (call == nullptr) return 0;
    const std::string_view key(reinterpret_cast<const char*>(name), name_size);
    const std::string_view text(reinterpret_cast<const char*>(value), value_size);
    if (key == "grpc-message") call->status.text = PercentDecode(text);
    if (key != "grpc-status") return 0;
    int code = 0;
    std::from_chars(text.data(), text.data() + text.size(), code);
    const bool known = code >= 0 && code <= static_cast<int>(RpcCode::kUnauthenticated);
    call->status.code = known ? static_cast<RpcCode>(code) : RpcCode::kUnknown;
    if (call->status.ok()) call->status.text.clear();
    return 0;
  }

  static int OnData(nghttp2_session*, uint8_t, int32_t id, const uint8_t* data, size_t size, void* user) {
    Pending* call = Find(user, id);
    if (call == nullptr) return 0;
    const RpcStatus read =
        call->reader.Add({reinterpret_cast<const char*>(data), size}, [call](std::string_view message) {
          call->reply = message;
          return true;
        });
    if (!read.ok()) call->status = read;
    return 0;
  }

  static int OnStreamClosed(nghttp2_session*, int32_t id, uint32_t, void* user) {
    auto node = Of(user).calls_.extract(id);
    if (node.empty()) return 0;
    const RpcStatus status = node.mapped()->status;
    Of(user).End(std::move(node.mapped()), status);
    return 0;
  }

  static ssize_t Read(nghttp2_session*, int32_t id, uint8_t* out, size_t size, uint32_t* flags, nghttp2_data_source*,
                      void* user) {
    Pending* call = Find(user, id);
    if (call == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    const size_t count = std::min(size, call->out.size() - call->sent);
    std::memcpy(out, call->out.data() + call->sent, count);
    call->sent += count;
    if (call->sent == call->out.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(count);
  }

  static const nghttp2_session_callbacks* Table() {
    static const nghttp2_session_callbacks* const table = [] {
      nghttp2_session_callbacks* made = nullptr;
      LOCKSTEP_CHECK(nghttp2_session_callbacks_new(&made) == 0);
      nghttp2_session_callbacks_set_on_header_callback(made, OnHeader);
      nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, OnData);
      nghttp2_session_callbacks_set_on_stream_close_callback(made, OnStreamClosed);
      return made;
    }();
    return table;
  }
};

Http2Client::Http2Client(const Clock& clock, Scheduler& scheduler, Network& network, std::string address)
    : clock_(clock),
      scheduler_(scheduler),
      network_(network),
      address_(std::move(address)),
      space_(kSpaceBytes),
      deadline_timer_(scheduler) {}

Http2Client::~Http2Client() {
  *alive_ = false;
  nghttp2_session_del(session_);
}

void Http2Client::Connect() {
  LOCKSTEP_CHECK(nghttp2_session_client_new(&session_, Callbacks::Table(), this) == 0);
  const std::array<nghttp2_settings_entry, 2> settings = {
      nghttp2_settings_entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kWindowBytes},
      nghttp2_settings_entry{NGHTTP2_SETTINGS_ENABLE_PUSH, 0}};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kWindowBytes);
  connection_ = network_.Connect(address_, *this);
}

void Http2Client::Call(std::string_view method, std::string_view message, int64_t timeout_micros, Done done) {
  if (session_ == nullptr) Connect();
  auto call = std::make_unique<Pending>();
  call->done = std::move(done);
  call->deadline_micros = clock_.ReadMonotonic().micros + timeout_micros;
  AppendGrpcMessage(message, call->out);
  const std::string timeout = absl::StrCat(std::max<int64_t>(1, timeout_micros / 1000), "m");
  const std::array<nghttp2_nv, 7> headers = {Header(":method", "POST"),      Header(":scheme", "http"),
                                             Header(":path", method),        Header(":authority", address_),
                                             Header("te", "trailers"),       Header("content-type", "application/grpc"),
                                             Header("grpc-timeout", timeout)};
  nghttp2_data_provider body{{.ptr = nullptr}, Callbacks::Read};
  const int32_t id = nghttp2_submit_request(session_, nullptr, headers.data(), headers.size(), &body, nullptr);
  if (id < 0) {
    // No stream is left on this connection: the next call makes another.
    scheduler_.RunAfter(0, [this, alive = alive_, kept = std::shared_ptr<Pending>(std::move(call))] {
      kept->done({RpcCode::kUnavailable, "the connection is used up"}, "");
      if (*alive) Reset(absl::UnavailableError("the connection is used up"));
    });
    return;
  }
  calls_[id] = std::move(call);
  if (!deadline_timer_.is_set()) deadline_timer_.Set(kDeadlineStepMicros, [this] { CheckDeadlines(); });
  SendSoon();
}

void Http2Client::SendSoon() {
  if (send_scheduled_) return;
  send_scheduled_ = true;
  scheduler_.RunAfter(0, [this, alive = alive_] {
    if (!*alive) return;
    send_scheduled_ = false;
    Send();
  });
}

void Http2Client::Send() {
  while (session_ != nullptr && connection_->unsent_bytes() < kUnsentBytesMax) {
    std::string out;
    const uint8_t* data = nullptr;
    while (out.size() < kPieceBytes) {
      const ssize_t size = nghttp2_session_mem_send(session_, &data);
      if (size <= 0) break;
      out.append(reinterpret_cast<const char*>(data), static_cast<size_t>(size));
    }
    if (out.empty()) break;
    std::vector<SharedBytes> parts;
    parts.emplace_back(std::move(out));
    connection_->Write(std::move(parts));
  }
}

void Http2Client::OnBytes(size_t count) {
  if (session_ == nullptr) return;
  const ssize_t taken = nghttp2_session_mem_recv(session_, reinterpret_cast<const uint8_t*>(space_.data()), count);
  if (taken < 0) return OnClosed(absl::InternalError(nghttp2_strerror(static_cast<int>(taken))));
  if (nghttp2_session_want_read(session_) == 0) return OnClosed(absl::UnavailableError("the server has gone away"));
  SendSoon();
}

// Within a call of the connection, which therefore lasts until the turn's end.
void Http2Client::OnClosed(const absl::Status& why) {
  scheduler_.RunAfter(0, [this, alive = alive_, why] {
    if (*alive) Reset(why);
  });
}

void Http2Client::Reset(const absl::Status& why) {
  connection_.reset();
  nghttp2_session_del(std::exchange(session_, nullptr));
  const RpcStatus status{RpcCode::kUnavailable, absl::StrCat(address_, ": ", std::string(why.message()))};
  for (auto& [id, call] : std::exchange(calls_, {})) End(std::move(call), status);
}

// Tells the caller, not within what brought the end about.
void Http2Client::End(std::unique_ptr<Pending> call, const RpcStatus& status) {
  scheduler_.RunAfter(0, [alive = alive_, kept = std::shared_ptr<Pending>(std::move(call)), status] {
    if (*alive) kept->done(status, status.ok() ? std::move(kept->reply) : "");
  });
}

void Http2Client::CheckDeadlines() {
  const int64_t now = clock_.ReadMonotonic().micros;
  for (auto at = calls_.begin(); at != calls_.end();) {
    if (at->second->deadline_micros > now) {
      ++at;
      continue;
    }
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, at->first, NGHTTP2_CANCEL);
    End(std::move(at->second), {RpcCode::kDeadlineExceeded, "context deadline exceeded"});
    at = calls_.erase(at);
    SendSoon();
  }
  if (!calls_.empty()) deadline_timer_.Set(kDeadlineStepMicros, [this] { CheckDeadlines(); });
}

}  // namespace lockstep::runtime
