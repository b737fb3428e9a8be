/*
 * h1.c - walk the lines of a head, refuse what may not stand in them, and
 * have llhttp agree.
 *
 * Two parsers read every field line: the gate here, byte by byte as they
 * come, and llhttp, line by line behind it. Each accepts what the other does
 * not (llhttp: folded lines, empty names, methods it knows only), so only
 * what both read in the same way passes: llhttp's spans are compared with
 * the gate's, and a difference is refused.
 *
 * llhttp never sees the start line. It knows a fixed set of methods, and any
 * token is a method (RFC 9110 9.1); so the gate reads that line itself, by
 * the strict grammar, and llhttp is given a canonical one in its place. What
 * it then makes of methods and versions is not used.
 */
#include "proxy/wire/h1.h"

#include <assert.h>
#include <llhttp.h>
#include <stddef.h>

#include "base/bug.h"
#include "proxy/wire/h1_part.h"
#include "proxy/wire/octet.h"

_Static_assert(sizeof(llhttp_t) <= sizeof(((struct h1_parser *)0)->llhttp),
    "the parser has no room for llhttp's state");

static const char canonical_request[] = "GET / HTTP/1.1\r\n";
static const char canonical_response[] = "HTTP/1.1 200 OK\r\n";

enum h1_step
h1_bad(struct h1_parser *p, unsigned short status, const char *why)
{
	p->status = p->kind == H1_RESPONSE ? 502 : status;
	p->why = why;
	return H1_STEP_BAD;
}

enum h1_step
h1_crlf(struct h1_parser *p, const char *buf, size_t n)
{
	if (p->seen + 1 >= n)
		return H1_STEP_MORE;
	if (buf[p->seen + 1] != '\n')
		return h1_bad(p, 400, "a bare CR");
	p->seen += 2;
	p->line_at = (uint32_t)p->seen;
	return H1_STEP_ON;
}

/* ------------------------------------------------------ the second opinion */

/*
 * Each part that llhttp finds must be the one that the gate found. A blank
 * behind a value belongs to it for llhttp, and not for the gate.
 */
static int
on_name(llhttp_t *l, const char *at, size_t n)
{
	struct h1_parser *p = l->data;

	if (p->nagreed >= p->nfields)
		return -1;
	if (at != p->buf + p->span[p->nagreed].name_at ||
	    n != p->span[p->nagreed].name_n)
		return -1;
	p->nagreed++;
	return 0;
}

static int
on_value(llhttp_t *l, const char *at, size_t n)
{
	struct h1_parser *p = l->data;
	const struct h1_span *span;

	if (p->nagreed == 0)
		return -1;
	span = &p->span[p->nagreed - 1];
	if (n < span->value_n)
		return -1;
	if (span->value_n > 0 && at != p->buf + span->value_at)
		return -1;
	for (size_t i = span->value_n; i < n; i++)
		if (!octet_is_blank(at[i]))
			return -1;
	return 0;
}

static int
on_complete(llhttp_t *l)
{
	struct h1_parser *p = l->data;

	p->agreed = true;
	return HPE_PAUSED; /* bodies are no work for it */
}

static const llhttp_settings_t settings = {
    .on_header_field = on_name,
    .on_header_value = on_value,
    .on_headers_complete = on_complete,
};

static void
llhttp_start(struct h1_parser *p, llhttp_t *l)
{
	if (p->kind == H1_REQUEST) {
		llhttp_init(l, HTTP_REQUEST, &settings);
		llhttp_execute(
		    l, canonical_request, sizeof(canonical_request) - 1);
	} else {
		llhttp_init(l, HTTP_RESPONSE, &settings);
		/* Both framings: 9112 6.3 has TE win; h1_head.c closes. */
		llhttp_set_lenient_chunked_length(l, 1);
		llhttp_execute(
		    l, canonical_response, sizeof(canonical_response) - 1);
	}
	p->fed_any = true;
}

/*
 * Give llhttp the whole lines up to the present one. It gets the same bytes
 * before the same refusal of the gate's however the input was cut, so that
 * neither can be first by chance.
 */
static bool
llhttp_agrees(struct h1_parser *p, const char *buf)
{
	llhttp_t *l = (llhttp_t *)(void *)p->llhttp;
	llhttp_errno_t e;

	if (p->state < H1S_LINE || p->fed == p->line_at)
		return true;
	if (!p->fed_any)
		llhttp_start(p, l);
	l->data = p;
	p->buf = buf;
	e = llhttp_execute(l, buf + p->fed, p->line_at - p->fed);
	p->buf = NULL;
	p->fed = p->line_at;
	if (e == HPE_OK)
		return !p->agreed;
	return e == HPE_PAUSED && p->agreed && p->state == H1S_DONE &&
	       p->nagreed == p->nfields;
}

/* ---------------------------------------------------------------- the gate */

/*
 * In which of the eight bytes of <w> stands one below 20, or 7f? The lowest
 * bit set in the result is at the first of them (a borrow can only set bits
 * above it), so it is exact where bytes lie in the order of their weight.
 */
static inline uint64_t
controls_in(uint64_t w)
{
	const uint64_t ones = 0x0101010101010101u;
	uint64_t del = w ^ (ones * 0x7f), low = (w - ones * 0x20) & ~w;

	return (low | ((del - ones) & ~del)) & (ones << 7);
}

size_t
h1_text_end(const char *buf, size_t at, size_t end)
{
	uint64_t w, hit;

	while (at < end) {
		if (at + 8 <= end) {
			memcpy(&w, buf + at, 8);
			hit = controls_in(w);
			if (!hit) {
				at += 8;
				continue;
			}
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
			at += (unsigned)__builtin_ctzll(hit) / 8;
#endif
		}
		if (!octet_is(buf[at], OCTET_TEXT))
			return at;
		at++;
	}
	return at;
}

