/*
 * share_link.h - what of a published image stands in Redis: keys, fields and
 * chunks, asked for and written. For share*.c alone; docs/formats/redis.md.
 */
#ifndef PROXY_SHARE_LINK_H
#define PROXY_SHARE_LINK_H

#include <stdint.h>

#include "base/bytes.h"
#include "lists/compile.h"
#include "proxy/share_meta.h"
#include "proxy/sitekey.h"

struct config;
struct err;
struct redis_sync;

/* What one call needs. */
struct share {
	const struct config *c;
	struct sitekey key;
	struct redis_sync *redis; /* owned */
	struct err *err;          /* where the functions below say why */
};

int share_open(struct share *s, const struct config *c, struct err *err);
void share_close(struct share *s);
/* Connect anew: after a failure nothing more can be asked. */
int share_reopen(struct share *s);

/* What <prefix>gen says: 0 for nothing there. -1 with s->err. */
int share_get_generation(struct share *s, uint64_t *gen);
/* The meta of <gen>, proven. -1 with s->err. */
int share_get_meta(struct share *s, uint64_t gen, struct share_meta *m);

/*
 * The delta of <to>, proven, if it is one from <base>. NONE: there is none,
 * or from another base.
 */
enum share_got { SHARE_GOT_FAILED = 0, SHARE_GOT_NONE, SHARE_GOT };
enum share_got share_get_delta(struct share *s, const struct share_meta *to,
    const char base[SHARE_DIGEST_HEX], struct share_delta *d);

/* The chunks under <what> ("c": of the image, "d": of the delta) into <out>,
 * each of the size that <m> makes it. */
int share_get_chunks(struct share *s, const struct share_meta *m,
    const char *what, const struct compile_out *out);

/* How many chunks of the image stand there under <m>'s generation? */
bool share_has_chunks(struct share *s, const struct share_meta *m);

/* Write; what is half done expires by itself. -1 with s->err. */
int share_put_chunks(struct share *s, const struct share_meta *m,
    const char *what, struct bytes blob);
int share_put_delta(struct share *s, const struct share_delta *d);
int share_put_meta(struct share *s, const struct share_meta *m);
/* From now on nobody begins to fetch <gen>: it expires. */
int share_expire(struct share *s, uint64_t gen);

#endif
