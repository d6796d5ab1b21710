#include "traces/reader.h"

#include <cctype>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "traces/checksum.h"
#include "traces/format.h"

namespace lockstep::traces {
namespace {

uint32_t LittleEndian(std::string_view bytes) {
  uint32_t value = 0;
  for (size_t i = 4; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

}  // namespace

Reader::Reader(std::unique_ptr<std::istream> in, std::string name) : in_(std::move(in)), name_(std::move(name)) {}

absl::StatusOr<Reader> Reader::Open(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    return absl::NotFoundError(absl::StrCat("cannot open ", path, ": it is a directory, not a trace"));
  }
  auto file = std::make_unique<std::ifstream>(path, std::ios::binary);
  if (!*file) return absl::NotFoundError(absl::StrCat("cannot open ", path, ": ", std::strerror(errno)));
  return Reader(std::move(file), path);
}

absl::StatusOr<bool> Reader::Next(proto::Record* record) {
  if (!last_.ok() || !*last_) return last_;
  return last_ = ReadNext(record);
}

absl::StatusOr<bool> Reader::ReadNext(proto::Record* record) {
  if (offset_ == 0) {
    if (absl::Status status = ReadFirstLine(); !status.ok()) return status;
  }
  record_offset_ = offset_;
  Read(kFrameHeaderBytes, &buffer_);
  if (buffer_.empty() && ended_) return false;
  ++records_;
  if (ended_) return ErrorHere("expected the end of the file, since the record before was the trace's end");
  if (buffer_.size() < kFrameHeaderBytes) {
    return ErrorHere(absl::StrCat("the file is cut short: expected a record, found ", buffer_.size(), " bytes"));
  }
  const uint32_t size = LittleEndian(buffer_);
  const uint32_t checksum = LittleEndian(std::string_view(buffer_).substr(4));
  if (size > kRecordBytesMax) {
    return ErrorHere(
        absl::StrCat("a record of ", size, " bytes; expected at most ", kRecordBytesMax, ": the file is damaged"));
  }
  Read(size, &buffer_);
  if (buffer_.size() < size) {
    return ErrorHere(
        absl::StrCat("the file is cut short: expected a record of ", size, " bytes, found ", buffer_.size()));
  }
  if (Checksum(buffer_) != checksum) return ErrorHere("the checksum does not match: the file is damaged");
  if (!record->ParseFromString(buffer_)) return ErrorHere("expected a Record of trace.proto, found other bytes");
  if (absl::Status status = CheckOrder(*record); !status.ok()) return status;
  return true;
}

absl::Status Reader::ReadFirstLine() {
  constexpr size_t kLineBytesMax = 32;
  std::string line;
  while (line.size() < kLineBytesMax && (line.empty() || line.back() != '\n')) {
    Read(1, &buffer_);
    if (buffer_.empty()) break;
    line += buffer_;
  }
  const std::string expected = absl::StrCat(std::string(kMagic), kFormatVersion);
  if (line == expected + "\n") return absl::OkStatus();
  if (line.empty()) return absl::InvalidArgumentError(absl::StrCat(name_, ": the file is empty; expected a trace"));

  // The same words with another number: another version of the format.
  const std::string_view number = std::string_view(line).substr(std::min(kMagic.size(), line.size()));
  const size_t digits = number.find_first_not_of("0123456789");
  if (line.starts_with(kMagic) && digits != std::string_view::npos && digits > 0 && number[digits] == '\n') {
    return absl::UnimplementedError(absl::StrCat(name_, ": a trace of format version ",
                                                 std::string(number.substr(0, digits)), "; this program reads version ",
                                                 kFormatVersion, ". Use the program that wrote it"));
  }
  return absl::InvalidArgumentError(
      absl::StrCat(name_, ": byte 0: not a trace: expected the line \"", expected, "\" first"));
}

absl::Status Reader::CheckOrder(const proto::Record& record) {
  if ((records_ == 1) != record.has_header()) {
    return ErrorHere(records_ == 1 ? "expected the header, found another record" : "a second header");
  }
  if (record.content_case() == proto::Record::CONTENT_NOT_SET) {
    return ErrorHere("a record without content, or of a kind that this program does not know");
  }
  if (record.has_end()) {
    if (record.end().records() != records_) {
      return ErrorHere(absl::StrCat("the trace's end counts ", record.end().records(), " records; expected ", records_,
                                    ": records are missing"));
    }
    ended_ = true;
  }
  return absl::OkStatus();
}

void Reader::Read(size_t bytes, std::string* to) {
  to->resize(bytes);
  in_->read(to->data(), static_cast<std::streamsize>(bytes));
  to->resize(static_cast<size_t>(in_->gcount()));
  offset_ += to->size();
}

std::string Reader::Place() const { return absl::StrCat(name_, ": byte ", record_offset_, ", record ", records_); }

absl::Status Reader::ErrorHere(const std::string& problem) const {
  return absl::DataLossError(absl::StrCat(Place(), ": ", problem));
}

absl::StatusOr<Summary> ReadSummary(const std::string& path) {
  absl::StatusOr<Reader> reader = Reader::Open(path);
  if (!reader.ok()) return reader.status();
  return ReadSummary(*reader);
}

absl::StatusOr<Summary> ReadSummary(Reader& reader) {
  Summary summary;
  proto::Record record;
  while (true) {
    const absl::StatusOr<bool> more = reader.Next(&record);
    if (!more.ok()) return more.status();
    if (!*more) return summary;
    if (record.has_header()) {
      summary.header = std::move(*record.mutable_header());
    } else if (record.has_end()) {
      summary.end = std::move(*record.mutable_end());
    } else if (record.has_choices()) {
      const auto& values = record.choices().values();
      if (summary.choices.size() + values.size() > kChoicesMax) {
        return reader.ErrorHere(absl::StrCat("more than ", kChoicesMax, " choices"));
      }
      summary.choices.insert(summary.choices.end(), values.begin(), values.end());
    }
  }
}

}  // namespace lockstep::traces
