/*
 * facts_fetch.c - NEED -> the worker's cache, then Redis, within a deadline.
 *
 * Where an answer is kept is named by a keyed hash of the snapshot's digest
 * and of the URL, canonical and as sent; what Redis gives back is
 * bound to that name by a MAC. docs/formats/redis.md has both, byte by byte.
 */
#include "proxy/facts_fetch.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/sys/digest.h"
#include "config/config.h"
#include "filters/request.h"
#include "filters/snapshot.h"
#include "proxy/cache.h"
#include "proxy/redis.h"
#include "proxy/sitekey.h"
#include "proxy/worker.h"

#define FACTS_SLOTS   4096 /* some 0.4 MiB a worker */
#define FACTS_TTL_S   3600
#define FACTS_VERSION 2
#define FACTS_ID      16 /* bytes of the name of a URL */
#define FACTS_HEAD    12
#define FACTS_MAC     16
#define FACTS_VALUE   (FACTS_HEAD + 2 * PATTERN_HITS_MAX + FACTS_MAC)
#define FACTS_PREFIX  80 /* [redis] prefix has at most 64 */
#define FACTS_KEY     (FACTS_PREFIX + 2 + 2 * FACTS_ID)

struct facts_cache {
	struct cache *found; /* owned: struct pattern_hits by name */
	struct sitekey key;
	struct buf text; /* owned: what is hashed; kept for its memory */
	char prefix[FACTS_PREFIX];
	uint64_t chance;
};

struct facts_cache *
facts_cache_new(const struct config *c, struct err *err)
{
	struct facts_cache *f = calloc(1, sizeof(*f));
	int rc;

	if (!f ||
	    !(f->found = cache_new(FACTS_SLOTS, sizeof(struct pattern_hits)))) {
		free(f);
		err_set(err, ERR_MEMORY, "no memory for the cache of facts");
		return NULL;
	}
	rc = c->redis_url.n ? sitekey_load(c, &f->key, err)
	                    : sitekey_invent(&f->key, err);
	if (rc == 0)
		rc = digest_random(&f->chance, sizeof(f->chance), err);
	f->chance |= 1;
	if (rc == 0 && !str_copy(c->redis_prefix, f->prefix, FACTS_PREFIX))
		rc = err_set(err, ERR_LIMIT, "[redis] prefix is too long");
	if (rc < 0) {
		facts_cache_free(f);
		return NULL;
	}
	return f;
}

void
facts_cache_free(struct facts_cache *c)
{
	if (!c)
		return;
	cache_free(c->found);
	buf_fini(&c->text);
	explicit_bzero(&c->key, sizeof(c->key));
	free(c);
}

static void
put_le(uint8_t *p, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static uint64_t
get_le(const uint8_t *p, unsigned bytes)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < bytes; i++)
		v |= (uint64_t)p[i] << 8 * i;
	return v;
}

static void
add_reading(struct buf *b, struct str s)
{
	uint8_t n[4];

	put_le(n, s.n, sizeof(n));
	buf_add(b, n, sizeof(n));
	buf_add_str(b, s);
}

/* The name of what <s> finds in <r>. False: no memory. */
static bool
facts_name(struct facts_cache *c, const struct snapshot *s,
    const struct request *r, struct cache_key *out)
{
	uint8_t digest[8];
	struct hash128 h;

	put_le(digest, snapshot_digest(s), sizeof(digest));
	buf_reset(&c->text);
	buf_add(&c->text, digest, sizeof(digest));
	add_reading(&c->text, r->url.text);
	add_reading(&c->text, r->url.raw);
	if (c->text.failed)
		return false;
	h = siphash128(c->text.p, c->text.n, c->key.names);
	*out = (struct cache_key){h.lo, h.hi};
	return true;
}

static void
name_bytes(struct cache_key name, uint8_t id[FACTS_ID])
{
	put_le(id, name.lo, 8);
	put_le(id + 8, name.hi, 8);
}

static struct bytes
facts_redis_key(
    const struct facts_cache *c, struct cache_key name, char out[FACTS_KEY])
{
	static const char hex[] = "0123456789abcdef";
	size_t n = strlen(c->prefix);
	uint8_t id[FACTS_ID];

	name_bytes(name, id);
	memcpy(out, c->prefix, n);
	out[n++] = 'v';
	out[n++] = ':';
	for (unsigned i = 0; i < FACTS_ID; i++) {
		out[n++] = hex[id[i] >> 4];
		out[n++] = hex[id[i] & 15];
	}
	return (struct bytes){(const uint8_t *)out, n};
}

/* The MAC over the name and <n> bytes of <value>. False: no memory. */
static bool
facts_mac(const struct facts_cache *c, struct cache_key name,
    const uint8_t *value, size_t n, uint8_t out[DIGEST_BYTES])
{
	uint8_t all[FACTS_ID + FACTS_VALUE];

	name_bytes(name, all);
	memcpy(all + FACTS_ID, value, n);
	return digest_hmac(c->key.facts, sizeof(c->key.facts), all,
	           FACTS_ID + n, out) == 0;
}

