/*
 * fuzz_feed.c - any bytes as what feeds read from outside: an update's value,
 * a signature and its key, a state, a name in an archive. The first byte says
 * which.
 */
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "feeds/member.h"
#include "feeds/schedule.h"
#include "feeds/signature.h"
#include "feeds/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool ok)
{
	if (!ok)
		abort();
}

/* What is taken comes back as it is written, and is never due in the past. */
static void
plan(struct str s)
{
	struct buf b = BUF_EMPTY, c = BUF_EMPTY;
	struct str bad = {s.p, 0};
	struct feed_plan p, q;
	struct err err;

	if (feed_plan_parse(s, &p, &bad, &err) < 0) {
		require(
		    bad.n == 0 || (bad.p >= s.p && bad.p + bad.n <= s.p + s.n));
		return;
	}
	feed_plan_print(&p, &b);
	require(feed_plan_parse(buf_str(&b), &q, &bad, &err) == 0);
	feed_plan_print(&q, &c);
	require(str_eq(buf_str(&b), buf_str(&c)));
	require(feed_next(&p, 1700000000, 12345) > 1700000000);
	buf_reset(&c);
	feed_url_shown(p.url, &c);
	require(c.n <= p.url.n);
	buf_fini(&b);
	buf_fini(&c);
}

static void
signature(struct str s)
{
	static const char key[] =
	    "RWQBI0VniavN70aJrJPQSyeGRqtBqf//g07k37rppyKayQRYz+CdT2EI";
	struct bytes body = {(const uint8_t *)"forged", 6};
	struct signature_info info;
	struct signature_key k, any;
	struct err err;

	require(signature_key(str_of(key), &k, &err) == 0);
	require(signature_verify(&k, s, body, &info, &err) < 0);
	signature_key(s, &any, &err);
}

static void
state(struct str s)
{
	struct buf b = BUF_EMPTY, c = BUF_EMPTY;
	struct feed_state one, two;

	if (!feed_state_parse(s, &one))
		return;
	require(!strchr(one.current.name, '/') && !strchr(one.held.name, '/'));
	feed_state_print(&one, &b);
	require(feed_state_parse(buf_str(&b), &two));
	feed_state_print(&two, &c);
	require(str_eq(buf_str(&b), buf_str(&c)));
	buf_fini(&b);
	buf_fini(&c);
}

/* What is taken stays below the folder that it is put into. */
static void
member(struct str s)
{
	struct str clean, part;

	if (member_judge(s, &clean) == MEMBER_BAD)
		return;
	require(clean.n && clean.n <= MEMBER_NAME && clean.p[0] != '/');
	while (str_next(&clean, '/', &part))
		require(part.n && !str_eq(part, STR("..")));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const kinds[])(struct str s) = {
	    plan, signature, state, member};

	if (size)
		kinds[data[0] % 4](str_make((const char *)data + 1, size - 1));
	return 0;
}
