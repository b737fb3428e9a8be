/*
 * share.c - the list image through Redis: one gateway publishes, the others
 * follow. docs/formats/redis.md has keys, fields and files.
 *
 * Against the house: includes lists/image.h, since an image that came from
 * elsewhere has to prove itself before it takes the place of one that works.
 */
#include "proxy/share.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sys/clock.h"
#include "base/sys/file.h"
#include "config/config.h"
#include "lists/image.h"
#include "proxy/redis_sync.h"
#include "proxy/share_meta.h"
#include "proxy/sitekey.h"

#define SHARE_ALL_MS   300000 /* for all of it: 1 GiB at 30 Mbit/s */
#define SHARE_EXPIRE   "172800"
#define SHARE_AHEAD_S  ((uint64_t)10 * 365 * 86400)
#define SHARE_KEY_ROOM 128

/* What one call needs. */
struct share {
	const struct config *c;
	struct sitekey key;
	struct redis_sync *redis; /* owned */
	struct err *err;
};

static struct bytes
text(const char *z)
{
	return (struct bytes){(const uint8_t *)z, strlen(z)};
}

/* "<prefix>{list:<gen>}:<what>" */
static struct bytes
list_key(const struct share *s, uint64_t gen, const char *what,
    char room[SHARE_KEY_ROOM])
{
	snprintf(room, SHARE_KEY_ROOM, "%.*s{list:%" PRIu64 "}:%s",
	    STR_ARG(s->c->redis_prefix), gen, what);
	return text(room);
}

static struct bytes
gen_key(const struct share *s, char room[SHARE_KEY_ROOM])
{
	snprintf(room, SHARE_KEY_ROOM, "%.*sgen", STR_ARG(s->c->redis_prefix));
	return text(room);
}

static int
share_open(struct share *s, const struct config *c, struct err *err)
{
	*s = (struct share){.c = c, .err = err};
	if (c->redis_url.n == 0)
		return err_set(err, ERR_INPUT, "[redis] url is not set");
	if (sitekey_load(c, &s->key, err) < 0)
		return -1;
	s->redis = redis_sync_open(c->redis_url, SHARE_ALL_MS, err);
	return s->redis ? 0 : -1;
}

static void
share_close(struct share *s)
{
	redis_sync_close(s->redis);
	explicit_bzero(&s->key, sizeof(s->key));
}

/* HGET: a text into <out>. 1; 0 where there is none; -1. */
enum got { GOT_FAILED = 0, GOT_NIL, GOT_TEXT };
static enum got
get_field(
    struct share *s, struct bytes key, const char *field, struct bytes *out)
{
	struct resp_reply reply;

	if (redis_sync_ask(s->redis,
	        (struct bytes[]){text("HGET"), key, text(field)}, 3, &reply,
	        s->err) < 0)
		return GOT_FAILED;
	if (reply.kind == RESP_NIL)
		return GOT_NIL;
	if (reply.kind != RESP_STRING) {
		err_set(s->err, ERR_CORRUPT, "Redis: not an answer to HGET");
		return GOT_FAILED;
	}
	*out = reply.text;
	return GOT_TEXT;
}

static struct str
as_str(struct bytes b)
{
	return str_make((const char *)b.p, b.n);
}

/* What <prefix>gen says: 0 for nothing there. -1 with <err> set. */
static int
get_generation(struct share *s, uint64_t *gen)
{
	char room[SHARE_KEY_ROOM];
	struct bytes v;

	*gen = 0;
	switch (get_field(s, gen_key(s, room), "lists", &v)) {
	case GOT_FAILED:
		return -1;
	case GOT_NIL:
		return 0;
	case GOT_TEXT:
		break;
	}
	if (!share_number(as_str(v), SHARE_GEN_MAX, gen))
		return err_set(s->err, ERR_CORRUPT,
		    "Redis: what the lists' generation says is no generation");
	return 0;
}

static bool
get_number(struct share *s, struct bytes key, const char *field, uint64_t *out)
{
	struct bytes v;

	return get_field(s, key, field, &v) == GOT_TEXT &&
	       share_number(as_str(v), SHARE_IMAGE_MAX, out);
}

