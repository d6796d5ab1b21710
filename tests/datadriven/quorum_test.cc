// core/quorum.h against etcd-raft's quorum cases, and each case against a second, naive implementation.

#include "core/quorum.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/node_set.h"
#include "tests/datadriven/reader.h"

namespace lockstep {
namespace {

using datadriven::Directive;

// A case of the files: two sets of voters and what each voter has answered, as far as it has.
struct Case {
  NodeSet voters, outgoing;
  bool joint = false;
  std::map<NodeId, uint64_t> indexes;
  std::map<NodeId, VoteResult> votes;

  NodeSet Everyone() const {
    NodeSet everyone = voters;
    for (NodeId id : outgoing) everyone.insert(id);
    return everyone;
  }
};

// ---- Reading -------------------------------------------------------------------------------------------

// The members in the order in which the case names them.
std::vector<NodeId> ReadVoters(const Directive& directive, const char* argument, NodeSet& set) {
  std::vector<NodeId> named;
  const datadriven::Argument* found = directive.Find(argument);
  if (found == nullptr || found->values == std::vector<std::string>{"zero"}) return named;
  for (const std::string& value : found->values) {
    const NodeId id{static_cast<uint32_t>(datadriven::ParseNumber(value).value())};
    EXPECT_TRUE(set.insert(id)) << directive.Place() << ": " << argument << " names " << value << " twice";
    named.push_back(id);
  }
  return named;
}

VoteResult ReadVote(const std::string& value) {
  return value == "y" ? VoteResult::kWon : value == "n" ? VoteResult::kLost : VoteResult::kPending;
}

// Answers stand in the order of the voters of both sets, each voter once; "_" is no answer.
Case ReadCase(const Directive& directive) {
  Case result;
  std::vector<NodeId> named = ReadVoters(directive, "cfg", result.voters);
  for (NodeId id : ReadVoters(directive, "cfgj", result.outgoing)) {
    if (!result.voters.contains(id)) named.push_back(id);
  }
  result.joint = directive.Find("cfgj") != nullptr;
  for (const char* argument : {"idx", "votes"}) {
    const datadriven::Argument* answers = directive.Find(argument);
    if (answers == nullptr) continue;
    EXPECT_EQ(answers->values.size(), named.size()) << directive.Place() << ": one answer per voter";
    for (size_t i = 0; i < std::min(named.size(), answers->values.size()); ++i) {
      const std::string& value = answers->values[i];
      if (value == "_") continue;
      if (argument == std::string("votes")) {
        result.votes[named[i]] = ReadVote(value);
      } else if (const uint64_t index = datadriven::ParseNumber(value).value(); index != 0) {
        result.indexes[named[i]] = index;
      }
    }
  }
  return result;
}

// ---- The naive second implementation -------------------------------------------------------------------

size_t CountAtLeast(const NodeSet& voters, const std::map<NodeId, uint64_t>& indexes, uint64_t least) {
  size_t count = 0;
  for (NodeId id : voters) count += indexes.contains(id) && indexes.at(id) >= least ? 1 : 0;
  return count;
}

// Tries every index that anyone has named, and keeps the largest that more than half have reached.
uint64_t NaiveMajorityValue(const NodeSet& voters, const std::map<NodeId, uint64_t>& indexes) {
  if (voters.empty()) return kUnconstrained;
  uint64_t best = 0;
  for (const auto& [id, index] : indexes) {
    if (2 * CountAtLeast(voters, indexes, index) > voters.size()) best = std::max(best, index);
  }
  return best;
}

// Tries every way in which the missing votes could still come.
VoteResult NaiveVote(const NodeSet& voters, const NodeSet& outgoing, std::map<NodeId, VoteResult> votes) {
  NodeSet everyone = voters;
  for (NodeId id : outgoing) everyone.insert(id);
  for (NodeId id : everyone) {
    if (votes.contains(id)) continue;
    votes[id] = VoteResult::kWon;
    const VoteResult with = NaiveVote(voters, outgoing, votes);
    votes[id] = VoteResult::kLost;
    const VoteResult without = NaiveVote(voters, outgoing, votes);
    return with == without ? with : VoteResult::kPending;
  }
  for (const NodeSet* half : {&voters, &outgoing}) {
    size_t granted = 0;
    for (NodeId id : *half) granted += votes[id] == VoteResult::kWon ? 1 : 0;
    if (!half->empty() && 2 * granted <= half->size()) return VoteResult::kLost;
  }
  return VoteResult::kWon;
}

// ---- The implementation under test ---------------------------------------------------------------------

uint64_t Committed(const NodeSet& voters, const NodeSet& outgoing, const std::map<NodeId, uint64_t>& indexes) {
  return JointValue(voters, outgoing, [&](NodeId id) { return indexes.contains(id) ? indexes.at(id) : 0; });
}

uint64_t Committed(const NodeSet& voters, const std::map<NodeId, uint64_t>& indexes) {
  return MajorityValue(voters, [&](NodeId id) { return indexes.contains(id) ? indexes.at(id) : 0; });
}

VoteResult Vote(const NodeSet& voters, const NodeSet& outgoing, const std::map<NodeId, VoteResult>& votes) {
  return JointVote(voters, outgoing,
                   [&](NodeId id) { return votes.contains(id) ? votes.at(id) : VoteResult::kPending; });
}

VoteResult Vote(const NodeSet& voters, const std::map<NodeId, VoteResult>& votes) {
  return MajorityVote(voters, [&](NodeId id) { return votes.contains(id) ? votes.at(id) : VoteResult::kPending; });
}

// What must hold beside the printed result, whatever the case.
void CrossCheckCommitted(const Case& c) {
  const uint64_t committed = Committed(c.voters, c.outgoing, c.indexes);
  EXPECT_EQ(committed, std::min(NaiveMajorityValue(c.voters, c.indexes), NaiveMajorityValue(c.outgoing, c.indexes)));
  EXPECT_EQ(committed, Committed(c.outgoing, c.voters, c.indexes)) << "the halves are of equal rank";
  EXPECT_EQ(Committed(c.voters, c.indexes), Committed(c.voters, {}, c.indexes)) << "an empty half constrains nothing";
  EXPECT_EQ(Committed(c.voters, c.indexes), Committed(c.voters, c.voters, c.indexes)) << "two equal halves are one";
  // Who is below the result did not matter, so being further below does not either.
  for (const auto& [id, index] : c.indexes) {
    if (index >= committed) continue;
    for (uint64_t lower : {index - 1, uint64_t{0}}) {
      std::map<NodeId, uint64_t> changed = c.indexes;
      changed[id] = lower;
      EXPECT_EQ(Committed(c.voters, c.outgoing, changed), committed) << ToString(id) << " at " << lower;
    }
  }
}

void CrossCheckVote(const Case& c) {
  const VoteResult result = Vote(c.voters, c.outgoing, c.votes);
  EXPECT_EQ(result, NaiveVote(c.voters, c.outgoing, c.votes));
  EXPECT_EQ(result, Vote(c.outgoing, c.voters, c.votes)) << "the halves are of equal rank";
  EXPECT_EQ(Vote(c.voters, c.votes), Vote(c.voters, {}, c.votes)) << "an empty half constrains nothing";
  EXPECT_EQ(Vote(c.voters, c.votes), Vote(c.voters, c.voters, c.votes)) << "two equal halves are one";
}

// ---- Printing ------------------------------------------------------------------------------------------

// A row per voter: a bar as long as the number of voters below it, or "?" where it has not answered.
std::string Describe(const Case& c) {
  const NodeSet everyone = c.Everyone();
  if (everyone.empty()) return "<empty majority quorum>";
  std::string text = std::string(everyone.size(), ' ') + "    idx\n";
  for (NodeId id : everyone) {
    const bool known = c.indexes.contains(id);
    const uint64_t index = known ? c.indexes.at(id) : 0;
    size_t below = 0;
    for (NodeId other : everyone) {
      below += (c.indexes.contains(other) ? c.indexes.at(other) : 0) < index ? 1 : 0;
    }
    std::string bar = known ? std::string(below, 'x') + ">" : "?";
    bar.resize(everyone.size() + 1, ' ');
    std::string number = std::to_string(index);
    number.insert(0, number.size() < 5 ? 5 - number.size() : 0, ' ');
    text += bar + " " + number + "    (id=" + ToString(id) + ")\n";
  }
  return text;
}

std::string PrintCommitted(const Case& c) {
  const uint64_t committed = c.joint ? Committed(c.voters, c.outgoing, c.indexes) : Committed(c.voters, c.indexes);
  return Describe(c) + (committed == kUnconstrained ? "∞" : std::to_string(committed)) + "\n";
}

std::string PrintVote(const Case& c) {
  switch (c.joint ? Vote(c.voters, c.outgoing, c.votes) : Vote(c.voters, c.votes)) {
    case VoteResult::kWon:
      return "VoteWon\n";
    case VoteResult::kLost:
      return "VoteLost\n";
    case VoteResult::kPending:
      return "VotePending\n";
  }
  return "";
}

// ---- One test per case ---------------------------------------------------------------------------------

constexpr size_t kCases = 127;

std::vector<Directive> AllCases() {
  std::vector<Directive> all;
  for (const char* name : {"majority_commit", "majority_vote", "joint_commit", "joint_vote"}) {
    const std::string path = std::string("tests/data/etcd-raft/quorum/testdata/") + name + ".txt";
    const std::vector<Directive> file = datadriven::ReadDirectives(path).value();
    all.insert(all.end(), file.begin(), file.end());
  }
  return all;
}

class EtcdQuorumTest : public testing::TestWithParam<Directive> {};

TEST_P(EtcdQuorumTest, PrintsWhatTheFileSays) {
  const Directive& directive = GetParam();
  SCOPED_TRACE(directive.Place());
  const Case c = ReadCase(directive);
  std::string actual;
  if (directive.name == "committed") {
    CrossCheckCommitted(c);
    actual = PrintCommitted(c);
  } else if (directive.name == "vote") {
    CrossCheckVote(c);
    actual = PrintVote(c);
  } else {
    FAIL() << directive.Place() << ": no directive " << directive.name;
  }
  const absl::Status same = datadriven::CompareOutput(directive, actual);
  EXPECT_TRUE(same.ok()) << same.message();
}

INSTANTIATE_TEST_SUITE_P(Cases, EtcdQuorumTest, testing::ValuesIn(AllCases()), [](const auto& info) {
  std::string file = info.param.file.substr(info.param.file.rfind('/') + 1);
  return file.substr(0, file.find('.')) + "_line_" + std::to_string(info.param.line);
});

TEST(EtcdQuorumFilesTest, NoCaseIsMissing) { EXPECT_EQ(AllCases().size(), kCases); }

}  // namespace
}  // namespace lockstep
