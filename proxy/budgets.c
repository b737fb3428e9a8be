/* budgets.c - how many minutes of each budget somebody has used up. */
#include "proxy/budgets.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/sys/digest.h"
#include "base/sys/file.h"
#include "filters/rule.h"

#define BUCKET 8
#define FREE   0
#define BUSY   1
/* The longest rule there is, and names. */
#define ROOM   (RULE_TEXT_MAX + 1024)

/* 2026, in minutes: an earlier one is none that was ever set. */
#define TIME_BEGINS 29453760u

#define MAGIC "suzgi budgets 1\n"
#define HEAD  (16 + 16) /* magic, key */
#define ROW   16        /* tag, value */

struct slot {
	uint64_t tag;   /* atomic */
	uint64_t value; /* atomic: minutes used << 32 | the last of them */
};

struct budgets {
	struct slot *slot; /* owned */
	uint8_t key[16];
	bool dirty; /* atomic */
};

struct budgets *
budgets_new(struct err *err)
{
	struct budgets *b = calloc(1, sizeof(*b));

	if (b)
		b->slot = calloc(BUDGETS_SLOTS, sizeof(*b->slot));
	if (!b || !b->slot)
		err_set(err, ERR_MEMORY, "out of memory");
	else if (digest_random(b->key, sizeof(b->key), err) == 0)
		return b;
	budgets_free(b);
	return NULL;
}

void
budgets_free(struct budgets *b)
{
	if (!b)
		return;
	explicit_bzero(b->key, sizeof(b->key));
	free(b->slot);
	free(b);
}

/* -------------------------------------------------------------------- places */

static uint32_t
minute_of(int64_t now)
{
	return now > 0 ? (uint32_t)(now / 60) : 0;
}

static uint32_t
last_of(uint64_t value)
{
	return (uint32_t)value;
}

static uint32_t
used_of(uint64_t value)
{
	return (uint32_t)(value >> 32);
}

static uint64_t
value_of(uint32_t used, uint32_t last)
{
	return (uint64_t)used << 32 | last;
}

static bool
put(uint8_t room[ROOM], size_t *n, struct str s)
{
	if (s.n > ROOM || *n + 2 + s.n > ROOM)
		return false;
	room[(*n)++] = (uint8_t)(s.n >> 8);
	room[(*n)++] = (uint8_t)s.n;
	if (s.n)
		memcpy(room + *n, s.p, s.n);
	*n += s.n;
	return true;
}

/* False: too long, which is nobody's. */
static bool
tag_of(const struct budgets *b, const struct budget_use *u, uint64_t *tag)
{
	struct str who =
	    u->user.n ? u->user : str_make((const char *)u->client, 16);
	uint8_t all[ROOM];
	size_t n = 0;

	all[n++] = u->user.n ? 'u' : 'c';
	all[n++] = u->per;
	if (!put(all, &n, who) || !put(all, &n, u->policy) ||
	    !put(all, &n, u->text))
		return false;
	*tag = siphash128(all, n, b->key).lo;
	if (*tag <= BUSY)
		*tag = BUSY + 1;
	return true;
}

static struct slot *
bucket_of(const struct budgets *b, uint64_t tag)
{
	return &b->slot[tag % (BUDGETS_SLOTS / BUCKET) * BUCKET];
}

static struct slot *
find(const struct budgets *b, uint64_t tag)
{
	struct slot *s = bucket_of(b, tag);

	for (unsigned i = 0; i < BUCKET; i++)
		if (__atomic_load_n(&s[i].tag, __ATOMIC_ACQUIRE) == tag)
			return &s[i];
	return NULL;
}

/* May <s>, whose tag is <is>, be somebody else's from now on? */
static bool
is_old(const struct slot *s, uint64_t is, uint32_t minute)
{
	uint32_t last = last_of(__atomic_load_n(&s->value, __ATOMIC_ACQUIRE));

	return is == FREE ||
	       (is != BUSY && minute > last && minute - last > BUDGETS_OLD_M);
}