static bool
get_digest(struct share *s, struct bytes key, const char *field,
    char out[SHARE_DIGEST_HEX])
{
	struct bytes v;

	return get_field(s, key, field, &v) == GOT_TEXT &&
	       v.n == SHARE_DIGEST_HEX - 1 &&
	       str_copy(as_str(v), out, SHARE_DIGEST_HEX);
}

/* The meta of <gen>, proven. -1 with <err> set. */
static int
get_meta(struct share *s, uint64_t gen, struct share_meta *m)
{
	char room[SHARE_KEY_ROOM];
	struct bytes key = list_key(s, gen, "meta", room);
	uint64_t format;

	memset(m, 0, sizeof(*m));
	m->generation = gen;
	if (s->err)
		s->err->code = ERR_NONE;
	if (get_number(s, key, "format", &format) && format == 1 &&
	    get_number(s, key, "bytes", &m->bytes) &&
	    get_number(s, key, "chunks", &m->chunks) &&
	    get_digest(s, key, "sha256", m->sha256) &&
	    get_digest(s, key, "mac", m->mac) &&
	    share_meta_holds(m, s->key.lists))
		return 0;
	if (s->err && s->err->code != ERR_NONE)
		return -1; /* Redis failed, and said how */
	return err_set(s->err, ERR_REFUSED,
	    "lists of generation %" PRIu64
	    " in Redis: missing, malformed or not signed with our [redis] "
	    "key-file",
	    gen);
}

/* SHA-256 of <image> as hex; is it sound? -1 with <err> set. */
static int
prove_image(struct bytes image, char sha256[SHARE_DIGEST_HEX], struct err *err)
{
	uint8_t digest[DIGEST_BYTES];
	struct image view;

	if (image_view(&view, image, err) < 0)
		return -1;
	if (!image_intact(&view))
		return err_set(
		    err, ERR_CORRUPT, "the list image's checksum is wrong");
	if (digest_sha256(image.p, image.n, digest, err) < 0)
		return -1;
	share_hex(digest, sha256);
	return 0;
}

/* ------------------------------------------------------------ publishing */

/* A command whose answer is of no interest, as long as it is no error. */
static int
tell(struct share *s, const struct bytes *args, unsigned n)
{
	struct resp_reply reply;

	return redis_sync_ask(s->redis, args, n, &reply, s->err);
}

static int
put_chunks(struct share *s, const struct share_meta *m, struct bytes image)
{
	char room[SHARE_KEY_ROOM], field[24];
	struct bytes key = list_key(s, m->generation, "c", room);

	for (uint64_t i = 0; i < m->chunks; i++) {
		uint64_t at = i * SHARE_CHUNK, n = image.n - at;

		if (n > SHARE_CHUNK)
			n = SHARE_CHUNK;
		snprintf(field, sizeof(field), "%" PRIu64, i);
		if (tell(s,
		        (struct bytes[]){text("HSET"), key, text(field),
		            {image.p + at, (size_t)n}},
		        4) < 0)
			return -1;
		if (i == 0 && tell(s,
		                  (struct bytes[]){
		                      text("EXPIRE"), key, text(SHARE_EXPIRE)},
		                  3) < 0)
			return -1;
	}
	return 0;
}

static int
put_meta(struct share *s, const struct share_meta *m)
{
	char room[SHARE_KEY_ROOM], bytes[24], chunks[24], gen[24];

	snprintf(bytes, sizeof(bytes), "%" PRIu64, m->bytes);
	snprintf(chunks, sizeof(chunks), "%" PRIu64, m->chunks);
	snprintf(gen, sizeof(gen), "%" PRIu64, m->generation);
	if (tell(s,
	        (struct bytes[]){
	            text("PERSIST"), list_key(s, m->generation, "c", room)},
	        2) < 0)
		return -1;
	if (tell(s,
	        (struct bytes[]){text("HSET"),
	            list_key(s, m->generation, "meta", room), text("format"),
	            text("1"), text("bytes"), text(bytes), text("chunks"),
	            text(chunks), text("sha256"), text(m->sha256), text("mac"),
	            text(m->mac)},
	        12) < 0)
		return -1;
	return tell(s,
	    (struct bytes[]){
	        text("HSET"), gen_key(s, room), text("lists"), text(gen)},
	    4);
}

