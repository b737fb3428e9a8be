/* head_out.c - message heads as we send them. */
#include "proxy/head_out.h"

#include <string.h>

#include "base/bug.h"
#include "filters/safesearch.h"

#define HTTP_PORT 80
#define OWN_ROOM  512 /* our own lines, beside what is copied */

/* A piece of arena that is known to be large enough. */
struct out {
	char *p;
	size_t n, cap;
};

static void
put(struct out *o, struct str s)
{
	if (BUG(s.n > o->cap - o->n))
		return;
	if (s.n)
		memcpy(o->p + o->n, s.p, s.n);
	o->n += s.n;
}

static void
put_u64(struct out *o, uint64_t v)
{
	char digits[20];
	unsigned at = sizeof(digits);

	do
		digits[--at] = (char)('0' + v % 10);
	while (v /= 10);
	put(o, str_make(digits + at, sizeof(digits) - at));
}

static void
put_field(struct out *o, struct str name, struct str value)
{
	put(o, name);
	put(o, STR(": "));
	put(o, value);
	put(o, STR("\r\n"));
}

/* As an authority: brackets around IPv6, the port if it is not <usual>. */
static void
put_authority(struct out *o, struct name n, uint16_t port, uint16_t usual)
{
	if (n.kind == NAME_IPV6)
		put(o, STR("["));
	put(o, name_str(n));
	if (n.kind == NAME_IPV6)
		put(o, STR("]"));
	if (port != usual) {
		put(o, STR(":"));
		put_u64(o, port);
	}
}

/* Room for all of <h> and what we add. */
static bool
out_begin(struct out *o, struct arena *a, const struct h1_head *h, size_t more)
{
	*o = (struct out){.cap = h->len + 4 * (size_t)h->nfields + more +
	                         2 * NAME_ROOM + OWN_ROOM};
	o->p = arena_alloc(a, o->cap);
	return o->p != NULL;
}

/* Fields that are ours to write, or nobody's to pass on. */
static const bool ours[H1_N_IDS] = {
    [H1_HOST] = true,
    [H1_CONNECTION] = true,
    [H1_TRANSFER_ENCODING] = true,
    [H1_CONTENT_LENGTH] = true,
    [H1_UPGRADE] = true,
    [H1_EXPECT] = true,
    [H1_VIA] = true,
    [H1_MAX_FORWARDS] = true,
    [H1_X_FORWARDED_FOR] = true,
    [H1_FORWARDED] = true,
    [H1_ALT_SVC] = true,
    [H1_TRAILER] = true,
};

static bool
is_ours(const struct h1_field *f)
{
	return f->hop || ours[f->id];
}

/* true: there was a hint at QUIC among what was left out. */
static bool
put_fields(struct out *o, const struct h1_head *h)
{
	bool hint = false;

	for (unsigned i = 0; i < h->nfields; i++)
		if (!is_ours(&h->field[i]))
			put_field(o, h->field[i].name, h->field[i].value);
		else
			hint |= h->field[i].id == H1_ALT_SVC;
	return hint;
}

/* Is it one that <q> leaves out? */
static bool
is_left_out(const struct head_out_request *q, const struct h1_field *f)
{
	if (q->edit && q->edit->field.name.n &&
	    str_eq_nocase(f->name, q->edit->field.name))
		return true;
	return q->in_one && str_eq_nocase(f->name, STR("Range")) &&
	       str_find(f->value, ',', 0) < f->value.n;
}

/* The same where some are left out. */
static void
put_some_fields(struct out *o, const struct head_out_request *q)
{
	const struct h1_head *h = q->head;

	for (unsigned i = 0; i < h->nfields; i++)
		if (!is_ours(&h->field[i]) && !is_left_out(q, &h->field[i]))
			put_field(o, h->field[i].name, h->field[i].value);
	if (q->edit && q->edit->field.name.n)
		put_field(o, q->edit->field.name, q->edit->field.value);
}

/* All that came, in one line, and us behind. */
static void
put_via(struct out *o, const struct h1_head *h, struct str us)
{
	put(o, STR("Via: "));
	for (unsigned i = 0; i < h->nfields; i++) {
		if (h->field[i].id != H1_VIA || h->field[i].value.n == 0)
			continue;
		put(o, h->field[i].value);
		put(o, STR(", "));
	}
	put(o, us);
	put(o, STR("\r\n"));
}

