#include "tests/mutants/header.h"

#include "gtest/gtest.h"

namespace lockstep::mutants {
namespace {

constexpr const char* kChange = "--- a/core/log.cc\n+++ b/core/log.cc\n@@ -1 +1 @@\n-id: no\n+plants: no\n";

absl::StatusOr<Header> Parse(const std::string& head) { return ParseHeader(head + kChange); }

TEST(HeaderTest, SaysWhatCatches) {
  const absl::StatusOr<Header> header = Parse(
      "id: C1\nplants: a bug\ncaught by: full stack, QuorumLogInv|MatchSoundInv, 7\ncaught by: explorer, Liveness, "
      "9\n");
  ASSERT_TRUE(header.ok()) << header.status();
  EXPECT_EQ(header->id, "C1");
  EXPECT_EQ(header->plants, "a bug");
  EXPECT_EQ(header->runs, Layer::kSimulation);
  ASSERT_EQ(header->expectations.size(), 2u);
  EXPECT_EQ(header->expectations[0].layer, Layer::kFullStack);
  EXPECT_EQ(header->expectations[0].properties, (std::vector<std::string>{"QuorumLogInv", "MatchSoundInv"}));
  EXPECT_EQ(header->expectations[0].budget, 7u);
  EXPECT_EQ(header->expectations[1].layer, Layer::kExplorer);
}

TEST(HeaderTest, SaysWhyNothingDoes) {
  const absl::StatusOr<Header> header =
      ParseHeader("id: D1\nplants: a bug\nmissed: it needs years\n--- a/runtime/x.cc\n+++ b/runtime/x.cc\n");
  ASSERT_TRUE(header.ok()) << header.status();
  EXPECT_EQ(header->missed, "it needs years");
  EXPECT_EQ(header->runs, Layer::kFullStack);
}

TEST(HeaderTest, SaysWhichRunsShowIt) {
  for (const char* file : {"kvsm/txn.cc", "runtime/service/line.cc"}) {
    const std::string name = file;
    const absl::StatusOr<Header> header = ParseHeader(
        "id: U1\nplants: a bug\ncaught by: service, LeaseProp, 7\n--- a/" + name + "\n+++ b/" + name + "\n");
    ASSERT_TRUE(header.ok()) << header.status();
    EXPECT_EQ(header->runs, Layer::kService);
  }
}

TEST(HeaderTest, RefusesWhatSaysNothingOrBoth) {
  for (const char* head : {"", "id: C1\n", "id: C1\nplants: a bug\n", "plants: a bug\nmissed: why\n",
                           "id: C1\nplants: a bug\nmissed: why\ncaught by: explorer, Liveness, 9\n",
                           "id: C1\nplants: a bug\ncaught by: explorers, Liveness, 9\n",
                           "id: C1\nplants: a bug\ncaught by: explorer, Liveness, 0\n",
                           "id: C1\nplants: a bug\ncaught by: explorer, Liveness\n",
                           "id: C1\nplants: a bug\ncaught: explorer, Liveness, 9\n"}) {
    EXPECT_FALSE(Parse(head).ok()) << head;
  }
}

}  // namespace
}  // namespace lockstep::mutants
