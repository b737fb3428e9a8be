/*
 * source_adblock_body.c - what an AdBlock rule matches: a host, hosts below
 * one, a pattern on hosts, a pattern on URLs.
 *
 * A rule of nothing but a name's bytes is about hosts, as name servers read
 * it; any other is about URLs, as browsers do.
 */
#include "lists/source_adblock.h"

#include "lists/source_reader.h"

/* A body without its anchors. */
struct shape {
	struct str text;
	bool label; /* "||": begins where a label of the host does */
	bool start; /* "|": begins at the front */
	bool mark;  /* "^" at the end */
	bool end;   /* "|" at the end */
};

static struct shape
shape_of(struct str s)
{
	struct shape f = {0};

	if (str_starts(s, STR("||")))
		f.label = true;
	else if (str_starts(s, STR("|")))
		f.start = true;
	s = str_sub(s, f.label ? 2 : f.start, s.n);
	if (str_ends(s, STR("|"))) {
		f.end = true;
		s = str_sub(s, 0, s.n - 1);
	}
	/* "||x^*" is "||x^" */
	while (
	    !f.end && s.n > 1 && str_ends(s, STR("*")) &&
	    (s.p[s.n - 2] == '^' || s.p[s.n - 2] == '/' || s.p[s.n - 2] == '*'))
		s = str_sub(s, 0, s.n - 1);
	if (str_ends(s, STR("^"))) {
		f.mark = true;
		s = str_sub(s, 0, s.n - 1);
	}
	f.text = s;
	return f;
}

static bool
is_name_byte(char c)
{
	c = str_lower_char(c);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
	       c == '_' || c == '.' || (unsigned char)c >= 0x80;
}

static bool
is_about_hosts(const struct shape *f)
{
	if (f->text.n && f->text.p[0] == '[')
		return true;
	for (size_t i = 0; i < f->text.n; i++)
		if (!is_name_byte(f->text.p[i]) && f->text.p[i] != '*')
			return false;
	return true;
}

static void
emit_host(struct str host, unsigned role, const struct source_sink *sink)
{
	char room[NAME_ROOM];
	struct name n;
	const char *why = source_name(host, room, &n);

	if (!why && name_is_address(n) && (role & IMAGE_BELOW))
		why = "nothing is below an address";
	if (why)
		sink->reject(sink->ctx, why);
	else
		source_emit_name(n, role, sink);
}

static void
hosts(struct source_reader *r, const struct shape *f, bool except,
    const struct source_sink *sink)
{
	struct source_glob g = {f->text, f->label, f->start, f->mark || f->end};
	struct str host = f->text;
	bool wild = str_find(host, '*', 0) < host.n;

	if (host.n == 0 || str_eq(host, STR("*")) || str_eq(host, STR("."))) {
		sink->reject(sink->ctx, "matches everything");
	} else if (source_wildcard(&host) && str_find(host, '*', 0) == host.n) {
		emit_host(host, IMAGE_BELOW, sink);
	} else if (!wild &&
	           (g.end || !(f->start ||
	                         (f->label && str_ends(g.text, STR(".")))))) {
		/* "x^" alone ends a name: x, all below it, and what only
		 * happens to end so, which nobody means */
		emit_host(f->text,
		    f->label || (g.end && !f->start) ? 0 : IMAGE_SELF, sink);
	} else if (except) {
		sink->reject(sink->ctx, "an exception with a wildcard");
	} else {
		source_emit_glob(r, &g, sink);
	}
}

/* ---- URLs */

/* What neither a name nor an escape has, or the end. */
#define SEPARATOR "(?:[^a-z0-9_.%-]|$)"

/* Wildcards and separators of <s> to what PCRE2 calls them. */
static void
add_wild(struct buf *b, struct str s)
{
	size_t from = 0;

	for (size_t i = 0; i <= s.n; i++) {
		if (i < s.n && s.p[i] != '*' && s.p[i] != '^')
			continue;
		source_add_literal(b, str_sub(s, from, i - from));
		if (i < s.n)
			buf_add_str(
			    b, s.p[i] == '*' ? STR(".*") : STR(SEPARATOR));
		from = i + 1;
	}
}

/*
 * Behind "||" or a scheme: a host that is complete goes through the one
 * spelling of names and is the rule's anchor. False, with <why>: no host.
 */
static bool
add_host(struct source_reader *r, struct str *rest, char *room,
    struct source_entry *e, const char **why)
{
	struct name n;
	size_t i = 0;

	while (i < rest->n && !strchr("/^?:*", rest->p[i]))
		i++;
	if (i < rest->n && rest->p[i] == ':') {
		*why = "has a port: entries hold for all ports";
		return false;
	}
	/* "ads*.x/y" or "ads.x": the host is not all there */
	if (i == rest->n || rest->p[i] == '*')
		return true;
	*why = source_name(str_sub(*rest, 0, i), room, &n);
	if (*why)
		return false;
	if (n.kind == NAME_DNS)
		e->anchor = name_str(n);
	source_add_literal(&r->text, str_make(n.p, n.n));
	buf_add_str(&r->text, STR("(?::[0-9]+)?"));
	*rest = str_sub(*rest, i, rest->n);
	return true;
}

