#include "runtime/files.h"

#include "absl/strings/str_cat.h"

namespace lockstep::runtime {

absl::StatusOr<std::string> ReadWholeFile(Files& files, const std::string& path, uint64_t bytes_max) {
  auto file = files.Open(path, OpenMode::kRead);
  if (!file.ok()) return file.status();
  const auto size = (*file)->Size();
  if (!size.ok()) return size.status();
  if (*size > bytes_max) {
    return absl::ResourceExhaustedError(
        absl::StrCat(path, " has ", *size, " bytes, at most ", bytes_max, " are expected"));
  }
  std::string content(*size, '\0');
  const auto read = (*file)->Read(0, content);
  if (!read.ok()) return read.status();
  content.resize(*read);
  return content;
}

absl::Status ReplaceFile(Files& files, const std::string& directory, const std::string& name,
                         std::string_view content) {
  const std::string path = directory.empty() ? name : absl::StrCat(directory, "/", name);
  const std::string beside = absl::StrCat(path, ".new");
  auto file = files.Open(beside, OpenMode::kCreate);
  if (!file.ok()) return file.status();
  if (absl::Status status = (*file)->Write(0, content); !status.ok()) return status;
  if (absl::Status status = (*file)->Sync(); !status.ok()) return status;
  if (absl::Status status = files.Rename(beside, path); !status.ok()) return status;
  return files.SyncDirectory(directory);
}

}  // namespace lockstep::runtime
