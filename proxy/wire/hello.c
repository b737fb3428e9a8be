/*
 * hello.c - the ClientHello across its records: first its extent is measured
 * (which needs record headers alone), then, once it is whole, it is read
 * with a cursor that steps over record headers wherever they stand.
 */
#include "proxy/wire/hello.h"

#include <string.h>

#define RECORD_HEADER    5
#define RECORD_MAX       16384
#define HANDSHAKE_HEADER 4
#define SESSION_ID_MAX   32
#define RANDOM_LEN       32

enum { RECORD_CCS = 20, RECORD_ALERT = 21, RECORD_HANDSHAKE = 22 };
enum { RECORD_DATA = 23, RECORD_HEARTBEAT = 24 };
enum { CLIENT_HELLO = 1, NAME_TYPE_HOST = 0 };

enum extension {
	EXT_SERVER_NAME = 0,
	EXT_ALPN = 16,
	EXT_PSK = 41,
	EXT_EARLY_DATA = 42,
	EXT_VERSIONS = 43,
	EXT_ECH = 0xfe0d,
};

/* ------------------------------------------------------------- the extent */

struct extent {
	const char *why;
	uint8_t head[HANDSHAKE_HEADER];
	size_t at;   /* where the present record begins */
	size_t have; /* handshake bytes in the records before it */
	size_t need; /* of the whole hello; 0: not known yet */
	size_t wants;
};

static enum hello_result
extent_bad(struct extent *e, const char *why)
{
	e->why = why;
	return HELLO_BAD;
}

/* The fewest raw bytes that <n> more handshake bytes can come in. */
static size_t
raw_of(size_t n)
{
	return n + (n + RECORD_MAX - 1) / RECORD_MAX * RECORD_HEADER;
}

/*
 * A record's header, as far as it is there. HELLO_OK: it is one of a
 * handshake, its body's length in <len>.
 */
static enum hello_result
record_header(struct extent *e, const uint8_t *p, size_t n, size_t *len)
{
	if (n > 0 && p[0] != RECORD_HANDSHAKE) {
		if (e->at == 0 &&
		    (p[0] < RECORD_CCS || p[0] > RECORD_HEARTBEAT))
			return HELLO_NOT_TLS;
		return extent_bad(e, "a record before or within the hello "
		                     "that is no handshake");
	}
	if (n > 1 && p[1] != 3)
		return extent_bad(e, "a record version other than 3.x");
	if (n < RECORD_HEADER)
		return HELLO_MORE;
	*len = (size_t)(p[3] << 8 | p[4]);
	if (*len > RECORD_MAX)
		return extent_bad(e, "a record is too long");
	return HELLO_OK;
}

/* Learn from the handshake header what of it stands in this record. */
static enum hello_result
handshake_header(struct extent *e, const uint8_t *body, size_t n)
{
	for (size_t i = e->have; i < HANDSHAKE_HEADER && i - e->have < n; i++)
		e->head[i] = body[i - e->have];
	n += e->have;
	if (n > 0 && e->head[0] != CLIENT_HELLO)
		return extent_bad(e, "the handshake begins with no hello");
	if (n < HANDSHAKE_HEADER)
		return HELLO_MORE;
	e->need = (size_t)(e->head[1] << 16 | e->head[2] << 8 | e->head[3]) +
	          HANDSHAKE_HEADER;
	if (e->need > HELLO_MAX)
		return extent_bad(e, "the hello is too long");
	return HELLO_OK;
}

/* Where bytes are missing: before how many is no more to be learnt? */
static enum hello_result
extent_more(struct extent *e, size_t n)
{
	if (e->at == 0 && n < RECORD_HEADER)
		e->wants = n == 0 ? 1 : RECORD_HEADER;
	else if (e->need == 0)
		e->wants = e->at + raw_of(HANDSHAKE_HEADER - e->have);
	else
		e->wants = e->at + raw_of(e->need - e->have);
	return HELLO_MORE;
}

