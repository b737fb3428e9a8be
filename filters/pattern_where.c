/* pattern_where.c - the patterns of a snapshot for those who look into them. */
#include "filters/pattern_where.h"

#include "filters/snapshot_impl.h"

const struct pattern_set *
snapshot_pattern_set(const struct snapshot *s)
{
	return s->patterns;
}

static bool
rule_has(const struct rule *r, unsigned id)
{
	for (unsigned i = 0; i < r->nterms; i++)
		if (r->terms[i].kind == TERM_REGEX && r->terms[i].id == id)
			return true;
	return false;
}

const struct where *
snapshot_pattern_rule(const struct snapshot *s, unsigned id)
{
	for (unsigned p = 0; p < s->npolicies; p++)
		for (unsigned r = 0; r < s->policies[p].nrules; r++)
			if (rule_has(&s->policies[p].rules[r], id))
				return &s->policies[p].rules[r].where;
	return NULL;
}
