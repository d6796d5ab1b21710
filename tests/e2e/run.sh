#!/usr/bin/env bash
# etcd's own end-to-end tests, as Debian ships them, against lockstepd.
#
#   run.sh [--folder=FOLDER] [PATTERN]     PATTERN: which tests; CtlV3 if nothing is said
#
# LOCKSTEPD names the program; with LOCKSTEPD=/usr/bin/etcd the same tests run against etcd. Needs Debian's golang-go,
# golang-etcd-server-dev and etcd-client. Each test runs by itself; at the end the table of those that fail.
set -uo pipefail
folder=''
pattern=CtlV3
for argument in "$@"; do
  case "$argument" in
    --folder=*) folder="${argument#*=}" ;;
    -*) sed -n '2,7s/^# \?//p' "${BASH_SOURCE[0]}" && exit 2 ;;
    *) pattern="$argument" ;;
  esac
done
folder="${folder:-$(mktemp -d)}"
source_folder=/usr/share/gocode/src/go.etcd.io/etcd/tests/e2e
tests="${E2E_TEST:-$folder/e2e.test}"
mkdir -p "$folder/bin" "$folder/logs"
if [[ ! -x $tests ]]; then
  (cd "$source_folder" && GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE="${GOCACHE:-$folder/go}" go test -c -o "$tests" .) || exit 1
fi
ln -sf "$(readlink -f "$LOCKSTEPD")" "$folder/bin/etcd"
ln -sf "$(command -v etcdctl)" "$folder/bin/etcdctl"

passed=0 failed=()
# Without users there is nothing to authenticate: those tests are left out.
for name in $("$tests" -test.list "$pattern" | grep '^Test' | grep -vE 'Auth|Role|User'); do
  if (cd "$source_folder" && timeout 120 "$tests" -test.run "^$name\$" -test.timeout 100s -bin-dir "$folder/bin") \
    >"$folder/logs/$name" 2>&1; then
    passed=$((passed + 1))
    echo "pass $name"
  else
    failed+=("$name")
    echo "FAIL $name: $(grep -hE '^ +[a-z_0-9]+\.go:[0-9]+:|^panic' "$folder/logs/$name" | head -n 1 | cut -c1-200)"
  fi
done
echo "$passed passed, ${#failed[@]} failed (logs in $folder/logs)"
