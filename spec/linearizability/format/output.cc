#include "spec/linearizability/format/output.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace lockstep::linearizability::format {

absl::Status WriteFile(const std::string& name, std::string_view text) {
  const auto failed = [&] {
    return absl::InternalError(absl::StrCat(name, ": cannot be written: ", std::strerror(errno)));
  };
  std::FILE* file = std::fopen(name.c_str(), "wb");
  if (file == nullptr) return failed();
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const bool closed = std::fclose(file) == 0;
  return written && closed ? absl::OkStatus() : failed();
}

}  // namespace lockstep::linearizability::format
