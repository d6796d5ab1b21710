// Any bytes at all as a snapshot's image: reading it refuses them, or gives content whose every checksum holds.
//
// The first byte chooses: the bytes are an image as it is; the same with every checksum made right, so that the fuzzer
// gets behind them; or what a peer sends in chunks, to be installed.
#include <algorithm>

#include "core/check.h"
#include "runtime/crc32c.h"
#include "runtime/little_endian.h"
#include "runtime/memory/memory_clock.h"
#include "runtime/memory/memory_files.h"
#include "runtime/snapshots/file_snapshot_store.h"

namespace lockstep::runtime {
namespace {

constexpr size_t kImageBytesMax = 8192;
constexpr size_t kFixedBytes = 48;

// Makes the checksums of header and blocks right, as far as the lengths lead; the trailer's if it lies at the end.
void MendChecksums(std::string& image) {
  if (image.size() < kFixedBytes + 4) return;
  const uint32_t configuration_bytes = LoadLittle<uint32_t>(&image[12]) % 256;
  StoreLittle(&image[12], configuration_bytes);
  size_t at = kFixedBytes + configuration_bytes;
  if (at + 4 > image.size()) return;
  StoreLittle(&image[at], Crc32c(std::string_view(image).substr(0, at)));
  uint64_t content_bytes = 0;
  uint32_t content_crc = 0;
  for (at += 4; at + 8 <= image.size();) {
    const uint32_t bytes = LoadLittle<uint32_t>(&image[at]);
    if (bytes == 0 || at + 8 + bytes > image.size()) break;
    const std::string_view block = std::string_view(image).substr(at + 8, bytes);
    StoreLittle(&image[at + 4], ExtendCrc32c(static_cast<uint32_t>(content_bytes), block));
    content_crc = ExtendCrc32c(content_crc, block);
    content_bytes += bytes;
    at += 8 + bytes;
  }
  if (at + kImageTrailerBytes > image.size()) return;
  image.resize(at + kImageTrailerBytes);
  StoreLittle(&image[at], uint32_t{0});
  StoreLittle(&image[at + 4], content_crc);
  StoreLittle(&image[at + 8], content_bytes);
  StoreLittle(&image[at + 16], Crc32c(std::string_view(image).substr(at, 16)));
}

void ReadImage(const std::string& image) {
  MemoryDisk disk;
  MemoryClock clock;
  DiskFaults faults;
  MemoryFiles files(disk, clock, faults);
  disk.SetContent("image", image);
  auto reader = ImageReader::Open(files, "image");
  if (!reader.ok()) {
    LOCKSTEP_CHECK(!reader.status().message().empty());
    return;
  }
  uint64_t bytes = 0;
  while (true) {
    const auto piece = (*reader)->Read(1000);
    if (!piece.ok()) return;
    if (piece->empty()) break;
    bytes += piece->size();
  }
  LOCKSTEP_CHECK(bytes <= image.size());
}

void InstallImage(const std::string& image) {
  MemoryDisk disk;
  MemoryClock clock;
  DiskFaults faults;
  MemoryFiles files(disk, clock, faults);
  auto store = FileSnapshotStore::Open(files, {.cluster = 42, .group = 0});
  LOCKSTEP_CHECK(store.ok());
  const LogPosition last{5, 2};
  uint64_t offset = 0;
  while (offset < image.size()) {
    const std::string chunk = image.substr(offset, 1 + image.size() / 3);
    (*store)->StoreChunk(last, offset, MakePayload(SharedBytes(chunk)), [](const absl::Status&) {});
    offset += chunk.size();
  }
  clock.Advance(1000);
  ConfigurationEntry configuration;
  configuration.configuration.voters = {{1, 0}, {2, 0}, {3, 0}};
  absl::Status installed = absl::UnknownError("not told");
  (*store)->Install({last, configuration, image.size()}, [&installed](const absl::Status& told) { installed = told; });
  clock.Advance(1000);
  LOCKSTEP_CHECK((*store)->current().has_value() == installed.ok());
}

}  // namespace
}  // namespace lockstep::runtime

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace lockstep::runtime;  // NOLINT: this file is the fuzzer's alone.
  if (size < 1) return 0;
  std::string image(reinterpret_cast<const char*>(data) + 1, std::min(size - 1, kImageBytesMax));
  if (data[0] % 4 > 0) MendChecksums(image);
  if (data[0] % 4 == 3) {
    InstallImage(image);
  } else {
    ReadImage(image);
  }
  return 0;
}
