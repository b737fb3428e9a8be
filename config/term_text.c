/* term_text.c - where terms stand in the text of a rule. */
#include "config/term_text.h"

static bool
is_between(char c)
{
	return c == ' ' || c == '\t' || c == ',';
}

static bool
begins_pattern(struct str rule, size_t from, size_t at)
{
	struct str before = str_sub(rule, from, at - from);

	if (str_starts(before, STR("!")))
		before = str_sub(before, 1, before.n);
	return str_eq(before, STR("regex:"));
}

size_t
term_text_end(struct str rule, size_t at)
{
	char inside = '\0';

	for (size_t from = at; at < rule.n; at++) {
		char c = rule.p[at];

		if (inside && c == '\\')
			at++;
		else if (inside)
			inside = c == inside ? '\0' : inside;
		else if (is_between(c))
			break;
		else if (c == '"' ||
		         (c == '/' && begins_pattern(rule, from, at)))
			inside = c;
	}
	return at < rule.n ? at : rule.n;
}

struct str
term_text(struct str rule, unsigned i)
{
	size_t at = 0, end;

	for (;;) {
		while (at < rule.n && is_between(rule.p[at]))
			at++;
		end = term_text_end(rule, at);
		if (i-- == 0 || at == rule.n)
			return str_sub(rule, at, end - at);
		at = end;
	}
}
