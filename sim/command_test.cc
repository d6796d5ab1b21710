#include "sim/command.h"

#include <vector>

#include "gtest/gtest.h"
#include "sim/choices.h"

namespace lockstep::sim {
namespace {

TEST(CommandTableTest, NumbersBeginAtOne) {
  CommandTable table;
  Command command;
  command.key = 5;
  EXPECT_EQ(table.Add(command), 1u);
  EXPECT_EQ(table[1].key, 5u);
}

// Against a vector that never forgets.
TEST(PayloadLogTest, AgreesWithANaiveLog) {
  Choices choices = Choices::Seeded(1);
  PayloadLog log;
  std::vector<Payload> all = {0};  // By index.
  Index base = 0;
  for (int i = 0; i < 20'000; ++i) {
    switch (choices.Below(8)) {
      case 0: {
        const Index last = base + choices.Below(all.size() - base);
        log.TruncateAfter(last);
        all.resize(last + 1);
        break;
      }
      case 1:
        base = std::min<Index>(base + choices.Below(4), all.size() - 1);
        log.CompactTo(base);
        break;
      default:
        all.push_back(static_cast<Payload>(choices.Below(1000)));
        log.Append(all.back());
    }
    ASSERT_EQ(log.base(), base);
    ASSERT_EQ(log.last(), all.size() - 1);
    if (log.last() > base) {
      const Index index = base + 1 + choices.Below(log.last() - base);
      ASSERT_EQ(log.At(index), all[index]);
    }
  }
}

TEST(PayloadLogTest, CompactingBeyondTheEndEmptiesIt) {
  PayloadLog log;
  log.Append(7);
  log.CompactTo(5);
  EXPECT_EQ(log.base(), 5u);
  EXPECT_EQ(log.last(), 5u);
  log.Append(8);
  EXPECT_EQ(log.At(6), 8u);
}

}  // namespace
}  // namespace lockstep::sim
