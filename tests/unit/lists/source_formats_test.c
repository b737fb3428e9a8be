/*
 * source_formats_test.c - golden tables of the formats of lists: each file
 * tests/tables/formats/FORMAT.tsv has what is read, a tab, what it comes to.
 *
 * In what is read "<0a>" is that byte; lines of one source stand in one row,
 * parted by it. What it comes to, parted by " | ":
 *
 *	bad.test            the host and what is below it
 *	self:bad.test       roles: self, below, except, strong, closest, group1
 *	bad.test/x 10.0.0.0/8 sha256:00ff...
 *	url:x.*y  host:^x   patterns; behind them " @x.test": the anchor
 *	cancel:bad.test     an entry that is taken back
 *	!why  ~why          rejected, skipped: how the reason begins
 */
#include "lists/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/table.h"
#include "lists/address.h"

#define ROWS_LEAST 25

/* ---- what a source comes to, as text */

static void
part(struct buf *b)
{
	if (b->n)
		buf_add_str(b, STR(" | "));
}

static void
add_value(struct buf *b, const struct source_entry *e)
{
	char z[ADDRESS_ROOM];
	size_t n;

	if (e->kind == SOURCE_DIGEST) {
		buf_add_str(b, STR("sha256:"));
		for (unsigned i = 0; i < 32; i++)
			buf_addf(b, "%02x", e->digest[i]);
	} else if (e->kind == SOURCE_NET) {
		n = e->bytes == 4 ? address_ipv4_text(e->addr, z)
		                  : address_ipv6_text(e->addr, z);
		buf_addf(b, "%.*s/%u", (int)n, z, e->bits);
	} else if (e->kind == SOURCE_PATTERN) {
		buf_add_str(b,
		    e->flags & IMAGE_PATTERN_HOST ? STR("host:") : STR("url:"));
		buf_add_str(b, e->text);
		if (e->anchor.n)
			buf_addf(b, " @%.*s", STR_ARG(e->anchor));
	} else {
		buf_add_str(b, e->text);
	}
}

static void
entry(void *ctx, const struct source_entry *e)
{
	static const struct {
		unsigned role;
		const char *name;
	} roles[] = {{IMAGE_SELF, "self:"}, {IMAGE_BELOW, "below:"},
	    {IMAGE_EXCEPT, "except:"}, {IMAGE_STRONG, "strong:"},
	    {IMAGE_CLOSEST, "closest:"}};

	part(ctx);
	for (unsigned i = 0; i < ARRAY_LEN(roles); i++)
		if (e->role & roles[i].role)
			buf_add_str(ctx, str_of(roles[i].name));
	if (e->group)
		buf_addf(ctx, "group%u:", e->group);
	add_value(ctx, e);
}

static void
cancel(void *ctx, const struct source_entry *e)
{
	struct buf b = BUF_EMPTY;

	entry(&b, e);
	part(ctx);
	buf_addf(ctx, "cancel:%.*s", STR_ARG(buf_str(&b)));
	buf_fini(&b);
}

static void
reject(void *ctx, const char *why)
{
	part(ctx);
	buf_addf(ctx, "!%s", why);
}

static void
skipped(void *ctx, const char *why)
{
	part(ctx);
	buf_addf(ctx, "~%s", why);
}

static void
read_all(enum list_format f, struct str only, struct str text, struct buf *out)
{
	struct source_sink sink = {entry, reject, skipped, cancel, out};
	struct source_reader *r = source_reader_new(f, only);
	struct str line;

	assert_non_null(r);
	buf_reset(out);
	while (str_next(&text, '\n', &line))
		source_reader_line(r, line, &sink);
	source_reader_end(r, &sink);
	source_reader_free(r);
	assert_false(out->failed);
}

/* ---- tables */

static int
nibble(char c)
{
	const char *digit = "0123456789abcdef", *at = strchr(digit, c);

	return c && at ? (int)(at - digit) : -1;
}

