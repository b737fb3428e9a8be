/* source_glob.c - text with wildcards to regular expressions. */
#include "lists/source_reader.h"

#include "base/table.h"

void
source_add_literal(struct buf *b, struct str s)
{
	static const char digit[] = "0123456789ABCDEF";

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c <= ' ' || c >= 0x7f) {
			buf_add_char(b, '%');
			buf_add_char(b, digit[c >> 4]);
			c = (unsigned char)digit[c & 15];
		} else if (strchr("\\^$.[]|()?*+{}-#/", c) && c != '-' &&
		           c != '#' && c != '/') {
			buf_add_char(b, '\\');
		}
		buf_add_char(b, (char)c);
	}
}

/* Does <g> match <s>, from its front? <end>: all of it. */
static bool
matches(struct str g, struct str s, bool end)
{
	size_t i = 0, k = 0, star = g.n, from = 0;

	for (;;) {
		if (i == g.n && (!end || k == s.n))
			return true;
		if (i < g.n && g.p[i] == '*') {
			star = i++;
			from = k;
		} else if (i < g.n && k < s.n &&
		           str_lower_char(g.p[i]) == s.p[k]) {
			i++;
			k++;
		} else if (star < g.n && from < s.n) {
			i = star + 1;
			k = ++from;
		} else {
			return false;
		}
	}
}

/* Would it hold for a name without meaning in a large domain? */
static bool
is_too_wide(const struct source_glob *g)
{
	static const char *const host[] = {"q7zq.com", "q7zq.net", "q7zq.org",
	    "q7zq.info", "q7zq.io", "q7zq.ru", "q7zq.kz", "q7zq.uz", "q7zq.kg",
	    "q7zq.ua", "q7zq.by", "q7zq.uk", "q7zq.de", "q7zq.edu", "q7zq.gov",
	    "q7zq.co.uk", "q7zq.gov.kz", "q7zq.edu.kz", "q7zq.gov.uz",
	    "q7zq.xn--p1ai", "q7zq.xn--80ao21a"};

	for (unsigned i = 0; i < ARRAY_LEN(host); i++) {
		struct str s = str_of(host[i]);

		for (size_t k = 0; k < s.n; k++) {
			bool label = k == 0 || s.p[k - 1] == '.';

			if (k && (g->start || (g->label && !label)))
				continue;
			if (matches(g->text, str_sub(s, k, s.n), g->end))
				return true;
		}
	}
	return false;
}

/* What must stand at the end of every host that matches, if it is a domain. */
static struct str
anchor_of(const struct source_glob *g, char *room)
{
	struct str tail = g->text;
	struct name n;

	for (size_t i = tail.n; i > 0; i--)
		if (tail.p[i - 1] == '*') {
			tail = str_sub(tail, i, tail.n);
			break;
		}
	if (!g->end || !str_starts(tail, STR(".")) ||
	    source_name(str_sub(tail, 1, tail.n), room, &n) ||
	    name_is_address(n))
		return STR_NONE;
	return name_str(n);
}

static const char *
glob_why(const struct source_glob *g)
{
	for (size_t i = 0; i < g->text.n; i++) {
		char c = str_lower_char(g->text.p[i]);

		if ((unsigned char)c >= 0x80)
			return "Unicode in a part of a name: write its A-label";
		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '-' && c != '_' && c != '.' && c != '*')
			return "a byte that no host name has";
	}
	return is_too_wide(g) ? "would match a whole top-level domain" : NULL;
}

void
source_emit_glob(struct source_reader *r, const struct source_glob *g,
    const struct source_sink *sink)
{
	struct source_entry e = {
	    .kind = SOURCE_PATTERN, .flags = IMAGE_PATTERN_HOST};
	const char *why = glob_why(g);
	char room[NAME_ROOM];
	struct str rest = g->text, part;
	bool first = true;

	if (why) {
		sink->reject(sink->ctx, why);
		return;
	}
	buf_reset(&r->text);
	buf_add_str(&r->text, g->start   ? STR("^")
	                      : g->label ? STR("(?:^|\\.)")
	                                 : STR(""));
	for (; str_next(&rest, '*', &part); first = false) {
		if (!first)
			buf_add_str(&r->text, STR(".*"));
		source_add_literal(&r->text, part);
	}
	if (g->end)
		buf_add_char(&r->text, '$');
	if (r->text.failed) {
		sink->reject(sink->ctx, "out of memory");
		return;
	}
	e.text = buf_str(&r->text);
	e.anchor = anchor_of(g, room);
	source_emit_pattern(&e, sink);
}
