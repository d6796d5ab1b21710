// VersionReader: every version that a state keeps, piece by piece, while later commands are applied.
//
// First the base, by key: what was there at the compacted revision and has not changed since; then the changes from
// that revision on, in their order. Reading them in this order and putting them back gives the same state. Nothing is
// copied beforehand: the engine keeps what the reader has yet to see.
#ifndef LOCKSTEP_KVSM_VERSION_READER_H_
#define LOCKSTEP_KVSM_VERSION_READER_H_

#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "kvsm/engine.h"
#include "kvsm/machine.h"

namespace lockstep::kvsm {

class VersionReader {
 public:
  // Of the state as it is now, or as it was at `last`. Requires: compact_revision() <= last <= revision().
  VersionReader(std::shared_ptr<Machine> machine, Revision last);
  ~VersionReader();
  VersionReader(const VersionReader&) = delete;
  VersionReader& operator=(const VersionReader&) = delete;

  // Visits some of what comes next, until `visitor` says that it is enough for now (false). At the end: false.
  bool Read(absl::FunctionRef<bool(const VersionView&, bool is_base)> visitor);

  Revision compact_revision() const { return compacted_; }
  Revision last() const { return last_; }

 private:
  bool ReadBase(absl::FunctionRef<bool(const VersionView&, bool)> visitor);

  const std::shared_ptr<Machine> machine_;  // The state it is of; other states may have come into its place.
  const Revision compacted_;
  const Revision last_;
  bool in_base_;
  std::string next_key_;
  ChangePosition next_;
};

// A number that two states share, as far as anybody can tell, only if they keep the same versions. The machine's own
// order and encoding: it compares members of this program, not with others.
class VersionHash {
 public:
  void Add(const VersionView& version, bool is_base);
  uint32_t value() const { return static_cast<uint32_t>(bits_ ^ bits_ >> 32); }

 private:
  void Mix(uint64_t bits);
  void Mix(std::string_view bytes);

  uint64_t bits_ = 0x9e3779b97f4a7c15;
};

}  // namespace lockstep::kvsm

#endif  // LOCKSTEP_KVSM_VERSION_READER_H_
