#include "runtime/http2/grpc_format.h"

#include <array>

namespace lockstep::runtime {

void AppendGrpcMessage(std::string_view message, std::string& out) {
  const auto size = static_cast<uint32_t>(message.size());
  const std::array<char, kGrpcPrefixBytes> prefix = {0, static_cast<char>(size >> 24), static_cast<char>(size >> 16),
                                                     static_cast<char>(size >> 8), static_cast<char>(size)};
  out.append(prefix.data(), prefix.size());
  out.append(message);
}

std::optional<int64_t> ParseGrpcTimeout(std::string_view text) {
  if (text.size() < 2 || text.size() > 9) return std::nullopt;
  int64_t value = 0;
  for (const char digit : text.substr(0, text.size() - 1)) {
    if (digit < '0' || digit > '9') return std::nullopt;
    value = value * 10 + (digit - '0');
  }
  switch (text.back()) {
    case 'H':
      return value * 3'600'000'000;
    case 'M':
      return value * 60'000'000;
    case 'S':
      return value * 1'000'000;
    case 'm':
      return value * 1'000;
    case 'u':
      return value;
    case 'n':
      return (value + 999) / 1000;
    default:
      return std::nullopt;
  }
}

std::string PercentEncode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte <= 0x7E && c != '%') {
      out += c;
      continue;
    }
    out += '%';
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}

std::string PercentDecode(std::string_view text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
  };
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? digit(text[i + 1]) : -1;
    const int low = high >= 0 ? digit(text[i + 2]) : -1;
    if (low < 0) {
      out += text[i];
      continue;
    }
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

RpcStatus GrpcMessageReader::ReadPrefix(std::string_view bytes, size_t& size) const {
  const auto at = [bytes](size_t i) { return static_cast<uint32_t>(static_cast<unsigned char>(bytes[i])); };
  if (at(0) != 0) {
    return {RpcCode::kUnimplemented, "grpc: compressed messages are not understood here; send them as they are"};
  }
  size = at(1) << 24 | at(2) << 16 | at(3) << 8 | at(4);
  if (size <= message_bytes_max_) return {};
  return {RpcCode::kResourceExhausted, "grpc: received message larger than max (" + std::to_string(size) + " vs. " +
                                           std::to_string(message_bytes_max_) + ")"};
}

void GrpcMessageReader::Keep(std::string_view rest) {
  if (kept_.empty()) {
    kept_.assign(rest);
  } else {
    kept_.erase(0, kept_.size() - rest.size());
  }
}

}  // namespace lockstep::runtime
