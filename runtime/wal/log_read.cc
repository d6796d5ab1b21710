// Payloads, read back from the segments.
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/check.h"
#include "runtime/wal/log.h"

namespace lockstep::runtime {
namespace {

// Payloads that lie at most this far apart are read in one go.
constexpr uint64_t kReadGapBytes = 64 << 10;

}  // namespace

std::vector<WriteAheadLog::Piece> WriteAheadLog::PiecesOf(Index first, Index last) const {
  LOCKSTEP_CHECK(index_.floor().index < first && last <= index_.last().index);
  std::vector<Piece> pieces;
  uint32_t segment = 0;
  for (Index index = first; index <= last; ++index) {
    const IndexedEntry& entry = index_.At(index);
    if (entry.meta.kind != EntryKind::kCommand) continue;
    LOCKSTEP_CHECK(!entry.outside);
    const uint64_t offset = entry.payload_at.offset;
    const bool near = !pieces.empty() && segment == entry.payload_at.segment &&
                      offset <= pieces.back().offset + pieces.back().bytes + kReadGapBytes;
    if (!near) {
      segment = entry.payload_at.segment;
      pieces.push_back({segments_.at(segment).file, PathOf(segment), offset, 0, {}});
    }
    Piece& piece = pieces.back();
    piece.items.push_back({offset - piece.offset, entry.meta.bytes, entry.payload_crc});
    piece.bytes = offset + entry.meta.bytes - piece.offset;
  }
  return pieces;
}

absl::StatusOr<std::vector<Payload>> WriteAheadLog::ReadPieces(const std::vector<Piece>& pieces) {
  std::vector<Payload> payloads;
  for (const Piece& piece : pieces) {
    std::shared_ptr<char[]> block = std::make_unique_for_overwrite<char[]>(piece.bytes);
    const auto read = piece.file->Read(piece.offset, {block.get(), piece.bytes});
    if (!read.ok()) return read.status();
    for (const Piece::Item& item : piece.items) {
      Payload payload{SharedBytes(block, block.get() + item.at, item.bytes), item.crc};
      if (item.at + item.bytes > *read || !payload.intact()) {
        return absl::DataLossError(absl::StrCat(piece.path, ", offset ", piece.offset + item.at,
                                                ": a command does not have the checksum its proposer gave it"));
      }
      payloads.push_back(std::move(payload));
    }
  }
  return payloads;
}

absl::StatusOr<std::vector<Payload>> WriteAheadLog::Read(Index first, Index last) {
  return ReadPieces(PiecesOf(first, last));
}

void WriteAheadLog::ReadInBackground(Index first, Index last, ReadDone done) {
  auto pieces = std::make_shared<std::vector<Piece>>(PiecesOf(first, last));
  auto payloads = std::make_shared<absl::StatusOr<std::vector<Payload>>>();
  files_.RunInBackground(
      [pieces, payloads] {
        *payloads = ReadPieces(*pieces);
        pieces->clear();
        return absl::OkStatus();
      },
      [alive = alive_, payloads, done = std::move(done)](const absl::Status&) {
        if (*alive) done(*std::move(payloads));
      });
}

}  // namespace lockstep::runtime
