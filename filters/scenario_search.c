/* scenario_search.c - the address of a search at an engine. */
#include "filters/scenario_impl.h"

#include "base/table.h"
#include "filters/safesearch.h"
#include "filters/search.h"

/* Where engines have what is searched for; which one it is, the table of
 * engines knows. */
static const struct str names[] = {STR_INIT("q"), STR_INIT("text"),
    STR_INIT("query"), STR_INIT("search_query"), STR_INIT("p"),
    STR_INIT("search"), STR_INIT("wd"), STR_INIT("words")};
static const struct str places[] = {
    STR_INIT(""), STR_INIT("/search"), STR_INIT("/search/"), STR_INIT("/")};

/* <text> as it stands in a query, behind "<name>=". */
static struct str
query_of(struct arena *a, struct str name, struct str text)
{
	static const char digit[] = "0123456789ABCDEF";
	char *p = arena_alloc(a, name.n + 1 + 3 * text.n + 1);
	size_t n = name.n;

	if (!p)
		return STR_NONE;
	memcpy(p, name.p, name.n);
	p[n++] = '=';
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		p[n++] = '%';
		p[n++] = digit[c >> 4];
		p[n++] = digit[c & 15];
	}
	return str_make(p, n);
}

bool
scenario_search(struct arena *a, const struct snapshot *s, struct str text,
    struct url_parts *parts, struct request *r)
{
	struct search words;
	struct str path = parts->path;

	for (unsigned i = 0; i < ARRAY_LEN(places); i++) {
		for (unsigned k = 0; k < ARRAY_LEN(names); k++) {
			parts->path = places[i].n ? places[i] : path;
			parts->query = query_of(a, names[k], text);
			parts->has_query = true;
			if (a->failed || url_canon(a, parts, &r->url) < 0)
				return false;
			r->stage = STAGE_URL;
			if (snapshot_search(s, r, &words) && words.n)
				return true;
		}
	}
	return false;
}
