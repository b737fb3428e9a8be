/* trace_pack.c - the story of a decision in few bytes. */
#include "filters/trace_pack.h"

#include "base/hash.h"
#include "filters/snapshot_impl.h"

#define VERSION   1
#define CUT       0x80
#define HEAD      5
#define TERMS_MAX 255 /* of one rule; more are left out */
#define SAME      14  /* one term, with the rule's value */
#define ITEM_SKIP 0x41
#define MANY      15 /* how many stands in the next byte */

enum item {
	ITEM_RULE = 0x00,
	ITEM_GROUP = 0x40,
	ITEM_SUBJECT = 0x80,
	ITEM_TIER = 0xc0
};

uint32_t
trace_rules_hash(const struct snapshot *s, unsigned policy)
{
	uint64_t h = 1;

	if (policy >= s->npolicies)
		return 0;
	for (unsigned i = 0; i < s->policies[policy].nrules; i++) {
		struct str line = s->policies[policy].rules[i].line;

		h = hash64(line.p, line.n, h);
	}
	return (uint32_t)h;
}

/* ------------------------------------------------------------------ write */

struct packer {
	uint8_t *out;
	size_t n;
	bool cut;
	unsigned next;            /* the rule that comes next */
	unsigned nterms;          /* of it, as far as looked at */
	uint8_t terms[TERMS_MAX]; /* what they said */
};

/* All of an item or nothing, and nothing behind what was left out. */
static bool
has_room(struct packer *p, size_t n)
{
	if (p->cut || n > TRACE_PACK_MAX - p->n) {
		p->cut = true;
		return false;
	}
	return true;
}

static void
put(struct packer *p, unsigned byte)
{
	p->out[p->n++] = (uint8_t)byte;
}

static void
put_number(struct packer *p, unsigned n)
{
	for (; n > 0x7f; n >>= 7)
		put(p, 0x80 | (n & 0x7f));
	put(p, n);
}

static void
pack_group(void *arg, uint16_t group, enum truth value)
{
	struct packer *p = arg;

	if (!has_room(p, 4))
		return;
	put(p, ITEM_GROUP | (unsigned)value << 4);
	put_number(p, group);
}

static void
pack_tier(void *arg, enum tier t, enum truth value, struct str what)
{
	struct packer *p = arg;

	(void)what;
	if (has_room(p, 1))
		put(p, ITEM_TIER | (unsigned)value << 4 | (unsigned)t);
}

static void
pack_subject(void *arg, enum subject s, struct str text)
{
	struct packer *p = arg;

	(void)text;
	p->next = p->nterms = 0;
	if (has_room(p, 1))
		put(p, ITEM_SUBJECT | (unsigned)s);
}

static void
pack_term(void *arg, uint16_t rule, uint16_t term, enum truth value)
{
	struct packer *p = arg;

	(void)rule;
	if (term == 0)
		p->nterms = 0; /* read anew, now that more is known */
	if (term >= TERMS_MAX)
		return;
	while (p->nterms < term)
		p->terms[p->nterms++] = TRUTH_SKIPPED;
	if (p->nterms == term)
		p->nterms++;
	p->terms[term] = (uint8_t)value;
}

static void
put_terms(struct packer *p)
{
	for (unsigned i = 0; i < p->nterms; i += 4) {
		unsigned byte = 0;

		for (unsigned k = 0; k < 4 && i + k < p->nterms; k++)
			byte |= (unsigned)p->terms[i + k] << 2 * k;
		put(p, byte);
	}
}

static void
pack_rule(void *arg, uint16_t policy, uint16_t rule, enum truth value)
{
	struct packer *p = arg;
	unsigned n = p->nterms, first = ITEM_RULE | (unsigned)value << 4;

	(void)policy;
	if (rule > p->next && has_room(p, 4)) {
		put(p, ITEM_SKIP);
		put_number(p, rule - p->next);
	}
	p->next = rule + 1u;
	if (!has_room(p, 2 + (n + 3) / 4))
		return;
	if (n == 1 && p->terms[0] == value) {
		put(p, first | SAME);
	} else {
		put(p, first | (n < SAME ? n : MANY));
		if (n >= SAME)
			put(p, n);
		put_terms(p);
	}
	p->nterms = 0;
}

