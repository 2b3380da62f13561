# SPDX-License-Identifier: ISC
#
# What checks by a script have in common; each reads it with ".".  TAP on
# standard output, files of its own in $work, which goes when it ends.

export LC_ALL=C

srcdir=${srcdir:-.}
work=$(mktemp -d "${TMPDIR:-/tmp}/sluice_check.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

count=0
failed=0

# result STATUS NAME [FILE]
# One test; FILE says more of a failure.
result()
{
	count=$((count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $count - $2"
		return
	fi
	failed=$((failed + 1))
	echo "not ok $count - $2"
	[ -z "$3" ] || sed 's/^/# /' "$3"
}

# clean NAME FILE
# One test: passes when FILE, a list of what was found, is empty.
clean()
{
	! [ -s "$2" ]
	result $? "$1" "$2"
}
