/* text_test.c - JSON out, UTF-8 in, and what may reach a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/table.h"
#include "base/utf8.h"

static void
only_shortest_forms_of_real_characters_are_utf8(void **state)
{
	static const struct {
		const char *text;
		bool ok;
	} row[] = {{"plain", true}, {"\xd2\x9b\xd0\xb0\xd0\xb7", true},
	    {"\xf0\x9f\x92\xa9", true}, {"\xc0\xaf", false},
	    {"\xe0\x80\xaf", false}, {"\xed\xa0\x80", false},
	    {"\xf4\x90\x80\x80", false}, {"\xf8\x88\x80\x80\x80", false},
	    {"\xff", false}, {"\xe2\x82", false}, {"\x80", false},
	    {"\xc3(", false}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		assert_int_equal(utf8_is_valid(str_of(row[i].text)), row[i].ok);
}

static void
json_text_is_one_harmless_line(void **state)
{
	static const struct {
		struct str in;
		const char *out;
	} row[] = {
	    {STR_INIT("a\"b\\c/"), "\"a\\\"b\\\\c/\""},
	    {STR_INIT("x\r\n2026 ALLOWED"), "\"x\\u000d\\u000a2026 ALLOWED\""},
	    {STR_INIT("\x1b]0;pwn\x07"), "\"\\u001b]0;pwn\\u0007\""},
	    {STR_INIT("\0\x7f"), "\"\\u0000\\u007f\""},
	    {STR_INIT("\xc2\x9b"
	              "31m"),
	        "\"\\u009b31m\""},
	    {STR_INIT("\xe2\x80\xae\xe2\x80\xa8"), "\"\\u202e\\u2028\""},
	    {STR_INIT("\xd2\x9b\xff!"), "\"\xd2\x9b\\udcff!\""},
	    {STR_INIT("\xf3\xa0\x80\x81"), "\"\\udb40\\udc01\""},
	    {STR_INIT("</script>"), "\"</script>\""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct buf b = BUF_EMPTY;

		json_str(&b, row[i].in);
		buf_add_char(&b, '\0');
		assert_string_equal(b.p, row[i].out);
		buf_fini(&b);
	}
}

static void
commas_stand_between_and_nowhere_else(void **state)
{
	struct buf b = BUF_EMPTY;

	(void)state;
	json_open(&b, '{');
	json_key_u64(&b, "a", 1);
	json_key(&b, "b");
	json_open(&b, '[');
	json_str(&b, STR(""));
	json_open(&b, '{');
	json_close(&b, '}');
	json_bool(&b, false);
	json_close(&b, ']');
	json_key_bool(&b, "c", true);
	json_close(&b, '}');
	buf_add_char(&b, '\0');
	assert_string_equal(b.p, "{\"a\":1,\"b\":[\"\",{},false],\"c\":true}");
	buf_fini(&b);
}

static void
a_terminal_sees_no_control(void **state)
{
	struct buf b = BUF_EMPTY;

	(void)state;
	text_add_escaped(
	    &b, STR("ok \xd2\x9b \x1b[2J\xc2\x85\xff\xe2\x80\xae\n"));
	buf_add_char(&b, '\0');
	assert_string_equal(
	    b.p, "ok \xd2\x9b \\x1b[2J\\xc2\\x85\\xff\\xe2\\x80\\xae\\x0a");
	buf_fini(&b);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_shortest_forms_of_real_characters_are_utf8),
	    cmocka_unit_test(json_text_is_one_harmless_line),
	    cmocka_unit_test(commas_stand_between_and_nowhere_else),
	    cmocka_unit_test(a_terminal_sees_no_control),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