/* The value for Redis; its length, 0: no memory. */
static size_t
facts_pack(const struct facts_cache *c, const struct snapshot *s,
    struct cache_key name, const struct pattern_hits *hits,
    uint8_t out[FACTS_VALUE])
{
	uint8_t mac[DIGEST_BYTES];
	size_t n = FACTS_HEAD + 2 * (size_t)hits->n;

	memset(out, 0, FACTS_VALUE);
	out[0] = FACTS_VERSION;
	out[1] = (uint8_t)hits->n;
	put_le(out + 2, hits->every, 2);
	put_le(out + 4, snapshot_digest(s), 8);
	for (unsigned i = 0; i < hits->n; i++)
		put_le(out + FACTS_HEAD + 2 * i, hits->id[i], 2);
	if (!facts_mac(c, name, out, n, mac))
		return 0;
	memcpy(out + n, mac, FACTS_MAC);
	return n + FACTS_MAC;
}

/* Take a value apart; false unless all of it is as it must be. */
static bool
facts_unpack(const struct facts_cache *c, const struct snapshot *s,
    struct cache_key name, struct bytes v, struct pattern_hits *out)
{
	uint8_t mac[DIGEST_BYTES];
	size_t n;

	*out = (struct pattern_hits){0};
	if (v.n < FACTS_HEAD + FACTS_MAC || v.n > FACTS_VALUE ||
	    v.p[0] != FACTS_VERSION || v.p[1] > PATTERN_HITS_MAX ||
	    v.n != FACTS_HEAD + 2u * v.p[1] + FACTS_MAC ||
	    get_le(v.p + 2, 2) >> v.p[1] ||
	    get_le(v.p + 4, 8) != snapshot_digest(s))
		return false;
	n = v.n - FACTS_MAC;
	if (!facts_mac(c, name, v.p, n, mac) ||
	    !digest_equal(mac, v.p + n, FACTS_MAC))
		return false;
	out->n = v.p[1];
	out->every = (uint16_t)get_le(v.p + 2, 2);
	for (unsigned i = 0; i < out->n; i++) {
		out->id[i] = (uint16_t)get_le(v.p + FACTS_HEAD + 2 * i, 2);
		if (out->id[i] >= snapshot_patterns(s) ||
		    (i && out->id[i] <= out->id[i - 1]))
			return false;
	}
	return true;
}

static void
settle(struct facts *f, const struct pattern_hits *hits)
{
	f->patterns = *hits;
	f->settled |= FACT_PATTERNS;
}

static void
facts_came(void *arg, enum redis_answer a, struct bytes value)
{
	struct facts_wait *wait = arg;
	struct worker *w = wait->worker;
	struct cache_key name = {wait->key[0], wait->key[1]};
	struct pattern_hits hits;

	wait->waiting = false;
	switch (a) {
	case REDIS_VALUE:
		if (facts_unpack(
		        w->facts, wait->snapshot, name, value, &hits)) {
			stats_add(&w->stats.redis_hits, 1);
			cache_put(w->facts->found, name, &hits);
			settle(wait->facts, &hits);
			break;
		}
		stats_add(&w->stats.redis_tamper, 1);
		stats_add(&w->stats.redis_misses, 1);
		break;
	case REDIS_NIL:
		stats_add(&w->stats.redis_misses, 1);
		break;
	case REDIS_FAILED:
		break; /* counted by the link */
	}
	wait->done(wait->arg);
}

bool
facts_fetch(struct worker *w, const struct snapshot *s, const struct request *r,
    struct facts *f, struct facts_wait *wait)
{
	const struct pattern_hits *hits;
	struct cache_key name;
	char key[FACTS_KEY];

	wait->waiting = false;
	f->asked |= FACT_PATTERNS;
	if (!facts_name(w->facts, s, r, &name))
		return true;
	hits = cache_find(w->facts->found, name);
	if (hits) {
		stats_add(&w->stats.cache_hits, 1);
		settle(f, hits);
		return true;
	}
	stats_add(&w->stats.cache_misses, 1);
	if (!w->redis || !redis_is_up(w->redis))
		return true;
	wait->facts = f;
	wait->key[0] = name.lo;
	wait->key[1] = name.hi;
	wait->snapshot = s;
	wait->worker = w;
	wait->seq = redis_get(
	    w->redis, facts_redis_key(w->facts, name, key), facts_came, wait);
	wait->waiting = wait->seq != 0;
	return !wait->waiting;
}

void
facts_cancel(struct facts_wait *wait)
{
	if (!wait->waiting)
		return;
	wait->waiting = false;
	redis_forget(wait->worker->redis, wait->seq);
}

/* Not all of one age at once: 45 to 60 minutes. */
static unsigned
facts_ttl(struct facts_cache *c)
{
	c->chance ^= c->chance << 13;
	c->chance ^= c->chance >> 7;
	c->chance ^= c->chance << 17;
	return FACTS_TTL_S - (unsigned)(c->chance % (FACTS_TTL_S / 4 + 1));
}

void
facts_store(struct worker *w, const struct snapshot *s, const struct request *r,
    const struct pattern_hits *found)
{
	uint8_t value[FACTS_VALUE];
	char key[FACTS_KEY];
	struct cache_key name;
	size_t n;

	if (found->overflow || found->n > PATTERN_HITS_MAX ||
	    !facts_name(w->facts, s, r, &name))
		return;
	cache_put(w->facts->found, name, found);
	/* where a pattern gives up depends on the build that runs it */
	if (found->limit || !w->redis || !redis_is_up(w->redis))
		return;
	n = facts_pack(w->facts, s, name, found, value);
	if (n)
		redis_set(w->redis, facts_redis_key(w->facts, name, key),
		    (struct bytes){value, n}, facts_ttl(w->facts));
}
