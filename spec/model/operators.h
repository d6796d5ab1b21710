// The operators that actions are made of; each bears its name in raft.tla and does what is said there.
#ifndef LOCKSTEP_SPEC_MODEL_OPERATORS_H_
#define LOCKSTEP_SPEC_MODEL_OPERATORS_H_

#include "spec/model/actions.h"

namespace lockstep::model {

// Durability.
void SetTermAndVote(Node& n, Term term, NodeId vote);
void SaveVote(Context& c);
void WriteLog(Context& c);
void TruncateLog(Context& c, Index last);
void RetryWrites(Context& c);

// Messages.
Message Compose(const Node& n, MessageKind kind, NodeId dest);
void Send(Context& c, Message message);
void SendOptionally(Context& c, Message message);

// Reads.
void FinishReads(Context& c);
void RejectReads(Context& c);
void RejectLeaseReads(Context& c);
void BeginRoundIfWaiting(Context& c);
void BeginRound(Context& c);
void ConfirmRounds(Context& c);

// Roles.
void BecomeFollower(Context& c, NodeId leader);
void UpdateTerm(Context& c, Term term);
void Halt(Context& c);
bool AcceptLeader(Context& c, const Message& m);
bool HearsElection(const Context& c, const Message& m);
void StartElection(Context& c, bool transfer);
void CountOwnVote(Context& c);
void StopFollowing(Node& n);
bool MayCampaign(const Node& n);

// Replication.
void BroadcastAppend(Context& c);
void AppendConfiguration(Context& c, Configuration configuration);
void HandOverAndStepDown(Context& c);
void AdvanceCommitIndex(Context& c);
void SendTimeoutNowWhenReady(Context& c);
void Acknowledge(Context& c, NodeId peer, Index match_index);
void AcknowledgeDurable(Context& c);

// What a node does with a message of its own term (or, of some kinds, of another).
void AnswerRequestVote(Context& c, const Message& m);
void CountReply(Context& c, const Message& m);
void FollowAppendEntries(Context& c, const Message& m);
void TakeAcknowledgement(Context& c, const Message& m);
void FollowHeartbeat(Context& c, const Message& m);
void TakeHeartbeatReply(Context& c, const Message& m);
void FollowSnapshot(Context& c, const Message& m);
void TakeSnapshotReply(Context& c, const Message& m);
void ObeyTimeoutNow(Context& c);
void TakeReadRequest(Context& c, const Message& m);
void RefuseReadRequest(Context& c, const Message& m);
void TakeReadReply(Context& c, const Message& m);

// A term or vote that no message has made durable yet is written all the same. Answers true.
bool EndOfStep(Context& c);

}  // namespace lockstep::model

#endif  // LOCKSTEP_SPEC_MODEL_OPERATORS_H_
