#!/usr/bin/env bash
# ./run bench etcd: lockstepd beside Debian's etcd: same machine, same client, one after the other, in turns; ratios.
#
#   bench.sh [--rounds=N] [--seconds=N] [--only=put,range,memory,failover,check] [--million=KEYS]
#
# LOCKSTEPD names the program. Three members on loopback, data on disk, synced, values of 256 bytes. Needs Go and Debian's
# golang-etcd-server-dev and etcd-server; `quiet` figures want a machine that does nothing else.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
source "$here/../etcdctl/cluster.sh"

rounds=2 seconds=4 only=put,range,memory,failover,check million=1000000
for argument in "$@"; do
  case "$argument" in
    --rounds=*) rounds="${argument#*=}" ;;
    --seconds=*) seconds="${argument#*=}" ;;
    --only=*) only="${argument#*=}" ;;
    --million=*) million="${argument#*=}" ;;
    *) sed -n '2,7s/^# \?//p' "${BASH_SOURCE[0]}" && exit 2 ;;
  esac
done

work="$(mktemp -d)"
load="${LOAD:-$work/load}"
finish() {
  stop_cluster
  rm -rf "$work"
}
trap finish EXIT
[[ -x $load ]] || (cd "$here" && GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE="${GOCACHE:-$work/go}" go build -o "$load" load.go)

