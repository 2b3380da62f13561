#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The program has all the hardening that configure has turned on, and
# script/hardening sees where some is missing.  TAP on standard output.

. "${srcdir:-.}/tests/tap.sh"

look()
{
	sh "$srcdir/script/hardening" "$1" >"$work/$2" 2>&1
}

# answer NAME LINE FILE
answer()
{
	grep -q "^$2:" "$3"
	result $? "$1" "$3"
}

# Programs that lack one thing each; the compiler may have the rest by itself.
cat >"$work/bare.c" <<'X'
int
main(void)
{
	return 0;
}
X

# lacks WORD FLAGS...
lacks()
{
	word=$1
	shift
	# Some of them may be unknown to the compiler, which is the test's end.
	if ! $CC -o "$work/bare" "$@" "$work/bare.c" 2>"$work/cc"; then
		result 1 "a program without $word can be made" "$work/cc"
		return
	fi
	look "$work/bare" bare.out
	status=$?
	answer "one without $word is seen" "no $word" "$work/bare.out"
	[ $status -eq 1 ]
	result $? "one without $word fails" "$work/bare.out"
}

lacks pie -no-pie
lacks relro -Wl,-z,norelro
lacks now -Wl,-z,lazy
lacks stack -Wl,-z,execstack
lacks paths -Wl,-rpath,/tmp
lacks stack-protector -fno-stack-protector
lacks fortify -U_FORTIFY_SOURCE

# The program itself.
look sluice sluice.out
for word in segments $HARDENED; do
	answer "sluice has $word" "yes $word" "$work/sluice.out"
done

echo "1..$count"
[ $failed -eq 0 ]
