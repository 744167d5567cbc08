#!/bin/sh
# Checks that the interpreter does what the README says: accepts what is good, and says why it rejects what
# is bad.

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

# check CODE CONTENT [POLICY]: checks one file or folder with every build; the exit code has to be CODE.
check() {
    code=0
    "$proofhouse" check -i "$interpreter" -p "${3:-policy.toml}" --include '*.rules' --sanitize full \
        --format json "$2" >"$report" || code=$?
    [ "$code" -eq "$1" ] || fail "$2: exit code $code, not $1"
}

# has TEXT: the report of the last check has it.
has() {
    grep -qF -- "$1" "$report" || fail "the report does not have $1"
}

check 0 content/good

check 1 content/bad/syntax.rules
has '"outcome":{"kind":"rejected","code":1,'
has '2:22: '

check 1 content/bad/number.rules
has '"outcome":{"kind":"rejected","code":2,'

check 1 content/bad/limit.rules
has '"outcome":{"kind":"rejected","code":3,'

# Events as arguments: content that finds nothing in them is rejected.
check 0 content/good/office.rules must-match.toml
check 1 content/good/empty.rules must-match.toml
has '"outcome":{"kind":"rejected","code":4,'

echo "all as the README says"
