/*
 * source_recognise.c - which format does a text have?
 *
 * First its file's name, where that is a name by convention; then its first
 * lines. What no other format could have (an SOA, ".Include<") decides alone,
 * else the format that most lines speak for.
 */
#include "base/table.h"
#include "lists/source_reader.h"

/* ---- by name */

static struct str
base_name(struct str file)
{
	for (size_t i = file.n; i > 0; i--)
		if (file.p[i - 1] == '/')
			return str_sub(file, i, file.n);
	return file;
}

static bool
by_name(struct str file, enum list_format *out)
{
	/* of squidGuard's tree, whole */
	static const struct {
		const char *name;
		enum list_format format;
	} whole
	    [] =
	        {
	            {"domains", LIST_DOMAINS},
	            {"urls", LIST_URLS},
	            {"expressions", LIST_PATTERNS},
	            {"very_restrictive_expression", LIST_PATTERNS},
	            {"dstdomain", LIST_DSTDOMAIN},
	        },
       /* of E2Guardian, in a name: "bannedregexpurllist", "localgreysitelist";
	   * the more special first */
	    part[] = {
	        {"regexpurllist", LIST_E2_REGEXPS},
	        {"regexpsitelist", LIST_E2_REGEXPS},
	        {"sitelist", LIST_E2_SITES},
	        {"urllist", LIST_E2_URLS},
	        {"dstdomain", LIST_DSTDOMAIN},
	    };
	struct str name = base_name(file);

	for (size_t i = 0; i < ARRAY_LEN(whole); i++)
		if (str_eq(name, str_of(whole[i].name)))
			return *out = whole[i].format, true;
	for (size_t i = 0; i < ARRAY_LEN(part); i++)
		if (str_search(name, str_of(part[i].name)) < name.n)
			return *out = part[i].format, true;
	return false;
}

/* ---- by lines */

struct votes {
	unsigned lines, hosts, urls, rules, marks, options, records, types;
	unsigned digests, patterns;
	bool soa, head, includes;
};

static bool
starts_any(struct str s, const char *const *with, size_t n)
{
	struct str rest;

	for (size_t i = 0; i < n; i++)
		if (source_after(s, str_of(with[i]), &rest))
			return true;
	return false;
}

/* Does <s> look like "0.0.0.0 name"? */
static bool
looks_like_hosts(struct str s)
{
	struct str word = source_word(&s);
	char room[NAME_ROOM];
	struct name n;

	return s.n && name_from_text(word, room, &n) == NAME_OK &&
	       name_is_address(n);
}

static bool
is_digits(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return true;
}

/* Does <s> look like a host with a path (and not like a network)? */
static bool
looks_like_url(struct str s)
{
	struct source_parts parts;
	char room[NAME_ROOM];
	struct name n;

	if (source_parts(s, &parts) || parts.rest.n < 2 ||
	    is_digits(str_sub(parts.rest, 1, parts.rest.n)))
		return false;
	source_wildcard(&parts.host);
	return !source_name(parts.host, room, &n);
}

static bool
looks_like_rule(struct str s)
{
	static const char *const front[] = {"||", "@@", "|http"};

	return starts_any(s, front, ARRAY_LEN(front)) ||
	       str_ends(s, STR("^")) || str_search(s, STR("##")) < s.n ||
	       str_search(s, STR("#@#")) < s.n ||
	       str_search(s, STR("^$")) < s.n;
}

/* "bad.test 300 IN CNAME ." */
static bool
looks_like_record(struct str s, bool *soa)
{
	struct str word = source_word(&s);

	if (str_starts(word, STR("$TTL")) || str_starts(word, STR("$ORIGIN")))
		*soa = true;
	for (unsigned i = 0; i < 4; i++) {
		word = source_word(&s);
		if (str_eq_nocase(word, STR("SOA")))
			return *soa = true;
		if (str_eq_nocase(word, STR("CNAME")))
			return true;
	}
	return *soa;
}

