/*
 * overrides.h - the decisions people made for a while: allow or block this
 * host, site or URL, for whom, until when, why, and who said so. An immutable
 * set, looked up by each decision; who keeps them on the disk is
 * config/journal.h.
 *
 *	struct overrides *o = overrides_new();
 *	overrides_add(o, &def, &err);
 *	overrides_close(o);
 *	snapshot = snapshot_with_overrides(base, o);
 *
 * They end by themselves: an override holds while from <= now < until of the
 * request's own time. Of those that hold, the most specific decides: URL
 * before host before site, of URLs and sites the longer; then the one for
 * fewer people (a client or user before a group before everybody); then the
 * newer. A tunnel is judged by its name alone: an override of a URL says
 * nothing of it. A path can be read in several ways (filters/url.h): what
 * blocks holds for any of them, what allows for every one. One of an IPv4
 * address holds for the IPv6 addresses that carry it.
 */
#ifndef FILTERS_OVERRIDES_H
#define FILTERS_OVERRIDES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "filters/request.h"
#include "filters/verdict.h"

struct err;
struct overrides;

#define OVERRIDES_MAX       10000
#define OVERRIDE_ID         27  /* a ULID and a NUL */
#define OVERRIDE_REASON_MAX 300 /* bytes */

enum override_scope {
	OVERRIDE_URL = 0, /* that path and all below it */
	OVERRIDE_HOST,    /* that host alone */
	OVERRIDE_SITE,    /* that name and all below it */
};
enum override_for {
	OVERRIDE_ONE = 0, /* a client's address or a user's name */
	OVERRIDE_GROUP,
	OVERRIDE_ALL,
};

struct override {
	char id[OVERRIDE_ID];
	enum action action; /* ALLOW or BLOCK */
	enum override_scope scope;
	enum override_for who;
	struct str subject;  /* canonical: "kids.test", "kids.test/a/b" */
	struct str group;    /* OVERRIDE_GROUP: its name, which may be unknown
			     * now: then it holds for nobody */
	struct str user;     /* OVERRIDE_ONE: or "" */
	uint8_t client[16];  /* OVERRIDE_ONE without user */
	int64_t from, until; /* seconds, UTC; until 0: does not end */
	struct str reason, author;
};

struct overrides *overrides_new(void); /* NULL: memory */
void overrides_free(struct overrides *o);
/* Copies it. -1 with <err> set: malformed, or too many. */
int overrides_add(
    struct overrides *o, const struct override *one, struct err *err);
/* Before the first look-up; nothing can be added any more. -1: memory. */
int overrides_close(struct overrides *o);

unsigned overrides_count(const struct overrides *o); /* NULL: 0 */
const struct override *overrides_at(const struct overrides *o, unsigned i);

/* Who asks. */
struct override_asker {
	const uint8_t *client;
	struct str user, group; /* user "" : nobody said */
	bool user_known;        /* else <user> is not looked at */
	int64_t now;
};

/* What stands before the one that was found and may hold as well. */
struct override_open {
	bool url;         /* for a URL of this host, and the URL is not known */
	bool user;        /* for a user, and who that is is not known, */
	bool user_blocks; /* one of these blocks */
};

/* The one that decides about <name> (and <url>, NULL: not known), its number
 * for overrides_at(); -1: none. */
int overrides_find(const struct overrides *o, const struct override_asker *a,
    struct name name, const struct url *url, struct override_open *open);

#endif
