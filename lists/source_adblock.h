/*
 * source_adblock.h - one rule of AdBlock's syntax, modifiers taken off.
 * For lists/source_adblock*.c alone.
 */
#ifndef LISTS_SOURCE_ADBLOCK_H
#define LISTS_SOURCE_ADBLOCK_H

#include <stdbool.h>

#include "base/str.h"

struct source_reader;
struct source_sink;

struct adblock_rule {
	struct str body;   /* without "@@" and modifiers */
	bool except;       /* "@@" */
	bool match_case;   /* $match-case */
	bool important;    /* $important */
	bool bad;          /* $badfilter: takes the same rule away */
	struct str spared; /* $denyallow: hosts, parted by '|' */
};

/* Hand on what <rule>'s body stands for, without regard to its modifiers but
 * match_case; an exception only if all of a host is meant. */
void adblock_body(struct source_reader *r, const struct adblock_rule *rule,
    const struct source_sink *sink);

#endif
