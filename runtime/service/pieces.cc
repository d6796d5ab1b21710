#include "runtime/service/pieces.h"

#include <algorithm>
#include <utility>

namespace lockstep::runtime {

void Pieces::Attach(SideChannel& channel, uint64_t start) {
  channel_ = &channel;
  start_ = start;
}

void Pieces::Send(NodeId dest, const proto::PeerMessage& message) {
  std::string whole = message.SerializeAsString();
  if (whole.size() <= kPieceBytes) return channel_->Send(dest, std::move(whole));
  ++sent_;
  for (size_t offset = 0; offset < whole.size(); offset += kPieceBytes) {
    proto::PeerMessage part;
    proto::Piece& piece = *part.mutable_piece();
    piece.set_start(start_);
    piece.set_number(sent_);
    piece.set_total(whole.size());
    piece.set_offset(offset);
    piece.set_bytes(whole.data() + offset, std::min(kPieceBytes, whole.size() - offset));
    channel_->Send(dest, part.SerializeAsString());
  }
}

bool Pieces::Take(NodeId source, const proto::Piece& piece, proto::PeerMessage* message) {
  const int64_t now = clock_.ReadMonotonic().micros;
  GiveUpOld(now);
  const std::string& bytes = piece.bytes();
  const bool fits = !bytes.empty() && piece.offset() <= piece.total() && bytes.size() <= piece.total() - piece.offset();
  if (!fits || piece.total() > kUnfinishedBytesMax) return false;
  const auto id = std::make_tuple(source, piece.start(), piece.number());
  auto at = unfinished_.find(id);
  if (at == unfinished_.end()) {
    if (piece.total() > kUnfinishedBytesMax - unfinished_bytes_) return false;
    unfinished_bytes_ += piece.total();
    at = unfinished_.emplace(id, Unfinished{std::string(piece.total(), '\0'), piece.total(), 0}).first;
  }
  Unfinished& unfinished = at->second;
  if (piece.total() != unfinished.bytes.size() || bytes.size() > unfinished.missing) return false;
  unfinished.until_micros = now + patience_micros_;
  unfinished.missing -= bytes.size();
  std::copy(bytes.begin(), bytes.end(), unfinished.bytes.begin() + static_cast<ptrdiff_t>(piece.offset()));
  if (unfinished.missing > 0) return false;
  const bool is_message = message->ParseFromString(unfinished.bytes);
  unfinished_bytes_ -= unfinished.bytes.size();
  unfinished_.erase(at);
  return is_message && !message->has_piece();
}

void Pieces::GiveUpOld(int64_t now_micros) {
  for (auto at = unfinished_.begin(); at != unfinished_.end();) {
    if (at->second.until_micros > now_micros) {
      ++at;
      continue;
    }
    unfinished_bytes_ -= at->second.bytes.size();
    at = unfinished_.erase(at);
  }
}

}  // namespace lockstep::runtime
