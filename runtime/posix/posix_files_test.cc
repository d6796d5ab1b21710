#include "runtime/posix/posix_files.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace lockstep::runtime {
namespace {

class PosixFilesTest : public testing::TestWithParam<SyncMethod> {
 protected:
  PosixFilesTest() : root_(testing::TempDir() + "/posix_files_test/deep") {
    std::filesystem::remove_all(testing::TempDir() + "/posix_files_test");
    auto made = PosixFiles::Make(loop_, root_, GetParam());
    if (made.ok()) files_ = *std::move(made);
  }
  void SetUp() override {
    if (files_ == nullptr) GTEST_SKIP() << "the kernel offers no io_uring";
  }

  const std::string root_;
  EventLoop loop_;
  std::unique_ptr<PosixFiles> files_;
};

TEST_P(PosixFilesTest, ReadsWhatItWrote) {
  auto file = *files_->Open("a", OpenMode::kCreate);
  ASSERT_TRUE(file->Preallocate(10'000).ok());
  EXPECT_EQ(*file->Size(), 10'000u);
  ASSERT_TRUE(file->Write(5, "hello").ok());
  ASSERT_TRUE(file->Sync().ok());
  std::string out(7, '?');
  EXPECT_EQ(*file->Read(4, out), 7u);
  EXPECT_EQ(out, std::string("\0hello\0", 7));
  EXPECT_EQ(*file->Read(9'998, out), 2u);
  EXPECT_EQ(*file->Read(20'000, out), 0u);
}

TEST_P(PosixFilesTest, WritesWithSyncAreToldInOrder) {
  auto file = *files_->Open("a", OpenMode::kCreate);
  std::string expected;
  std::vector<int> told;
  for (int i = 0; i < 20; ++i) {
    const std::string head(static_cast<size_t>(i), 'h');
    const std::string tail(static_cast<size_t>(100 * i), 't');
    file->WriteAndSync(expected.size(), {SharedBytes(head), SharedBytes(tail)}, [&told, i, this](absl::Status status) {
      EXPECT_TRUE(status.ok()) << status;
      told.push_back(i);
      if (i == 19) loop_.Stop();
    });
    expected += head + tail;
  }
  EXPECT_TRUE(told.empty());
  loop_.Run();
  ASSERT_EQ(told.size(), 20u);
  EXPECT_TRUE(std::is_sorted(told.begin(), told.end()));
  EXPECT_EQ(*ReadWholeFile(*files_, "a", 1 << 20), expected);
}

TEST_P(PosixFilesTest, ManyPiecesAreWritten) {
  auto file = *files_->Open("a", OpenMode::kCreate);
  std::vector<SharedBytes> parts;
  std::string expected;
  for (int i = 0; i < 3000; ++i) {
    expected += std::to_string(i);
    parts.emplace_back(std::to_string(i));
  }
  file->WriteAndSync(0, std::move(parts), [this](absl::Status status) {
    EXPECT_TRUE(status.ok()) << status;
    loop_.Stop();
  });
  loop_.Run();
  EXPECT_EQ(*ReadWholeFile(*files_, "a", 1 << 20), expected);
}

TEST_P(PosixFilesTest, AFailedWriteIsAnError) {
  { auto made = *files_->Open("a", OpenMode::kCreate); }
  auto file = *files_->Open("a", OpenMode::kRead);
  absl::Status told;
  file->WriteAndSync(0, {SharedBytes("x")}, [&told, this](absl::Status status) {
    told = std::move(status);
    loop_.Stop();
  });
  loop_.Run();
  EXPECT_FALSE(told.ok());
  EXPECT_NE(told.message().find(root_ + "/a"), std::string::npos) << told;
}

TEST_P(PosixFilesTest, NamesComeAndGo) {
  ASSERT_TRUE(ReplaceFile(*files_, "", "b", "one").ok());
  ASSERT_TRUE(ReplaceFile(*files_, "", "b", "two").ok());
  ASSERT_TRUE(files_->Rename("b", "a").ok());
  ASSERT_TRUE(files_->MakeDirectory("x/y").ok());
  EXPECT_EQ(*files_->List(""), std::vector<std::string>{"a"});
  EXPECT_EQ(*ReadWholeFile(*files_, "a", 100), "two");
  EXPECT_EQ(ReadWholeFile(*files_, "a", 2).status().code(), absl::StatusCode::kResourceExhausted);
  ASSERT_TRUE(files_->Remove("a").ok());
  EXPECT_EQ(files_->Remove("a").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(files_->Open("a", OpenMode::kRead).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(files_->List("z").status().code(), absl::StatusCode::kNotFound);
}

TEST_P(PosixFilesTest, WorkRunsInTheBackground) {
  int order = 0;
  files_->RunInBackground([] { return absl::DataLossError("found"); },
                          [&order, this](absl::Status status) {
                            EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
                            EXPECT_EQ(order++, 1);
                            loop_.Stop();
                          });
  EXPECT_EQ(order++, 0);
  loop_.Run();
  EXPECT_EQ(order, 2);
}

INSTANTIATE_TEST_SUITE_P(Methods, PosixFilesTest, testing::Values(SyncMethod::kIoUring, SyncMethod::kThread));

TEST(EventLoopTest, RunsWhatIsDueInOrder) {
  EventLoop loop;
  std::string order;
  loop.RunAfter(200'000, [&] { order += 'c'; });
  loop.RunAfter(0, [&] { order += 'a'; });
  const TaskId cancelled = loop.RunAfter(100'000, [&] { order += 'x'; });
  loop.RunAfter(100'000, [&] { order += 'b'; });
  loop.RunAfter(300'000, [&] { loop.Stop(); });
  loop.Cancel(cancelled);
  const int64_t before = loop.ReadMonotonic().micros;
  loop.Run();
  EXPECT_EQ(order, "abc");
  EXPECT_GE(loop.ReadMonotonic().micros - before, 300'000);
}

}  // namespace
}  // namespace lockstep::runtime
