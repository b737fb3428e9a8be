/* answer_test.c - what is made of an answer's head. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/table.h"
#include "proxy/answer.h"

static void
file_names_as_browsers_read_them(void **state)
{
	static const struct {
		const char *value, *name;
	} rows[] = {
	    {"", ""},
	    {"attachment", ""},
	    {"attachment; filename=a.exe", "a.exe"},
	    {"attachment; filename=\"a b.exe\"", "a b.exe"},
	    {"attachment;FILENAME = \"a.exe\" ; x=y", "a.exe"},
	    {"inline; x=\"filename=b.txt; \"; filename=a.exe", "a.exe"},
	    {"attachment; filename=\"a\\.e\\\"xe\"", "a.e\"xe"},
	    {"attachment; filename=\"a;b.exe\"", "a;b.exe"},
	    {"attachment; filename=a%2eexe", "a.exe"},
	    {"attachment; filename=a%2zexe%4", "a%2zexe%4"},
	    {"attachment; filename*=UTF-8''a%2Eexe", "a.exe"},
	    {"attachment; filename*=UTF-8'en'a.exe; filename=b.txt", "a.exe"},
	    {"attachment; filename=b.txt; filename*=utf-8''a.exe", "a.exe"},
	    {"attachment; filename*=a.exe; filename=b.txt", "b.txt"},
	    {"attachment; filename=a.exe; filename=b.txt", "a.exe"},
	    {"filename=a.exe", "a.exe"},
	    {"filename=a.exe; x=y", "a.exe"},
	    {"attachment; filename=\"a.exe", "a.exe"},
	    {"attachment; filename=\"a.exe\\", "a.exe\\"},
	    {"attachment; filename=", ""},
	    {"attachment; filename", ""},
	    {"attachment; =; ;=;filename=a.exe", "a.exe"},
	};
	struct arena a;

	(void)state;
	arena_init(&a, 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str got = answer_filename(str_of(rows[i].value), &a);

		if (!str_eq(got, str_of(rows[i].name)))
			fail_msg("%s: %.*s", rows[i].value, STR_ARG(got));
		for (size_t n = 0; n < strlen(rows[i].value); n++)
			answer_filename(str_make(rows[i].value, n), &a);
	}
	arena_fini(&a);
}

static const struct row {
	const char *rule, *head;
	enum h1_framing in;
	const char *type, *filename;
	uint64_t size;
	bool has_size, encoded;
	enum answer_first first;
	bool bad;
} rows[] = {
    {"nothing is said", "200 OK\r\n", H1_TO_EOF, "", "", 0, false, false,
        ANSWER_FIRST_RAW, false},
    {"type and length",
        "200 OK\r\nContent-Type: a/b; c\r\nContent-Length: 7\r\n", H1_LENGTH,
        "a/b; c", "", 7, true, false, ANSWER_FIRST_RAW, false},
    {"a length beside chunks is none", "200 OK\r\nContent-Length: 7\r\n",
        H1_CHUNKED, "", "", 0, false, false, ANSWER_FIRST_RAW, false},
    {"without a body there are no first bytes",
        "200 OK\r\nContent-Length: 7\r\n", H1_NO_BODY, "", "", 7, true, false,
        ANSWER_FIRST_NOTHING, false},
    {"gzip", "200 OK\r\nContent-Encoding: X-GZIP\r\n", H1_TO_EOF, "", "", 0,
        false, true, ANSWER_FIRST_GZIP, false},
    {"several codings", "200 OK\r\nContent-Encoding: br , gzip\r\n", H1_TO_EOF,
        "", "", 0, false, true, ANSWER_FIRST_NOTHING, false},
    {"one of them in a field of its own",
        "200 OK\r\nContent-Encoding: identity\r\nContent-Encoding: br\r\n",
        H1_TO_EOF, "", "", 0, false, true, ANSWER_FIRST_NOTHING, false},
    {"codings that nobody undoes",
        "200 OK\r\nContent-Encoding: identity, x\r\n", H1_TO_EOF, "", "", 0,
        false, false, ANSWER_FIRST_RAW, false},
    {"two types", "200 OK\r\nContent-Type: a/b\r\nContent-Type: a/c\r\n",
        H1_TO_EOF, "", "", 0, false, false, ANSWER_FIRST_NOTHING, true},
    {"one type twice", "200 OK\r\nContent-Type: a/b\r\nContent-Type: A/B;c\r\n",
        H1_TO_EOF, "a/b", "", 0, false, false, ANSWER_FIRST_RAW, false},
    {"a part from the front",
        "206 P\r\nContent-Range: bytes 0-4/99\r\nContent-Length: 5\r\n",
        H1_LENGTH, "", "", 99, true, false, ANSWER_FIRST_RAW, false},
    {"a later part",
        "206 P\r\nContent-Range: Bytes 1-5/99\r\nContent-Length: 5\r\n",
        H1_LENGTH, "", "", 99, true, false, ANSWER_FIRST_NOTHING, false},
    {"a part of nobody knows what",
        "206 P\r\nContent-Range: bytes 0-4/*\r\nContent-Length: 5\r\n",
        H1_LENGTH, "", "", 0, false, false, ANSWER_FIRST_RAW, false},
    {"a part that does not say which", "206 P\r\nContent-Length: 5\r\n",
        H1_LENGTH, "", "", 0, false, false, ANSWER_FIRST_NOTHING, false},
    {"several parts",
        "206 P\r\nContent-Type: Multipart/ByteRanges; boundary=x\r\n",
        H1_TO_EOF, "", "", 0, false, false, ANSWER_FIRST_NOTHING, true},
    {"a file's name",
        "200 OK\r\ncontent-disposition: attachment; filename=a.exe\r\n",
        H1_TO_EOF, "", "a.exe", 0, false, false, ANSWER_FIRST_RAW, false},
};

static void
check_row(const struct row *r)
{
	struct h1_field fields[H1_FIELDS_MAX];
	struct h1_parser p;
	struct h1_head head;
	struct answer got;
	enum answer_first first;
	struct arena a;
	char text[512];
	int n = snprintf(text, sizeof(text), "HTTP/1.1 %s\r\n", r->head);
	const char *why;

	h1_begin(&p, H1_RESPONSE);
	assert_int_equal(h1_head(&p, text, (size_t)n, &head, fields), H1_OK);
	arena_init(&a, 0);
	why = answer_build(&head, r->in, &a, &got, &first);
	if ((why != NULL) != r->bad)
		fail_msg("%s: %s", r->rule, why ? why : "fine");
	if (!why && (!str_eq(got.type, str_of(r->type)) ||
	                !str_eq(got.filename, str_of(r->filename)) ||
	                got.has_size != r->has_size ||
	                (r->has_size && got.size != r->size) ||
	                got.encoded != r->encoded || first != r->first))
		fail_msg("%s", r->rule);
	arena_fini(&a);
}

static void
heads(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_row(&rows[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(file_names_as_browsers_read_them),
	    cmocka_unit_test(heads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
