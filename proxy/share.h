/*
 * share.h - the list image through Redis: one gateway publishes, the others
 * follow.
 *
 * Everything here blocks, on a connection of its own, within the bounds named
 * in share.c: it is for the loader thread, never for a worker. Redis is not
 * believed: what came is used only after its size, SHA-256, the MAC under the
 * site's key and the image's own checks all held, and only if its generation
 * is higher than the one in force. Whatever fails, what is in force stays.
 * docs/formats/redis.md has the keys.
 *
 *	start       share_kept() gives what an earlier run followed, so that a
 *	            gateway starts without Redis
 *	each 60 s   share_poll() -> SHARE_NEW: load out.path, then remember
 *	            out.generation as the current one
 *	reload      share_publish(), on the gateway whose role is publish
 */
#ifndef PROXY_SHARE_H
#define PROXY_SHARE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

struct config;
struct err;

#define SHARE_POLL_S 60 /* how often a follower looks */

/* An image that was followed: <state>/followed.image, checked in full. */
struct share_image {
	uint64_t generation; /* of the publisher; only ever goes up */
	bool by_delta; /* share_poll(): made from the one before, not fetched */
	char path[PATH_MAX];
};

/*
 * Publish the image in the file <path> under a new generation, which is left
 * in <generation>; followers see it when all of it is there. Where the very
 * same image stands there already nothing is sent and its generation is
 * given, so that this may be called as often as one likes. Where little differs
 * from what was published before, a delta stands beside it. Return 0, or -1
 * with <err> set; what was published before is then still followed.
 */
int share_publish(const struct config *c, const char *path,
    uint64_t *generation, struct err *err);

enum share_news {
	SHARE_NONE = 0, /* nothing higher than <current> */
	SHARE_NEW,      /* <out> is filled */
	SHARE_FAILED,   /* <err> says why; nothing changed */
};

/*
 * Fetch what was published if its generation is higher than <current> (0: have
 * none), or make it of the one in place by its delta; where that fails, the log
 * says so and the whole is fetched. The file is in place, synced and proven when this returns SHARE_NEW;
 * the one it replaced may still be mapped.
 */
enum share_news share_poll(const struct config *c, uint64_t current,
    struct share_image *out, struct err *err);

/*
 * The image that an earlier run followed, if it is there and still proven by
 * the site's key. False with <err> set where there is none.
 */
bool share_kept(
    const struct config *c, struct share_image *out, struct err *err);

#endif
