/* answer_test.c - what is made of an answer's head. */
#include <setjmp.h>
#include <stdarg.h>

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/table.h"
#include "filters/media.h"
#include "proxy/answer.h"

/* The ends of <d>'s names, with blanks between them. */
static void
ends_of(const struct str *field, unsigned n, char out[256])
{
	struct answer got = {.status = 200};
	char room[MEDIA_EXT_ROOM];
	struct arena a;
	size_t used = 0;

	arena_init(&a, 0);
	assert_true(answer_names(field, n, &a, &got));
	out[0] = '\0';
	for (unsigned i = 0; i < got.nfilenames; i++)
		used += (size_t)snprintf(out + used, 256 - used, "%s%.*s",
		    i ? " " : "",
		    STR_ARG(media_name_ext(got.filename[i], room)));
	snprintf(out + used, 256 - used, "%s", got.more_filenames ? " +" : "");
	arena_fini(&a);
}

/* '+': there may be others. */
static void
all_names_that_some_program_takes(void **state)
{
	static const struct {
		const char *value, *ends;
	} rows[] = {
	    {"", ""},
	    {"attachment", ""},
	    {"attachment; filename=a.exe", "exe"},
	    {"attachment; filename=\"a b.exe\"", "exe"},
	    {"attachment;FILENAME = \"a.exe\" ; x=y", "exe"},
	    {"attachment; filename=\"a\\.e\\xe\"", "exe"},
	    {"attachment; filename=\"a;b.exe\"", "exe"},
	    {"attachment; filename=a%2eexe", "exe"},
	    {"attachment; filename=a.b%2zexe%4", ""},
	    {"attachment; filename*=UTF-8''a%2Eexe", "exe"},
	    {"filename=a.exe", "exe"},
	    {"filename=a.exe; x=y", "exe"},
	    {"attachment; name=a.exe", "exe"},
	    {"attachment; xfilename=a.exe", ""},
	    {"attachment; filename=", ""},
	    {"attachment; filename", ""},
	    {"attachment; =; ;=;filename=a.exe", "exe"},
	    /* what is harmless has one end alone */
	    {"attachment; filename=\"v1.2 of it.pdf\"", "pdf"},
	    {"attachment; filename=\"a.exe, b; c.pdf\"; size=3", "pdf"},
	    {"attachment; filename=\"x y.pdf\"; filename*=UTF-8''x%20y.pdf",
	        "pdf"},
	    {"attachment; filename=\"100%.pdf\"", "pdf"},
	    /* both of two */
	    {"attachment; filename*=UTF-8'en'a.exe; filename=b.txt", "exe txt"},
	    {"attachment; filename=b.txt; filename*=utf-8''a.exe", "txt exe"},
	    {"attachment; filename=a.exe; filename=b.txt", "exe txt"},
	    {"attachment; filename*=a.exe; filename=b.txt", "exe txt"},
	    /* character sets that are not known to all */
	    {"attachment; filename*=bogus''b.txt; filename=a.exe", "txt exe +"},
	    {"attachment; filename*=bogus''b.txt", "txt +"},
	    {"attachment; filename*=utf-16le''a%00.%00e%00x%00e%00", "exe +"},
	    {"attachment; filename*=utf-8''%ff.txt; filename=a.exe", "txt exe"},
	    /* words in other sets (RFC 2047) */
	    {"attachment; filename=\"=?UTF-8?B?c2V0dXAuZXhl?=\"", "exe"},
	    {"attachment; filename==?UTF-8?B?c2V0dXAuZXhl?=", "exe"},
	    {"attachment; filename=\"=?utf-8?Q?setup=2Eexe?=\"", "exe"},
	    {"attachment; filename=\"=?utf-8*en?q?a.e?= =?ascii?q?xe?=\"",
	        "exe"},
	    {"attachment; filename=\"=?bogus?q?a?=.txt\"", "txt +"},
	    {"attachment; filename=\"=?a.txt\"", "txt"},
	    /* what stands before it does not hide it */
	    {"attachment; foo; filename=a.exe", "exe"},
	    {"attachment;; filename=a.exe", "exe"},
	    {"attachment, filename=a.exe", "exe"},
	    {"attachment; x=\"; filename=a.exe; y=\"", "exe"},
	    {"attachment; x=\"unclosed; filename=a.exe", "exe"},
	    /* in pieces (RFC 2231) */
	    {"attachment; filename*0=\"a\"; filename*1=\".exe\"", "exe"},
	    {"attachment; filename*1=xe; filename*0=a.e", "exe"},
	    {"attachment; filename*0*=UTF-8''a%2e; filename*1=exe", "exe"},
	    {"attachment; filename*0=a.txt; filename*2=.exe", "txt exe"},
	    {"attachment; filename*0=a.txt; filename*0=.exe", "txt +"},
	    {"attachment; filename*0=a.txt; filename*16=.exe", "txt +"},
	    {"attachment; filename*0=a; filename*99999999999=x", " +"},
	    /* behind a name */
	    {"attachment; filename=\"a.exe\t\"", "exe"},
	    {"attachment; filename=\"a.exe%09\"", "exe"},
	    {"attachment; filename=\"a.exe. .\"", "exe"},
	    {"attachment; filename=\"a.exe\xc2\xa0\"", "exe"},
	    {"attachment; filename=\"a.exe\xe2\x80\x8b\"", "exe"},
	    {"attachment; filename=\"a.exe/\"", "exe"},
	    {"attachment; filename=\"a.exe%00.txt\"", "txt exe"},
	    {"attachment; filename=\"a.e%00xe\"", "e exe"},
	    {"attachment; filename=\"a.exe::$DATA\"", "exe"},
	    {"attachment; filename=\"a.txt?.exe\"", "exe"},
	    /* where a value ends */
	    {"attachment; filename=\"a.exe", "exe"},
	    {"attachment; filename=\"a.exe; x=y", "exe"},
	    {"attachment; filename=\"a.exe\\", "exe"},
	    {"attachment; filename=\"a.txt\".exe", "txt exe"},
	    {"attachment; filename=\"a.exe\\\"", "exe"},
	    {"attachment; filename='a.exe'", "exe"},
	    {"attachment; filename='a;b.exe'", "exe"},
	    {"attachment; filename=a.exe b.txt", "txt exe"},
	    {"attachment; filename=a.exe,b.txt", "txt exe"},
	    /* more than fit */
	    {"name=a.a;name=a.b;name=a.c;name=a.d;name=a.e;name=a.f;name=a.g;"
	     "name=a.h;name=a.i",
	        "a b c d e f g h +"},
	};
	char got[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str v = str_of(rows[i].value);

		ends_of(&v, 1, got);
		if (strcmp(got, rows[i].ends) != 0)
			fail_msg("%s: \"%s\"", rows[i].value, got);
		for (; v.n; v.n--) {
			char *exact = malloc(v.n);

			assert_non_null(exact);
			memcpy(exact, v.p, v.n);
			ends_of(&(struct str){exact, v.n}, 1, got);
			free(exact);
		}
	}
}

