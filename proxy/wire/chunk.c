/*
 * chunk.c - decode a chunked body: a state for each place in the grammar of
 * RFC 9112 7.1, a byte at a time but for the data, which moves in blocks.
 */
#include "proxy/wire/chunk.h"

#include <string.h>

#include "base/str.h"
#include "proxy/wire/octet.h"

enum chunk_state {
	CS_SIZE = 0,   /* digits */
	CS_SIZE_BLANK, /* blanks behind them */
	CS_NAME_FIRST, /* behind ';' */
	CS_NAME,
	CS_NAME_BLANK,
	CS_VALUE_FIRST, /* behind '=' */
	CS_VALUE,
	CS_QUOTED,
	CS_ESCAPED,
	CS_QUOTED_END,
	CS_VALUE_BLANK,
	CS_SIZE_LF,
	CS_DATA,
	CS_DATA_CR,
	CS_DATA_LF,
	CS_TRAILER_FIRST,
	CS_TRAILER_NAME,
	CS_TRAILER_VALUE,
	CS_TRAILER_LF,
	CS_END_LF,
	CS_DONE,
	CS_BAD,
};

static const char why_ext[] = "a malformed chunk extension";
static const char why_trailer[] = "a malformed trailer field";

static uint8_t
bad(struct chunk_decoder *d, const char *why)
{
	d->why = why;
	return CS_BAD;
}

static unsigned
hex_value(char c)
{
	if (octet_is_digit(c))
		return (unsigned)(c - '0');
	return (unsigned)(str_lower_char(c) - 'a') + 10;
}

static uint8_t
step_size(struct chunk_decoder *d, char c)
{
	if (octet_is(c, OCTET_HEX)) {
		if (++d->digits > CHUNK_DIGITS_MAX)
			return bad(d, "a chunk size has too many digits");
		d->left = d->left << 4 | hex_value(c);
		return CS_SIZE;
	}
	if (d->digits == 0)
		return bad(d, "a chunk without a size");
	if (d->left > INT64_MAX)
		return bad(d, "a chunk is too large");
	if (c == '\r')
		return CS_SIZE_LF;
	if (c == ';')
		return CS_NAME_FIRST;
	if (octet_is_blank(c))
		return CS_SIZE_BLANK;
	return bad(d, "a chunk size is no hexadecimal number");
}

/* Behind a size, a name or a value, with or without blanks between. */
static uint8_t
step_blank(struct chunk_decoder *d, char c)
{
	if (octet_is_blank(c))
		return d->state;
	if (c == ';')
		return CS_NAME_FIRST;
	if (c == '=' && d->state == CS_NAME_BLANK)
		return CS_VALUE_FIRST;
	if (c == '\r' && d->side == CHUNK_RESPONSE)
		return CS_SIZE_LF;
	return bad(d, "blanks behind a chunk size");
}

/* In a token, or right behind it or a quoted string. */
static uint8_t
step_word(struct chunk_decoder *d, char c)
{
	if (octet_is(c, OCTET_TOKEN) && d->state != CS_QUOTED_END)
		return d->state;
	if (octet_is_blank(c))
		return d->state == CS_NAME ? CS_NAME_BLANK : CS_VALUE_BLANK;
	if (c == ';')
		return CS_NAME_FIRST;
	if (c == '=' && d->state == CS_NAME)
		return CS_VALUE_FIRST;
	if (c == '\r')
		return CS_SIZE_LF;
	return bad(d, why_ext);
}

static uint8_t
step_word_first(struct chunk_decoder *d, char c)
{
	if (octet_is_blank(c))
		return d->state;
	if (octet_is(c, OCTET_TOKEN))
		return d->state == CS_NAME_FIRST ? CS_NAME : CS_VALUE;
	if (c == '"' && d->state == CS_VALUE_FIRST)
		return CS_QUOTED;
	return bad(d, why_ext);
}

static uint8_t
step_quoted(struct chunk_decoder *d, char c)
{
	if (!octet_is(c, OCTET_TEXT))
		return bad(d, why_ext);
	if (d->state == CS_ESCAPED)
		return CS_QUOTED;
	if (c == '\\')
		return CS_ESCAPED;
	return c == '"' ? CS_QUOTED_END : CS_QUOTED;
}

