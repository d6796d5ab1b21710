#include "sim/stack/disk_damage.h"

#include <algorithm>

#include "runtime/data/file_data_store.h"
#include "runtime/memory/memory_clock.h"
#include "runtime/wal/replay.h"

namespace lockstep::sim {

bool ShowsDamage(const runtime::MemoryDisk& disk, const runtime::LogIdentity& identity, const std::string& path,
                 uint64_t offset, uint64_t size) {
  if (path == "identity" || path.starts_with("snapshots/")) return true;
  const bool outside = path.starts_with("data/");
  if (!outside && !path.starts_with("log/log-")) return false;
  // Only read; but a view of files needs a disk that it may change.
  runtime::MemoryDisk copy = disk.Durable();
  runtime::MemoryClock clock;
  runtime::DiskFaults none;
  runtime::MemoryFiles files(copy, clock, none);
  const auto replayed = runtime::ReplayLog(files, "log", identity);
  if (!replayed.ok()) return false;  // Damaged already, or not made yet.
  if (outside) {
    const std::vector<runtime::DataReference> references = replayed->index.ToStoredLog().outside;
    return std::any_of(references.begin(), references.end(), [&path](const runtime::DataReference& reference) {
      return path == "data/" + runtime::DataFileName(reference.position);
    });
  }
  const auto holds = [&path](uint32_t segment) { return path == "log/" + runtime::SegmentName(segment); };
  if (std::none_of(replayed->segments.begin(), replayed->segments.end(), holds)) return false;
  return !holds(replayed->end.segment) || offset + size <= replayed->rewrite.begin;
}

std::vector<std::string> NeededSegments(const runtime::MemoryDisk& disk, const runtime::LogIdentity& identity) {
  runtime::MemoryDisk copy = disk;
  runtime::MemoryClock clock;
  runtime::DiskFaults none;
  runtime::MemoryFiles files(copy, clock, none);
  const auto replayed = runtime::ReplayLog(files, "log", identity);
  if (!replayed.ok()) return {};
  const runtime::LogIndex& index = replayed->index;
  std::vector<std::string> paths;
  for (Index at = index.base().index + 1; at <= index.last().index; ++at) {
    const uint32_t segment = index.At(at).payload_at.segment;
    const std::string path = "log/" + runtime::SegmentName(segment);
    if (segment != replayed->end.segment && (paths.empty() || paths.back() != path)) paths.push_back(path);
  }
  return paths;
}

}  // namespace lockstep::sim
