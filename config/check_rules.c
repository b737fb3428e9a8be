/* check_rules.c - what rules name of the rest of the configuration. */
#include "config/check_rules.h"

#include "base/near.h"
#include "config/config.h"
#include "config/diag.h"
#include "config/term_text.h"

static bool
has_users(const struct config *c)
{
	for (unsigned i = 0; i < c->auth.n; i++)
		if (c->auth.v[i].kind != AUTH_GROUP)
			return true;
	return false;
}

static void
check_group(const struct config *c, struct str name, const struct where *at,
    struct diag *d)
{
	struct near near = near_to(name);

	if (name.n == 0 || str_eq(name, STR("default")))
		return; /* nothing behind the colon: the rule's own error */
	for (unsigned i = 0; i < c->group.n; i++) {
		if (str_eq(c->group.v[i].name, name))
			return;
		near_try(&near, c->group.v[i].name);
	}
	near_try(&near, STR("default"));
	if (near.best.n)
		diag_error(d, at,
		    "unknown group \"%.*s\"; did you mean \"%.*s\"?",
		    STR_ARG(name), STR_ARG(near.best));
	else
		diag_error(d, at,
		    "unknown group \"%.*s\": there is no [group %.*s]",
		    STR_ARG(name), STR_ARG(name));
}

static void
check_term(const struct config *c, const struct config_rule *r, struct str term,
    struct diag *d)
{
	struct str kind, value;
	struct where at;

	if (str_starts(term, STR("!")))
		term = str_sub(term, 1, term.n);
	if (!str_cut(term, ':', &kind, &value))
		return;
	at = diag_within(
	    &r->where, r->pieces.v, r->pieces.n, (size_t)(value.p - r->text.p));
	if (value.n > 1 && str_starts(value, STR("\"")))
		value = str_sub(value, 1, value.n - 2);
	if (str_eq(kind, STR("group")))
		check_group(c, value, &at, d);
	else if (str_eq(kind, STR("user")) && !has_users(c))
		diag_error(d, &at,
		    "nobody says who a user is; add an [auth NAME] with kind "
		    "= basic or negotiate");
}

void
check_rules(const struct config *c, struct diag *d)
{
	for (unsigned p = 0; p < c->policy.n; p++)
		for (unsigned i = 0; i < c->policy.v[p].rules.n; i++) {
			const struct config_rule *r =
			    &c->policy.v[p].rules.v[i];
			struct str term;

			for (unsigned t = 0; (term = term_text(r->text, t)).n;
			     t++)
				check_term(c, r, term, d);
		}
}
