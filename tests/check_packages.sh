#!/bin/sh
# SPDX-License-Identifier: ISC
#
# What packages are made of agrees with the sources: the version, the libraries,
# the places in the unit that are put in others' stead.  script/package makes
# and tries them, which takes minutes.  TAP on standard output.

. "${srcdir:-.}/tests/tap.sh"
cd "$srcdir" || exit 1

version=$(sed -n 's/^AC_INIT(\[sluice\], \[\(.*\)\])$/\1/p' configure.ac)

# versions FILE
# Prints that of the newest entry of such a changelog.
versions()
{
	sed -n '1s/^sluice (\([^)]*\)).*/\1/p' "$1"
}

# libraries_lacking FILE
# Prints the packages that building needs and the file does not name.
libraries_lacking()
{
	sed -n "/^build_needs='/,/^'/p" script/lib.sh |
	    awk '$1 == "library" || $1 == "header" { print $3 }' |
	    grep -v libc6-dev | while read -r package; do
		grep -qw -e "$package" "$1" || echo "$package"
	done
}

# modules_lacking FILE
# Prints what pkg-config is asked for and the file does not name.
modules_lacking()
{
	sed -n 's/.*PKG_CHECK_MODULES(\[[A-Z]*\], \[\([a-z0-9.-]*\) .*/\1/p' \
	    configure.ac | grep -v check | while read -r module; do
		grep -qF "pkgconfig($module)" "$1" || echo "$module"
	done
}

# other_versions VERSION FILE...
# Prints where the files name another version of ours, or any where they have
# no need to.
other_versions()
{
	mine=$1
	shift
	grep -noE '(^|[^A-Za-z-])(sluice|version_is|[Vv]ersion:?)[]["_ -]+'\
'v?[0-9]+(\.[0-9]+)+' "$@" /dev/null | grep -vE "[^0-9.]$mine\$"
}

echo 1..8

printf 'sluice (9.9) unstable; urgency=low\n' >"$work/changelog"
echo libevent-dev >"$work/control"
printf 'sluice 9.9 runs\nVersion: 9.8.1\nsluice 1.2.3\nsluice 11.2.3\n' \
    >"$work/text"
[ "$(other_versions 1.2.3 "$work/text" | wc -l)" -eq 3 ] &&
    [ "$(versions "$work/changelog")" = 9.9 ] &&
    [ "$(libraries_lacking "$work/control" | grep -c dev)" -gt 5 ] &&
    [ "$(modules_lacking "$work/control" | wc -l)" -gt 5 ]
result $? "made up: what is wrong is found"

[ "$(versions debian/changelog)" = "$version" ]
result $? "debian/changelog is about $version"

# the spec, the container file and the manuals have none: they are told
other_versions "$version" README.md SECURITY.md configure.ac \
    contrib/Containerfile contrib/sluice.spec debian/control debian/rules \
    man/*.[1-9] script/* \
    >"$work/found"
clean "no other place names another version" "$work/found"

libraries_lacking debian/control >"$work/found"
clean "debian/control has the libraries" "$work/found"
libraries_lacking contrib/Containerfile >"$work/found"
clean "contrib/Containerfile has the libraries" "$work/found"
# a number, since a runtime cannot tell that a name is not root's
grep -qE '^USER [1-9][0-9]*:[1-9]' contrib/Containerfile &&
    grep -qF 'HEALTHCHECK CMD ["/sluice", "status"]' contrib/Containerfile
result $? "the image's program is not root, and is asked whether it serves"

modules_lacking contrib/sluice.spec >"$work/found"
clean "contrib/sluice.spec has the libraries" "$work/found"

# what is left in the place of those who build would not be found
for by in debian/rules contrib/sluice.spec; do
	for place in /usr/local/sbin/ /usr/local/etc/ '^DynamicUser=yes'; do
		grep -qF "s,$place," "$by" && grep -q "$place" \
		    contrib/sluice.service || echo "$by: $place"
	done
done >"$work/found"
clean "the unit's places are known" "$work/found"

[ $failed -eq 0 ]
