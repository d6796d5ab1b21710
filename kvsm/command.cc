#include "kvsm/command.h"

#include <algorithm>

#include "kvsm/varint.h"

namespace lockstep::kvsm {
namespace {

constexpr size_t kReplyHead = 9;

}  // namespace

std::string EncodeCommand(CommandKind kind, int64_t log_millis, std::string_view body) {
  std::string bytes;
  bytes.reserve(body.size() + 11);
  bytes.push_back(static_cast<char>(kind));
  AppendVarint(bytes, static_cast<uint64_t>(std::max<int64_t>(0, log_millis)));
  bytes.append(body);
  return bytes;
}

std::optional<Command> DecodeCommand(std::string_view bytes) {
  if (bytes.empty()) return std::nullopt;
  const auto kind = static_cast<CommandKind>(bytes.front());
  if (kind < CommandKind::kPut || kind > CommandKind::kChangeMember) return std::nullopt;
  bytes.remove_prefix(1);
  uint64_t millis = 0;
  // Far beyond any clock, and far from where adding a lease's time to live could overflow.
  constexpr uint64_t kMillisMax = uint64_t{1} << 53;
  if (!TakeVarint(bytes, millis) || millis > kMillisMax) return std::nullopt;
  return Command{kind, static_cast<int64_t>(millis), bytes};
}

void EncodeReply(Error error, int64_t revision, std::string& reply) {
  reply.push_back(static_cast<char>(error));
  for (int shift = 0; shift < 64; shift += 8) {
    reply.push_back(static_cast<char>(static_cast<uint64_t>(revision) >> shift));
  }
}

std::optional<Reply> DecodeReply(std::string_view bytes) {
  if (bytes.size() < kReplyHead || static_cast<uint8_t>(bytes[0]) > static_cast<uint8_t>(Error::kDeadlineExceeded)) {
    return std::nullopt;
  }
  uint64_t revision = 0;
  for (int i = 8; i >= 1; --i) revision = revision << 8 | static_cast<unsigned char>(bytes[static_cast<size_t>(i)]);
  return Reply{static_cast<Error>(bytes[0]), static_cast<int64_t>(revision), bytes.substr(kReplyHead)};
}

}  // namespace lockstep::kvsm
