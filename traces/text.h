// A trace's records as lines for people.
//
//          ms   step  node
//     152.301     17  2     ElectionTimeout: follower -> pre-candidate
//     152.301         2     sends 2->1 RequestVote term 3 …
//
// One line for each happening, in words of the papers. What an event changed is found by comparing with the node's
// state before, so a Narrator must be shown every record, also those that are not printed.
#ifndef LOCKSTEP_TRACES_TEXT_H_
#define LOCKSTEP_TRACES_TEXT_H_

#include <map>
#include <string>
#include <vector>

#include "core/types.h"
#include "traces/trace.pb.h"

namespace lockstep::traces {

// The heads of the columns.
std::string LineHeading();

class Narrator {
 public:
  // The line of `record`, without a line end.
  std::string Line(const proto::Record& record);

  // The same without the columns, in paragraphs that end in line ends but for the last: what it was, what it changed,
  // what it caused. Call one of the two for each record.
  std::string Story(const proto::Record& record);

  // One line for each node that has started: all that its record holds of its state.
  std::vector<std::string> States() const;

 private:
  // Keeps the state behind `record`; returns what it changed.
  std::string Follow(const proto::Record& record);
  std::string Changes(NodeId node, const proto::NodeState& after);

  std::map<NodeId, proto::NodeState> states_;
};

// The line of `record` alone: without what it changed.
std::string Line(const proto::Record& record);

// "follower term 3 voted for 2 leader 2 log 0:0..7:3 commit 5 applied 5 durable 7 configuration (1 2 3) at 0".
std::string StateLine(const proto::NodeState& state);

// The time at which the record happened; 0 for one without.
int64_t TimeMicros(const proto::Record& record);

}  // namespace lockstep::traces

#endif  // LOCKSTEP_TRACES_TEXT_H_
