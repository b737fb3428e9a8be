/*
 * source_e2.c - E2Guardian's lists: sites, URLs, regular expressions.
 *
 * Other files that a list includes are read by who has files; here the line
 * is passed over.
 */
#include "lists/source_reader.h"

/* "#time: 9 0 17 0 01234": we have no clock, and a part of the day is a
 * matter of rules. Other directives only name things. */
static bool
is_time(struct str line)
{
	struct str rest;

	return source_after(str_trim(line), STR("#time:"), &rest);
}

static struct str
unquoted(struct str s)
{
	if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"')
		return str_trim(str_sub(s, 1, s.n - 2));
	return s;
}

/* True: there is nothing in the line but a comment, or it was dealt with. */
static bool
is_done(struct str line, const struct source_sink *sink)
{
	struct source_include inc;
	struct str s = str_trim(line);

	if (is_time(s)) {
		sink->skip(
		    sink->ctx, "a time of day: the list holds at all times");
		return true;
	}
	return s.n == 0 || s.p[0] == '#' ||
	       source_include(LIST_E2_SITES, s, &inc);
}

/* "**", "*ip", "**s" and so on: everything, or every address. */
static bool
is_blanket(struct str s)
{
	return str_starts(s, STR("*")) && !str_starts(s, STR("*."));
}

void
source_e2_sites(
    struct source_reader *r, struct str line, const struct source_sink *sink)
{
	struct str s;

	(void)r;
	if (is_done(line, sink))
		return;
	s = unquoted(source_content(line));
	if (is_blanket(s))
		sink->reject(sink->ctx, "a blanket block matches everything");
	else
		source_checked(s, source_domains, sink);
}

void
source_e2_urls(
    struct source_reader *r, struct str line, const struct source_sink *sink)
{
	(void)r;
	if (!is_done(line, sink))
		source_checked(
		    unquoted(source_content(line)), source_urls, sink);
}

void
source_e2_regexps(
    struct source_reader *r, struct str line, const struct source_sink *sink)
{
	struct str s = source_content(line);

	if (is_done(line, sink))
		return;
	if (str_search(s, STR("\"->\"")) < s.n)
		sink->skip(sink->ctx, "changes a URL or a page");
	else
		source_patterns(r, unquoted(s), sink);
}
