/*
 * h1_part.h - what the sources of the HTTP/1 parser share; nobody else's.
 *
 * h1.c walks the lines and asks llhttp, h1_start.c reads start lines,
 * h1_field.c knows the fields and what each may say, h1_head.c makes the
 * result.
 */
#ifndef PROXY_WIRE_H1_PART_H
#define PROXY_WIRE_H1_PART_H

#include "proxy/wire/h1.h"

enum h1_state {
	H1S_EMPTY = 0, /* request: CRLFs before it */
	H1S_METHOD,
	H1S_TARGET,
	H1S_VERSION,
	H1S_STATUS, /* response: "HTTP/1.x nnn" */
	H1S_REASON,
	H1S_LINE, /* a field line begins, or the empty one */
	H1S_NAME,
	H1S_VALUE,
	H1S_DONE,
	H1S_BAD,
};

/* What one step over the buffer led to. */
enum h1_step { H1_STEP_ON = 0, H1_STEP_MORE, H1_STEP_BAD, H1_STEP_DONE };

/* Note what is wrong; H1_STEP_BAD, to be returned. */
enum h1_step h1_bad(
    struct h1_parser *p, unsigned short status, const char *why);

/* buf[p->seen] is a CR: step over it and the LF that must follow. */
enum h1_step h1_crlf(struct h1_parser *p, const char *buf, size_t n);

/* The first byte in [at,end) that may not stand in text; else <end>. */
size_t h1_text_end(const char *buf, size_t at, size_t end);

/* A step in one of the states H1S_EMPTY .. H1S_REASON. */
enum h1_step h1_start_step(struct h1_parser *p, const char *buf, size_t n);

/* A row of the known fields: row 0 is for all others. */
struct h1_known {
	char name[28]; /* lower case */
	uint8_t n;
	uint8_t id;
	bool hop;  /* hop-by-hop by itself */
	bool kept; /* Connection cannot make it so */
};
const struct h1_known *h1_known(unsigned row);
unsigned h1_known_row(struct str name); /* of a token; 0: none */

/* The last field in p->span is whole: may it say what it says? */
enum h1_step h1_field_check(struct h1_parser *p, const char *buf);

/* All lines are there: may they stand together? Then fill the result. */
enum h1_step h1_head_check(struct h1_parser *p);
enum h1_step h1_head_fill(struct h1_parser *p, const char *buf,
    struct h1_head *head, struct h1_field *room);

static inline struct str
h1_slice(const char *buf, uint32_t at, uint32_t n)
{
	return (struct str){buf + at, n};
}

#endif
