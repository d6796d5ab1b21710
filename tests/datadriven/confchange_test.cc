// core/configuration.h and the leader's peers against etcd-raft's configuration changes.
//
// A file is one history: every directive changes the configuration that the ones before have left. After each, the
// file prints the configuration and every member's progress, or the reason of the refusal.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/configuration.h"
#include "core/progress.h"
#include "core/state.h"
#include "tests/datadriven/reader.h"

namespace lockstep {
namespace {

using datadriven::Directive;

// "v1 l2 r3 u4": voter, learner, removal; an update of what else is stored of a member changes no configuration here
// or there, and the core has no word for it.
std::vector<MemberChange> ReadChanges(const Directive& directive) {
  std::vector<MemberChange> changes;
  for (const std::string& line : directive.input) {
    for (const std::string& word : datadriven::Words(line)) {
      const NodeId node{static_cast<uint32_t>(datadriven::ParseNumber(word.substr(1)).value())};
      switch (word[0]) {
        case 'v':
          changes.push_back({ChangeKind::kAddVoter, node});
          break;
        case 'l':
          changes.push_back({ChangeKind::kAddLearner, node});
          break;
        case 'r':
          changes.push_back({ChangeKind::kRemove, node});
          break;
        case 'u':
          break;
        default:
          ADD_FAILURE() << directive.Place() << ": no change " << word;
      }
    }
  }
  return changes;
}

std::string Print(const Configuration& configuration, const std::vector<Peer>& peers) {
  std::string text = "voters=" + ToString(configuration.voters);
  if (configuration.joint()) text += "&&" + ToString(configuration.outgoing_voters);
  if (!configuration.learners.empty()) text += " learners=" + ToString(configuration.learners);
  if (!configuration.learners_next.empty()) text += " learners_next=" + ToString(configuration.learners_next);
  if (configuration.auto_leave) text += " autoleave";
  text += "\n";
  for (const Peer& peer : peers) {
    EXPECT_EQ(peer.progress.mode, ProgressMode::kProbe);
    text += ToString(peer.id) + ": StateProbe match=" + std::to_string(peer.progress.match_index) +
            " next=" + std::to_string(peer.progress.next_index);
    if (configuration.learners.contains(peer.id)) text += " learner";
    text += "\n";
  }
  return text;
}

// A configuration with its leader's peers, as the files change them.
class History {
 public:
  std::string Run(const Directive& directive) {
    const absl::StatusOr<Configuration> next = Next(directive);
    // The original begins new members at the last index of a log that grows by one with each directive, and at 1 at
    // least; our leaders begin them behind the last index.
    const Index last_index = directives_ == 0 ? 0 : directives_ - 1;
    ++directives_;
    if (!next.ok()) return Reason(next.status());
    EXPECT_TRUE(ValidateConfiguration(*next).ok()) << directive.Place() << ": " << ValidateConfiguration(*next);
    configuration_ = *next;
    // The leader is none of the members, so that every one of them is a peer.
    ReconcilePeers(configuration_, kNoNode, last_index, peers_);
    return Print(configuration_, peers_);
  }

 private:
  // The reason without our advice, which follows a colon.
  static std::string Reason(const absl::Status& status) {
    const std::string message(status.message());
    return message.substr(0, message.find(": ")) + "\n";
  }

  absl::StatusOr<Configuration> Next(const Directive& directive) {
    const std::vector<MemberChange> changes = ReadChanges(directive);
    absl::StatusOr<Configuration> result = absl::InvalidArgumentError("no directive " + directive.name);
    ConfigurationChange change{changes, Transition::kAuto};
    if (directive.name == "simple") {
      result = ApplySimple(configuration_, changes);
    } else if (directive.name == "enter-joint") {
      const bool auto_leave = directive.Value("autoleave", "false") == "true";
      result = EnterJoint(configuration_, changes, auto_leave);
      change.transition = auto_leave ? Transition::kJointImplicit : Transition::kJointExplicit;
    } else if (directive.name == "leave-joint") {
      result = LeaveJoint(configuration_);
    }
    // A change proposed as such takes the same way. One without members would leave the joint configuration.
    if (result.ok() && changes.empty() == (directive.name == "leave-joint")) {
      EXPECT_EQ(NextConfiguration(configuration_, change).value(), *result) << directive.Place();
    }
    return result;
  }

  Configuration configuration_;
  std::vector<Peer> peers_;
  Index directives_ = 0;
};

struct File {
  const char* name;
  size_t cases;
};

class EtcdConfchangeTest : public testing::TestWithParam<File> {};

TEST_P(EtcdConfchangeTest, PrintsWhatTheFileSays) {
  const std::string path = std::string("tests/data/etcd-raft/confchange/testdata/") + GetParam().name + ".txt";
  const absl::StatusOr<std::vector<Directive>> directives = datadriven::ReadDirectives(path);
  ASSERT_TRUE(directives.ok()) << directives.status();
  EXPECT_EQ(directives->size(), GetParam().cases);
  History history;
  for (const Directive& directive : *directives) {
    const absl::Status same = datadriven::CompareOutput(directive, history.Run(directive));
    EXPECT_TRUE(same.ok()) << same.message();
  }
}

// 58 cases in all.
INSTANTIATE_TEST_SUITE_P(Files, EtcdConfchangeTest,
                         testing::Values(File{"joint_autoleave", 4}, File{"joint_idempotency", 3},
                                         File{"joint_learners_next", 3}, File{"joint_safety", 15},
                                         File{"simple_idempotency", 11}, File{"simple_promote_demote", 7},
                                         File{"simple_safety", 11}, File{"update", 3}, File{"zero", 1}),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace lockstep
