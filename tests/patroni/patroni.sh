#!/usr/bin/env bash
# Patroni and two PostgreSQL on three members of lockstepd: bootstrap, failover, death of lockstepd's leader. See README.md.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
source "$here/../etcdctl/cluster.sh"
: "${LOCKSTEPD:?names the program}"
programs="$(dirname "$(find /usr/lib/postgresql -name postgres -path '*/bin/*' | sort -V | tail -n 1)")"
work="$(mktemp -d)"
chmod 755 "$work"
declare -A patroni_pid=()

as_postgres=()
((EUID != 0)) || as_postgres=(setpriv --reuid=postgres --regid=postgres --init-groups)

# Ends a node's Patroni and its PostgreSQL, which is a session of its own, without a chance to say goodbye.
kill_node() {
  local postmaster="$work/p$1/data/postmaster.pid"
  kill -KILL "${patroni_pid[$1]}" || true
  unset "patroni_pid[$1]"
  [[ ! -f $postmaster ]] || kill -QUIT "$(head -n 1 "$postmaster")"
}
finish() {
  local number
  for number in "${!patroni_pid[@]}"; do kill_node "$number" || true; done
  stop_cluster
  rm -rf "$work"
}
trap finish EXIT

start_node() {
  local folder="$work/p$1" port="$((28200 + $1))" rest="$((28100 + $1))"
  mkdir "$folder"
  ((EUID != 0)) || chown postgres "$folder"
  cat >"$folder.yml" <<YAML
scope: demo
name: p$1
restapi: {listen: "127.0.0.1:$rest", connect_address: "127.0.0.1:$rest"}
etcd3: {hosts: "$hosts"}
bootstrap:
  dcs: {ttl: 20, loop_wait: 3, retry_timeout: 4}
  initdb: [{encoding: UTF8}]
  pg_hba: ["host all all 127.0.0.1/32 trust", "host replication all 127.0.0.1/32 trust", "local all all trust"]
postgresql:
  listen: 127.0.0.1:$port
  connect_address: 127.0.0.1:$port
  data_dir: $folder/data
  bin_dir: $programs
  authentication: {superuser: {username: postgres}, replication: {username: postgres}}
  parameters: {unix_socket_directories: $folder}
YAML
  HOME="$folder" "${as_postgres[@]}" patroni "$folder.yml" >"$folder.log" 2>&1 &
  patroni_pid[$1]=$!
}
list() { patronictl -c "$work/p$1.yml" list 2>/dev/null || true; }
# WHAT NODE PATTERN: until the list that NODE's settings lead to shows the pattern.
await() {
  local begun="$SECONDS" found
  until found="$(list "$2")" && grep -qE "$3" <<<"$found"; do
    if ((SECONDS - begun > 120)); then
      echo "no $1 within two minutes" && list "$2" && tail -n 20 "$work"/p*.log
      exit 1
    fi
    sleep 1
  done
  echo "$1 after $((SECONDS - begun)) s"
}

start_cluster "$LOCKSTEPD" "$work/members" 3
hosts="${client_url[1]#http://},${client_url[2]#http://},${client_url[3]#http://}"
start_node 1
await 'a primary' 1 'p1 .*Leader.*running'
start_node 2
await 'a replica' 2 'p2 .*Replica.*(running|streaming)'
psql -qh 127.0.0.1 -p 28201 -U postgres -c 'create table t (a int); insert into t values (7)'
kill_node 1
await 'the other one as primary' 2 'p2 .*Leader.*running'
for number in 1 2 3; do
  if [[ "$(curl -s "${client_url[$number]}/metrics")" == *'etcd_server_is_leader 1'* ]]; then leader="$number"; fi
done
stop_member "$leader" KILL
sleep 15
await 'it still is, without the leader of lockstepd,' 2 'p2 .*Leader.*running'
[[ "$(psql -Ath 127.0.0.1 -p 28202 -U postgres -c 'insert into t values (8) returning a' -c 'select count(*) from t' | tail -n 1)" == 2 ]]
echo PASS
