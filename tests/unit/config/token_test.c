/* token_test.c - lines of a configuration file. */
#include "tests/unit/config/collect.h"

#include "config/token.h"

/* Every token of <text> as a line: kind line:column word|label|value@places */
static void
tell(struct str text, struct buf *out)
{
	struct arena a;
	struct tokens tokens;
	struct token t;

	arena_init(&a, 0);
	if (!tokens_begin(&tokens, &a, text, &t)) {
		buf_addf(out, "BAD %u:%u %s\n", t.line, t.column, t.why);
		arena_fini(&a);
		return;
	}
	for (;;) {
		token_next(&tokens, &t);
		if (t.kind == TOKEN_END)
			break;
		if (t.kind == TOKEN_BAD)
			buf_addf(
			    out, "BAD %u:%u %s\n", t.line, t.column, t.why);
		if (t.kind == TOKEN_SECTION)
			buf_addf(out, "[%.*s|%.*s] %u:%u\n", STR_ARG(t.word),
			    STR_ARG(t.label), t.line, t.column);
		if (t.kind != TOKEN_KEY)
			continue;
		buf_addf(out, "%.*s=%.*s %u:%u", STR_ARG(t.word),
		    STR_ARG(t.value), t.line, t.column);
		for (unsigned i = 0; i < t.npieces; i++)
			buf_addf(out, " %u@%u:%u", t.pieces[i].at,
			    t.pieces[i].line, t.pieces[i].column);
		buf_add_char(out, '\n');
	}
	arena_fini(&a);
}

