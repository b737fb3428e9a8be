#!/bin/sh
# Put llhttp's three sources and header into DIR: from a folder of the
# caller's (a release of github.com/nodejs/llhttp), else out of Debian's
# node-llhttp, which is downloaded and unpacked without being installed.
# usage: llhttp.sh DIR [SOURCE_DIR]
set -eu
dir=$1 from=${2:-}
mkdir -p "$dir"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
if [ -n "$from" ]; then
	find "$from" -name '*.[ch]' -exec cp {} "$tmp" \;
elif [ -f /usr/share/llhttp/llhttp.c ]; then
	cp /usr/share/llhttp/*.c /usr/share/include/llhttp/llhttp.h "$tmp"
else
	echo "  GET  node-llhttp (sources of the HTTP parser)"
	# apt's download user may not write to a private folder
	chmod 755 "$tmp"
	(cd "$tmp" && apt-get -qq -o APT::Sandbox::User=root \
		download node-llhttp) || {
		echo "llhttp: cannot download node-llhttp; try apt-get update," \
			"or give LLHTTP_DIR=" >&2
		exit 1
	}
	dpkg-deb -x "$tmp"/node-llhttp_*.deb "$tmp/x"
	cp "$tmp"/x/usr/share/llhttp/*.c \
		"$tmp"/x/usr/share/include/llhttp/llhttp.h "$tmp"
fi
for f in api.c http.c llhttp.c llhttp.h; do
	[ -f "$tmp/$f" ] || { echo "llhttp: $f not found" >&2; exit 1; }
done
# llhttp.h goes last: the Makefile waits for it
cp "$tmp/api.c" "$tmp/http.c" "$tmp/llhttp.c" "$dir/"
cp "$tmp/llhttp.h" "$dir/"
