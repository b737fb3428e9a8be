/*
 * share_follow.c - the list image through Redis: how the others get it, whole
 * or as what differs from the one they have.
 */
#include "proxy/share.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sys/file.h"
#include "base/sys/log.h"
#include "config/config.h"
#include "proxy/share_image.h"
#include "proxy/share_link.h"

/* Places of the files, in the state folder. */
enum place { PLACE_IMAGE = 0, PLACE_IMAGE_TMP, PLACE_META, PLACE_META_NEW };

static int
place(const struct config *c, enum place p, char out[PATH_MAX], struct err *err)
{
	static const char *const names[] = {"followed.image",
	    "followed.image.tmp", "followed.meta", "followed.meta.new"};

	if (!file_join(out, PATH_MAX, c->state_dir.p, names[p]))
		return err_set(err, ERR_LIMIT, "[proxy] state-dir is too long");
	return 0;
}

/* ------------------------------------------------------------------ kept */

/* Is the file at <path> what <m> says, and a sound image? */
static int
prove_file(const char *path, const struct share_meta *m, struct err *err)
{
	struct bytes image;
	int rc;

	if (file_map(path, &image, err) < 0)
		return -1;
	rc = share_image_is(image, m, path, err);
	file_unmap(image);
	return rc;
}

/* The meta at <p>, proven, and the image with it. */
static int
kept_by(const struct config *c, enum place p, const struct sitekey *key,
    struct share_meta *m, struct err *err)
{
	struct buf b = BUF_EMPTY;
	char path[PATH_MAX], image[PATH_MAX];
	int rc = -1;

	if (place(c, p, path, err) == 0 &&
	    place(c, PLACE_IMAGE, image, err) == 0)
		rc = file_read(path, SHARE_META_TEXT, &b, err);
	if (rc == 0 && (!share_meta_parse(buf_str(&b), m) ||
	                   !share_meta_holds(m, key->lists)))
		rc = err_set(err, ERR_REFUSED,
		    "%s: malformed or not signed with our [redis] key-file",
		    path);
	buf_fini(&b);
	return rc == 0 ? prove_file(image, m, err) : -1;
}

/* What is in place, and proven. */
static bool
kept(const struct config *c, const struct sitekey *key, struct share_meta *m,
    struct err *err)
{
	/* the new one first: where both fit, both say the same */
	return kept_by(c, PLACE_META_NEW, key, m, err) == 0 ||
	       kept_by(c, PLACE_META, key, m, err) == 0;
}

bool
share_kept(const struct config *c, struct share_image *out, struct err *err)
{
	struct share_meta m;
	struct sitekey key;
	bool found;

	if (sitekey_load(c, &key, err) < 0)
		return false;
	found = kept(c, &key, &m, err) &&
	        place(c, PLACE_IMAGE, out->path, err) == 0;
	explicit_bzero(&key, sizeof(key));
	if (found)
		out->generation = m.generation;
	return found;
}

/* --------------------------------------------------------------- install */

/*
 * Put image and meta in place: the new meta lies beside the old one while the
 * image changes, so that at any moment one of both fits the image.
 */
static int
install(const struct config *c, const struct share_meta *m,
    struct image_file *f, struct err *err)
{
	char image[PATH_MAX], meta[PATH_MAX], new[PATH_MAX];
	char lines[SHARE_META_TEXT];
	size_t n = share_meta_text(m, lines);

	if (place(c, PLACE_IMAGE, image, err) < 0 ||
	    place(c, PLACE_META, meta, err) < 0 ||
	    place(c, PLACE_META_NEW, new, err) < 0 ||
	    file_replace(new, str_make(lines, n), 0640, err) < 0 ||
	    image_file_place(f, image, err) < 0)
		return -1;
	if (rename(new, meta) < 0)
		return err_sys(err, errno, "cannot replace %s", meta);
	return 0;
}

/* What is in <f>, if it is what <m> says. */
static int
prove_and_install(
    struct share *s, const struct share_meta *m, struct image_file *f)
{
	if (share_image_is(f->map, m, f->tmp, s->err) < 0)
		return -1;
	return install(s->c, m, f, s->err);
}

static int
begin_image(struct share *s, struct image_file *f)
{
	char tmp[PATH_MAX];

	*f = (struct image_file){.fd = -1};
	if (place(s->c, PLACE_IMAGE_TMP, tmp, s->err) < 0)
		return -1;
	return share_image_new(f, tmp, s->err);
}

/* ----------------------------------------------------------------- whole */

