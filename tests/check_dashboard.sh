#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The dashboard shows what others have named: none of its scripts makes HTML or
# code of a text, and its page asks for nothing from elsewhere.  TAP on standard
# output.  Each search is tried on made-up faults first.

. "${srcdir:-.}/tests/tap.sh"
cd "$srcdir" || exit 1

# Ways from a text to markup or code, and to a style that a policy forbids.
markup='innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|'\
'DOMParser|parseFromString|setHTML|srcdoc|document\.write|eval *\(|'\
'new +Function|Function *\(|setTimeout *\( *["`'\'']|javascript:|'\
'[^A-Za-z]import *\(|\.on[a-z]+ *=|["'\'' ]on[a-z]+=|style *[:=] *["`]'

# Addresses of others.  What SVG is called is none that is asked.
elsewhere='(https?:)?//[A-Za-z0-9.-]+\.[a-z]|url *\(|@import|src *=|'\
'sendBeacon|WebSocket|EventSource|XMLHttpRequest|serviceWorker'

# search PATTERN FILE...
search()
{
	pattern=$1
	shift
	grep -nE "$pattern" "$@" /dev/null |
	    sed -e '/http:\/\/www\.w3\.org\/2000\/svg/d'
}

echo 1..4

cat >"$work/markup.js" <<'END'
node.innerHTML = name;
node.insertAdjacentHTML("beforeend", name);
document.write(name);
eval(name);
setTimeout("f()", 1);
node.onclick = name;
el("a", { style: "color: red" });
location.href = "javascript:" + name;
END
search "$markup" "$work/markup.js" >"$work/found"
[ "$(wc -l <"$work/found")" -eq "$(wc -l <"$work/markup.js")" ]
result $? "made up: markup and code of a text" "$work/found"

cat >"$work/elsewhere.css" <<'END'
@import "x.css";
body { background: url(x.png); }
<script src="x.js"></script>
<link href="https://fonts.example/x">
<link href="//fonts.example/x">
new WebSocket(to);
END
search "$elsewhere" "$work/elsewhere.css" >"$work/found"
[ "$(wc -l <"$work/found")" -eq "$(wc -l <"$work/elsewhere.css")" ]
result $? "made up: what is elsewhere" "$work/found"

page=src/admin/dashboard
if ! [ -s "$page/page.html" ] || ! [ -s "$page/page.js" ]; then
	echo "Bail out! no dashboard in $srcdir/$page"
	exit 1
fi
search "$markup" "$page"/*.js "$page"/*.html >"$work/found"
clean "no text becomes markup, code or style" "$work/found"
search "$elsewhere" "$page"/* >"$work/found"
clean "nothing is asked from elsewhere" "$work/found"

[ "$failed" -eq 0 ]
