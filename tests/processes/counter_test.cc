// The example does what it says: three processes, one total, also after one of them is killed.
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <thread>

#include "tests/processes/process.h"

namespace lockstep::tests {
namespace {

class CounterTest : public testing::Test {
 protected:
  CounterTest() : root_(testing::TempDir() + "/counter") {
    std::filesystem::remove_all(root_);
    for (const int port : FreePorts(3)) addresses_.push_back("127.0.0.1:" + std::to_string(port));
    for (int i = 0; i < 3; ++i) Start(i);
  }
  ~CounterTest() override {
    for (auto& node : nodes_) node.reset();
    std::filesystem::remove_all(root_);
  }

  void Start(int i) {
    const std::string number = std::to_string(i + 1);
    nodes_[i] = std::make_unique<Process>(std::vector<std::string>{
        BuiltProgram("examples/counter"), number, root_ + "/" + number, addresses_[0], addresses_[1], addresses_[2]});
  }
  // What the first node that knows it answers to `line`; asked for up to a minute.
  std::string Ask(const std::string& line) {
    std::string last;
    for (int round = 0; round < 600; ++round) {
      for (int i = 0; i < 3; ++i) {
        if (nodes_[i] == nullptr) continue;
        nodes_[i]->Write(line + "\n");
        last = nodes_[i]->ReadLine(30).value_or("no answer");
        answered_ = i;
        if (last.find_first_not_of("-0123456789") == std::string::npos) return last;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    return last;
  }

  const std::string root_;
  std::vector<std::string> addresses_;
  std::unique_ptr<Process> nodes_[3];
  int answered_ = 0;
};

TEST_F(CounterTest, TheTotalIsTheSameEverywhereAndOutlivesTheLeader) {
  EXPECT_EQ(Ask("5"), "5");
  EXPECT_EQ(Ask("-2"), "3");
  const int leader = answered_;
  nodes_[leader]->Signal(SIGKILL);
  EXPECT_EQ(nodes_[leader]->Wait(), 128 + SIGKILL);
  nodes_[leader].reset();
  EXPECT_EQ(Ask("?"), "3");
  EXPECT_EQ(Ask("39"), "42");
  Start(leader);
  nodes_[(leader + 1) % 3].reset();
  EXPECT_EQ(Ask("?"), "42");
}

}  // namespace
}  // namespace lockstep::tests