static const struct {
	const char *rule;
	struct str text;
	const char *told;
} cases[] = {
    {"empty text has none", TEXT(""), ""},
    {"a key", TEXT("a = b\n"), "a=b 1:1 0@1:5\n"},
    {"no newline at the end", TEXT("a = b"), "a=b 1:1 0@1:5\n"},
    {"no blanks needed", TEXT("a=b"), "a=b 1:1 0@1:3\n"},
    {"indenting means nothing", TEXT("\t a =\tb \t\r\n"), "a=b 1:3 0@1:7\n"},
    {"crlf", TEXT("[x]\r\na = b\r\n"), "[x|] 1:2\na=b 2:1 0@2:5\n"},
    {"byte order mark",
        TEXT("\xef\xbb\xbf"
             "a = b\n"),
        "a=b 1:4 0@1:8\n"},
    {"blank lines and comments", TEXT("\n# x\n  ; y = z\n\na = b\n"),
        "a=b 5:1 0@5:5\n"},
    {"comment behind white space", TEXT("a = b # c\na = b ;c\na = b\t#"),
        "a=b 1:1 0@1:5\na=b 2:1 0@2:5\na=b 3:1 0@3:5\n"},
    {"# within a word stays", TEXT("a = http://x/#y;z\n"),
        "a=http://x/#y;z 1:1 0@1:5\n"},
    {"# right behind = stays", TEXT("a =#b\n"), "a=#b 1:1 0@1:4\n"},
    {"value of a comment alone is empty", TEXT("a = # b\n"), "a= 1:1 0@1:5\n"},
    {"value may hold = and [", TEXT("a = b = [c]\n"), "a=b = [c] 1:1 0@1:5\n"},
    {"backslash continues", TEXT("a = b, \\\n   c\nd = e\n"),
        "a=b, c 1:1 0@1:5 3@2:4\nd=e 3:1 0@3:5\n"},
    {"three lines", TEXT("a = b \\\n\tc\\\n d # \\\ne = f"),
        "a=b c d 1:1 0@1:5 2@2:2 4@3:2\ne=f 4:1 0@4:5\n"},
    {"first line may be empty", TEXT("a = \\\n  b\n"), "a=b 1:1 0@2:3\n"},
    {"backslash before cr lf", TEXT("a = b \\\r\n c\r\n"),
        "a=b c 1:1 0@1:5 2@2:2\n"},
    {"backslash in a comment continues nothing", TEXT("a = b # \\\nc = d\n"),
        "a=b 1:1 0@1:5\nc=d 2:1 0@2:5\n"},
    {"comment line ends what was continued", TEXT("a = b \\\n# c\nd = e\n"),
        "a=b 1:1 0@1:5\nd=e 3:1 0@3:5\n"},
    {"backslash within stays", TEXT("a = b\\d\n"), "a=b\\d 1:1 0@1:5\n"},
    {"nothing to continue with", TEXT("a = b \\"),
        "BAD 1:7 the line ends in \\ but none follows\n"},
    {"quotes keep what they hold", TEXT("a = \" b # c \\\" \\\\ \\n\" # d\n"),
        "a= b # c \" \\ \\n 1:1 0@1:6\n"},
    {"empty quotes", TEXT("a = \"\"\n"), "a= 1:1 0@1:6\n"},
    {"open quote", TEXT("a = \"b\nc = d\n"),
        "BAD 1:5 the quote is not closed\nc=d 2:1 0@2:5\n"},
    {"text behind a quote", TEXT("a = \"b\" c\n"),
        "BAD 1:9 expected the end of the line behind the quote\n"},
    {"quote within stays", TEXT("a = b\"c\n"), "a=b\"c 1:1 0@1:5\n"},
    {"section", TEXT("[proxy]\n [ listen  lan ] # x\n"),
        "[proxy|] 1:2\n[listen|lan] 2:4\n"},
    {"quoted name", TEXT("[group \"Year \\\"7\\\" ]\"]\n"),
        "[group|Year \"7\" ]] 1:2\n"},
    {"section not closed", TEXT("[proxy\n"),
        "BAD 1:1 the section's ] is missing\n"},
    {"section without kind", TEXT("[]\n[ ]\n"),
        "BAD 1:1 the section has no kind\nBAD 2:1 the section has no kind\n"},
    {"text behind ]", TEXT("[a] b\n[a]#b\n"),
        "BAD 1:5 expected the end of the line behind ]\n"
        "BAD 2:4 expected the end of the line behind ]\n"},
    {"two names", TEXT("[a b c]\n"),
        "BAD 1:6 expected ], or a name of letters, digits, - _ . ; put other "
        "names in quotes\n"},
    {"no =", TEXT("a b\na\n= b\n"),
        "BAD 1:3 expected = and a value behind the key\n"
        "BAD 2:1 expected = and a value behind the key\n"
        "BAD 3:1 expected a key or a [section]\n"},
    {"NUL", TEXT("a = b\nc\0 = d\n"), "BAD 2:2 there is a NUL byte\n"},
    {"escape", TEXT("a = \x1b[31m\n"),
        "BAD 1:5 there is a control character\n"},
    {"delete", TEXT("\x7f"), "BAD 1:1 there is a control character\n"},
    {"not UTF-8", TEXT("# \xd0\xa8\na = \xff\n"),
        "BAD 2:5 the text is not valid UTF-8\n"},
    {"overlong UTF-8", TEXT("\xc0\xaf"),
        "BAD 1:1 the text is not valid UTF-8\n"},
    {"columns count bytes", TEXT("a = \xd0\xa8 \\\n\xd0\xa8 b"),
        "a=\xd0\xa8 \xd0\xa8 b 1:1 0@1:5 3@2:1\n"},
};

static void
tokens_of_every_case(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf out = BUF_EMPTY;

		tell(cases[i].text, &out);
		if (strcmp(collected(&out), cases[i].told) != 0)
			fail_msg("%s: told\n%swanted\n%s", cases[i].rule, out.p,
			    cases[i].told);
		buf_fini(&out);
	}
}

/* Whatever is cut off, it ends, and no token lies outside of the text. */
static void
every_prefix_ends(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		for (size_t n = 0; n <= cases[i].text.n; n++) {
			struct buf out = BUF_EMPTY;
			/* exactly as large, for the sanitiser to see */
			char *copy = malloc(n ? n : 1);

			assert_non_null(copy);
			memcpy(copy, cases[i].text.p, n);
			tell(str_make(copy, n), &out);
			free(copy);
			buf_fini(&out);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tokens_of_every_case),
	    cmocka_unit_test(every_prefix_ends),
	};

	return cmocka_run_group_tests_name("config/token", tests, NULL, NULL);
}
