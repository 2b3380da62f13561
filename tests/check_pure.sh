#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The pure rooms decide, and touch nothing: no loop, socket, clock, thread, log
# or cryptography.  So tables test them, and other programs can use them.  Each
# links with the pure rooms below it alone, includes no header of the world
# outside, and calls nothing of it.  TAP on standard output.
#
# A made-up room, which is at fault, is looked at first: a check that cannot
# fail would prove nothing.

. "${srcdir:-.}/tests/tap.sh"

# From the top; of base these files.
rooms='policy lib hint throttle http'
base='base64 text utf8 words'

# links OBJECT...
# Whether objects and archives make a program with one that does nothing.
# LINK is the compiler with the flags of the build, LINK_LIBS what the pure
# rooms may use.
links()
{
	# shellcheck disable=SC2086
	${LINK:-cc} -o "$work/program" "$work/main.o" "$@" $LINK_LIBS \
	    >"$work/said" 2>&1
}

# What a pure room may call: memory, text, numbers, JSON and compressed bodies.
may='malloc|calloc|realloc|reallocarray|free|freezero|abort|bsearch|qsort'
may="$may|mem[a-z]+|bcmp|str[a-z0-9]+|explicit_bzero|v?snprintf"
may="$may|is[a-z]+|to[a-z]+|inet_(ntop|pton)|in6addr_(any|loopback)"
may="$may|fls(l|ll)?|ffs(l|ll)?"
may="$may|l?l?round|trunc|floor|ceil|fmod|pow|exp2?|log(2|10)?|sqrt|fabs"
may="$may|json_[a-z_]+|inflate[A-Za-z0-9_]*"

# outside OBJECT...
# Prints what the objects call of what neither the pure rooms have nor a pure
# room may call.  Names with two underscores are the compiler's and the
# sanitizers', but for those of checked functions.
outside()
{
	${NM:-nm} -A -P "$@" | awk '{ sub(/:$/, "", $1); print $3, $2, $1 }' |
	    sed -E 's/^U __([a-z]+)_chk /U \1 /; s/@[^ ]* / /' | awk '
		NR == FNR { own[$1] = 1; next }
		$1 == "U" && !($2 in own) { print $2, $3 }' "$work/own" - |
	    grep -vE "^($may|__[^ ]*|_GLOBAL_OFFSET_TABLE_) " |
	    sed 's/\([^ ]*\) \(.*\)/\2 calls \1/'
}

# objects_of ROOM
objects_of()
{
	for source in "$srcdir/src/$1"/*.c; do
		source=${source##*/}
		echo "src/$1/${source%.c}.o"
	done
}

# compile NAME LINE...
compile()
{
	name=$1
	shift
	printf '%s\n' "$@" >"$work/$name.c"
	${CC:-cc} -fPIC -c -o "$work/$name.o" "$work/$name.c" || exit 1
}

echo 1..17
echo main >"$work/own"

compile main 'int main(void) { return 0; }'
compile pure '#include <string.h>' \
    'int pure(char *s) { return strchr(s, 0) != s; }'
compile needy 'int event_new(void);' \
    'int needy(void) { return event_new(); }'
compile clock '#include <stdio.h>' '#include <time.h>' \
    'void when(void) { printf("%d", (int)time(NULL)); }'
links "$work/pure.o"
result $? "made up: what needs nothing links" "$work/said"
! links "$work/needy.o" 2>/dev/null
result $? "made up: what needs the loop does not link" "$work/said"
outside "$work/pure.o" >"$work/found"
clean "made up: text may be searched" "$work/found"
outside "$work/clock.o" | sed 's/.* //' | sort | tr '\n' ' ' >"$work/found"
[ "$(cat "$work/found")" = "printf time " ]
result $? "made up: a clock is found, and output" "$work/found"

base_objects=$(for name in $base; do echo "src/base/$name.o"; done)
objects=$base_objects
for room in $rooms; do
	objects="$objects $(objects_of "$room")"
done
# File names are ours: no space in them.
# shellcheck disable=SC2086
${NM:-nm} -P $objects | awk 'NF > 2 && $2 != "U" { print $1 }' >"$work/own"
if ! [ -s "$work/own" ]; then
	echo "Bail out! no objects of the pure rooms"
	exit 1
fi

# shellcheck disable=SC2046
grep -HE '^[ 	]*#[ 	]*include' \
    $(for room in $rooms; do echo "$srcdir/src/$room"/*.[ch]; done) \
    $(for name in $base; do echo "$srcdir/src/base/$name".[ch]; done) |
    grep -vE \
    -e '<(assert|errno|inttypes|limits|stdarg|stdbool|stddef)\.h>' \
    -e '<(stdint|stdio|stdlib|string|strings)\.h>' \
    -e '<(arpa/inet|endian|netinet/in|sys/socket)\.h>' \
    -e '<bsd/(string|sys/queue|sys/tree)\.h>' \
    -e '<(jansson|math|uthash|zlib)\.h>' \
    -e '<(emmintrin|immintrin)\.h>' \
    -e '<sluice/(hint|result|throttle)\.h>' \
    -e '"(config|(http|hint|throttle|policy|lib|base)/[a-z0-9_]+)\.h"' \
    >"$work/found"
clean "no header of the world outside" "$work/found"

# pure NAME OBJECTS [OBJECT OR ARCHIVE]...
# Two tests: of objects that may use others.
pure()
{
	name=$1
	own=$2
	shift 2
	# shellcheck disable=SC2086
	outside $own >"$work/found"
	clean "$name calls nothing of the world outside" "$work/found"
	# shellcheck disable=SC2086
	links $own "$@"
	result $? "$name links alone" "$work/said"
}

below=$rooms
for room in $rooms; do
	below=${below#*"$room"}
	# shellcheck disable=SC2046,SC2086
	pure "$room" "$(objects_of "$room")" \
	    $(for lower in $below; do echo "lib$lower.a"; done) $base_objects
done
pure base "$base_objects"

[ "$failed" -eq 0 ]
