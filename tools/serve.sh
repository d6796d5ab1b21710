#!/usr/bin/env bash
# ./run serve: three members of the key-value store on loopback, in one terminal, until Ctrl-C.
#
#   ./run serve [--single] [--data=FOLDER] [--port=PORT] [-- FLAGS OF lockstepd]
#
# The data stay in the folder: started again, the members go on where they were. LOCKSTEPD names the program.
set -euo pipefail

count=3
data=lockstep-data
port=2379
flags=()
while [[ $# -gt 0 ]]; do
  case "$1" in
    --single) count=1 ;;
    --data=*) data="${1#*=}" ;;
    --port=*) port="${1#*=}" ;;
    --) shift && flags=("$@") && break ;;
    *)
      echo 'usage: ./run serve [--single] [--data=FOLDER] [--port=PORT] [-- FLAGS OF lockstepd]' >&2
      [[ $1 == --help ]] && exit 0 || exit 2
      ;;
  esac
  shift
done

client_url() { echo "http://127.0.0.1:$((port + 100 * ($1 - 1)))"; }
peer_url() { echo "http://127.0.0.1:$((port + 100 * ($1 - 1) + 1))"; }

cluster=''
endpoints=''
for ((i = 1; i <= count; i++)); do
  cluster+="${cluster:+,}m$i=$(peer_url "$i")"
  endpoints+="${endpoints:+,}$(client_url "$i" | sed 's|http://||')"
done

mkdir -p "$data"
declare -A members=()
# A signal goes to the members, each of which stops in its own time; the script ends with the last of them.
stop_members() {
  for pid in "${!members[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
}
trap stop_members INT TERM

ready() { grep -q 'ready to serve client requests' "$data/m$1.log"; }

for ((i = 1; i <= count; i++)); do
  : >"$data/m$i.log"
  # Of its own process group, so that Ctrl-C reaches it through this script alone.
  setsid "$LOCKSTEPD" --name="m$i" --data-dir="$data/m$i" --initial-cluster="$cluster" \
    --listen-client-urls="$(client_url "$i")" --advertise-client-urls="$(client_url "$i")" \
    --listen-peer-urls="$(peer_url "$i")" --initial-advertise-peer-urls="$(peer_url "$i")" \
    --initial-cluster-token=lockstep-serve "${flags[@]}" 2>>"$data/m$i.log" &
  members[$!]=$i
done

for ((i = 1; i <= count; i++)); do
  for ((tries = 0; ; tries++)); do
    if ready "$i"; then break; fi
    if ((tries == 300)) || [[ $(jobs -rp | wc -l) -lt $count ]]; then
      echo "member m$i does not get ready; its last words ($data/m$i.log):" >&2
      tail -n 5 "$data/m$i.log" >&2
      stop_members
      wait
      exit 1
    fi
    sleep 0.1
  done
done

cat <<END
$count member(s) serve; data and logs are in $data/.

  export ETCDCTL_API=3 ETCDCTL_ENDPOINTS=$endpoints
  etcdctl put greeting hello
  etcdctl get greeting
  etcdctl endpoint status -w table
  curl $(client_url 1)/metrics

Ctrl-C stops them.
END

status=0
while ((${#members[@]} > 0)); do
  code=0
  wait -n -p ended "${!members[@]}" || code=$?
  [[ -z ${ended:-} ]] && continue # A signal came: the members are told, and waited for.
  if ((code != 0)); then
    echo "member m${members[$ended]} has ended with status $code: see $data/m${members[$ended]}.log" >&2
    status=1
  fi
  unset "members[$ended]"
  unset ended
done
echo 'stopped.'
exit "$status"
