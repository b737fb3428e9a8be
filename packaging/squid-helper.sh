#!/bin/sh
# Put Squid's basic_ncsa_auth into DIR, for the tests that ask a helper as
# people have it: out of Debian's package, which is downloaded and unpacked
# without being installed, so that no Squid runs here. Where that cannot be,
# DIR/why says so, and the tests that want it are skipped.
# usage: squid-helper.sh DIR
set -eu
dir=$1 from=/usr/lib/squid/basic_ncsa_auth
[ ! -x $from ] && [ ! -x "$dir/basic_ncsa_auth" ] || exit 0
mkdir -p "$dir"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
give_up() {
	echo "$1" >"$dir/why"
	echo "squid-helper: $1; some tests will be skipped" >&2
	exit 0
}
command -v dpkg-deb >/dev/null 2>&1 || give_up 'not a Debian system'
echo '  GET  squid (a helper, for tests)'
chmod 755 "$tmp" # apt's download user may not write to a private folder
(cd "$tmp" && apt-get -qq -o APT::Sandbox::User=root \
	-o Acquire::Retries=1 -o Acquire::http::Timeout=20 \
	download squid >/dev/null 2>&1) ||
	give_up 'the package squid cannot be downloaded'
dpkg-deb -x "$tmp"/squid_*.deb "$tmp/x" ||
	give_up 'the package squid cannot be unpacked'
cp "$tmp/x$from" "$dir/" || give_up 'the package squid has no helper'
rm -f "$dir/why"
