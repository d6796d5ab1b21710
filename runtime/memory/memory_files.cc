#include "runtime/memory/memory_files.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/check.h"

namespace lockstep::runtime {
namespace {

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

absl::Status NoSuchFile(const std::string& path) { return absl::NotFoundError(absl::StrCat(path, ": no such file")); }

}  // namespace

// ---- The device ----------------------------------------------------------------------------------------

void MemoryDisk::CrashInode(Inode& inode, const Keep& keep) {
  // The size is part of what is in doubt: it goes back unless a sector beyond it stays.
  uint64_t size = inode.synced_size;
  for (const auto& [sector, before] : inode.unsynced) {
    const uint64_t offset = sector * kSectorBytes;
    if (keep()) {
      size = std::max(size, std::min<uint64_t>(inode.bytes.size(), offset + kSectorBytes));
      continue;
    }
    const size_t count = std::min<size_t>(kSectorBytes, inode.bytes.size() - std::min(inode.bytes.size(), offset));
    std::string old = before;
    old.resize(kSectorBytes, '\0');
    if (count > 0) std::memcpy(inode.bytes.data() + offset, old.data(), count);
  }
  inode.bytes.resize(std::max<uint64_t>(size, inode.synced_size), '\0');
  inode.synced_size = inode.bytes.size();
  inode.unsynced.clear();
  inode.doubtful.clear();
}

void MemoryDisk::Crash(const Keep& keep) {
  // Names: of each directory the first few changes are there, the others never happened.
  std::set<std::string> cut;
  size_t kept = 0;
  std::vector<NameChange> lost;
  for (NameChange& change : unsynced_names_) {
    if (!cut.contains(change.directory) && keep()) {
      ++kept;
    } else {
      cut.insert(change.directory);
      lost.push_back(std::move(change));
    }
  }
  for (auto change = lost.rbegin(); change != lost.rend(); ++change) {
    for (auto& [path, inode] : change->before) {
      if (inode == nullptr) {
        names_.erase(path);
      } else {
        names_[path] = inode;
      }
    }
  }
  unsynced_names_.clear();
  for (auto& [path, inode] : names_) CrashInode(*inode, keep);
}

void MemoryDisk::Damage(const std::string& path, uint64_t offset, char flip) {
  std::string& bytes = names_.at(path)->bytes;
  LOCKSTEP_CHECK(offset < bytes.size());
  bytes[offset] = static_cast<char>(bytes[offset] ^ flip);
}

void MemoryDisk::SetContent(const std::string& path, std::string bytes) {
  auto inode = std::make_shared<Inode>();
  inode->synced_size = bytes.size();
  inode->bytes = std::move(bytes);
  names_[path] = std::move(inode);
}

std::vector<std::string> MemoryDisk::Paths() const {
  std::vector<std::string> paths;
  for (const auto& [path, inode] : names_) paths.push_back(path);
  return paths;
}

uint64_t MemoryDisk::used_bytes() const {
  uint64_t used = 0;
  for (const auto& [path, inode] : names_) used += inode->bytes.size();
  return used;
}

std::shared_ptr<MemoryDisk::Inode> MemoryDisk::DurableInode(const std::string& path) const {
  for (const NameChange& change : unsynced_names_) {
    for (const auto& [changed, before] : change.before) {
      if (changed == path) return before;
    }
  }
  const auto at = names_.find(path);
  return at == names_.end() ? nullptr : at->second;
}

std::optional<std::string> MemoryDisk::DurableContent(const std::string& path) const {
  const std::shared_ptr<Inode> inode = DurableInode(path);
  if (inode == nullptr) return std::nullopt;
  std::string bytes(inode->bytes, 0, std::min<uint64_t>(inode->bytes.size(), inode->synced_size));
  bytes.resize(inode->synced_size, '\0');
  for (const auto& [sector, before] : inode->unsynced) {
    const uint64_t offset = sector * kSectorBytes;
    if (offset >= bytes.size()) break;
    const size_t count = std::min<size_t>(kSectorBytes, bytes.size() - offset);
    std::fill_n(bytes.begin() + static_cast<ptrdiff_t>(offset), count, '\0');
    bytes.replace(offset, std::min(count, before.size()), before, 0, std::min(count, before.size()));
  }
  return bytes;
}

MemoryDisk MemoryDisk::Durable() const {
  MemoryDisk durable;
  durable.directories_ = directories_;
  std::set<std::string> paths;
  for (const auto& [path, inode] : names_) paths.insert(path);
  for (const NameChange& change : unsynced_names_) {
    for (const auto& [path, before] : change.before) paths.insert(path);
  }
  for (const std::string& path : paths) {
    if (std::optional<std::string> content = DurableContent(path)) durable.SetContent(path, *std::move(content));
  }
  return durable;
}

void MemoryDisk::ChangeNames(const std::string& directory, const std::vector<std::string>& paths) {
  NameChange change{directory, {}};
  for (const std::string& path : paths) {
    const auto at = names_.find(path);
    change.before.emplace_back(path, at == names_.end() ? nullptr : at->second);
  }
  unsynced_names_.push_back(std::move(change));
}

// ---- A file --------------------------------------------------------------------------------------------

class MemoryFile final : public File {
 public:
  MemoryFile(MemoryFiles& files, std::string path, std::shared_ptr<MemoryDisk::Inode> inode, bool writable)
      : files_(files), path_(std::move(path)), inode_(std::move(inode)), writable_(writable) {}

