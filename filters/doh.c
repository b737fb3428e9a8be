/* doh.c - does it look like DNS over HTTPS? */
#include "filters/doh.h"

#include "base/base64.h"

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

/* The header of a question, in base64url: RFC 8484 4.1, RFC 1035 4.1.1. It
 * asks (QR and opcode 0), and one thing. */
static bool
is_question(struct str s)
{
	uint8_t head[BASE64_BYTES(DNS_HEADER_CHARS)];

	s = str_sub(s, 0, DNS_HEADER_CHARS);
	if (base64_read(s, BASE64_URL, head).digits < DNS_HEADER_CHARS)
		return false;
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
		if ((str_eq_nocase(r->fields[i].name, STR("content-type")) ||
		        str_eq_nocase(r->fields[i].name, STR("accept"))) &&
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
