#include "core/input.h"

#include "absl/strings/str_cat.h"

namespace lockstep {
namespace {

const char* Ok(bool ok) { return ok ? "" : " failed"; }

const char* ToString(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::kAddVoter:
      return "add voter";
    case ChangeKind::kAddLearner:
      return "add learner";
    case ChangeKind::kRemove:
      return "remove";
  }
  return "unknown";
}

const char* ToString(Transition transition) {
  switch (transition) {
    case Transition::kAuto:
      return "auto";
    case Transition::kJointImplicit:
      return "joint, left automatically";
    case Transition::kJointExplicit:
      return "joint, left by request";
  }
  return "unknown";
}

struct EventText {
  std::string operator()(const input::ElectionTimeout&) const { return ""; }
  std::string operator()(const input::HeartbeatTimeout&) const { return ""; }
  std::string operator()(const input::QuorumCheckTimeout&) const { return ""; }
  std::string operator()(const input::Receive& e) const { return absl::StrCat(" ", lockstep::ToString(e.message)); }
  std::string operator()(const input::WriteDone& e) const { return absl::StrCat(" write ", e.write_id); }
  std::string operator()(const input::WriteFailed& e) const { return absl::StrCat(" write ", e.write_id); }
  std::string operator()(const input::Propose& e) const {
    if (e.proposals.empty()) return " nothing";
    return absl::StrCat(" ", e.proposals.size(), " from request ", e.proposals.front().request_id);
  }
  std::string operator()(const input::ProposeConfiguration& e) const {
    std::string text = absl::StrCat(" request ", e.request_id, e.change.members.empty() ? " leave joint" : "");
    for (const MemberChange& change : e.change.members) {
      absl::StrAppend(&text, " ", ToString(change.kind), " ", lockstep::ToString(change.node));
    }
    return absl::StrCat(text, " (", ToString(e.change.transition), ")");
  }
  std::string operator()(const input::Read& e) const {
    return absl::StrCat(" request ", e.request_id, e.mode == input::ReadMode::kLease ? " by lease" : "");
  }
  std::string operator()(const input::TransferLeadership& e) const {
    return absl::StrCat(" request ", e.request_id, " to ", lockstep::ToString(e.target));
  }
  std::string operator()(const input::Cancel& e) const { return absl::StrCat(" request ", e.request_id); }
  std::string operator()(const input::Applied& e) const { return absl::StrCat(" ", e.index); }
  std::string operator()(const input::SnapshotTaken& e) const {
    return absl::StrCat(" ", e.index, " bytes ", e.bytes, Ok(e.ok));
  }
  std::string operator()(const input::SnapshotChunkStored& e) const {
    return absl::StrCat(" write ", e.write_id, Ok(e.ok));
  }
  std::string operator()(const input::SnapshotInstalled& e) const {
    return absl::StrCat(" ", e.last_included.index, ":", e.last_included.term, Ok(e.ok));
  }
  std::string operator()(const input::EntriesLoaded& e) const {
    return absl::StrCat(" for ", lockstep::ToString(e.peer), " ", e.first, "..", e.last, Ok(e.ok));
  }
  std::string operator()(const input::PeerUnreachable& e) const {
    return absl::StrCat(" ", lockstep::ToString(e.peer));
  }
};

}  // namespace

std::string ActionName(const Event& event) {
  static constexpr const char* kNames[] = {"ElectionTimeout",
                                           "HeartbeatTimeout",
                                           "QuorumCheckTimeout",
                                           "Receive",
                                           "WriteDone",
                                           "WriteFailed",
                                           "Propose",
                                           "ProposeConfiguration",
                                           "Read",
                                           "TransferLeadership",
                                           "Cancel",
                                           "Applied",
                                           "SnapshotTaken",
                                           "SnapshotChunkStored",
                                           "SnapshotInstalled",
                                           "EntriesLoaded",
                                           "PeerUnreachable"};
  static_assert(std::size(kNames) == std::variant_size_v<Event>);
  const auto* receive = std::get_if<input::Receive>(&event);
  return receive == nullptr ? kNames[event.index()] : absl::StrCat("Receive", KindName(receive->message.body));
}

std::string ToString(const Event& event) { return absl::StrCat(ActionName(event), std::visit(EventText{}, event)); }

}  // namespace lockstep