  absl::StatusOr<size_t> Read(uint64_t offset, std::span<char> out) const override {
    const std::string& bytes = inode_->bytes;
    if (offset >= bytes.size()) return 0;
    const size_t count = std::min<size_t>(out.size(), bytes.size() - offset);
    std::memcpy(out.data(), bytes.data() + offset, count);
    if (absl::Status status = files_.faults_.OnRead(path_, offset, out.first(count)); !status.ok()) return status;
    return count;
  }

  absl::Status Write(uint64_t offset, std::string_view bytes) override {
    LOCKSTEP_CHECK(writable_);
    if (absl::Status status = files_.faults_.OnWrite(path_, offset, bytes.size()); !status.ok()) return status;
    if (bytes.empty()) return absl::OkStatus();
    const uint64_t end = offset + bytes.size();
    if (absl::Status status = GrowTo(end); !status.ok()) return status;
    for (uint64_t sector = offset / kSectorBytes; sector * kSectorBytes < end; ++sector) Touch(sector);
    std::memcpy(inode_->bytes.data() + offset, bytes.data(), bytes.size());
    return absl::OkStatus();
  }

  absl::Status Preallocate(uint64_t bytes) override {
    if (absl::Status status = files_.faults_.OnWrite(path_, bytes, 0); !status.ok()) return status;
    return GrowTo(bytes);
  }

  absl::Status Sync() override {
    if (absl::Status status = files_.faults_.OnSync(path_); !status.ok()) {
      // The system forgets that these sectors were to be written: no later sync will write them.
      for (const auto& [sector, before] : inode_->unsynced) inode_->doubtful.insert(sector);
      return status;
    }
    std::erase_if(inode_->unsynced, [this](const auto& entry) { return !inode_->doubtful.contains(entry.first); });
    inode_->synced_size = inode_->bytes.size();
    return absl::OkStatus();
  }

  void WriteAndSync(uint64_t offset, std::vector<SharedBytes> parts, Completion done) override {
    // The write is under way at once; only the sync waits. So a crash in between tears it.
    absl::Status status;
    for (const SharedBytes& part : parts) {
      if (status.ok()) status = Write(offset, part.view());
      offset += part.size();
    }
    files_.RunLater(MemoryFiles::kWrites,
                    [&files = files_, path = path_, inode = inode_, status, done = std::move(done)] {
                      done(status.ok() ? MemoryFile(files, path, inode, true).Sync() : status);
                    });
  }

  absl::StatusOr<uint64_t> Size() const override { return inode_->bytes.size(); }

 private:
  absl::Status GrowTo(uint64_t size) {
    if (size <= inode_->bytes.size()) return absl::OkStatus();
    if (absl::Status status = files_.ReserveBytes(path_, size - inode_->bytes.size()); !status.ok()) return status;
    inode_->bytes.resize(size, '\0');
    return absl::OkStatus();
  }

  void Touch(uint64_t sector) {
    inode_->doubtful.erase(sector);
    const uint64_t offset = sector * kSectorBytes;
    if (!inode_->unsynced.contains(sector))
      inode_->unsynced.emplace(sector, inode_->bytes.substr(offset, kSectorBytes));
  }

