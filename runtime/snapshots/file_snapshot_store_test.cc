#include "runtime/snapshots/file_snapshot_store.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "runtime/crc32c.h"
#include "runtime/little_endian.h"
#include "runtime/memory/memory_clock.h"
#include "runtime/memory/memory_entropy.h"
#include "runtime/memory/memory_files.h"

namespace lockstep::runtime {
namespace {

class TextSource final : public SnapshotSource {
 public:
  explicit TextSource(std::string text) : text_(std::move(text)) {}
  absl::StatusOr<std::string> Read(size_t bytes_wanted) override {
    std::string piece = text_.substr(0, bytes_wanted);
    text_.erase(0, piece.size());
    return piece;
  }

 private:
  std::string text_;
};

class FailingSource final : public SnapshotSource {
 public:
  absl::StatusOr<std::string> Read(size_t) override { return absl::AbortedError("the state cannot be read"); }
};

class Faults final : public DiskFaults {
 public:
  absl::Status OnSync(const std::string& path) override {
    done.push_back("sync " + path);
    const bool fails = sync_fails || (directory_fails && path == "snapshots");
    return fails ? absl::DataLossError("the device failed") : absl::OkStatus();
  }
  absl::Status OnNames(const std::string& path) override {
    done.push_back("name " + path);
    return absl::OkStatus();
  }
  int64_t DelayMicros() override { return 10; }
  std::vector<std::string> done;  // Syncs and changes of names, in their order.
  bool sync_fails = false;
  bool directory_fails = false;
};

Configuration Members(uint32_t count) {
  Configuration configuration;
  for (uint32_t i = 1; i <= count; ++i) configuration.voters.insert({i, 0});
  return configuration;
}

std::string Text(size_t bytes, char seed) {
  std::string text;
  for (size_t i = 0; i < bytes; ++i) text += static_cast<char>(seed + static_cast<char>(i % 23));
  return text;
}

// A store on a disk of its own.
class Node {
 public:
  explicit Node(MemoryClock& clock) : clock_(clock) { Open(); }

