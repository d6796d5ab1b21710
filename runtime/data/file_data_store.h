// A DataStore in files, one for each command: `INDEX-TERM` (16 hexadecimal digits each), nothing but its bytes.
//
// A file gets its name once its content is durable; the log's reference vouches for the rest.
#ifndef LOCKSTEP_RUNTIME_DATA_FILE_DATA_STORE_H_
#define LOCKSTEP_RUNTIME_DATA_FILE_DATA_STORE_H_

#include <string>
#include <utility>

#include "runtime/data_store.h"
#include "runtime/files.h"

namespace lockstep::runtime {

std::string DataFileName(LogPosition position);

struct FileDataStoreOptions {
  std::string directory = "data";  // Its own.
  uint32_t bytes_min = 64 << 10;   // Of commands that go there.
};

class FileDataStore final : public DataStore {
 public:
  FileDataStore(Files& files, FileDataStoreOptions options) : files_(files), options_(std::move(options)) {}

  bool Takes(uint32_t bytes) const override { return bytes >= options_.bytes_min; }
  absl::Status Open(std::span<const DataReference> held) override;
  absl::Status Store(std::span<const Datum> data) override;
  absl::StatusOr<SharedBytes> Load(const DataReference& reference) override;
  void Forget(std::span<const DataReference> references) override;

 private:
  std::string PathOf(LogPosition position) const;
  absl::Status Check(const DataReference& reference) const;

  Files& files_;
  const FileDataStoreOptions options_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_DATA_FILE_DATA_STORE_H_
