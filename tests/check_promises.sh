#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Each promise of doc/promises.md names the tests that keep it, as
# `FILE::NAME`; there are such tests.  TAP on standard output.
#
# Made-up promises, which nothing keeps, are looked at first: a check that
# cannot fail would prove nothing.

. "${srcdir:-.}/tests/tap.sh"
cd "$srcdir" || exit 1

# broken FILE
# Prints the promises of that page that nothing keeps, and why.
broken()
{
	grep '^- ' "$1" | while IFS= read -r line; do
		tests=$(printf '%s\n' "$line" | grep -oE '`tests/[^`]*`' |
		    tr -d '`')
		[ -n "$tests" ] || echo "no test: $line"
		for test in $tests; do
			has "${test%%::*}" "${test##*::}" ||
			    echo "there is no $test: $line"
		done
	done
}

# has FILE NAME
has()
{
	[ -f "$1" ] || return
	case $1 in
	*.c)	grep -qE "^START_TEST\($2\)" "$1" ;;
	*.py)	grep -qE "^(async )?def $2\(" "$1" ;;
	*.sh)	grep -qF "$2" "$1" ;;
	*)	return 1 ;;
	esac
}

echo 1..3

cat >"$work/made-up" <<'MADE_UP'
- Nothing ever goes wrong.
- It is so: `tests/e2e/test_queue.py::test_which_is_not_there`
- It is so: `tests/e2e/test_nowhere.py::test_rate`
- It is so: `tests/unit/throttle/check_throttle.c::which_is_not_there`
MADE_UP
broken "$work/made-up" >"$work/found"
[ "$(wc -l <"$work/found")" -eq 4 ]
result $? "made up: what nothing keeps is found" "$work/found"

# A search that finds no promise would find none that is broken.
[ "$(grep -c '^- ' doc/promises.md)" -ge 40 ]
result $? "there are promises"

broken doc/promises.md >"$work/found"
clean "each is kept by a test" "$work/found"

[ $failed -eq 0 ]
