#!/bin/sh
# deps.sh build|test|ci - install the Debian packages that are missing.
#
# The one list of packages of this project. Root, or sudo without a password,
# installs them; anybody else is shown the line to run, and the status is 77.
# --print shows the packages and changes nothing.
set -eu

build='build-essential pkg-config libevent-dev libpcre2-dev libssl-dev
	libhiredis-dev libc-ares-dev libpsl-dev libidn2-dev libxxhash-dev
	libutf8proc-dev libcurl4-openssl-dev libarchive-dev
	ca-certificates tzdata'
test='libcmocka-dev redis-server curl python3 openssl iproute2 squidguard'
ci='clang libclang-rt-14-dev clang-format git'

usage() {
	echo "usage: deps.sh [--print] build|test|ci" >&2
	exit 2
}

print=no
[ "${1-}" = --print ] && { print=yes; shift; }
case ${1-} in
build) want=$build ;;
test) want="$build $test" ;;
ci) want="$build $test $ci" ;;
*) usage ;;
esac
if [ $print = yes ]; then
	# shellcheck disable=SC2086 # a list of words, here and below
	echo $want
	exit 0
fi

# A program that tests start is only downloaded, too.
finish() {
	[ "$1" = build ] || "$(dirname "$0")/squid-helper.sh" build/squid
	exit 0
}

# Without dpkg the packages have other names: the compiler will say what is
# missing.
command -v dpkg-query >/dev/null 2>&1 || {
	echo "deps: not a Debian system; needed are the likes of:" $want >&2
	exit 0
}
missing=
for p in $want; do
	s=$(dpkg-query -W -f '${Status}' "$p" 2>/dev/null) || s=
	case $s in
	'install ok installed') ;;
	*) missing="$missing $p" ;;
	esac
done
# The HTTP parser's sources are only downloaded (packaging/llhttp.sh), for
# which apt must have heard of them.
heard=yes
if [ ! -f build/llhttp/llhttp.h ] && [ ! -f /usr/share/llhttp/llhttp.c ] &&
	command -v apt-cache >/dev/null 2>&1 &&
	! apt-cache show node-llhttp >/dev/null 2>&1; then
	heard=no
fi
[ -n "$missing" ] || [ $heard = no ] || finish "$1"

if [ "$(id -u)" = 0 ]; then
	as_root=
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
	as_root='sudo -n'
else
	echo "deps: these packages are missing; please run (as root):" >&2
	[ $heard = yes ] || echo "apt-get update" >&2
	[ -z "$missing" ] ||
		echo "apt-get install --no-install-recommends$missing" >&2
	exit 77
fi

apt() {
	# shellcheck disable=SC2086
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
		-o Dpkg::Use-Pty=0 "$@" </dev/null
}
if [ $heard = no ]; then
	echo "deps: apt-get update"
	apt update >/dev/null || exit 1
fi
[ -n "$missing" ] || finish "$1"

# Servers that come along are for the tests to start, not for this machine to
# run: while we install, none is started.
policy=/usr/sbin/policy-rc.d
made=no
restore() {
	[ $made = no ] || $as_root rm -f $policy
}
trap restore EXIT
trap 'exit 1' HUP INT TERM
if [ ! -e $policy ]; then
	made=yes
	printf '#!/bin/sh\nexit 101\n' | $as_root tee $policy >/dev/null
	$as_root chmod 755 $policy
fi

install() {
	# shellcheck disable=SC2086
	apt install --no-install-recommends $missing
}
out=$(mktemp)
echo "deps: installing$missing"
if ! install >"$out" 2>&1; then
	# no lists yet, or lists that are too old
	apt update >>"$out" 2>&1 && install >>"$out" 2>&1 || {
		cat "$out" >&2
		rm -f "$out"
		echo "deps: could not install:$missing" >&2
		exit 1
	}
fi
rm -f "$out"
finish "$1"