static enum h1_step
step_line(struct h1_parser *p, const char *buf, size_t n)
{
	char c = buf[p->seen];
	enum h1_step step;

	if (c == '\r') {
		step = h1_crlf(p, buf, n);
		if (step != H1_STEP_ON)
			return step;
		p->state = H1S_DONE;
		return H1_STEP_DONE;
	}
	if (octet_is_blank(c))
		return h1_bad(p, 400,
		    p->nfields ? "a folded field line"
		               : "a blank before the first field");
	if (p->nfields == H1_FIELDS_MAX)
		return h1_bad(p, 431, "too many fields");
	p->mark = (uint32_t)p->seen;
	p->state = H1S_NAME;
	return H1_STEP_ON;
}

static enum h1_step
step_name(struct h1_parser *p, const char *buf, size_t n)
{
	size_t end = p->line_at + (size_t)H1_FIELD_MAX, at = p->seen;

	if (end > n)
		end = n;
	while (at < end && octet_is(buf[at], OCTET_TOKEN))
		at++;
	p->seen = at;
	if (at == n)
		return H1_STEP_MORE;
	if (at == p->line_at + (size_t)H1_FIELD_MAX)
		return h1_bad(p, 431, "a field line is too long");
	if (buf[at] != ':')
		return h1_bad(p, 400,
		    octet_is_blank(buf[at])
		        ? "a blank in or behind a field's name"
		        : "a field's name is no token");
	if (at == p->mark)
		return h1_bad(p, 400, "a field without a name");
	p->name_n = (uint32_t)at - p->mark;
	p->seen = at + 1;
	p->state = H1S_VALUE;
	return H1_STEP_ON;
}

static void
take_span(struct h1_parser *p, const char *buf, uint32_t end)
{
	struct h1_span *span = &p->span[p->nfields];
	uint32_t at = p->mark + p->name_n + 1;

	while (at < end && octet_is_blank(buf[at]))
		at++;
	while (end > at && octet_is_blank(buf[end - 1]))
		end--;
	*span = (struct h1_span){p->mark, p->name_n, at, end - at, 0};
	p->nfields++;
}

static enum h1_step
step_value(struct h1_parser *p, const char *buf, size_t n)
{
	size_t end = p->line_at + (size_t)H1_FIELD_MAX;
	uint32_t at;
	enum h1_step step;

	if (end > n)
		end = n;
	p->seen = h1_text_end(buf, p->seen, end);
	if (p->seen == n)
		return H1_STEP_MORE;
	at = (uint32_t)p->seen;
	if (buf[at] != '\r') {
		if (at == p->line_at + (size_t)H1_FIELD_MAX)
			return h1_bad(p, 431, "a field line is too long");
		return h1_bad(p, 400,
		    buf[at] == '\n' ? "a bare LF"
		                    : "a control character in a field");
	}
	step = h1_crlf(p, buf, n);
	if (step != H1_STEP_ON)
		return step;
	take_span(p, buf, at);
	p->state = H1S_LINE;
	return h1_field_check(p, buf);
}

static enum h1_step
step_on(struct h1_parser *p, const char *buf, size_t n)
{
	if (p->seen >= n)
		return H1_STEP_MORE;
	switch ((enum h1_state)p->state) {
	case H1S_EMPTY:
	case H1S_METHOD:
	case H1S_TARGET:
	case H1S_VERSION:
	case H1S_STATUS:
	case H1S_REASON:
		return h1_start_step(p, buf, n);
	case H1S_LINE:
		return step_line(p, buf, n);
	case H1S_NAME:
		return step_name(p, buf, n);
	case H1S_VALUE:
		return step_value(p, buf, n);
	case H1S_DONE:
	case H1S_BAD:
		break;
	}
	return h1_bad(p, 400, "read on behind its end");
}

void
h1_begin(struct h1_parser *p, enum h1_kind kind)
{
	/* All but the spans, of which only those below nfields are read. */
	memset(p, 0, offsetof(struct h1_parser, llhttp));
	p->kind = kind;
	p->state = kind == H1_REQUEST ? H1S_EMPTY : H1S_STATUS;
}

enum h1_result
h1_head(struct h1_parser *p, const char *buf, size_t n, struct h1_head *head,
    struct h1_field *room)
{
	enum h1_step step;
	bool full = n >= H1_HEAD_MAX;

	if (BUG(p->state == H1S_DONE || n < p->seen))
		p->state = H1S_BAD;
	if (p->state == H1S_BAD)
		return H1_BAD;
	if (full)
		n = H1_HEAD_MAX;
	do
		step = step_on(p, buf, n);
	while (step == H1_STEP_ON);
	if (step == H1_STEP_MORE && full)
		step = h1_bad(p, 431, "the head is too long");
	/* What it says goes before a later 431 or 501, not before a 400. */
	if (!llhttp_agrees(p, buf) &&
	    (step != H1_STEP_BAD || (p->status > 400 && p->status != 502)))
		step = h1_bad(p, 400, "llhttp reads it in another way");
	if (step == H1_STEP_DONE)
		step = h1_head_check(p);
	if (step == H1_STEP_DONE)
		step = h1_head_fill(p, buf, head, room);
	if (step == H1_STEP_BAD)
		p->state = H1S_BAD;
	return step == H1_STEP_DONE  ? H1_OK
	       : step == H1_STEP_BAD ? H1_BAD
	                             : H1_MORE;
}