static void
put_max_forwards(struct out *o, const struct h1_head *h)
{
	const struct h1_field *f = h1_find(h, H1_MAX_FORWARDS);
	uint64_t n;

	if (!f || !str_eq(h->method, STR("OPTIONS")) ||
	    !str_to_u64(f->value, &n) || n == 0)
		return;
	put(o, STR("Max-Forwards: "));
	put_u64(o, n - 1);
	put(o, STR("\r\n"));
}

static void
put_framing(struct out *o, enum h1_framing framing, const struct h1_head *h)
{
	if (framing == H1_CHUNKED) {
		put(o, STR("Transfer-Encoding: chunked\r\n"));
	} else if (h->has_length && framing != H1_TO_EOF) {
		put(o, STR("Content-Length: "));
		put_u64(o, h->length);
		put(o, STR("\r\n"));
	}
}

/* A parent proxy goes by the target alone: whose address is to be dialled
 * must stand there, or it would dial the open one. */
static struct name
target_host(const struct head_out_request *q)
{
	return q->edit && q->edit->dial.n ? q->edit->dial : q->request->host;
}

static void
put_target(struct out *o, const struct head_out_request *q)
{
	struct str query = q->target->query;
	bool has_query = q->target->has_query;

	if (q->edit && q->edit->has_query) {
		query = q->edit->query;
		has_query = query.n != 0;
	}
	if (q->absolute) {
		put(o, STR("http://"));
		put_authority(o, target_host(q), q->request->port, HTTP_PORT);
	}
	put(o, q->target->path);
	if (has_query) {
		put(o, STR("?"));
		put(o, query);
	}
}

/* How much longer an edit makes it. */
static size_t
edit_room(const struct safe_edit *e)
{
	return e ? e->query.n + e->field.name.n + e->field.value.n + 8 : 0;
}

struct str
head_out_request(struct arena *a, const struct head_out_request *q)
{
	const struct h1_head *h = q->head;
	struct out o;

	if (!out_begin(&o, a, h, q->via.n + edit_room(q->edit)))
		return STR_NONE;
	put(&o, h->method);
	put(&o, STR(" "));
	put_target(&o, q);
	put(&o, STR(" HTTP/1.1\r\nHost: "));
	put_authority(&o, q->request->host, q->request->port, HTTP_PORT);
	put(&o, STR("\r\n"));
	if (q->in_one || q->edit)
		put_some_fields(&o, q);
	else
		put_fields(&o, h);
	put_max_forwards(&o, h);
	put_via(&o, h, q->via);
	if (h->expect_continue && h->minor)
		put(&o, STR("Expect: 100-continue\r\n"));
	if (h->upgrade_websocket)
		put(&o, STR("Connection: Upgrade\r\nUpgrade: websocket\r\n"));
	if (h->framing == H1_CHUNKED || h->framing == H1_LENGTH)
		put_framing(&o, h->framing, h);
	put(&o, STR("\r\n"));
	return str_make(o.p, o.n);
}

struct str
head_out_answer(struct arena *a, const struct head_out_answer *q)
{
	const struct h1_head *h = q->head;
	struct out o;

	if (!out_begin(&o, a, h, q->via.n))
		return STR_NONE;
	put(&o, STR("HTTP/1.1 "));
	put_u64(&o, h->status);
	put(&o, STR(" "));
	put(&o, h->reason);
	put(&o, STR("\r\n"));
	if (put_fields(&o, h) && q->hint)
		*q->hint = true;
	put_via(&o, h, q->via);
	if (h->status == 101)
		put(&o, STR("Connection: Upgrade\r\nUpgrade: websocket\r\n"));
	else if (h->status >= 200 && h->status != 204)
		put_framing(&o, q->framing, h);
	if (q->close)
		put(&o, STR("Connection: close\r\n"));
	put(&o, STR("\r\n"));
	return str_make(o.p, o.n);
}

struct str
head_out_connect(
    struct arena *a, struct name name, uint16_t port, struct str via)
{
	static const struct h1_head none = {0};
	struct out o;

	if (!out_begin(&o, a, &none, via.n))
		return STR_NONE;
	put(&o, STR("CONNECT "));
	put_authority(&o, name, port, 0);
	put(&o, STR(" HTTP/1.1\r\nHost: "));
	put_authority(&o, name, port, 0);
	put(&o, STR("\r\n"));
	put_via(&o, &none, via);
	put(&o, STR("\r\n"));
	return str_make(o.p, o.n);
}
