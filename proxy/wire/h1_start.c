/*
 * h1_start.c - the first line of a message (RFC 9112 3, 4), a byte at a time
 * where need be, so that what is no HTTP is refused with its first bytes and
 * not when a line ends that may never end.
 */
#include "proxy/wire/h1_part.h"
#include "proxy/wire/octet.h"

#define VERSION_LEN 8  /* "HTTP/1.1" */
#define STATUS_LEN  12 /* "HTTP/1.1 200" */

static const char version_text[] = "HTTP/1.";

static bool
line_is_long(const struct h1_parser *p, size_t at)
{
	return at - p->line_at >= H1_LINE_MAX;
}

static enum h1_step
step_empty(struct h1_parser *p, const char *buf, size_t n)
{
	enum h1_step step;

	if (buf[p->seen] != '\r') {
		p->mark = p->line_at;
		p->state = H1S_METHOD;
		return H1_STEP_ON;
	}
	if (p->nempty == H1_EMPTY_LINES_MAX)
		return h1_bad(p, 400, "too many empty lines");
	step = h1_crlf(p, buf, n);
	if (step == H1_STEP_ON)
		p->nempty++;
	return step;
}

static enum h1_step
step_method(struct h1_parser *p, const char *buf, size_t n)
{
	size_t at = p->seen;

	while (at < n && octet_is(buf[at], OCTET_TOKEN)) {
		if (at - p->mark == H1_METHOD_MAX)
			return h1_bad(p, 501, "the method is too long");
		at++;
	}
	p->seen = at;
	if (at == n)
		return H1_STEP_MORE;
	if (buf[at] != ' ' || at == p->mark)
		return h1_bad(p, 400, "no method; is this HTTP?");
	p->method_at = p->mark;
	p->method_n = (uint32_t)at - p->mark;
	p->mark = (uint32_t)at + 1;
	p->seen = at + 1;
	p->state = H1S_TARGET;
	return H1_STEP_ON;
}

static enum h1_step
step_target(struct h1_parser *p, const char *buf, size_t n)
{
	size_t at = p->seen;

	while (
	    at < n && octet_is(buf[at], OCTET_TARGET) && !line_is_long(p, at))
		at++;
	p->seen = at;
	if (at == n)
		return H1_STEP_MORE;
	if (line_is_long(p, at))
		return h1_bad(p, 414, "the request line is too long");
	if (buf[at] == '\r' || buf[at] == '\n')
		return h1_bad(p, 400, "a request line without a version");
	if (buf[at] != ' ' || at == p->mark)
		return h1_bad(p, 400,
		    "the request target has blanks, "
		    "controls or bytes beyond ASCII");
	p->target_at = p->mark;
	p->target_n = (uint32_t)at - p->mark;
	p->mark = (uint32_t)at + 1;
	p->seen = at + 1;
	p->state = H1S_VERSION;
	return H1_STEP_ON;
}

/* Byte <i> of a version is <c>: 505 where it is one, but not ours. */
static enum h1_step
version_byte(struct h1_parser *p, size_t i, char c)
{
	if (i < VERSION_LEN - 1 && c == version_text[i])
		return H1_STEP_ON;
	if (i == VERSION_LEN - 1 && (c == '0' || c == '1')) {
		p->minor = (uint8_t)(c - '0');
		return H1_STEP_ON;
	}
	if (octet_is_digit(c) && (i == 5 || i == VERSION_LEN - 1))
		return h1_bad(p, 505, "an HTTP version other than 1.0, 1.1");
	return h1_bad(p, 400, "no HTTP version");
}

static bool
is_h2_preface(const struct h1_parser *p, const char *buf)
{
	return str_eq(h1_slice(buf, p->method_at, p->method_n), STR("PRI")) &&
	       str_eq(h1_slice(buf, p->target_at, p->target_n), STR("*"));
}

