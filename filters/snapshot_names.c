/* snapshot_names.c - what the numbers in verdicts stand for, and what the
 * edge has to know of the policies. */
#include "filters/snapshot_impl.h"

static struct str
name_at(const struct nameset *s, unsigned i)
{
	return i < s->n ? s->name[i] : STR_NONE;
}

bool
snapshot_keeps_hours(const struct snapshot *s)
{
	return s->nschedules != 0;
}

unsigned
snapshot_wants(const struct snapshot *s)
{
	return s->wants;
}

struct str
snapshot_group_name(const struct snapshot *s, unsigned group)
{
	return group < s->ngroups ? s->groups[group].name : STR_NONE;
}

struct str
snapshot_policy_name(const struct snapshot *s, unsigned policy)
{
	return policy < s->npolicies ? s->policies[policy].name : STR_NONE;
}

struct str
snapshot_auth_group(const struct snapshot *s, unsigned i)
{
	return name_at(&s->auth_groups, i);
}

uint32_t
snapshot_warn_s(const struct snapshot *s, unsigned policy)
{
	return policy < s->npolicies ? s->policies[policy].warn_s : 0;
}

uint16_t
snapshot_as_group(const struct snapshot *s, struct str name)
{
	for (unsigned i = 0; i < s->ngroups; i++)
		if (str_eq(s->groups[i].name, name))
			return (uint16_t)(i + 1);
	return 0;
}
