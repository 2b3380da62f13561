#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The rooms of src/ stand above each other: includes and calls run down, never
# up, and no files stand in a circle.  A file is a stem here, x.c with x.h: who
# reads one has to know the other.  TAP on standard output.
#
# Includes are read from the sources, calls from what the objects define and
# leave undefined.  Both are looked at in a made-up tree first, which has one
# fault of each kind: a search that finds nothing there would find nothing.

. "${srcdir:-.}/tests/tap.sh"

# From the top.
rooms='daemon ctl admin exchange hosts front upstream net tls conf policy
    lib hint throttle http base'

# Libraries, by how their headers begin, and the rooms that may know them; the
# first line that fits decides.
libraries='
event2/http	admin front
event2/		daemon ctl admin exchange hosts front upstream net base
ares		daemon net
hiredis/	net
seccomp		daemon
openssl/	exchange tls base
yaml.h		conf
idn2.h		conf
'

# found NAME FILE WHAT
# One test: passes when FILE has one line, and that is WHAT.
found()
{
	[ "$(cat "$2")" = "$3" ]
	result $? "$1" "$2"
}

# arrows SRCDIR BUILDDIR
# Prints how each file needs another: FROM TO WHY, by their names in src/
# without .c, .h or .o.
arrows()
{
	# shellcheck disable=SC2046
	(cd "$1/src" && awk '
		/^[ \t]*#[ \t]*include[ \t]*"[a-z0-9_]+\/[a-z0-9_]+\.h"/ {
			from = FILENAME
			split($0, part, "\"")
			to = part[2]
			sub(/\.[ch]$/, "", from)
			sub(/\.h$/, "", to)
			print from, to, "includes " part[2]
		}' $(grep '\.[ch]$' "$work/files"))
	# shellcheck disable=SC2046
	(cd "$2/src" && ${NM:-nm} -A -P \
	    $(sed -n 's/\.c$/.o/p' "$work/files")) | awk '
		{
			file = $1
			sub(/\.o:$/, "", file)
		}
		$3 ~ /^[TDBRCVW]$/ { home[$2] = file }
		$3 == "U" { from[++n] = file; name[n] = $2 }
		END {
			for (i = 1; i <= n; i++)
				if (name[i] in home)
					print from[i], home[name[i]], \
					    "needs " name[i]
		}'
}

# circles FILE
# Prints the arrows of FILE that are part of a circle, those of one after those
# of another, by Tarjan's strongly connected components.
circles()
{
	awk '
		# Numbers what can be reached from a file.  Its circle is what
		# lies above it on the stack when nothing of that leads below.
		function visit(file,    to, i, n) {
			low[file] = number[file] = ++last
			stack[++depth] = file
			n = split(next_to[file], to, " ")
			for (i = 1; i <= n; i++) {
				if (!(to[i] in number))
					visit(to[i])
				if (!(to[i] in circle) &&
				    low[to[i]] < low[file])
					low[file] = low[to[i]]
			}
			if (low[file] < number[file])
				return
			do {
				circle[stack[depth]] = file
			} while (stack[depth--] != file)
		}
		!(($1, $2) in why) {
			next_to[$1] = next_to[$1] " " $2
			from[++arrows] = $1
			to[arrows] = $2
		}
		{ why[$1, $2] = why[$1, $2] " " $4 }
		END {
			for (i = 1; i <= arrows; i++)
				if (!(from[i] in number))
					visit(from[i])
			for (i = 1; i <= arrows; i++)
				if (circle[from[i]] == circle[to[i]])
					print circle[from[i]] ": " from[i] \
					    " -> " to[i] ":" \
					    why[from[i], to[i]]
		}' "$1" | sort
}

