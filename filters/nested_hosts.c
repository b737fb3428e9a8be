/* nested_hosts.c - services that show other sites, and how they name them. */
#include "base/table.h"
#include "filters/nested_impl.h"

/*
 * Only what cannot be told by a scheme in the URL stands here. Words are parted
 * by blanks.
 */
static const struct nested_service services[] = {
    /* clang-format off */
	/* translators; most take it in a parameter that is known anywhere */
	{STR_INIT("microsofttranslator.com"),   "", "a"},
	{STR_INIT("translatetheweb.com"),       "", "a"},
	{STR_INIT("translatoruser-int.com"),    "", "a"},
	/* copies */
	{STR_INIT("webcache.googleusercontent.com"), "", "q"},
	{STR_INIT("web.archive.org"),           "/web/*/ /save/", ""},
	{STR_INIT("wayback.archive.org"),       "/web/*/", ""},
	{STR_INIT("archive.ph"),                "/*/ /o/*/ /", ""},
	{STR_INIT("archive.is"),                "/*/ /o/*/ /", ""},
	{STR_INIT("archive.today"),             "/*/ /o/*/ /", ""},
	{STR_INIT("archive.li"),                "/*/ /o/*/ /", ""},
	{STR_INIT("archive.vn"),                "/*/ /o/*/ /", ""},
	{STR_INIT("archive.md"),                "/*/ /o/*/ /", ""},
	{STR_INIT("archive.fo"),                "/*/ /o/*/ /", ""},
	{STR_INIT("arquivo.pt"),                "/wayback/*/ /noFrame/replay/*/", ""},
	{STR_INIT("12ft.io"),                   "/ /proxy/", "q"},
	{STR_INIT("r.jina.ai"),                 "/", ""},
	{STR_INIT("txtify.it"),                 "/", ""},
	{STR_INIT("outline.com"),               "/", ""},
	/* pages and pictures served by others */
	{STR_INIT("cdn.ampproject.org"),        "/c/ /c/s/ /v/ /v/s/ /i/ /i/s/ /wp/ "
	                              "/wp/s/ /ii/*/s/ /ii/*/", ""},
	{STR_INIT("bing-amp.com"),              "/c/ /c/s/ /v/ /v/s/ /i/ /i/s/", ""},
	{STR_INIT("google.com"),                "/amp/ /amp/s/", "imgrefurl"},
	{STR_INIT("turbopages.org"),            "/ /turbo/ /proxy_u/*/http/ "
	                              "/proxy_u/*/https/", ""},
	{STR_INIT("i0.wp.com"),                 "/", ""},
	{STR_INIT("i1.wp.com"),                 "/", ""},
	{STR_INIT("i2.wp.com"),                 "/", ""},
	{STR_INIT("i3.wp.com"),                 "/", ""},
	{STR_INIT("s0.wp.com"),                 "/mshots/v1/", ""},
	{STR_INIT("external-content.duckduckgo.com"), "/ip3/", ""},
	{STR_INIT("icons.duckduckgo.com"),      "/ip2/ /ip3/", ""},
	{STR_INIT("image.thum.io"),             "/get/ /get/*/", ""},
	{STR_INIT("cdn.statically.io"),         "/img/", ""},
	{STR_INIT("corsproxy.io"),              "/", ""},
	{STR_INIT("cors-anywhere.herokuapp.com"), "/", ""},
    /* clang-format on */
};

/* Whose labels before it are another host's name. */
static const struct {
	struct str below;
	bool dashes; /* its dots are dashes, and its dashes are doubled */
} shows[] = {
    {STR_INIT("translate.goog"), true},
    {STR_INIT("cdn.ampproject.org"), true},
    {STR_INIT("bing-amp.com"), true},
    {STR_INIT("turbopages.org"), true},
};

/*
 * The second label from the end is all that most hosts are told apart by: its
 * first and its last letter. Each row above has its bit; a test says so.
 */
#define L(c) (1u << ((c) - 'a'))
static const uint32_t second_labels[128] = {
    /* clang-format off */
	['1'] = L('t'),
	['a'] = L('e') | L('o') | L('t') | L('s'),
	['b'] = L('p'),
	['c'] = L('y'),
	['d'] = L('o'),
	['g'] = L('e') | L('t'),
	['h'] = L('p'),
	['j'] = L('a'),
	['m'] = L('r'),
	['o'] = L('e'),
	['s'] = L('y'),
	['t'] = L('b') | L('e') | L('m') | L('s') | L('t') | L('y'),
	['w'] = L('p'),
    /* clang-format on */
};
#undef L

bool
nested_serves(struct name host)
{
	size_t last = host.n, first;
	unsigned char from, to;

	if (host.kind != NAME_DNS)
		return false;
	while (last && host.p[last - 1] != '.')
		last--;
	if (last < 2)
		return false;
	first = last - 1;
	while (first && host.p[first - 1] != '.')
		first--;
	from = (unsigned char)host.p[first];
	to = (unsigned char)host.p[last - 2];
	return to >= 'a' && to <= 'z' &&
	       second_labels[from & 127] >> (to - 'a') & 1;
}

const struct nested_service *
nested_service_row(unsigned i)
{
	return i < ARRAY_LEN(services) ? &services[i] : NULL;
}

static inline bool
is_below(struct str h, struct str of)
{
	return h.n >= of.n && h.p[h.n - of.n] == of.p[0] &&
	       memcmp(h.p + h.n - of.n, of.p, of.n) == 0 &&
	       (h.n == of.n || h.p[h.n - of.n - 1] == '.');
}

const struct nested_service *
nested_service(struct name host, unsigned i)
{
	if (!nested_serves(host))
		return NULL;
	for (size_t k = 0; k < ARRAY_LEN(services); k++)
		if (is_below(name_str(host), services[k].below) && i-- == 0)
			return &services[k];
	return NULL;
}

/* "bad-test" to "bad.test", "my--bad-test" to "my-bad.test". */
static size_t
from_dashes(struct str s, char *room)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		bool twice = s.p[i] == '-' && i + 1 < s.n && s.p[i + 1] == '-';

		room[n++] = (char)(s.p[i] == '-' && !twice ? '.' : s.p[i]);
		i += twice;
	}
	return n;
}

struct str
nested_in_host(struct name host, char *room)
{
	struct str h = name_str(host);

	for (size_t i = 0; host.kind == NAME_DNS && i < ARRAY_LEN(shows); i++) {
		size_t n = shows[i].below.n;

		if (!is_below(h, shows[i].below) || h.n <= n + 1)
			continue;
		h.n -= n + 1;
		if (!shows[i].dashes) {
			memcpy(room, h.p, h.n);
			return str_make(room, h.n);
		}
		return str_make(room, from_dashes(h, room));
	}
	return STR_NONE;
}
