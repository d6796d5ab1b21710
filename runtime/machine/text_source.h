// A snapshot whose content is one text: for state machines with a small state.
#ifndef LOCKSTEP_RUNTIME_MACHINE_TEXT_SOURCE_H_
#define LOCKSTEP_RUNTIME_MACHINE_TEXT_SOURCE_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "runtime/snapshot_store.h"

namespace lockstep::runtime {

class TextSource final : public SnapshotSource {
 public:
  explicit TextSource(std::string text) : text_(std::move(text)) {}
  absl::StatusOr<std::string> Read(size_t bytes_wanted) override {
    std::string piece = text_.substr(at_, bytes_wanted);
    at_ += piece.size();
    return piece;
  }

 private:
  const std::string text_;
  size_t at_ = 0;
};

// All that is left of `source`, in memory.
inline absl::StatusOr<std::string> ReadToEnd(SnapshotSource& source) {
  std::string text;
  while (true) {
    const auto piece = source.Read(1 << 20);
    if (!piece.ok()) return piece.status();
    if (piece->empty()) return text;
    text += *piece;
  }
}

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_MACHINE_TEXT_SOURCE_H_
