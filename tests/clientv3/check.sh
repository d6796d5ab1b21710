#!/usr/bin/env bash
# The checks of check.go against a cluster whose leader is killed meanwhile.
#
#   check.sh PROGRAM CHECK [FOLDER]     PROGRAM: lockstepd or etcd; CHECK: check.go, built
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
program="$(readlink -f "$1")"
check="$(readlink -f "$2")"
folder="${3:-${TEST_TMPDIR:-$(mktemp -d)}}/clientv3"
source "$here/../etcdctl/cluster.sh"
trap stop_cluster EXIT

start_cluster "$program" "$folder" 3
# The leader is killed, and started again by a script that knows what this one does.
{
  declare -p cluster_program cluster_folder cluster_initial client_url peer_url member_pid | sed 's/^declare/declare -g/'
  echo 'declare -a cluster_flags=()'
} >"$folder/state.sh"
cat >"$folder/disturb.sh" <<END
set -euo pipefail
source "$here/../etcdctl/cluster.sh"
source "$folder/state.sh"
for number in 1 2 3; do
  [[ "\$(curl -s "\${client_url[\$number]}/metrics")" == *'etcd_server_is_leader 1'* ]] || continue
  kill -KILL "\${member_pid[\$number]}"
  sleep 2
  start_member "\$number" >/dev/null
  echo "\${member_pid[\$number]}" >"$folder/started"
  await_ready "\$number"
  exit 0
done
exit 1
END
"$check" -endpoints "$ENDPOINTS" -disturb "bash $folder/disturb.sh"
kill -TERM "$(cat "$folder/started")"