# look SRCDIR BUILDDIR
# Leaves in $work what is wrong with a tree: strays, libraries, includes and
# calls that run up, circles.  The dashboard's files stand in one of their own.
look()
{
	(cd "$1/src" && find . -type f | sed 's,^\./,,' | sort) >"$work/files"
	awk -v rooms="$rooms" -F / '
		BEGIN {
			n = split(rooms, list, " ")
			for (i = 1; i <= n; i++)
				known[list[i]] = 1
		}
		/^admin\/dashboard\/[a-z]+\.(html|css|js)$/ { next }
		NF != 2 || !($1 in known)' "$work/files" >"$work/strays"

	# File names are ours: no space in them.
	# shellcheck disable=SC2046
	(cd "$1/src" && awk -v libraries="$libraries" '
		BEGIN {
			lines = split(libraries, line, "\n")
		}
		/^[ \t]*#[ \t]*include[ \t]*</ {
			header = $0
			sub(/^[^<]*</, "", header)
			room = FILENAME
			sub(/\/.*/, "", room)
			for (i = 1; i <= lines; i++) {
				n = split(line[i], word)
				if (n == 0 || index(header, word[1]) != 1)
					continue
				for (j = 2; j <= n && word[j] != room; j++)
					;
				if (j > n)
					print FILENAME ": <" header
				break
			}
		}' $(grep '\.[ch]$' "$work/files")) >"$work/libraries"

	arrows "$1" "$2" | awk '$1 != $2' | sort -u >"$work/arrows"
	: >"$work/includes"
	: >"$work/calls"
	awk -v rooms="$rooms" -v work="$work" '
		function room(file) {
			sub(/\/.*/, "", file)
			return file
		}
		BEGIN {
			n = split(rooms, list, " ")
			for (i = 1; i <= n; i++)
				floor[list[i]] = n - i
		}
		floor[room($1)] < floor[room($2)] {
			kind = $3 == "includes" ? "includes" : "calls"
			print $1 ": " $3 " " $4 \
			    (kind == "calls" ? " of " $2 : "") >(work "/" kind)
		}' "$work/arrows"

	circles "$work/arrows" >"$work/circles"
}

# put FILE LINE...
# Writes a source of the made-up tree, and makes an object of it.
put()
{
	file=$made/src/$1
	shift
	mkdir -p "${file%/*}"
	printf '%s\n' "$@" >"$file"
	case $file in
	*.c) ${CC:-cc} -I"$made/src" -c -o "${file%.c}.o" "$file" || exit 1 ;;
	esac
}

echo 1..13

made=$work/made
put base/text.c 'int text; int text_new(void) { return 1; }'
put http/head.h 'int head(void);'
put http/head.c '#include "http/head.h"' 'int text_new(void);' \
    'int head(void) { return text_new(); }'
look "$made" "$made"
cat "$work/strays" "$work/libraries" "$work/includes" "$work/calls" \
    "$work/circles" >"$work/all"
clean "a made-up tree without faults has none" "$work/all"

put stray.h ''
put admin/dashboard/page.js ''
put admin/dashboard/stray.h ''
put cellar/hole.h ''
put base/up.h '#include "http/head.h"'
put base/caller.c 'int head(void);' 'int caller(void) { return head(); }'
put net/a.h '#include "net/b.h"'
put net/b.h '#include "net/a.h"'
put conf/event.h '#include <event2/event.h>'
put front/http.h '#include <event2/http.h>'
put net/http.h '# include <event2/event.h>' '# include <event2/http.h>'
put conf/a.c 'int conf_b(void);' 'int conf_a(void) { return conf_b(); }'
put conf/b.c 'int conf_a(void);' 'int conf_b(void) { return conf_a(); }'
put tls/b.c 'int tls_c(void);' 'int tls_b(void) { return tls_c(); }'
put tls/b.h ''
put tls/a.c '#include "tls/b.h"' 'int tls_a(void) { return 1; }'
put tls/c.c 'int tls_a(void);' 'int tls_c(void) { return tls_a(); }'
look "$made" "$made"
grep '\.h$' "$work/strays" >"$work/all"
found "made up: files in no room" "$work/all" "admin/dashboard/stray.h
cellar/hole.h
stray.h"
found "made up: libraries in rooms that are not theirs" "$work/libraries" \
    "conf/event.h: <event2/event.h>
net/http.h: <event2/http.h>"
found "made up: an include that runs up" "$work/includes" \
    "base/up: includes http/head.h"
found "made up: a call that runs up" "$work/calls" \
    "base/caller: needs head of http/head"
grep '^net' "$work/circles" >"$work/all"
found "made up: a circle of includes" "$work/all" "net/a: net/a -> net/b: net/b.h
net/a: net/b -> net/a: net/a.h"
grep '^conf' "$work/circles" >"$work/all"
found "made up: a circle of calls" "$work/all" "conf/a: conf/a -> conf/b: conf_b
conf/a: conf/b -> conf/a: conf_a"
grep '^tls' "$work/circles" >"$work/all"
found "made up: a circle of both" "$work/all" "tls/a: tls/a -> tls/b: tls/b.h
tls/a: tls/b -> tls/c: tls_c
tls/a: tls/c -> tls/a: tls_a"

look "$srcdir" .
if [ "$(grep -c includes "$work/arrows")" -eq 0 ] ||
    [ "$(grep -c needs "$work/arrows")" -eq 0 ]; then
	echo "Bail out! no sources in $srcdir/src, or no objects of them"
	exit 1
fi
clean "each file stands in a room that is known" "$work/strays"
clean "no room includes a library that is not for it" "$work/libraries"
clean "no include runs up" "$work/includes"
clean "no call runs up" "$work/calls"
clean "no files stand in a circle" "$work/circles"

[ "$failed" -eq 0 ]
