/*
 * h1_head.c - what a whole head means: its framing, whether the connection
 * lasts, what goes no further than the next hop.
 */
#include "proxy/wire/h1_part.h"

/* Fields that one message's Connection may name beyond the usual ones. */
#define NAMED_MAX 64

static const struct str method_connect = {"CONNECT", 7};

enum h1_step
h1_head_check(struct h1_parser *p)
{
	if (p->kind == H1_REQUEST && p->minor == 1 && p->nhost == 0)
		return h1_bad(p, 400, "no Host");
	return H1_STEP_DONE;
}

static enum h1_step
check_content(struct h1_parser *p, const struct h1_head *h)
{
	if (h->framing == H1_NO_BODY)
		return H1_STEP_DONE;
	if (str_eq(h->method, method_connect))
		return h1_bad(p, 400, "CONNECT with a body");
	if (str_eq(h->method, STR("TRACE")))
		return h1_bad(p, 400, "TRACE with a body");
	return H1_STEP_DONE;
}

/* What the fields say of which only one is looked at. */
struct sayings {
	bool close, keep_alive, upgrade; /* Connection's */
	unsigned nupgrade, nexpect, named;
	struct str upgrade_to, expect;
};

static void
fields_fill(struct h1_parser *p, const char *buf, struct h1_head *h,
    struct sayings *say)
{
	for (unsigned i = 0; i < p->nfields; i++) {
		const struct h1_span *s = &p->span[i];
		const struct h1_known *k = h1_known(s->known);
		struct h1_field *f = &h->field[i];

		f->name = h1_slice(buf, s->name_at, s->name_n);
		f->value = h1_slice(buf, s->value_at, s->value_n);
		f->id = k->id;
		f->hop = k->hop;
		if (s->known == 0)
			f->hop = f->name.n > 6 &&
			         str_eq_nocase(
			             str_sub(f->name, 0, 6), STR("proxy-"));
		else if (k->id == H1_HOST && p->kind == H1_REQUEST)
			h->host = f->value;
		else if (k->id == H1_UPGRADE && ++say->nupgrade)
			say->upgrade_to = f->value;
		else if (k->id == H1_EXPECT && ++say->nexpect)
			say->expect = f->value;
	}
	h->nfields = p->nfields;
}

/* Make hop-by-hop what is called <name>. */
static void
hop_named(struct h1_head *h, struct str name)
{
	for (unsigned i = 0; i < h->nfields; i++)
		if (h->field[i].name.n == name.n &&
		    str_eq_nocase(h->field[i].name, name))
			h->field[i].hop = true;
}

/* One element of Connection. False: it names too many. */
static bool
connection_option(struct h1_head *h, struct sayings *say, struct str o)
{
	const struct h1_known *k;

	if (str_eq_nocase(o, STR("close"))) {
		say->close = true;
	} else if (str_eq_nocase(o, STR("keep-alive"))) {
		say->keep_alive = true;
	} else if (str_eq_nocase(o, STR("upgrade"))) {
		say->upgrade = true;
	} else if (h1_is_token(o)) {
		k = h1_known(h1_known_row(o));
		if (k->kept || k->hop)
			return true;
		if (++say->named > NAMED_MAX)
			return false;
		hop_named(h, o);
	}
	return true;
}

static bool
connection_read(struct h1_head *h, struct sayings *say)
{
	struct str rest, part;

	for (unsigned i = 0; i < h->nfields; i++) {
		if (h->field[i].id != H1_CONNECTION)
			continue;
		rest = h->field[i].value;
		while (str_next(&rest, ',', &part))
			if (!connection_option(h, say, str_trim(part)))
				return false;
	}
	return true;
}

static void
framing_fill(const struct h1_parser *p, struct h1_head *h)
{
	h->chunked = p->nte > 0;
	h->has_length = p->ncl > 0 && !h->chunked;
	h->length = h->has_length ? p->length : 0;
	h->framing = h->chunked      ? H1_CHUNKED
	             : h->has_length ? H1_LENGTH
	                             : H1_NO_BODY;
}

static void
expect_fill(struct h1_head *h, const struct sayings *say)
{
	/* An HTTP/1.0 client cannot be told to go on (RFC 9110 10.1.1). */
	if (say->nexpect == 0 || h->minor == 0)
		return;
	h->expect_continue = say->nexpect == 1 &&
	                     str_eq_nocase(say->expect, STR("100-continue"));
	h->expect_other = !h->expect_continue;
}

static bool
is_websocket(const struct h1_parser *p, const struct h1_head *h,
    const struct sayings *say)
{
	if (!say->upgrade || say->nupgrade != 1 || h->minor != 1 ||
	    !str_eq_nocase(say->upgrade_to, STR("websocket")))
		return false;
	if (p->kind == H1_RESPONSE)
		return h->status == 101;
	return str_eq(h->method, STR("GET")) && h->framing == H1_NO_BODY;
}

enum h1_step
h1_head_fill(struct h1_parser *p, const char *buf, struct h1_head *h,
    struct h1_field *room)
{
	struct sayings say = {0};
	struct str words = h1_slice(buf, p->target_at, p->target_n);

	*h = (struct h1_head){.len = p->seen, .minor = p->minor, .field = room};
	if (p->kind == H1_REQUEST) {
		h->method = h1_slice(buf, p->method_at, p->method_n);
		h->target = words;
	} else {
		h->status = p->code;
		h->reason = words;
	}
	framing_fill(p, h);
	fields_fill(p, buf, h, &say);
	if (!connection_read(h, &say))
		return h1_bad(p, 400, "Connection names too many fields");
	h->close = say.close || (h->minor == 0 && !say.keep_alive) ||
	           (p->nte && p->ncl);
	expect_fill(h, &say);
	h->upgrade_websocket = is_websocket(p, h, &say);
	return p->kind == H1_REQUEST ? check_content(p, h) : H1_STEP_DONE;
}

enum h1_framing
h1_response_framing(const struct h1_head *r, struct str method)
{
	if (r->status / 100 == 1 || r->status == 204 || r->status == 304)
		return H1_NO_BODY;
	if (str_eq(method, STR("HEAD")))
		return H1_NO_BODY;
	if (str_eq(method, method_connect) && r->status / 100 == 2)
		return H1_NO_BODY;
	return r->framing == H1_NO_BODY ? H1_TO_EOF : r->framing;
}

const struct h1_field *
h1_find(const struct h1_head *head, enum h1_id id)
{
	for (unsigned i = 0; i < head->nfields; i++)
		if (head->field[i].id == id)
			return &head->field[i];
	return NULL;
}
