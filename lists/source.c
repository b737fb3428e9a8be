/* source.c - a source is read line by line; what all formats have in common. */
#include "lists/source.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "lists/source_reader.h"

typedef void plain_fn(struct str, const struct source_sink *);
typedef void stateful_fn(
    struct source_reader *, struct str, const struct source_sink *);

/* <plain> is given the content of a line that has some and is UTF-8,
 * <stateful> the line as it stands. */
static const struct {
	const char *name;
	plain_fn *plain;
	stateful_fn *stateful;
} formats[LIST_FORMATS] = {
    [LIST_AUTO] = {"auto", NULL, NULL},
    [LIST_DOMAINS] = {"domains", source_domains, NULL},
    [LIST_EXACT] = {"exact", source_exact, NULL},
    [LIST_HOSTS] = {"hosts", source_hosts, NULL},
    [LIST_URLS] = {"urls", source_urls, NULL},
    [LIST_PATTERNS] = {"patterns", NULL, source_patterns},
    [LIST_ADBLOCK] = {"adblock", NULL, source_adblock},
    [LIST_DNSMASQ] = {"dnsmasq", NULL, source_dnsmasq},
    [LIST_RPZ] = {"rpz", NULL, source_rpz},
    [LIST_DSTDOMAIN] = {"dstdomain", source_dstdomain, NULL},
    [LIST_V2FLY] = {"v2fly", NULL, source_v2fly},
    [LIST_E2_SITES] = {"e2guardian-sites", NULL, source_e2_sites},
    [LIST_E2_URLS] = {"e2guardian-urls", NULL, source_e2_urls},
    [LIST_E2_REGEXPS] = {"e2guardian-regexps", NULL, source_e2_regexps},
    [LIST_HASHED] = {"hashed", source_hashed, NULL},
    [LIST_UT1] = {"ut1", NULL, NULL},
};

const char *
list_format_name(enum list_format f)
{
	return (unsigned)f < LIST_FORMATS ? formats[f].name : "?";
}

bool
list_format_from(struct str s, enum list_format *f)
{
	for (unsigned i = 0; i < LIST_FORMATS; i++)
		if (str_eq(s, str_of(formats[i].name))) {
			*f = (enum list_format)i;
			return true;
		}
	return false;
}

/* ---- what lines are made of */

static struct str
without_comment(struct str s)
{
	for (size_t at = str_find(s, '#', 0); at < s.n;
	     at = str_find(s, '#', at + 1))
		if (at == 0 || s.p[at - 1] == ' ' || s.p[at - 1] == '\t')
			return str_sub(s, 0, at);
	return s;
}

struct str
source_content(struct str line)
{
	return str_trim(without_comment(str_trim(line)));
}

bool
source_after(struct str s, struct str key, struct str *rest)
{
	if (!str_eq_nocase(str_sub(s, 0, key.n), key))
		return false;
	*rest = str_sub(s, key.n, s.n);
	return true;
}

struct str
source_word(struct str *s)
{
	size_t end = 0;
	struct str word;

	*s = str_trim(*s);
	while (end < s->n && s->p[end] != ' ' && s->p[end] != '\t')
		end++;
	word = str_sub(*s, 0, end);
	*s = str_sub(*s, end, s->n);
	return word;
}

bool
source_is_sink(struct name n)
{
	static const uint8_t zero[16];

	if (n.kind == NAME_IPV4)
		return n.addr[0] == 127 || memcmp(n.addr, zero, 4) == 0;
	return n.kind == NAME_IPV6 && memcmp(n.addr, zero, 15) == 0 &&
	       n.addr[15] <= 1;
}

/* ---- reading */

struct source_reader *
source_reader_new(enum list_format format, struct str only)
{
	struct source_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->format = format;
	r->only_text = malloc(only.n + 1);
	if (format == LIST_RPZ)
		r->zone = source_zone_new();
	if (!r->only_text || (format == LIST_RPZ && !r->zone)) {
		source_reader_free(r);
		return NULL;
	}
	if (only.n)
		memcpy(r->only_text, only.p, only.n);
	r->only = str_make(r->only_text, only.n);
	return r;
}

void
source_reader_free(struct source_reader *r)
{
	if (!r)
		return;
	source_zone_free(r->zone);
	buf_fini(&r->text);
	free(r->only_text);
	free(r);
}

/* What editors put in front of the first line. */
static void
begin(struct source_reader *r, struct str *line)
{
	r->begun = true;
	if (str_starts(*line, STR("\xef\xbb\xbf")))
		*line = str_sub(*line, 3, line->n);
	else if (str_starts(*line, STR("\xff\xfe")) ||
	         str_starts(*line, STR("\xfe\xff")))
		r->wide = true;
}

void
source_checked(struct str s, plain_fn *plain, const struct source_sink *sink)
{
	if (s.n == 0)
		return;
	if (!utf8_is_valid(s))
		sink->reject(sink->ctx, SOURCE_NOT_UTF8);
	else
		plain(s, sink);
}

void
source_reader_line(
    struct source_reader *r, struct str line, const struct source_sink *sink)
{
	if (!r->begun)
		begin(r, &line);
	if (line.n > SOURCE_LINE_MAX)
		sink->reject(sink->ctx, "the line is too long");
	else if (r->wide)
		sink->reject(sink->ctx, "UTF-16: save the file as UTF-8");
	else if ((unsigned)r->format >= LIST_FORMATS)
		return;
	else if (formats[r->format].plain)
		source_checked(
		    source_content(line), formats[r->format].plain, sink);
	else if (formats[r->format].stateful)
		formats[r->format].stateful(r, line, sink);
}

void
source_reader_end(struct source_reader *r, const struct source_sink *sink)
{
	if (r->format == LIST_RPZ)
		source_rpz_end(r, sink);
}

/* ---- other files */

bool
source_include(
    enum list_format format, struct str line, struct source_include *out)
{
	struct str s = str_trim(line), rest;

	*out = (struct source_include){STR_NONE, STR_NONE};
	if (format == LIST_V2FLY) {
		str_cut(s, '#', &s, &rest);
		if (!source_after(str_trim(s), STR("include:"), &rest))
			return false;
		out->name = source_word(&rest);
		out->only = str_trim(rest);
		return out->name.n != 0;
	}
	if (format != LIST_E2_SITES && format != LIST_E2_URLS &&
	    format != LIST_E2_REGEXPS)
		return false;
	if (!source_after(s, STR(".Include<"), &rest) ||
	    !str_cut(rest, '>', &out->name, &rest))
		return false;
	out->name = str_trim(out->name);
	return out->name.n != 0;
}
