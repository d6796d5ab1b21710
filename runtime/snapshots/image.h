// A snapshot's image: FORMAT.md in C++. Writing one, and reading one with every checksum verified.
#ifndef LOCKSTEP_RUNTIME_SNAPSHOTS_IMAGE_H_
#define LOCKSTEP_RUNTIME_SNAPSHOTS_IMAGE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/codec/hello.h"
#include "runtime/files.h"
#include "runtime/snapshot_store.h"

namespace lockstep::runtime {

inline constexpr size_t kImageBlockBytes = 64 << 10;
inline constexpr size_t kImageTrailerBytes = 20;

struct ImageHeader {
  ClusterId cluster = 0;
  uint64_t group = 0;
  LogPosition last_included;
  ConfigurationEntry configuration;

  friend bool operator==(const ImageHeader&, const ImageHeader&) = default;
};

// Writes an image to a file, from front to back.
class ImageWriter {
 public:
  ImageWriter(std::unique_ptr<File> file, const ImageHeader& header);

  absl::Status Append(std::string_view content);
  // Writes the rest and the trailer, and syncs. Returns the image's size.
  absl::StatusOr<uint64_t> Finish();

 private:
  void EndBlock();
  absl::Status Flush(size_t at_least);

  const std::unique_ptr<File> file_;
  std::string buffer_;  // Of the image, not written yet.
  std::string block_;   // Of the content, not in a block yet.
  uint64_t written_ = 0;
  uint64_t content_bytes_ = 0;
  uint32_t content_crc_ = 0;
};

// Reads an image. Errors of all calls: DataLoss naming file and offset if a checksum does not hold.
class ImageReader final : public SnapshotSource {
 public:
  // Reads the header. Errors: also FailedPrecondition for a format version that is not known here.
  static absl::StatusOr<std::unique_ptr<ImageReader>> Open(Files& files, const std::string& path);

  const ImageHeader& header() const { return header_; }
  uint64_t image_bytes() const { return image_bytes_; }

  // Content, in whole blocks; empty once the trailer has vouched for all of it.
  absl::StatusOr<std::string> Read(size_t bytes_wanted) override;
  // Reads everything.
  absl::Status Verify();

 private:
  ImageReader(std::unique_ptr<File> file, std::string path, uint64_t image_bytes)
      : file_(std::move(file)), path_(std::move(path)), image_bytes_(image_bytes) {}
  absl::StatusOr<std::string> ReadExactly(uint64_t offset, uint64_t bytes) const;
  absl::Status ReadHeader();
  absl::Status CheckTrailer(std::string_view trailer) const;
  absl::Status Damaged(uint64_t offset, std::string_view what) const;

  const std::unique_ptr<File> file_;
  const std::string path_;
  const uint64_t image_bytes_;
  ImageHeader header_;
  uint64_t offset_ = 0;
  uint64_t content_bytes_ = 0;
  uint32_t content_crc_ = 0;
  bool ended_ = false;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_SNAPSHOTS_IMAGE_H_