/* "<0a>" to the byte. */
static void
unescape(struct str s, struct buf *out)
{
	buf_reset(out);
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '<' && i + 3 < s.n && s.p[i + 3] == '>' &&
		    nibble(s.p[i + 1]) >= 0 && nibble(s.p[i + 2]) >= 0) {
			buf_add_char(out, (char)(nibble(s.p[i + 1]) << 4 |
			                         nibble(s.p[i + 2])));
			i += 3;
		} else {
			buf_add_char(out, s.p[i]);
		}
	}
}

/* Reasons are compared as far as the table has them. */
static bool
agrees(struct str want, struct str got)
{
	while (want.n || got.n) {
		size_t w = str_search(want, STR(" | "));
		size_t g = str_search(got, STR(" | "));
		struct str a = str_sub(want, 0, w), b = str_sub(got, 0, g);
		bool reason = a.n > 3 && (a.p[0] == '!' || a.p[0] == '~');

		if (reason ? !str_starts(b, a) : !str_eq(a, b))
			return false;
		want = str_sub(want, w + 3, want.n);
		got = str_sub(got, g + 3, got.n);
	}
	return true;
}

/* No beginning of a text may upset the reader, and none comes to nothing at
 * all that is not plain. */
static void
read_prefixes(enum list_format f, struct str only, struct str text)
{
	struct buf out = BUF_EMPTY;

	for (size_t n = 0; n < text.n; n++) {
		/* exactly so long, for the sanitizer to see */
		char *exact = malloc(n + 1);

		assert_non_null(exact);
		memcpy(exact, text.p, n);
		read_all(f, only, str_make(exact, n), &out);
		free(exact);
	}
	buf_fini(&out);
}

struct table {
	const char *path;
	enum list_format format;
};

static void
run_table(void **state)
{
	const struct table *t = *state;
	struct buf text = BUF_EMPTY, got = BUF_EMPTY;
	unsigned rows = 0, wrong = 0, at = 0;
	FILE *in = fopen(t->path, "r");
	struct str only = STR_NONE;
	char line[16384];

	assert_non_null(in);
	while (fgets(line, sizeof(line), in)) {
		struct str s = str_of(line), source, want;

		at++;
		s = str_sub(s, 0, s.n - (s.n && s.p[s.n - 1] == '\n'));
		if (s.n == 0 || s.p[0] == '#')
			continue;
		assert_true(str_cut(s, '\t', &source, &want));
		unescape(source, &text);
		read_all(t->format, only, buf_str(&text), &got);
		rows++;
		if (!agrees(want, buf_str(&got))) {
			print_error("%s:%u: <%.*s>: <%.*s>\n", t->path, at,
			    STR_ARG(source), STR_ARG(buf_str(&got)));
			wrong++;
		}
		read_prefixes(t->format, only, buf_str(&text));
	}
	fclose(in);
	buf_fini(&text);
	buf_fini(&got);
	assert_int_equal(wrong, 0);
	assert_in_range(rows, ROWS_LEAST, 100000);
}

int
main(void)
{
	static const char data[] = TEST_DATA; /* beside the tables */
	static struct table table[LIST_FORMATS];
	static char path[LIST_FORMATS][1024];
	struct CMUnitTest tests[LIST_FORMATS] = {{0}};
	size_t n = 0;

	for (unsigned f = LIST_DOMAINS; f < LIST_UT1; f++, n++) {
		const char *name = list_format_name((enum list_format)f);

		snprintf(path[n], sizeof(path[n]), "%.*stables/formats/%s.tsv",
		    (int)(strrchr(data, '/') + 1 - data), data, name);
		table[n] = (struct table){path[n], (enum list_format)f};
		tests[n] = (struct CMUnitTest){.name = name,
		    .test_func = run_table,
		    .initial_state = &table[n]};
	}
	return _cmocka_run_group_tests("formats", tests, n, NULL, NULL);
}
