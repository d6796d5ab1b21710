#include "runtime/machine/map_machine.h"

#include <utility>

#include "runtime/little_endian.h"

namespace lockstep::runtime {
namespace {

void AppendText(std::string& out, std::string_view text) {
  AppendLittle(out, static_cast<uint32_t>(text.size()));
  out += text;
}

// Takes a text off the front of `in`; nothing if it is not all there.
bool TakeText(std::string_view& in, std::string& text) {
  if (in.size() < 4) return false;
  const auto size = LoadLittle<uint32_t>(in.data());
  if (in.size() - 4 < size) return false;
  text = in.substr(4, size);
  in.remove_prefix(4 + size);
  return true;
}

class MapSource final : public SnapshotSource {
 public:
  explicit MapSource(std::shared_ptr<const MapMachine::Map> map) : map_(std::move(map)), next_(map_->begin()) {}
  absl::StatusOr<std::string> Read(size_t bytes_wanted) override {
    std::string piece;
    for (; next_ != map_->end() && piece.size() < bytes_wanted; ++next_) {
      AppendText(piece, next_->first);
      AppendText(piece, next_->second);
    }
    return piece;
  }

 private:
  const std::shared_ptr<const MapMachine::Map> map_;
  MapMachine::Map::const_iterator next_;
};

}  // namespace

void MapMachine::Apply(std::span<const Command> commands, std::vector<std::string>& replies) {
  if (map_.use_count() > 1) map_ = std::make_shared<Map>(*map_);
  for (const Command& command : commands) {
    const size_t equals = command.bytes.find('=');
    if (equals == std::string_view::npos) {
      replies.emplace_back("?");
      continue;
    }
    const std::string_view left = command.bytes.substr(0, equals);
    const size_t colon = left.find(':');
    const std::string_view key = left.substr(0, colon);
    const auto found = map_->find(key);
    const std::string_view before = found == map_->end() ? std::string_view() : found->second;
    replies.emplace_back(before);
    if (colon != std::string_view::npos && before != left.substr(colon + 1)) continue;
    const std::string_view value = command.bytes.substr(equals + 1);
    if (found == map_->end()) {
      map_->emplace(key, value);
    } else {
      found->second = value;
    }
  }
}

absl::StatusOr<std::string> MapMachine::Lookup(std::string_view query) {
  const auto at = map_->find(query);
  if (at == map_->end()) return absl::NotFoundError("no such key");
  return at->second;
}

std::unique_ptr<SnapshotSource> MapMachine::Freeze() { return std::make_unique<MapSource>(map_); }

absl::Status MapMachine::Restore(SnapshotSource& source) {
  auto map = std::make_shared<Map>();
  std::string rest;
  while (true) {
    const auto piece = source.Read(1 << 20);
    if (!piece.ok()) return piece.status();
    if (piece->empty()) break;
    rest += *piece;
    std::string_view left = rest;
    while (true) {
      std::string_view at = left;
      std::string key;
      std::string value;
      if (!TakeText(at, key) || !TakeText(at, value)) break;
      (*map)[std::move(key)] = std::move(value);
      left = at;
    }
    rest.erase(0, rest.size() - left.size());
  }
  if (!rest.empty()) return absl::DataLossError("a map's snapshot that ends within an entry");
  map_ = std::move(map);
  return absl::OkStatus();
}

}  // namespace lockstep::runtime
