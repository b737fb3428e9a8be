/*
 * source_adblock.c - AdBlock's syntax: lines, modifiers, exceptions.
 *
 * A rule whose modifiers are not all understood is left out: without them it
 * would hold for more than it says.
 */
#include "lists/source_adblock.h"

#include "base/table.h"
#include "base/utf8.h"
#include "lists/source_reader.h"

#define CONDITIONS_MAX 1000

/* "##", "#@#", "#?#", "#$#", "#%#", "#@?#", "$$", "$@$": what pages look like
 * and scripts in them. */
static bool
is_cosmetic(struct str s)
{
	for (size_t i = str_find(s, '#', 0); i < s.n;
	     i = str_find(s, '#', i + 1)) {
		size_t k = i + 1;

		while (k < s.n && k < i + 4 && s.p[k] && strchr("@?$%", s.p[k]))
			k++;
		if (k + 1 < s.n && s.p[k] == '#' &&
		    (i > 0 || (s.p[k + 1] != '#' && s.p[k + 1] != ' ')))
			return true;
		if (i == 0)
			return false; /* an ordinary comment */
	}
	return str_search(s, STR("$$")) < s.n ||
	       str_search(s, STR("$@$")) < s.n;
}

/* "[Adblock Plus 2.0]" */
static bool
is_head(struct str s)
{
	struct str rest;

	return str_ends(s, STR("]")) && (source_after(s, STR("[Ad"), &rest) ||
	                                    source_after(s, STR("[uB"), &rest));
}

/* A comment, or an order to a preprocessor. */
static void
directive(struct source_reader *r, struct str s, const struct source_sink *sink)
{
	if (str_starts(s, STR("!#if"))) {
		if (r->conditions < CONDITIONS_MAX)
			r->conditions++;
	} else if (str_starts(s, STR("!#endif"))) {
		if (r->conditions)
			r->conditions--;
	} else if (str_starts(s, STR("!#include"))) {
		sink->skip(sink->ctx, "includes another file: name it as a "
		                      "source of its own");
	}
}

/* ---- modifiers */

static bool
is_one_of(struct str s, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq_nocase(s, str_of(names[i])))
			return true;
	return false;
}

/* Why a rule with this modifier is not for a proxy. */
static const char *
unknown_modifier(struct str name)
{
	static const char *const server[] = {
	    "client", "ctag", "dnstype", "dnsrewrite", "respgeo"};
	static const char *const browser[] = {"domain", "from", "to",
	    "third-party", "3p", "first-party", "1p", "strict1p", "strict3p",
	    "script", "image", "stylesheet", "css", "font", "media", "object",
	    "subdocument", "frame", "document", "doc", "xmlhttprequest", "xhr",
	    "websocket", "ping", "beacon", "popup", "popunder", "other",
	    "webrtc", "genericblock", "generichide", "ghide", "elemhide",
	    "ehide", "specifichide", "shide", "inline-script", "inline-font",
	    "csp", "permissions", "redirect", "redirect-rule", "removeparam",
	    "queryprune", "removeheader", "replace", "rewrite", "cookie",
	    "header", "method", "app", "network", "stealth", "jsinject",
	    "urlblock", "content", "extension", "hls", "jsonprune", "mp4",
	    "empty", "sitekey", "referrerpolicy"};

	if (str_starts(name, STR("~")))
		name = str_sub(name, 1, name.n);
	if (is_one_of(name, server, ARRAY_LEN(server)))
		return "a modifier that needs a name server";
	if (is_one_of(name, browser, ARRAY_LEN(browser)))
		return "a modifier that needs a browser";
	return "a modifier that is not known here";
}

/* NULL, or why the rule is skipped. */
static const char *
modifier(struct str s, struct adblock_rule *rule)
{
	struct str name, value;
	bool has_value = str_cut(s, '=', &name, &value);

	if (str_eq_nocase(name, STR("denyallow")) && value.n) {
		rule->spared = value;
		return NULL;
	}
	if (has_value)
		return unknown_modifier(name);
	if (str_eq_nocase(name, STR("important")))
		rule->important = true;
	else if (str_eq_nocase(name, STR("badfilter")))
		rule->bad = true;
	else if (str_eq_nocase(name, STR("match-case")))
		rule->match_case = true;
	/* "all": for all kinds of requests, as everything is here */
	else if (!str_eq_nocase(name, STR("all")))
		return unknown_modifier(name);
	return NULL;
}

/* Does <s> read like modifiers: a name, then ',' or '=' or nothing? */
static bool
are_modifiers(struct str s)
{
	size_t i = str_starts(s, STR("~")), from = i;

	for (; i < s.n; i++) {
		char c = str_lower_char(s.p[i]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '-' && c != '_')
			break;
	}
	return i > from && (i == s.n || s.p[i] == ',' || s.p[i] == '=');
}

