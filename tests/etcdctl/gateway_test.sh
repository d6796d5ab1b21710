#!/usr/bin/env bash
# The same JSON over plain HTTP against lockstepd and Debian's etcd: the answers are equal.
#
#   gateway_test.sh LOCKSTEPD [FOLDER]
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
lockstepd="$(readlink -f "$1")"
folder="${2:-${TEST_TMPDIR:-$(mktemp -d)}}"
source "$here/cluster.sh"
cluster_ports_from=26000
trap stop_cluster EXIT
# The shortest lease follows from it, and a busy machine needs it.
patience=(--heartbeat-interval=100 --election-timeout=1000)

# What differs from run to run, replaced by a word.
plain() {
  sed -E -e 's/"(cluster_id|member_id|raft_term|leader|raftIndex|raftTerm|raftAppliedIndex|dbSize|dbSizeInUse|lease)":"[0-9]+"/"\1":"N"/g' \
    -e 's/"version":"3\.[0-9.]+"/"version":"V"/g' -e 's/"hash":[0-9]+/"hash":H/g' -e 's/"blob":"[^"]*"/"blob":"B"/g' \
    -e 's/"ID":"[0-9]{3,}"/"ID":"N"/g' -e 's/http:\/\/127\.0\.0\.1:[0-9]+/URL/g' \
    -e 's/"key":"bG9jay[^"]*"/"key":"LOCK"/g' -e 's/"TTL":"[0-9]+","grantedTTL"/"TTL":"T","grantedTTL"/'
}
ask() { # PATH [JSON...]
  printf '$ %s\n' "$*"
  local path="$1" body=()
  (($# > 1)) && body=(-d "$2")
  curl -s -m 10 -w ' [%{http_code} %{content_type}]\n' "${body[@]}" "${@:3}" "$base$path" | plain
}
# The first lines of a stream.
watch_lines() { # LINES JSON
  printf '$ watch %s\n' "$2"
  exec {stream}< <(exec curl -s -N -m 10 "$base/v3/watch" -d "$2")
  local curl=$!
  head -n "$1" <&"$stream" | plain
  kill "$curl"
  exec {stream}<&-
}

series() {
  base="${client_url[1]}"
  ask /v3/kv/put '{"key":"Zm9v","value":"YmFy"}'
  ask /v3/kv/put '{"key":"Zm9v","value":"YmF6","prev_kv":true}'
  ask /v3/kv/range '{"key":"Zm9v"}'
  ask /v3/kv/range '{"key":"Zm8=","rangeEnd":"Zm9w","limit":"5","sort_order":"DESCEND","sort_target":"MOD"}'
  ask /v3/kv/range '{"key":"Zm9v","count_only":true}'
  ask /v3/kv/range '{"key":"Zm9v","revision":"2","serializable":true}'
  ask /v3/kv/range '{"key":"Zm9v","revision":"1000"}'
  ask /v3/kv/range '{"nothing":1}'
  ask /v3/kv/range '' -X POST
  ask /v3/kv/range
  ask /v3/kv/nothing '{}'
  ask /v3/kv/range '{}' -X PUT
  ask /v3beta/kv/range '{"key":"Zm9v"}'
  ask /v3/kv/txn '{"compare":[{"target":"VALUE","key":"Zm9v","value":"YmF6"},{"target":"VERSION","key":"Zm9v","result":"GREATER","version":"1"}],"success":[{"requestPut":{"key":"Zm9v","value":"eA=="}},{"request_range":{"key":"Zm9v"}}],"failure":[{"request_range":{"key":"Zm9v"}}]}'
  ask /v3/kv/txn '{"compare":[{"target":"CREATE","key":"Zm9v","create_revision":"0"}],"failure":[{"request_delete_range":{"key":"Zm9v","prev_kv":true}}]}'
  ask /v3/kv/txn '{"success":[{"request_put":{"key":"YQ=="}},{"request_put":{"key":"YQ=="}}]}'
  ask /v3/kv/put '{"key":"YQ==","value":"PD4m4oKs"}'
  ask /v3/kv/put '{"key":"YQ==","lease":"4711"}'
  ask /v3/kv/compaction '{"revision":"3"}'
  ask /v3/kv/compaction '{"revision":"3"}'
  ask /v3/kv/compaction '{"revision":"100"}'
  ask /v3/kv/range '{"key":"Zm9v","revision":"2"}'
  ask /v3/lease/grant '{"TTL":"100","ID":"77"}'
  ask /v3/lease/grant '{"TTL":"100","ID":"77"}'
  ask /v3/kv/put '{"key":"bGVhc2Vk","lease":"77"}'
  ask /v3/lease/keepalive '{"ID":"77"}'
  ask /v3/lease/keepalive '{"ID":"78"}'
  ask /v3/lease/timetolive '{"ID":"77","keys":true}'
  ask /v3/kv/lease/timetolive '{"ID":"78"}'
  ask /v3/lease/leases '{}'
  ask /v3/lease/revoke '{"ID":"78"}'
  ask /v3/kv/lease/revoke '{"ID":"77"}'
  ask /v3/kv/range '{"key":"bGVhc2Vk"}'
  ask /v3/maintenance/status '{}'
  ask /v3/maintenance/hash '{}'
  ask /v3/auth/enable '{}'
  ask /v3/auth/authenticate '{"name":"root","password":"x"}'
  ask /v3/lock/lock '{"name":"bG9jaw=="}'
  ask /v3/election/leader '{"name":"bG9jaw=="}'
  ask /v3/election/leader '{"name":"bm9uZQ=="}'
  watch_lines 2 '{"create_request":{"key":"Zm9v","start_revision":"4"}}'
  watch_lines 3 '{"create_request":{"key":"YQ==","start_revision":"4","filters":["NODELETE"]}}{"create_request":{"key":"Yg=="}}'
  watch_lines 2 '{"create_request":{"key":"Zm9v","start_revision":"1"}}'
}

start_cluster "$lockstepd" "$folder/ours" 3 "${patience[@]}"
series >"$folder/ours.out" 2>&1
base="${client_url[2]}"
[[ $(curl -s "$base/v3/cluster/member/list" -d '{}' | grep -o '"name":"m[1-3]"' | sort | wc -l) == 3 ]]
[[ $(curl -s "$base/v3/maintenance/snapshot" -d '{}') == '{"result":'*'"blob":'* ]]
[[ $(curl -s --http2-prior-knowledge "$base/v3/kv/range" -d '{"key":"YQ=="}') == *'"value":"PD4m4oKs"'* ]]
stop_cluster
start_cluster "$(command -v etcd)" "$folder/etcds" 3 "${patience[@]}"
series >"$folder/etcds.out" 2>&1
stop_cluster

expect_equal_outputs "$folder" '\[200 application/json\]' 20 requests
