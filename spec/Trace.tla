------------------------------- MODULE Trace -------------------------------
(***************************************************************************)
(* A trace of the simulator as a behaviour of raft.tla: each line of       *)
(* trace.ndjson (`./run replay FILE --tla=trace.ndjson`) must be the       *)
(* action that it names, with its parameters, and leave and send what it   *)
(* says. Run it as `./run tlc Trace trace.ndjson`.                         *)
(*                                                                         *)
(* One line, one successor: every choice is in the line, and the messages  *)
(* are whole, so neither a network nor a history is kept. Invariants are   *)
(* left to C++. TLC is to be given one worker.                             *)
(***************************************************************************)
EXTENDS raft, TLC, Json

VARIABLES
  line,    \* How many lines are taken; the first is about the cluster.
  started  \* The nodes that have begun once.

Lines == ndJsonDeserialize("trace.ndjson")
Setup == Lines[1]
Now == Lines[line + 1]

ToSet(list) == {list[k] : k \in DOMAIN list}

TraceServer == ToSet(Setup.servers)
TracePreVote == Setup.preVote
TraceCheckQuorum == Setup.checkQuorum
TraceLeases == Setup.leases
Nothing == {}

-----------------------------------------------------------------------------
\* What JSON has no words for.

ToId(text) == IF text = "none" THEN Nil ELSE text
ToConfiguration(c) ==
  [voters |-> ToSet(c.voters), outgoing |-> ToSet(c.outgoing), learners |-> ToSet(c.learners),
   learnersNext |-> ToSet(c.learnersNext), autoLeave |-> c.autoLeave]
ToEntry(e) ==
  Entry(e.term, e.kind, IF e.kind = "Command" THEN e.value ELSE Nil,
        IF e.kind = "Configuration" THEN ToConfiguration(e.configuration) ELSE Nil)
ToEntries(list) == [k \in 1..Len(list) |-> ToEntry(list[k])]
ToSnapshot(s) == [index |-> s.index, term |-> s.term, configuration |-> ToConfiguration(s.configuration)]
ToMessage(m) ==
  CASE m.type = "AppendEntries" -> [m EXCEPT !.entries = ToEntries(@)]
    [] m.type = "InstallSnapshot" -> [m EXCEPT !.snapshot = ToSnapshot(@)]
    [] OTHER -> m
ToDisk(d) ==
  [term |-> d.term, vote |-> ToId(d.vote), snapshot |-> ToSnapshot(d.snapshot), base |-> ToSnapshot(d.base),
   log |-> ToEntries(d.log)]

-----------------------------------------------------------------------------
\* In place of definitions of raft.tla; see Trace.cfg.

\* Writes go by the core's names.
TraceWrite(kind) ==
  [kind |-> kind, term |-> 0, vote |-> Nil, first |-> 0, entries |-> <<>>, snapshot |-> Nil,
   last |-> 0, held |-> {}, current |-> FALSE, done |-> FALSE, onDisk |-> FALSE, failed |-> FALSE, name |-> -1]

\* Not all that a leader may send, but that it may.
MayAppendTo(n, j) == {[type |-> "MayAppend", source |-> n.id, dest |-> j, term |-> n.currentTerm]}
NoSnapshotsTo(n, j) == {}

Unnamed(writes) == {k \in DOMAIN writes : writes[k].name = -1}
Named(writes) ==
  [k \in DOMAIN writes |->
     IF writes[k].name # -1 THEN writes[k]
     ELSE [writes[k] EXCEPT !.name = Now.writes[Cardinality({j \in Unnamed(writes) : j <= k})]]]

\* Says what differs, and that the line is no step.
Same(variable, specification, trace) ==
  IF specification = trace THEN TRUE
  ELSE PrintT(<<"REFUSED: line", line + 1, Now.action, "at node", Now.node, "variable", variable,
                "in the specification", specification, "in the trace", trace>>) /\ FALSE

