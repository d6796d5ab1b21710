#include "runtime/http2/http_get.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace lockstep::runtime {
namespace {

constexpr size_t kResponseBytesMax = 16 << 20;

}  // namespace

HttpGet::HttpGet(Scheduler& scheduler, Network& network, const std::string& address, const std::string& path,
                 int64_t timeout_micros, Done done)
    : scheduler_(scheduler), address_(address), path_(path), done_(std::move(done)) {
  connection_ = network.Connect(address, *this);
  scheduler_.RunAfter(timeout_micros, [this, alive = alive_] {
    if (*alive) End(absl::DeadlineExceededError(absl::StrCat(address_, ": no answer within the time allowed")));
  });
}

void HttpGet::OnConnected() {
  std::vector<SharedBytes> request;
  request.emplace_back(absl::StrCat("GET ", path_, " HTTP/1.1\r\nHost: ", address_, "\r\nConnection: close\r\n\r\n"));
  connection_->Write(std::move(request));
}

void HttpGet::OnBytes(size_t count) {
  received_.append(space_.data(), count);
  if (received_.size() > kResponseBytesMax) OnClosed(absl::ResourceExhaustedError("the answer has no end"));
}

// The answer is complete when the connection ends: that was asked for.
void HttpGet::OnClosed(const absl::Status& why) {
  const size_t body = received_.find("\r\n\r\n");
  absl::StatusOr<std::string> result = absl::UnavailableError(absl::StrCat(address_, ": ", std::string(why.message())));
  if (body != std::string::npos) {
    const std::string line = received_.substr(0, received_.find("\r\n"));
    if (line.find(" 200 ") != std::string::npos) {
      result = received_.substr(body + 4);
    } else {
      result = absl::UnavailableError(absl::StrCat(address_, " answers: ", line));
    }
  }
  End(std::move(result));
}

void HttpGet::End(absl::StatusOr<std::string> result) {
  const Done done = std::exchange(done_, nullptr);
  if (done == nullptr) return;
  // Not within a call of the connection: the caller may end this object.
  scheduler_.RunAfter(0, [alive = alive_, done, result = std::move(result)] {
    if (*alive) done(result);
  });
}

}  // namespace lockstep::runtime
