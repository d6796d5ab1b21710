// Pieces: messages of any size over a side channel that takes no long ones.
//
// A long message goes as pieces and is put together again where it arrives, in whatever order its pieces come; of one
// that has lost a piece nothing arrives. What is put together is bounded in size, and given up after a while.
#ifndef LOCKSTEP_RUNTIME_SERVICE_PIECES_H_
#define LOCKSTEP_RUNTIME_SERVICE_PIECES_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <tuple>

#include "runtime/clock.h"
#include "runtime/service/peer_request.pb.h"
#include "runtime/service/replica.h"

namespace lockstep::runtime {

class Pieces {
 public:
  static constexpr size_t kPieceBytes = 1 << 20;
  static constexpr uint64_t kUnfinishedBytesMax = 1 << 30;  // Of all that is being put together.

  // Unfinished messages are given up after `patience_micros`.
  Pieces(Clock& clock, int64_t patience_micros) : clock_(clock), patience_micros_(patience_micros) {}

  // `start` is drawn anew at each start of this node.
  void Attach(SideChannel& channel, uint64_t start);
  void Send(NodeId dest, const proto::PeerMessage& message);
  // Takes a piece in; true: `message` is now whole.
  bool Take(NodeId source, const proto::Piece& piece, proto::PeerMessage* message);

  uint64_t unfinished_bytes() const { return unfinished_bytes_; }

 private:
  struct Unfinished {
    std::string bytes;
    uint64_t missing = 0;
    int64_t until_micros = 0;
  };
  void GiveUpOld(int64_t now_micros);

  Clock& clock_;
  const int64_t patience_micros_;
  SideChannel* channel_ = nullptr;
  uint64_t start_ = 0;
  uint64_t sent_ = 0;
  std::map<std::tuple<NodeId, uint64_t, uint64_t>, Unfinished> unfinished_;  // By source, start, number.
  uint64_t unfinished_bytes_ = 0;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_SERVICE_PIECES_H_
