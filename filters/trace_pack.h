/*
 * trace_pack.h - the story of a decision in few bytes, to be kept with its
 * record: which groups were tried, which tiers asked, which rules read, and
 * what each of their terms said. Texts are not in it; rules are counted
 * through, and a hash tells whether a policy's rules are still the same.
 *
 *	n = trace_pack(snapshot, &request, &facts, room);	at a block
 *	trace_unpack(bytes, &hear, &head);			long after
 *
 * The bytes, in docs/formats/block-log.md: the version, with the highest bit
 * where the story was cut for lack of room; four of the hash, the lowest
 * first; then items of a byte and what belongs to it:
 *
 *	00vvnnnn  the next rule of the subject came to v; what n terms said, two
 *		  bits each, four a byte, the first lowest. n 14: one term,
 *		  which said the same; n 15: the number is in the next byte
 *	01vv0000  a group was tried; its number, 7 bits a byte, lowest first
 *	01000001  so many of the next rules (a number, as above) came to FALSE
 *		  at once: the subject is in none of the lists they need
 *	10ssssss  a subject is taken up (enum subject)
 *	11vvtttt  a tier was asked about it
 *
 * Values are enum truth; 3 is a term that was not looked at. Nothing here is
 * trusted when read.
 */
#ifndef FILTERS_TRACE_PACK_H
#define FILTERS_TRACE_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "filters/decide.h"

#define TRACE_PACK_MAX 256

#define TRUTH_SKIPPED 3 /* in a story: it was not looked at */

/* decide() again, for its story; returns how many bytes of <out> it takes.
 * <f> as it was for the last answer. */
size_t trace_pack(const struct snapshot *s, const struct request *r,
    const struct facts *f, uint8_t out[TRACE_PACK_MAX]);

struct trace_head {
	uint32_t rules; /* trace_rules_hash() of the policy of then */
	bool cut;       /* there was more */
};

/* Tell it to <hear>: group, tier, subject, term and rule (whose policy is 0);
 * texts are empty. False: it is damaged; what was understood has been told. */
bool trace_unpack(
    struct bytes b, const struct trace *hear, struct trace_head *head);

/* Of the rules of policy <policy>, in order, as written. */
uint32_t trace_rules_hash(const struct snapshot *s, unsigned policy);

#endif