static void
names_of_several_fields(void **state)
{
	struct str two[] = {STR("attachment"), STR("inline; filename=a.exe")};
	struct str cut[] = {STR("attachment; filename=\"a.t"), STR("x.exe\"")};
	struct str many[12];
	char got[256];

	(void)state;
	ends_of(two, 2, got);
	assert_string_equal(got, "exe");
	ends_of(cut, 2, got);
	assert_string_equal(got, "t exe");
	for (unsigned i = 0; i < ARRAY_LEN(many); i++)
		many[i] = two[i == 11];
	ends_of(many, 12, got);
	assert_string_equal(got, "exe +");
}

/* However long, and however much stands before it. */
static void
long_names_keep_their_end(void **state)
{
	static char text[20000];
	char got[256];

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "attachment; y=", 14);
	memcpy(text + 9000, "; filename=", 11);
	memcpy(text + sizeof(text) - 4, ".exe", 4);
	ends_of(&(struct str){text, sizeof(text)}, 1, got);
	assert_string_equal(got, "exe");
	for (size_t i = 0; i + 9 <= sizeof(text); i += 9)
		memcpy(text + i, "filename=", 9);
	ends_of(&(struct str){text, sizeof(text)}, 1, got);
	assert_true(strchr(got, '+') != NULL);
}

