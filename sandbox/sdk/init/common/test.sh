#!/bin/sh
# Checks that the interpreter does what the README says: accepts what is good, says why it rejects what is
# bad, and finds in the events what is there to be found.

set -eu
cd -- "$(dirname -- "$0")"

proofhouse=${PROOFHOUSE:-proofhouse}
interpreter=@SET@
report=$(mktemp)
trap 'rm -f "$report"' EXIT

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    cat "$report" >&2
    exit 1
}

# check CODE CONTENT: checks one file or folder with every build; the exit code has to be CODE.
check() {
    code=0
    "$proofhouse" check -i "$interpreter" -p policy.toml -e events.json --sanitize full --format json \
        "$2" >"$report" || code=$?
    [ "$code" -eq "$1" ] || fail "$2: exit code $code, not $1"
}

# has TEXT: the report of the last check has it.
has() {
    grep -qF -- "$1" "$report" || fail "the report does not have $1"
}

check 0 content/good
has '"id":"office-starts-a-shell","matches":1,"emitted":["office-shell"]'
has '"id":"upload","matches":1,"emitted":["large-upload"]'
has '"id":"nothing-of-note","matches":0,"emitted":[]'

check 1 content/bad/syntax.rules
has '"outcome":{"kind":"rejected","code":1,'
has '"line":2,"column":22'

check 1 content/bad/number.rules
has '"outcome":{"kind":"rejected","code":2,'

check 1 content/bad/limit.rules
has '"outcome":{"kind":"rejected","code":3,'

echo "all as the README says"
