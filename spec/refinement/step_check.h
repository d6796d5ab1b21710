// One step of the core against one action of the model: which action, which of its choices, and is the result the same.
#ifndef LOCKSTEP_SPEC_REFINEMENT_STEP_CHECK_H_
#define LOCKSTEP_SPEC_REFINEMENT_STEP_CHECK_H_

#include <optional>
#include <vector>

#include "spec/refinement/refinement.h"

namespace lockstep::spec {

class StepCheck {
 public:
  StepCheck(NodeRefinement& node, const Input& input, const EffectSink& effects, const State& after);

  // Moves the node on. What differs, if anything does.
  std::optional<Difference> Run();

 private:
  // Takes the action that answers the input, with the choices that the core made. Whether its guard held.
  bool Act();
  bool ActOn(const input::ElectionTimeout&);
  bool ActOn(const input::HeartbeatTimeout&);
  bool ActOn(const input::QuorumCheckTimeout&);
  bool ActOn(const input::Receive& receive);
  bool ActOn(const input::WriteDone& done);
  bool ActOn(const input::WriteFailed& failed);
  bool ActOn(const input::Propose& request);
  bool ActOn(const input::ProposeConfiguration& request);
  bool ActOn(const input::Read& request);
  bool ActOn(const input::TransferLeadership& request);
  bool ActOn(const input::Cancel& cancel);
  bool ActOn(const input::Applied& applied);
  bool ActOn(const input::SnapshotTaken& taken);
  bool ActOn(const input::SnapshotChunkStored& stored);
  bool ActOn(const input::SnapshotInstalled& installed);
  bool ActOn(const input::EntriesLoaded&);
  bool ActOn(const input::PeerUnreachable&);

  // Compares effects with the action's output, in order.
  std::optional<Difference> CompareEffects();
  std::optional<Difference> Compare(const effect::SaveVote& effect);
  std::optional<Difference> Compare(const effect::AppendLog& effect);
  std::optional<Difference> Compare(const effect::TruncateLog& effect);
  std::optional<Difference> Compare(const effect::InstallSnapshot& effect);
  std::optional<Difference> Compare(const effect::Send& effect);
  std::optional<Difference> Compare(const effect::Outcome& effect);
  std::optional<Difference> Compare(const effect::Apply& effect);
  template <typename Other>
  std::optional<Difference> Compare(const Other&) {
    return std::nullopt;
  }

  std::optional<Difference> CompareAppend(const Message& message, const AppendEntries& append) const;
  const model::Peer* FindPeer(NodeId id) const;
  std::optional<Difference> CompareInstall(const Message& message, const InstallSnapshot& install);
  std::optional<Difference> CompareLog();
  std::optional<Difference> CompareMissing() const;
  // The next write that the action asked for, if it is of this kind.
  const model::Write* NextWrite(model::WriteKind kind, WriteId id);
  // The core's name of a write.
  WriteId NameOf(WriteId id) const;
  void Rename();
  void Follow();

  NodeRefinement& refinement_;
  model::Node& node_;
  const Input& input_;
  const EffectSink& effects_;
  const State& after_;
  model::Output& output_;
  model::Context context_;
  std::vector<WriteId>& names_;  // Of the writes asked for in this step, in order.
  std::vector<bool>& taken_;     // Which of the messages the core sent.
  size_t answered_ = 0;          // How many reads it has answered.
  Index last_before_ = 0;
};

}  // namespace lockstep::spec

#endif  // LOCKSTEP_SPEC_REFINEMENT_STEP_CHECK_H_
