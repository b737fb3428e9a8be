/*
 * share.c - the list image through Redis: what one gateway publishes.
 * docs/formats/redis.md has keys, fields and files; share_follow.c the others.
 */
#include "proxy/share.h"

#include <inttypes.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sys/clock.h"
#include "base/sys/file.h"
#include "base/sys/log.h"
#include "config/config.h"
#include "proxy/share_image.h"
#include "proxy/share_link.h"

#define SHARE_AHEAD_S ((uint64_t)10 * 365 * 86400)

static uint64_t
chunks_of(uint64_t bytes)
{
	return (bytes + SHARE_CHUNK - 1) / SHARE_CHUNK;
}

/* ---------------------------------------------------------------- former */

static bool
former_path(const struct config *c, const char *name, char out[PATH_MAX])
{
	return file_join(out, PATH_MAX, c->state_dir.p, name);
}

/*
 * The image at <path> is the published one: keep it, for the next one to be
 * told by what differs. Where that cannot be, there is no delta.
 */
static void
keep_published(const struct config *c, struct bytes image, const char *path)
{
	static bool told; /* the loader's alone */
	char kept[PATH_MAX];
	struct err err;

	if (!former_path(c, "published.image", kept) ||
	    share_image_keep(image, path, kept, &err) == 0)
		return;
	if (!told)
		log_warn("lists are published without deltas: %s", err.text);
	told = true;
}

/* ----------------------------------------------------------------- delta */

static int
put_delta(struct share *s, struct share_delta *d, struct bytes delta)
{
	uint8_t digest[DIGEST_BYTES];

	d->blob.bytes = delta.n;
	d->blob.chunks = chunks_of(delta.n);
	if (digest_sha256(delta.p, delta.n, digest, s->err) < 0)
		return -1;
	share_hex(digest, d->blob.sha256);
	if (!share_delta_sign(d, s->key.lists))
		return err_set(s->err, ERR_MEMORY, "cannot sign the lists");
	if (share_put_chunks(s, &d->blob, "d", delta) < 0)
		return -1;
	return share_put_delta(s, d);
}

/* What differs from <old>, for who has that; if it is little. -1 only where
 * Redis failed. */
static int
offer_delta(struct share *s, const struct share_meta *old,
    const struct share_meta *m, struct bytes image)
{
	struct share_delta d = {.blob = {.generation = m->generation}};
	struct buf delta = BUF_EMPTY;
	char kept[PATH_MAX];
	struct err err;
	int rc = 0;

	if (!former_path(s->c, "published.image", kept) ||
	    access(kept, R_OK) < 0)
		return 0;
	if (share_delta_make(image, kept, old->sha256, &delta, &err) < 0) {
		log_info("lists are published without a delta: %s", err.text);
	} else {
		memcpy(d.base, old->sha256, sizeof(d.base));
		memcpy(d.image, m->sha256, sizeof(d.image));
		rc = put_delta(
		    s, &d, (struct bytes){(uint8_t *)delta.p, delta.n});
	}
	buf_fini(&delta);
	return rc;
}

/* --------------------------------------------------------------- publish */

static int
publish(struct share *s, struct share_meta *m, struct bytes image)
{
	uint64_t now = (uint64_t)(clock_wall_ms() / 1000), gen;
	struct share_meta old;
	bool known;

	/* what makes no sense there is written over, not obeyed */
	if (share_get_generation(s, &gen) < 0 && s->err->code != ERR_CORRUPT)
		return -1;
	if (gen > now + SHARE_AHEAD_S)
		gen = 0;
	known = gen && share_get_meta(s, gen, &old) == 0;
	if (known && old.bytes == m->bytes &&
	    strcmp(old.sha256, m->sha256) == 0 && share_has_chunks(s, &old)) {
		m->generation = gen;
		return 0;
	}
	m->generation = gen >= now ? gen + 1 : now;
	if (!share_meta_sign(m, s->key.lists))
		return err_set(s->err, ERR_MEMORY, "cannot sign the lists");
	if (share_put_chunks(s, m, "c", image) < 0 ||
	    (known && strcmp(old.sha256, m->sha256) != 0 &&
	        offer_delta(s, &old, m, image) < 0) ||
	    share_put_meta(s, m) < 0)
		return -1;
	return gen ? share_expire(s, gen) : 0;
}

int
share_publish(const struct config *c, const char *path, uint64_t *generation,
    struct err *err)
{
	struct share_meta m = {0};
	struct bytes image;
	struct share s;
	struct err room = {0};
	int rc = -1;

	err = err ? err : &room;
	if (file_map(path, &image, err) < 0)
		return -1;
	if (image.n > SHARE_IMAGE_MAX) {
		err_set(err, ERR_LIMIT, "%s is too large to be shared", path);
	} else if (share_image_prove(image, m.sha256, err) == 0) {
		m.bytes = image.n;
		m.chunks = chunks_of(m.bytes);
		if (share_open(&s, c, err) == 0)
			rc = publish(&s, &m, image);
		share_close(&s);
	}
	if (rc == 0) {
		*generation = m.generation;
		keep_published(c, image, path);
	}
	file_unmap(image);
	return rc;
}
