/*
 * h1_field.c - the fields that are known by name, and what those that say
 * where a message ends may say. Each is judged when its line is whole.
 */
#include "proxy/wire/h1_part.h"
#include "proxy/wire/octet.h"

enum { END_TO_END = 0, HOP = 1 };
enum { REMOVABLE = 0, KEPT = 1 };

/* Row 0 is for the rest; the others stand by length. */
#define ROW(text, id, hop, kept)                                               \
	{                                                                      \
		text, sizeof(text) - 1, id, hop, kept                          \
	}
/* clang-format off */
static const struct h1_known known[] = {
	{"", 0, H1_OTHER, END_TO_END, REMOVABLE},
	ROW("te",                H1_TE,                 HOP, REMOVABLE),
	ROW("via",               H1_VIA,                END_TO_END, KEPT),
	ROW("host",              H1_HOST,               END_TO_END, KEPT),
	ROW("accept",            H1_ACCEPT,             END_TO_END, REMOVABLE),
	ROW("cookie",            H1_OTHER,              END_TO_END, KEPT),
	ROW("expect",            H1_EXPECT,             END_TO_END, KEPT),
	ROW("alt-svc",           H1_ALT_SVC,            END_TO_END, REMOVABLE),
	ROW("referer",           H1_REFERER,            END_TO_END, REMOVABLE),
	ROW("trailer",           H1_TRAILER,            HOP, REMOVABLE),
	ROW("upgrade",           H1_UPGRADE,            HOP, REMOVABLE),
	ROW("forwarded",         H1_FORWARDED,          END_TO_END, KEPT),
	ROW("connection",        H1_CONNECTION,         HOP, REMOVABLE),
	ROW("keep-alive",        H1_KEEP_ALIVE,         HOP, REMOVABLE),
	ROW("set-cookie",        H1_OTHER,              END_TO_END, KEPT),
	ROW("user-agent",        H1_USER_AGENT,         END_TO_END, REMOVABLE),
	ROW("content-type",      H1_CONTENT_TYPE,       END_TO_END, KEPT),
	ROW("max-forwards",      H1_MAX_FORWARDS,       END_TO_END, KEPT),
	ROW("authorization",     H1_OTHER,              END_TO_END, KEPT),
	ROW("cache-control",     H1_OTHER,              END_TO_END, KEPT),
	ROW("content-range",     H1_OTHER,              END_TO_END, KEPT),
	ROW("content-length",    H1_CONTENT_LENGTH,     END_TO_END, KEPT),
	ROW("http2-settings",    H1_HTTP2_SETTINGS,     HOP, REMOVABLE),
	ROW("sec-fetch-dest",    H1_SEC_FETCH_DEST,     END_TO_END, REMOVABLE),
	ROW("sec-fetch-mode",    H1_SEC_FETCH_MODE,     END_TO_END, REMOVABLE),
	ROW("x-forwarded-for",   H1_X_FORWARDED_FOR,    END_TO_END, KEPT),
	ROW("content-encoding",  H1_OTHER,              END_TO_END, KEPT),
	ROW("proxy-connection",  H1_PROXY_CONNECTION,   HOP, REMOVABLE),
	ROW("sec-websocket-key", H1_SEC_WEBSOCKET_KEY,  END_TO_END, REMOVABLE),
	ROW("transfer-encoding", H1_TRANSFER_ENCODING,  END_TO_END, KEPT),
	ROW("proxy-authenticate",        H1_PROXY_AUTHENTICATE, HOP, REMOVABLE),
	ROW("proxy-authorization",       H1_PROXY_AUTHORIZATION, HOP, REMOVABLE),
	ROW("proxy-authentication-info", H1_PROXY_AUTH_INFO, HOP, REMOVABLE),
};
#define NAME_MAX_KNOWN 25
/* The first row of each length; the one behind the last ends it. */
static const uint8_t row_of_length[NAME_MAX_KNOWN + 2] = {
	1, 1, 1, 2, 3, 4, 4, 7, 11, 11, 12, 16, 16, 18, 21, 25, 26, 28, 30,
	31, 32, 32, 32, 32, 32, 32, 33,
};
/* clang-format on */

const struct h1_known *
h1_known(unsigned row)
{
	return &known[row];
}

/*
 * The name is a token, and a bit of 20 set makes of no other token byte a
 * letter, a digit or '-': so the compare is exact but for case.
 */
static bool
name_is(struct str name, const char *low)
{
	for (size_t i = 0; i < name.n; i++)
		if ((name.p[i] | 0x20) != low[i])
			return false;
	return true;
}

unsigned
h1_known_row(struct str name)
{
	if (name.n > NAME_MAX_KNOWN)
		return 0;
	for (unsigned row = row_of_length[name.n];
	     row < row_of_length[name.n + 1]; row++)
		if (name_is(name, known[row].name))
			return row;
	return 0;
}

/* 1*DIGIT; the sum must be a length that a signed counter takes too. */
static bool
length_parse(struct str v, uint64_t *out)
{
	if (!str_to_u64(v, out))
		return false;
	return *out <= INT64_MAX;
}

static enum h1_step
check_length(struct h1_parser *p, struct str v)
{
	if (++p->ncl > 1)
		return h1_bad(p, 400, "several Content-Length");
	if (!length_parse(v, &p->length))
		return h1_bad(p, 400, "Content-Length is no number");
	if (p->nte && p->kind == H1_REQUEST)
		return h1_bad(
		    p, 400, "both Content-Length and Transfer-Encoding");
	return H1_STEP_ON;
}

/*
 * A list of codings that ends in "chunked", which stands nowhere else: the
 * message is in order, we only do not know how to read it.
 */
static bool
is_coded_further(struct str v)
{
	struct str rest = v, part;
	bool chunked = false;

	while (str_next(&rest, ',', &part)) {
		if (chunked || !h1_is_token(str_trim(part)))
			return false;
		chunked = str_eq_nocase(str_trim(part), STR("chunked"));
	}
	return chunked;
}

static enum h1_step
check_coding(struct h1_parser *p, struct str v)
{
	if (++p->nte > 1)
		return h1_bad(p, 400, "several Transfer-Encoding");
	if (p->minor == 0)
		return h1_bad(p, 400, "Transfer-Encoding in HTTP/1.0");
	if (p->ncl && p->kind == H1_REQUEST)
		return h1_bad(
		    p, 400, "both Content-Length and Transfer-Encoding");
	if (str_eq_nocase(v, STR("chunked")))
		return H1_STEP_ON;
	return h1_bad(p, is_coded_further(v) ? 501 : 400,
	    "Transfer-Encoding is not just \"chunked\"");
}

enum h1_step
h1_field_check(struct h1_parser *p, const char *buf)
{
	struct h1_span *s = &p->span[p->nfields - 1];
	struct str v = h1_slice(buf, s->value_at, s->value_n);

	s->known = h1_known_row(h1_slice(buf, s->name_at, s->name_n));
	if (known[s->known].id == H1_HOST && p->kind == H1_REQUEST) {
		if (++p->nhost > 1)
			return h1_bad(p, 400, "several Host");
	} else if (known[s->known].id == H1_CONTENT_LENGTH) {
		return check_length(p, v);
	} else if (known[s->known].id == H1_TRANSFER_ENCODING) {
		return check_coding(p, v);
	}
	return H1_STEP_ON;
}

bool
h1_is_token(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!octet_is(s.p[i], OCTET_TOKEN))
			return false;
	return s.n > 0;
}
