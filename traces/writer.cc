#include "traces/writer.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "traces/checksum.h"
#include "traces/format.h"

namespace lockstep::traces {
namespace {

void AppendLittleEndian(uint32_t value, std::string& to) {
  for (int shift = 0; shift < 32; shift += 8) to.push_back(static_cast<char>(value >> shift));
}

}  // namespace

Writer::Writer(std::ostream& out) : out_(out) {}

absl::Status Writer::Write(proto::Record record) {
  if (!status_.ok()) return status_;
  if ((records_ == 0) != record.has_header()) {
    return status_ = absl::FailedPreconditionError("the header must be a trace's first record, and only that");
  }
  if (ended_) return status_ = absl::FailedPreconditionError("nothing may follow the end of a trace");
  if (record.has_end()) {
    record.mutable_end()->set_records(records_ + 1);
    ended_ = true;
  }
  return status_ = Append(record);
}

absl::Status Writer::Append(const proto::Record& record) {
  const size_t bytes = record.ByteSizeLong();
  if (bytes > kRecordBytesMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("record ", records_ + 1, " has ", bytes, " bytes, more than ", kRecordBytesMax));
  }
  buffer_.clear();
  if (records_ == 0) buffer_ = absl::StrCat(std::string(kMagic), kFormatVersion, "\n");
  const std::string body = record.SerializeAsString();
  AppendLittleEndian(static_cast<uint32_t>(bytes), buffer_);
  AppendLittleEndian(Checksum(body), buffer_);
  buffer_ += body;
  if (!out_.write(buffer_.data(), static_cast<std::streamsize>(buffer_.size()))) {
    return absl::UnavailableError(absl::StrCat("cannot write record ", records_ + 1, ": ", std::strerror(errno)));
  }
  ++records_;
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<FileWriter>> FileWriter::Create(const std::string& path) {
  std::unique_ptr<FileWriter> writer(new FileWriter(path));
  if (!writer->file_) {
    return absl::UnavailableError(absl::StrCat("cannot create ", writer->unfinished_path_, ": ", std::strerror(errno)));
  }
  return writer;
}

FileWriter::FileWriter(std::string path)
    : path_(std::move(path)),
      unfinished_path_(path_ + ".unfinished"),
      file_(unfinished_path_, std::ios::binary | std::ios::trunc),
      writer_(file_) {}

FileWriter::~FileWriter() {
  if (closed_) return;
  file_.close();
  std::remove(unfinished_path_.c_str());
}

absl::Status FileWriter::Close() {
  file_.close();
  if (!file_ || std::rename(unfinished_path_.c_str(), path_.c_str()) != 0) {
    return absl::UnavailableError(absl::StrCat("cannot write ", path_, ": ", std::strerror(errno)));
  }
  closed_ = true;
  return absl::OkStatus();
}

}  // namespace lockstep::traces
