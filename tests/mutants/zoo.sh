#!/usr/bin/env bash
# Every mutant against every layer: builds them, hunts with as many at once as there are cores, prints the matrix and
# writes it to the end of README.md. Usage: zoo.sh [ID...]; with ids, only prints their rows. `./run zoo` calls it.
# Exit status: 0 if each bug is caught as its patch says, 1 if not, 2 if one cannot be built or read.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."
folder=tests/mutants
page=$folder/README.md
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
export folder rows="$work/rows"
touch "$rows"

if (($#)); then ids=("$@"); else mapfile -t ids < <(basename -s .patch $folder/*.patch | sort -V); fi
for id in "${ids[@]}"; do
  [[ -f $folder/$id.patch ]] || { echo "zoo: no patch $folder/$id.patch" >&2 && exit 2; }
done

# One line that changes on a terminal, else a line now and then.
show() { if [[ -t 2 ]]; then printf '\r\033[K%.*s' "$((${COLUMNS:-80} - 1))" "$1" >&2; else echo "$1" >&2; fi; }
end_line() { if [[ -t 2 ]]; then echo >&2; fi; }
export -f show

# ---- Build -------------------------------------------------------------------------------------------------

targets=("${ids[@]/#///$folder:}")
targets=("${targets[@]/%/_hunt}")
echo "Building ${#ids[@]} mutants" >&2
SECONDS=0
status=0
bazel build --color=no --curses=no --show_progress_rate_limit=10 "${targets[@]}" </dev/null 2>&1 | tee "$work/build" |
  while IFS= read -r line; do if [[ $line == '['* ]]; then show "  $line"; fi; done || status=$?
end_line
if ((status != 0)); then
  grep -aE '^ERROR|error:|hunk FAILED' "$work/build" >&2 || cat "$work/build" >&2
  echo 'zoo: a mutant does not build; where its patch no longer applies, plant the bug anew' >&2
  exit 2
fi
built=$SECONDS

# ---- Hunt --------------------------------------------------------------------------------------------------

hunt() {
  local row status=0
  row="$(nice -n 5 "bazel-bin/$folder/$1_hunt" --matrix "$folder/$1.patch")" || status=$?
  if ((status > 1)); then return 255; fi # xargs stops at it.
  printf '%s\n' "$row" >>"$rows"
  show "  $(wc -l <"$rows") of $2: $(awk -F'\t' '{
    for (i = 4; i <= NF; i += 4) if ($i != "" && $i != "n/a") by = by ", " $i
    print $1 (by == "" ? ": NOT CAUGHT: " $2 : ": " substr(by, 3)) ($3 == "no" ? "; NOT AS ITS PATCH SAYS" : "")
  }' <<<"$row")"
}
export -f hunt
printf '%s\n' "${ids[@]}" | xargs -P "$(nproc)" -I{} bash -c 'hunt "$@"' _ {} "${#ids[@]}" || exit 2
end_line

# ---- Report ------------------------------------------------------------------------------------------------

# A cell: the property, after how many seeds or states, in what time; a dash if nothing was found.
table() {
  echo '| id | plants | invariant | simulation | refinement | history | liveness | full stack | service | explorer |'
  echo '|---|---|---|---|---|---|---|---|---|---|'
  sort -V "$rows" | awk -F'\t' '
    function count(n) { return n < 10000 ? n : n < 1e6 ? int(n / 1000) " k" : sprintf("%.1f M", n / 1e6) }
    {
      none = 1
      cells = ""
      for (i = 4; i <= NF; i += 4) {
        if ($i == "n/a") { cells = cells "  |"; continue }
        if ($i == "") { cells = cells " – |"; continue }
        none = 0
        cells = cells sprintf(" %s %s, %s s |", $i, count($(i + 1)), $(i + 2) < 10 ? sprintf("%.1f", $(i + 2)) : int($(i + 2)))
      }
      print "| " (none ? "🔴 **" $1 "**" : $3 == "no" ? "**" $1 "**" : $1) " | " $2 " |" cells
    }'
}
missed() { awk -F'\t' '{ for (i = 4; i <= NF; i += 4) if ($i != "" && $i != "n/a") next; print $1 }' "$rows" | sort -V; }
changed() { awk -F'\t' '$3 == "no" { print $1 }' "$rows" | sort -V; }
totals() {
  awk -F'\t' '{ for (i = 4; i <= NF; i += 4) if ($i != "" && $i != "n/a") { n[i]++; s[i] += $(i + 2) } }
    END { printf "Found by each alone:"; split("invariant simulation refinement history liveness full_stack service explorer", name, " ")
          for (i = 1; i <= 8; i++) { sub("_", " ", name[i]); printf("%s %s %d", (i == 1 ? "" : ","), name[i], n[4 * i]) }; print "." }' "$rows"
}

mapfile -t lost < <(missed)
mapfile -t unlike < <(changed)
summary="$((${#ids[@]} - ${#lost[@]})) of ${#ids[@]} planted bugs caught"
report() {
  echo "**$summary.** $(totals)"
  echo
  table
  if ((${#lost[@]})); then
    printf '\n**Caught by nothing:**\n\n'
    for id in "${lost[@]}"; do
      reason="$(sed -n 's/^missed: //p' "$folder/$id.patch")"
      echo "- 🔴 **$id**: $(sed -n 's/^plants: //p' "$folder/$id.patch"). ${reason:-found only with larger budgets than these}"
    done
  fi
}
report | tee "$work/report"
if ((!$#)); then
  sed '/^<!-- matrix/q' $page >"$work/page"
  { cat "$work/page" && echo && cat "$work/report"; } >$page
  echo "$page written" >&2
fi
echo "$summary in $SECONDS s, $built s of them to build"
if ((${#unlike[@]})); then
  echo "not as their patches say: ${unlike[*]} (./run test //$folder:ID_test tells how)"
  exit 1
fi
