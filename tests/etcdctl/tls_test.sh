#!/usr/bin/env bash
# TLS for clients and members, with certificates of an authority made here, and with those that lockstepd makes itself.
#
#   tls_test.sh LOCKSTEPD [FOLDER]
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
lockstepd="$(readlink -f "$1")"
folder="${2:-${TEST_TMPDIR:-$(mktemp -d)}}/tls"
source "$here/cluster.sh"
cluster_ports_from=26000
trap stop_cluster EXIT
export ETCDCTL_API=3
mkdir -p "$folder/pki"

certificate() { # NAME
  (
    cd "$folder/pki"
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$1.key" -out "$1.csr"
    printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n' >"$1.ext"
    openssl x509 -req -days 2 -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -extfile "$1.ext" -out "$1.pem"
  ) >>"$folder/pki/log" 2>&1
}
(cd "$folder/pki" && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ca \
  -keyout ca.key -out ca.pem >log 2>&1)
certificate member
certificate client

expect() { # WHAT WANTED COMMAND...
  local got
  got="$("${@:3}" 2>&1)" || true
  [[ $got == *"$2"* ]] || {
    echo "FAIL: $1: wanted '$2', got: $got" >&2
    exit 1
  }
  echo "ok $1"
}
# The same URLs, with TLS. The listening flags come last, and so count.
start_secure() { # FLAGS...
  local number
  cluster_initial="${cluster_initial//http:/https:}"
  for number in 1 2 3; do
    client_url[$number]="${client_url[$number]/http:/https:}"
    peer_url[$number]="${peer_url[$number]/http:/https:}"
  done
  for number in 1 2 3; do start_member "$number" --heartbeat-interval=100 --election-timeout=1000 "$@"; done
  for number in 1 2 3; do await_ready "$number"; done
}
prepare() { # FOLDER
  cluster_program="$lockstepd" cluster_folder="$1" cluster_initial='' ENDPOINTS=''
  mkdir -p "$1"
  local number
  for number in 1 2 3; do
    assign_urls "$number"
    cluster_initial+="${cluster_initial:+,}m$number=${peer_url[$number]}"
    ENDPOINTS+="${ENDPOINTS:+,}${client_url[$number]/http:/https:}"
  done
}

pki="$folder/pki"
prepare "$folder/mutual"
start_secure --cert-file="$pki/member.pem" --key-file="$pki/member.key" --trusted-ca-file="$pki/ca.pem" \
  --client-cert-auth --peer-cert-file="$pki/member.pem" --peer-key-file="$pki/member.key" \
  --peer-trusted-ca-file="$pki/ca.pem" --peer-client-cert-auth
with_certificate=(--cacert="$pki/ca.pem" --cert="$pki/client.pem" --key="$pki/client.key")
expect 'a client with a certificate' OK etcdctl --endpoints="$ENDPOINTS" "${with_certificate[@]}" put a 1
expect 'a client without one' 'Error' \
  etcdctl --endpoints="$ENDPOINTS" --cacert="$pki/ca.pem" --dial-timeout=1s --command-timeout=2s put a 2
expect 'a client in the clear' 'Error' \
  etcdctl --endpoints="${ENDPOINTS//https:/http:}" --dial-timeout=1s --command-timeout=2s put a 3
expect 'what was written' 1 etcdctl --endpoints="$ENDPOINTS" "${with_certificate[@]}" get a --print-value-only
expect 'a page, by HTTP/2 or not' '{"health":"true"' \
  curl -s --cacert "$pki/ca.pem" --cert "$pki/client.pem" --key "$pki/client.key" "${client_url[1]}/health"
stop_cluster

prepare "$folder/automatic"
start_secure --auto-tls --peer-auto-tls
expect 'certificates made for the occasion' OK \
  etcdctl --endpoints="$ENDPOINTS" --insecure-transport=false --insecure-skip-tls-verify put b 1
echo PASS
