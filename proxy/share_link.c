/* share_link.c - what of a published image stands in Redis. */
#include "proxy/share_link.h"

#include <inttypes.h>

#include "base/err.h"
#include "config/config.h"
#include "proxy/redis_sync.h"

#define SHARE_ALL_MS   300000 /* for all of it: 1 GiB at 30 Mbit/s */
#define SHARE_EXPIRE   "172800"
#define SHARE_KEY_ROOM 128

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

int
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

void
share_close(struct share *s)
{
	redis_sync_close(s->redis);
	explicit_bzero(&s->key, sizeof(s->key));
}

int
share_reopen(struct share *s)
{
	redis_sync_close(s->redis);
	s->redis = redis_sync_open(s->c->redis_url, SHARE_ALL_MS, s->err);
	return s->redis ? 0 : -1;
}

/* HGET: a text into <out>. */
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

int
share_get_generation(struct share *s, uint64_t *gen)
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

int
share_get_meta(struct share *s, uint64_t gen, struct share_meta *m)
{
	char room[SHARE_KEY_ROOM];
	struct bytes key = list_key(s, gen, "meta", room);
	uint64_t format;

	memset(m, 0, sizeof(*m));
	m->generation = gen;
	s->err->code = ERR_NONE;
	if (get_number(s, key, "format", &format) && format == 1 &&
	    get_number(s, key, "bytes", &m->bytes) &&
	    get_number(s, key, "chunks", &m->chunks) &&
	    get_digest(s, key, "sha256", m->sha256) &&
	    get_digest(s, key, "mac", m->mac) &&
	    share_meta_holds(m, s->key.lists))
		return 0;
	if (s->err->code != ERR_NONE)
		return -1; /* Redis failed, and said how */
	return err_set(s->err, ERR_REFUSED,
	    "lists of generation %" PRIu64
	    " in Redis: missing, malformed or not signed with our [redis] "
	    "key-file",
	    gen);
}

enum share_got
share_get_delta(struct share *s, const struct share_meta *to,
    const char base[SHARE_DIGEST_HEX], struct share_delta *d)
{
	char room[SHARE_KEY_ROOM];
	struct bytes key = list_key(s, to->generation, "delta", room), v;
	enum got got = get_field(s, key, "base", &v);
	uint64_t format;

	if (got == GOT_FAILED)
		return SHARE_GOT_FAILED;
	if (got == GOT_NIL || !str_eq(as_str(v), str_of(base)))
		return SHARE_GOT_NONE;
	memset(d, 0, sizeof(*d));
	memcpy(d->base, base, sizeof(d->base));
	memcpy(d->image, to->sha256, sizeof(d->image));
	d->blob.generation = to->generation;
	s->err->code = ERR_NONE;
	if (get_number(s, key, "format", &format) && format == 1 &&
	    get_number(s, key, "bytes", &d->blob.bytes) &&
	    get_number(s, key, "chunks", &d->blob.chunks) &&
	    get_digest(s, key, "sha256", d->blob.sha256) &&
	    get_digest(s, key, "mac", d->blob.mac) &&
	    share_delta_holds(d, s->key.lists) &&
	    d->blob.bytes < to->bytes / SHARE_DELTA_PART)
		return SHARE_GOT;
	if (s->err->code == ERR_NONE)
		err_set(s->err, ERR_REFUSED,
		    "its meta is malformed or not signed with our [redis] "
		    "key-file");
	return SHARE_GOT_FAILED;
}

int
share_get_chunks(struct share *s, const struct share_meta *m, const char *what,
    const struct compile_out *out)
{
	char room[SHARE_KEY_ROOM], field[24];
	struct bytes key = list_key(s, m->generation, what, room), chunk;
	uint64_t at = 0;

	for (uint64_t i = 0; i < m->chunks; i++) {
		uint64_t left = m->bytes - at;
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
		if (out->write(out->ctx, at, chunk.p, chunk.n, s->err) < 0)
			return -1;
		at += want;
	}
	return 0;
}

bool
share_has_chunks(struct share *s, const struct share_meta *m)
{
	char room[SHARE_KEY_ROOM];
	struct resp_reply reply;

	return redis_sync_ask(s->redis,
	           (struct bytes[]){
	               text("HLEN"), list_key(s, m->generation, "c", room)},
	           2, &reply, s->err) == 0 &&
	       reply.kind == RESP_INTEGER &&
	       (uint64_t)reply.number == m->chunks;
}

/* --------------------------------------------------------------- writing */

/* A command whose answer is of no interest, as long as it is no error. */
static int
tell(struct share *s, const struct bytes *args, unsigned n)
{
	struct resp_reply reply;

	return redis_sync_ask(s->redis, args, n, &reply, s->err);
}

int
share_put_chunks(struct share *s, const struct share_meta *m, const char *what,
    struct bytes blob)
{
	char room[SHARE_KEY_ROOM], field[24];
	struct bytes key = list_key(s, m->generation, what, room);

	for (uint64_t i = 0; i < m->chunks; i++) {
		uint64_t at = i * SHARE_CHUNK, n = blob.n - at;

		if (n > SHARE_CHUNK)
			n = SHARE_CHUNK;
		snprintf(field, sizeof(field), "%" PRIu64, i);
		if (tell(s,
		        (struct bytes[]){text("HSET"), key, text(field),
		            {blob.p + at, (size_t)n}},
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

int
share_put_delta(struct share *s, const struct share_delta *d)
{
	char room[SHARE_KEY_ROOM], bytes[24], chunks[24];
	struct bytes key = list_key(s, d->blob.generation, "delta", room);

	snprintf(bytes, sizeof(bytes), "%" PRIu64, d->blob.bytes);
	snprintf(chunks, sizeof(chunks), "%" PRIu64, d->blob.chunks);
	if (tell(s,
	        (struct bytes[]){text("HSET"), key, text("format"), text("1"),
	            text("base"), text(d->base), text("bytes"), text(bytes),
	            text("chunks"), text(chunks), text("sha256"),
	            text(d->blob.sha256), text("mac"), text(d->blob.mac)},
	        14) < 0)
		return -1;
	return tell(
	    s, (struct bytes[]){text("EXPIRE"), key, text(SHARE_EXPIRE)}, 3);
}

int
share_put_meta(struct share *s, const struct share_meta *m)
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

int
share_expire(struct share *s, uint64_t gen)
{
	static const char *const what[] = {"meta", "c", "delta", "d"};
	char room[SHARE_KEY_ROOM];

	for (unsigned i = 0; i < 4; i++)
		if (tell(s,
		        (struct bytes[]){text("EXPIRE"),
		            list_key(s, gen, what[i], room),
		            text(SHARE_EXPIRE)},
		        3) < 0)
			return -1;
	return 0;
}
