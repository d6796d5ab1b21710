# Clusters of any program that understands etcd's flags, on loopback. To be sourced.
#
#   start_cluster PROGRAM FOLDER COUNT [FLAGS...]   starts members m1, m2, ...; sets ENDPOINTS and the arrays below
#   start_member NUMBER [FLAGS...]                  starts one of them (again)
#   stop_member NUMBER [SIGNAL]
#   stop_cluster

declare -A member_pid=() client_url=() peer_url=()
cluster_program=''
cluster_folder=''
cluster_initial=''
cluster_flags=()

# Ports that nobody listens on, of a range that a script may choose: tests run beside each other.
cluster_ports_from=20000
free_port() {
  local port
  while true; do
    port=$((cluster_ports_from + RANDOM % 2000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      echo "$port"
      return
    fi
  done
}

assign_urls() {
  client_url[$1]="http://127.0.0.1:$(free_port)"
  peer_url[$1]="http://127.0.0.1:$(free_port)"
}

start_member() {
  local number="$1" log="$cluster_folder/m$1.log"
  shift
  : >"$log"
  ETCD_UNSUPPORTED_ARCH="$(uname -m)" "$cluster_program" --name="m$number" --data-dir="$cluster_folder/m$number" \
    --listen-client-urls="${client_url[$number]}" --advertise-client-urls="${client_url[$number]}" \
    --listen-peer-urls="${peer_url[$number]}" --initial-advertise-peer-urls="${peer_url[$number]}" \
    --initial-cluster="$cluster_initial" --initial-cluster-token=test "${cluster_flags[@]}" "$@" >>"$log" 2>&1 &
  member_pid[$number]=$!
}

# Waits until a member says that it serves.
await_ready() {
  local number="$1" tries
  for ((tries = 0; tries < 600; tries++)); do
    grep -q 'ready to serve client requests' "$cluster_folder/m$number.log" && return
    kill -0 "${member_pid[$number]}" 2>/dev/null || break
    sleep 0.1
  done
  echo "member m$number does not get ready:" >&2
  tail -n 20 "$cluster_folder/m$number.log" >&2
  return 1
}

start_cluster() {
  cluster_program="$1"
  cluster_folder="$2"
  local count="$3" number
  cluster_flags=("${@:4}")
  mkdir -p "$cluster_folder"
  cluster_initial=''
  ENDPOINTS=''
  for ((number = 1; number <= count; number++)); do
    assign_urls "$number"
    cluster_initial+="${cluster_initial:+,}m$number=${peer_url[$number]}"
    ENDPOINTS+="${ENDPOINTS:+,}${client_url[$number]#http://}"
  done
  for ((number = 1; number <= count; number++)); do start_member "$number"; done
  for ((number = 1; number <= count; number++)); do await_ready "$number"; done
}

stop_member() {
  kill "-${2:-TERM}" "${member_pid[$1]}" 2>/dev/null || true
  wait "${member_pid[$1]}" 2>/dev/null || true
  unset "member_pid[$1]"
}

stop_cluster() {
  local number
  for number in "${!member_pid[@]}"; do kill -TERM "${member_pid[$number]}" 2>/dev/null || true; done
  for number in "${!member_pid[@]}"; do wait "${member_pid[$number]}" 2>/dev/null || true; done
  member_pid=()
}

# FOLDER MARK LEAST WHAT: fails unless FOLDER/ours.out is FOLDER/etcds.out, which shows by more than LEAST lines with MARK that
# etcd itself has done what was asked; each of WHAT begins with a line "$ ...".
expect_equal_outputs() {
  if [[ $(grep -c "$2" "$1/etcds.out") -le $3 ]]; then
    echo 'etcd itself fails:' && cat "$1/etcds.out"
    return 1
  fi
  if ! diff -U4 "$1/etcds.out" "$1/ours.out"; then
    echo 'lockstepd (+) answers otherwise than etcd (-)'
    return 1
  fi
  echo "equal: $(grep -c '^\$ ' "$1/ours.out") $4"
}
