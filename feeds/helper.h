/*
 * helper.h - start suzgi-fetch, the small program that alone holds the
 * libraries which read from the network and unpack archives.
 */
#ifndef FEEDS_HELPER_H
#define FEEDS_HELPER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/str.h"

struct err;

struct helper {
	pid_t pid;
	int out;          /* owned: what it says */
	int64_t deadline; /* monotonic ms: then it is killed */
	bool said_all;    /* it has closed its output */
};

/*
 * Run `suzgi-fetch <verb>` with <job> on its stdin and <fd> (borrowed) as its
 * descriptor 3, for at most <timeout_s>.
 */
int helper_start(struct helper *h, const char *verb, struct str job, int fd,
    uint32_t timeout_s, struct err *err);

/* The next bytes that it says; 0: it has ended; -1 with <err>: it is late. */
ssize_t helper_read(struct helper *h, char *to, size_t n, struct err *err);

/* Let go of it; one that does not end is killed. Its wait status. */
int helper_end(struct helper *h);

#endif
