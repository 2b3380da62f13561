#!/bin/sh
# SPDX-License-Identifier: ISC
#
# libsluice as others find it: what it exports, what it needs, and that its
# headers and both of its forms are enough for a program.  TAP on standard
# output.

. "${srcdir:-.}/tests/tap.sh"

shared=$(echo libsluice.so.*)
if ! [ -f "$shared" ] || ! [ -f libsluice.a ]; then
	echo "1..0 # SKIP configured without libsluice, or not built"
	exit 0
fi
headers=$srcdir/include/sluice
nm=${NM:-nm}

# declared
# The functions of the headers.
declared()
{
	cat "$headers"/*.h | ${CC:-cc} -E -P -I"$srcdir/include" - |
	    grep -oE '\bsluice_[a-z_]+\(' | tr -d '(' | sort -u
}

# synopsis PAGE...
# The functions of manual pages' SYNOPSIS, as declarations in C.
synopsis()
{
	cat "$@" | awk '
	    /^\.Sh / { inside = $2 == "SYNOPSIS"; next }
	    inside && /^\.Ft / { sub(/^\.Ft /, ""); gsub(/"/, ""); type = $0 }
	    inside && /^\.Fn / {
		name = $2
		sub(/^\.Fn [^ ]* /, "")
		gsub(/" "/, ", ")
		gsub(/"/, "")
		print type " " name "(" $0 ");"
	    }'
}

# as_documented DECLARATIONS
# Whether the headers declare the same; a compiler compares them.
as_documented()
{
	{
		echo '#include <sluice/hint.h>'
		echo '#include <sluice/throttle.h>'
		cat "$1"
	} >"$work/synopsis.c"
	${CC:-cc} -std=c99 -Wall -Wextra -Werror -pedantic-errors \
	    -I"$srcdir/include" -c -o "$work/synopsis.o" "$work/synopsis.c" \
	    >"$work/said" 2>&1
}

# names FILE NM-OPTIONS...
names()
{
	file=$1
	shift
	"$nm" -P "$@" "$file" | awk 'NF > 1 && $2 != "A" { print $1 }' |
	    sed 's/@.*//' | sort -u
}

echo 1..15

declared >"$work/declared"
[ "$(grep -c . "$work/declared")" -gt 40 ]
result $? "the headers declare functions" "$work/declared"
names "$shared" -D --defined-only >"$work/exported"
diff "$work/declared" "$work/exported" >"$work/found"
clean "the shared library exports just what the headers declare" "$work/found"
sed -n 's/^	\(sluice_[a-z_]*\);$/\1/p' "$srcdir/src/lib/libsluice.map" |
    sort | diff "$work/declared" - >"$work/found"
clean "its map names just these" "$work/found"
synopsis "$srcdir"/man/*.3 >"$work/documented"
sed 's/(.*//; s/.*[ *]//' "$work/documented" | sort |
    diff "$work/declared" - >"$work/found"
clean "the manual's synopses name just these" "$work/found"
as_documented "$work/documented"
result $? "... with the headers' types" "$work/said"
# A made-up type has to be seen.
sed 's/^uint64_t sluice_wake(/uint32_t sluice_wake(/' "$work/documented" \
    >"$work/stray"
! cmp -s "$work/documented" "$work/stray" && ! as_documented "$work/stray" &&
    grep -q 'sluice_wake' "$work/said"
result $? "made up: a stray type is found"
"$nm" -D --defined-only "$shared" | grep -v ' A ' |
    grep -v '@@SLUICE_0\.1$' >"$work/found"
clean "each has a version" "$work/found"
names libsluice.a -g --defined-only 2>/dev/null | grep -v ':$' |
    grep -vE '^(__asan|__odr_asan|__ubsan|__llvm|__prof|__cov)' |
    diff "$work/declared" - >"$work/found"
clean "the static one defines just these" "$work/found"
# A made-up name has to be seen.
echo 'int stray(void); int stray(void) { return 1; }' >"$work/stray.c"
${CC:-cc} -fPIC -shared -o "$work/stray.so" "$work/stray.c" || exit 1
names "$work/stray.so" -D --defined-only | diff "$work/declared" - |
    grep -q '^> stray$'
result $? "made up: a stray name is found"

# Sanitizers and counters have libraries of their own.
if "$nm" -D "$shared" | grep -qE ' (__asan_|__tsan_|__ubsan_|__llvm_prof)'
then
	: >"$work/found"
else
	ldd "$shared" | grep -vE '^	(linux-vdso|linux-gate|libc)\.so' |
	    grep -vE '^	/[^ ]*/ld[-.][^ ]* ' >"$work/found"
fi
clean "it needs libc and nothing else" "$work/found"

cat >"$work/program.c" <<'X'
#include <sluice/hint.h>
#include <sluice/throttle.h>

/* Names of the inside may be a program's own. */
int	throttle_new(void);
int
throttle_new(void)
{
	return 1;
}

int
main(void)
{
	struct sluice_throttle *t = sluice_throttle_new(NULL);
	struct sluice_waiter *w = sluice_waiter_new(t, NULL);
	struct sluice_hint *h = sluice_hint_new();
	int status = sluice_ask(w, SLUICE_UNIT, 1) != SLUICE_OK ||
	    sluice_hint_field(h, "Retry-After", 11, "2", 1) != SLUICE_OK ||
	    sluice_hint_read(h, 429, 0) != SLUICE_OK ||
	    sluice_hint_pause(h) != 2 * SLUICE_SECOND || throttle_new() != 1;

	sluice_waiter_free(w);
	sluice_throttle_free(t);
	sluice_hint_free(h);
	return status;
}
X

# compiles NAME COMPILER...
compiles()
{
	name=$1
	shift
	"$@" -I"$srcdir/include" -c -o "$work/program.o" "$work/program.c" \
	    >"$work/said" 2>&1
	result $? "$name" "$work/said"
}

strict="-Wall -Wextra -Werror -pedantic-errors -Wundef -Wshadow"
# shellcheck disable=SC2086
compiles "the headers are C99" ${CC:-cc} -std=c99 $strict
if command -v "${CXX:-c++}" >/dev/null 2>&1; then
	# shellcheck disable=SC2086
	compiles "... and C++" "${CXX:-c++}" -x c++ -std=c++11 $strict
else
	count=$((count + 1))
	echo "ok $count - ... and C++ # SKIP no compiler for it"
fi

# runs NAME OBJECT...
# LINK is the compiler with the flags of the build.
runs()
{
	name=$1
	shift
	# shellcheck disable=SC2086
	${LINK:-cc} -I"$srcdir/include" -o "$work/program" "$work/program.c" \
	    "$@" >"$work/said" 2>&1 &&
	    LD_LIBRARY_PATH=$work "$work/program" >>"$work/said" 2>&1
	result $? "$name" "$work/said"
}

runs "a program with the static one runs" libsluice.a
cp "$shared" "$work/libsluice.so.0"
runs "... and with the shared one" "$work/libsluice.so.0"
if [ -n "$HARDENED" ] && command -v readelf >/dev/null 2>&1; then
	readelf -dlW "$shared" >"$work/elf"
	case $HARDENED in
	*relro*) grep -q GNU_RELRO "$work/elf" &&
	    grep -q BIND_NOW "$work/elf" ;;
	esac
	result $? "it is hardened as the program is" "$work/elf"
else
	count=$((count + 1))
	echo "ok $count - it is hardened # SKIP the build is not"
fi

[ "$failed" -eq 0 ]