/* The slot of <tag>, made if it is not there. NULL: no room. */
static struct slot *
find_or_make(struct budgets *b, uint64_t tag, uint32_t minute)
{
	struct slot *s = find(b, tag);

	for (unsigned i = 0; !s && i < BUCKET; i++) {
		struct slot *at = bucket_of(b, tag) + i;
		uint64_t is = __atomic_load_n(&at->tag, __ATOMIC_ACQUIRE);

		if (!is_old(at, is, minute) ||
		    !__atomic_compare_exchange_n(&at->tag, &is, BUSY, false,
		        __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			continue;
		__atomic_store_n(
		    &at->value, value_of(0, minute), __ATOMIC_RELEASE);
		__atomic_store_n(&at->tag, tag, __ATOMIC_RELEASE);
		/* another thread may have made one, too: the first counts */
		s = find(b, tag);
	}
	return s;
}

/* --------------------------------------------------------------------- using */

/* Of the present day or week. */
static uint32_t
used_now(uint64_t value, int64_t began)
{
	return (int64_t)last_of(value) * 60 + 59 < began ? 0 : used_of(value);
}

/*
 * What is written at a much later minute than this is of a clock that was wrong:
 * left there it would be of each day to come until then. But a clock that has
 * just been started may be the wrong one, and must give no day back.
 */
static uint64_t
redate(struct slot *s, uint64_t value, uint32_t minute)
{
	uint64_t now = value_of(used_of(value), minute);

	if (minute < TIME_BEGINS || last_of(value) <= minute + BUDGETS_OLD_M)
		return value;
	/* else somebody else has written it: then it is of now, or will be */
	__atomic_compare_exchange_n(
	    &s->value, &value, now, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
	return now;
}

enum budget_left
budgets_left(struct budgets *b, const struct budget_use *u, int64_t now)
{
	uint32_t minute = minute_of(now), used;
	struct slot *s;
	uint64_t tag, value;

	if (!u->seconds)
		return BUDGET_SPENT;
	s = tag_of(b, u, &tag) ? find_or_make(b, tag, minute) : NULL;
	if (!s)
		return BUDGET_NO_ROOM;
	value = redate(s, __atomic_load_n(&s->value, __ATOMIC_ACQUIRE), minute);
	used = used_now(value, u->began);
	if (used && last_of(value) == minute)
		used--; /* it is paid for already */
	return (uint64_t)used * 60 >= u->seconds ? BUDGET_SPENT : BUDGET_LEFT;
}

void
budgets_charge(struct budgets *b, const struct budget_use *u, int64_t now)
{
	uint32_t minute = minute_of(now);
	struct slot *s;
	uint64_t tag, was, next;

	s = tag_of(b, u, &tag) ? find_or_make(b, tag, minute) : NULL;
	if (!s)
		return;
	was = __atomic_load_n(&s->value, __ATOMIC_ACQUIRE);
	do {
		uint32_t used = used_now(was, u->began), last = last_of(was);

		/* a worker may see the minute turn a little later */
		if (used && (last == minute || last == minute + 1))
			return;
		next = value_of(used + 1, minute);
	} while (!__atomic_compare_exchange_n(
	    &s->value, &was, next, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
	__atomic_store_n(&b->dirty, true, __ATOMIC_RELEASE);
}

unsigned
budgets_used(const struct budgets *b, const struct budget_use *u, int64_t now)
{
	const struct slot *s;
	uint64_t tag;

	(void)now;
	s = tag_of(b, u, &tag) ? find(b, tag) : NULL;
	return s ? used_now(
	               __atomic_load_n(&s->value, __ATOMIC_ACQUIRE), u->began)
	         : 0;
}

/* ---------------------------------------------------------------------- file */

static void
put_u64(struct buf *out, uint64_t v)
{
	uint8_t p[8];

	for (unsigned i = 0; i < 8; i++)
		p[i] = (uint8_t)(v >> 8 * i);
	buf_add(out, p, sizeof(p));
}

static uint64_t
get_u64(const uint8_t *p)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < 8; i++)
		v |= (uint64_t)p[i] << 8 * i;
	return v;
}

static int
take_rows(struct budgets *b, const uint8_t *p, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++, p += ROW) {
		uint64_t tag = get_u64(p), value = get_u64(p + 8);
		struct slot *s = find_or_make(b, tag, last_of(value));

		if (tag <= BUSY)
			return err_set(err, ERR_CORRUPT, "a row of nobody");
		if (s)
			s->value = value;
	}
	return 0;
}

static int
take(struct budgets *b, const uint8_t *p, size_t n, struct err *err)
{
	uint8_t sum[DIGEST_BYTES];

	if (n < HEAD + DIGEST_BYTES || (n - HEAD - DIGEST_BYTES) % ROW ||
	    memcmp(p, MAGIC, 16) != 0)
		return err_set(err, ERR_CORRUPT, "it is no file of budgets");
	if (digest_sha256(p, n - DIGEST_BYTES, sum, err) < 0)
		return -1;
	if (memcmp(sum, p + n - DIGEST_BYTES, DIGEST_BYTES) != 0)
		return err_set(err, ERR_CORRUPT, "its sum is wrong");
	memcpy(b->key, p + 16, sizeof(b->key));
	return take_rows(b, p + HEAD, (n - HEAD - DIGEST_BYTES) / ROW, err);
}

int
budgets_load(struct budgets *b, const char *path, struct err *err)
{
	struct buf text = BUF_EMPTY;
	struct err why;
	int rc;

	if (access(path, F_OK) < 0 && errno == ENOENT)
		return 0;
	rc = file_read(
	    path, HEAD + ROW * BUDGETS_SLOTS + DIGEST_BYTES, &text, err);
	if (rc == 0) {
		rc = take(b, (const uint8_t *)text.p, text.n, &why);
		if (rc < 0)
			err_set(err, why.code, "%s: %s", path, why.text);
	}
	buf_fini(&text);
	return rc;
}

int
budgets_save(struct budgets *b, const char *path, struct err *err)
{
	struct buf out = BUF_EMPTY;
	uint8_t sum[DIGEST_BYTES];
	int rc = -1;

	if (!__atomic_exchange_n(&b->dirty, false, __ATOMIC_ACQ_REL))
		return 0;
	buf_add(&out, MAGIC, 16);
	buf_add(&out, b->key, sizeof(b->key));
	for (unsigned i = 0; i < BUDGETS_SLOTS; i++) {
		uint64_t tag =
		    __atomic_load_n(&b->slot[i].tag, __ATOMIC_ACQUIRE);
		uint64_t value =
		    __atomic_load_n(&b->slot[i].value, __ATOMIC_ACQUIRE);

		if (tag <= BUSY || !used_of(value))
			continue;
		put_u64(&out, tag);
		put_u64(&out, value);
	}
	if (out.failed)
		err_set(err, ERR_MEMORY, "out of memory");
	else if (digest_sha256(out.p, out.n, sum, err) == 0) {
		buf_add(&out, sum, sizeof(sum));
		rc = out.failed ? err_set(err, ERR_MEMORY, "out of memory")
		                : file_replace(path, buf_str(&out), 0600, err);
	}
	if (rc < 0) /* again the next time */
		__atomic_store_n(&b->dirty, true, __ATOMIC_RELEASE);
	buf_fini(&out);
	return rc;
}
