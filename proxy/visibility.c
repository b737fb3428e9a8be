/* visibility.c - how much of the traffic can be seen. */
#include "proxy/visibility.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/buf.h"

#define HOUR_S          3600
/* An hour that was watched for less says little. */
#define WATCHED_LEAST_S 2700
/* So many weeks until one may speak of what is usual. */
#define WEEKS_LEAST     2
/* Below so many requests or blocks an hour chance alone makes such factors. */
#define REQUESTS_LEAST  50
#define BLOCKED_LEAST   20
#define BLOCKED_FACTOR  4
#define TUNNELS_POINTS  25 /* of a hundred */

#define MAGIC "suzgi-visibility 1\n"

static uint64_t
grown(uint64_t now, uint64_t before)
{
	return now >= before ? now - before : now; /* it began anew */
}

unsigned
visibility_tunnel_share(const struct visibility_counts *c)
{
	uint64_t t = c->tunnels < c->requests ? c->tunnels : c->requests;

	return c->requests
	           ? (unsigned)((t * 100 + c->requests / 2) / c->requests)
	           : 0;
}

uint64_t
visibility_per_hour(uint64_t n, const struct visibility_hour *h)
{
	return h->watched_s ? (n * HOUR_S + h->watched_s / 2) / h->watched_s
	                    : n;
}

/* ---- learning */

static uint64_t
mean(uint64_t milli, uint64_t n, uint32_t weeks)
{
	uint64_t now = n * VISIBILITY_MILLI;

	return now >= milli ? milli + (now - milli) / weeks
	                    : milli - (milli - now) / weeks;
}

static void
learn(struct visibility_usual *u, const struct visibility_hour *h)
{
	struct visibility_counts c = {
	    .requests = visibility_per_hour(h->counts.requests, h),
	    .tunnels = visibility_per_hour(h->counts.tunnels, h),
	    .blocked = visibility_per_hour(h->counts.blocked, h)};

	if (u->weeks < VISIBILITY_WEEKS)
		u->weeks++;
	u->milli.requests = mean(u->milli.requests, c.requests, u->weeks);
	u->milli.tunnels = mean(u->milli.tunnels, c.tunnels, u->weeks);
	u->milli.blocked = mean(u->milli.blocked, c.blocked, u->weeks);
}

/* The hour that went on is over. */
static bool
close_hour(struct visibility *v)
{
	struct visibility_usual *u;

	if (v->now.number <= 0 || v->now.watched_s < WATCHED_LEAST_S)
		return false;
	u = &v->usual[v->now.number % VISIBILITY_HOURS];
	v->last = v->now;
	v->before = *u;
	learn(u, &v->now);
	return true;
}

bool
visibility_sample(
    struct visibility *v, int64_t wall_s, const struct visibility_counts *total)
{
	int64_t hour = wall_s / HOUR_S, since = wall_s - v->seen_at;
	struct visibility_hour *h = &v->now;
	bool over = false;

	if (v->begun && h->number) {
		h->counts.requests += grown(total->requests, v->seen.requests);
		h->counts.tunnels += grown(total->tunnels, v->seen.tunnels);
		h->counts.blocked += grown(total->blocked, v->seen.blocked);
		/* a clock that was set tells nothing about how long it was */
		if (since > 0 && since < HOUR_S)
			h->watched_s += (uint32_t)since;
		if (h->watched_s > HOUR_S)
			h->watched_s = HOUR_S;
	}
	v->begun = true;
	v->seen = *total;
	v->seen_at = wall_s;
	if (h->number != hour) {
		over = close_hour(v);
		*h = (struct visibility_hour){.number = hour};
	}
	return over;
}

/* ---- judging */

static bool
is_known(const struct visibility *v)
{
	return v->last.number && v->before.weeks >= WEEKS_LEAST;
}

/* Blocks against those that so many requests usually bring. */
static unsigned
odd_blocks(
    uint64_t requests, uint64_t blocked, const struct visibility_counts *milli)
{
	/* in thousandths; the usual hour scaled to this one's requests, of
	 * which there may be some hundred millions */
	uint64_t usual = milli->requests >= VISIBILITY_MILLI
	                     ? milli->blocked * requests /
	                           (milli->requests / VISIBILITY_MILLI)
	                     : 0;
	uint64_t now = blocked * VISIBILITY_MILLI;

	if (usual >= BLOCKED_LEAST * VISIBILITY_MILLI &&
	    now * BLOCKED_FACTOR < usual)
		return VISIBILITY_FEWER_BLOCKED;
	if (blocked >= BLOCKED_LEAST && now > usual * BLOCKED_FACTOR)
		return VISIBILITY_MORE_BLOCKED;
	return 0;
}

unsigned
visibility_odd(const struct visibility *v)
{
	const struct visibility_counts *c = &v->last.counts;
	const struct visibility_counts *milli = &v->before.milli;
	unsigned share = visibility_tunnel_share(c), odd;
	unsigned usual = visibility_tunnel_share(milli);

	if (!is_known(v) || c->requests < REQUESTS_LEAST ||
	    milli->requests < REQUESTS_LEAST * VISIBILITY_MILLI)
		return 0;
	odd = odd_blocks(c->requests, c->blocked, milli);
	if (share >= usual + TUNNELS_POINTS)
		odd |= VISIBILITY_MORE_TUNNELS;
	if (share + TUNNELS_POINTS <= usual)
		odd |= VISIBILITY_FEWER_TUNNELS;
	return odd;
}

