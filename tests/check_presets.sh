#!/bin/sh
# SPDX-License-Identifier: ISC
#
# doc/presets.md is what script/presets makes of the files.  TAP on standard
# output.
#
# A preset that was changed is looked at first: a check that cannot fail would
# prove nothing.

. "${srcdir:-.}/tests/tap.sh"
cd "$srcdir" || exit 1

# differs DIRECTORY
differs()
{
	sh script/presets "$1" | diff doc/presets.md -
}

echo 1..3

mkdir "$work/made-up"
cp conf/presets/*.yaml "$work/made-up"
sed 's/^limits:.*/limits: none at all/' conf/presets/github.yaml \
    >"$work/made-up/github.yaml"
differs "$work/made-up" >"$work/found"
[ "$(grep -c '^[<>] .*`github`' "$work/found")" -eq 2 ]
result $? "made up: a change is found" "$work/found"

# Each file has its row, with hosts and a line.
[ "$(grep -cE '^\| `[a-z0-9-]+` \| [^ |]+ \| [^|]+ \|' doc/presets.md)" -eq \
    "$(ls conf/presets | wc -l)" ]
result $? "each preset has a row"

differs conf/presets >"$work/found"
clean "the page is made of the files" "$work/found"

[ $failed -eq 0 ]
