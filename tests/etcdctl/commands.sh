#!/usr/bin/env bash
# A fixed series of etcdctl commands, each printed with its output and status. What differs from run to run (ids, terms,
# times) is replaced by a word, so that the outputs of two servers can be compared. ENDPOINTS names the server.
set -uo pipefail
export ETCDCTL_API=3

normalize() {
  sed -E -e 's/^\{"level":"warn".*$/(warning of the client)/' \
    -e 's/"(cluster_id|member_id|raft_term|raft_index|raftTerm|raftIndex|raftAppliedIndex|leader|dbSize|dbSizeInUse)":[0-9]+/"\1":N/g' \
    -e 's/\b[0-9a-f]{15,16}\b/ID/g' -e 's/"(id|ID|lease)":[0-9]{12,}/"\1":ID/g' \
    -e 's/took = [0-9.a-zµ]+/took = TIME/' \
    -e 's/remaining\([0-9]+s\)/remaining(TIME)/' -e 's/127\.0\.0\.1:[0-9]+/ADDRESS/g' |
    awk '!(/warning of the client/ && seen++)'
}

run() {
  echo "$ etcdctl $*" | normalize
  etcdctl --endpoints="$ENDPOINTS" --command-timeout=20s "$@" 2>&1 | normalize
  echo "[status ${PIPESTATUS[0]}]"
}

# Runs a command that does not end by itself until it has printed so many lines, or for half a minute.
until_lines() { # LINES COMMAND...
  local output tries pid
  output="$(mktemp)"
  etcdctl --endpoints="$ENDPOINTS" "${@:2}" >"$output" 2>&1 &
  pid=$!
  for ((tries = 0; tries < 300; tries++)); do
    if [[ $(wc -l <"$output") -ge $1 ]] || ! kill -0 "$pid" 2>/dev/null; then break; fi
    sleep 0.1
  done
  kill "$pid" 2>/dev/null
  wait "$pid" 2>/dev/null
  echo "$ etcdctl ${*:2}"
  normalize <"$output"
  rm -f "$output"
}

lease_id() { sed -E 's/.*lease ([0-9a-f]+) granted.*/\1/'; }

# ---- Puts and gets.
run put a 1
run put a 2 --prev-kv
run put a/1 x
run put a/2 y
run put a/3 z
run put b 5
run put unicode 'ä€ 😀'
run put '' x
run put none --ignore-value
run get a
run get a -w json
run get none -w json
run get a --print-value-only
run get a/ --prefix
run get a/ --prefix --keys-only
run get a/ --prefix --keys-only -w json
run get a/ --prefix --limit=2 -w json
run get a/ --prefix --sort-by=VALUE --order=DESCEND
run get a/ --prefix --sort-by=MODIFY --order=DESCEND
run get a/ --prefix --sort-by=CREATE --order=ASCEND
run get a/ --prefix --sort-by=VERSION
run get a c
run get b --from-key
run get '' --from-key --keys-only
run get a --rev=2
run get a --rev=100
run get a --consistency=s
run get --hex a

# ---- Deletions.
run del none
run del a/1 --prev-kv
run del a/ --prefix
run del '' --from-key --prev-kv
run get '' --from-key -w json

# ---- Transactions.
run put t 1
run txn <<<$'value("t") = "1"\nversion("t") = "1"\n\nput t 2\nget t\n\nput t no\n\n'
run txn <<<$'value("t") = "1"\n\nput t 3\n\nget t\ndel t\n\n'
run txn <<<$'create("t") = "0"\n\nput t 4\nput u 5\nget t\n\nget t\n\n'
run txn <<<$'mod("u") > "1"\n\nput same 1\nput same 2\n\n\n\n'
run get t -w json
run get u -w json

# ---- Leases.
id="$(etcdctl --endpoints="$ENDPOINTS" lease grant 600 | lease_id)"
run lease timetolive "$id"
run put l 1 --lease="$id"
run lease timetolive "$id" --keys
run lease keep-alive --once "$id"
run put l 3 --ignore-lease
run get l -w json
run lease revoke "$id"
run get l
run lease revoke "$id"
run lease timetolive "$id"
run lease keep-alive --once "$id"
run lease list
run lease grant 0
run put l 1 --lease=12345

# ---- Watches: the past, which is complete.
run put w 1
run put w 2
run del w
until_lines 13 watch w --rev=1 --prev-kv
until_lines 1 watch w --rev=1 -w json
until_lines 6 watch '' --prefix --rev=20

# ---- History.
run compaction 10
run compaction 10
run compaction 100000
run get a --rev=5
run compaction 20 --physical
until_lines 1000 watch a --rev=5

# ---- Locks and elections, which the client makes of the above.
run lock mutex echo held
run get mutex --prefix
until_lines 2 elect race winner
run get race --prefix --print-value-only

# ---- The cluster.
run member list -w json | sed -E 's/"(name|peerURLs|clientURLs)"/\n"\1"/g' | grep -c '"name"'
run endpoint health
run endpoint status -w json | grep -o '"leader":N' | sort | uniq -c
run alarm list
run alarm disarm
run defrag
run member remove 123abc
run member promote 123abc
run role list
run user list