/* From now on nobody begins to fetch <gen>. */
static int
expire(struct share *s, uint64_t gen)
{
	static const char *const what[] = {"meta", "c"};
	char room[SHARE_KEY_ROOM];

	for (unsigned i = 0; i < 2; i++)
		if (tell(s,
		        (struct bytes[]){text("EXPIRE"),
		            list_key(s, gen, what[i], room),
		            text(SHARE_EXPIRE)},
		        3) < 0)
			return -1;
	return 0;
}

/* Does <gen> stand there whole, signed by us, with the content of <m>? */
static bool
is_published(struct share *s, uint64_t gen, const struct share_meta *m)
{
	char room[SHARE_KEY_ROOM];
	struct share_meta old;
	struct resp_reply reply;

	return gen != 0 && get_meta(s, gen, &old) == 0 &&
	       old.bytes == m->bytes && strcmp(old.sha256, m->sha256) == 0 &&
	       redis_sync_ask(s->redis,
	           (struct bytes[]){text("HLEN"), list_key(s, gen, "c", room)},
	           2, &reply, s->err) == 0 &&
	       reply.kind == RESP_INTEGER &&
	       (uint64_t)reply.number == m->chunks;
}

static int
publish(struct share *s, struct share_meta *m, struct bytes image)
{
	uint64_t now = (uint64_t)(clock_wall_ms() / 1000), old;

	/* what makes no sense there is written over, not obeyed */
	if (get_generation(s, &old) < 0 && s->err->code != ERR_CORRUPT)
		return -1;
	if (old > now + SHARE_AHEAD_S)
		old = 0;
	if (is_published(s, old, m)) {
		m->generation = old;
		return 0;
	}
	m->generation = old >= now ? old + 1 : now;
	if (!share_meta_sign(m, s->key.lists))
		return err_set(s->err, ERR_MEMORY, "cannot sign the lists");
	if (put_chunks(s, m, image) < 0 || put_meta(s, m) < 0)
		return -1;
	return old ? expire(s, old) : 0;
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
	} else if (prove_image(image, m.sha256, err) == 0) {
		m.bytes = image.n;
		m.chunks = (m.bytes + SHARE_CHUNK - 1) / SHARE_CHUNK;
		if (share_open(&s, c, err) == 0)
			rc = publish(&s, &m, image);
		share_close(&s);
	}
	file_unmap(image);
	if (rc == 0)
		*generation = m.generation;
	return rc;
}

/* ------------------------------------------------------------- following */

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

static int
write_all(int fd, struct bytes b, struct err *err)
{
	while (b.n) {
		ssize_t n = write(fd, b.p, b.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, errno, "cannot write the lists");
		b.p += n;
		b.n -= (size_t)n;
	}
	return 0;
}

static int
fetch_chunks(struct share *s, const struct share_meta *m, int fd)
{
	char room[SHARE_KEY_ROOM], field[24];
	struct bytes key = list_key(s, m->generation, "c", room), chunk;
	uint64_t left = m->bytes;

	for (uint64_t i = 0; i < m->chunks; i++) {
		uint64_t want = left < SHARE_CHUNK ? left : SHARE_CHUNK;
		enum got got;

		snprintf(field, sizeof(field), "%" PRIu64, i);
		got = get_field(s, key, field, &chunk);
		if (got == GOT_FAILED)
			return -1;
		if (got == GOT_NIL || chunk.n != want)
			return err_set(s->err, ERR_CORRUPT,
			    "lists of generation %" PRIu64
			    " in Redis: chunk %" PRIu64 " is missing or not of "
			    "its size",
			    m->generation, i);
		if (write_all(fd, chunk, s->err) < 0)
			return -1;
		left -= want;
	}
	if (fsync(fd) < 0)
		return err_sys(s->err, errno, "cannot sync the lists");
	return 0;
}

