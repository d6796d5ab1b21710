#include "runtime/http2/http2_session.h"

#include <nghttp2/nghttp2.h>

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/check.h"

namespace lockstep::runtime {
namespace {

constexpr int64_t kDeadlineStepMicros = 20'000;
constexpr int32_t kStreamWindowBytes = 1 << 20;
constexpr int32_t kConnectionWindowBytes = 16 << 20;

uint8_t* Bytes(std::string_view text) {
  // nghttp2 does not change them.
  return const_cast<uint8_t*>(reinterpret_cast<const uint8_t*>(text.data()));
}

// A header whose name and value outlive the call that submits it.
nghttp2_nv Fixed(std::string_view name, std::string_view value) {
  return {Bytes(name), Bytes(value), name.size(), value.size(),
          NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE};
}

nghttp2_nv Varying(std::string_view name, std::string_view value) {
  return {Bytes(name), Bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NO_COPY_NAME};
}

constexpr std::array<std::string_view, 17> kCodes = {"0", "1",  "2",  "3",  "4",  "5",  "6",  "7", "8",
                                                     "9", "10", "11", "12", "13", "14", "15", "16"};

const nghttp2_nv kOk = Fixed(":status", "200");
const nghttp2_nv kGrpc = Fixed("content-type", "application/grpc");

nghttp2_nv CodeHeader(const RpcStatus& status) {
  return Fixed("grpc-status", kCodes[static_cast<size_t>(status.code)]);
}

}  // namespace

// nghttp2's callbacks, as one type, so that they are this class's own.
struct Http2Session::Callbacks {
  static Http2Session& Of(void* user) { return *static_cast<Http2Session*>(user); }

  static int OnBeginHeaders(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    Http2Session& self = Of(user);
    auto call = std::make_shared<Http2Call>(self, frame->hd.stream_id);
    nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, call.get());
    self.calls_.emplace_hint(self.calls_.end(), frame->hd.stream_id, std::move(call));
    return 0;
  }

  static int OnHeader(nghttp2_session* session, const nghttp2_frame* frame, const uint8_t* name, size_t name_size,
                      const uint8_t* value, size_t value_size, uint8_t, void*) {
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    if (Http2Call* call = Find(session, frame->hd.stream_id)) {
      call->OnHeader({reinterpret_cast<const char*>(name), name_size},
                     {reinterpret_cast<const char*>(value), value_size});
    }
    return 0;
  }

  static int OnData(nghttp2_session* session, uint8_t, int32_t id, const uint8_t* data, size_t size, void*) {
    if (Http2Call* call = Find(session, id)) call->OnData({reinterpret_cast<const char*>(data), size});
    return 0;
  }

  static int OnFrame(nghttp2_session* session, const nghttp2_frame* frame, void*) {
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
    Http2Call* call = Find(session, frame->hd.stream_id);
    if (call == nullptr) return 0;
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST) call->OnHeaders();
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) call->OnHalfClosed();
    return 0;
  }

  // The answer is complete and the client has more to say: nobody would listen. [RFC 9113, 8.1]
  static int OnFrameSent(nghttp2_session* session, const nghttp2_frame* frame, void*) {
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
    const Http2Call* call = Find(session, frame->hd.stream_id);
    if (call != nullptr && !call->half_closed()) {
      nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_NO_ERROR);
    }
    return 0;
  }

  static int OnStreamClosed(nghttp2_session*, int32_t id, uint32_t, void* user) {
    Http2Session& self = Of(user);
    auto node = self.calls_.extract(id);
    if (node.empty()) return 0;
    node.mapped()->OnClosed();
    self.closed_.push_back(std::move(node.mapped()));
    self.WantSend();
    return 0;
  }

  static ssize_t Read(nghttp2_session* session, int32_t, uint8_t* out, size_t size, uint32_t* flags,
                      nghttp2_data_source* source, void* user) {
    auto& call = *static_cast<Http2Call*>(source->ptr);
    bool last = false;
    const auto count = call.Read(reinterpret_cast<char*>(out), size, &last);
    if (!count.has_value()) return NGHTTP2_ERR_DEFERRED;
    if (!last) {
      if (call.unsent_bytes() == 0) Of(user).progressed_.push_back(call.shared_from_this());
      return static_cast<ssize_t>(*count);
    }
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (call.is_page()) return static_cast<ssize_t>(*count);
    *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
    const std::string text = PercentEncode(call.status().text);
    const std::array<nghttp2_nv, 2> trailer = {CodeHeader(call.status()), Varying("grpc-message", text)};
    nghttp2_submit_trailer(session, call.id(), trailer.data(), call.status().text.empty() ? 1 : 2);
    return static_cast<ssize_t>(*count);
  }

  static Http2Call* Find(nghttp2_session* session, int32_t id) {
    return static_cast<Http2Call*>(nghttp2_session_get_stream_user_data(session, id));
  }

  // Made once, as the table: they are the same for all sessions.
  static const nghttp2_option* Options() {
    static const nghttp2_option* const options = [] {
      nghttp2_option* made = nullptr;
      LOCKSTEP_CHECK(nghttp2_option_new(&made) == 0);
      // Go's clients name a server by its whole URL, which is no :authority by the letter. What headers mean is judged
      // in Http2Call.
      nghttp2_option_set_no_http_messaging(made, 1);
      return made;
    }();
    return options;
  }

  static const nghttp2_session_callbacks* Table() {
    static const nghttp2_session_callbacks* const table = [] {
      nghttp2_session_callbacks* made = nullptr;
      LOCKSTEP_CHECK(nghttp2_session_callbacks_new(&made) == 0);
      nghttp2_session_callbacks_set_on_begin_headers_callback(made, OnBeginHeaders);
      nghttp2_session_callbacks_set_on_header_callback(made, OnHeader);
      nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, OnData);
      nghttp2_session_callbacks_set_on_frame_recv_callback(made, OnFrame);
      nghttp2_session_callbacks_set_on_frame_send_callback(made, OnFrameSent);
      nghttp2_session_callbacks_set_on_stream_close_callback(made, OnStreamClosed);
      return made;
    }();
    return table;
  }
};

