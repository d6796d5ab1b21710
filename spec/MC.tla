--------------------------------- MODULE MC ---------------------------------
(* raft.tla within bounds, for TLC and, with the same bounds and counts, for  *)
(* ./run explore --model. README.md says what each .cfg is for.               *)
EXTENDS raft, TLC, TLCExt

CONSTANTS
  MaxTerm, MaxLog,          \* The largest term; the longest log.
  MaxCrashes, MaxFailures,  \* Crashes, and failed writes, in all.
  MaxWrites,                \* Writes on their way at one node.
  MaxMessages,              \* Messages under way at once; 0: no bound.
  MaxDepth,                 \* Steps from the beginning; 0: no bound.
  MaxRound, MaxReads,       \* Heartbeat rounds of one leader; reads in all.
  Starter,                  \* Who may start an election on its own.
  Settle,                   \* Every write is told to be done before anything else happens.
  Commands,                 \* Clients propose commands.
  Applying,                 \* Applied is taken up, as far as committed and at once.
  Snapshots,                \* Snapshots are taken (of all that is applied) and sent.
  QuorumChecks,             \* Leaders check their quorum and may step down.
  Transfers,                \* Leadership is handed over.
  Cancels                   \* Clients cancel.

CONSTANTS s1, s2, s3, s4, s5

Change(members, transition) == [members |-> members, transition |-> transition]
AddVoter(j) == [kind |-> "AddVoter", node |-> j]
AddLearner(j) == [kind |-> "AddLearner", node |-> j]
Remove(j) == [kind |-> "Remove", node |-> j]

NoChanges == {}
ReplaceVoter == {Change(<<Remove(s2), AddVoter(s3)>>, "JointImplicit")}
LearnerThenVoter == {Change(<<AddLearner(s3)>>, "Auto"), Change(<<AddVoter(s3)>>, "Auto")}
DemoteAndLeave == {Change(<<AddLearner(s2)>>, "JointExplicit"), Change(<<>>, "Auto")}

Bounds ==
  /\ \A i \in Server : /\ node[i].currentTerm <= MaxTerm
                       /\ LastIndex(node[i]) <= MaxLog
                       /\ node[i].round <= MaxRound
                       /\ Len(node[i].writes) <= MaxWrites
  /\ faults.crashes <= MaxCrashes
  /\ faults.failures <= MaxFailures
  /\ Len(begun) <= MaxReads
  /\ MaxMessages = 0 \/ Cardinality(messages) <= MaxMessages
  /\ MaxDepth = 0 \/ TLCGet("level") <= MaxDepth + 1

\* The writes that Settle tells first: the oldest of the only node that has any.
Told(i) == {k \in DOMAIN node[i].writes : node[i].writes[k].kind # "Install" /\ ~node[i].writes[k].done
                                          /\ ~node[i].writes[k].failed}
Unsettled == Settle /\ \E i \in Server : node[i].up /\ Told(i) # {}

MCNext ==
  IF Unsettled
  THEN \E i \in Server : node[i].up /\ Told(i) # {} /\ WriteDone(i, SetMin(Told(i)))
  ELSE \/ \E m \in messages : Receive(m.dest, m)
       \/ \E i \in Starter : ElectionTimeout(i)
       \/ \E i \in Server :
            \/ MaxRound > 0 /\ HeartbeatTimeout(i)
            \/ QuorumChecks /\ \E giveUp \in BOOLEAN, stepDown \in BOOLEAN : QuorumCheckTimeout(i, giveUp, stepDown)
            \/ Commands /\ \E value \in Value : Propose(i, value)
            \/ \E change \in Changes : ProposeConfiguration(i, change)
            \/ MaxReads > 0 /\ Read(i)
            \/ Transfers /\ \E j \in Server : TransferLeadership(i, j)
            \/ Cancels /\ \E request \in DOMAIN begun \cup {Nil} : Cancel(i, request)
            \/ ~Settle /\ \E k \in DOMAIN node[i].writes : WriteDone(i, k)
            \/ MaxFailures > 0 /\ \E k \in DOMAIN node[i].writes, kept \in BOOLEAN : WriteFailed(i, k, kept)
            \/ Applying /\ Applied(i, Min(node[i].commitIndex, node[i].durableIndex))
            \/ Snapshots /\ EntriesLoaded(i)
            \/ Snapshots /\ SnapshotTaken(i, node[i].appliedIndex, node[i].appliedIndex)
            \/ Snapshots /\ SnapshotChunkStored(i, "complete")
            \/ Snapshots /\ \E ok \in (IF MaxFailures > 0 THEN BOOLEAN ELSE {TRUE}) : SnapshotInstalled(i, ok)
            \/ MaxCrashes > 0 /\ \E disk \in SurvivingDisks(node[i]) : Crash(i, disk)
            \/ MaxCrashes > 0 /\ Restart(i, FALSE)

MCSpec == Init /\ [][MCNext]_vars

-----------------------------------------------------------------------------
\* Liveness. Bounds are guards here: a constraint would cut off the ways on. No crash, no change of leader once there is
\* one: then, if messages arrive, writes end and the timer runs, a leader is elected and commits what is proposed.

LiveReceive == \E m \in messages : Receive(m.dest, m)
LiveTimeout == \E i \in Starter : node[i].currentTerm < MaxTerm /\ ElectionTimeout(i)
LiveWrite == \E i \in Server : \E k \in DOMAIN node[i].writes : WriteDone(i, k)
LivePropose == \E i \in Server, value \in Value : LastIndex(node[i]) < MaxLog /\ Propose(i, value)

LiveSpec ==
  /\ Init /\ [][LiveReceive \/ LiveTimeout \/ LiveWrite \/ LivePropose]_vars
  /\ WF_vars(LiveReceive) /\ WF_vars(LiveTimeout) /\ WF_vars(LiveWrite)

-----------------------------------------------------------------------------
\* The number of distinct states at each depth, printed at the end. With one worker the levels are exact.

\* (TLC also evaluates it on states that the constraint excludes.)
CountLevel == Bounds => TLCSet(TLCGet("level"), TLCGet(TLCGet("level")) + 1)
ASSUME \A level \in 1..200 : TLCSet(level, 0)
LevelCounts == PrintT("levels " \o ToString([level \in 1..TLCGet("diameter") |-> TLCGet(level)]))
=============================================================================