void
visibility_say(const struct visibility *v, struct buf *out)
{
	static const struct {
		unsigned odd;
		const char *text;
	} words[] = {
	    {VISIBILITY_FEWER_BLOCKED, "far fewer blocks than usual"},
	    {VISIBILITY_MORE_BLOCKED, "far more blocks than usual"},
	    {VISIBILITY_MORE_TUNNELS, "more is hidden in tunnels than usual"},
	    {VISIBILITY_FEWER_TUNNELS, "fewer tunnels than usual"},
	};
	const struct visibility_hour *h = &v->last;
	unsigned odd = visibility_odd(v);
	const char *before = ": ";

	if (!h->number)
		return;
	buf_addf(out, "tunnels %u %%", visibility_tunnel_share(&h->counts));
	if (is_known(v))
		buf_addf(out, " (usual %u %%)",
		    visibility_tunnel_share(&v->before.milli));
	buf_addf(out, ", blocked %" PRIu64 "/h",
	    visibility_per_hour(h->counts.blocked, h));
	if (is_known(v))
		buf_addf(out, " (usual %" PRIu64 "/h)",
		    (v->before.milli.blocked + VISIBILITY_MILLI / 2) /
		        VISIBILITY_MILLI);
	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (odd & words[i].odd) {
			buf_addf(out, "%s%s", before, words[i].text);
			before = ", ";
		}
}

/* ---- as text */

static void
write_counts(struct buf *out, const struct visibility_counts *c)
{
	buf_addf(out, " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", c->requests,
	    c->tunnels, c->blocked);
}

static void
write_hour(struct buf *out, const char *key, const struct visibility_hour *h)
{
	buf_addf(out, "%s %" PRId64 " %u", key, h->number, h->watched_s);
	write_counts(out, &h->counts);
}

static void
write_usual(struct buf *out, const char *key, const struct visibility_usual *u)
{
	buf_addf(out, "%s %u", key, u->weeks);
	write_counts(out, &u->milli);
}

/* FNV-1a: against damage alone, and easily made by hand. */
static uint64_t
sum_of(struct str s)
{
	uint64_t sum = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < s.n; i++)
		sum = (sum ^ (uint8_t)s.p[i]) * UINT64_C(0x100000001b3);
	return sum;
}

void
visibility_write(const struct visibility *v, struct buf *out)
{
	size_t begin = out->n;

	buf_add_str(out, STR(MAGIC));
	write_hour(out, "now", &v->now);
	write_hour(out, "last", &v->last);
	write_usual(out, "before", &v->before);
	for (unsigned i = 0; i < VISIBILITY_HOURS; i++)
		write_usual(out, "usual", &v->usual[i]);
	if (out->failed)
		return;
	buf_addf(out, "end %016" PRIx64 "\n",
	    sum_of(str_make(out->p + begin, out->n - begin)));
}

/* "key a b c ..." of exactly <n> numbers, off the front of *<text>. */
static bool
read_line(struct str *text, struct str key, uint64_t *v, unsigned n)
{
	struct str line, word;

	if (!str_next(text, '\n', &line) || !str_next(&line, ' ', &word) ||
	    !str_eq(word, key))
		return false;
	for (unsigned i = 0; i < n; i++)
		if (!str_next(&line, ' ', &word) || !str_to_u64(word, &v[i]) ||
		    v[i] > INT64_MAX / (VISIBILITY_MILLI * HOUR_S))
			return false;
	return !str_next(&line, ' ', &word);
}

static bool
read_hour(struct str *text, struct str key, struct visibility_hour *h)
{
	uint64_t v[5];

	if (!read_line(text, key, v, 5) || v[1] > HOUR_S)
		return false;
	*h = (struct visibility_hour){
	    (int64_t)v[0], (uint32_t)v[1], {v[2], v[3], v[4]}};
	return true;
}

static bool
read_usual(struct str *text, struct str key, struct visibility_usual *u)
{
	uint64_t v[4];

	if (!read_line(text, key, v, 4) || v[0] > VISIBILITY_WEEKS)
		return false;
	*u = (struct visibility_usual){(uint32_t)v[0], {v[1], v[2], v[3]}};
	return true;
}

static bool
read_all(struct visibility *v, struct str text)
{
	struct str rest = str_sub(text, sizeof(MAGIC) - 1, text.n);
	char end[32];
	int n;

	if (!str_starts(text, STR(MAGIC)) ||
	    !read_hour(&rest, STR("now"), &v->now) ||
	    !read_hour(&rest, STR("last"), &v->last) ||
	    !read_usual(&rest, STR("before"), &v->before))
		return false;
	for (unsigned i = 0; i < VISIBILITY_HOURS; i++)
		if (!read_usual(&rest, STR("usual"), &v->usual[i]))
			return false;
	n = snprintf(end, sizeof(end), "end %016" PRIx64 "\n",
	    sum_of(str_make(text.p, text.n - rest.n)));
	return str_eq(rest, str_make(end, (size_t)n));
}

bool
visibility_read(struct visibility *v, struct str text)
{
	*v = (struct visibility){.begun = false};
	if (read_all(v, text))
		return true;
	*v = (struct visibility){.begun = false};
	return false;
}
