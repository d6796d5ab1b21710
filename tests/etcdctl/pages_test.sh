#!/usr/bin/env bash
# The commands of runtime/README.md, run as they stand: a member joins, leaves, loses its disk; backup and restore.
#
#   pages_test.sh LOCKSTEPD README [FOLDER]
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
program="$(readlink -f "$1")"
readme="$(readlink -f "$2")"
folder="${3:-${TEST_TMPDIR:-$(mktemp -d)}}/pages"
source "$here/cluster.sh"
cluster_ports_from=28000
trap stop_cluster EXIT
export ETCDCTL_API=3
patience=(--heartbeat-interval=100 --election-timeout=1000)

fail() {
  echo "FAIL: $*" >&2
  exit 1
}
# The indented lines of a page.
commands() { awk -v title="$1" '/^#/ { on = ($0 == title) } on && /^    /' "$readme"; }
# As in the pages; what only takes its time is tried again.
etcdctl() {
  local tries
  for ((tries = 0; tries < 100; tries++)); do
    if command etcdctl "$@" 2>"$folder/error"; then return; fi
    grep -qE 'in sync with leader|context deadline|unhealthy|timed out|connection refused' "$folder/error" || break
    sleep 0.2
  done
  cat "$folder/error" >&2
  return 1
}
# A member's process, by the name it is given; `restore` ends by itself.
declare -A pids=()
lockstepd() {
  if [[ $1 == restore ]]; then
    "$program" "$@" 2>>"$folder/restore.log"
    return
  fi
  local name="${1#--name=}"
  : >"$folder/$name.log"
  "$program" "$@" "${patience[@]}" 2>"$folder/$name.log" &
  pids[$name]=$!
  member_pid[$name]=$! # So that it is stopped at the end.
  cluster_folder="$folder" await_named "$name"
}
await_named() {
  local tries
  for ((tries = 0; tries < 600; tries++)); do
    grep -q 'ready to serve client requests' "$folder/$1.log" && return
    kill -0 "${pids[$1]}" 2>/dev/null || break
    sleep 0.1
  done
  cat "$folder/$1.log" >&2
  fail "$1 does not get ready"
}
page() {
  local text
  text="$(commands "## $1")"
  [[ -n $text ]] || fail "no page '$1' in $readme"
  echo "== $1"
  eval "$text" || fail "page '$1'"
}
value() { ETCDCTL_ENDPOINTS="$1" command etcdctl get greeting --print-value-only; }

mkdir -p "$folder"
start_cluster "$program" "$folder" 3 "${patience[@]}"
assign_urls 4
for number in 1 2 3 4; do declare "C$number=${client_url[$number]}" "P$number=${peer_url[$number]}"; done
CLUSTER="$cluster_initial"
export ETCDCTL_ENDPOINTS="$C1,$C2,$C3"
cd "$folder"
eval "$(commands '# Operating members')"
etcdctl put greeting hello

page 'A member joins'
[[ $(value "$C4") == hello ]] || fail 'the new member has not the keys'
command etcdctl member list | grep -q "started, m4.*false" || fail 'it is no voter'

page 'A member leaves'
for ((tries = 0; tries < 100; tries++)); do
  kill -0 "${pids[m4]}" 2>/dev/null || break
  sleep 0.1
done
kill -0 "${pids[m4]}" 2>/dev/null && fail 'its process goes on'
grep -q 'has been removed from the cluster' "$folder/m4.log" || fail 'it does not say why it ended'

stop_member 3 KILL
rm -rf "$folder/m3"
export ETCDCTL_ENDPOINTS="$C1,$C2"
etcdctl put greeting hello # Once there is a leader.
page 'A member has lost its disk'
[[ $(value "$C3") == hello ]] || fail 'the member that came back has not the keys'

page 'Backup'
stop_cluster
page 'Restore' >"$folder/restored"
grep -q '^hello$' "$folder/restored" || fail 'the restored cluster has not the keys'
echo PASS
