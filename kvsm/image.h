// Images: a whole state as bytes, the same bytes for the same state, and back.
//
//     "lockstep.kv 1\n" | n SnapshotHead | leases: L id ttl deadline | base: B version ... | changes: C version ... | E
//
// An image is read piece by piece while later commands are applied: what is small (leases, alarms, members) is noted at
// once, versions are read as they come. Checksums are the matter of whoever stores it.
#ifndef LOCKSTEP_KVSM_IMAGE_H_
#define LOCKSTEP_KVSM_IMAGE_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "kvsm/engine.h"
#include "kvsm/machine.h"
#include "kvsm/version_reader.h"

namespace lockstep::kvsm {

// Of the state at its making.
class Image {
 public:
  explicit Image(const std::shared_ptr<Machine>& machine);
  // The next piece, of about `bytes_wanted`; empty at the end.
  std::string Read(size_t bytes_wanted);

 private:
  std::string head_;
  VersionReader versions_;
  bool ended_ = false;
};

// Makes a state from the pieces of an image, in order, however cut.
class ImageReader {
 public:
  // Requires: the engine is empty.
  explicit ImageReader(std::unique_ptr<Engine> engine);
  // Errors: DataLoss if this is no image.
  absl::Status Take(std::string_view piece);
  // Errors: DataLoss if the image is not complete.
  absl::StatusOr<std::unique_ptr<Machine>> Finish();

 private:
  enum class Part : uint8_t { kMagic, kHead, kRecords, kEnd };

  // Takes one part or record off the front of `rest`; false: it is not all there yet.
  bool TakeNext(std::string_view& rest, absl::Status& status);
  bool TakeHead(std::string_view& rest, absl::Status& status);
  bool TakeLease(std::string_view& rest, absl::Status& status);
  bool TakeVersion(std::string_view& rest, bool is_base, absl::Status& status);
  absl::Status Check(const VersionView& version, bool is_base);

  std::unique_ptr<Machine> machine_;
  Part part_ = Part::kMagic;
  std::string pending_;  // The beginning of what is not all there yet.
  std::string last_key_;
  ChangePosition last_change_;
  bool any_base_ = false;
  bool any_change_ = false;
};

}  // namespace lockstep::kvsm

#endif  // LOCKSTEP_KVSM_IMAGE_H_