size_t
trace_pack(const struct snapshot *s, const struct request *r,
    const struct facts *f, uint8_t out[TRACE_PACK_MAX])
{
	struct packer p = {.out = out, .n = HEAD};
	const struct trace hear = {.arg = &p,
	    .brief = true,
	    .group = pack_group,
	    .tier = pack_tier,
	    .subject = pack_subject,
	    .rule = pack_rule,
	    .term = pack_term};
	struct facts copy = *f;
	struct verdict v;
	uint32_t hash;

	copy.asked |= FACT_PATTERNS;
	v = decide(s, r, &copy, &hear);
	hash = trace_rules_hash(s, v.policy);
	out[0] = (uint8_t)(VERSION | (p.cut ? CUT : 0));
	for (unsigned i = 0; i < 4; i++)
		out[1 + i] = (uint8_t)(hash >> 8 * i);
	return p.n;
}

/* ------------------------------------------------------------------- read */

struct unpacker {
	struct bytes in;
	size_t at;
	const struct trace *hear;
	unsigned next; /* rule */
};

static bool
take(struct unpacker *u, unsigned *byte)
{
	if (u->at >= u->in.n)
		return false;
	*byte = u->in.p[u->at++];
	return true;
}

static bool
take_number(struct unpacker *u, unsigned *out)
{
	unsigned byte, shift = 0;

	*out = 0;
	do {
		if (shift > 14 || !take(u, &byte))
			return false;
		*out |= (byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	return *out <= UINT16_MAX;
}

static bool
take_group(struct unpacker *u, enum truth value)
{
	unsigned group;

	if (!take_number(u, &group))
		return false;
	if (u->hear->group)
		u->hear->group(u->hear->arg, (uint16_t)group, value);
	return true;
}

static bool
take_skipped(struct unpacker *u)
{
	unsigned n;

	if (!take_number(u, &n) || n > SNAPSHOT_RULES_MAX)
		return false;
	for (; n && u->next < SNAPSHOT_RULES_MAX; n--, u->next++)
		if (u->hear->rule)
			u->hear->rule(
			    u->hear->arg, 0, (uint16_t)u->next, TRUTH_FALSE);
	return n == 0;
}

static void
tell_term(const struct unpacker *u, unsigned term, unsigned value)
{
	if (u->hear->term && value != TRUTH_SKIPPED)
		u->hear->term(u->hear->arg, (uint16_t)u->next, (uint16_t)term,
		    (enum truth)value);
}

static bool
take_rule(struct unpacker *u, enum truth value, unsigned n)
{
	unsigned byte = 0;
	bool same = n == SAME;

	if (n == MANY && !take(u, &n))
		return false;
	if (same)
		tell_term(u, 0, (unsigned)value);
	for (unsigned i = 0; i < n && !same; i++) {
		if (i % 4 == 0 && !take(u, &byte))
			return false;
		tell_term(u, i, byte >> 2 * (i % 4) & 3);
	}
	if (u->hear->rule)
		u->hear->rule(u->hear->arg, 0, (uint16_t)u->next, value);
	u->next++;
	return true;
}

static bool
take_item(struct unpacker *u, unsigned byte)
{
	enum truth value = (enum truth)(byte >> 4 & 3);
	const struct trace *hear = u->hear;

	switch ((enum item)(byte & 0xc0)) {
	case ITEM_SUBJECT:
		if ((byte & 0x3f) > SUBJECT_NESTED)
			return false;
		u->next = 0;
		if (hear->subject)
			hear->subject(
			    hear->arg, (enum subject)(byte & 0x3f), STR_NONE);
		return true;
	case ITEM_GROUP:
		if (byte == ITEM_SKIP)
			return take_skipped(u);
		return value <= TRUTH_UNKNOWN && take_group(u, value);
	case ITEM_TIER:
		if ((byte & 0xf) > TIER_DEFAULT || value > TRUTH_UNKNOWN)
			return false;
		if (hear->tier)
			hear->tier(hear->arg, (enum tier)(byte & 0xf), value,
			    STR_NONE);
		return true;
	case ITEM_RULE:
		return value <= TRUTH_UNKNOWN &&
		       take_rule(u, value, byte & 0xf);
	}
	return false;
}

bool
trace_unpack(struct bytes b, const struct trace *hear, struct trace_head *head)
{
	struct unpacker u = {.in = b, .at = HEAD, .hear = hear};
	unsigned byte;

	*head = (struct trace_head){0};
	if (b.n < HEAD || (b.p[0] & ~CUT) != VERSION)
		return false;
	head->cut = b.p[0] & CUT;
	for (unsigned i = 0; i < 4; i++)
		head->rules |= (uint32_t)b.p[1 + i] << 8 * i;
	while (take(&u, &byte))
		if (!take_item(&u, byte))
			return false;
	return true;
}
