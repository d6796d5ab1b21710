#!/usr/bin/env bash
# Members that come, go, are promoted, lose their disk, hand over and are killed: real processes, through etcdctl.
#
#   members_test.sh LOCKSTEPD [FOLDER]
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
lockstepd="$(readlink -f "$1")"
folder="${2:-${TEST_TMPDIR:-$(mktemp -d)}}/members"
source "$here/cluster.sh"
cluster_ports_from=24000
trap stop_cluster EXIT
export ETCDCTL_API=3

fail() {
  echo "FAIL: $*" >&2
  exit 1
}
ctl() { etcdctl --endpoints="$ENDPOINTS" --command-timeout=20s "$@"; }
expect() { # WHAT WANTED COMMAND...
  local got
  got="$("${@:3}" 2>&1)" || true
  [[ $got == *"$2"* ]] || fail "$1: wanted '$2', got: $got"
  echo "ok $1"
}
# Tries again until the output contains what is wanted: for what takes its time.
await() { # WHAT WANTED COMMAND...
  local tries got
  for ((tries = 0; tries < 150; tries++)); do
    got="$("${@:3}" 2>&1)" || true
    if [[ $got == *"$2"* ]]; then
      echo "ok $1"
      return
    fi
    sleep 0.2
  done
  fail "$1: wanted '$2', got: $got"
}
member_id() { ctl member list | awk -F', ' -v urls="${peer_url[$1]}" '$4 == urls { print $1 }'; }
leader_id() { ctl endpoint status -w json | grep -o '"leader":[0-9]*' | head -n 1 | cut -d: -f2; }
number_of_leader() {
  local number
  for number in "${!member_pid[@]}"; do
    if [[ $((16#$(member_id "$number"))) == "$(leader_id)" ]]; then echo "$number"; fi
  done
}
join() { # NUMBER CLUSTER
  cluster_initial="$2"
  start_member "$1" --initial-cluster-state=existing
}

# A busy machine needs patience.
start_cluster "$lockstepd" "$folder" 3 --heartbeat-interval=100 --election-timeout=1000
founders="$cluster_initial"
expect 'a put' OK ctl put before 1

# ---- A learner joins, catches up, is promoted.
assign_urls 4
with_fourth="$founders,m4=${peer_url[4]}"
expect 'a member is added as learner' 'added to cluster' ctl member add m4 --learner --peer-urls="${peer_url[4]}"
join 4 "$with_fourth"
await_ready 4
expect 'the learner is listed' true bash -c "etcdctl --endpoints=$ENDPOINTS member list | grep m4 | sed 's/.*, //'"
expect 'a learner serves no writes that clients address to it' 'rpc not supported for learner' \
  etcdctl --endpoints="${client_url[4]}" put x y
await 'the learner is promoted' promoted ctl member promote "$(member_id 4)"
expect 'a key written before is there' 1 etcdctl --endpoints="${client_url[4]}" get before --print-value-only

# ---- A member leaves; its process ends.
removed="$(member_id 4)"
expect 'a member is removed' removed ctl member remove "$removed"
await 'its process ends' gone bash -c "kill -0 ${member_pid[4]} 2>/dev/null || echo gone"
expect 'and says why' 'has been removed from the cluster' cat "$folder/m4.log"
unset "member_pid[4]"

# ---- A member whose disk is lost does not come back under its old number, but joins anew.
stop_member 3 KILL
rm -rf "$folder/m3"
cluster_initial="$founders"
start_member 3
await 'an empty disk is refused' 'has already been bootstrapped' cat "$folder/m3.log"
wait "${member_pid[3]}" && fail 'it starts all the same'
unset "member_pid[3]"
await 'the others go on' OK ctl put before 1
expect 'the old member is removed' removed ctl member remove "$(member_id 3)"
expect 'and added anew' 'added to cluster' ctl member add m3 --peer-urls="${peer_url[3]}"
join 3 "$founders"
await_ready 3
expect 'a key written before is there' 1 etcdctl --endpoints="${client_url[3]}" get before --print-value-only

# ---- Restarts: with files the flags about the beginning count no more.
stop_member 3
cluster_initial="m3=${peer_url[3]}"
start_member 3
await_ready 3
expect 'a restarted member serves' 1 etcdctl --endpoints="${client_url[3]}" get before --print-value-only

# ---- Leadership is moved, handed over at a stop, and taken over after a kill.
leader="$(number_of_leader)"
other=$((leader % 3 + 1))
expect 'leadership moves' 'Leadership transferred' \
  etcdctl --endpoints="${client_url[$leader]}" move-leader "$(member_id "$other")"
await 'to whom it was moved' "$((16#$(member_id "$other")))" leader_id
stop_member "$other"
grep -q '"msg":"stopped"' "$folder/m$other.log" || fail 'a member does not stop cleanly'
await 'the others go on' OK ctl put after 2
cluster_initial="$founders"
start_member "$other"
await_ready "$other"
leader="$(number_of_leader)"
stop_member "$leader" KILL
await 'writes go on after a kill' OK ctl put after 3
start_member "$leader"
await_ready "$leader"
expect 'all members agree' 1 bash -c "etcdctl --endpoints=$ENDPOINTS endpoint hashkv | awk '{ print \$NF }' | sort -u | wc -l"

# ---- A backup; pages.
expect 'a snapshot is saved' 'Snapshot saved' etcdctl --endpoints="${client_url[1]}" snapshot save "$folder/backup"
expect 'it is restored' '"msg":"restored"' "$lockstepd" restore "$folder/backup" --data-dir="$folder/restored/m1" --name=m1 \
  --initial-advertise-peer-urls="${peer_url[1]}" --initial-cluster-token=restored
expect 'a damaged one is not' 'no whole, undamaged backup' "$lockstepd" restore "$folder/m1.log" --data-dir="$folder/none"
revision="$(ctl get none -w json | grep -o '"revision":[0-9]*')"
expect 'health' '{"health":"true"' curl -s "${client_url[1]}/health"
expect 'readiness' ok curl -s "${client_url[1]}/readyz"
expect 'liveness' ok curl -s "${client_url[1]}/livez"
expect 'version' '"etcdserver":"3.5.' curl -s "${client_url[1]}/version"
expect 'metrics' 'etcd_server_has_leader 1' curl -s "${client_url[1]}/metrics"

# ---- What was restored: the same keys and revisions, in a cluster of one that others join.
stop_cluster
cluster_folder="$folder/restored"
cluster_initial="m1=${peer_url[1]}"
ENDPOINTS="${client_url[1]#http://}"
start_member 1
await_ready 1
expect 'the restored keys' 3 ctl get after --print-value-only
expect 'at the restored revision' "$revision" ctl get none -w json
expect 'whoever joins' 'added to cluster' ctl member add m2 --peer-urls="${peer_url[2]}"
join 2 "$cluster_initial,m2=${peer_url[2]}"
await_ready 2
expect 'has them too' 3 etcdctl --endpoints="${client_url[2]}" get after --print-value-only
echo PASS
