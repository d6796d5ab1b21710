#include "sim/script/likeness.h"

#include <variant>

namespace lockstep::sim {
namespace {

int Alike(const RequestVote& a, const RequestVote& b) {
  return 8 * (a.pre_vote == b.pre_vote) + 4 * (a.election_term == b.election_term) + (a.last_log == b.last_log);
}
int Alike(const RequestVoteReply& a, const RequestVoteReply& b) {
  return 8 * (a.pre_vote == b.pre_vote) + 4 * (a.granted == b.granted) + 2 * (a.election_term == b.election_term);
}
int Alike(const AppendEntries& a, const AppendEntries& b) {
  return 4 * (a.previous.index == b.previous.index) + 4 * (a.entries.size() == b.entries.size()) +
         2 * (a.commit_index == b.commit_index) + (a.previous == b.previous);
}
int Alike(const AppendEntriesReply& a, const AppendEntriesReply& b) {
  return 8 * (a.accepted == b.accepted) + 4 * (a.match_index == b.match_index) +
         2 * (a.rejected_index == b.rejected_index);
}
int Alike(const Heartbeat& a, const Heartbeat& b) {
  return 4 * (a.round == b.round) + 2 * (a.commit_index == b.commit_index);
}
int Alike(const HeartbeatReply& a, const HeartbeatReply& b) { return a.round == b.round; }
int Alike(const InstallSnapshot& a, const InstallSnapshot& b) {
  return 4 * (a.last_included == b.last_included) + 2 * (a.offset == b.offset);
}
int Alike(const InstallSnapshotReply& a, const InstallSnapshotReply& b) {
  return 4 * (a.last_included == b.last_included) + 2 * (a.installed == b.installed) + (a.next_offset == b.next_offset);
}
int Alike(const TimeoutNow&, const TimeoutNow&) { return 0; }
int Alike(const ReadRequest& a, const ReadRequest& b) { return a.position == b.position; }
int Alike(const ReadReply& a, const ReadReply& b) {
  return 4 * (a.accepted == b.accepted) + 2 * (a.position == b.position) + (a.read_index == b.read_index);
}

}  // namespace

int Likeness(const Message& a, const Message& b) {
  if (a.body.index() != b.body.index()) return 0;
  if (a == b) return 100;
  const int common =
      std::visit([&]<typename Body>(const Body& body) { return Alike(body, std::get<Body>(b.body)); }, a.body);
  return 1 + 16 * (a.term == b.term) + common;
}

}  // namespace lockstep::sim
