-------------------------------- MODULE raft --------------------------------
(***************************************************************************)
(* Raft as Lockstep's core decides it: elections with PreVote,             *)
(* replication, commitment, durable and volatile state apart, crash and    *)
(* restart, snapshots, joint consensus with learners, linearizable reads,  *)
(* transfer of leadership.                                                 *)
(*                                                                         *)
(* One action answers one kind of input of core/input.h and bears its      *)
(* name: it takes up a later term, handles the message and replies, all in *)
(* one step. Actions are made of operators on the record of one node; they *)
(* bear the names of the core's functions.                                 *)
(*                                                                         *)
(* What is left out: payloads, how long timers run, the bytes of           *)
(* snapshots (one message stands for all chunks), flow control (which      *)
(* entries a leader sends when), leases, and the bookkeeping of clients'   *)
(* requests other than reads.                                              *)
(*                                                                         *)
(* [Raft] is Ongaro, Ousterhout: In Search of an Understandable Consensus  *)
(* Algorithm (extended version); [Thesis] is Ongaro's dissertation.        *)
(***************************************************************************)
EXTENDS Integers, Sequences, FiniteSets

CONSTANTS
  Server,      \* All nodes that may ever be members. Symmetric.
  Founder,     \* Those whose empty log begins under the founding configuration.
  Value,       \* What commands are told apart by. Symmetric.
  Nil,         \* No node, no value, no position.
  PreVote,     \* Ask before campaigning. [Thesis 9.6]
  CheckQuorum, \* A leader without a quorum steps down; followers protect a live leader. [Thesis 6.2]
  Leases,      \* A restarted node may withhold its vote; a leader may read by lease. [Thesis 6.4.1]
  Changes,     \* The changes of configuration that clients may ask for; see ApplyChange.
  PageMax,     \* The most entries in one AppendEntries.
  AllPages     \* Any page of the log may be sent; else only the one after what was acknowledged, as long as may be.

ASSUME Founder \subseteq Server /\ Founder # {} /\ PageMax \in Nat \ {0}

VARIABLES
  node,      \* What each node knows, and its disk.
  messages,  \* What was sent and may yet arrive.
  committed, \* History: for each index the entry committed there, and the term of the leader that first did so.
  leaders,   \* History: who has led, in which term.
  begun,     \* History: for each read, what was committed when it began, and the index at which it was answered.
  faults     \* History: how many crashes and failed writes there were.

vars == <<node, messages, committed, leaders, begun, faults>>

\* DEPARTS: messages is a set that grows. A message that is lost is never received, a duplicate is received again, and
\* any order is possible; so there are no actions of the network. What its receiver will ignore for ever is dropped,
\* see Ignored.

\* DEPARTS: a leader "sends" at once every AppendEntries and InstallSnapshot that it may send, and the network loses
\* those that the core's flow control holds back. So nextIndex, windows and pages are no variables, and every choice
\* of a page is allowed.

-----------------------------------------------------------------------------
\* Values.

Min(a, b) == IF a < b THEN a ELSE b
Max(a, b) == IF a > b THEN a ELSE b
SetMax(S) == CHOOSE k \in S : \A other \in S : other <= k
SetMin(S) == CHOOSE k \in S : \A other \in S : k <= other

Entry(term, kind, value, configuration) ==
  [term |-> term, kind |-> kind, value |-> value, configuration |-> configuration]

NoOp(term) == Entry(term, "NoOp", Nil, Nil)
Command(term, value) == Entry(term, "Command", value, Nil)
ConfigurationEntry(term, configuration) == Entry(term, "Configuration", Nil, configuration)

\* voters: C_new while joint; outgoing: C_old, empty when not joint; learnersNext: voters of C_old that become learners
\* when the joint configuration is left. [Raft 6, Thesis 4.3]
EmptyConfiguration ==
  [voters |-> {}, outgoing |-> {}, learners |-> {}, learnersNext |-> {}, autoLeave |-> FALSE]
FoundingConfiguration == [EmptyConfiguration EXCEPT !.voters = Founder]

IsJoint(c) == c.outgoing # {}
IsVoter(c, i) == i \in c.voters \/ i \in c.outgoing
Members(c) == c.voters \cup c.outgoing \cup c.learners

\* A majority of each half. The empty half constrains nothing.
IsMajority(voters, S) == voters = {} \/ 2 * Cardinality(voters \cap S) > Cardinality(voters)
HasQuorum(c, S) == IsMajority(c.voters, S) /\ IsMajority(c.outgoing, S)
\* The largest value that a quorum has reached. value: a function on Server.
QuorumValue(c, value) ==
  SetMax({0} \cup {k \in {value[j] : j \in Members(c)} : HasQuorum(c, {j \in Members(c) : value[j] >= k})})

\* Changes of configuration: [members |-> sequence of [kind, node], transition |-> "Auto", "JointImplicit" or
\* "JointExplicit"]; without members: leave the joint configuration.
ApplyMemberChange(c, change) ==
  CASE change.kind = "AddVoter" ->
         [c EXCEPT !.voters = @ \cup {change.node}, !.learners = @ \ {change.node},
                   !.learnersNext = @ \ {change.node}]
    [] change.kind = "AddLearner" ->
         IF change.node \in c.outgoing
         THEN [c EXCEPT !.voters = @ \ {change.node}, !.learnersNext = @ \cup {change.node}]
         ELSE [c EXCEPT !.voters = @ \ {change.node}, !.learners = @ \cup {change.node}]
    [] change.kind = "Remove" ->
         [c EXCEPT !.voters = @ \ {change.node}, !.learners = @ \ {change.node},
                   !.learnersNext = @ \ {change.node}]

RECURSIVE ApplyMemberChanges(_, _)
ApplyMemberChanges(c, members) ==
  IF members = <<>> THEN c ELSE ApplyMemberChanges(ApplyMemberChange(c, Head(members)), Tail(members))

LeaveJoint(c) == [c EXCEPT !.learners = @ \cup c.learnersNext, !.learnersNext = {}, !.outgoing = {}, !.autoLeave = FALSE]

\* The next configuration, or Nil if there is none. At most one voter may change in one step.
NextConfiguration(from, change) ==
  LET simple == ApplyMemberChanges(from, change.members)
      joint == [ApplyMemberChanges([from EXCEPT !.outgoing = from.voters], change.members)
                  EXCEPT !.autoLeave = change.transition # "JointExplicit"]
      changed == (from.voters \ simple.voters) \cup (simple.voters \ from.voters)
  IN  IF change.members = <<>> THEN IF IsJoint(from) THEN LeaveJoint(from) ELSE Nil
      ELSE IF IsJoint(from) \/ from.voters = {} THEN Nil
      ELSE IF change.transition = "Auto" /\ simple.voters # {} /\ Cardinality(changed) <= 1 THEN simple
      ELSE IF joint.voters = {} THEN Nil ELSE joint

-----------------------------------------------------------------------------
\* Logs. A log begins after base: [index, term, configuration in effect there].

LastIndex(n) == n.base.index + Len(n.log)
LastTerm(n) == IF n.log = <<>> THEN n.base.term ELSE n.log[Len(n.log)].term
EntryAt(n, k) == n.log[k - n.base.index]
TermAt(n, k) == IF k = n.base.index THEN n.base.term
                ELSE IF k > n.base.index /\ k <= LastIndex(n) THEN EntryAt(n, k).term
                ELSE Nil
Matches(n, index, term) == TermAt(n, index) = term

\* Whether a log that ends at (index, term) is at least as up-to-date as n's. [Raft 5.4.1]
IsUpToDate(n, index, term) == term > LastTerm(n) \/ (term = LastTerm(n) /\ index >= LastIndex(n))

\* The index of the last configuration entry up to k, or the base's. It is in effect from its append on. [Raft 6]
ConfigurationIndexAt(n, k) ==
  SetMax({n.base.index} \cup {m \in n.base.index + 1..Min(k, LastIndex(n)) : EntryAt(n, m).kind = "Configuration"})
ConfigurationAt(n, k) ==
  LET m == ConfigurationIndexAt(n, k) IN IF m = n.base.index THEN n.base.configuration ELSE EntryAt(n, m).configuration
ConfigurationIndex(n) == ConfigurationIndexAt(n, LastIndex(n))
Configuration(n) == ConfigurationAt(n, LastIndex(n))

AppendEntry(n, entry) == [n EXCEPT !.log = Append(@, entry)]
TruncateAfter(n, last) == [n EXCEPT !.log = SubSeq(@, 1, last - n.base.index)]
CompactTo(n, last) ==
  IF last <= n.base.index THEN n
  ELSE [n EXCEPT !.base = [index |-> last, term |-> TermAt(n, last), configuration |-> ConfigurationAt(n, last)],
                 !.log = SubSeq(@, last - n.base.index + 1, Len(@))]

-----------------------------------------------------------------------------
\* Disks. A disk holds [term, vote, snapshot, base, log]. What was asked of it and not yet told to be there stands in
\* n.writes, in the order in which it was asked for; it takes effect in that order, and a crash keeps a prefix of it.
\* Completions are told in any order; one that is told is there for good, with all before it.

\* kind: "Vote", "Append", "Truncate" or "Install".
\* last: what the completion of a log write confirms; lowered by truncations, so that it never vouches for an entry
\*   that took another's place.
\* held: the messages that wait for a vote write. current: it is of the node's present term and vote.
\* done: told. onDisk: there for good, told or not. failed: the node counts on it no longer.
Write(kind) ==
  [kind |-> kind, term |-> 0, vote |-> Nil, first |-> 0, entries |-> <<>>, snapshot |-> Nil,
   last |-> 0, held |-> {}, current |-> FALSE, done |-> FALSE, onDisk |-> FALSE, failed |-> FALSE]

\* The disk after write w, of an Append only its first `count` entries.
ApplyWrite(disk, w, count) ==
  CASE w.kind = "Vote" -> [disk EXCEPT !.term = w.term, !.vote = w.vote]
    [] w.kind = "Append" ->
         [disk EXCEPT !.log = SubSeq(@, 1, w.first - 1 - disk.base.index) \o SubSeq(w.entries, 1, count)]
    [] w.kind = "Truncate" -> [disk EXCEPT !.log = SubSeq(@, 1, w.first - 1 - disk.base.index)]
    [] w.kind = "Install" -> [disk EXCEPT !.snapshot = w.snapshot, !.base = w.snapshot, !.log = <<>>]

RECURSIVE ApplyWrites(_, _)
ApplyWrites(disk, writes) ==
  IF writes = <<>> THEN disk
  ELSE ApplyWrites(IF Head(writes).onDisk THEN disk ELSE ApplyWrite(disk, Head(writes), Len(Head(writes).entries)),
                   Tail(writes))

\* Log writes whose completions still count.
IsLogWrite(w) == w.kind \in {"Append", "Truncate"} /\ ~w.failed
LogWrites(n) == {k \in DOMAIN n.writes : IsLogWrite(n.writes[k])}

\* Write k and all before it are on the disk. Of a write that is there only what the node still waits for is kept.
Reach(n, k) ==
  LET there(w) == [w EXCEPT !.onDisk = TRUE, !.term = 0, !.vote = Nil, !.first = 0, !.entries = <<>>]
      marked == [j \in DOMAIN n.writes |-> IF j <= k THEN there(n.writes[j]) ELSE n.writes[j]]
  IN  [n EXCEPT !.disk = ApplyWrites(@, SubSeq(n.writes, 1, k)),
                !.writes = SelectSeq(marked, LAMBDA w : ~(w.onDisk /\ w.failed))]

\* Where write k stands after Reach(n, k) has dropped failed ones before it.
ReachedAt(n, k) == k - Cardinality({j \in 1..k - 1 : n.writes[j].failed})

RemoveAt(writes, k) == SubSeq(writes, 1, k - 1) \o SubSeq(writes, k + 1, Len(writes))

\* The disks that a crash may leave: some of the writes on their way took effect, the next one maybe in part.
SurvivingDisks(n) ==
  LET kept(k) == ApplyWrites(n.disk, SubSeq(n.writes, 1, k))
      inPart(k) == {ApplyWrite(kept(k - 1), n.writes[k], count) : count \in 1..Len(n.writes[k].entries) - 1}
  IN  {kept(k) : k \in 0..Len(n.writes)} \cup UNION {inPart(k) : k \in {j \in DOMAIN n.writes : ~n.writes[j].onDisk}}

-----------------------------------------------------------------------------
\* What a node knows.

EmptyDisk(i) ==
  LET base == [index |-> 0, term |-> 0,
               configuration |-> IF i \in Founder THEN FoundingConfiguration ELSE EmptyConfiguration]
  IN  [term |-> 0, vote |-> Nil, snapshot |-> base, base |-> base, log |-> <<>>]

Zero == [j \in Server |-> 0]

\* Node i as it starts from `disk`.
Start(i, disk) ==
  [id |-> i,
   up |-> TRUE,
   halted |-> FALSE,              \* It has seen that durability was lost or safety broken, and does nothing any more.
   \* Durable, up to what is told of the writes.
   currentTerm |-> disk.term,
   votedFor |-> disk.vote,        \* In currentTerm.
   base |-> disk.base,            \* Where the log begins.
   log |-> disk.log,
   snapshot |-> disk.snapshot,    \* [index, term, configuration]; index 0: there is none.
   \* What is known of the disk.
   durableTerm |-> disk.term,
   durableVote |-> disk.vote,
   durableIndex |-> disk.base.index + Len(disk.log),
   issuedIndex |-> disk.base.index + Len(disk.log), \* Up to here the log has been handed to writes.
   failing |-> FALSE,             \* The last write failed: no campaigning until one succeeds.
   \* Everyone.
   role |-> "Follower",           \* "Follower", "PreCandidate", "Candidate" or "Leader".
   leader |-> Nil,                \* Of currentTerm, if known and heard from within the election timeout.
   commitIndex |-> disk.snapshot.index,
   appliedIndex |-> disk.snapshot.index,
   confirmed |-> {},              \* Reads whose index is confirmed, waiting until it is applied: [read, index].
   transfer |-> Nil,              \* [target, sent]: this leader hands over, or did so and does not know the outcome.
   voteWithheld |-> FALSE,        \* Before the crash it may have promised a leader not to vote.
   \* Candidates: who has answered, and how.
   granted |-> {},
   refused |-> {},
   \* Followers.
   verifiedIndex |-> 0,           \* The log agrees with this term's leader's up to here.
   ackedIndex |-> 0,              \* The largest match index that this term's leader was told.
   forwarded |-> {},              \* Reads sent on to the leader.
   incoming |-> Nil,              \* A snapshot being received: [source, snapshot, installing].
   \* Leaders.
   termStart |-> 0,               \* The index of this term's no-op.
   matchIndex |-> Zero,           \* Known to agree, and to be durable there.
   round |-> 0,                   \* The last heartbeat round begun,
   ackedRound |-> Zero,           \* the last one each peer has answered,
   confirmedRound |-> 0,          \* and the last one a quorum has answered.
   reads |-> {},                  \* Waiting reads: [read, origin, round (0: none yet), index].
   \* The host's side.
   disk |-> disk,
   writes |-> <<>>,
   \* Only within a step: messages that leave, reads that are answered.
   out |-> {},
   answered |-> {}]

\* A node that is down is its disk.
Stopped(i, disk) == [Start(i, disk) EXCEPT !.up = FALSE]

VoteDurable(n) == n.durableTerm = n.currentTerm /\ n.durableVote = n.votedFor
CurrentVoteWrites(n) == {k \in DOMAIN n.writes : n.writes[k].current}
VotePending(n) == CurrentVoteWrites(n) # {}
Installing(n) == n.incoming # Nil /\ n.incoming.installing
TermCommitted(n) == n.commitIndex >= n.termStart

-----------------------------------------------------------------------------
\* Durability. [Raft Fig. 2 "persistent state", Thesis 3.8]

SetTermAndVote(n, term, vote) ==
  IF n.currentTerm = term /\ n.votedFor = vote THEN n
  ELSE [n EXCEPT !.currentTerm = term, !.votedFor = vote,
                 !.writes = [k \in DOMAIN @ |-> [@[k] EXCEPT !.current = FALSE]]]

SaveVote(n) ==
  IF VoteDurable(n) \/ VotePending(n) THEN n
  ELSE [n EXCEPT !.writes = Append(@, [Write("Vote") EXCEPT !.term = n.currentTerm, !.vote = n.votedFor,
                                                            !.current = TRUE])]

\* No message speaks of a term or vote that a crash could take back: it waits for the write.
SendAll(n, ms) ==
  IF ms = {} THEN n
  ELSE IF VoteDurable(n) THEN [n EXCEPT !.out = @ \cup ms]
  ELSE LET saved == SaveVote(n)
           k == CHOOSE k \in CurrentVoteWrites(saved) : TRUE
       IN  [saved EXCEPT !.writes[k].held = @ \cup ms]
Send(n, m) == SendAll(n, {m})

\* Hands to the disk what has not been handed to it. Term and vote come first: a crash between the two must not leave
\* entries of a later term than the stored one.
WriteLog(n) ==
  LET first == Max(n.issuedIndex, n.base.index) + 1
      saved == SaveVote(n)
      w == [Write("Append") EXCEPT !.first = first, !.last = LastIndex(n),
                                   !.entries = SubSeq(n.log, first - n.base.index, Len(n.log))]
  IN  IF first > LastIndex(n) THEN n
      ELSE [saved EXCEPT !.writes = Append(@, w), !.issuedIndex = LastIndex(n)]

TruncateLog(n, last) ==
  LET saved == SaveVote(n)
      issued == Min(n.issuedIndex, last)
      lowered == [k \in DOMAIN saved.writes |->
                   IF IsLogWrite(saved.writes[k]) THEN [saved.writes[k] EXCEPT !.last = Min(@, last)]
                   ELSE saved.writes[k]]
      w == [Write("Truncate") EXCEPT !.first = last + 1, !.last = issued]
  IN  IF last >= LastIndex(n) THEN n
      ELSE [TruncateAfter(saved, last) EXCEPT !.durableIndex = Min(@, last), !.issuedIndex = issued,
                                              !.writes = Append(lowered, w)]

\* Whether something is to be written that no write on its way covers.
Owes(n) == n.issuedIndex < LastIndex(n) \/ (~VoteDurable(n) /\ ~VotePending(n))

\* Writes again what a failure left undone. Not behind a snapshot that is being installed: the log is about to change.
RetryWrites(n) ==
  LET retried == SaveVote(WriteLog(n))
  IN  IF ~n.failing \/ Installing(n) THEN n
      ELSE [retried EXCEPT !.failing = LogWrites(retried) # {} \/ VotePending(retried)]

-----------------------------------------------------------------------------
\* Messages.

RequestVote(n, j, preVote, transfer) ==
  [type |-> "RequestVote", source |-> n.id, dest |-> j, term |-> n.currentTerm,
   electionTerm |-> IF preVote THEN n.currentTerm + 1 ELSE n.currentTerm,
   lastIndex |-> LastIndex(n), lastTerm |-> LastTerm(n), preVote |-> preVote, transfer |-> transfer]
RequestVoteReply(n, j, electionTerm, preVote, granted) ==
  [type |-> "RequestVoteReply", source |-> n.id, dest |-> j, term |-> n.currentTerm,
   electionTerm |-> electionTerm, preVote |-> preVote, granted |-> granted]
AppendEntries(n, j, previous, count) ==
  [type |-> "AppendEntries", source |-> n.id, dest |-> j, term |-> n.currentTerm,
   prevIndex |-> previous, prevTerm |-> TermAt(n, previous), commitIndex |-> n.commitIndex,
   entries |-> SubSeq(n.log, previous + 1 - n.base.index, previous + count - n.base.index)]
\* DEPARTS: a rejection says only that; where the logs may agree guides nextIndex, which is not here.
AppendEntriesReply(n, j, accepted, matchIndex) ==
  [type |-> "AppendEntriesReply", source |-> n.id, dest |-> j, term |-> n.currentTerm,
   accepted |-> accepted, matchIndex |-> matchIndex]
Heartbeat(n, j, commitIndex, round) ==
  [type |-> "Heartbeat", source |-> n.id, dest |-> j, term |-> n.currentTerm,
   commitIndex |-> commitIndex, round |-> round]
HeartbeatReply(n, j, round) ==
  [type |-> "HeartbeatReply", source |-> n.id, dest |-> j, term |-> n.currentTerm, round |-> round]
InstallSnapshot(n, j, snapshot) ==
  [type |-> "InstallSnapshot", source |-> n.id, dest |-> j, term |-> n.currentTerm, snapshot |-> snapshot]
InstallSnapshotReply(n, j, lastIndex, installed) ==
  [type |-> "InstallSnapshotReply", source |-> n.id, dest |-> j, term |-> n.currentTerm,
   lastIndex |-> lastIndex, installed |-> installed]
TimeoutNow(n, j) == [type |-> "TimeoutNow", source |-> n.id, dest |-> j, term |-> n.currentTerm]
ReadRequest(n, j, read) ==
  [type |-> "ReadRequest", source |-> n.id, dest |-> j, term |-> n.currentTerm, read |-> read]
ReadReply(n, j, read, accepted, readIndex) ==
  [type |-> "ReadReply", source |-> n.id, dest |-> j, term |-> n.currentTerm,
   read |-> read, accepted |-> accepted, readIndex |-> readIndex]

\* Whether node n, the receiver, will ignore m for ever, whatever happens to it: then m is as good as lost. Its term can
\* never fall below what is on its disk, and in that term it is a candidate or leader now or never.
Ignored(m, n) ==
  /\ m.term <= n.disk.term
  /\ CASE m.type = "RequestVoteReply" ->
            IF m.preVote THEN m.electionTerm <= n.disk.term
            ELSE ~(n.role = "Candidate" /\ n.currentTerm = m.electionTerm /\ m.source \notin n.granted \cup n.refused)
       [] m.type = "AppendEntriesReply" ->
            ~(m.accepted /\ n.role = "Leader" /\ n.currentTerm = m.term /\ m.matchIndex > n.matchIndex[m.source])
       [] m.type = "HeartbeatReply" ->
            ~(n.role = "Leader" /\ n.currentTerm = m.term /\ m.round > n.ackedRound[m.source])
       [] m.type = "InstallSnapshotReply" ->
            ~(m.installed /\ n.role = "Leader" /\ n.currentTerm = m.term /\ m.lastIndex > n.matchIndex[m.source])
       [] m.type = "TimeoutNow" -> m.term < n.disk.term
       [] m.type = "ReadReply" -> m.read \notin n.forwarded
       [] OTHER -> FALSE

\* What may still arrive, of `sent`, with the nodes as they are in `nodes`.
Deliverable(sent, nodes) == {m \in sent : ~Ignored(m, nodes[m.dest])}

-----------------------------------------------------------------------------
\* Reads. [Thesis 6.4]

FinishReads(n) ==
  LET ready == {r \in n.confirmed : r.index <= n.appliedIndex}
  IN  [n EXCEPT !.confirmed = @ \ ready, !.answered = @ \cup ready]

\* Another node may be elected from now on, whatever the lease said: reads that rely on it (read = Nil) are refused.
RejectLeaseReads(n) == [n EXCEPT !.confirmed = {r \in @ : r.read # Nil}]

\* The leadership ends: waiting reads are refused.
RejectReads(n) ==
  SendAll([n EXCEPT !.reads = {}],
          {ReadReply(n, r.origin, r.read, FALSE, 0) : r \in {r \in n.reads : r.origin # n.id}})

\* What a heartbeat may tell j to commit: what j is known to hold.
HeartbeatCommitWithinAcknowledged(n, j) == Min(n.commitIndex, n.matchIndex[j])

RECURSIVE BeginRound(_), ConfirmRounds(_)

\* Reads that wait and no round is under way: begin one.
BeginRoundIfWaiting(n) ==
  IF n.role = "Leader" /\ n.confirmedRound >= n.round /\ TermCommitted(n) /\ n.reads # {} THEN BeginRound(n) ELSE n

\* All reads that wait share the next round. None begins before an entry of the leader's term is committed: until then
\* it does not know what is committed. [Thesis 6.4]
BeginRound(n) ==
  LET round == n.round + 1
      joining(r) == r.round = 0 /\ TermCommitted(n)
      reads == {IF joining(r) THEN [r EXCEPT !.round = round, !.index = n.commitIndex] ELSE r : r \in n.reads}
      beats == {Heartbeat(n, j, HeartbeatCommitWithinAcknowledged(n, j), round) :
                  j \in Members(Configuration(n)) \ {n.id}}
  IN  ConfirmRounds(SendAll([n EXCEPT !.round = round, !.reads = reads], beats))

\* Confirms the rounds that a quorum has answered, with their reads.
ConfirmRounds(n) ==
  LET acked == QuorumValue(Configuration(n), [n.ackedRound EXCEPT ![n.id] = n.round])
      ready == {r \in n.reads : r.round # 0 /\ r.round <= acked}
      own == {[read |-> r.read, index |-> r.index] : r \in {r \in ready : r.origin = n.id}}
      replies == {ReadReply(n, r.origin, r.read, TRUE, r.index) : r \in {r \in ready : r.origin # n.id}}
      settled == [n EXCEPT !.confirmedRound = acked, !.reads = @ \ ready, !.confirmed = @ \cup own]
  IN  IF acked <= n.confirmedRound THEN n
      ELSE BeginRoundIfWaiting(FinishReads(SendAll(settled, replies)))

-----------------------------------------------------------------------------
\* Roles. [Raft 5.1, 5.2]

\* Gives up any other role. Whatever only a leader or candidate keeps is gone.
BecomeFollower(n, leader) ==
  LET resigned == IF n.role # "Leader" THEN n
                  ELSE [RejectLeaseReads(RejectReads(n)) EXCEPT !.termStart = 0, !.matchIndex = Zero, !.round = 0,
                                                                !.ackedRound = Zero, !.confirmedRound = 0]
  IN  [resigned EXCEPT !.role = "Follower", !.leader = leader, !.granted = {}, !.refused = {}]

\* A later term was seen: follow it.
UpdateTerm(n, term) ==
  LET follower == SetTermAndVote(BecomeFollower(n, Nil), term, Nil)
  IN  [follower EXCEPT !.forwarded = {}, !.verifiedIndex = 0, !.ackedIndex = 0,
                       !.incoming = IF Installing(n) THEN @ ELSE Nil]

\* Stops for good: open requests end.
Halt(n) == [n EXCEPT !.halted = TRUE, !.reads = {}, !.forwarded = {}, !.confirmed = {}, !.transfer = Nil]

\* The sender of m leads the current term.
AcceptLeader(n, m) ==
  LET follower == IF n.role = "Follower" THEN n ELSE BecomeFollower(n, Nil)
      known == IF follower.leader = Nil THEN [follower EXCEPT !.leader = m.source, !.transfer = Nil] ELSE follower
  IN  IF n.role = "Leader" \/ (n.leader # Nil /\ n.leader # m.source) THEN Halt(n)
      ELSE RetryWrites([known EXCEPT !.voteWithheld = FALSE])

-----------------------------------------------------------------------------
\* The leader's side of replication. [Raft 5.3, 5.4.2; Thesis 10.2.1]

\* All that a leader may send to j: any page from what j has acknowledged on; its snapshot, if j needs what is compacted.
AppendsTo(n, j) ==
  LET next == Max(n.base.index, n.matchIndex[j])
      pages == {p \in (next..LastIndex(n)) \X (0..PageMax) : p[1] + p[2] <= LastIndex(n)}
  IN  {AppendEntries(n, j, page[1], page[2]) :
         page \in IF AllPages THEN pages ELSE {<<next, Min(PageMax, LastIndex(n) - next)>>}}
SnapshotsTo(n, j) == IF n.matchIndex[j] < n.base.index THEN {InstallSnapshot(n, j, n.snapshot)} ELSE {}

BroadcastAppend(n) ==
  SendAll(n, UNION {AppendsTo(n, j) \cup SnapshotsTo(n, j) : j \in Members(Configuration(n)) \ {n.id}})

\* Steps down because this node should lead no longer, asking a most advanced voter to succeed it.
\* DEPARTS: all of those are asked; which one is is the core's choice.
HandOverAndStepDown(n) ==
  LET voters == {j \in Server \ {n.id} : IsVoter(Configuration(n), j)}
      best == {j \in voters : \A other \in voters : n.matchIndex[other] <= n.matchIndex[j]}
  IN  BecomeFollower(SendAll(n, {TimeoutNow(n, j) : j \in best}), Nil)

\* New members begin at nothing acknowledged, those that leave are forgotten. [Raft 6]
AppendConfiguration(n, configuration) ==
  LET members == Members(configuration)
      reconciled == [n EXCEPT !.matchIndex = [j \in Server |-> IF j \in members THEN @[j] ELSE 0],
                              !.ackedRound = [j \in Server |-> IF j \in members THEN @[j] ELSE 0]]
  IN  ConfirmRounds(BroadcastAppend(WriteLog(AppendEntry(reconciled, ConfigurationEntry(n.currentTerm, configuration)))))

\* If the configuration in effect is committed: leave an automatic joint one; step down if this node is no voter of it.
ConfigurationCommitted(n) ==
  LET c == Configuration(n)
  IN  IF ConfigurationIndex(n) > n.commitIndex THEN n
      ELSE IF IsJoint(c) /\ c.autoLeave THEN AppendConfiguration(n, LeaveJoint(c))
      ELSE IF IsVoter(c, n.id) THEN n
      ELSE HandOverAndStepDown(n)

SetCommitIndex(n, index) == [n EXCEPT !.commitIndex = Max(@, index)]

\* Commits what a quorum has made durable, if it is of this term: those before it commit with it. [Raft 5.4.2, Fig. 8]
AdvanceCommitIndex(n) ==
  LET reached == QuorumValue(Configuration(n), [n.matchIndex EXCEPT ![n.id] = n.durableIndex])
  IN  IF reached <= n.commitIndex \/ TermAt(n, reached) # n.currentTerm THEN n
      ELSE BeginRoundIfWaiting(ConfigurationCommitted(BroadcastAppend(SetCommitIndex(n, reached))))

\* Tells the target of a transfer to start its election once it has the whole log. [Thesis 3.10]
SendTimeoutNowWhenReady(n) ==
  IF n.role # "Leader" \/ n.transfer = Nil THEN n
  ELSE IF n.transfer.sent \/ n.matchIndex[n.transfer.target] # LastIndex(n) THEN n
  ELSE Send([RejectLeaseReads(n) EXCEPT !.transfer.sent = TRUE], TimeoutNow(n, n.transfer.target))

\* j's log is known to agree, and to be durable, up to matchIndex.
Acknowledge(n, j, matchIndex) ==
  LET matched == [n EXCEPT !.matchIndex[j] = matchIndex]
      advanced == IF matchIndex > n.matchIndex[j] THEN AdvanceCommitIndex(matched) ELSE n
  IN  IF advanced.role # "Leader" \/ j \notin Members(Configuration(advanced)) THEN advanced
      ELSE SendTimeoutNowWhenReady(BroadcastAppend(advanced))

-----------------------------------------------------------------------------
\* The follower's side of replication. [Raft 5.3]

\* Acknowledges no more than agrees, and of that no more than is durable.
Accept(n, leader, index) ==
  LET matchIndex == Min(index, n.durableIndex)
  IN  Send([n EXCEPT !.ackedIndex = Max(@, matchIndex)], AppendEntriesReply(n, leader, TRUE, matchIndex))

\* Tells the leader what has become durable of what it sent.
AcknowledgeDurable(n) ==
  LET matchIndex == Min(n.verifiedIndex, n.durableIndex)
  IN  IF n.role = "Follower" /\ n.leader # Nil /\ matchIndex > n.ackedIndex THEN Accept(n, n.leader, matchIndex) ELSE n

\* Appends what the log does not have of the entries of m, from `first` on. Only a real conflict of terms takes entries
\* away, and never a committed one.
AppendNew(n, m, first) ==
  LET last == m.prevIndex + Len(m.entries)
      differing == {k \in first..last : TermAt(n, k) # m.entries[k - m.prevIndex].term}
      next == SetMin(differing)
      cut == IF next <= LastIndex(n) THEN TruncateLog(n, next - 1) ELSE n
  IN  IF differing = {} THEN n
      ELSE IF next <= LastIndex(n) /\ next <= n.commitIndex THEN Halt(n)
      ELSE WriteLog([cut EXCEPT !.log = @ \o SubSeq(m.entries, next - m.prevIndex, Len(m.entries))])

-----------------------------------------------------------------------------
\* Elections. [Raft 5.2, 5.4.1; Thesis 4.2.3, 9.6]

\* Whether n would let m raise its term or win its vote at all: not while it hears from a leader, unless that one asked
\* for the election.
HearsElection(n, m) == m.transfer \/ (~n.voteWithheld /\ (~CheckQuorum \/ n.leader = Nil))

\* A voter has one vote, however often it speaks.
RecordVote(n, voter, granted) ==
  IF voter \in n.granted \cup n.refused THEN n
  ELSE IF granted THEN [n EXCEPT !.granted = @ \cup {voter}] ELSE [n EXCEPT !.refused = @ \cup {voter}]

AskForVotes(n, transfer) ==
  LET voters == {j \in Server \ {n.id} : IsVoter(Configuration(n), j)}
  IN  SendAll(n, {RequestVote(n, j, n.role = "PreCandidate", transfer) : j \in voters})

BecomeLeader(n) ==
  LET leading == [n EXCEPT !.role = "Leader", !.leader = n.id, !.granted = {}, !.refused = {}, !.incoming = Nil,
                           !.transfer = Nil, !.termStart = LastIndex(n) + 1]
  IN  BroadcastAppend(WriteLog(AppendEntry(leading, NoOp(n.currentTerm))))

\* The candidate's own vote counts, and its requests leave, once that vote is durable.
StartElection(n, transfer) ==
  LET candidate == [SetTermAndVote(n, n.currentTerm + 1, n.id)
                      EXCEPT !.role = "Candidate", !.leader = Nil, !.granted = {}, !.refused = {}]
  IN  AskForVotes(SaveVote(candidate), transfer)

CountVotes(n) ==
  IF HasQuorum(Configuration(n), n.granted)
  THEN IF n.role = "PreCandidate" THEN StartElection(n, FALSE) ELSE BecomeLeader(n)
  ELSE IF ~HasQuorum(Configuration(n), Server \ n.refused) THEN BecomeFollower(n, Nil)
  ELSE n

CountOwnVote(n) ==
  IF n.role = "Candidate" /\ VoteDurable(n) THEN CountVotes(RecordVote(n, n.id, TRUE)) ELSE n

\* Changes nothing durable. [Thesis 9.6]
StartPreElection(n) ==
  LET candidate == [n EXCEPT !.role = "PreCandidate", !.granted = {n.id}, !.refused = {}]
  IN  CountVotes(AskForVotes(candidate, FALSE))

StopFollowing(n) == [n EXCEPT !.forwarded = {}, !.verifiedIndex = 0, !.ackedIndex = 0, !.incoming = Nil]

\* Whether n is a voter, as far as is certain: while its latest configuration is not committed, those before it may still
\* be the ones that hold, and only n's log may be able to win. It counts itself only where it is a voter of the latest.
\* [Thesis 4.2.2]
MayVote(n) ==
  LET certain == ConfigurationIndexAt(n, Max(n.commitIndex, n.base.index))
      held == {k \in certain..LastIndex(n) : k = certain \/ EntryAt(n, k).kind = "Configuration"}
  IN  \E k \in held : IsVoter(ConfigurationAt(n, k), n.id)
MayCampaign(n) == MayVote(n) /\ ~Installing(n) /\ ~n.failing

-----------------------------------------------------------------------------
\* Steps.

\* A term or vote that no message has made durable yet is written all the same.
EndOfStep(n) == IF n.halted \/ n.failing THEN n ELSE SaveVote(n)

\* What becomes of the history when node n has taken a step.
Commit(n) ==
  [k \in 1..Max(n.commitIndex, Len(committed)) |->
     IF k <= Len(committed) THEN committed[k] ELSE [entry |-> EntryAt(n, k), term |-> n.currentTerm]]
Lead(n) == IF n.role = "Leader" THEN leaders \cup {[term |-> n.currentTerm, leader |-> n.id]} ELSE leaders
Answer(n, reads) ==
  [r \in DOMAIN reads |-> IF \E a \in n.answered : a.read = r
                          THEN [reads[r] EXCEPT !.index = (CHOOSE a \in n.answered : a.read = r).index]
                          ELSE reads[r]]

\* Node i becomes n, and what n sends is on its way. reads: the reads there are.
StepWithReads(i, n, reads) ==
  LET ended == EndOfStep(n)
  IN  /\ node' = [node EXCEPT ![i] = [ended EXCEPT !.out = {}, !.answered = {}]]
      /\ messages' = Deliverable(messages \cup ended.out, node')
      /\ committed' = Commit(ended)
      /\ leaders' = Lead(ended)
      /\ begun' = Answer(ended, reads)
Step(i, n) == StepWithReads(i, n, begun) /\ UNCHANGED faults

Running(i) == node[i].up /\ ~node[i].halted

\* How a message is taken: a later term is taken up first, unless the message only asks whether one would be heard, or
\* this node is bound not to hear it; an earlier one is answered so that its sender learns the term. [Raft 5.1]
RaisesTerm(n, m) == m.type = "RequestVote" => ~m.preVote /\ HearsElection(n, m)
OnMessage(n, m, Handle(_, _), HandleStale(_, _)) ==
  IF m.term < n.currentTerm THEN HandleStale(n, m)
  ELSE IF m.term = n.currentTerm THEN Handle(n, m)
  ELSE IF RaisesTerm(n, m) THEN Handle(UpdateTerm(n, m.term), m)
  ELSE IF m.preVote THEN Handle(n, m)
  ELSE n

Ignore(n, m) == n

Receives(i, m, type) == Running(i) /\ m.dest = i /\ m.type = type

\* ==== Actions ==============================================================

\* No word from a leader, or no result of an election, for an election timeout. [Raft 5.2, Thesis 9.6]
ElectionTimeout(i) ==
  /\ Running(i) /\ node[i].role # "Leader"
  /\ LET n == [node[i] EXCEPT !.voteWithheld = FALSE, !.leader = Nil, !.transfer = Nil,
                                \* What is not known here to be committed may never be reached.
                                !.confirmed = {r \in @ : r.index <= node[i].commitIndex}]
         retried == RetryWrites(n)
         follower == IF retried.role = "Follower" THEN retried ELSE BecomeFollower(retried, Nil)
     IN  Step(i, IF ~MayCampaign(n) THEN [follower EXCEPT !.forwarded = {}]
                 ELSE IF PreVote THEN StartPreElection(StopFollowing(n))
                 ELSE StartElection(StopFollowing(n), FALSE))

\* A leader's heartbeat interval has passed. [Raft 5.2, Thesis 6.4]
HeartbeatTimeout(i) ==
  /\ Running(i) /\ node[i].role = "Leader"
  /\ Step(i, BeginRound(RetryWrites(node[i])))

\* A leader must show that a quorum still follows; a transfer that takes too long is given up. [Thesis 6.2, 3.10]
\* DEPARTS: who answered when is not kept, so both may happen or not.
QuorumCheckTimeout(i, giveUp, stepDown) ==
  /\ Running(i) /\ node[i].role = "Leader"
  /\ giveUp => node[i].transfer # Nil
  /\ stepDown => CheckQuorum
  /\ LET n == IF giveUp THEN [node[i] EXCEPT !.transfer = Nil] ELSE node[i]
     IN  Step(i, IF stepDown THEN BecomeFollower(n, Nil) ELSE n)

\* Grants a vote, or says whether one would be granted. [Raft 5.2, 5.4.1; Thesis 4.2.3, 9.6]
AnswerRequestVote(n, m) ==
  LET upToDate == IsUpToDate(n, m.lastIndex, m.lastTerm)
      free == n.votedFor = Nil /\ n.leader = Nil /\ HearsElection(n, m)
      preGranted == upToDate /\ m.electionTerm > n.currentTerm /\ HearsElection(n, m)
      granted == /\ m.electionTerm = n.currentTerm /\ upToDate
                 /\ n.role \in {"Follower", "PreCandidate"}
                 /\ free \/ n.votedFor = m.source
      voted == SetTermAndVote(n, n.currentTerm, m.source)
      follower == IF n.role = "PreCandidate" THEN BecomeFollower(voted, Nil) ELSE voted
  IN  IF m.preVote THEN Send(n, RequestVoteReply(n, m.source, m.electionTerm, TRUE, preGranted))
      ELSE IF granted THEN Send(follower, RequestVoteReply(n, m.source, m.electionTerm, FALSE, TRUE))
      ELSE Send(n, RequestVoteReply(n, m.source, m.electionTerm, FALSE, FALSE))
ReceiveRequestVote(i, m) ==
  /\ Receives(i, m, "RequestVote")
  /\ Step(i, OnMessage(node[i], m, AnswerRequestVote, AnswerRequestVote))

\* Counts a vote; a pre-vote counts for a pre-election alone. [Raft 5.2, Thesis 9.6]
CountReply(n, m) ==
  LET awaited == IF m.preVote THEN n.role = "PreCandidate" /\ m.electionTerm = n.currentTerm + 1
                 ELSE n.role = "Candidate" /\ m.electionTerm = n.currentTerm
  IN  IF awaited THEN CountVotes(RecordVote(n, m.source, m.granted)) ELSE n
\* A pre-vote may be granted by a node whose term is lower than the candidate's.
CountStaleReply(n, m) == IF m.preVote THEN CountReply(n, m) ELSE n
ReceiveRequestVoteReply(i, m) ==
  /\ Receives(i, m, "RequestVoteReply")
  /\ Step(i, OnMessage(node[i], m, CountReply, CountStaleReply))

\* Accepts what agrees, says where it does not, acknowledges what is durable. [Raft 5.3]
FollowAppendEntries(n, m) ==
  LET accepted == AcceptLeader(n, m)
      last == m.prevIndex + Len(m.entries)
      below == m.prevIndex < accepted.base.index \* Below the base all is committed, so the leader has the same.
      disagrees == ~below /\ ~Matches(accepted, m.prevIndex, m.prevTerm)
      baseDiffers == /\ below /\ last >= accepted.base.index
                     /\ m.entries[accepted.base.index - m.prevIndex].term # accepted.base.term
      appended == AppendNew(accepted, m, Max(m.prevIndex, accepted.base.index) + 1)
      verified == SetCommitIndex([appended EXCEPT !.verifiedIndex = Max(@, last)],
                                 Min(Min(m.commitIndex, last), LastIndex(appended)))
  IN  IF accepted.halted \/ Installing(accepted) THEN accepted
      ELSE IF disagrees
      THEN IF m.prevIndex <= accepted.commitIndex THEN Halt(accepted)
           ELSE Send(accepted, AppendEntriesReply(accepted, m.source, FALSE, 0))
      ELSE IF baseDiffers THEN Halt(accepted)
      ELSE IF appended.halted THEN appended
      ELSE IF m.entries = <<>> \/ verified.durableIndex >= last THEN Accept(verified, m.source, last)
      ELSE verified
RefuseAppendEntries(n, m) == Send(n, AppendEntriesReply(n, m.source, FALSE, 0))
ReceiveAppendEntries(i, m) ==
  /\ Receives(i, m, "AppendEntries")
  /\ Step(i, OnMessage(node[i], m, FollowAppendEntries, RefuseAppendEntries))

\* A rejection never says anything about what was acknowledged. [Raft 5.3]
TakeAcknowledgement(n, m) ==
  IF n.role # "Leader" \/ m.source \notin Members(Configuration(n)) THEN n
  ELSE IF m.accepted /\ m.matchIndex <= LastIndex(n) THEN Acknowledge(n, m.source, m.matchIndex)
  ELSE BroadcastAppend(n)
ReceiveAppendEntriesReply(i, m) ==
  /\ Receives(i, m, "AppendEntriesReply")
  /\ Step(i, OnMessage(node[i], m, TakeAcknowledgement, Ignore))

\* The leader lives, and says what to commit of what was acknowledged to it. [Raft 5.2, Thesis 6.4]
FollowHeartbeat(n, m) ==
  LET accepted == AcceptLeader(n, m)
  IN  IF accepted.halted THEN accepted
      ELSE IF m.commitIndex > LastIndex(accepted) THEN Halt(accepted)
      ELSE Send(SetCommitIndex(accepted, m.commitIndex), HeartbeatReply(accepted, m.source, m.round))
RefuseHeartbeat(n, m) == Send(n, HeartbeatReply(n, m.source, 0))
ReceiveHeartbeat(i, m) ==
  /\ Receives(i, m, "Heartbeat")
  /\ Step(i, OnMessage(node[i], m, FollowHeartbeat, RefuseHeartbeat))

\* The sender still followed after the round began. [Thesis 6.4]
TakeHeartbeatReply(n, m) ==
  IF n.role # "Leader" \/ m.round > n.round \/ m.source \notin Members(Configuration(n)) THEN n
  ELSE ConfirmRounds(BroadcastAppend([n EXCEPT !.ackedRound[m.source] = Max(@, m.round)]))
ReceiveHeartbeatReply(i, m) ==
  /\ Receives(i, m, "HeartbeatReply")
  /\ Step(i, OnMessage(node[i], m, TakeHeartbeatReply, Ignore))

\* A (part of a) snapshot. What the log holds needs none: what it covers is committed. [Raft 7]
FollowSnapshot(n, m) ==
  LET accepted == AcceptLeader(n, m)
      s == m.snapshot
      known == IF Matches(accepted, s.index, s.term) THEN SetCommitIndex(accepted, s.index) ELSE accepted
      durable == s.index <= known.durableIndex
      reply(installed) == InstallSnapshotReply(known, m.source, s.index, installed)
      same == known.incoming # Nil /\ known.incoming.source = m.source /\ known.incoming.snapshot = s
      begins == IF same THEN known
                ELSE [known EXCEPT !.incoming = [source |-> m.source, snapshot |-> s, installing |-> FALSE]]
  IN  IF accepted.halted \/ Installing(accepted) THEN accepted
      ELSE IF s.index > known.commitIndex THEN Send(begins, reply(FALSE))
      ELSE IF durable THEN Send([known EXCEPT !.incoming = Nil], reply(TRUE))
      ELSE [known EXCEPT !.incoming = Nil] \* The leader asks again.
RefuseSnapshot(n, m) == Send(n, InstallSnapshotReply(n, m.source, m.snapshot.index, FALSE))
ReceiveInstallSnapshot(i, m) ==
  /\ Receives(i, m, "InstallSnapshot")
  /\ Step(i, OnMessage(node[i], m, FollowSnapshot, RefuseSnapshot))

\* [Raft 7]
TakeSnapshotReply(n, m) ==
  IF n.role # "Leader" \/ m.source \notin Members(Configuration(n)) THEN n
  ELSE IF m.installed /\ m.lastIndex <= n.commitIndex THEN Acknowledge(n, m.source, m.lastIndex)
  ELSE BroadcastAppend(n)
ReceiveInstallSnapshotReply(i, m) ==
  /\ Receives(i, m, "InstallSnapshotReply")
  /\ Step(i, OnMessage(node[i], m, TakeSnapshotReply, Ignore))

\* The leader wants this node to succeed it. [Thesis 3.10]
ObeyTimeoutNow(n, m) ==
  IF n.role # "Leader" /\ MayCampaign(n) THEN StartElection(StopFollowing(n), TRUE) ELSE n
ReceiveTimeoutNow(i, m) ==
  /\ Receives(i, m, "TimeoutNow")
  /\ Step(i, OnMessage(node[i], m, ObeyTimeoutNow, Ignore))

\* Another node's read asks the leader for an index. [Thesis 6.4.1]
TakeReadRequest(n, m) ==
  IF n.role # "Leader" THEN Send(n, ReadReply(n, m.source, m.read, FALSE, 0))
  ELSE IF \E r \in n.reads : r.read = m.read /\ r.origin = m.source THEN n
  ELSE BeginRoundIfWaiting([n EXCEPT !.reads = @ \cup {[read |-> m.read, origin |-> m.source, round |-> 0, index |-> 0]}])
RefuseReadRequest(n, m) == Send(n, ReadReply(n, m.source, m.read, FALSE, 0))
ReceiveReadRequest(i, m) ==
  /\ Receives(i, m, "ReadRequest")
  /\ Step(i, OnMessage(node[i], m, TakeReadRequest, RefuseReadRequest))

\* [Thesis 6.4.1]
TakeReadReply(n, m) ==
  LET ended == [n EXCEPT !.forwarded = @ \ {m.read}]
  IN  IF m.read \notin n.forwarded THEN n
      ELSE IF ~m.accepted THEN ended
      ELSE FinishReads([ended EXCEPT !.confirmed = @ \cup {[read |-> m.read, index |-> m.readIndex]}])
ReceiveReadReply(i, m) ==
  /\ Receives(i, m, "ReadReply")
  /\ Step(i, OnMessage(node[i], m, TakeReadReply, Ignore))

\* A durable write is told to be on the disk: it is, with all before it. Messages that waited for it leave.
\* Log writes count in the order in which they were asked for. [Thesis 3.8, 10.2.1]
AdvanceDurableIndex(n) ==
  LET confirmed == {k \in LogWrites(n) : \A j \in LogWrites(n) : j <= k => n.writes[j].done}
      durable == SetMax({n.durableIndex} \cup {n.writes[k].last : k \in confirmed})
      kept == {k \in DOMAIN n.writes : k \notin confirmed}
      at(p) == CHOOSE k \in kept : Cardinality({j \in kept : j <= k}) = p
      counted == [n EXCEPT !.failing = @ /\ Owes(n), !.writes = [p \in 1..Cardinality(kept) |-> n.writes[at(p)]]]
      advanced == [counted EXCEPT !.durableIndex = durable]
  IN  IF confirmed = {} THEN n
      ELSE IF durable = n.durableIndex THEN counted
      ELSE IF n.role = "Leader" THEN AdvanceCommitIndex(advanced)
      ELSE AcknowledgeDurable(advanced)
WriteDone(i, k) ==
  /\ Running(i)
  /\ k \in DOMAIN node[i].writes
  /\ LET w == node[i].writes[k]
         at == ReachedAt(node[i], k)
         there == Reach(node[i], k)
         saved == [there EXCEPT !.writes = RemoveAt(@, at), !.out = w.held]
     IN  /\ w.kind # "Install" /\ ~w.done /\ ~w.failed
         /\ Step(i, IF w.kind # "Vote" THEN AdvanceDurableIndex([there EXCEPT !.writes[at].done = TRUE])
                    ELSE IF ~w.current THEN saved
                    ELSE CountOwnVote([saved EXCEPT !.durableTerm = saved.currentTerm, !.durableVote = saved.votedFor,
                                                    !.failing = @ /\ saved.issuedIndex < LastIndex(saved)]))

\* A durable write is told to have failed. It may be on the disk all the same (`kept`), and so may those that were asked
\* for after it: they follow a hole, count no more, and what waits for them is never sent. A leader whose log cannot be
\* written hands over. [Thesis 3.8]
WriteFailed(i, k, kept) ==
  /\ Running(i)
  /\ k \in DOMAIN node[i].writes
  /\ LET n == node[i]
         w == n.writes[k]
         fails(j) == j = k \/ (j > k /\ n.writes[j].kind # "Install")
         ofLog == \E j \in DOMAIN n.writes : fails(j) /\ IsLogWrite(n.writes[j])
         marked == [j \in DOMAIN n.writes |->
                      IF fails(j) THEN [n.writes[j] EXCEPT !.failed = TRUE, !.held = {}, !.current = FALSE, !.last = 0,
                                                           !.done = FALSE]
                      ELSE n.writes[j]]
         staying == {j \in DOMAIN marked : ~fails(j) \/ (kept /\ ~marked[j].onDisk)}
         at(p) == CHOOSE j \in staying : Cardinality({h \in staying : h <= j}) = p
         left == [n EXCEPT !.writes = [p \in 1..Cardinality(staying) |-> marked[at(p)]]]
         logWrites == LogWrites(left)
         issued == IF logWrites = {} THEN n.durableIndex ELSE left.writes[SetMax(logWrites)].last
         settled == [left EXCEPT !.issuedIndex = issued]
         failing == [settled EXCEPT !.failing = @ \/ Owes(settled)]
     IN  /\ w.kind # "Install" /\ ~w.done
         /\ StepWithReads(i, IF ofLog /\ n.role = "Leader" THEN HandOverAndStepDown(failing) ELSE failing, begun)
         /\ faults' = [faults EXCEPT !.failures = @ + 1]

\* A client's command. [Raft 5.3]
\* DEPARTS: one entry at a time; a batch is several of these.
Propose(i, value) ==
  /\ Running(i) /\ node[i].role = "Leader" /\ node[i].transfer = Nil
  /\ Step(i, BroadcastAppend(WriteLog(AppendEntry(node[i], Command(node[i].currentTerm, value)))))

\* One change at a time, and none before an entry of this term is committed. [Raft 6, Thesis 4; Ongaro, raft-dev 2015]
ProposeConfiguration(i, change) ==
  /\ Running(i) /\ node[i].role = "Leader" /\ node[i].transfer = Nil
  /\ ConfigurationIndex(node[i]) <= node[i].commitIndex /\ TermCommitted(node[i])
  /\ NextConfiguration(Configuration(node[i]), change) # Nil
  /\ Step(i, AppendConfiguration(node[i], NextConfiguration(Configuration(node[i]), change)))

\* A client's read begins. [Thesis 6.4]
Read(i) ==
  /\ Running(i) /\ node[i].leader # Nil
  /\ LET n == node[i]
         read == Len(begun) + 1
         waiting == [n EXCEPT !.reads = @ \cup {[read |-> read, origin |-> i, round |-> 0, index |-> 0]}]
         forwarding == Send([n EXCEPT !.forwarded = @ \cup {read}], ReadRequest(n, n.leader, read))
     IN  /\ StepWithReads(i, IF n.role = "Leader" THEN BeginRoundIfWaiting(waiting) ELSE forwarding,
                          Append(begun, [committed |-> Len(committed), index |-> Nil]))
         /\ UNCHANGED faults

\* The same, confirmed by a lease. Its freshness rests on clocks, which are not here. [Thesis 6.4.1]
ReadByLease(i) ==
  /\ Leases /\ Running(i) /\ node[i].role = "Leader" /\ TermCommitted(node[i])
  /\ Step(i, FinishReads([node[i] EXCEPT !.confirmed = @ \cup {[read |-> Nil, index |-> node[i].commitIndex]}]))

\* The leader shall hand over to j. [Thesis 3.10]
TransferLeadership(i, j) ==
  /\ Running(i) /\ node[i].role = "Leader" /\ node[i].transfer = Nil
  /\ j # i /\ IsVoter(Configuration(node[i]), j)
  /\ Step(i, SendTimeoutNowWhenReady([node[i] EXCEPT !.transfer = [target |-> j, sent |-> FALSE]]))

\* The client of `request`, a read, or Nil for a transfer, no longer waits. [Thesis 6]
Cancel(i, request) ==
  /\ Running(i)
  /\ LET n == node[i]
         ended == IF request = Nil THEN [n EXCEPT !.transfer = Nil]
                  ELSE [n EXCEPT !.reads = {r \in @ : r.read # request \/ r.origin # i},
                                 !.confirmed = {r \in @ : r.read # request}, !.forwarded = @ \ {request}]
     IN  /\ ended # n
         /\ Step(i, ended)

\* The state machine has applied up to k: what is committed, and durable here. [Raft 5.3]
\* DEPARTS: what the host was told to apply is not kept apart from what it may be told.
Applied(i, k) ==
  /\ Running(i)
  /\ k > node[i].appliedIndex /\ k <= Min(node[i].commitIndex, node[i].durableIndex)
  /\ Step(i, FinishReads([node[i] EXCEPT !.appliedIndex = k]))

\* A snapshot of the state after k is durable; the log is compacted up to `last`, which leaves some entries for those
\* that lag a little. [Raft 7]
SnapshotTaken(i, k, last) ==
  /\ Running(i)
  /\ LET n == node[i]
         snapshot == [index |-> k, term |-> TermAt(n, k), configuration |-> ConfigurationAt(n, k)]
     IN  /\ k > n.snapshot.index /\ k <= n.appliedIndex /\ last >= n.base.index /\ last <= k
         /\ snapshot.configuration.voters # {} \* Else it could not say who the members are.
         /\ Step(i, CompactTo([n EXCEPT !.snapshot = snapshot,
                                        !.disk = [CompactTo(@, last) EXCEPT !.snapshot = snapshot]], last))

\* A chunk is stored: the snapshot is complete, or there is more to come, or the store failed. [Raft 7]
SnapshotChunkStored(i, result) ==
  /\ Running(i) /\ node[i].incoming # Nil /\ ~Installing(node[i])
  /\ LET n == node[i]
         s == n.incoming.snapshot
         install == [Write("Install") EXCEPT !.snapshot = s]
         known == IF Matches(n, s.index, s.term) THEN SetCommitIndex(n, s.index) ELSE n
         saved == SaveVote(known)
     IN  Step(i, CASE result = "more" ->
                        IF n.leader = n.incoming.source
                        THEN Send(n, InstallSnapshotReply(n, n.incoming.source, s.index, FALSE)) ELSE n
                   [] result = "failed" -> [n EXCEPT !.incoming = Nil]
                   [] result = "complete" -> \* What the log has meanwhile got by itself needs no snapshot.
                        IF s.index <= known.commitIndex THEN [known EXCEPT !.incoming = Nil]
                        ELSE [saved EXCEPT !.incoming.installing = TRUE, !.writes = Append(@, install)])

\* The snapshot is the node's own now, or (~ok) it is not and nothing has changed. The log, too short or of another
\* history, goes: nothing of it may survive the snapshot. [Raft 7]
ReplaceLog(n, s) ==
  LET void(w) == IF IsLogWrite(w) THEN [w EXCEPT !.failed = TRUE, !.last = 0, !.done = FALSE] ELSE w
  IN  [n EXCEPT !.base = s, !.log = <<>>, !.snapshot = s, !.durableIndex = s.index, !.issuedIndex = s.index,
                !.writes = SelectSeq([k \in DOMAIN @ |-> void(@[k])], LAMBDA w : ~(w.onDisk /\ w.failed))]
SnapshotInstalled(i, ok) ==
  /\ Running(i) /\ Installing(node[i])
  /\ ok \/ ~\E k \in DOMAIN node[i].writes : node[i].writes[k].kind = "Install" /\ node[i].writes[k].onDisk
  /\ LET n == [node[i] EXCEPT !.incoming = Nil]
         source == node[i].incoming.source
         s == node[i].incoming.snapshot
         k == CHOOSE k \in DOMAIN n.writes : n.writes[k].kind = "Install"
         there == Reach(n, k)
         replaced == [ReplaceLog([there EXCEPT !.writes = RemoveAt(@, ReachedAt(n, k))], s)
                        EXCEPT !.commitIndex = Max(@, s.index), !.appliedIndex = Max(@, s.index)]
         followed == [replaced EXCEPT !.verifiedIndex = Max(@, s.index), !.ackedIndex = Max(@, s.index)]
     IN  Step(i, IF ~ok THEN [n EXCEPT !.writes = RemoveAt(@, k)]
                 ELSE IF n.leader # source THEN FinishReads(replaced)
                 ELSE FinishReads(Send(followed, InstallSnapshotReply(n, source, s.index, TRUE))))

\* The payloads asked for are at hand, and entries may be sent. [Raft 5.3]
EntriesLoaded(i) ==
  /\ Running(i) /\ node[i].role = "Leader"
  /\ Step(i, BroadcastAppend(node[i]))

\* The node stops; its disk keeps a prefix of what was on its way. [Raft 5.5]
Crash(i, disk) ==
  /\ node[i].up
  /\ disk \in SurvivingDisks(node[i])
  /\ node' = [node EXCEPT ![i] = Stopped(i, disk)]
  /\ messages' = Deliverable(messages, node')
  /\ faults' = [faults EXCEPT !.crashes = @ + 1]
  /\ UNCHANGED <<committed, leaders, begun>>

\* The node begins again with what its disk kept. [Raft Fig. 2]
Restart(i, withheld) ==
  /\ ~node[i].up
  /\ withheld => Leases /\ node[i].currentTerm > 0
  /\ node' = [node EXCEPT ![i].up = TRUE, ![i].voteWithheld = withheld]
  /\ UNCHANGED <<messages, committed, leaders, begun, faults>>

\* ==== Specification ========================================================

Init ==
  /\ node = [i \in Server |-> Start(i, EmptyDisk(i))]
  /\ messages = {}
  /\ committed = <<>>
  /\ leaders = {}
  /\ begun = <<>>
  /\ faults = [crashes |-> 0, failures |-> 0]

Receive(i, m) ==
  \/ ReceiveRequestVote(i, m)
  \/ ReceiveRequestVoteReply(i, m)
  \/ ReceiveAppendEntries(i, m)
  \/ ReceiveAppendEntriesReply(i, m)
  \/ ReceiveHeartbeat(i, m)
  \/ ReceiveHeartbeatReply(i, m)
  \/ ReceiveInstallSnapshot(i, m)
  \/ ReceiveInstallSnapshotReply(i, m)
  \/ ReceiveTimeoutNow(i, m)
  \/ ReceiveReadRequest(i, m)
  \/ ReceiveReadReply(i, m)

ClientNext(i) ==
  \/ \E value \in Value : Propose(i, value)
  \/ \E change \in Changes : ProposeConfiguration(i, change)
  \/ Read(i)
  \/ ReadByLease(i)
  \/ \E j \in Server : TransferLeadership(i, j)
  \/ \E request \in DOMAIN begun \cup {Nil} : Cancel(i, request)

StorageNext(i) ==
  \/ \E k \in DOMAIN node[i].writes : WriteDone(i, k)
  \/ \E k \in DOMAIN node[i].writes, kept \in BOOLEAN : WriteFailed(i, k, kept)
  \/ \E k \in 1..node[i].commitIndex : Applied(i, k)
  \/ \E k \in 1..node[i].appliedIndex, last \in 0..node[i].appliedIndex : SnapshotTaken(i, k, last)
  \/ \E result \in {"more", "failed", "complete"} : SnapshotChunkStored(i, result)
  \/ \E ok \in BOOLEAN : SnapshotInstalled(i, ok)
  \/ EntriesLoaded(i)

TimerNext(i) ==
  \/ ElectionTimeout(i)
  \/ HeartbeatTimeout(i)
  \/ \E giveUp \in BOOLEAN, stepDown \in BOOLEAN : QuorumCheckTimeout(i, giveUp, stepDown)

FaultNext(i) ==
  \/ \E disk \in SurvivingDisks(node[i]) : Crash(i, disk)
  \/ \E withheld \in BOOLEAN : Restart(i, withheld)

Next ==
  \/ \E i \in Server : TimerNext(i) \/ ClientNext(i) \/ StorageNext(i) \/ FaultNext(i)
  \/ \E m \in messages : Receive(m.dest, m)

Spec == Init /\ [][Next]_vars

\* ==== Properties ===========================================================
\* Those of the paper bear their names there; the others end in Inv (of one state), Prop (of one step) or Live. The C++
\* ones (model/properties.h) bear the same names. A step's message is no variable: where a law of steps speaks of the
\* message received, some message that was under way must allow the step; what was sent is what is new under way.

\* Whether `log` (of a node or a disk) has `entry` at k; what is compacted away counts as there.
Holds(log, k, entry) ==
  IF k < log.base.index THEN TRUE
  ELSE IF k = log.base.index THEN log.base.term = entry.term
  ELSE k <= LastIndex(log) /\ EntryAt(log, k) = entry
\* Whether `log` has all that n has up to `last`.
HoldsUpTo(log, n, last) ==
  LastIndex(log) >= last /\ \A k \in n.base.index + 1..last : k <= LastIndex(n) /\ Holds(log, k, EntryAt(n, k))
LastOfTerm(n, term) ==
  SetMax({0} \cup {k \in n.base.index + 1..LastIndex(n) : EntryAt(n, k).term = term})

\* At most one leader in each term, over the whole history. [Raft Fig. 3]
ElectionSafety == \A a, b \in leaders : a.term = b.term => a = b

\* Logs that have an entry of one term at one index agree up to there. [Raft Fig. 3]
LogMatching ==
  \A i, j \in Server :
    LET low == Max(node[i].base.index, node[j].base.index)
        high == Min(LastIndex(node[i]), LastIndex(node[j]))
    IN  \A k \in low + 1..high :
          EntryAt(node[i], k).term = EntryAt(node[j], k).term
            => \A m \in low + 1..k : EntryAt(node[i], m) = EntryAt(node[j], m)

\* A leader has every entry that was committed in an earlier term than its own. [Raft Fig. 3]
LeaderCompleteness ==
  \A i \in Server : node[i].role = "Leader" =>
    \A k \in DOMAIN committed : committed[k].term < node[i].currentTerm => Holds(node[i], k, committed[k].entry)

\* What a node takes for committed is. [Raft Fig. 3]
StateMachineSafety ==
  \A i \in Server : /\ node[i].commitIndex <= Len(committed)
                    /\ \A k \in 1..node[i].commitIndex : Holds(node[i], k, committed[k].entry)

\* The leader of the newest term has all that is committed.
NewestLeaderHasAllInv ==
  \A i \in Server :
    node[i].role = "Leader" /\ (\A j \in Server : node[j].currentTerm <= node[i].currentTerm)
      => \A k \in DOMAIN committed : Holds(node[i], k, committed[k].entry)

\* Nobody has more entries of a leader's term than that leader.
LeaderTermIndexInv ==
  \A i, j \in Server : node[i].role = "Leader" =>
    LastOfTerm(node[j], node[i].currentTerm) <= Max(LastOfTerm(node[i], node[i].currentTerm), node[i].base.index)

\* While a candidate can still win, there is no entry of its term. (Under one configuration.)
CandidateTermNotInLogInv ==
  \A i \in Server :
    LET n == node[i]
        votes == {j \in Server : node[j].currentTerm = n.currentTerm /\ node[j].votedFor = i}
    IN  n.role = "Candidate" /\ (\A j \in Server : Configuration(node[j]) = Configuration(n)) =>
          ~HasQuorum(Configuration(n), votes) \/ \A j \in Server : LastOfTerm(node[j], n.currentTerm) = 0

\* Terms in a log do not fall, and none is later than the node's.
MonoLogInv ==
  \A i \in Server : /\ \A k \in node[i].base.index + 1..LastIndex(node[i]) : TermAt(node[i], k - 1) <= TermAt(node[i], k)
                    /\ LastTerm(node[i]) <= node[i].currentTerm

\* No message speaks of a term that its sender could fall below.
MessageTermBoundInv == \A m \in messages : m.term <= node[m.source].disk.term

LeaderVotesForItselfInv ==
  \A i \in Server : node[i].role = "Leader" => node[i].votedFor = i /\ VoteDurable(node[i])

CommitWithinLogInv ==
  \A i \in Server :
    LET n == node[i]
    IN  /\ n.base.index <= n.snapshot.index /\ n.snapshot.index <= n.appliedIndex
        /\ n.appliedIndex <= n.commitIndex /\ n.appliedIndex <= n.durableIndex /\ n.commitIndex <= LastIndex(n)
        /\ n.durableIndex <= n.issuedIndex /\ n.issuedIndex <= LastIndex(n)

\* What a role does not use is at its default.
StateWellFormedInv ==
  \A i \in Server :
    LET n == node[i]
    IN  /\ n.role \in {"Candidate", "PreCandidate"} \/ (n.granted = {} /\ n.refused = {})
        /\ n.role \in {"Candidate", "PreCandidate"} => n.leader = Nil
        /\ n.role # "Follower" => n.verifiedIndex = 0 /\ n.ackedIndex = 0 /\ n.forwarded = {}
        /\ n.role = "Leader" => n.leader = i /\ n.incoming = Nil /\ ~n.voteWithheld
        /\ n.role # "Leader" => /\ n.termStart = 0 /\ n.matchIndex = Zero /\ n.round = 0 /\ n.ackedRound = Zero
                                /\ n.confirmedRound = 0 /\ n.reads = {}

-----------------------------------------------------------------------------
\* Disks: those that a crash is sure to leave.

\* Every quorum of a node's configuration has, on one of its disks, all that the node takes for committed.
QuorumLogInv ==
  \A i \in Server :
    LET n == node[i]
    IN  Configuration(n).voters # {} =>
          ~HasQuorum(Configuration(n), {j \in Server : ~HoldsUpTo(node[j].disk, n, n.commitIndex)})

CommittedConfigurationAt(k) ==
  LET changes == {m \in 1..Min(k, Len(committed)) : committed[m].entry.kind = "Configuration"}
  IN  IF changes = {} THEN FoundingConfiguration ELSE committed[SetMax(changes)].entry.configuration

\* The configurations that may govern index k: the last one committed up to it, and those that came after.
Governing(k) ==
  {CommittedConfigurationAt(k)}
    \cup UNION {{EntryAt(node[i], m).configuration :
                   m \in {m \in Max(k, node[i].base.index) + 1..LastIndex(node[i]) :
                            EntryAt(node[i], m).kind = "Configuration"}} : i \in Server}
    \cup {node[i].base.configuration : i \in {i \in Server : node[i].base.index > k}}

\* What is committed is on the disks of a quorum, of the configuration that governs it or of one that came after.
CommittedReplicatedInv ==
  \A k \in DOMAIN committed :
    \E c \in Governing(k) :
      HasQuorum(c, {j \in Server : LastIndex(node[j].disk) >= k /\ Holds(node[j].disk, k, committed[k].entry)})

\* What a leader takes for acknowledged is on the peer's disk, unless that has moved on to a later term.
MatchSoundInv ==
  \A i \in Server, j \in Server :
    node[i].role = "Leader" /\ j # i /\ node[j].disk.term <= node[i].currentTerm
      => HoldsUpTo(node[j].disk, node[i], node[i].matchIndex[j])

\* What a node takes for durable is on its disk.
DurableIndexSoundInv ==
  \A i \in Server : /\ node[i].disk.term >= node[i].durableTerm
                    /\ HoldsUpTo(node[i].disk, node[i], node[i].durableIndex)

IsGrant(m) == m.type = "RequestVoteReply" /\ ~m.preVote /\ m.granted

\* In one term a node votes once: of two grants, and of what its disk says, none contradicts the other.
VoteOncePerTermInv ==
  \A m \in {m \in messages : IsGrant(m)} :
    /\ node[m.source].disk.term = m.electionTerm => node[m.source].disk.vote = m.dest
    /\ \A other \in {o \in messages : IsGrant(o)} :
         other.source = m.source /\ other.electionTerm = m.electionTerm => other.dest = m.dest

New == messages' \ messages
Runs(i) == node[i].up /\ node'[i].up
\* Whether i commits by counting in this step: a leader that steps down for a later term does not.
CountsOn(i) == Runs(i) /\ node[i].role = "Leader" /\ node'[i].currentTerm = node[i].currentTerm
LeadsOn(i) == CountsOn(i) /\ node'[i].role = "Leader"

VoteDurableBeforeReplyProp ==
  [][\A m \in {m \in New : IsGrant(m)} :
       LET disk == node'[m.source].disk
       IN  disk.term > m.electionTerm \/ (disk.term = m.electionTerm /\ disk.vote = m.dest)]_vars

TermDurableBeforeReplyProp == [][\A m \in New : m.term <= node'[m.source].disk.term]_vars

\* Whatever a crash leaves, no entry is of a later term than the stored one.
TermDurableBeforeEntryProp ==
  [][\A i \in Server : \A disk \in SurvivingDisks(node'[i]) :
       LastTerm(disk) <= disk.term /\ disk.snapshot.term <= disk.term]_vars

EntryDurableBeforeAckProp ==
  [][\A m \in {m \in New : m.type = "AppendEntriesReply" /\ m.accepted} :
       m.matchIndex <= LastIndex(node'[m.source].disk)]_vars

SnapshotDurableBeforeAckProp ==
  [][\A m \in {m \in New : m.type = "InstallSnapshotReply" /\ m.installed} :
       m.lastIndex <= LastIndex(node'[m.source].disk)]_vars

\* Durability is never lost here, so nothing may look as if it were.
HaltOnlyOnLossProp == [][\A i \in Server : ~node'[i].halted]_vars

\* A leader commits only what the disks of a quorum hold.
CommittedByQuorumProp ==
  [][\A i \in Server :
       CountsOn(i) /\ node'[i].commitIndex > node[i].commitIndex =>
         HasQuorum(Configuration(node[i]),
                   {j \in Server : HoldsUpTo(node'[j].disk, node'[i], node'[i].commitIndex)})]_vars

\* A read is answered with no less than was committed when it began. [Thesis 6.4]
ReadFreshness == \A r \in DOMAIN begun : begun[r].index # Nil => begun[r].index >= begun[r].committed

-----------------------------------------------------------------------------
\* Configurations. [Raft 6, Thesis 4]

\* Where a log begins, its configuration is the one that was committed there.
ConfigurationFromLogInv ==
  \A i \in Server : \A at \in {node[i].base, node[i].snapshot} :
    at.index # 0 => at.configuration = CommittedConfigurationAt(at.index)

\* In no log does an uncommitted configuration stand on another.
OneChangeAtATimeInv ==
  \A i \in Server :
    Cardinality({k \in node[i].base.index + 1..LastIndex(node[i]) :
                   /\ EntryAt(node[i], k).kind = "Configuration"
                   /\ ~(k <= Len(committed) /\ committed[k].entry = EntryAt(node[i], k))}) <= 1

\* Of any two nodes, there are no disjoint quorums that could elect the one and the other: whose members all would vote
\* for it, each under the configuration of the node to be elected.
ConfigurationSafety ==
  LET electable(n, S) ==
        HasQuorum(Configuration(n), {j \in S : IsUpToDate(node[j], LastIndex(n), LastTerm(n))})
  IN  \A i, j \in Server :
        Configuration(node[i]) # Configuration(node[j])
          /\ Configuration(node[i]).voters # {} /\ Configuration(node[j]).voters # {}
            => \A S \in SUBSET Server : ~(electable(node[i], S) /\ electable(node[j], Server \ S))

Campaigns(n) == n.role \in {"PreCandidate", "Candidate"}

\* A leader appends a configuration only when the one before, and an entry of its own term, are committed.
CurrentTermCommitBeforeChangeProp ==
  [][\A i \in Server :
       node[i].role = "Leader" /\ node'[i].currentTerm = node[i].currentTerm =>
         \A k \in LastIndex(node[i]) + 1..LastIndex(node'[i]) :
           EntryAt(node'[i], k).kind = "Configuration" =>
             /\ ConfigurationIndexAt(node'[i], k - 1) <= node'[i].commitIndex
             /\ node[i].termStart <= node'[i].commitIndex]_vars

\* A leader that a committed configuration leaves out leads no more.
RemovedLeaderStepsDownProp ==
  [][\A i \in Server :
       node'[i].role = "Leader" /\ node'[i].commitIndex # node[i].commitIndex =>
         ConfigurationIndex(node'[i]) > node'[i].commitIndex \/ IsVoter(Configuration(node'[i]), i)]_vars

\* Who begins a campaign is a voter, as far as it can know.
OnlyVotersCampaignProp ==
  [][\A i \in Server :
       ~Campaigns(node[i]) /\ Campaigns(node'[i]) =>
         \E k \in Max(node[i].commitIndex, node[i].base.index)..LastIndex(node[i]) :
           IsVoter(ConfigurationAt(node[i], k), i)]_vars

\* A round is confirmed by voters alone, a majority of each half.
LearnerNeverCountedProp ==
  [][\A i \in Server :
       node'[i].role = "Leader" /\ node'[i].confirmedRound > node[i].confirmedRound =>
         HasQuorum(Configuration(node'[i]),
                   {j \in Server : j = i \/ node'[i].ackedRound[j] >= node'[i].confirmedRound})]_vars

-----------------------------------------------------------------------------
\* Laws of steps: what one step may change of a node. A crash and a restart are no steps of the node.

KeepsUpTo(before, after, last) ==
  LastIndex(after) >= last /\ \A k \in before.base.index + 1..last : Holds(after, k, EntryAt(before, k))

\* A leader never takes away or overwrites its entries. [Raft Fig. 3]
LeaderAppendOnly ==
  [][\A i \in Server : LeadsOn(i) => KeepsUpTo(node[i], node'[i], LastIndex(node[i]))]_vars

TermMonotonicProp ==
  [][\A i \in Server : /\ node'[i].currentTerm >= (IF Runs(i) THEN node[i].currentTerm ELSE node[i].disk.term)
                       /\ node'[i].disk.term >= node[i].disk.term]_vars

\* Who sees a later term leads no more.
StepDownOnHigherTermProp ==
  [][\A i \in Server : node'[i].currentTerm = node[i].currentTerm \/ node'[i].role \in {"Follower", "Candidate"}]_vars

RoleTransitionsProp ==
  [][\A i \in Server :
       Runs(i) /\ node'[i].role # node[i].role /\ node'[i].role # "Follower" =>
         IF node'[i].role = "Leader" THEN node[i].role = "Candidate" ELSE node[i].role # "Leader"]_vars

\* A vote changes only with the term, or from none.
VoteStableProp ==
  [][\A i \in Server :
       Runs(i) /\ node'[i].currentTerm = node[i].currentTerm /\ node[i].votedFor # Nil
         => node'[i].votedFor = node[i].votedFor]_vars

\* A vote for another is for a log that is at least as up-to-date. [Raft 5.4.1]
VoteOnlyUpToDateProp ==
  [][\A i \in Server :
       Runs(i) /\ node'[i].votedFor \notin {Nil, i}
         /\ (node'[i].currentTerm # node[i].currentTerm \/ node'[i].votedFor # node[i].votedFor) =>
           \E m \in messages :
             /\ m.type = "RequestVote" /\ ~m.preVote /\ m.dest = i /\ m.source = node'[i].votedFor
             /\ m.term = node'[i].currentTerm /\ IsUpToDate(node[i], m.lastIndex, m.lastTerm)]_vars

\* Entries go only where a leader of the present term, not this node, has others, and never committed ones.
PermittedLogChangesProp ==
  [][\A i \in Server :
       Runs(i) =>
         /\ KeepsUpTo(node[i], node'[i], node[i].commitIndex)
         /\ \/ KeepsUpTo(node[i], node'[i], LastIndex(node[i]))
            \/ /\ node'[i].role = "Follower"
               /\ \/ Installing(node[i])
                  \/ \E m \in messages :
                       /\ m.type = "AppendEntries" /\ m.dest = i /\ m.term = node'[i].currentTerm
                       /\ \E k \in Max(m.prevIndex, node[i].base.index) + 1..
                                   Min(m.prevIndex + Len(m.entries), LastIndex(node[i])) :
                            EntryAt(node[i], k).term # m.entries[k - m.prevIndex].term]_vars

CommitMonotonicProp == [][\A i \in Server : Runs(i) => node'[i].commitIndex >= node[i].commitIndex]_vars

\* A leader commits by counting only entries of its own term. [Raft 5.4.2, Fig. 8]
CommitOnlyCurrentTermProp ==
  [][\A i \in Server :
       CountsOn(i) /\ node'[i].commitIndex # node[i].commitIndex
         => TermAt(node'[i], node'[i].commitIndex) = node[i].currentTerm]_vars

\* A follower commits no more than its leader told it to, of what it knows to agree.
FollowerCommitBoundProp ==
  [][\A i \in Server :
       Runs(i) /\ ~CountsOn(i) /\ node'[i].commitIndex > node[i].commitIndex =>
         \/ node[i].incoming # Nil /\ node'[i].commitIndex = node[i].incoming.snapshot.index
         \/ \E m \in messages :
              /\ m.dest = i
              /\ CASE m.type = "AppendEntries" ->
                        node'[i].commitIndex <= Min(m.commitIndex, m.prevIndex + Len(m.entries))
                   [] m.type = "Heartbeat" -> node'[i].commitIndex <= m.commitIndex
                   [] m.type = "InstallSnapshot" -> node'[i].commitIndex <= m.snapshot.index
                   [] OTHER -> FALSE]_vars

ApplyOnceInOrderProp == [][\A i \in Server : Runs(i) => node'[i].appliedIndex >= node[i].appliedIndex]_vars

\* A leader sends what is in its log.
LeaderSendsItsLogProp ==
  [][\A m \in {m \in New : m.type = "AppendEntries"} :
       LET n == node'[m.source]
       IN  /\ m.prevIndex >= n.base.index /\ Matches(n, m.prevIndex, m.prevTerm)
           /\ m.prevIndex + Len(m.entries) <= LastIndex(n)
           /\ \A k \in DOMAIN m.entries : EntryAt(n, m.prevIndex + k) = m.entries[k]
           /\ m.commitIndex <= n.commitIndex]_vars

SnapshotOnlyWhenNeededProp ==
  [][\A m \in {m \in New : m.type = "InstallSnapshot"} :
       Min(node[m.source].matchIndex[m.dest], node'[m.source].matchIndex[m.dest]) < node'[m.source].base.index]_vars

\* A follower acknowledges no more than its leader has sent it.
AckOnlyWhatWasSentProp ==
  [][\A m \in {m \in New : m.type = "AppendEntriesReply" /\ m.accepted} :
       m.term = node'[m.source].currentTerm => m.matchIndex <= node'[m.source].verifiedIndex]_vars

\* Within a term a leader's match indexes do not fall.
MatchMonotonicProp ==
  [][\A i \in Server : LeadsOn(i) =>
       \A j \in Members(Configuration(node'[i])) : node'[i].matchIndex[j] >= node[i].matchIndex[j]]_vars

\* Only an acknowledgement changes them: a rejection says nothing about what was acknowledged.
NackHintSafeProp ==
  [][\A i \in Server : LeadsOn(i) =>
       \A j \in Members(Configuration(node'[i])) :
         node'[i].matchIndex[j] # node[i].matchIndex[j] =>
           \E m \in messages :
             /\ m.source = j /\ m.dest = i
             /\ CASE m.type = "AppendEntriesReply" -> m.accepted /\ m.matchIndex = node'[i].matchIndex[j]
                  [] m.type = "InstallSnapshotReply" -> m.installed /\ m.lastIndex = node'[i].matchIndex[j]
                  [] OTHER -> FALSE]_vars

\* Who becomes leader has the votes of a quorum of its configuration, its own from its disk.
ElectedByQuorumProp ==
  [][\A i \in Server :
       node'[i].role = "Leader" /\ node[i].role # "Leader" =>
         HasQuorum(Configuration(node[i]),
                   {j \in Server :
                      IF j = i THEN node'[i].disk.term = node'[i].currentTerm /\ node'[i].disk.vote = i
                      ELSE \/ j \in node[i].granted
                           \/ \E m \in messages : /\ IsGrant(m) /\ m.source = j /\ m.dest = i
                                                  /\ m.electionTerm = node'[i].currentTerm})]_vars

-----------------------------------------------------------------------------
\* Not true, though often believed: a search shows a counterexample of each, so that nobody adds them.

\* As LeaderCompleteness, by the entry's own term: an entry of an old term is committed in a later one, and a stale
\* leader in between lacks it.
LeaderCompletenessByEntryTermInv ==
  \A i \in Server : node[i].role = "Leader" =>
    \A k \in DOMAIN committed :
      committed[k].entry.term < node[i].currentTerm => Holds(node[i], k, committed[k].entry)

\* Whoever has this node's vote has what this node takes for committed: it may learn of a commit after voting.
VotesGrantedInv ==
  \A i \in Server : node[i].votedFor # Nil =>
    \A k \in node[i].base.index + 1..node[i].commitIndex : Holds(node[node[i].votedFor], k, EntryAt(node[i], k))

\* Where a log differs from a committed entry, its entry is of an earlier term: true of Paxos, not of Raft.
CommittedEntriesTermsInv ==
  \A i, j \in Server : \A k \in node[i].base.index + 1..node[i].commitIndex :
    k > node[j].base.index /\ k <= LastIndex(node[j]) => EntryAt(node[j], k).term <= EntryAt(node[i], k).term

\* A leader's own disk has what it commits: not if it writes while it replicates. [Thesis 10.2.1]
CommittedIsDurableInv ==
  \A i \in Server : node[i].role = "Leader" => node[i].commitIndex <= node[i].durableIndex

-----------------------------------------------------------------------------
\* What comes about if messages arrive, writes end and timers run: MC.tla says under which fairness.

LeaderElectedLive == <>(\E i \in Server : node[i].role = "Leader")

CommandsCommittedLive ==
  \A value \in Value :
    (\E i \in Server : node[i].role = "Leader" /\ \E k \in DOMAIN node[i].log : node[i].log[k].value = value)
      ~> (\E k \in DOMAIN committed : committed[k].entry.value = value)
=============================================================================
