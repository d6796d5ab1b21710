// A client of HttpServer in memory, by nghttp2: for tests of the server. It keeps what came back, call by call.
#ifndef LOCKSTEP_RUNTIME_HTTP2_TEST_CLIENT_H_
#define LOCKSTEP_RUNTIME_HTTP2_TEST_CLIENT_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/http2/http_server.h"

struct nghttp2_session;

namespace lockstep::runtime {

// The client's end of a connection whose other end is an HttpServer's.
class TestPipe {
 public:
  // Connects to `server`.
  explicit TestPipe(HttpServer& server);
  ~TestPipe();

  void Write(std::string_view bytes);
  // What the server has sent so far, taken out.
  std::string Read();
  // Whether the server has closed the connection.
  bool closed() const;
  // Closes it from here.
  void Close();
  // The network takes no bytes from the server until this is called with true again.
  void SetTaking(bool taking);

 private:
  class End;
  struct State;
  std::shared_ptr<State> state_;
};

class TestClient {
 public:
  struct Result {
    std::map<std::string, std::string> headers;
    std::map<std::string, std::string> trailers;
    std::string body;
    bool closed = false;
    uint32_t error = 0;  // HTTP/2's, of a stream that was reset.
  };
  using Headers = std::vector<std::pair<std::string, std::string>>;

  explicit TestClient(HttpServer& server);
  ~TestClient();

  // Begins a call with one message, or a piece of `body` as it is; returns its number.
  int32_t Call(const std::string& method, const std::string& message, const Headers& more = {});
  int32_t Begin(const Headers& headers, const std::string& body, bool half_close);
  void Write(int32_t call, const std::string& bytes, bool half_close);
  void Reset(int32_t call);
  // Exchanges bytes both ways; returns whether there were any.
  bool Exchange();

  const Result& result(int32_t call) { return results_[call]; }
  bool went_away() const { return went_away_; }
  int pongs() const { return pongs_; }
  void Ping();
  TestPipe& pipe() { return pipe_; }

 private:
  struct Callbacks;
  struct Body;

  TestPipe pipe_;
  nghttp2_session* session_ = nullptr;
  std::map<int32_t, Result> results_;
  std::map<int32_t, std::unique_ptr<Body>> bodies_;
  bool went_away_ = false;
  int pongs_ = 0;
};

// One message as it travels.
std::string GrpcMessage(std::string_view message);

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_HTTP2_TEST_CLIENT_H_
