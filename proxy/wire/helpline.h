/*
 * helpline.h - the lines that we and Squid's helpers speak (Squid's wiki,
 * "AddonHelpers"): one question a line, one answer a line.
 *
 *	question:  [CHANNEL SP] FIELD [SP FIELD]... LF
 *	answer:    [CHANNEL SP] RESULT [SP KEY=VALUE]... [SP text] LF
 *
 * Fields are escaped as Squid does it (RFC 1738: %20 for a blank). Values are
 * escaped in the same way, or quoted with backslashes. What a helper says is
 * judged as strictly as what a client says.
 */
#ifndef PROXY_WIRE_HELPLINE_H
#define PROXY_WIRE_HELPLINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct buf;

#define HELPLINE_MAX     65536 /* as Squid: tickets of Kerberos are long */
#define HELPLINE_CHANNEL 999999999

enum helpline_result {
	HELPLINE_OK = 0,
	HELPLINE_ERR,
	HELPLINE_BH, /* broken: the helper cannot tell */
	HELPLINE_TT, /* negotiate: one more round */
	HELPLINE_AF, /* negotiate: done */
	HELPLINE_NA, /* negotiate: refused */
};

/* Slices into the line; STR_NONE what did not come. */
struct helpline {
	enum helpline_result result;
	uint32_t channel; /* where there are channels */
	bool has_ttl;
	uint32_t ttl_s;
	struct str user, group, message, token;
};

/*
 * Take the answer <line> (no LF; a CR before it is forgiven) apart, unescaping
 * in place. False: it is no answer.
 */
bool helpline_parse(char *line, size_t n, bool channels, struct helpline *out);

/* Append <s> to a question. */
void helpline_escape(struct buf *out, struct str s);

/* Undo it in place; what is left. "%" without two digits stays. */
struct str helpline_unescape(char *p, size_t n);

#endif