static const struct row {
	const char *rule, *head, *range;
	enum h1_framing in;
	const char *type;
	uint64_t size, from;
	bool has_size, encoded, first, bad;
} rows[] = {
    {"nothing is said", "200 OK\r\n", "", H1_TO_EOF, "", 0, 0, false, false,
        true, false},
    {"type and length",
        "200 OK\r\nContent-Type: a/b; c\r\nContent-Length: 7\r\n", "",
        H1_LENGTH, "a/b; c", 7, 0, true, false, true, false},
    {"a length beside chunks is none", "200 OK\r\nContent-Length: 7\r\n", "",
        H1_CHUNKED, "", 0, 0, false, false, true, false},
    {"without a body there are no first bytes",
        "200 OK\r\nContent-Length: 7\r\n", "", H1_NO_BODY, "", 7, 0, true,
        false, false, false},
    {"a coding", "200 OK\r\nContent-Encoding: X-GZIP\r\n", "", H1_TO_EOF, "", 0,
        0, false, true, true, false},
    {"several codings", "200 OK\r\nContent-Encoding: br , gzip\r\n", "",
        H1_TO_EOF, "", 0, 0, false, true, true, false},
    {"one of them in a field of its own",
        "200 OK\r\nContent-Encoding: identity\r\nContent-Encoding: br\r\n", "",
        H1_TO_EOF, "", 0, 0, false, true, true, false},
    {"codings that nobody undoes",
        "200 OK\r\nContent-Encoding: identity, x\r\n", "", H1_TO_EOF, "", 0, 0,
        false, false, true, false},
    {"two types", "200 OK\r\nContent-Type: a/b\r\nContent-Type: a/c\r\n", "",
        H1_TO_EOF, "", 0, 0, false, false, true, true},
    {"one type twice", "200 OK\r\nContent-Type: a/b\r\nContent-Type: A/B;c\r\n",
        "", H1_TO_EOF, "a/b", 0, 0, false, false, true, false},
#define PART(range, length)                                                    \
	"206 P\r\nContent-Range: " range "\r\nContent-Length: " length "\r\n"
    {"a part from the front", PART("bytes 0-4/99", "5"), "bytes=0-4", H1_LENGTH,
        "", 99, 0, true, false, true, false},
    {"a later part", PART("Bytes 1-5/99", "5"), "bytes=1-", H1_LENGTH, "", 99,
        1, true, false, false, false},
    {"the last part", PART("bytes 94-98/99", "5"), "bytes=-5", H1_LENGTH, "",
        99, 94, true, false, false, false},
    {"more than there is, from the end", PART("bytes 0-98/99", "99"),
        "bytes=-500", H1_LENGTH, "", 99, 0, true, false, true, false},
    {"a part of nobody knows what", PART("bytes 2-4/*", "3"), "bytes=2-4",
        H1_LENGTH, "", 5, 2, true, false, false, false},
    {"the end of nobody knows what", PART("bytes 2-4/*", "3"), "bytes=-3",
        H1_LENGTH, "", 5, 0, true, false, true, false},
    {"a later part that nobody asked for", PART("bytes 1-5/99", "5"), "",
        H1_LENGTH, "", 99, 0, true, false, true, false},
    {"another part than was asked for", PART("bytes 1-5/99", "5"), "bytes=2-5",
        H1_LENGTH, "", 99, 0, true, false, true, false},
    {"asked for in a way that cannot be read", PART("bytes 1-5/99", "5"),
        "lines=1-5", H1_LENGTH, "", 99, 0, true, false, true, false},
    {"a part that does not say which", "206 P\r\nContent-Length: 5\r\n",
        "bytes=1-5", H1_LENGTH, "", 5, 0, true, false, true, false},
    {"a range with '='", PART("bytes=1-5/9", "5"), "bytes=1-5", H1_LENGTH, "",
        5, 0, true, false, true, false},
    {"another unit", PART("items 1-5/9", "5"), "bytes=1-5", H1_LENGTH, "", 5, 0,
        true, false, true, false},
    {"no range at all", PART("bytes */9", "5"), "bytes=1-5", H1_LENGTH, "", 5,
        0, true, false, true, false},
    {"a range that ends before it begins", PART("bytes 5-4/9", "5"), "bytes=5-",
        H1_LENGTH, "", 5, 0, true, false, true, false},
    {"a range behind the end", PART("bytes 5-9/9", "5"), "bytes=5-", H1_LENGTH,
        "", 5, 0, true, false, true, false},
    {"a range beyond all sizes",
        PART("bytes 18446744073709551610-18446744073709551614/*", "5"),
        "bytes=18446744073709551610-", H1_LENGTH, "", 5, 0, true, false, true,
        false},
    {"two ranges",
        "206 P\r\nContent-Range: bytes 1-5/9\r\nContent-Range: bytes 1-5/9\r\n"
        "Content-Length: 5\r\n",
        "bytes=1-5", H1_LENGTH, "", 5, 0, true, false, true, false},
    {"a whole that is smaller than what comes", PART("bytes 0-9/10", "70000"),
        "bytes=0-9", H1_LENGTH, "", 70000, 0, true, false, true, false},
    {"what comes counts from where it stands", PART("bytes 5-9/10", "70000"),
        "bytes=5-9", H1_LENGTH, "", 70005, 5, true, false, false, false},
    {"what is said of chunks is not all there may be",
        "206 P\r\nContent-Range: bytes 0-9/10\r\n", "bytes=0-9", H1_CHUNKED, "",
        10, 0, false, false, true, false},
    {"nor of what lasts to the end", "206 P\r\nContent-Range: bytes 2-9/10\r\n",
        "bytes=2-9", H1_TO_EOF, "", 10, 2, false, false, false, false},
    {"several parts",
        "206 P\r\nContent-Type: Multipart/ByteRanges; boundary=x\r\n", "",
        H1_TO_EOF, "", 0, 0, false, false, false, true},
};

