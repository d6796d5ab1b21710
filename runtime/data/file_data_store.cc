#include "runtime/data/file_data_store.h"

#include <memory>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace lockstep::runtime {
namespace {

constexpr const char* kPartName = "storing.part";

}  // namespace

std::string DataFileName(LogPosition position) { return absl::StrFormat("%016x-%016x", position.index, position.term); }

std::string FileDataStore::PathOf(LogPosition position) const {
  return absl::StrCat(options_.directory, "/", DataFileName(position));
}

absl::Status FileDataStore::Check(const DataReference& reference) const {
  const std::string path = PathOf(reference.position);
  const auto file = files_.Open(path, OpenMode::kRead);
  const auto size = file.ok() ? (*file)->Size() : absl::StatusOr<uint64_t>(file.status());
  if (size.ok() && *size == reference.bytes) return absl::OkStatus();
  if (!size.ok() && size.status().code() != absl::StatusCode::kNotFound) return size.status();
  return absl::DataLossError(
      absl::StrCat(path,
                   size.ok() ? absl::StrCat(" has ", *size, " bytes, but the log refers to ", reference.bytes, " there")
                             : std::string(" is gone, but the log refers to it"),
                   "; this node may have acknowledged that entry, so it must not take part as it is: remove its data "
                   "and let it join "
                   "again under a new incarnation, or restore the file from a copy"));
}

absl::Status FileDataStore::Open(std::span<const DataReference> held) {
  if (absl::Status status = files_.MakeDirectory(options_.directory); !status.ok()) return status;
  std::set<std::string> wanted;
  for (const DataReference& reference : held) {
    if (absl::Status status = Check(reference); !status.ok()) return status;
    wanted.insert(DataFileName(reference.position));
  }
  const auto names = files_.List(options_.directory);
  if (!names.ok()) return names.status();
  for (const std::string& name : *names) {
    if (wanted.contains(name)) continue;
    if (absl::Status status = files_.Remove(absl::StrCat(options_.directory, "/", name)); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status FileDataStore::Store(std::span<const Datum> data) {
  const std::string beside = absl::StrCat(options_.directory, "/", kPartName);
  for (const Datum& datum : data) {
    auto file = files_.Open(beside, OpenMode::kCreate);
    if (!file.ok()) return file.status();
    absl::Status status = (*file)->Write(0, datum.data.view());
    if (status.ok()) status = (*file)->Sync();
    if (status.ok()) status = files_.Rename(beside, PathOf(datum.reference.position));
    if (!status.ok()) return status;
  }
  return files_.SyncDirectory(options_.directory);
}

absl::StatusOr<SharedBytes> FileDataStore::Load(const DataReference& reference) {
  const auto file = files_.Open(PathOf(reference.position), OpenMode::kRead);
  if (!file.ok()) return file.status();
  std::shared_ptr<char[]> block = std::make_unique_for_overwrite<char[]>(reference.bytes);
  const auto read = (*file)->Read(0, {block.get(), reference.bytes});
  if (!read.ok()) return read.status();
  const char* data = block.get();
  return SharedBytes(std::move(block), data, *read);
}

// What cannot be removed now is removed at the next start.
void FileDataStore::Forget(std::span<const DataReference> references) {
  for (const DataReference& reference : references) (void)files_.Remove(PathOf(reference.position));
}

}  // namespace lockstep::runtime
