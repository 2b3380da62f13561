# SPDX-License-Identifier: ISC
#
# What script/server, script/test and .ci/run share: find what is missing,
# install it where that is possible, build.  Sourced, with the current
# directory at the top of the sources.

build=${SLUICE_BUILD:-build}

say()
{
	echo "==> $*"
}

die()
{
	echo "$0: $*" >&2
	exit 1
}

# quiet LOG COMMAND...
# Runs the command with its output in build/LOG.log; shows the end of that
# only when the command fails.
quiet()
{
	log=$build/$1.log
	shift
	mkdir -p "${log%/*}"
	"$@" >"$log" 2>&1 </dev/null && return
	status=$?
	echo "$0: failed with $status: $*" >&2
	tail -n 60 "$log" >&2
	echo "$0: all of it is in $log" >&2
	return "$status"
}

# The tests' Python, as configure finds it.
python()
{
	if [ -x /usr/bin/python3 ]; then
		/usr/bin/python3 "$@"
	else
		python3 "$@"
	fi
}

# What building needs.  Each line: what it is, its name, Debian's package.
# shellcheck disable=SC2034
build_needs='
program	cc		gcc
program	make		make
program	autoreconf	autoconf
program	automake	automake
program	pkg-config	pkg-config
header	stdlib.h	libc6-dev
library	libevent	libevent-dev
library	yaml-0.1	libyaml-dev
library	libidn2		libidn2-dev
library	libxcrypt	libcrypt-dev
library	libcares	libc-ares-dev
library	hiredis		libhiredis-dev
library	jansson		libjansson-dev
library	libbsd		libbsd-dev
library	openssl		libssl-dev
library	zlib		zlib1g-dev
library	libseccomp	libseccomp-dev
header	uthash.h	uthash-dev
'

# What the tests need on top of it.
# shellcheck disable=SC2034
test_needs='
library	check		check
program	curl		curl
program	htpasswd	apache2-utils
program	nginx		nginx
program	node		nodejs
program	openssl		openssl
program	ip		iproute2
program	unshare		util-linux
program	chromium	chromium
program	chromium-headless-shell	chromium-headless-shell
program	certutil	libnss3-tools
program	cmark-gfm	cmark-gfm
program	mandoc		mandoc
program	prometheus	prometheus
program	promtool	prometheus
program	redis-server	redis-server
program	redis-sentinel	redis-sentinel
program	squid		squid
program	tinyproxy	tinyproxy
program	tmux		tmux
program	bash		bash
program	zsh		zsh
program	fish		fish
program	python3		python3
module	pytest		python3-pytest
module	pytest_timeout	python3-pytest-timeout
module	xdist		python3-pytest-xdist
module	aiohttp		python3-aiohttp
module	requests	python3-requests
module	grpc		python3-grpcio
module	boto3		python3-boto3
module	jsonschema	python3-jsonschema
module	yaml		python3-yaml
nodemodule	undici	node-undici
nodemodule	https-proxy-agent	node-https-proxy-agent
'

# What the checks beyond script/test need on top of that.
# shellcheck disable=SC2034
ci_needs='
program	gcc		gcc
program	clang		clang
program	ld.lld		lld
program	llvm-symbolizer	llvm
runtime	fuzzer		libclang-rt-dev
runtime	address		libclang-rt-dev
runtime	thread		libclang-rt-dev
program	valgrind	valgrind
program	xz		xz-utils
'

# What script/long needs, too.
# shellcheck disable=SC2034
long_needs='
program	cppcheck	cppcheck
'

# is_there KIND NAME
# Looks for the thing itself, not for a package: a program from elsewhere will
# do as well.
is_there()
{
	case $1 in
	program)
		# Servers are often out of a user's PATH.
		PATH=$PATH:/usr/sbin:/sbin command -v "$2" >/dev/null 2>&1
		;;
	library)
		pkg-config --exists "$2" 2>/dev/null
		;;
	header)
		echo "#include <$2>" | cc -E - >/dev/null 2>&1
		;;
	module)
		python -c "import $2" >/dev/null 2>&1
		;;
	nodemodule)
		# Debian's place, for a Node from elsewhere.
		NODE_PATH=${NODE_PATH:+$NODE_PATH:}/usr/share/nodejs \
		    node -e "require('$2')" >/dev/null 2>&1
		;;
	runtime)
		if [ "$2" = fuzzer ]; then
			echo "int LLVMFuzzerTestOneInput(void) { return 0; }"
		else
			echo "int main(void) { return 0; }"
		fi | clang "-fsanitize=$2" -x c -o /dev/null - >/dev/null 2>&1
		;;
	esac
}

# missing NEEDS COLUMN
# What of the needs is not there: as names (column 2) or packages (column 3).
missing()
{
	echo "$1" | while read -r kind name package; do
		[ -n "$kind" ] || continue
		is_there "$kind" "$name" && continue
		if [ "$2" = 3 ]; then
			printf '%s ' "$package"
		elif [ "$kind" = library ]; then
			printf '%s.pc ' "$name"
		elif [ "$kind" = module ]; then
			printf 'python3:%s ' "$name"
		elif [ "$kind" = nodemodule ]; then
			printf 'node:%s ' "$name"
		elif [ "$kind" = runtime ]; then
			printf 'clang:-fsanitize=%s ' "$name"
		else
			printf '%s ' "$name"
		fi
	done
}