Http2Session::Http2Session(HttpService& service, std::string peer_address, std::string peer_name,
                           std::function<void()> wants_send)
    : service_(service),
      peer_address_(std::move(peer_address)),
      peer_name_(std::move(peer_name)),
      wants_send_(std::move(wants_send)),
      deadline_timer_(service.scheduler) {
  LOCKSTEP_CHECK(nghttp2_session_server_new2(&session_, Callbacks::Table(), this, Callbacks::Options()) == 0);
  // Without the old priorities streams take turns, and cost less.
  const std::array<nghttp2_settings_entry, 4> settings = {
      nghttp2_settings_entry{NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
      nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, service.options.calls_max},
      nghttp2_settings_entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindowBytes},
      nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, 64 << 10}};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kConnectionWindowBytes);
  WantSend();
}

Http2Session::~Http2Session() {
  const auto calls = std::move(calls_);
  for (const auto& [id, call] : calls) {
    call->OnClosed();
    call->Release();
  }
  for (const auto& call : closed_) call->Release();
  nghttp2_session_del(session_);
}

absl::Status Http2Session::Receive(std::string_view bytes) {
  const ssize_t taken = nghttp2_session_mem_recv(session_, Bytes(bytes), bytes.size());
  WantSend();
  if (taken >= 0) return absl::OkStatus();
  nghttp2_session_terminate_session(session_, NGHTTP2_PROTOCOL_ERROR);
  return absl::InvalidArgumentError(absl::StrCat("HTTP/2: ", nghttp2_strerror(static_cast<int>(taken))));
}

void Http2Session::Produce(size_t bytes_max, std::string& out) {
  asked_ = false;
  while (out.size() < bytes_max) {
    const uint8_t* data = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &data);
    if (size <= 0) break;
    out.append(reinterpret_cast<const char*>(data), static_cast<size_t>(size));
  }
  for (const auto& call : std::exchange(progressed_, {})) call->OnProgress();
  for (const auto& call : std::exchange(closed_, {})) call->Release();
}

bool Http2Session::done() const {
  return nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0;
}

void Http2Session::Shutdown() {
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(session_),
                        NGHTTP2_NO_ERROR, nullptr, 0);
  WantSend();
}

void Http2Session::SendPing() {
  nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr);
  WantSend();
}

void Http2Session::SendHeaders(Http2Call& call) {
  const std::array<nghttp2_nv, 2> headers = {kOk, kGrpc};
  nghttp2_data_provider body{{.ptr = &call}, Callbacks::Read};
  nghttp2_submit_response(session_, call.id(), headers.data(), headers.size(), &body);
  WantSend();
}

void Http2Session::SendStatusOnly(Http2Call& call) {
  const std::string text = PercentEncode(call.status().text);
  const std::array<nghttp2_nv, 4> headers = {kOk, kGrpc, CodeHeader(call.status()), Varying("grpc-message", text)};
  nghttp2_submit_response(session_, call.id(), headers.data(), text.empty() ? 3 : 4, nullptr);
  WantSend();
}

void Http2Session::SendPageHeaders(Http2Call& call, const HttpResponse& response) {
  const std::string status = std::to_string(response.status);
  const std::string length = std::to_string(response.body.size());
  const std::array<nghttp2_nv, 3> headers = {Varying(":status", status), Varying("content-type", response.content_type),
                                             Varying("content-length", length)};
  nghttp2_data_provider body{{.ptr = &call}, Callbacks::Read};
  const bool has_body = call.unsent_bytes() > 0 || response.more;
  // The length is the last of them, and not known of a body that comes in pieces.
  nghttp2_submit_response(session_, call.id(), headers.data(), headers.size() - (response.more ? 1 : 0),
                          has_body ? &body : nullptr);
  WantSend();
}

void Http2Session::Resume(Http2Call& call) {
  nghttp2_session_resume_data(session_, call.id());
  WantSend();
}

void Http2Session::WatchDeadlines() {
  if (!deadline_timer_.is_set()) deadline_timer_.Set(kDeadlineStepMicros, [this] { CheckDeadlines(); });
}

void Http2Session::CheckDeadlines() {
  const int64_t now = service_.clock.ReadMonotonic().micros;
  bool more = false;
  for (const auto& [id, call] : calls_) {
    call->OnTime(now);
    more = more || (call->has_deadline() && !call->ended());
  }
  if (more) WatchDeadlines();
}

void Http2Session::WantSend() {
  if (asked_) return;
  asked_ = true;
  wants_send_();
}

}  // namespace lockstep::runtime
