// HttpServer: gRPC and plain HTTP for clients, on as many addresses as one likes.
//
//     network --> HttpConnection --> Http2Session --> Http2Call --> service        (gRPC)
//                               `--> Http1Session --> pages                        (curl, Prometheus)
//
// Methods, pages and limits come with the HttpService; sockets and TLS with the Network.
#ifndef LOCKSTEP_RUNTIME_HTTP2_HTTP_SERVER_H_
#define LOCKSTEP_RUNTIME_HTTP2_HTTP_SERVER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/http2/http_connection.h"
#include "runtime/http2/http_options.h"
#include "runtime/network.h"

namespace lockstep::runtime {

class HttpServer {
 public:
  // Everything outlives this object. `trouble` hears why a connection ended, if that was nobody's wish; may be empty.
  explicit HttpServer(HttpService& service, std::function<void(const absl::Status&)> trouble = nullptr);
  // Closes what is open.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Begins to listen; returns the address, with the port that was chosen. Errors: those of the address.
  absl::StatusOr<std::string> Listen(Network& network, const std::string& address);
  // Serves a connection that was accepted elsewhere.
  void Accept(std::unique_ptr<Connection> connection);

  // Takes no more connections or calls, and tells the clients.
  void Shutdown();
  size_t connections() const { return connections_.size(); }

 private:
  void SendSoon(uint64_t number);
  void KeepAlive();

  HttpService& service_;
  const std::function<void(const absl::Status&)> trouble_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::vector<char> space_;  // Where bytes arrive: they are taken at once, so all connections share it.
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::map<uint64_t, std::unique_ptr<HttpConnection>> connections_;
  uint64_t next_number_ = 1;
  bool send_scheduled_ = false;
  bool shutdown_ = false;
  std::vector<uint64_t> to_send_;
  Timer keepalive_timer_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_HTTP2_HTTP_SERVER_H_