/* "https://x/y" behind "|": the front of the URL as it is. */
static bool
add_start(struct source_reader *r, struct str *rest, char *room,
    struct source_entry *e, const char **why)
{
	size_t colon = str_search(*rest, STR("://"));

	buf_add_char(&r->text, '^');
	if (colon >= str_find(*rest, '/', 0))
		return true;
	add_wild(&r->text, str_sub(*rest, 0, colon + 3));
	*rest = str_sub(*rest, colon + 3, rest->n);
	return add_host(r, rest, room, e, why);
}

static void
url(struct source_reader *r, const struct adblock_rule *rule,
    const struct shape *f, const struct source_sink *sink)
{
	struct source_entry e = {.kind = SOURCE_PATTERN};
	struct str rest = f->text;
	char room[NAME_ROOM];
	const char *why = NULL;
	bool ok = true;

	buf_reset(&r->text);
	if (rule->match_case)
		buf_add_str(&r->text, STR("(?-i)"));
	if (f->label) {
		buf_add_str(&r->text, STR("^[a-z]+://(?:[^/]*\\.)?"));
		ok = add_host(r, &rest, room, &e, &why);
	} else if (f->start) {
		ok = add_start(r, &rest, room, &e, &why);
	} else {
		while (str_starts(rest, STR("*")))
			rest = str_sub(rest, 1, rest.n);
	}
	add_wild(&r->text, rest);
	if (f->mark)
		buf_add_str(&r->text, STR(SEPARATOR));
	if (f->end)
		buf_add_char(&r->text, '$');
	if (ok && r->text.failed)
		why = "out of memory";
	if (why) {
		sink->reject(sink->ctx, why);
		return;
	}
	e.text = buf_str(&r->text);
	source_emit_pattern(&e, sink);
}

static void
regex(struct source_reader *r, const struct adblock_rule *rule, struct str s,
    const struct source_sink *sink)
{
	struct source_entry e = {.kind = SOURCE_PATTERN, .text = s};

	if (rule->except) {
		sink->reject(sink->ctx, "an exception with a pattern");
		return;
	}
	/* hosts have no slash: where one is asked for, URLs are meant */
	if (str_find(s, '/', 0) == s.n)
		e.flags = IMAGE_PATTERN_HOST;
	if (rule->match_case && !e.flags) {
		buf_reset(&r->text);
		buf_add_str(&r->text, STR("(?-i)"));
		buf_add_str(&r->text, s);
		e.text = r->text.failed ? s : buf_str(&r->text);
	}
	source_emit_pattern(&e, sink);
}

/* ---- the body */

/* "0.0.0.0 x": a line of a hosts file. */
static bool
is_hosts_line(struct str s)
{
	struct str word = source_word(&s);
	char room[NAME_ROOM];
	struct name n;

	return str_trim(s).n && name_from_text(word, room, &n) == NAME_OK &&
	       name_is_address(n);
}

/* "||x/" and "||x/|" are all of a site, for every URL of it has that. */
static bool
is_all_of_host(struct shape *f)
{
	struct shape with = *f;

	if (!f->label || f->mark || !str_ends(f->text, STR("/")))
		return false;
	with.text = str_sub(f->text, 0, f->text.n - 1);
	if (f->end || !is_about_hosts(&with) || with.text.n == 0)
		return false;
	with.mark = true;
	*f = with;
	return true;
}

/* What browsers escape in a URL, so that no rule could match it: it is no
 * rule, but a page or another format. */
static bool
has_foreign(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f ||
		    strchr("<>\"`{}", s.p[i]))
			return true;
	return false;
}

void
adblock_body(struct source_reader *r, const struct adblock_rule *rule,
    const struct source_sink *sink)
{
	struct str s = str_trim(rule->body), plain = source_content(s);
	struct shape f;

	if (s.n >= 2 && s.p[0] == '/' && s.p[s.n - 1] == '/') {
		regex(r, rule, str_sub(s, 1, s.n - 2), sink);
		return;
	}
	if (!rule->except && !rule->bad && !rule->important &&
	    is_hosts_line(plain)) {
		source_hosts(plain, sink);
		return;
	}
	f = shape_of(is_name_byte(plain.n ? plain.p[0] : ' ') ? plain : s);
	if (has_foreign(f.text))
		sink->reject(sink->ctx, "a byte that no rule has");
	else if (is_about_hosts(&f) || is_all_of_host(&f))
		hosts(r, &f, rule->except, sink);
	else if (rule->except)
		sink->reject(sink->ctx, "an exception for a part of a site");
	else
		url(r, rule, &f, sink);
}
