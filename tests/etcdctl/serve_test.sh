#!/usr/bin/env bash
# ./run serve: says how to reach what it starts, keeps the data, and stops at Ctrl-C.
#
#   serve_test.sh LOCKSTEPD SERVE [FOLDER]
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
LOCKSTEPD="$(readlink -f "$1")"
serve="$(readlink -f "$2")"
folder="${3:-${TEST_TMPDIR:-$(mktemp -d)}}/serve"
source "$here/cluster.sh"
cluster_ports_from=30000
export LOCKSTEPD ETCDCTL_API=3
mkdir -p "$folder"
pid=''
finish() { [[ -z $pid ]] || kill -TERM "$pid" 2>/dev/null || true; }
trap finish EXIT

fail() {
  echo "FAIL: $*" >&2
  cat "$folder"/out >&2
  exit 1
}
# WHAT FLAGS...: serves until it has said how to be reached; sets `endpoints` from what it says.
start() {
  local tries
  : >"$folder/out" # What the one before has said must not count.
  "$serve" --data="$folder/data$1" --port="$port" "${@:2}" -- --heartbeat-interval=100 --election-timeout=1000 \
    >"$folder/out" 2>&1 &
  pid=$!
  for ((tries = 0; tries < 600; tries++)); do
    grep -q 'Ctrl-C stops them' "$folder/out" && break
    kill -0 "$pid" 2>/dev/null || fail 'it ends'
    sleep 0.1
  done
  endpoints="$(sed -n 's/.*ETCDCTL_ENDPOINTS=//p' "$folder/out")"
}
stop() {
  kill -INT "$pid"
  wait "$pid" || fail "it ends with status $?"
  pid=''
  grep -q '^stopped.$' "$folder/out" || fail 'it does not say that it has stopped'
}

for what in --single ''; do
  port="$(free_port)"
  # A shell starts what it puts in the background with Ctrl-C ignored; with job control it does not.
  set -m
  start "$what" $what
  etcdctl --endpoints="$endpoints" put greeting "hello$what" >/dev/null || fail 'a put'
  [[ $what == --single && $endpoints == *,* ]] && fail 'more than one member'
  stop
  start "$what" $what
  [[ $(etcdctl --endpoints="$endpoints" get greeting --print-value-only) == "hello$what" ]] || fail 'the data are gone'
  stop
  set +m
done
echo PASS
