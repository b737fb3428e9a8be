/*
 * fuzz_source.c - any bytes as a line, in each format: what comes out is
 * canonical, and reading it again gives it again.
 */
#include <stdlib.h>

#include "lists/address.h"
#include "lists/image_format.h"
#include "lists/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct first {
	struct source_entry e;
	char text[IMAGE_KEY_MAX + 8];
	unsigned entries, rejects;
};

static void
entry(void *ctx, const struct source_entry *e)
{
	struct first *f = ctx;
	size_t n = e->text.n;

	f->entries++;
	f->e = *e;
	if (e->kind == SOURCE_NET) {
		if ((e->bytes != 4 && e->bytes != 16) ||
		    e->bits > e->bytes * 8 || e->bits < 8)
			abort();
		n = e->bytes == 4 ? address_ipv4_text(e->addr, f->text)
		                  : address_ipv6_text(e->addr, f->text);
		n += (size_t)snprintf(f->text + n, 8, "/%u", e->bits);
	} else {
		if (e->kind > SOURCE_NET)
			return;
		if (n == 0 || n > IMAGE_KEY_MAX)
			abort();
		memcpy(f->text, e->text.p, n);
	}
	for (size_t i = 0; i < n; i++)
		if (f->text[i] <= ' ' || f->text[i] > '~')
			abort();
	f->e.text = str_make(f->text, n);
}

static void
reject(void *ctx, const char *why)
{
	struct first *f = ctx;

	f->rejects++;
	if (!why || !*why)
		abort();
}

static void
one_line(
    enum list_format format, struct str s, const struct source_sink *sink)
{
	struct source_reader *r = source_reader_new(format, STR_NONE);

	if (!r)
		abort();
	source_reader_line(r, s, sink);
	source_reader_end(r, sink);
	source_reader_free(r);
}

/* An entry as text is a line that means the same. */
static void
again(const struct first *f)
{
	static const enum list_format format[] = {
	    [SOURCE_DOMAIN] = LIST_DOMAINS,
	    [SOURCE_URL] = LIST_URLS,
	    [SOURCE_NET] = LIST_DOMAINS,
	};
	static struct first g;
	struct source_sink sink = {entry, reject, reject, entry, &g};
	size_t slash = str_find(f->e.text, '/', 0);
	char line[IMAGE_KEY_MAX + 16];
	bool v6 = str_find(f->e.text, ':', 0) < slash;
	int n = snprintf(line, sizeof(line), "%s%.*s%s%.*s", v6 ? "[" : "",
	    (int)slash, f->e.text.p, v6 ? "]" : "", (int)(f->e.text.n - slash),
	    f->e.text.p + slash);

	g.entries = g.rejects = 0;
	one_line(format[f->e.kind], str_make(line, (size_t)n), &sink);
	if (g.entries != 1 || g.rejects || g.e.kind != f->e.kind ||
	    !str_eq(g.e.text, f->e.text))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = str_make((const char *)data, size);
	static struct first f;
	struct source_sink sink = {entry, reject, reject, entry, &f};

	for (int format = LIST_DOMAINS; format < LIST_UT1; format++) {
		f.entries = f.rejects = 0;
		one_line((enum list_format)format, s, &sink);
		if (f.entries && f.e.kind <= SOURCE_NET)
			again(&f);
	}
	if (source_recognise(s, STR("x")) == LIST_AUTO)
		abort();
	return 0;
}