static uint8_t
step_trailer_first(struct chunk_decoder *d, char c)
{
	if (c == '\r')
		return CS_END_LF;
	if (++d->trailers > CHUNK_TRAILERS_MAX)
		return bad(d, "too many trailer fields");
	return octet_is(c, OCTET_TOKEN) ? CS_TRAILER_NAME : bad(d, why_trailer);
}

static uint8_t
step_trailer_name(struct chunk_decoder *d, char c)
{
	if (octet_is(c, OCTET_TOKEN))
		return CS_TRAILER_NAME;
	return c == ':' ? CS_TRAILER_VALUE : bad(d, why_trailer);
}

static uint8_t
step_trailer_value(struct chunk_decoder *d, char c)
{
	if (octet_is(c, OCTET_TEXT))
		return CS_TRAILER_VALUE;
	return c == '\r' ? CS_TRAILER_LF : bad(d, why_trailer);
}

static uint8_t
step_data_cr(struct chunk_decoder *d, char c)
{
	return c == '\r' ? CS_DATA_LF
	                 : bad(d, "a chunk is longer than its size");
}

static uint8_t
step_lf(struct chunk_decoder *d, char c)
{
	if (c != '\n')
		return bad(d, "a bare CR in a chunked body");
	if (d->state == CS_DATA_LF)
		return CS_SIZE;
	if (d->state == CS_TRAILER_LF)
		return CS_TRAILER_FIRST;
	if (d->state == CS_END_LF)
		return CS_DONE;
	d->digits = 0;
	d->ext = 0;
	return d->left ? CS_DATA : CS_TRAILER_FIRST;
}

typedef uint8_t step_fn(struct chunk_decoder *d, char c);

/* For each state but that of data and the last two. */
static step_fn *const steps[] = {
    [CS_SIZE] = step_size,
    [CS_SIZE_BLANK] = step_blank,
    [CS_NAME_FIRST] = step_word_first,
    [CS_NAME] = step_word,
    [CS_NAME_BLANK] = step_blank,
    [CS_VALUE_FIRST] = step_word_first,
    [CS_VALUE] = step_word,
    [CS_QUOTED] = step_quoted,
    [CS_ESCAPED] = step_quoted,
    [CS_QUOTED_END] = step_word,
    [CS_VALUE_BLANK] = step_blank,
    [CS_SIZE_LF] = step_lf,
    [CS_DATA_CR] = step_data_cr,
    [CS_DATA_LF] = step_lf,
    [CS_TRAILER_FIRST] = step_trailer_first,
    [CS_TRAILER_NAME] = step_trailer_name,
    [CS_TRAILER_VALUE] = step_trailer_value,
    [CS_TRAILER_LF] = step_lf,
    [CS_END_LF] = step_lf,
};

/* Extensions and trailers are read for nothing, so they are counted first. */
static uint8_t
step(struct chunk_decoder *d, char c)
{
	if (d->state >= CS_SIZE_BLANK && d->state <= CS_VALUE_BLANK &&
	    c != '\r' &&
	    (++d->ext > CHUNK_EXT_MAX || ++d->ext_total > CHUNK_EXT_TOTAL_MAX))
		return bad(d, "chunk extensions are too long");
	if (d->state >= CS_TRAILER_FIRST && d->state <= CS_TRAILER_LF &&
	    ++d->trailer > CHUNK_TRAILER_MAX)
		return bad(d, "the trailer is too long");
	return steps[d->state](d, c);
}

void
chunk_begin(struct chunk_decoder *d, enum chunk_side side)
{
	*d = (struct chunk_decoder){.side = (uint8_t)side};
}

size_t
chunk_decode(struct chunk_decoder *d, char *p, size_t n, size_t *used)
{
	size_t in = 0, out = 0, part;

	while (in < n && d->state < CS_DONE) {
		if (d->state != CS_DATA) {
			d->state = step(d, p[in++]);
			continue;
		}
		part = n - in < d->left ? n - in : (size_t)d->left;
		if (in != out)
			memmove(p + out, p + in, part);
		in += part;
		out += part;
		d->left -= part;
		if (d->left == 0)
			d->state = CS_DATA_CR;
	}
	*used = in;
	return out;
}

enum chunk_state_public
chunk_status(const struct chunk_decoder *d)
{
	return d->state == CS_DONE  ? CHUNK_DONE
	       : d->state == CS_BAD ? CHUNK_BAD
	                            : CHUNK_GOING;
}