static const char *
modifiers(struct str s, struct adblock_rule *rule)
{
	struct str rest, one;

	for (size_t at = str_find(s, '$', 0); at < s.n;
	     at = str_find(s, '$', at + 1)) {
		rest = str_sub(s, at + 1, s.n);
		if (!are_modifiers(rest))
			continue;
		rule->body = str_sub(s, 0, at);
		while (str_next(&rest, ',', &one)) {
			const char *why = modifier(str_trim(one), rule);

			if (why)
				return why;
		}
		return NULL;
	}
	rule->body = s;
	return NULL;
}

/* ---- rules */

/* Between a rule's body and the sink: what the modifiers say. */
struct giving {
	const struct adblock_rule *rule;
	const struct source_sink *sink;
	uint16_t group;
	bool given;
};

static void
give(void *ctx, const struct source_entry *e)
{
	struct giving *g = ctx;
	struct source_entry with = *e;

	with.group = g->group;
	if (g->rule->except)
		with.role |= IMAGE_EXCEPT;
	if (g->rule->important)
		with.role |= IMAGE_STRONG;
	g->given = true;
	if (g->rule->bad)
		g->sink->cancel(g->sink->ctx, &with);
	else
		g->sink->entry(g->sink->ctx, &with);
}

static void
pass_reject(void *ctx, const char *why)
{
	const struct giving *g = ctx;

	g->sink->reject(g->sink->ctx, why);
}

static void
pass_skip(void *ctx, const char *why)
{
	const struct giving *g = ctx;

	g->sink->skip(g->sink->ctx, why);
}

/* Why the hosts that a rule spares cannot be read. */
static const char *
spared_why(struct str hosts)
{
	char room[NAME_ROOM];
	struct str host;
	struct name n;

	while (str_next(&hosts, '|', &host))
		if (source_name(host, room, &n))
			return "a host in denyallow that cannot be read";
	return NULL;
}

static void
spare(const struct giving *g, const struct source_sink *sink)
{
	unsigned role = IMAGE_EXCEPT | (g->rule->important ? IMAGE_STRONG : 0);
	struct source_entry e = {.group = g->group, .role = (uint8_t)role};
	struct str hosts = g->rule->spared, host;
	char room[NAME_ROOM];
	struct name n;

	while (str_next(&hosts, '|', &host)) {
		if (source_name(host, room, &n))
			continue; /* spared_why() would have said so */
		e.kind = name_is_address(n) ? SOURCE_NET : SOURCE_DOMAIN;
		e.text = name_str(n);
		e.bytes = n.kind == NAME_IPV4 ? 4 : 16;
		e.bits = (uint8_t)(e.bytes * 8);
		memcpy(e.addr, n.addr, sizeof(e.addr));
		if (e.kind == SOURCE_NET)
			e.text = STR_NONE;
		sink->entry(sink->ctx, &e);
	}
}

/* $denyallow makes a group of the rule and of what it spares. */
static const char *
group_why(const struct source_reader *r, const struct adblock_rule *rule)
{
	if (rule->spared.n == 0)
		return NULL;
	if (rule->except)
		return "an exception with denyallow";
	if (rule->bad)
		return "badfilter for a rule with denyallow";
	if (r->groups == SOURCE_GROUPS_MAX)
		return "too many rules with denyallow";
	return spared_why(rule->spared);
}

static void
take_rule(struct source_reader *r, const struct adblock_rule *rule,
    const struct source_sink *sink)
{
	struct giving g = {rule, sink, 0, false};
	struct source_sink with = {
	    .entry = give, .reject = pass_reject, .skip = pass_skip, .ctx = &g};
	const char *why = group_why(r, rule);

	if (why) {
		sink->reject(sink->ctx, why);
		return;
	}
	if (rule->spared.n)
		g.group = (uint16_t)(r->groups + 1);
	adblock_body(r, rule, &with);
	if (!g.group || !g.given)
		return;
	r->groups = g.group;
	spare(&g, sink);
}

void
source_adblock(
    struct source_reader *r, struct str line, const struct source_sink *sink)
{
	struct adblock_rule rule = {0};
	struct str s = str_trim(line);
	const char *skip;

	if (s.n == 0 || is_head(s))
		return;
	if (s.p[0] == '!') {
		directive(r, s, sink);
		return;
	}
	if (!is_cosmetic(s) && s.p[0] == '#')
		return;
	if (r->conditions) {
		sink->skip(sink->ctx, "holds under a condition of a browser");
	} else if (is_cosmetic(s)) {
		sink->skip(sink->ctx, "changes how pages look");
	} else if (!utf8_is_valid(s)) {
		sink->reject(sink->ctx, SOURCE_NOT_UTF8);
	} else {
		rule.except = source_after(s, STR("@@"), &s);
		skip = modifiers(s, &rule);
		if (str_ends(s, STR("$")))
			sink->reject(sink->ctx, "a '$' without modifiers");
		else if (skip)
			sink->skip(sink->ctx, skip);
		else
			take_rule(r, &rule, sink);
	}
}
