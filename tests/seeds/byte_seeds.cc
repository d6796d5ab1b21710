// Writes real bytes for the fuzzers to begin with: byte_seeds codec|log|snapshot FOLDER.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "core/check.h"
#include "runtime/codec/hello.h"
#include "runtime/codec/message_codec.h"
#include "runtime/machine/text_source.h"
#include "runtime/memory/memory_clock.h"
#include "runtime/memory/memory_entropy.h"
#include "runtime/memory/memory_files.h"
#include "runtime/snapshots/file_snapshot_store.h"
#include "runtime/wal/log.h"

namespace lockstep::tests {
namespace {

using namespace runtime;  // NOLINT: this file is a program of its own.

class Folder {
 public:
  explicit Folder(std::string path) : path_(std::move(path)) { std::filesystem::create_directories(path_); }
  void Add(std::string_view bytes) {
    std::ofstream(path_ + "/seed" + std::to_string(++count_), std::ios::binary) << bytes;
  }
  // The same behind each of the first bytes that a fuzzer chooses by.
  void AddEach(std::string_view bytes, int choices) {
    for (int i = 0; i < choices; ++i) Add(static_cast<char>(i) + std::string(bytes));
  }
  int count() const { return count_; }

 private:
  const std::string path_;
  int count_ = 0;
};

ConfigurationEntry Three() {
  ConfigurationEntry entry{4, {}};
  entry.configuration.voters = {{1, 0}, {2, 0}, {3, 1}};
  entry.configuration.learners = {{4, 0}};
  return entry;
}

std::vector<Envelope> Messages() {
  AppendEntries append;
  append.previous = {7, 2};
  append.entries = {{3, 5, EntryKind::kCommand}, {3, 0, EntryKind::kNoOp}, {3, 2, EntryKind::kCommand}};
  append.commit_index = 6;
  AppendEntries change;
  change.previous = {3, 2};
  change.entries = {{2, 0, EntryKind::kConfiguration}};
  change.configurations = {Three()};
  InstallSnapshot chunk;
  chunk.last_included = {9, 3};
  chunk.configuration = Three();
  chunk.bytes = 4;
  chunk.total_bytes = 100;
  const auto message = [](auto body) { return Message{{1, 0}, {2, 0}, 3, std::move(body)}; };
  return {{0, message(append), {MakePayload(SharedBytes("hello")), MakePayload(SharedBytes("ok"))}},
          {0, message(change), {}},
          {0, message(chunk), {MakePayload(SharedBytes("data"))}},
          {0, message(Heartbeat{4, 9}), {}},
          {0, message(HeartbeatReply{9}), {}},
          {0, message(AppendEntriesReply{}), {}},
          {0, message(RequestVote{}), {}},
          {0, message(RequestVoteReply{}), {}},
          {0, message(InstallSnapshotReply{}), {}},
          {0, message(ReadRequest{}), {}},
          {0, message(ReadReply{}), {}},
          {0, message(TimeoutNow{}), {}}};
}

void WriteCodec(Folder& folder) {
  std::string all;
  for (const Envelope& envelope : Messages()) {
    std::string bytes;
    for (const SharedBytes& part : EncodeMessage(envelope)) bytes += part.view();
    folder.Add(bytes);
    all += bytes;
    // As the fuzzer reads a frame without its checksum: the header's size first, which chooses the kind too.
    const std::string_view frame = std::string_view(bytes).substr(kFramePrefixBytes);
    folder.Add(std::string(1, static_cast<char>(frame.size())) + std::string(frame));
  }
  Hello hello{.cluster = 42, .source = {1, 0}, .dest = {2, 0}};
  hello.address = "127.0.0.1:7001";
  folder.Add(EncodeHello(hello).view());
  folder.Add(EncodeHelloReply({1, "", {2, 0}}).view());
  folder.Add(std::string(EncodeHello(hello).view()) + all);
}

void WriteLog(Folder& folder) {
  MemoryDisk disk;
  MemoryClock clock;
  DiskFaults faults;
  MemoryEntropy entropy(1);
  MemoryFiles files(disk, clock, faults);
  WriteAheadLogOptions options;
  options.identity = {42, 0, {1, 0}};
  options.segment_bytes = 4096;
  LOCKSTEP_CHECK(WriteAheadLog::Create(files, entropy, options, {0, Three().configuration}).ok());
  auto opened = WriteAheadLog::Open(files, options);
  LOCKSTEP_CHECK(opened.ok());
  WriteAheadLog& log = *opened->log;
  const auto commit = [&] {
    log.Commit([](const absl::Status& status) { LOCKSTEP_CHECK(status.ok()); });
    clock.Advance(1000);
    for (const std::string& path : disk.Paths()) {
      const std::string& content = disk.Content(path);
      const size_t bytes = content.find_last_not_of('\0') + 1;  // Without the zeros behind it.
      if (bytes > 64 && path.find("log-") != std::string::npos) folder.AddEach(content.substr(0, bytes), 6);
    }
  };
  log.SaveVote(3, {2, 0});
  commit();
  for (Index first = 1; first <= 40; first += 4) {
    effect::AppendLog write{1, first, {}, {}};
    std::vector<Payload> payloads;
    for (int i = 0; i < 4; ++i) {
      const std::string command(static_cast<size_t>(i) * 37, 'c');
      write.entries.push_back({3, static_cast<uint32_t>(command.size()), EntryKind::kCommand});
      payloads.push_back(MakePayload(SharedBytes(command)));
      if (i == 3) payloads.back().bytes = {};  // It lies outside the log.
    }
    log.Append(write, payloads);
    commit();
  }
  log.Truncate(38);
  commit();
  log.Compact({30, 3}, Three());
  commit();
  log.Rest();
  log.Reset({50, 4}, Three());
  commit();
}

void WriteSnapshots(Folder& folder) {
  MemoryDisk disk;
  MemoryClock clock;
  DiskFaults faults;
  MemoryFiles files(disk, clock, faults);
  auto store = FileSnapshotStore::Open(files, {.cluster = 42, .group = 0});
  LOCKSTEP_CHECK(store.ok());
  for (const size_t bytes : {0, 1, 100, 3000}) {
    (*store)->Take({5 + bytes, 2}, Three(), std::make_unique<TextSource>(std::string(bytes, 's')),
                   [](const absl::StatusOr<Snapshot>& taken) { LOCKSTEP_CHECK(taken.ok()); });
    clock.Advance(1000);
    for (const std::string& path : disk.Paths()) {
      if (!disk.Content(path).empty()) folder.AddEach(disk.Content(path), 4);
    }
  }
}

int Main(int argc, char** argv) {
  if (argc != 3) return 2;
  const std::string_view kind = argv[1];
  Folder folder(argv[2]);
  if (kind == "codec") WriteCodec(folder);
  if (kind == "log") WriteLog(folder);
  if (kind == "snapshot") WriteSnapshots(folder);
  std::printf("%d files in %s\n", folder.count(), argv[2]);
  return folder.count() > 0 ? 0 : 2;
}

}  // namespace
}  // namespace lockstep::tests

int main(int argc, char** argv) { return lockstep::tests::Main(argc, argv); }
