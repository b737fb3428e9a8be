/*
 * unpack.h - an archive (tar, tar.gz, tar.xz, zip), a compressed or a plain
 * file into a folder. suzgi-fetch reads the archive and says what is in it;
 * the files are made here, so that it needs no right to make any.
 */
#ifndef FEEDS_UNPACK_H
#define FEEDS_UNPACK_H

#include <stdint.h>

#include "base/str.h"

struct err;

struct unpack {
	const char *archive;
	const char *to;     /* an empty folder */
	struct str url;     /* its last part names a file that is no archive */
	uint64_t max;       /* bytes, unpacked */
	uint32_t timeout_s; /* in all */
};

struct unpacked {
	uint64_t files, bytes, links; /* links: left out */
};

int feed_unpack(const struct unpack *u, struct unpacked *out, struct err *err);

#endif