field() { sed -E "s/.*(^| )$1=([^ ]*).*/\2/"; }
mean() { awk '{ for (i = 1; i <= NF; i++) s += $i; printf "%.1f", s / NF }' <<<"$1"; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { if (b > 0) printf "%.2f", a / b; else printf "-" }'; }

# Microseconds of CPU that the members have used.
cpu_micros() {
  local pid total=0 ticks
  for pid in "${member_pid[@]}"; do
    ticks="$(sed 's/.*) //' "/proc/$pid/stat" | awk '{ print $12 + $13 }')"
    total=$((total + ticks))
  done
  echo $((total * 1000000 / $(getconf CLK_TCK)))
}
resident_mib() { awk '/VmRSS/ { printf "%d", $2 / 1024 }' "/proc/$1/status"; }

begin() { # SYSTEM NAME [FLAGS...]
  local program="$LOCKSTEPD" name="$2"
  [[ $1 == etcd ]] && program="$(command -v etcd)"
  rm -rf "$work/$name"
  start_cluster "$program" "$work/$name" 3 "${@:3}"
}
# Both print their ready line at level info.
begin_ours() { begin lockstepd "$1" --log-level=info "${@:2}"; }
begin_etcd() { begin etcd "$1" --log-level=info "${@:2}"; }

# WHAT CLIENTS: runs both systems in turns, `rounds` times, each on a fresh cluster that holds some keys.
compare() {
  local what="$1" clients="$2" round system before after line
  declare -A rate=() p99=() cpu=()
  for ((round = 0; round < rounds; round++)); do
    for system in etcd ours; do
      "begin_$system" "$system"
      "$load" -endpoints "$ENDPOINTS" -do fill -keys 10000 -clients 64 >/dev/null 2>&1
      before="$(cpu_micros)"
      line="$("$load" -endpoints "$ENDPOINTS" -do "$what" -keys 10000 -clients "$clients" -seconds "$seconds")"
      after="$(cpu_micros)"
      stop_cluster
      rate[$system]+=" $(field rate <<<"$line")"
      p99[$system]+=" $(field p99_ms <<<"$line")"
      cpu[$system]+=" $(ratio $((after - before)) "$(field operations <<<"$line")")"
    done
  done
  local a b
  a="$(mean "${rate[etcd]}")" b="$(mean "${rate[ours]}")"
  printf '%-6s %5s clients | per second: etcd %8s  lockstepd %8s  ratio %5s' "$what" "$clients" "$a" "$b" "$(ratio "$b" "$a")"
  a="$(mean "${cpu[etcd]}")" b="$(mean "${cpu[ours]}")"
  printf ' | server CPU, us: %7s %7s  ratio %5s' "$a" "$b" "$(ratio "$b" "$a")"
  a="$(mean "${p99[etcd]}")" b="$(mean "${p99[ours]}")"
  printf ' | p99 ms: %7s %7s  ratio %5s\n' "$a" "$b" "$(ratio "$b" "$a")"
}

# Memory of a member that holds a million keys, and how long all take from a restart to the first fresh read.
compare_memory() {
  local system number begun
  declare -A memory=() restart=()
  for system in etcd ours; do
    "begin_$system" "$system"
    "$load" -endpoints "$ENDPOINTS" -do fill -keys "$million" -clients 512 -bytes "${VALUE_BYTES:-32}" >/dev/null 2>&1
    sleep 3
    memory[$system]="$(resident_mib "${member_pid[1]}")"
    for number in 1 2 3; do stop_member "$number" KILL; done
    begun="$(date +%s%N)"
    for number in 1 2 3; do start_member "$number" --log-level=info; done
    until ETCDCTL_API=3 etcdctl --endpoints="$ENDPOINTS" --dial-timeout=100ms --command-timeout=2s get key0000000000001 \
      >/dev/null 2>&1; do sleep 0.02; done
    restart[$system]="$((($(date +%s%N) - begun) / 1000000))"
    stop_cluster
  done
  printf '%s keys | MiB of a member: etcd %s  lockstepd %s  ratio %s | restart ms: %s %s  ratio %s\n' "$million" \
    "${memory[etcd]}" "${memory[ours]}" "$(ratio "${memory[ours]}" "${memory[etcd]}")" \
    "${restart[etcd]}" "${restart[ours]}" "$(ratio "${restart[ours]}" "${restart[etcd]}")"
}

leader_number() {
  local number
  for number in "${!client_url[@]}"; do
    if [[ "$(curl -s "${client_url[$number]}/metrics")" == *'etcd_server_is_leader 1'* ]]; then
      echo "$number"
      return
    fi
  done
}

# The longest time without a write around a SIGKILL of the leader, with etcd's timeouts and with ours, in turns.
compare_failover() {
  local name round gap
  declare -A gaps=()
  for ((round = 0; round < rounds + 1; round++)); do
    for name in etcd patient ours; do
      case "$name" in
        etcd) begin_etcd failover ;;
        ours) begin_ours failover ;;
        patient) begin_ours failover --heartbeat-interval=100 --election-timeout=1000 ;;
      esac
      (
        sleep 2
        kill -KILL "${member_pid[$(leader_number)]}"
      ) &
      gap="$("$load" -endpoints "$ENDPOINTS" -do gap -clients 30 -connections 30 -seconds 7 2>/dev/null | field gap_ms)"
      gaps[$name]+=" $gap"
      wait $! || true
      stop_cluster
    done
  done
  local theirs
  theirs="$(mean "${gaps[etcd]}")"
  printf 'failover, ms without a write | etcd %s | lockstepd with its timeouts %s  ratio %s | with its own %s\n' \
    "${gaps[etcd]# }" "${gaps[patient]# }" "$(ratio "$(mean "${gaps[patient]}")" "$theirs")" "${gaps[ours]# }"
}

# etcd's own judgement: a minute of 150 puts a second.
check_perf() {
  local system
  for system in etcd ours; do
    "begin_$system" check
    echo "etcdctl check perf, $system: $(ETCDCTL_API=3 etcdctl --endpoints="$ENDPOINTS" check perf 2>&1 | tr '\r' '\n' |
      grep -oE '(PASS|FAIL|Slowest|Stddev).*' | paste -sd ';')"
    stop_cluster
  done
}

[[ $only == *put* ]] && for clients in 1 64 512 1000; do compare put "$clients"; done
[[ $only == *range* ]] && for clients in 1 64 512; do compare range "$clients"; done
[[ $only == *memory* ]] && compare_memory
# The shell has something to say of each member that is killed.
[[ $only == *failover* ]] && compare_failover 2>/dev/null
[[ $only == *check* ]] && check_perf
exit 0
