#!/usr/bin/env bash
# Opens pages of runs in headless Chromium and uses them: see README.md.
#   browser.sh LOCKSTEP [--output=FOLDER] [FILE ...]     FILE: a trace or a scenario file
set -euo pipefail

here="$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)"
root="$(cd "$here/../.." && pwd)"
lockstep="$1"
shift
output=''
files=()
for argument in "$@"; do
  case "$argument" in
    --output=*) output="${argument#--output=}" ;;
    *) files+=("$argument") ;;
  esac
done
if [[ ${#files[@]} -eq 0 ]]; then
  files=("$root"/traces/scenarios/{runway,figure-8,figure-7,snapshot-over-diverged-log}.scenario "$root"/traces/golden/{crashes,membership}.trace)
fi
browser="$(command -v chromium || true)"
if [[ -z $browser ]]; then
  echo "run: Chromium is missing: apt-get install chromium" >&2
  exit 2
fi
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
[[ -n $output ]] && mkdir -p "$output"

# Chromium with a profile of its own and without any traffic.
chromium() {
  timeout 120 "$browser" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
    --disable-background-networking --disable-component-update --disable-sync --hide-scrollbars \
    --user-data-dir="$work/profile" "$@" 2>/dev/null
}

failed=0
for file in "${files[@]}"; do
  name="$(basename "$file")"
  "$lockstep" view "$file" --output="$work/page.html" >/dev/null
  { cat "$work/page.html"; echo '<script>'; cat "$here/check.js"; echo '</script>'; } >"$work/checked.html"
  verdict="$(chromium --window-size=1500,900 --virtual-time-budget=20000 --dump-dom "file://$work/checked.html" |
    grep -ao '<pre id="result">[^<]*' | sed 's/<pre id="result">//' || true)"
  echo "$name: ${verdict:-FAILED: the page gave no result}"
  [[ $verdict == PASSED* ]] || failed=1
  if [[ -n $output ]]; then
    sed 's/<html lang="en">/<html lang="en" class="dark">/' "$work/page.html" >"$work/dark.html"
    for size in 1500,900 1000,800 420,900; do
      chromium --window-size="$size" --virtual-time-budget=3000 --screenshot="$output/$name-${size%,*}.png" "file://$work/page.html" >/dev/null
    done
    chromium --window-size=1500,900 --virtual-time-budget=3000 --screenshot="$output/$name-dark.png" "file://$work/dark.html" >/dev/null
  fi
done
exit "$failed"
