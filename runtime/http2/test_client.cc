#include "runtime/http2/test_client.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstring>

#include "core/check.h"
#include "runtime/http2/grpc_format.h"

namespace lockstep::runtime {

struct TestPipe::State {
  ConnectionHandler* handler = nullptr;
  std::string to_client;
  std::string waiting;
  bool taking = true;
  bool closed = false;
};

class TestPipe::End final : public Connection {
 public:
  explicit End(std::shared_ptr<State> state) : state_(std::move(state)) {}
  ~End() override {
    state_->closed = true;
    state_->handler = nullptr;
  }
  void SetHandler(ConnectionHandler& handler) override { state_->handler = &handler; }
  void Write(std::vector<SharedBytes> parts) override {
    for (const SharedBytes& part : parts) (state_->taking ? state_->to_client : state_->waiting).append(part.view());
  }
  size_t unsent_bytes() const override { return state_->waiting.size(); }
  std::string peer_name() const override { return "tester"; }

 private:
  const std::shared_ptr<State> state_;
};

TestPipe::TestPipe(HttpServer& server) : state_(std::make_shared<State>()) {
  server.Accept(std::make_unique<End>(state_));
}

TestPipe::~TestPipe() = default;

void TestPipe::Write(std::string_view bytes) {
  while (!bytes.empty() && state_->handler != nullptr) {
    const std::span<char> space = state_->handler->SpaceForBytes();
    const size_t count = std::min(space.size(), bytes.size());
    std::memcpy(space.data(), bytes.data(), count);
    state_->handler->OnBytes(count);
    bytes.remove_prefix(count);
  }
}

std::string TestPipe::Read() { return std::exchange(state_->to_client, {}); }

bool TestPipe::closed() const { return state_->closed; }

void TestPipe::Close() {
  if (state_->handler != nullptr) state_->handler->OnClosed(absl::UnavailableError("closed by the test"));
}

void TestPipe::SetTaking(bool taking) {
  state_->taking = taking;
  if (!taking) return;
  state_->to_client += std::exchange(state_->waiting, {});
  if (state_->handler != nullptr) state_->handler->OnProgress();
}

struct TestClient::Body {
  std::string bytes;
  bool last = false;
  bool deferred = false;
};

struct TestClient::Callbacks {
  static TestClient& Of(void* user) { return *static_cast<TestClient*>(user); }

  static int OnHeader(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name, size_t name_size,
                      const uint8_t* value, size_t value_size, uint8_t, void* user) {
    Result& result = Of(user).results_[frame->hd.stream_id];
    auto& where = frame->headers.cat == NGHTTP2_HCAT_RESPONSE ? result.headers : result.trailers;
    where[std::string(reinterpret_cast<const char*>(name), name_size)] =
        std::string(reinterpret_cast<const char*>(value), value_size);
    return 0;
  }
  static int OnData(nghttp2_session*, uint8_t, int32_t id, const uint8_t* data, size_t size, void* user) {
    Of(user).results_[id].body.append(reinterpret_cast<const char*>(data), size);
    return 0;
  }
  static int OnFrame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    if (frame->hd.type == NGHTTP2_GOAWAY) Of(user).went_away_ = true;
    if (frame->hd.type == NGHTTP2_PING && (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0) ++Of(user).pongs_;
    return 0;
  }
  static int OnClosed(nghttp2_session*, int32_t id, uint32_t error, void* user) {
    Of(user).results_[id].closed = true;
    Of(user).results_[id].error = error;
    return 0;
  }
  static ssize_t Read(nghttp2_session*, int32_t, uint8_t* out, size_t size, uint32_t* flags,
                      nghttp2_data_source* source, void*) {
    auto& body = *static_cast<Body*>(source->ptr);
    const size_t count = std::min(size, body.bytes.size());
    std::memcpy(out, body.bytes.data(), count);
    body.bytes.erase(0, count);
    if (body.bytes.empty() && body.last) *flags |= NGHTTP2_DATA_FLAG_EOF;
    body.deferred = count == 0 && !body.last;
    return body.deferred ? static_cast<ssize_t>(NGHTTP2_ERR_DEFERRED) : static_cast<ssize_t>(count);
  }
};

TestClient::TestClient(HttpServer& server) : pipe_(server) {
  nghttp2_session_callbacks* callbacks = nullptr;
  LOCKSTEP_CHECK(nghttp2_session_callbacks_new(&callbacks) == 0);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::OnHeader);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::OnData);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Callbacks::OnFrame);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Callbacks::OnClosed);
  LOCKSTEP_CHECK(nghttp2_session_client_new(&session_, callbacks, this) == 0);
  nghttp2_session_callbacks_del(callbacks);
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, nullptr, 0);
}

TestClient::~TestClient() { nghttp2_session_del(session_); }

int32_t TestClient::Call(const std::string& method, const std::string& message, const Headers& more) {
  Headers headers = {{":method", "POST"},
                     {":scheme", "http"},
                     {":path", method},
                     {":authority", "localhost:2379"},
                     {"content-type", "application/grpc"},
                     {"te", "trailers"}};
  headers.insert(headers.end(), more.begin(), more.end());
  return Begin(headers, GrpcMessage(message), true);
}

int32_t TestClient::Begin(const Headers& headers, const std::string& body, bool half_close) {
  std::vector<nghttp2_nv> names;
  for (const auto& [name, value] : headers) {
    names.push_back({reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
                     reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
                     NGHTTP2_NV_FLAG_NONE});
  }
  auto kept = std::make_unique<Body>(Body{body, half_close});
  nghttp2_data_provider provider{{.ptr = kept.get()}, Callbacks::Read};
  const bool empty = body.empty() && half_close;
  const int32_t id =
      nghttp2_submit_request(session_, nullptr, names.data(), names.size(), empty ? nullptr : &provider, nullptr);
  LOCKSTEP_CHECK(id > 0);
  bodies_[id] = std::move(kept);
  return id;
}

void TestClient::Write(int32_t call, const std::string& bytes, bool half_close) {
  Body& body = *bodies_[call];
  body.bytes += bytes;
  body.last = half_close;
  if (std::exchange(body.deferred, false)) nghttp2_session_resume_data(session_, call);
}

void TestClient::Reset(int32_t call) { nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, call, NGHTTP2_CANCEL); }

void TestClient::Ping() { nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr); }

bool TestClient::Exchange() {
  bool any = false;
  const uint8_t* data = nullptr;
  while (const ssize_t size = nghttp2_session_mem_send(session_, &data)) {
    LOCKSTEP_CHECK(size > 0);
    any = true;
    pipe_.Write({reinterpret_cast<const char*>(data), static_cast<size_t>(size)});
  }
  const std::string bytes = pipe_.Read();
  const ssize_t taken =
      nghttp2_session_mem_recv(session_, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  LOCKSTEP_CHECK(taken == static_cast<ssize_t>(bytes.size()));
  return any || taken > 0;
}

std::string GrpcMessage(std::string_view message) {
  std::string bytes;
  AppendGrpcMessage(message, bytes);
  return bytes;
}

}  // namespace lockstep::runtime