as_root()
{
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

apt()
{
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
	    -o DPkg::Lock::Timeout=300 "$@"
}

# mask PACKAGES
# The tests want a program, but the package also starts it as a service, on
# every address it has (nginx: 80, prometheus: 9090, squid: 3128).  Only what is about to be
# installed is masked; who wants it after all says systemctl unmask.
mask()
{
	command -v systemctl >/dev/null 2>&1 || return 0
	for service in nginx prometheus redis-sentinel redis-server squid tinyproxy; do
		case " $1" in
		*" $service "*)
			say "$service.service is masked: only tests need it"
			as_root systemctl mask "$service.service" || return
			;;
		esac
	done
}

# A new machine's lists are empty or old; only then are they fetched.
apt_install()
{
	if ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1 &&
	    apt install --no-install-recommends "$@"; then
		return
	fi
	apt update && apt install --no-install-recommends "$@"
}

# need NEEDS
# Sees to it that all of the needs are there.
need()
{
	packages=$(missing "$1" 3)
	[ -n "$packages" ] || return 0
	if ! command -v apt-get >/dev/null 2>&1 ||
	    ! command -v dpkg-query >/dev/null 2>&1; then
		die "please install what is missing:" "$(missing "$1" 2)"
	fi
	[ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null 2>&1 ||
	    die "as root, please: apt-get install $packages"
	say "installing $packages"
	mask "$packages" || exit 1
	# One word a package.
	# shellcheck disable=SC2086
	quiet apt apt_install $packages || exit 1
	left=$(missing "$1" 2)
	[ -z "$left" ] || die "still missing after apt-get install: $left"
}

# need_npm
# What the tests want of npm, which Debian does not have.  Without npm, or a
# network, those tests are skipped.
need_npm()
{
	npm=${SLUICE_NPM:-$HOME/.cache/sluice-npm}
	[ -d "$npm/node_modules/openai" ] &&
	    [ -d "$npm/node_modules/@anthropic-ai/sdk" ] && return 0
	if ! command -v npm >/dev/null 2>&1; then
		say "no npm: tests with openai and @anthropic-ai/sdk are skipped"
		return 0
	fi
	quiet npm timeout 120 npm install --no-audit --no-fund \
	    --ignore-scripts --prefix "$npm" \
	    openai@4.104.0 @anthropic-ai/sdk@1.14.0 ||
	    say "tests with openai and @anthropic-ai/sdk are skipped"
}

cores()
{
	getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1
}

# How many to run side by side of what partly waits.
jobs()
{
	echo $((2 * $(cores)))
}

# What of it build_in makes: nothing said is all.
build_only=

# build_in DIRECTORY [CONFIGURE ARGUMENT]...
# One after the other: of two that build in one directory each would start what
# the other one still writes.
build_in()
{
	mkdir -p "$1"
	if ! command -v flock >/dev/null 2>&1; then
		configure_and_make "$@"
		return
	fi
	{
		flock -n 9 || {
			say "somebody else builds in $1/; waiting for that"
			flock 9
		}
		configure_and_make "$@"
	} 9>"$1/.lock"
}

# configure_and_make DIRECTORY [CONFIGURE ARGUMENT]...
# Configures where that has not been done with these arguments and these
# libraries, then makes what has changed: all of it where configure may have
# chosen other flags, which make does not see.
configure_and_make()
{
	dir=$1
	shift
	name=${dir#"$build"}
	name=${name#/}
	top=$(pwd)
	[ -x configure ] || quiet bootstrap ./bootstrap || return
	stamp=$(echo "$top" "$@"
	    cksum <configure.ac
	    pkg-config --modversion libevent yaml-0.1 libcares hiredis jansson \
	        libbsd openssl zlib libseccomp
	    pkg-config --modversion check 2>/dev/null || echo "no check")
	if [ ! -f "$dir/config.status" ] ||
	    [ "$stamp" != "$(cat "$dir/.configured" 2>/dev/null)" ]; then
		# shellcheck disable=SC2016
		quiet "${name:+$name.}configure" \
		    sh -c 'cd "$1" && shift && exec "$@"' sh "$dir" \
		    "$top/configure" "$@" || return
		quiet "${name:+$name.}clean" make -C "$dir" clean || return
		echo "$stamp" >"$dir/.configured"
	fi
	quiet "${name:+$name.}make" make -C "$dir" -j"$(cores)" $build_only
}

# build_sanitized KIND [CONFIGURE ARGUMENT]...
# A build in build/ci/KIND by clang: address, thread or fuzz.  Of what takes long
# there, building is half: it is quickest without optimization, which also leaves
# to the sanitizers all that the sources say, and by LLVM's linker; lines are all
# that a stack shows.  Programs that are loaded where they were linked have
# nothing to be moved: the address sanitizer's has 420,000 addresses in it, which
# were a sixth of a start.  The first has the fuzz targets, too: what these want
# counted costs a tenth of a daemon's start, a build of their own four minutes of
# a processor.  Who fuzzes for hours has one all the same, for it is quicker.
# The library's objects are the same sources once more, which no test is about
# that a sanitizer is shown.
build_sanitized()
{
	kind=$1
	shift
	case $kind in
	address) set -- --enable-fuzzers CFLAGS="-O0 -g1" "$@" ;;
	thread) set -- --enable-sanitizers=thread CFLAGS="-O1 -g1" "$@" ;;
	fuzz) set -- --enable-fuzzers CFLAGS="-O1 -g1" "$@" ;;
	esac
	build_in "$build/ci/$kind" --enable-werror --disable-library CC=clang \
	    LDFLAGS="-fuse-ld=lld -Wl,--no-pie" "$@"
}

# steadily COMMAND...
# The sanitizers' shadow memory may collide with a widely randomised address
# space; without randomisation it cannot.
steadily()
{
	if setarch "$(uname -m)" -R true 2>/dev/null; then
		setarch "$(uname -m)" -R "$@"
	else
		"$@"
	fi
}

export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=second_deadlock_stack=1
