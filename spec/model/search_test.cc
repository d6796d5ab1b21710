// The search: TLC's counts, the properties that are false, and what each configuration is there to reach.
#include "spec/model/search.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "spec/model/configs.h"

namespace lockstep::model {
namespace {

SearchResult SearchConfig(const char* name, bool symmetry) {
  const Bounds* bounds = FindConfig(name);
  EXPECT_NE(bounds, nullptr) << name;
  SearchOptions options;
  options.symmetry = symmetry;
  return Search(*bounds, options);
}

uint64_t Taken(const SearchResult& result, const char* action) {
  for (size_t i = 0; i < ActionNames().size(); ++i) {
    if (std::strcmp(ActionNames()[i], action) == 0) return result.actions[i];
  }
  ADD_FAILURE() << "no action " << action;
  return 0;
}

struct TlcCount {
  const char* config;
  std::vector<uint64_t> levels;      // Distinct states at depth 0, 1, ...: what `./run tlc NAME` prints as levels.
  std::vector<const char*> actions;  // What the configuration is there for; each must be taken.
};

// TLC's numbers, from `./run tlc NAME`. They are TLC's, never ours: if they differ, one of the two specifications is
// wrong.
const std::vector<TlcCount>& TlcCounts() {
  static const std::vector<TlcCount> counts = {
      {"Election",
       {1, 3, 9, 22, 42, 78, 131, 249, 384, 510, 747, 867, 852, 798, 795, 621, 513, 258, 78},
       {"ElectionTimeout", "QuorumCheckTimeout", "ReceiveRequestVote", "ReceiveRequestVoteReply"}},
      {"Replication",
       {1, 4, 10, 26, 59, 122, 236, 414, 646, 878, 1140, 1534, 2130, 3032},
       {"Propose", "ReceiveAppendEntries", "ReceiveAppendEntriesReply", "WriteDone", "Crash", "Restart"}},
      {"Failure", {1, 4, 14, 50, 132, 326, 707, 1373, 2368, 3465}, {"WriteFailed", "Crash", "Restart"}},
      {"Snapshot",
       {1,   4,   4,   6,   8,    14,   15,   22,  25,  36,  54,  104, 179,
        303, 486, 720, 952, 1144, 1210, 1106, 858, 564, 304, 110, 26,  4},
       {"Applied", "SnapshotTaken", "EntriesLoaded", "ReceiveInstallSnapshot", "SnapshotChunkStored",
        "SnapshotInstalled", "ReceiveInstallSnapshotReply"}},
      {"Joint",
       {1,   2,   2,   6,   5,   16,  15,  30,  32,  28,  39,  34,  41,  50,  64,  72,  90,  108, 144, 182, 214,
        224, 232, 271, 294, 315, 391, 515, 631, 780, 899, 907, 826, 659, 454, 279, 165, 120, 111, 65,  29,  7},
       {"ProposeConfiguration", "ReceiveTimeoutNow"}},
      {"Demote",
       {1,  2,  2,  6,  5,  16, 15, 30, 32, 28, 39, 34, 39, 46, 54, 52, 52, 52,
        55, 71, 71, 81, 79, 84, 81, 68, 52, 39, 44, 41, 30, 26, 19, 12, 4},
       {"ProposeConfiguration"}},
      {"Learner",
       {1, 2, 2, 6, 5, 16, 15, 30, 32, 28, 41, 38, 53, 70, 100, 142, 194, 262, 380, 570, 796, 1180, 1700},
       {"ProposeConfiguration"}},
      {"Read",
       {1, 2, 2, 6, 5, 16, 15, 34, 46, 66, 141, 298, 615, 1222, 2272, 3854},
       {"Read", "HeartbeatTimeout", "ReceiveHeartbeat", "ReceiveHeartbeatReply", "ReceiveReadRequest"}},
      {"Transfer",
       {1, 1, 2, 3, 2, 3, 6, 13, 15, 35, 45, 59, 78, 128, 167, 222, 344, 548, 903, 1489, 2486},
       {"TransferLeadership", "ReceiveTimeoutNow", "Cancel"}},
      {"Figure8", {1, 2, 2, 8, 7, 34, 31, 130, 130, 418, 559, 1336, 2220, 4402}, {"ElectionTimeout"}},
      {"StaleLeader", {1, 2, 2, 8, 7, 34, 31, 128, 128, 380, 521, 1044, 1684}, {"ReceiveAppendEntriesReply"}},
      {"SplitVote", {1, 2, 2, 10, 9, 46, 63, 122, 255, 442, 888}, {"ReceiveRequestVoteReply"}},
      {"LeaderDisk",
       {1, 1, 1, 2, 3, 4, 9, 21, 39, 53, 65, 87, 103, 94, 58, 18, 2},
       {"ReceiveAppendEntriesReply", "WriteDone"}},
  };
  return counts;
}

TEST(SearchTest, EachDepthHasAsManyStatesAsTlcFinds) {
  for (const TlcCount& expected : TlcCounts()) {
    const SearchResult result = SearchConfig(expected.config, false);
    EXPECT_FALSE(result.counterexample.has_value()) << expected.config << " " << result.counterexample->property;
    EXPECT_TRUE(result.complete) << expected.config;
    EXPECT_EQ(result.levels, expected.levels) << expected.config;
    for (const char* action : expected.actions)
      EXPECT_GT(Taken(result, action), 0u) << expected.config << " " << action;
  }
}

// One state stands for at most all its renamings, and a property that holds of one holds of all.
TEST(SearchTest, SymmetryLeavesOneStateOfEachKind) {
  for (const char* config : {"Election", "Read"}) {
    const SearchResult all = SearchConfig(config, false);
    const SearchResult kinds = SearchConfig(config, true);
    const uint64_t renamings = FindConfig(config)->servers == 3 ? 6 : 2;
    EXPECT_LT(kinds.states, all.states) << config;
    EXPECT_GE(kinds.states * renamings, all.states) << config;
    EXPECT_EQ(kinds.levels.size(), all.levels.size()) << config;
    EXPECT_FALSE(kinds.counterexample.has_value()) << config;
  }
}

struct FalseProperty {
  const char* property;
  const char* config;
  size_t steps;  // Of the shortest counterexample.
};

// Properties that are often believed. A search that no longer refutes one looks at less than it should.
TEST(SearchTest, FalsePropertiesHaveCounterexamples) {
  const FalseProperty cases[] = {
      {"LeaderCompletenessByEntryTermInv", "StaleLeader", 22},
      {"CommittedEntriesTermsInv", "StaleLeader", 22},
      {"VotesGrantedInv", "SplitVote", 20},
      {"CommittedIsDurableInv", "LeaderDisk", 12},
  };
  for (const FalseProperty& c : cases) {
    const PropertyInfo* property = FindProperty(c.property);
    ASSERT_NE(property, nullptr) << c.property;
    EXPECT_FALSE(property->is_true) << c.property;
    Bounds bounds = *FindConfig(c.config);
    bounds.max_depth = 0;
    SearchOptions options;
    options.symmetry = true;
    options.properties = {};
    options.properties.Add(*property);
    const SearchResult result = Search(bounds, options);
    ASSERT_TRUE(result.counterexample.has_value()) << c.property;
    EXPECT_EQ(result.counterexample->property, c.property);
    EXPECT_EQ(result.counterexample->steps.size(), c.steps) << c.property;
  }
}

TEST(SearchTest, EveryFalsePropertyIsRefutedAbove) {
  size_t count = 0;
  for (const PropertyInfo& property : Properties()) count += property.is_true ? 0 : 1;
  EXPECT_EQ(count, 4u);
}

TEST(SearchTest, StopsWhereItIsTold) {
  SearchOptions options;
  options.states_max = 100;
  SearchResult result = Search(*FindConfig("Election"), options);
  EXPECT_EQ(result.states, 100u);
  EXPECT_FALSE(result.complete);
  options = {};
  options.depth_max = 3;
  result = Search(*FindConfig("Election"), options);
  EXPECT_EQ(result.levels.size(), 4u);
  EXPECT_FALSE(result.complete);
  options = {};
  options.progress_every = 1;
  options.progress = [](const Progress& progress) { return progress.states < 10; };
  EXPECT_FALSE(Search(*FindConfig("Election"), options).complete);
}

TEST(ConfigsTest, AConfigWithAMistakeIsRefused) {
  Bounds bounds;
  EXPECT_EQ(
      ParseConfig("CONSTANTS\n  MaxTerm = 3\n  Server = {s1, s2}\n  Settle = FALSE\nCHECK_DEADLOCK FALSE\n", bounds),
      "");
  EXPECT_EQ(bounds.max_term, 3u);
  EXPECT_EQ(bounds.servers, 2u);
  EXPECT_FALSE(bounds.settle);
  EXPECT_EQ(ParseConfig("CONSTANTS\n  MaxTurm = 3\n", bounds), "no constant MaxTurm");
  EXPECT_EQ(ParseConfig("CONSTANTS\n  MaxTerm = three\n", bounds), "MaxTerm = three: not a number, set or truth");
  EXPECT_EQ(ParseConfig("CONSTANTS\n  Changes <- Everything\n", bounds),
            "not a known set of changes: Changes <- Everything");
  EXPECT_EQ(ParseConfig("INVARIANTS\n  MaxTerm = 3\n", bounds), "a constant outside of CONSTANTS: MaxTerm = 3");
}

}  // namespace
}  // namespace lockstep::model
