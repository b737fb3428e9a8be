/* doh.c - does it look like DNS over HTTPS? */
#include "filters/doh.h"

#define DNS_HEADER       12
#define DNS_HEADER_CHARS 16 /* in base64url */

bool
text_has(struct str text, struct str what)
{
	char first;

	if (what.n == 0 || what.n > text.n)
		return what.n == 0;
	first = str_lower_char(what.p[0]);
	for (size_t i = 0; i <= text.n - what.n; i++)
		if (str_lower_char(text.p[i]) == first &&
		    str_eq_nocase(str_sub(text, i, what.n), what))
			return true;
	return false;
}

static bool
is_dns_type(struct str type)
{
	return text_has(type, STR("application/dns-message")) ||
	       text_has(type, STR("application/dns-json")) ||
	       text_has(type, STR("application/oblivious-dns-message"));
}

static int
base64url_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '-' ? 62 : c == '_' ? 63 : -1;
}

/* The header of a question, in base64url: RFC 8484 4.1, RFC 1035 4.1.1. It
 * asks (QR and opcode 0), and one thing. */
static bool
is_question(struct str s)
{
	uint8_t head[DNS_HEADER];
	uint32_t bits = 0;
	unsigned n = 0;

	if (s.n < DNS_HEADER_CHARS)
		return false;
	for (unsigned i = 0; i < DNS_HEADER_CHARS; i++) {
		int v = base64url_value(s.p[i]);

		if (v < 0)
			return false;
		bits = bits << 6 | (uint32_t)v;
		if (i % 4 != 3)
			continue;
		head[n++] = (uint8_t)(bits >> 16);
		head[n++] = (uint8_t)(bits >> 8);
		head[n++] = (uint8_t)bits;
	}
	return !(head[2] & 0xf8) && !head[4] && head[5] == 1 && !head[6] &&
	       !head[7];
}

static bool
has_query(struct str query)
{
	struct str field, name, value;

	while (str_next(&query, '&', &field)) {
		str_cut(field, '=', &name, &value);
		if (str_eq_nocase(name, STR("dns")) && is_question(value))
			return true;
	}
	return false;
}

static bool
asks_at(struct str path)
{
	struct str before, query;

	str_cut(path, '?', &before, &query);
	while (str_ends(before, STR("/")))
		before.n--;
	return str_ends(before, STR("/dns-query")) || has_query(query);
}

bool
doh_is_asked(const struct request *r, const struct url *url)
{
	if (is_dns_type(r->accept))
		return true;
	for (unsigned i = 0; r->fields && i < r->nfields; i++)
		if (str_eq_nocase(r->fields[i].name, STR("content-type")) &&
		    is_dns_type(r->fields[i].value))
			return true;
	for (unsigned i = 0; i < url->nalts; i++)
		if (asks_at(url->alt[i].path))
			return true;
	return asks_at(url->path);
}

bool
doh_is_answered(const struct answer *a)
{
	return is_dns_type(a->type);
}
