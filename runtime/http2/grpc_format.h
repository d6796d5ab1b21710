// The small pieces of gRPC's wire format: message prefixes, timeouts, status texts.
#ifndef LOCKSTEP_RUNTIME_HTTP2_GRPC_FORMAT_H_
#define LOCKSTEP_RUNTIME_HTTP2_GRPC_FORMAT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/rpc/rpc.h"

namespace lockstep::runtime {

// Before each message: a byte that says whether it is compressed, and its length, most significant byte first.
inline constexpr size_t kGrpcPrefixBytes = 5;

void AppendGrpcMessage(std::string_view message, std::string& out);

// "100m" and the like in microseconds, rounded up; nothing if it is no timeout.
std::optional<int64_t> ParseGrpcTimeout(std::string_view text);

// A status text as a header may carry it: what is not printable ASCII, and '%', as %XX.
std::string PercentEncode(std::string_view text);
// The text again. What is no such encoding stays as it is.
std::string PercentDecode(std::string_view text);

// Cuts a call's bytes into messages.
class GrpcMessageReader {
 public:
  explicit GrpcMessageReader(size_t message_bytes_max) : message_bytes_max_(message_bytes_max) {}

  // Hands each message that ends within `bytes` to `take`, while that returns true. Messages last as long as the call.
  // Returns how the call has to end if the bytes cannot be understood; after that, this object is of no more use.
  template <typename Take>
  RpcStatus Add(std::string_view bytes, const Take& take) {
    if (!kept_.empty()) {
      kept_.append(bytes);
      bytes = kept_;
    }
    while (bytes.size() >= kGrpcPrefixBytes) {
      size_t size = 0;
      RpcStatus status = ReadPrefix(bytes, size);
      if (!status.ok()) return status;
      if (bytes.size() - kGrpcPrefixBytes < size) break;
      const bool more = take(bytes.substr(kGrpcPrefixBytes, size));
      bytes.remove_prefix(kGrpcPrefixBytes + size);
      if (!more) break;
    }
    Keep(bytes);
    return {};
  }
  // Whether a message has begun and not ended.
  bool within_message() const { return !kept_.empty(); }

 private:
  RpcStatus ReadPrefix(std::string_view bytes, size_t& size) const;
  void Keep(std::string_view rest);

  const size_t message_bytes_max_;
  std::string kept_;  // The beginning of a message.
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_HTTP2_GRPC_FORMAT_H_