  MemoryFiles& files_;
  const std::string path_;
  const std::shared_ptr<MemoryDisk::Inode> inode_;
  const bool writable_;
};

// ---- A process's view ----------------------------------------------------------------------------------

MemoryFiles::~MemoryFiles() {
  for (const TaskId id : running_) {
    if (id != 0) scheduler_.Cancel(id);
  }
}

absl::Status MemoryFiles::ReserveBytes(const std::string& path, uint64_t more) const {
  const uint64_t capacity = faults_.capacity_bytes();
  if (capacity == UINT64_MAX || disk_.used_bytes() + more <= capacity) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat(path, ": no space left on the disk"));
}

absl::StatusOr<std::unique_ptr<File>> MemoryFiles::Open(const std::string& path, OpenMode mode) {
  if (mode == OpenMode::kCreate) {
    if (!disk_.directories_.contains(DirectoryOf(path))) return NoSuchFile(path);
    if (absl::Status status = faults_.OnNames(path); !status.ok()) return status;
    disk_.ChangeNames(DirectoryOf(path), {path});
    disk_.names_[path] = std::make_shared<MemoryDisk::Inode>();
  }
  const auto at = disk_.names_.find(path);
  if (at == disk_.names_.end()) return NoSuchFile(path);
  return std::make_unique<MemoryFile>(*this, path, at->second, mode != OpenMode::kRead);
}

absl::Status MemoryFiles::Rename(const std::string& from, const std::string& to) {
  const auto at = disk_.names_.find(from);
  if (at == disk_.names_.end()) return NoSuchFile(from);
  if (!disk_.directories_.contains(DirectoryOf(to))) return NoSuchFile(to);
  if (absl::Status status = faults_.OnNames(from); !status.ok()) return status;
  disk_.ChangeNames(DirectoryOf(to), {from, to});
  disk_.names_[to] = at->second;
  disk_.names_.erase(from);
  return absl::OkStatus();
}

absl::Status MemoryFiles::Remove(const std::string& path) {
  if (!disk_.names_.contains(path)) return NoSuchFile(path);
  if (absl::Status status = faults_.OnNames(path); !status.ok()) return status;
  disk_.ChangeNames(DirectoryOf(path), {path});
  disk_.names_.erase(path);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> MemoryFiles::List(const std::string& directory) {
  if (!disk_.directories_.contains(directory)) return NoSuchFile(directory);
  std::vector<std::string> names;
  for (const auto& [path, inode] : disk_.names_) {
    if (DirectoryOf(path) == directory) names.push_back(directory.empty() ? path : path.substr(directory.size() + 1));
  }
  return names;
}

absl::Status MemoryFiles::MakeDirectory(const std::string& directory) {
  if (absl::Status status = faults_.OnNames(directory); !status.ok()) return status;
  for (std::string above = directory; !above.empty(); above = DirectoryOf(above)) disk_.directories_.insert(above);
  return absl::OkStatus();
}

absl::Status MemoryFiles::SyncDirectory(const std::string& directory) {
  if (!disk_.directories_.contains(directory)) return NoSuchFile(directory);
  if (absl::Status status = faults_.OnSync(directory); !status.ok()) return status;
  std::erase_if(disk_.unsynced_names_, [&directory](const auto& change) { return change.directory == directory; });
  return absl::OkStatus();
}

void MemoryFiles::RunInBackground(std::function<absl::Status()> work, Completion done) {
  RunLater(kBackground, [work = std::move(work), done = std::move(done)] { done(work()); });
}

void MemoryFiles::RunLater(Lane lane, Task task) {
  waiting_[lane].push_back(std::move(task));
  if (running_[lane] == 0) RunFirst(lane);
}

void MemoryFiles::RunFirst(Lane lane) {
  running_[lane] = scheduler_.RunAfter(faults_.DelayMicros(), [this, lane] {
    const Task task = std::move(waiting_[lane].front());
    waiting_[lane].erase(waiting_[lane].begin());
    running_[lane] = 0;
    if (!waiting_[lane].empty()) RunFirst(lane);
    task();
  });
}

}  // namespace lockstep::runtime
