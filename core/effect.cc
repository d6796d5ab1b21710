#include "core/effect.h"

#include "absl/strings/str_cat.h"

namespace lockstep {
namespace {

std::string Text(LogPosition position) { return absl::StrCat(position.index, ":", position.term); }

struct EffectText {
  std::string operator()(const effect::SaveVote& e) const {
    return absl::StrCat(" write ", e.write_id, " term ", e.term, " vote ", ToString(e.voted_for));
  }
  std::string operator()(const effect::AppendLog& e) const {
    std::string text = absl::StrCat(" write ", e.write_id, " ", e.first, "..", e.last(), " (");
    for (size_t i = 0; i < e.entries.size(); ++i) absl::StrAppend(&text, i == 0 ? "" : " ", e.entries[i].term);
    return text + ")";
  }
  std::string operator()(const effect::TruncateLog& e) const {
    return absl::StrCat(" write ", e.write_id, " after ", e.last);
  }
  std::string operator()(const effect::Send& e) const {
    return absl::StrCat(" ", ToString(e.message), e.after == 0 ? "" : absl::StrCat(" after write ", e.after));
  }
  std::string operator()(const effect::LoadEntries& e) const {
    return absl::StrCat(" for ", ToString(e.peer), " ", e.first, "..", e.last);
  }
  std::string operator()(const effect::Apply& e) const { return absl::StrCat(" ", e.first, "..", e.last); }
  std::string operator()(const effect::SetTimer& e) const { return absl::StrCat(" ", ToString(e.timer)); }
  std::string operator()(const effect::TakeSnapshot& e) const { return absl::StrCat(" ", Text(e.last_included)); }
  std::string operator()(const effect::CompactLog& e) const { return absl::StrCat(" to ", Text(e.last)); }
  std::string operator()(const effect::StoreSnapshotChunk& e) const {
    return absl::StrCat(" write ", e.write_id, " ", Text(e.last_included), " bytes ", e.offset, "+", e.bytes, " of ",
                        e.total_bytes);
  }
  std::string operator()(const effect::InstallSnapshot& e) const { return absl::StrCat(" ", Text(e.last_included)); }
  std::string operator()(const effect::Outcome& e) const {
    return absl::StrCat(" request ", e.request_id, " ", ToString(e.kind),
                        e.reason == effect::Reason::kNone ? "" : absl::StrCat(" ", ToString(e.reason)), " index ",
                        e.index);
  }
  std::string operator()(const effect::ConfigurationChanged& e) const {
    return absl::StrCat(" ", e.configuration.index, "=", ToString(e.configuration.configuration));
  }
  std::string operator()(const effect::RoleChanged& e) const {
    return absl::StrCat(" ", ToString(e.role), " term ", e.term, " leader ", ToString(e.leader));
  }
  std::string operator()(const effect::Halt& e) const {
    return absl::StrCat(" ", ToString(e.reason), " shown by ", ToString(e.peer), ": here ", Text(e.here), ", there ",
                        Text(e.there));
  }
};

}  // namespace

const char* KindName(const Effect& effect) {
  static constexpr const char* kNames[] = {
      "SaveVote",        "AppendLog", "TruncateLog",          "Send",        "LoadEntries",
      "Apply",           "SetTimer",  "TakeSnapshot",         "CompactLog",  "StoreSnapshotChunk",
      "InstallSnapshot", "Outcome",   "ConfigurationChanged", "RoleChanged", "Halt"};
  static_assert(std::size(kNames) == std::variant_size_v<Effect>);
  return kNames[effect.index()];
}

const char* ToString(effect::Timer timer) {
  switch (timer) {
    case effect::Timer::kElection:
      return "election";
    case effect::Timer::kHeartbeat:
      return "heartbeat";
    case effect::Timer::kQuorumCheck:
      return "quorum check";
  }
  return "unknown";
}

const char* ToString(effect::OutcomeKind kind) {
  switch (kind) {
    case effect::OutcomeKind::kDone:
      return "done";
    case effect::OutcomeKind::kRejected:
      return "rejected";
    case effect::OutcomeKind::kUnknown:
      return "may have happened";
  }
  return "unknown";
}

const char* ToString(effect::Reason reason) {
  static constexpr const char* kNames[] = {"none",
                                           "not the leader",
                                           "leadership lost",
                                           "quota of uncommitted bytes exceeded",
                                           "leadership transfer in progress",
                                           "configuration change in progress",
                                           "no entry of the leader's term committed yet",
                                           "invalid configuration change",
                                           "invalid transfer target",
                                           "timed out",
                                           "cancelled",
                                           "storage failed",
                                           "halted"};
  static_assert(std::size(kNames) == static_cast<size_t>(effect::Reason::kHalted) + 1);
  return kNames[static_cast<size_t>(reason)];
}

const char* ToString(effect::HaltReason reason) {
  switch (reason) {
    case effect::HaltReason::kAcknowledgedEntriesLost:
      return "acknowledged entries lost";
    case effect::HaltReason::kCommittedConflict:
      return "conflict with a committed entry";
    case effect::HaltReason::kTwoLeaders:
      return "two leaders in one term";
  }
  return "unknown";
}

std::string ToString(const Effect& effect) { return absl::StrCat(KindName(effect), std::visit(EffectText{}, effect)); }

}  // namespace lockstep
