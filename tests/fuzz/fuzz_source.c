/*
 * fuzz_source.c - any bytes as a source, in each format: what comes out is
 * canonical, bounded and what the format may give; reading it again, or what
 * an entry is as text, gives it again.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "filters/pattern.h"
#include "filters/url.h"
#include "lists/address.h"
#include "lists/image_format.h"
#include "lists/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(cond)                                                             \
	do {                                                                   \
		if (!(cond))                                                   \
			abort();                                               \
	} while (0)

/* What became of a source, summed up, and its first entry that is a text. */
struct outcome {
	enum list_format format;
	struct hash_stream sum;
	unsigned entries, refused;
	struct source_entry e;
	char text[IMAGE_KEY_MAX + 8];
};

static void
add(struct outcome *f, const void *p, size_t n)
{
	hash_stream_add(&f->sum, &n, sizeof(n));
	if (n)
		hash_stream_add(&f->sum, p, n);
}

static void
printable(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		MUST(s.p[i] >= ' ' && s.p[i] <= '~');
}

static void
canonical(struct str s)
{
	char room[NAME_ROOM];
	struct name n;

	MUST(name_from_text(s, room, &n) == NAME_OK);
	MUST(str_eq(name_str(n), s));
}

static void
check_roles(const struct outcome *f, const struct source_entry *e)
{
	unsigned reach = IMAGE_SELF | IMAGE_BELOW;

	MUST((e->role & reach) != reach);
	MUST(!(e->role & IMAGE_CLOSEST) || e->role & IMAGE_EXCEPT);
	MUST(e->group == 0 || f->format == LIST_ADBLOCK);
	MUST(!(e->role & IMAGE_STRONG) || f->format == LIST_ADBLOCK);
	MUST(!(e->role & IMAGE_EXCEPT) || f->format == LIST_ADBLOCK ||
	     f->format == LIST_DNSMASQ || f->format == LIST_RPZ);
	MUST(e->kind != SOURCE_PATTERN || !(e->role & IMAGE_EXCEPT));
	MUST((e->kind == SOURCE_DIGEST) == (f->format == LIST_HASHED));
}

static void
check_text(const struct source_entry *e)
{
	size_t slash = str_find(e->text, '/', 0);

	MUST(e->text.n > 0 && e->text.n <= IMAGE_KEY_MAX);
	MUST((e->kind == SOURCE_URL) == (slash < e->text.n));
	printable(e->text);
	MUST(str_find(e->text, ' ', 0) == e->text.n);
	canonical(str_sub(e->text, 0, slash));
	if (e->kind == SOURCE_DOMAIN)
		MUST(str_find(e->text, '.', 0) < e->text.n);
}

/* Was this one checked before? Compiling takes most of the time, and inputs
 * are much alike. */
static bool
is_old(const struct source_entry *e)
{
	static uint64_t seen[1 << 14];
	uint64_t h = hash64(e->text.p, e->text.n, e->flags) | 1;
	uint64_t *at = &seen[(h >> 32) % (sizeof(seen) / sizeof(seen[0]))];
	bool old = *at == h;

	*at = h;
	return old;
}

/*
 * A pattern of a list demands something that is not in every URL: none
 * matches one that is nothing but what all have.
 */
static void
check_pattern(const struct source_entry *e)
{
	bool host = (e->flags & IMAGE_PATTERN_HOST) != 0;
	struct pattern_def def = {e->text, STR_NONE, host};
	struct pattern_set *ps = pattern_set_new();
	struct url_parts parts = {.scheme = SCHEME_HTTPS, .port = 443};
	struct pattern_result res;
	char room[NAME_ROOM];
	struct arena a;
	struct err err;
	struct url u;
	size_t offset;

	MUST(ps);
	arena_init(&a, 1 << 16);
	if (pattern_set_add(ps, &def, &offset, &err) != PATTERN_NONE) {
		MUST(pattern_set_finish(ps) == 0);
		MUST(name_from_wire(STR("www.shttpsw"), room, &parts.host) ==
		     NAME_OK);
		parts.path = STR("/www/http/pps/wst");
		MUST(url_canon(&a, &parts, &u) == 0);
		if (host)
			pattern_set_run_host(ps, parts.host, NULL, &res);
		else
			pattern_set_run(ps, &u, NULL, &res);
		for (unsigned i = 0; i < res.n; i++)
			MUST(!(res.v[i].is & (PATTERN_SOME | PATTERN_EVERY)));
	}
	arena_fini(&a);
	pattern_set_free(ps);
}