/* Is the file at <path> what <m> says, and a sound image? */
static int
prove_file(const char *path, const struct share_meta *m, struct err *err)
{
	char sha256[SHARE_DIGEST_HEX];
	struct bytes image;
	int rc;

	if (file_map(path, &image, err) < 0)
		return -1;
	if (image.n != m->bytes)
		rc = err_set(err, ERR_CORRUPT, "%s: wrong size", path);
	else
		rc = prove_image(image, sha256, err);
	/* cppcheck-suppress uninitvar ; it was set where rc is 0 */
	if (rc == 0 && strcmp(sha256, m->sha256) != 0)
		rc = err_set(err, ERR_CORRUPT, "%s: wrong SHA-256", path);
	file_unmap(image);
	return rc;
}

/*
 * Put image and meta in place: the new meta lies beside the old one while the
 * image changes, so that at any moment one of both fits the image.
 */
static int
install(const struct config *c, const struct share_meta *m, struct err *err)
{
	char image[PATH_MAX], tmp[PATH_MAX], meta[PATH_MAX], new[PATH_MAX];
	char lines[SHARE_META_TEXT];
	size_t n = share_meta_text(m, lines);

	if (place(c, PLACE_IMAGE, image, err) < 0 ||
	    place(c, PLACE_IMAGE_TMP, tmp, err) < 0 ||
	    place(c, PLACE_META, meta, err) < 0 ||
	    place(c, PLACE_META_NEW, new, err) < 0 ||
	    file_replace(new, str_make(lines, n), 0640, err) < 0)
		return -1;
	if (rename(tmp, image) < 0)
		return err_sys(err, errno, "cannot replace %s", image);
	if (rename(new, meta) < 0)
		return err_sys(err, errno, "cannot replace %s", meta);
	return 0;
}

static int
follow(struct share *s, uint64_t gen, struct share_meta *m)
{
	char tmp[PATH_MAX];
	int fd, rc;

	if (get_meta(s, gen, m) < 0 ||
	    place(s->c, PLACE_IMAGE_TMP, tmp, s->err) < 0)
		return -1;
	unlink(tmp);
	fd = open(
	    tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd < 0)
		return err_sys(s->err, errno, "cannot create %s", tmp);
	rc = fetch_chunks(s, m, fd);
	close(fd);
	if (rc == 0)
		rc = prove_file(tmp, m, s->err);
	if (rc == 0)
		rc = install(s->c, m, s->err);
	if (rc < 0)
		unlink(tmp);
	return rc;
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

	err = err ? err : &room;
	if (share_open(&s, c, err) == 0 && get_generation(&s, &gen) == 0) {
		if (gen <= current)
			news = SHARE_NONE;
		else if (follow(&s, gen, &m) == 0 &&
		         place(c, PLACE_IMAGE, out->path, err) == 0)
			news = SHARE_NEW;
	}
	share_close(&s);
	if (news == SHARE_NEW)
		out->generation = gen;
	return news;
}

/* The meta at <p>, proven, and the image with it. */
static int
kept(const struct config *c, enum place p, const struct sitekey *key,
    struct share_image *out, struct err *err)
{
	struct buf b = BUF_EMPTY;
	struct share_meta m;
	char path[PATH_MAX];
	int rc = -1;

	if (place(c, p, path, err) == 0 &&
	    place(c, PLACE_IMAGE, out->path, err) == 0)
		rc = file_read(path, SHARE_META_TEXT, &b, err);
	if (rc == 0 && (!share_meta_parse(buf_str(&b), &m) ||
	                   !share_meta_holds(&m, key->lists)))
		rc = err_set(err, ERR_REFUSED,
		    "%s: malformed or not signed with our [redis] key-file",
		    path);
	buf_fini(&b);
	if (rc == 0)
		rc = prove_file(out->path, &m, err);
	if (rc == 0)
		out->generation = m.generation;
	return rc;
}

bool
share_kept(const struct config *c, struct share_image *out, struct err *err)
{
	struct sitekey key;
	bool found;

	if (sitekey_load(c, &key, err) < 0)
		return false;
	/* the new one first: where both fit, both say the same */
	found = kept(c, PLACE_META_NEW, &key, out, err) == 0 ||
	        kept(c, PLACE_META, &key, out, err) == 0;
	explicit_bzero(&key, sizeof(key));
	return found;
}