static bool
looks_like_v2fly(struct str s)
{
	static const char *const front[] = {
	    "domain:", "full:", "keyword:", "regexp:", "include:"};
	size_t at = str_find(s, '@', 0);

	return starts_any(s, front, ARRAY_LEN(front)) ||
	       (at > 0 && at < s.n && s.p[at - 1] == ' ');
}

static bool
looks_like_digest(struct str s)
{
	size_t n = 0;

	while (n < s.n && ((s.p[n] >= '0' && s.p[n] <= '9') ||
	                      (str_lower_char(s.p[n]) >= 'a' &&
	                          str_lower_char(s.p[n]) <= 'f')))
		n++;
	return n == 64 && s.n > n && s.p[n] == ',';
}

/* What no name and few URLs have. */
static bool
looks_like_pattern(struct str s)
{
	static const char *const mark[] = {
	    "\\.", "\\/", ".*", "[a-z", "[0-9", "(^|", "|$)", "(?", "]+", ")?"};

	for (size_t i = 0; i < ARRAY_LEN(mark); i++)
		if (str_search(s, str_of(mark[i])) < s.n)
			return true;
	return s.n > 1 && s.p[0] == '(' && str_find(s, '|', 0) < s.n;
}

/* What is a comment in most formats says something in some. */
static void
look_at_comment(struct str s, struct votes *v)
{
	struct str rest;

	if (source_after(s, STR("#listcategory:"), &rest) ||
	    source_after(s, STR(".Include<"), &rest))
		v->includes = true;
	if (source_after(s, STR("[Adblock"), &rest) ||
	    source_after(s, STR("[AdGuard"), &rest) ||
	    source_after(s, STR("[uBlock"), &rest))
		v->head = true;
	if (s.p[0] == '!')
		v->marks++;
}

static void
look_at(struct str line, struct votes *v)
{
	static const char *const option[] = {
	    "address=/", "local=/", "server=/"};
	struct str s = str_trim(line), rest;

	if (s.n == 0)
		return;
	look_at_comment(s, v);
	if (s.p[0] == '!' || s.p[0] == ';' || str_starts(s, STR("[Ad")) ||
	    source_after(s, STR(".Include<"), &rest))
		return;
	s = source_content(s);
	if (s.n == 0)
		return;
	v->lines++;
	v->hosts += looks_like_hosts(s);
	v->urls += looks_like_url(s);
	v->rules += looks_like_rule(s);
	v->options += starts_any(s, option, ARRAY_LEN(option));
	v->records += looks_like_record(s, &v->soa);
	v->types += looks_like_v2fly(s);
	v->digests +=
	    looks_like_digest(s) || source_after(s, STR("sha256,kind"), &rest);
	v->patterns += looks_like_pattern(s);
}

static enum list_format
count(const struct votes *v)
{
	if (v->head)
		return LIST_ADBLOCK;
	if (v->digests * 2 > v->lines)
		return LIST_HASHED;
	if (v->soa || v->records * 2 > v->lines)
		return LIST_RPZ;
	if (v->options * 2 > v->lines || (v->options && !v->rules && !v->urls))
		return LIST_DNSMASQ;
	if (v->rules * 2 > v->lines || (v->rules && v->marks))
		return LIST_ADBLOCK;
	if (v->hosts * 2 > v->lines)
		return LIST_HOSTS;
	if (v->patterns * 2 > v->lines)
		return v->includes ? LIST_E2_REGEXPS : LIST_PATTERNS;
	if (v->types)
		return LIST_V2FLY;
	if (v->urls)
		return v->includes ? LIST_E2_URLS : LIST_URLS;
	return v->includes ? LIST_E2_SITES : LIST_DOMAINS;
}

enum list_format
source_recognise(struct str head, struct str file)
{
	enum list_format format;
	struct votes v = {0};
	struct str line;

	if (by_name(file, &format))
		return format;
	if (str_starts(head, STR("\xef\xbb\xbf")))
		head = str_sub(head, 3, head.n);
	/* the last line may be cut short where the head is */
	while (str_next(&head, '\n', &line))
		if (head.p || v.lines == 0)
			look_at(line, &v);
	return count(&v);
}
