/*
 * fetch.h - bring what is at an address into a file. From the network that is
 * done by suzgi-fetch; a path is copied here.
 */
#ifndef FEEDS_FETCH_H
#define FEEDS_FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "feeds/state.h"

struct err;

struct fetch {
	struct str url;
	const char *to;      /* the file, which must not be there */
	uint64_t max;        /* bytes */
	uint32_t timeout_s;  /* in all */
	bool insecure;       /* http:// is fine */
	const char *ca_file; /* who vouches for the site; NULL: the system's */
	const char *etag, *modified; /* of what we have; "": nothing */
	/* bytes so far, and in all (0: unknown); NULL: nobody wants to know */
	void (*progress)(void *arg, uint64_t at, uint64_t of);
	void *arg;
};

struct fetched {
	bool unchanged; /* what we have is what is there; no file was made */
	bool sized;     /* the end of it was announced: it is not cut short */
	uint64_t bytes;
	char etag[STATE_TEXT], modified[STATE_TEXT];
};

int feed_fetch(const struct fetch *f, struct fetched *out, struct err *err);

#endif
