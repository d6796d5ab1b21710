// A leader whose file system is full stops acknowledging, says so, hands over, and goes on once there is space.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/processes/replicas.h"

namespace lockstep::tests {
namespace {

constexpr int kKeys = 20;
constexpr const char* kSmall = "size=24m";

void WriteText(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

// Gives this process and its children a view of the file systems of their own, in which they may mount.
bool CanMount() {
  const uid_t user = getuid();
  const gid_t group = getgid();
  if (unshare(CLONE_NEWNS) != 0) {
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
    WriteText("/proc/self/setgroups", "deny");
    WriteText("/proc/self/uid_map", "0 " + std::to_string(user) + " 1");
    WriteText("/proc/self/gid_map", "0 " + std::to_string(group) + " 1");
  }
  return mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

// Takes all the space that is left.
void Fill(const std::string& path) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  ASSERT_GE(fd, 0);
  for (size_t piece = 1 << 20; piece >= 512; piece /= 2) {
    const std::string bytes(piece, 'f');
    while (write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size())) {
    }
  }
  close(fd);
}

class FullDiskTest : public testing::Test {
 protected:
  void SetUp() override {
    signal(SIGPIPE, SIG_IGN);
    folder_ = testing::TempDir() + "/full_disk";
    if (!CanMount()) GTEST_SKIP() << "no file system can be mounted here";
    replicas_ = std::make_unique<Replicas>(
        Replicas::Options{BuiltProgram("tests/processes/chaos"), folder_, 300'000, 1 << 20, nullptr});
    for (int number = 1; number <= 3; ++number) {
      const std::string small = folder_ + "/" + std::to_string(number);
      std::filesystem::create_directories(small);
      if (mount("tmpfs", small.c_str(), "tmpfs", 0, kSmall) != 0) GTEST_SKIP() << "no tmpfs can be mounted here";
    }
    replicas_->StartAll();
  }
  void TearDown() override {
    replicas_.reset();
    for (int number = 1; number <= 3; ++number) umount((folder_ + "/" + std::to_string(number)).c_str());
    std::filesystem::remove_all(folder_);
  }

  static std::string KeyOf(int write) { return "k" + std::to_string(write % kKeys); }
  static std::string ValueOf(int write) { return std::to_string(write) + std::string(20'000, 'x'); }
  // Writes once more, wherever it is accepted; false after a minute.
  bool WriteOne() {
    const std::string question = "put " + KeyOf(written_) + " " + ValueOf(written_);
    for (int i = 0; i < 6000; ++i) {
      for (uint32_t number = 1; number <= 3; ++number) {
        if (!replicas_->Ask(number, question, 5).ok()) continue;
        leader_ = number;
        ++written_;
        return true;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
  bool Said(uint32_t number, const std::string& what) {
    replicas_->Ask(number, "status");
    for (const std::string& news : replicas_->news(number)) {
      if (news.find(what) != std::string::npos) return true;
    }
    return false;
  }

  std::string folder_;
  std::unique_ptr<Replicas> replicas_;
  uint32_t leader_ = 0;
  int written_ = 0;
};

TEST_F(FullDiskTest, ItHandsOverSaysSoAndGoesOn) {
  ASSERT_TRUE(WriteOne());
  const uint32_t full = leader_;
  const std::string filler = folder_ + "/" + std::to_string(full) + "/filler";
  Fill(filler);
  // Once the segments that it has are used up, the others go on without it.
  for (int i = 0; i < 1200 && leader_ == full; ++i) ASSERT_TRUE(WriteOne());
  ASSERT_NE(leader_, full);
  EXPECT_TRUE(Said(full, "No space left"));
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(WriteOne());
    EXPECT_NE(leader_, full);
  }

  ASSERT_TRUE(std::filesystem::remove(filler));
  bool caught_up = false;
  for (int i = 0; i < 600 && !caught_up; ++i) {
    ASSERT_TRUE(WriteOne());
    caught_up = replicas_->Ask(full, "stale " + KeyOf(written_ - 1)).text == ValueOf(written_ - 1);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  EXPECT_TRUE(caught_up);
  // What was acknowledged last of each key is there, by that node's word too.
  for (int write = written_ - kKeys; write < written_; ++write) {
    const Reply read = replicas_->Ask(full, "get " + KeyOf(write));
    ASSERT_TRUE(read.ok()) << read.text;
    EXPECT_EQ(read.text, ValueOf(write));
  }
}

}  // namespace
}  // namespace lockstep::tests
