#!/usr/bin/env bash
# Annotate, summarise and comment on what a change does; end with 1 where that is FAIL_ON or worse. Everything that it
# reads stands in the environment (action.yml), so that no input is ever a part of the script.
set -euo pipefail

# The merge commit that GitHub checks out for a pull request has the target branch as its first parent.
if [ -z "${AGAINST:-}" ]; then
  AGAINST=${BASE:-}
  if git rev-parse -q --verify 'HEAD^2' >/dev/null || [ -z "${AGAINST//0/}" ]; then AGAINST='HEAD^1'; fi
fi
if ! git rev-parse -q --verify "${AGAINST%...}^{commit}" >/dev/null; then
  git fetch -q --depth=1 -- origin "$AGAINST"
  AGAINST=FETCH_HEAD
fi

# A change may name any file as a base: what lies outside of the checkout is nobody's business in a comment.
paths=()
while IFS= read -r path; do [ -z "$path" ] || paths+=("$path"); done <<<"${PATHS:-}"
review=(archc diff "--against=$AGAINST" --root . --fail-on "${FAIL_ON:-WEIGHTS}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

code=0
"${review[@]}" --format github -- ${paths[@]+"${paths[@]}"} || code=$?
[ "$code" -le 1 ] || exit "$code"
"${review[@]}" --format markdown -- ${paths[@]+"${paths[@]}"} >"$folder/review.md" || [ $? -eq 1 ]

cat "$folder/review.md" >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
[ -z "${PULL_REQUEST:-}" ] || python3 "$(dirname "$0")/comment.py" "$PULL_REQUEST" "$folder/review.md"
exit "$code"