/* One record. HELLO_OK: it is whole, and <e> stands behind it. */
static enum hello_result
extent_record(struct extent *e, const uint8_t *p, size_t n)
{
	size_t len = 0, there;
	enum hello_result r = record_header(e, p + e->at, n - e->at, &len);

	if (r == HELLO_MORE)
		return extent_more(e, n);
	if (r != HELLO_OK)
		return r;
	there = n - e->at - RECORD_HEADER;
	if (there > len)
		there = len;
	if (e->have < HANDSHAKE_HEADER) {
		r = handshake_header(e, p + e->at + RECORD_HEADER, there);
		if (r == HELLO_BAD)
			return r;
	}
	if (e->need > 0 && len > e->need - e->have)
		return extent_bad(e, "bytes behind the hello in its record");
	if (there < len)
		return extent_more(e, n);
	e->at += RECORD_HEADER + len;
	e->have += len;
	return HELLO_OK;
}

static enum hello_result
extent_measure(struct extent *e, const uint8_t *p, size_t n)
{
	bool full = n >= HELLO_RAW_MAX;
	enum hello_result r = HELLO_OK;

	*e = (struct extent){0};
	if (full)
		n = HELLO_RAW_MAX;
	while (r == HELLO_OK && (e->need == 0 || e->have < e->need))
		r = extent_record(e, p, n);
	if (r == HELLO_MORE && full)
		return extent_bad(e, "the hello takes too many bytes");
	return r;
}

/* ------------------------------------------------------------- the cursor */

/* Over a hello whose records are known to be in order. */
struct cursor {
	const uint8_t *p;
	size_t record; /* bytes left in this record */
	size_t left;   /* in what is being read: the hello or a part of it */
	const char *why;
};

static void
cursor_bad(struct cursor *c, const char *why)
{
	if (!c->why)
		c->why = why;
	c->left = 0;
}

/* Onto a byte: over as many record headers as stand before it. */
static void
cursor_settle(struct cursor *c)
{
	while (c->record == 0) {
		c->record = (size_t)(c->p[3] << 8 | c->p[4]);
		c->p += RECORD_HEADER;
	}
}

static unsigned
take_u8(struct cursor *c)
{
	if (c->left == 0) {
		cursor_bad(c, "the hello is cut short inside");
		return 0;
	}
	cursor_settle(c);
	c->left--;
	c->record--;
	return *c->p++;
}

static unsigned
take_u16(struct cursor *c)
{
	unsigned high = take_u8(c);

	return high << 8 | take_u8(c);
}

static void
skip(struct cursor *c, size_t n)
{
	size_t part;

	if (n > c->left) {
		cursor_bad(c, "a length in the hello is too large");
		return;
	}
	c->left -= n;
	for (; n > 0; n -= part) {
		cursor_settle(c);
		part = n < c->record ? n : c->record;
		c->p += part;
		c->record -= part;
	}
}

/* Narrow to the next <n> bytes; what is left beyond goes to part_end(). */
static size_t
part_begin(struct cursor *c, size_t n)
{
	size_t beyond;

	if (n > c->left) {
		cursor_bad(c, "a length in the hello is too large");
		return 0;
	}
	beyond = c->left - n;
	c->left = n;
	return beyond;
}

static void
part_end(struct cursor *c, size_t beyond)
{
	if (c->left > 0)
		cursor_bad(c, "bytes behind the end of an extension");
	if (!c->why)
		c->left = beyond;
}

/* ---------------------------------------------------------- the extensions */

/* RFC 6066 3, with the one name that RFC allows of each type. */
static void
read_server_name(struct cursor *c, struct hello *h)
{
	size_t n = take_u16(c);

	if (n != c->left || n == 0) {
		cursor_bad(c, "a server name list of the wrong length");
		return;
	}
	if (take_u8(c) != NAME_TYPE_HOST) {
		cursor_bad(c, "a server name that is no host name");
		return;
	}
	n = take_u16(c);
	if (n != c->left || n == 0 || n > HELLO_SNI_MAX) {
		cursor_bad(c, "several server names, or one of a wrong length");
		return;
	}
	for (size_t i = 0; i < n; i++) {
		h->sni_room[i] = (char)take_u8(c);
		if (h->sni_room[i] == '\0')
			cursor_bad(c, "a NUL in the server name");
	}
	h->sni = str_make(h->sni_room, n);
}