static void
check(struct outcome *f, const struct source_entry *e)
{
	check_roles(f, e);
	switch (e->kind) {
	case SOURCE_DOMAIN:
	case SOURCE_URL:
		check_text(e);
		break;
	case SOURCE_NET:
		MUST(e->bytes == 4 || e->bytes == 16);
		MUST(e->bits <= e->bytes * 8 && e->bits >= 8);
		break;
	case SOURCE_PATTERN:
		MUST(e->text.n > 0 && e->text.n <= 4096);
		printable(e->text);
		if (e->anchor.n)
			canonical(e->anchor);
		if (!is_old(e))
			check_pattern(e);
		break;
	case SOURCE_DIGEST:
		break;
	}
}

/* The first one that can be written as a line of another source. */
static void
keep(struct outcome *f, const struct source_entry *e)
{
	size_t n = e->text.n;

	if (f->e.text.n || e->kind > SOURCE_NET)
		return;
	f->e = *e;
	if (e->kind == SOURCE_NET) {
		n = e->bytes == 4 ? address_ipv4_text(e->addr, f->text)
		                  : address_ipv6_text(e->addr, f->text);
		n += (size_t)snprintf(f->text + n, 8, "/%u", e->bits);
	} else {
		memcpy(f->text, e->text.p, n);
	}
	f->e.text = str_make(f->text, n);
}

static void
entry(void *ctx, const struct source_entry *e)
{
	struct outcome *f = ctx;

	check(f, e);
	f->entries++;
	add(f, e->text.p, e->text.n);
	add(f, e->anchor.p, e->anchor.n);
	add(f, &e->role, 1);
	add(f, &e->group, sizeof(e->group));
	if (e->kind == SOURCE_NET)
		add(f, e->addr, e->bytes);
	if (e->kind == SOURCE_DIGEST)
		add(f, e->digest, sizeof(e->digest));
	keep(f, e);
}

static void
refuse(void *ctx, const char *why)
{
	struct outcome *f = ctx;

	MUST(why && *why);
	f->refused++;
	add(f, why, strlen(why));
}

static void
read_all(struct outcome *f, enum list_format format, struct str text)
{
	struct source_sink sink = {entry, refuse, refuse, entry, f};
	struct source_reader *r = source_reader_new(format, STR_NONE);
	struct str line;

	MUST(r);
	f->format = format;
	f->entries = f->refused = 0;
	f->e.text = STR_NONE;
	hash_stream_init(&f->sum);
	while (str_next(&text, '\n', &line)) {
		unsigned before = f->entries;
		struct source_include inc;

		source_reader_line(r, line, &sink);
		/* a line that asks for a file is no entry */
		if (source_include(format, line, &inc))
			MUST(f->entries == before && inc.name.n);
		/* nothing grows beyond what one line can hold */
		MUST(f->entries - before <= SOURCE_LINE_MAX);
	}
	source_reader_end(r, &sink);
	source_reader_free(r);
}

/* An entry as text is a line that means the same. */
static void
again(const struct outcome *f)
{
	static const enum list_format format[] = {
	    [SOURCE_DOMAIN] = LIST_DOMAINS,
	    [SOURCE_URL] = LIST_URLS,
	    [SOURCE_NET] = LIST_DOMAINS,
	};
	static struct outcome g;
	size_t slash = str_find(f->e.text, '/', 0);
	char line[IMAGE_KEY_MAX + 16];
	bool v6 = str_find(f->e.text, ':', 0) < slash;
	int n = snprintf(line, sizeof(line), "%s%.*s%s%.*s", v6 ? "[" : "",
	    (int)slash, f->e.text.p, v6 ? "]" : "", (int)(f->e.text.n - slash),
	    f->e.text.p + slash);

	read_all(&g, format[f->e.kind], str_make(line, (size_t)n));
	MUST(g.entries == 1 && !g.refused && g.e.kind == f->e.kind);
	MUST(str_eq(g.e.text, f->e.text));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = str_make((const char *)data, size);
	static struct outcome f, g;

	for (int i = LIST_DOMAINS; i < LIST_UT1; i++) {
		enum list_format format = (enum list_format)i;
		struct hash128 a, b;

		read_all(&f, format, s);
		read_all(&g, format, s);
		a = hash_stream_end(&f.sum);
		b = hash_stream_end(&g.sum);
		MUST(a.lo == b.lo && a.hi == b.hi);
		if (f.e.text.n)
			again(&f);
	}
	MUST(source_recognise(s, STR("x")) != LIST_AUTO);
	return 0;
}