static void
check_row(const struct row *r)
{
	struct h1_field fields[H1_FIELDS_MAX];
	struct h1_parser p;
	struct h1_head head;
	struct answer got;
	struct answer_more more;
	struct arena a;
	char text[512];
	int n = snprintf(text, sizeof(text), "HTTP/1.1 %s\r\n", r->head);
	const char *why;

	h1_begin(&p, H1_RESPONSE);
	assert_int_equal(h1_head(&p, text, (size_t)n, &head, fields), H1_OK);
	arena_init(&a, 0);
	why = answer_build(&head, r->in, str_of(r->range), &a, &got, &more);
	if ((why != NULL) != r->bad)
		fail_msg("%s: %s", r->rule, why ? why : "fine");
	if (!why && (!str_eq(got.type, str_of(r->type)) ||
	                got.has_size != r->has_size || got.size != r->size ||
	                got.encoded != r->encoded || more.first != r->first ||
	                more.from != r->from))
		fail_msg("%s: size %llu from %llu", r->rule,
		    (unsigned long long)got.size,
		    (unsigned long long)more.from);
	arena_fini(&a);
}

static void
heads(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_row(&rows[i]);
}

/* A coding whose mark is not there was not made. */
static void
what_is_not_in_the_coding_it_says_is_raw(void **state)
{
	static const struct {
		const char *coding, *first;
		bool encoded;
	} rows2[] = {
	    {"gzip", "", true},
	    {"gzip", "\x1f", true},
	    {"gzip", "\x1f\x8b\x08", true},
	    {"gzip", "M", false},
	    {"x-gzip", "MZ", false},
	    {"compress", "MZ", false},
	    {"x-compress", "\x1f\x9d\x90", true},
	    {"zstd", "MZ", false},
	    {"zstd", "\x28\xb5\x2f\xfd", true},
	    {"dcb", "MZ", false},
	    {"dcz",
	        "\x7f"
	        "ELF",
	        false},
	    {"br", "MZ", true},
	    {"deflate", "MZ", true},
	    {"gzip, br", "MZ", true},
	    {"gzip, zstd", "MZ", false},
	    {"identity", "\x1f\x8b\x08", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows2); i++) {
		struct h1_field field = {.name = STR("Content-Encoding"),
		    .value = str_of(rows2[i].coding)};
		struct h1_head head = {
		    .status = 200, .field = &field, .nfields = 1};
		struct answer got;
		struct answer_more more;
		struct arena a;

		arena_init(&a, 0);
		assert_null(
		    answer_build(&head, H1_TO_EOF, STR_NONE, &a, &got, &more));
		if (answer_is_encoded(&more, str_of(rows2[i].first)) !=
		    rows2[i].encoded)
			fail_msg("%s: %s", rows2[i].coding, rows2[i].first);
		arena_fini(&a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_names_that_some_program_takes),
	    cmocka_unit_test(names_of_several_fields),
	    cmocka_unit_test(long_names_keep_their_end),
	    cmocka_unit_test(heads),
	    cmocka_unit_test(what_is_not_in_the_coding_it_says_is_raw),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