static void
read_alpn(struct cursor *c, struct hello *h)
{
	char name[8];
	size_t n = take_u16(c);

	h->has_alpn = true;
	if (n != c->left || n == 0)
		cursor_bad(c, "a protocol list of the wrong length");
	while (c->left > 0) {
		n = take_u8(c);
		if (n == 0 || n > c->left) {
			cursor_bad(c, "a protocol name of the wrong length");
			return;
		}
		if (n > sizeof(name)) {
			skip(c, n);
			continue;
		}
		for (size_t i = 0; i < n; i++)
			name[i] = (char)take_u8(c);
		h->alpn_h1 |= str_eq(str_make(name, n), STR("http/1.1"));
		h->alpn_h2 |= str_eq(str_make(name, n), STR("h2"));
	}
}

static bool
is_grease(unsigned v)
{
	return (v & 0x0f0f) == 0x0a0a && v >> 8 == (v & 0xff);
}

static void
read_versions(struct cursor *c, struct hello *h)
{
	unsigned best = 0, v, n = take_u8(c);

	if (n != c->left || n == 0 || n % 2)
		cursor_bad(c, "a version list of the wrong length");
	while (c->left > 0) {
		v = take_u16(c);
		if (!is_grease(v) && v > best)
			best = v;
	}
	if (best)
		h->version = (uint16_t)best;
}

struct reader {
	unsigned type;
	void (*read)(struct cursor *c, struct hello *h);
};

/* Those that are looked at; of none may there be two (RFC 8446 4.2). */
static const struct reader readers[] = {
    {EXT_SERVER_NAME, read_server_name},
    {EXT_ALPN, read_alpn},
    {EXT_VERSIONS, read_versions},
    {EXT_ECH, NULL},
    {EXT_EARLY_DATA, NULL},
    {EXT_PSK, NULL},
};
#define READERS (sizeof(readers) / sizeof(readers[0]))

static void
read_extension(struct cursor *c, struct hello *h, unsigned *seen)
{
	unsigned type = take_u16(c), i = 0;
	size_t beyond = part_begin(c, take_u16(c));

	while (i < READERS && readers[i].type != type)
		i++;
	if (i < READERS) {
		if (*seen & 1u << i)
			cursor_bad(c, "an extension is there twice");
		*seen |= 1u << i;
		h->ech |= type == EXT_ECH;
		h->early_data |= type == EXT_EARLY_DATA;
		h->psk |= type == EXT_PSK;
	}
	if (i < READERS && readers[i].read && !c->why)
		readers[i].read(c, h);
	else
		skip(c, c->left);
	part_end(c, beyond);
}

/* RFC 8446 4.1.2, RFC 5246 7.4.1.2; a hello may end before extensions. */
static void
read_hello(struct cursor *c, struct hello *h)
{
	unsigned n, seen = 0;

	skip(c, HANDSHAKE_HEADER);
	h->version = (uint16_t)take_u16(c);
	if (h->version >> 8 != 3)
		cursor_bad(c, "a version other than 3.x in the hello");
	skip(c, RANDOM_LEN);
	n = take_u8(c);
	if (n > SESSION_ID_MAX)
		cursor_bad(c, "the session id is too long");
	skip(c, n);
	n = take_u16(c);
	if (n == 0 || n % 2)
		cursor_bad(c, "a cipher list of the wrong length");
	skip(c, n);
	n = take_u8(c);
	if (n == 0)
		cursor_bad(c, "no compression method");
	skip(c, n);
	if (c->left == 0)
		return;
	n = take_u16(c);
	if (n != c->left)
		cursor_bad(c, "the extensions do not fill the hello");
	while (c->left > 0)
		read_extension(c, h, &seen);
}

enum hello_result
hello_parse(const uint8_t *p, size_t n, struct hello *h)
{
	struct extent e;
	struct cursor c;
	enum hello_result r = extent_measure(&e, p, n);

	*h = (struct hello){.why = e.why};
	if (r != HELLO_OK)
		return r;
	c = (struct cursor){.p = p, .left = e.need};
	read_hello(&c, h);
	if (c.why) {
		*h = (struct hello){.why = c.why};
		return HELLO_BAD;
	}
	h->raw_len = e.at;
	return HELLO_OK;
}

size_t
hello_wants(const uint8_t *p, size_t n)
{
	struct extent e;

	if (extent_measure(&e, p, n) != HELLO_MORE)
		return n;
	return e.wants < HELLO_RAW_MAX ? e.wants : HELLO_RAW_MAX;
}
