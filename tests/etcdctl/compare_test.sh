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

expect_equal_outputs "$folder" '^\[status 0\]' 40 commands