  absl::Status TryOpen() {
    Close();
    files = std::make_unique<MemoryFiles>(disk, clock_, faults);
    auto opened = FileSnapshotStore::Open(*files, options);
    if (!opened.ok()) return opened.status();
    store = *std::move(opened);
    return absl::OkStatus();
  }
  void Open() {
    const absl::Status status = TryOpen();
    ASSERT_TRUE(status.ok()) << status;
  }
  void Close() {
    store.reset();
    files.reset();
  }
  absl::StatusOr<Snapshot> Take(Index index, std::unique_ptr<SnapshotSource> source) {
    absl::StatusOr<Snapshot> told = absl::UnknownError("not told");
    store->Take({index, 2}, {1, Members(3)}, std::move(source), [&told](auto result) { told = std::move(result); });
    clock_.RunUntil([&told] { return told.status().code() != absl::StatusCode::kUnknown; });
    return told;
  }
  absl::Status StoreChunk(LogPosition position, uint64_t offset, const Payload& chunk) {
    absl::Status told = absl::UnknownError("not told");
    store->StoreChunk(position, offset, chunk, [&told](const absl::Status& status) { told = status; });
    clock_.RunUntil([&told] { return told.code() != absl::StatusCode::kUnknown; });
    return told;
  }
  absl::Status Install(const Snapshot& snapshot) {
    absl::Status told = absl::UnknownError("not told");
    store->Install(snapshot, [&told](const absl::Status& status) { told = status; });
    clock_.RunUntil([&told] { return told.code() != absl::StatusCode::kUnknown; });
    return told;
  }
  absl::StatusOr<Payload> ReadChunk(LogPosition position, uint64_t offset, uint32_t bytes) {
    absl::StatusOr<Payload> told = absl::UnknownError("not told");
    store->ReadChunk(position, offset, bytes, [&told](auto chunk) { told = std::move(chunk); });
    clock_.RunUntil([&told] { return told.status().code() != absl::StatusCode::kUnknown; });
    return told;
  }
  absl::StatusOr<std::string> Content() {
    auto source = store->OpenCurrent();
    if (!source.ok()) return source.status();
    std::string content;
    while (true) {
      const auto piece = (*source)->Read(100'000);
      if (!piece.ok()) return piece.status();
      if (piece->empty()) return content;
      content += *piece;
    }
  }
  // Sends `snapshot` from here to `other`, `chunk_bytes` at a time.
  void SendTo(Node& other, const Snapshot& snapshot, uint32_t chunk_bytes) {
    for (uint64_t offset = 0; offset < snapshot.bytes; offset += chunk_bytes) {
      const auto bytes = static_cast<uint32_t>(std::min<uint64_t>(chunk_bytes, snapshot.bytes - offset));
      const auto chunk = ReadChunk(snapshot.last_included, offset, bytes);
      ASSERT_TRUE(chunk.ok()) << chunk.status();
      ASSERT_TRUE(other.StoreChunk(snapshot.last_included, offset, *chunk).ok());
    }
  }

  MemoryDisk disk;
  Faults faults;
  SnapshotStoreOptions options{.cluster = 42, .group = 1, .piece_bytes = 70'000};
  std::unique_ptr<MemoryFiles> files;
  std::unique_ptr<FileSnapshotStore> store;

 private:
  MemoryClock& clock_;
};

class SnapshotStoreTest : public testing::Test {
 protected:
  MemoryClock clock;
  Node node{clock};
  Node other{clock};
};

// A process ends before the name of its snapshot is on the disk. The next one relies on what it finds, so it must see
// to that: the log is compacted, and older snapshots go.
TEST_F(SnapshotStoreTest, WhatIsFoundAtAStartStays) {
  ASSERT_TRUE(node.Take(5, std::make_unique<TextSource>("old")).ok());
  node.faults.directory_fails = true;
  EXPECT_FALSE(node.Take(10, std::make_unique<TextSource>("new")).ok());
  EXPECT_FALSE(node.TryOpen().ok());
  node.faults.directory_fails = false;
  node.Open();
  ASSERT_EQ(node.store->current()->last_included.index, 10u);
  node.Close();
  node.disk.Crash([] { return false; });
  node.Open();
  EXPECT_EQ(node.store->current()->last_included.index, 10u);
  EXPECT_EQ(*node.Content(), "new");
}

// The rest of an installation may fail, and another leader send an older snapshot: the core asks for that one.
TEST_F(SnapshotStoreTest, WhatIsInstalledIsCurrentEvenIfItIsOlder) {
  Node another(clock);
  const Snapshot newer = *node.Take(9, std::make_unique<TextSource>("at 9"));
  const Snapshot older = *another.Take(8, std::make_unique<TextSource>("at 8"));
  node.SendTo(other, newer, 300);
  ASSERT_TRUE(other.Install(newer).ok());
  another.SendTo(other, older, 300);
  ASSERT_TRUE(other.Install(older).ok());
  EXPECT_EQ(other.store->current(), older);
  EXPECT_EQ(*other.Content(), "at 8");
}

// The rest of an installation may fail, and the same snapshot come again.
TEST_F(SnapshotStoreTest, WhatIsInstalledAgainStays) {
  const auto taken = node.Take(10, std::make_unique<TextSource>(Text(1000, 'a')));
  ASSERT_TRUE(taken.ok());
  for (int i = 0; i < 2; ++i) {
    node.SendTo(other, *taken, 300);
    ASSERT_TRUE(other.Install(*taken).ok());
  }
  while (clock.RunNext()) {
  }
  other.Close();
  other.disk.Crash([] { return false; });
  other.Open();
  ASSERT_TRUE(other.store->current().has_value());
  EXPECT_EQ(other.store->current()->last_included, taken->last_included);
  EXPECT_EQ(*other.Content(), Text(1000, 'a'));
}

TEST_F(SnapshotStoreTest, KeepsWhatIsTaken) {
  EXPECT_FALSE(node.store->current().has_value());
  EXPECT_EQ(node.Content().status().code(), absl::StatusCode::kNotFound);
  const std::string text = Text(200'000, 'a');
  const auto taken = node.Take(7, std::make_unique<TextSource>(text));
  ASSERT_TRUE(taken.ok()) << taken.status();
  EXPECT_EQ(taken->last_included, (LogPosition{7, 2}));
  EXPECT_EQ(node.store->current(), *taken);
  node.Close();
  node.disk.Crash([] { return false; });
  node.Open();
  EXPECT_EQ(node.store->current(), *taken);
  EXPECT_EQ(*node.Content(), text);
}

TEST_F(SnapshotStoreTest, AnEmptyStateIsAState) {
  ASSERT_TRUE(node.Take(7, std::make_unique<TextSource>("")).ok());
  EXPECT_EQ(*node.Content(), "");
}

TEST_F(SnapshotStoreTest, TheNextOneReplacesTheLast) {
  const auto first = *node.Take(7, std::make_unique<TextSource>(Text(100, 'a')));
  ASSERT_TRUE(node.ReadChunk({7, 2}, 0, 10).ok());
  const auto second = *node.Take(9, std::make_unique<TextSource>(Text(100, 'b')));
  clock.Advance(100);
  EXPECT_EQ(node.files->List("snapshots")->size(), 1u);
  // Whoever is being sent the old one gets the rest of it, until that is no longer so.
  EXPECT_TRUE(node.ReadChunk({7, 2}, 10, 10).ok());
  node.store->Retain({{9, 2}});
  EXPECT_EQ(node.ReadChunk({7, 2}, 10, 10).status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(node.ReadChunk({9, 2}, 0, 10).ok());
  EXPECT_EQ(*node.Content(), Text(100, 'b'));
}

TEST_F(SnapshotStoreTest, AFailureKeepsTheLastOne) {
  ASSERT_TRUE(node.Take(7, std::make_unique<TextSource>("old")).ok());
  EXPECT_EQ(node.Take(8, std::make_unique<FailingSource>()).status().code(), absl::StatusCode::kAborted);
  node.faults.sync_fails = true;
  EXPECT_EQ(node.Take(9, std::make_unique<TextSource>("new")).status().code(), absl::StatusCode::kDataLoss);
  node.faults.sync_fails = false;
  EXPECT_EQ(*node.Content(), "old");
  node.Open();
  EXPECT_EQ(*node.Content(), "old");
  EXPECT_EQ(node.files->List("snapshots")->size(), 1u);
  EXPECT_EQ(node.store->removed(), std::vector<std::string>{"taking.part"});
}

// Beside, synced, renamed, and the name synced: in this order, for one's own and for those that are received.
TEST_F(SnapshotStoreTest, TheNameComesWhenTheContentIsDurable) {
  const auto expect = [](const Faults& faults, const std::string& part) {
    const auto at = [&faults](const std::string& what) {
      const auto found = std::find(faults.done.begin(), faults.done.end(), what);
      EXPECT_NE(found, faults.done.end()) << what;
      return found - faults.done.begin();
    };
    const auto synced = at("sync snapshots/" + part);
    const auto directory = std::find(faults.done.begin() + synced, faults.done.end(), "sync snapshots");
    ASSERT_NE(directory, faults.done.end());
    // Between the two nothing but the names of the rename.
    EXPECT_GT(directory - faults.done.begin(), synced + 1);
    for (auto between = faults.done.begin() + synced + 1; between != directory; ++between) {
      EXPECT_TRUE(between->starts_with("name ")) << *between;
    }
  };
  node.faults.done.clear();
  const Snapshot snapshot = *node.Take(7, std::make_unique<TextSource>(Text(1000, 'a')));
  expect(node.faults, "taking.part");
  other.faults.done.clear();
  node.SendTo(other, snapshot, 300);
  ASSERT_TRUE(other.Install(snapshot).ok());
  expect(other.faults, "incoming.part");
}

TEST_F(SnapshotStoreTest, WhatIsLeftOverIsRemovedAtAStart) {
  ASSERT_TRUE(node.Take(7, std::make_unique<TextSource>("seven")).ok());
  const std::string seven = "snapshot-0000000000000007-0000000000000002";
  const std::string older = "snapshot-0000000000000003-0000000000000001";
  node.Close();
  node.disk.SetContent("snapshots/" + older, "superseded, whatever it is");
  node.disk.SetContent("snapshots/incoming.part", "half");
  node.disk.SetContent("snapshots/taking.part", "half");
  node.disk.SetContent("snapshots/of-an-operator", "not ours");
  node.Open();
  EXPECT_EQ(node.store->removed(), (std::vector<std::string>{"incoming.part", older, "taking.part"}));
  EXPECT_EQ(*node.files->List("snapshots"), (std::vector<std::string>{"of-an-operator", seven}));
  EXPECT_EQ(*node.Content(), "seven");
}

// Each block is good by itself; only its place, or the whole, tells that something is wrong.
TEST_F(SnapshotStoreTest, BlocksThatAreMissingOrElsewhereAreNoticed) {
  const std::string text = Text(3 * kImageBlockBytes, 'a') + "tail";
  const Snapshot snapshot = *node.Take(7, std::make_unique<TextSource>(text));
  const std::string path = "snapshots/snapshot-0000000000000007-0000000000000002";
  const std::string good = node.disk.Content(path);
  const size_t block_bytes = kImageBlockBytes + 8;
  const size_t first = good.size() - kImageTrailerBytes - (4 + 8) - 3 * block_bytes;
  const auto refused = [&](std::string image) {
    node.disk.SetContent(path, std::move(image));
    if (!node.TryOpen().ok()) return true;
    return node.Content().status().code() == absl::StatusCode::kDataLoss;
  };
  EXPECT_FALSE(refused(good));
  const std::string a = good.substr(first, block_bytes);
  const std::string b = good.substr(first + block_bytes, block_bytes);
  EXPECT_TRUE(refused(good.substr(0, first) + b + a + good.substr(first + 2 * block_bytes)));  // Swapped.
  EXPECT_TRUE(refused(good.substr(0, first) + good.substr(first + block_bytes)));              // The first is missing.
  EXPECT_TRUE(refused(good.substr(0, first + 2 * block_bytes) + good.substr(first + 3 * block_bytes)));
  const size_t tail = good.size() - kImageTrailerBytes - 12;
  EXPECT_TRUE(refused(good.substr(0, tail) + good.substr(tail + 12)));  // The last one is missing: the whole tells.
  EXPECT_TRUE(refused(good.substr(0, good.size() - kImageTrailerBytes)));
  EXPECT_TRUE(refused(good + "more"));
}

TEST_F(SnapshotStoreTest, TravelsToAnotherNode) {
  const std::string text = Text(300'000, 'a');
  const Snapshot snapshot = *node.Take(7, std::make_unique<TextSource>(text));
  node.SendTo(other, snapshot, 65'000);
  EXPECT_FALSE(other.store->current().has_value());
  ASSERT_TRUE(other.Install(snapshot).ok());
  EXPECT_EQ(other.store->current(), snapshot);
  other.Close();
  other.disk.Crash([] { return false; });
  other.Open();
  EXPECT_EQ(*other.Content(), text);
}

TEST_F(SnapshotStoreTest, WhatIsNotTheAnnouncedOneIsRefused) {
  const Snapshot snapshot = *node.Take(7, std::make_unique<TextSource>(Text(1000, 'a')));
  EXPECT_EQ(other.Install(snapshot).code(), absl::StatusCode::kDataLoss);
  node.SendTo(other, snapshot, 300);
  Snapshot wrong = snapshot;
  wrong.configuration.configuration = Members(5);
  EXPECT_EQ(other.Install(wrong).code(), absl::StatusCode::kDataLoss);
  EXPECT_FALSE(other.store->current().has_value());
  // A chunk out of its turn.
  ASSERT_TRUE(other.StoreChunk({7, 2}, 0, *node.ReadChunk({7, 2}, 0, 100)).ok());
  EXPECT_FALSE(other.StoreChunk({7, 2}, 200, *node.ReadChunk({7, 2}, 200, 100)).ok());
  EXPECT_FALSE(other.StoreChunk({8, 2}, 100, *node.ReadChunk({7, 2}, 100, 100)).ok());
}

TEST_F(SnapshotStoreTest, AnotherFormatIsRefusedAsSuch) {
  ASSERT_TRUE(node.Take(7, std::make_unique<TextSource>("old")).ok());
  const std::string path = "snapshots/snapshot-0000000000000007-0000000000000002";
  std::string image = node.disk.Content(path);
  StoreLittle(&image[8], uint32_t{2});
  const size_t summed = 48 + LoadLittle<uint32_t>(&image[12]);
  StoreLittle(&image[summed], Crc32c(std::string_view(image).substr(0, summed)));
  node.disk.SetContent(path, image);
  const absl::Status status = node.TryOpen();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(status.message(), path + ": format version 2, this program knows 1: use the one that wrote it");
}

TEST_F(SnapshotStoreTest, AnothersSnapshotIsRefused) {
  ASSERT_TRUE(node.Take(7, std::make_unique<TextSource>("old")).ok());
  node.options.cluster = 43;
  EXPECT_EQ(node.TryOpen().code(), absl::StatusCode::kFailedPrecondition);
}

RC_GTEST_PROP(SnapshotStorePropertyTest, AnyDamageIsNoticedBeforeItDoesHarm, ()) {
  MemoryClock clock;
  Node node(clock);
  const std::string text = Text(*rc::gen::element<size_t>(0, 10, 1000, 65536, 65537, 140'000), 'a');
  const Snapshot snapshot = *node.Take(7, std::make_unique<TextSource>(text));
  const std::string path = "snapshots/snapshot-0000000000000007-0000000000000002";
  node.disk.Damage(path, *rc::gen::inRange<size_t>(0, snapshot.bytes), static_cast<char>(*rc::gen::inRange(1, 256)));
  const absl::Status opened = node.TryOpen();
  if (opened.ok()) RC_ASSERT(node.Content().status().code() == absl::StatusCode::kDataLoss);
}

// Whenever the power goes, the last good snapshot is there, whole.
RC_GTEST_PROP(SnapshotStorePropertyTest, ACrashLeavesTheOldOneOrTheNewOne, ()) {
  MemoryClock clock;
  Node node(clock);
  const std::string old_text = Text(90'000, 'a');
  const std::string new_text = Text(150'000, 'b');
  RC_ASSERT(node.Take(7, std::make_unique<TextSource>(old_text)).ok());
  bool told = false;
  node.store->Take({9, 2}, {1, Members(3)}, std::make_unique<TextSource>(new_text), [&told](auto result) {
    RC_ASSERT(result.ok());
    told = true;
  });
  clock.Advance(*rc::gen::inRange(0, 120));
  node.Close();
  MemoryEntropy draws(*rc::gen::arbitrary<uint64_t>());
  node.disk.Crash([&draws] { return draws.Draw() % 2 == 0; });
  RC_ASSERT(node.TryOpen().ok());
  const auto content = node.Content();
  RC_ASSERT(content.ok());
  RC_ASSERT(*content == new_text || (!told && *content == old_text));
  RC_ASSERT(node.files->List("snapshots")->size() == 1u);
}

}  // namespace
}  // namespace lockstep::runtime