static enum h1_step
start_ends(struct h1_parser *p, const char *buf, size_t n)
{
	enum h1_step step = h1_crlf(p, buf, n);

	if (step != H1_STEP_ON)
		return step;
	p->fed = p->line_at;
	p->state = H1S_LINE;
	return H1_STEP_ON;
}

static enum h1_step
step_version(struct h1_parser *p, const char *buf, size_t n)
{
	for (; p->seen < n; p->seen++) {
		size_t i = p->seen - p->mark;
		enum h1_step step;

		if (i == VERSION_LEN)
			break;
		if (line_is_long(p, p->seen))
			return h1_bad(p, 414, "the request line is too long");
		step = version_byte(p, i, buf[p->seen]);
		if (step == H1_STEP_ON)
			continue;
		/* 505 would say: ask again in HTTP/1. That client will not. */
		if (p->status == 505 && is_h2_preface(p, buf))
			return h1_bad(p, 400, "an HTTP/2 preface");
		return step;
	}
	if (p->seen == n)
		return H1_STEP_MORE;
	if (buf[p->seen] != '\r')
		return h1_bad(p, 400, "bytes behind the HTTP version");
	return start_ends(p, buf, n);
}

/* Byte <i> of "HTTP/1.x nnn". */
static enum h1_step
status_byte(struct h1_parser *p, size_t i, char c)
{
	if (i < VERSION_LEN)
		return version_byte(p, i, c);
	if (i == VERSION_LEN)
		return c == ' ' ? H1_STEP_ON
		                : h1_bad(p, 502, "no status in the first line");
	if (!octet_is_digit(c) || (i == VERSION_LEN + 1 && c == '0'))
		return h1_bad(p, 502, "the status is no number over 99");
	p->code = (uint16_t)(p->code * 10 + (c - '0'));
	return H1_STEP_ON;
}

static enum h1_step
step_status(struct h1_parser *p, const char *buf, size_t n)
{
	for (; p->seen < n && p->seen < STATUS_LEN; p->seen++) {
		enum h1_step step = status_byte(p, p->seen, buf[p->seen]);

		if (step != H1_STEP_ON)
			return step;
	}
	if (p->seen == n)
		return H1_STEP_MORE;
	p->mark = STATUS_LEN;
	p->state = H1S_REASON;
	if (buf[p->seen] == ' ') {
		p->mark++;
		p->seen++;
	} else if (buf[p->seen] != '\r') {
		return h1_bad(p, 502, "the status has not three digits");
	}
	return H1_STEP_ON;
}

static enum h1_step
step_reason(struct h1_parser *p, const char *buf, size_t n)
{
	size_t end = n < H1_LINE_MAX ? n : H1_LINE_MAX;

	p->seen = h1_text_end(buf, p->seen, end);
	if (p->seen == n)
		return H1_STEP_MORE;
	if (buf[p->seen] != '\r')
		return h1_bad(p, 502,
		    p->seen == H1_LINE_MAX
		        ? "the status line is too long"
		        : "a control character in the status line");
	/* the target's place: a response has none */
	p->target_at = p->mark;
	p->target_n = (uint32_t)p->seen - p->mark;
	return start_ends(p, buf, n);
}

enum h1_step
h1_start_step(struct h1_parser *p, const char *buf, size_t n)
{
	switch ((enum h1_state)p->state) {
	case H1S_EMPTY:
		return step_empty(p, buf, n);
	case H1S_METHOD:
		return step_method(p, buf, n);
	case H1S_TARGET:
		return step_target(p, buf, n);
	case H1S_VERSION:
		return step_version(p, buf, n);
	case H1S_STATUS:
		return step_status(p, buf, n);
	case H1S_REASON:
		return step_reason(p, buf, n);
	case H1S_LINE:
	case H1S_NAME:
	case H1S_VALUE:
	case H1S_DONE:
	case H1S_BAD:
		break;
	}
	return h1_bad(p, 400, "no start line");
}
