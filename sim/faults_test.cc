#include "sim/faults.h"

#include <set>
#include <string>

#include "gtest/gtest.h"

namespace lockstep::sim {
namespace {

TEST(FaultsTest, TheTableHasARowForEachFaultInOrder) {
  size_t at = 0;
  std::set<std::string> names;
  for (const FaultRow& row : FaultTable()) {
    EXPECT_EQ(static_cast<size_t>(row.fault), at++);
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_EQ(FaultNamed(row.name), row.fault);
    EXPECT_STREQ(ToString(row.fault), row.name);
    EXPECT_NE(std::string(row.description).find("per "), std::string::npos) << row.name << " says not what of";
  }
  EXPECT_EQ(FaultNamed("no such"), std::nullopt);
}

}  // namespace
}  // namespace lockstep::sim
