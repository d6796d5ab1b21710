// HttpGet: one page of another server's, by HTTP/1.1.
#ifndef LOCKSTEP_RUNTIME_HTTP2_HTTP_GET_H_
#define LOCKSTEP_RUNTIME_HTTP2_HTTP_GET_H_

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "runtime/clock.h"
#include "runtime/network.h"

namespace lockstep::runtime {

class HttpGet final : private ConnectionHandler {
 public:
  // The body of a response of status 200. Errors: Unavailable, DeadlineExceeded.
  using Done = std::function<void(absl::StatusOr<std::string>)>;

  // Asks `address` for `path`. `done` hears of the end, later and once; ending this object before is the end of it.
  HttpGet(Scheduler& scheduler, Network& network, const std::string& address, const std::string& path,
          int64_t timeout_micros, Done done);
  ~HttpGet() override { *alive_ = false; }

 private:
  void OnConnected() override;
  std::span<char> SpaceForBytes() override { return space_; }
  void OnBytes(size_t count) override;
  void OnProgress() override {}
  void OnClosed(const absl::Status& why) override;
  void End(absl::StatusOr<std::string> result);

  Scheduler& scheduler_;
  const std::string address_;
  const std::string path_;
  Done done_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::unique_ptr<Connection> connection_;
  std::array<char, 16384> space_{};
  std::string received_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_HTTP2_HTTP_GET_H_
