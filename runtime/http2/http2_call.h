// Http2Call: one stream of an HTTP/2 connection: a gRPC call, or a request for a page.
//
// Between the session, which speaks HTTP/2, and the service: headers become metadata and a method, DATA becomes
// messages, messages become DATA and the status trailers. Services hold calls longer than connections last; `session_`
// is null from the stream's end.
#ifndef LOCKSTEP_RUNTIME_HTTP2_HTTP2_CALL_H_
#define LOCKSTEP_RUNTIME_HTTP2_HTTP2_CALL_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/http2/grpc_format.h"
#include "runtime/http2/http_options.h"
#include "runtime/rpc/rpc.h"

namespace lockstep::runtime {

class Http2Session;

class Http2Call final : public RpcCall, public HttpReply, public std::enable_shared_from_this<Http2Call> {
 public:
  Http2Call(Http2Session& session, int32_t id);
  ~Http2Call() override;

  // ---- For the service.
  const RpcMetadata& metadata() const override { return metadata_; }
  bool ended() const override { return ended_; }
  void Send(std::string message) override;
  void Finish(RpcStatus status) override;
  size_t unsent_bytes() const override { return out_.size() - out_sent_; }

  // ---- For whoever serves the page.
  void Respond(HttpResponse response) override;

  // ---- For the session, in the order of a stream's life.
  void OnHeader(std::string_view name, std::string_view value);
  // All headers are there: begins the call.
  void OnHeaders();
  void OnData(std::string_view bytes);
  void OnHalfClosed();
  // What is to be sent next; nothing at present: no value. Sets `last` with the last of it.
  std::optional<size_t> Read(char* out, size_t size, bool* last);
  void OnProgress();
  // Ends the call if its time is over.
  void OnTime(int64_t now_micros);
  // The stream is no more.
  void OnClosed();
  // Lets the service's side go: not within one of its calls.
  void Release() { stream_.reset(); }

  int32_t id() const { return id_; }
  bool is_page() const { return kind_ == Kind::kPage; }
  bool half_closed() const { return half_closed_; }
  bool has_deadline() const { return deadline_micros_ != 0; }
  const RpcStatus& status() const { return status_; }

 private:
  enum class Kind : uint8_t { kNone, kUnary, kStream, kPage };

  void BeginCall();
  void BeginPage();
  void AskForPage();
  void End(RpcStatus status);
  void Count(RpcCode code);

  Http2Session* session_;
  HttpService& service_;
  const int32_t id_;
  Kind kind_ = Kind::kNone;
  bool ended_ = false;  // To the service.
  bool headers_sent_ = false;
  bool waiting_ = false;  // Read had nothing.
  bool half_closed_ = false;
  std::string method_;
  std::string path_;
  std::string content_type_;
  RpcMetadata metadata_;
  int64_t deadline_micros_ = 0;
  HttpCounters::Method* counted_ = nullptr;
  const RpcUnary* unary_ = nullptr;
  std::unique_ptr<RpcStream> stream_;
  GrpcMessageReader reader_;
  std::string body_;  // Of the request for a page.
  std::string out_;
  size_t out_sent_ = 0;
  RpcStatus status_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_HTTP2_HTTP2_CALL_H_
