#include "spec/linearizability/format/source.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"

namespace lockstep::linearizability::format {
namespace {

constexpr size_t kShownMax = 24;

absl::string_view Shown(std::string_view text) { return absl::string_view(text.data(), text.size()); }

std::shared_ptr<const char> Hold(std::string text) {
  auto owner = std::make_shared<std::string>(std::move(text));
  return std::shared_ptr<const char>(owner, owner->data());
}

absl::Status CannotRead(const std::string& name) {
  return absl::InternalError(absl::StrCat(name, ": cannot be read: ", std::strerror(errno)));
}

// Whether the file's beginning holds characters that no text does.
bool IsBinary(std::string_view text) {
  const std::string_view beginning = text.substr(0, 64);
  return std::any_of(beginning.begin(), beginning.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f';
  });
}

// What cannot be mapped (a pipe) is read to its end.
absl::StatusOr<std::string> ReadAll(int file, const std::string& name) {
  std::string text;
  for (;;) {
    constexpr size_t kChunk = 1 << 20;
    const size_t before = text.size();
    text.resize(before + kChunk);
    const ssize_t n = read(file, text.data() + before, kChunk);
    text.resize(before + static_cast<size_t>(std::max<ssize_t>(n, 0)));
    if (n == 0) return text;
    if (n < 0 && errno != EINTR) return CannotRead(name);
  }
}

// The text at `offset` in quotes, up to the end of its line, or what it is if it cannot be shown.
std::string Found(std::string_view text, size_t offset) {
  if (offset >= text.size()) return "the end of the file";
  if (text[offset] == '\n' || text[offset] == '\r') return "the end of the line";
  std::string_view rest = text.substr(offset);
  rest = rest.substr(0, rest.find_first_of("\r\n"));
  std::string shown = "'";
  for (char c : rest.substr(0, kShownMax)) {
    const bool printable = static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
    if (printable) {
      shown += c;
    } else {
      absl::StrAppend(&shown, "\\x", absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
    }
  }
  return shown + (rest.size() > kShownMax ? "...'" : "'");
}

}  // namespace

absl::StatusOr<Source> Source::Open(const std::string& name) {
  const bool standard_input = name == "-";
  const std::string shown = standard_input ? "standard input" : name;
  const int file = standard_input ? STDIN_FILENO : open(name.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    if (errno == ENOENT) return absl::NotFoundError(absl::StrCat(name, ": no such file"));
    return CannotRead(name);
  }
  const auto close_file = absl::MakeCleanup([&] {
    if (!standard_input) close(file);
  });
  struct stat about;
  if (fstat(file, &about) != 0) return CannotRead(shown);
  if (S_ISDIR(about.st_mode)) {
    return absl::FailedPreconditionError(absl::StrCat(name, ": is a directory; name the history files in it"));
  }
  const size_t size = static_cast<size_t>(about.st_size);
  if (S_ISREG(about.st_mode) && size > 0) {
    void* mapped = mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
    if (mapped != MAP_FAILED) {
      const char* data = static_cast<const char*>(mapped);
      return Source(shown, std::shared_ptr<const char>(data, [mapped, size](const char*) { munmap(mapped, size); }),
                    size);
    }
  }
  absl::StatusOr<std::string> text = ReadAll(file, shown);
  if (!text.ok()) return text.status();
  return FromText(shown, *std::move(text));
}

Source Source::FromText(std::string name, std::string text) {
  const size_t size = text.size();
  return Source(std::move(name), Hold(std::move(text)), size);
}

Source::Place Source::PlaceOf(size_t offset) const {
  const std::string_view before = text().substr(0, std::min(offset, size_));
  const size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  const auto line = static_cast<uint32_t>(std::count(before.begin(), before.end(), '\n') + 1);
  return {line, static_cast<uint32_t>(before.size() - line_start + 1)};
}

absl::Status Source::ErrorAt(size_t offset, std::string_view message) const {
  if (IsBinary(text())) {
    return absl::InvalidArgumentError(absl::StrCat(name_, ": byte ", offset, ": ", Shown(message)));
  }
  const Place place = PlaceOf(offset);
  return absl::InvalidArgumentError(absl::StrCat(name_, ":", place.line, ":", place.column, ": ", Shown(message)));
}

absl::Status Source::Expected(size_t offset, std::string_view expected) const {
  return ErrorAt(offset, "expected " + std::string(expected) + ", found " + Found(text(), offset));
}

uint32_t LineCounter::LineOf(size_t offset) {
  const size_t end = std::min(offset, text_.size());
  while (at_ < end) {
    const void* newline = std::memchr(text_.data() + at_, '\n', end - at_);
    if (newline == nullptr) break;
    at_ = static_cast<size_t>(static_cast<const char*>(newline) - text_.data()) + 1;
    ++line_;
  }
  at_ = std::max(at_, end);
  return line_;
}

}  // namespace lockstep::linearizability::format
