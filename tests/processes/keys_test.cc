// The example does what it says, and finds its keys again.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "tests/processes/process.h"

namespace lockstep::tests {
namespace {

class KeysTest : public testing::Test {
 protected:
  KeysTest() { std::filesystem::remove_all(folder_); }
  ~KeysTest() override { std::filesystem::remove_all(folder_); }

  // Until it is done: for a moment after the start nobody leads.
  static std::string Ask(Process& keys, const std::string& line) {
    std::string answer;
    for (int i = 0; i < 600 && !answer.starts_with("revision"); ++i) {
      if (i > 0) std::this_thread::sleep_for(std::chrono::milliseconds(100));
      keys.Write(line + "\n");
      answer = keys.ReadLine(60).value_or("no answer");
    }
    return answer;
  }

  const std::string folder_ = testing::TempDir() + "/keys";
};

TEST_F(KeysTest, KeysArePutReadDeletedAndFoundAgain) {
  {
    Process keys({BuiltProgram("examples/keys"), folder_});
    EXPECT_EQ(Ask(keys, "put a 1"), "revision 2 ");
    EXPECT_EQ(Ask(keys, "put a 2"), "revision 3 ");
    EXPECT_EQ(Ask(keys, "put b 3"), "revision 4 ");
    EXPECT_EQ(Ask(keys, "del b"), "revision 5 ");
    EXPECT_EQ(Ask(keys, "get a"), "revision 5 2 (of revision 3)");
    keys.CloseInput();
    EXPECT_EQ(keys.Wait(), 0);
  }
  Process again({BuiltProgram("examples/keys"), folder_});
  EXPECT_EQ(Ask(again, "get a"), "revision 5 2 (of revision 3)");
  EXPECT_EQ(Ask(again, "get b"), "revision 5 ");
  EXPECT_EQ(Ask(again, "put a 4"), "revision 6 ");
}

}  // namespace
}  // namespace lockstep::tests