SameState(n) ==
  LET s == Now.state
  IN  /\ Same("halted", n.halted, s.halted)
      /\ n.halted \/
         /\ Same("currentTerm", n.currentTerm, s.currentTerm)
         /\ Same("votedFor", n.votedFor, ToId(s.votedFor))
         /\ Same("base", [index |-> n.base.index, term |-> n.base.term], s.base)
         /\ Same("lastIndex", LastIndex(n), s.lastIndex)
         /\ Same("lastTerm", LastTerm(n), s.lastTerm)
         /\ Same("configurationIndex", ConfigurationIndex(n), s.configurationIndex)
         /\ Same("snapshot", [index |-> n.snapshot.index, term |-> n.snapshot.term], s.snapshot)
         /\ Same("durableTerm", n.durableTerm, s.durableTerm)
         /\ Same("durableVote", n.durableVote, ToId(s.durableVote))
         /\ Same("durableIndex", n.durableIndex, s.durableIndex)
         /\ Same("issuedIndex", n.issuedIndex, s.issuedIndex)
         /\ Same("failing", n.failing, s.failing)
         /\ Same("role", n.role, s.role)
         /\ Same("leader", n.leader, ToId(s.leader))
         /\ Same("commitIndex", n.commitIndex, s.commitIndex)
         /\ Same("appliedIndex", n.appliedIndex, s.appliedIndex)
         /\ Same("voteWithheld", n.voteWithheld, s.voteWithheld)
         /\ Same("granted", n.granted, ToSet(s.granted))
         /\ Same("refused", n.refused, ToSet(s.refused))
         /\ Same("verifiedIndex", n.verifiedIndex, s.verifiedIndex)
         /\ Same("ackedIndex", n.ackedIndex, s.ackedIndex)
         /\ Same("termStart", n.termStart, s.termStart)
         /\ Same("round", n.round, s.round)
         /\ Same("confirmedRound", n.confirmedRound, s.confirmedRound)
         /\ \A j \in DOMAIN s.matchIndex : Same("matchIndex", n.matchIndex[j], s.matchIndex[j])
         /\ \A j \in DOMAIN s.ackedRound : Same("ackedRound", n.ackedRound[j], s.ackedRound[j])
         /\ Same("transferTarget", IF n.transfer = Nil THEN Nil ELSE n.transfer.target, ToId(s.transferTarget))
         /\ Same("transferSent", n.transfer # Nil /\ n.transfer.sent, s.transferSent)
         /\ Same("incomingIndex", IF n.incoming = Nil THEN 0 ELSE n.incoming.snapshot.index, s.incomingIndex)
         /\ Same("installing", Installing(n), s.installing)
         /\ Same("reads", n.reads, ToSet(s.reads))
         /\ Same("forwarded", n.forwarded, ToSet(s.forwarded))

Held(writes) == UNION {writes[k].held : k \in DOMAIN writes}

\* Whether n, which step `Now` leaves, may send m: at once, or after the write `after`.
MaySend(n, m, after) ==
  LET may == [type |-> "MayAppend", source |-> m.source, dest |-> m.dest, term |-> m.term] \in n.out
  IN  CASE m.type = "AppendEntries" ->
             /\ may /\ m.prevIndex >= n.base.index /\ Matches(n, m.prevIndex, m.prevTerm)
             /\ m.prevIndex + Len(m.entries) <= LastIndex(n) /\ m.commitIndex = n.commitIndex
             /\ \A k \in 1..Len(m.entries) : EntryAt(n, m.prevIndex + k) = m.entries[k]
        [] m.type = "InstallSnapshot" -> may /\ m.snapshot.index <= n.snapshot.index
        [] OTHER ->
             \/ IF after = 0 THEN m \in n.out
                ELSE \E k \in DOMAIN n.writes : n.writes[k].name = after /\ m \in n.writes[k].held
             \/ m.type = "ReadRequest" /\ m.dest = n.leader /\ m.read \in n.forwarded \* Asked again.

\* What a step need not send: which successor is asked, and answers to chunks of a snapshot, are the core's choice.
IsOptional(n, m) ==
  \/ m.type = "MayAppend"
  \/ m.type = "TimeoutNow" /\ n.role # "Leader"
  \/ m.type = "InstallSnapshotReply" /\ ~m.installed

\* was: the node before. The messages that the end of a write lets go were sent when they were put behind it.
SameMessages(was, n) ==
  LET sent == {ToMessage(Now.sent[k].message) : k \in DOMAIN Now.sent}
      due == (n.out \ Held(was.writes)) \cup (Held(n.writes) \ Held(was.writes))
  IN  /\ \A k \in DOMAIN Now.sent :
           LET m == ToMessage(Now.sent[k].message)
           IN  IF MaySend(n, m, Now.sent[k].after) THEN TRUE ELSE Same("message " \o m.type, "not sent", m)
      /\ \A m \in due :
           IF IsOptional(n, m) \/ m \in sent THEN TRUE ELSE Same("message " \o m.type, m, "not sent")

TraceStep(i, n, reads) ==
  LET ended == EndOfStep(n)
  IN  /\ SameState(ended)
      /\ Same("writes", Cardinality(Unnamed(ended.writes)), Len(Now.writes))
      /\ LET named == [ended EXCEPT !.writes = Named(@)]
         IN  /\ SameMessages(node[i], named)
             /\ node' = [node EXCEPT ![i] = [named EXCEPT !.out = {}, !.answered = {}]]
      /\ begun' = reads
      /\ UNCHANGED <<messages, committed, leaders>>

-----------------------------------------------------------------------------
\* Lines.

Stutter(i) == SameState(node[i]) /\ UNCHANGED vars

RECURSIVE AppendAll(_, _)
AppendAll(n, values) ==
  IF values = <<>> THEN n ELSE AppendAll(AppendEntry(n, Command(n.currentTerm, values[1])), Tail(values))
ProposeAll(i, values) ==
  /\ Running(i) /\ node[i].role = "Leader" /\ node[i].transfer = Nil
  /\ Step(i, BroadcastAppend(WriteLog(AppendAll(node[i], values))))

\* What a completion may be told of. One that nobody waits for changes nothing.
WritesNamed(i, name) ==
  {k \in DOMAIN node[i].writes : node[i].writes[k].name = name /\ node[i].writes[k].kind # "Install"
                                 /\ ~node[i].writes[k].done}
Living(i, ks) == {k \in ks : ~node[i].writes[k].failed}

CrashNow(i) == node' = [node EXCEPT ![i].up = FALSE] /\ UNCHANGED <<messages, committed, leaders, begun, faults>>

RestartNow(i) ==
  LET disk == ToDisk(Now.disk)
      n == [Start(i, disk) EXCEPT !.voteWithheld = Now.withheld]
  IN  /\ i \in started /\ disk \notin SurvivingDisks(node[i]) => Same("disk", "what a crash may leave", disk)
      /\ SameState(n)
      /\ node' = [node EXCEPT ![i] = n]
      /\ UNCHANGED <<messages, committed, leaders, begun, faults>>

Take(i) ==
  LET action == Now.action
  IN  CASE action = "Restart" -> RestartNow(i)
        [] action = "Crash" -> CrashNow(i)
        [] action = "Stutter" -> Stutter(i)
        [] action = "ElectionTimeout" -> ElectionTimeout(i)
        [] action = "HeartbeatTimeout" -> HeartbeatTimeout(i)
        [] action = "QuorumCheckTimeout" -> QuorumCheckTimeout(i, Now.giveUp, Now.stepDown)
        [] action = "ReceiveRequestVote" -> ReceiveRequestVote(i, ToMessage(Now.message))
        [] action = "ReceiveRequestVoteReply" -> ReceiveRequestVoteReply(i, ToMessage(Now.message))
        [] action = "ReceiveAppendEntries" -> ReceiveAppendEntries(i, ToMessage(Now.message))
        [] action = "ReceiveAppendEntriesReply" -> ReceiveAppendEntriesReply(i, ToMessage(Now.message))
        [] action = "ReceiveHeartbeat" -> ReceiveHeartbeat(i, ToMessage(Now.message))
        [] action = "ReceiveHeartbeatReply" -> ReceiveHeartbeatReply(i, ToMessage(Now.message))
        [] action = "ReceiveInstallSnapshot" -> ReceiveInstallSnapshot(i, ToMessage(Now.message))
        [] action = "ReceiveInstallSnapshotReply" -> ReceiveInstallSnapshotReply(i, ToMessage(Now.message))
        [] action = "ReceiveTimeoutNow" -> ReceiveTimeoutNow(i, ToMessage(Now.message))
        [] action = "ReceiveReadRequest" -> ReceiveReadRequest(i, ToMessage(Now.message))
        [] action = "ReceiveReadReply" -> ReceiveReadReply(i, ToMessage(Now.message))
        [] action = "WriteDone" ->
             LET ks == Living(i, WritesNamed(i, Now.write)) IN IF ks = {} THEN Stutter(i) ELSE WriteDone(i, SetMin(ks))
        [] action = "WriteFailed" ->
             LET ks == WritesNamed(i, Now.write) IN IF ks = {} THEN Stutter(i) ELSE WriteFailed(i, SetMin(ks), Now.kept)
        [] action = "Propose" -> ProposeAll(i, Now.values)
        [] action = "ProposeConfiguration" -> ProposeConfiguration(i, Now.change)
        [] action = "Read" -> Read(i)
        [] action = "ReadByLease" -> ReadByLease(i)
        [] action = "TransferLeadership" -> TransferLeadership(i, ToId(Now.target))
        [] action = "Cancel" -> Cancel(i, IF Now.read = 0 THEN Nil ELSE Now.read)
        [] action = "Applied" -> Applied(i, Now.index)
        [] action = "SnapshotTaken" -> SnapshotTaken(i, Now.index, Now.last)
        [] action = "SnapshotChunkStored" -> SnapshotChunkStored(i, Now.result)
        [] action = "SnapshotInstalled" -> SnapshotInstalled(i, Now.ok)
        [] action = "EntriesLoaded" -> EntriesLoaded(i)

TraceInit == Init /\ line = 1 /\ started = {}

TraceNext ==
  /\ line < Len(Lines)
  /\ line' = line + 1
  /\ started' = IF Now.action = "Restart" THEN started \cup {Now.node} ELSE started
  /\ Take(Now.node)

TraceSpec == TraceInit /\ [][TraceNext]_<<vars, line, started>>

\* Lines follow one another: one of them tells the state.
TraceView == line

\* The last line was reached. A line whose action is not enabled prints nothing before this does.
TraceAccepted ==
  LET reached == TLCGet("stats").diameter
  IN  IF reached = Len(Lines) THEN PrintT(<<"ACCEPTED: lines", reached>>)
      ELSE PrintT(<<"REFUSED: line", reached + 1, Lines[reached + 1].action, "at node", Lines[reached + 1].node>>) /\ FALSE
=============================================================================
