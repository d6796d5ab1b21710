#include "runtime/snapshots/image.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/codec/configuration_codec.h"
#include "runtime/crc32c.h"
#include "runtime/little_endian.h"

namespace lockstep::runtime {
namespace {

constexpr std::string_view kMagic = "LKSTPSNP";
constexpr uint32_t kImageVersion = 1;
constexpr size_t kFixedHeaderBytes = 48;
constexpr uint32_t kConfigurationBytesMax = 1 << 20;
constexpr size_t kWriteBytes = 1 << 20;

// A block that is moved to another place of the content is no good there.
uint32_t BlockCrc(uint64_t content_before, std::string_view block) {
  return ExtendCrc32c(static_cast<uint32_t>(content_before), block);
}

}  // namespace

ImageWriter::ImageWriter(std::unique_ptr<File> file, const ImageHeader& header) : file_(std::move(file)) {
  const std::string configuration = EncodeConfiguration(header.configuration);
  buffer_ = kMagic;
  AppendLittle(buffer_, kImageVersion);
  AppendLittle(buffer_, static_cast<uint32_t>(configuration.size()));
  AppendLittle(buffer_, header.cluster);
  AppendLittle(buffer_, header.group);
  AppendLittle(buffer_, header.last_included.index);
  AppendLittle(buffer_, header.last_included.term);
  buffer_ += configuration;
  AppendLittle(buffer_, Crc32c(buffer_));
}

void ImageWriter::EndBlock() {
  AppendLittle(buffer_, static_cast<uint32_t>(block_.size()));
  AppendLittle(buffer_, BlockCrc(content_bytes_, block_));
  buffer_ += block_;
  content_bytes_ += block_.size();
  block_.clear();
}

absl::Status ImageWriter::Flush(size_t at_least) {
  if (buffer_.size() < at_least) return absl::OkStatus();
  absl::Status status = file_->Write(written_, buffer_);
  written_ += buffer_.size();
  buffer_.clear();
  return status;
}

absl::Status ImageWriter::Append(std::string_view content) {
  content_crc_ = ExtendCrc32c(content_crc_, content);
  while (!content.empty()) {
    const size_t count = std::min(content.size(), kImageBlockBytes - block_.size());
    block_ += content.substr(0, count);
    content.remove_prefix(count);
    if (block_.size() == kImageBlockBytes) EndBlock();
    if (absl::Status status = Flush(kWriteBytes); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> ImageWriter::Finish() {
  if (!block_.empty()) EndBlock();
  std::string trailer;
  AppendLittle(trailer, uint32_t{0});
  AppendLittle(trailer, content_crc_);
  AppendLittle(trailer, content_bytes_);
  AppendLittle(trailer, Crc32c(trailer));
  buffer_ += trailer;
  if (absl::Status status = Flush(0); !status.ok()) return status;
  if (absl::Status status = file_->Sync(); !status.ok()) return status;
  return written_;
}

absl::StatusOr<std::unique_ptr<ImageReader>> ImageReader::Open(Files& files, const std::string& path) {
  auto file = files.Open(path, OpenMode::kRead);
  if (!file.ok()) return file.status();
  const auto size = (*file)->Size();
  if (!size.ok()) return size.status();
  std::unique_ptr<ImageReader> reader(new ImageReader(*std::move(file), path, *size));
  if (absl::Status status = reader->ReadHeader(); !status.ok()) return status;
  return reader;
}

absl::Status ImageReader::Damaged(uint64_t offset, std::string_view what) const {
  return absl::DataLossError(absl::StrCat(path_, ", offset ", offset, ": ", std::string(what)));
}

absl::StatusOr<std::string> ImageReader::ReadExactly(uint64_t offset, uint64_t bytes) const {
  if (offset > image_bytes_ || bytes > image_bytes_ - offset) return Damaged(offset, "the image ends too early");
  std::string out(bytes, '\0');
  const auto read = file_->Read(offset, out);
  if (!read.ok()) return read.status();
  if (*read != bytes) return Damaged(offset, "the image ends too early");
  return out;
}

absl::Status ImageReader::ReadHeader() {
  auto fixed = ReadExactly(0, kFixedHeaderBytes);
  if (!fixed.ok()) return fixed.status();
  const auto configuration_bytes = LoadLittle<uint32_t>(&(*fixed)[12]);
  if (!fixed->starts_with(kMagic) || configuration_bytes > kConfigurationBytesMax) {
    return Damaged(0, "no header of a snapshot");
  }
  const auto header = ReadExactly(0, kFixedHeaderBytes + configuration_bytes + 4);
  if (!header.ok()) return header.status();
  const std::string_view summed = std::string_view(*header).substr(0, header->size() - 4);
  if (Crc32c(summed) != LoadLittle<uint32_t>(header->data() + summed.size())) {
    return Damaged(0, "the header does not have the checksum it says");
  }
  const auto version = LoadLittle<uint32_t>(&(*fixed)[8]);
  if (version != kImageVersion) {
    return absl::FailedPreconditionError(absl::StrCat(path_, ": format version ", version, ", this program knows ",
                                                      kImageVersion, ": use the one that wrote it"));
  }
  auto configuration = DecodeConfiguration(summed.substr(kFixedHeaderBytes));
  if (!configuration.ok()) return Damaged(kFixedHeaderBytes, std::string(configuration.status().message()));
  header_.cluster = LoadLittle<uint64_t>(&(*fixed)[16]);
  header_.group = LoadLittle<uint64_t>(&(*fixed)[24]);
  header_.last_included = {LoadLittle<uint64_t>(&(*fixed)[32]), LoadLittle<uint64_t>(&(*fixed)[40])};
  header_.configuration = *std::move(configuration);
  offset_ = header->size();
  return absl::OkStatus();
}

absl::Status ImageReader::CheckTrailer(std::string_view trailer) const {
  if (Crc32c(trailer.substr(0, kImageTrailerBytes - 4)) != LoadLittle<uint32_t>(&trailer[kImageTrailerBytes - 4])) {
    return Damaged(offset_, "the trailer does not have the checksum it says");
  }
  if (LoadLittle<uint32_t>(&trailer[4]) != content_crc_ || LoadLittle<uint64_t>(&trailer[8]) != content_bytes_) {
    return Damaged(offset_, "the content is not the one that the trailer says");
  }
  if (offset_ + kImageTrailerBytes != image_bytes_) return Damaged(offset_, "something follows the trailer");
  return absl::OkStatus();
}

absl::StatusOr<std::string> ImageReader::Read(size_t bytes_wanted) {
  std::string content;
  while (!ended_ && content.size() < std::max<size_t>(1, bytes_wanted)) {
    const auto head = ReadExactly(offset_, 8);
    if (!head.ok()) return head.status();
    const auto block_bytes = LoadLittle<uint32_t>(head->data());
    if (block_bytes == 0) {
      const auto trailer = ReadExactly(offset_, kImageTrailerBytes);
      if (!trailer.ok()) return trailer.status();
      if (absl::Status status = CheckTrailer(*trailer); !status.ok()) return status;
      ended_ = true;
      break;
    }
    if (block_bytes > kImageBlockBytes) return Damaged(offset_, "no block");
    const auto block = ReadExactly(offset_ + 8, block_bytes);
    if (!block.ok()) return block.status();
    if (BlockCrc(content_bytes_, *block) != LoadLittle<uint32_t>(head->data() + 4)) {
      return Damaged(offset_, "the block does not have the checksum it says");
    }
    content += *block;
    content_crc_ = ExtendCrc32c(content_crc_, *block);
    content_bytes_ += block_bytes;
    offset_ += 8 + block_bytes;
  }
  return content;
}

absl::Status ImageReader::Verify() {
  while (true) {
    const auto content = Read(kWriteBytes);
    if (!content.ok()) return content.status();
    if (content->empty()) return absl::OkStatus();
  }
}

}  // namespace lockstep::runtime
