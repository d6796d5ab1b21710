#!/usr/bin/env bash
# The same etcdctl commands against three members of lockstepd and three of Debian's etcd: the outputs are equal.
#
#   compare_test.sh LOCKSTEPD [FOLDER]
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
lockstepd="$(readlink -f "$1")"
folder="${2:-${TEST_TMPDIR:-$(mktemp -d)}}"
source "$here/cluster.sh"
cluster_ports_from=22000
trap stop_cluster EXIT
# The shortest lease follows from it, and a busy machine needs it.
patience=(--heartbeat-interval=100 --election-timeout=1000)

start_cluster "$lockstepd" "$folder/ours" 3 "${patience[@]}"
ENDPOINTS="$ENDPOINTS" bash "$here/commands.sh" >"$folder/ours.out" 2>&1
stop_cluster
start_cluster "$(command -v etcd)" "$folder/etcds" 3 "${patience[@]}"
ENDPOINTS="$ENDPOINTS" bash "$here/commands.sh" >"$folder/etcds.out" 2>&1
stop_cluster

[[ $(grep -c '^\[status 0\]' "$folder/etcds.out") -gt 40 ]] || {
  echo 'etcd itself fails:' && cat "$folder/etcds.out"
  exit 1
}
if ! diff -U4 "$folder/etcds.out" "$folder/ours.out"; then
  echo 'lockstepd (+) answers otherwise than etcd (-)'
  exit 1
fi
echo "equal: $(grep -c '^\$ ' "$folder/ours.out") commands"