static int
follow_whole(struct share *s, const struct share_meta *m)
{
	struct image_file f;
	struct compile_out out;
	struct bytes all;
	int rc = -1;

	if (begin_image(s, &f) < 0)
		return -1;
	out = image_file_out(&f);
	if (share_get_chunks(s, m, "c", &out) == 0 &&
	    out.view(out.ctx, m->bytes, &all, s->err) == 0)
		rc = prove_and_install(s, m, &f);
	image_file_fini(&f);
	return rc;
}

/* ----------------------------------------------------------------- delta */

/* The delta <d> into <f>, which has no name; viewed, and its SHA-256 right. */
static int
fetch_delta(struct share *s, const struct share_delta *d, struct image_file *f)
{
	struct compile_out out;
	uint8_t digest[DIGEST_BYTES];
	char path[PATH_MAX], sha256[SHARE_DIGEST_HEX];
	struct bytes all;

	if (place(s->c, PLACE_IMAGE, path, s->err) < 0 ||
	    image_file_new(f, path, IMAGE_FILE_UNNAMED, s->err) < 0)
		return -1;
	out = image_file_out(f);
	if (share_get_chunks(s, &d->blob, "d", &out) < 0 ||
	    out.view(out.ctx, d->blob.bytes, &all, s->err) < 0 ||
	    digest_sha256(all.p, all.n, digest, s->err) < 0)
		return -1;
	share_hex(digest, sha256);
	if (strcmp(sha256, d->blob.sha256) != 0)
		return err_set(s->err, ERR_CORRUPT, "wrong SHA-256");
	return 0;
}

static int
apply_delta(struct share *s, const struct share_meta *m, struct bytes delta)
{
	char path[PATH_MAX];
	struct image_file f = {.fd = -1};
	struct bytes base;
	int rc = -1;

	if (place(s->c, PLACE_IMAGE, path, s->err) < 0 ||
	    file_map(path, &base, s->err) < 0)
		return -1;
	if (begin_image(s, &f) == 0 &&
	    share_delta_apply(s->c, base, delta, &f, s->err) == 0)
		rc = prove_and_install(s, m, &f);
	image_file_fini(&f);
	file_unmap(base);
	return rc;
}

/* MAC of a delta that failed, and would do so again. The loader's alone. */
static char failed_before[SHARE_DIGEST_HEX];

/* By what differs from the image in place. False: it has to be the whole one,
 * and the connection may be no more. */
static bool
follow_delta(struct share *s, const struct share_meta *m)
{
	struct image_file f = {.fd = -1};
	struct share_meta have;
	struct share_delta d = {.blob = {.mac = ""}};
	enum share_got got = SHARE_GOT_NONE;
	int rc = -1;

	if (kept(s->c, &s->key, &have, NULL))
		got = share_get_delta(s, m, have.sha256, &d);
	if (got == SHARE_GOT && strcmp(d.blob.mac, failed_before) == 0)
		got = SHARE_GOT_NONE;
	if (got == SHARE_GOT_NONE)
		return false;
	if (got == SHARE_GOT && fetch_delta(s, &d, &f) == 0)
		rc = apply_delta(s, m, f.map);
	image_file_fini(&f);
	if (rc == 0) {
		log_info("lists of generation %" PRIu64
		         " made by a delta of %" PRIu64
		         " bytes (image: %" PRIu64 ")",
		    m->generation, d.blob.bytes, m->bytes);
		return true;
	}
	memcpy(failed_before, d.blob.mac, sizeof(failed_before));
	log_warn("lists of generation %" PRIu64
	         ": the delta cannot be used, the whole image is fetched: %s",
	    m->generation, s->err->text);
	return false;
}

static int
follow(struct share *s, uint64_t gen, struct share_meta *m, bool *by_delta)
{
	if (share_get_meta(s, gen, m) < 0)
		return -1;
	*by_delta = follow_delta(s, m);
	if (*by_delta)
		return 0;
	if (s->err->code != ERR_NONE && share_reopen(s) < 0)
		return -1;
	return follow_whole(s, m);
}

enum share_news
share_poll(const struct config *c, uint64_t current, struct share_image *out,
    struct err *err)
{
	enum share_news news = SHARE_FAILED;
	struct share_meta m;
	struct share s;
	struct err room = {0};
	uint64_t gen;
	bool by_delta = false;

	err = err ? err : &room;
	if (share_open(&s, c, err) == 0 &&
	    share_get_generation(&s, &gen) == 0) {
		if (gen <= current)
			news = SHARE_NONE;
		else if (follow(&s, gen, &m, &by_delta) == 0 &&
		         place(c, PLACE_IMAGE, out->path, err) == 0)
			news = SHARE_NEW;
	}
	share_close(&s);
	if (news == SHARE_NEW) {
		out->generation = gen;
		out->by_delta = by_delta;
	}
	return news;
}
