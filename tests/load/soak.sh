#!/usr/bin/env bash
# ./run soak: mixed load for a long time, with a SIGKILL of the leader every minute: nothing acknowledged is lost, watches
# miss nothing, memory does not grow. The status is 1 if one of them is not so.
#
#   soak.sh [--minutes=N] [--kill-seconds=N] [--clients=N]
#
# LOCKSTEPD names the program. Three members on loopback. Needs Go and Debian's golang-etcd-server-dev. Memory: the
# largest a member is in the last third of the time is at most a quarter and 16 MiB above that in the middle third.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
source "$here/../etcdctl/cluster.sh"

minutes=30 kill_seconds=60 clients=48
for argument in "$@"; do
  case "$argument" in
    --minutes=*) minutes="${argument#*=}" ;;
    --kill-seconds=*) kill_seconds="${argument#*=}" ;;
    --clients=*) clients="${argument#*=}" ;;
    *) sed -n '2,8s/^# \?//p' "${BASH_SOURCE[0]}" && exit 2 ;;
  esac
done
work="$(mktemp -d)"
soak="${SOAK:-$work/soak}"
finish() {
  stop_cluster
  rm -rf "$work"
}
trap finish EXIT
[[ -x $soak ]] || (cd "$here/soak" && GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE="${GOCACHE:-$work/go}" go build -o "$soak" soak.go)

leader_number() {
  local number
  for number in "${!member_pid[@]}"; do
    if [[ "$(curl -s -m 2 "${client_url[$number]}/metrics")" == *'etcd_server_is_leader 1'* ]]; then
      echo "$number"
      return
    fi
  done
}
# SECOND MIB of each member, every two seconds.
sample() {
  local number
  for number in "${!member_pid[@]}"; do
    awk -v at="$1" '/VmRSS/ { print at, $2 / 1024 }' "/proc/${member_pid[$number]}/status" 2>/dev/null || true
  done >>"$work/memory"
}
peak() { awk -v from="$1" -v to="$2" '$1 >= from && $1 < to && $2 > most { most = $2 } END { printf "%d", most }' "$work/memory"; }

total="$(awk -v m="$minutes" 'BEGIN { print int(m * 60) }')"
start_cluster "$LOCKSTEPD" "$work/members" 3 --log-level=info
# As much of the past is kept in the middle third as in the last.
"$soak" -endpoints "$ENDPOINTS" -clients "$clients" -seconds "$total" -keep $((total > 360 ? 45 : total / 8)) >"$work/out" 2>"$work/err" &
client=$!
begun=$SECONDS next=$kill_seconds kills=0
while kill -0 "$client" 2>/dev/null; do
  sleep 2
  now=$((SECONDS - begun))
  sample "$now"
  if ((now >= next && now < total)); then
    next=$((next + kill_seconds))
    victim="$(leader_number)"
    [[ -n $victim ]] || continue
    stop_member "$victim" KILL
    kills=$((kills + 1))
    sleep 3
    start_member "$victim"
  fi
done
status=0
wait "$client" || status=1
cat "$work/out"
grep '^soak:' "$work/err" | head -n 20 || true
middle="$(peak $((total / 3)) $((total * 2 / 3)))"
last="$(peak $((total * 2 / 3)) "$total")"
echo "leaders killed: $kills | MiB of the largest member: middle third $middle, last third $last"
if ((kills == 0)); then
  echo 'FAIL: no leader was killed' && status=1
fi
if ((last > middle * 5 / 4 + 16)); then
  echo 'FAIL: memory grows' && status=1
fi
if [[ $status -eq 0 ]]; then echo 'PASS: nothing acknowledged is lost, watches miss nothing, memory does not grow'; else echo FAIL; fi
exit "$status"
