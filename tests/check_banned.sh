#!/bin/sh
# SPDX-License-Identifier: ISC
#
# What the house does without, looked for in the sources: unsafe functions and
# leftovers.  TAP on standard output.
#
# Comments and strings are blanked first, so that they may speak of anything;
# what is left is written as FILE:LINE:CODE, for the searches below.

. "${srcdir:-.}/tests/tap.sh"
cd "$srcdir" || exit 1

# code FILE...
# Prints the code of C sources without comments and without what stands in
# strings and character constants.  A // comment stays, to be found.
code()
{
	awk '
	FNR == 1 { comment = 0 }
	{
		out = ""
		line = $0
		while (line != "") {
			if (comment) {
				end = index(line, "*/")
				if (end == 0)
					break
				line = substr(line, end + 2)
				comment = 0
				continue
			}
			if (!match(line, /\/\*|\/\/|"|\047/)) {
				out = out line
				break
			}
			what = substr(line, RSTART, RLENGTH)
			out = out substr(line, 1, RSTART - 1)
			line = substr(line, RSTART)
			if (what == "//") {
				out = out line
				break
			}
			if (what == "/*") {
				line = substr(line, 3)
				out = out " "
				comment = 1
			} else if (out ~ /^[ \t]*#[ \t]*include/) {
				out = out line
				break
			} else {
				if (what == "\"")
					match(line, /^"([^"\\]|\\.)*"?/)
				else
					match(line, /^\047([^\047\\]|\\.)*\047?/)
				line = substr(line, RLENGTH + 1)
				out = out what what
			}
		}
		if (out ~ /[^ \t]/)
			print FILENAME ":" FNR ":" out
	}' "$@"
}

# calls NAMES FILE
# Lines of FILE that call one of the functions.
calls()
{
	grep -E "(^|[^A-Za-z0-9_])($1)[[:space:]]*\\(" "$2"
}

find src tests -name '*.[ch]' | sort >"$work/files"
# File names are ours: no space in them.
code $(cat "$work/files") >"$work/all"
grep '^src/' "$work/all" >"$work/src"

# The plan comes first; a search that sees nothing would find nothing.
echo 1..7
if [ ! -s "$work/src" ]; then
	echo "Bail out! no sources in $srcdir/src"
	exit 1
fi

calls 'strcpy|stpcpy|strcat|sprintf|vsprintf|gets|atoi|atol|atoll|atof|'\
'strtok|strtok_r|localtime|localtime_r|asctime|ctime|gmtime|rand|srand|'\
'rand_r|alloca|system|popen|mktemp|tmpnam|setjmp|longjmp' \
    "$work/all" >"$work/found"
clean "no banned function" "$work/found"

calls 'strncpy|strncat|vfork' "$work/src" >"$work/found"
clean "no function that is easily misused" "$work/found"

grep -E '^[^:]*\.h:.*#[[:space:]]*include[[:space:]]*"config\.h"' \
    "$work/all" >"$work/found"
clean "config.h is included by no header" "$work/found"

grep -E '^[^:]*:[0-9]+:.*//' "$work/all" |
    grep -vE '#[[:space:]]*include' >"$work/found"
grep -E '#[[:space:]]*if[[:space:]]+0' "$work/all" >>"$work/found"
clean "no // comment and no code that is switched off" "$work/found"

grep -nE '(^|[^A-Za-z])(TODO|FIXME|XXX|HACK)([^A-Za-z]|$)' \
    $(cat "$work/files") /dev/null >"$work/found"
clean "no leftovers" "$work/found"

for file in $(grep -l '#include <uthash.h>' $(cat "$work/files")); do
	grep -B 1 '#include <uthash.h>' "$file" |
	    grep -q 'define HASH_NONFATAL_OOM' || echo "$file"
done >"$work/found"
clean "no hash table ends the process without memory" "$work/found"

for file in $(cat "$work/files"); do
	head -n 1 "$file" | grep -q '^/\* SPDX-License-Identifier: ISC \*/$' ||
	    echo "$file"
done >"$work/found"
clean "each file names its licence first" "$work/found"

[ "$failed" -eq 0 ]
