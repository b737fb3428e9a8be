/* fold_test.c - letters of one case for names of people. */
#include "base/fold.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/utf8.h"

static void
one_name_for_one_person(void **state)
{
	static const struct {
		const char *given, *folded;
	} rows[] = {
	    {"", ""}, {"ALICE", "alice"}, {"Alice-42_x", "alice-42_x"},
	    {"DOMAIN\\User", "domain\\user"}, {"ÀÉÎÕÜÝÞ", "àéîõüýþ"},
	    {"×÷ß", "×÷ß"}, /* no letters of two cases */
	    {"ŁÓDŹ", "łódź"}, {"ŸŒ", "ÿœ"}, {"ȘTEFAN", "ștefan"},
	    {"ƏLİ", "əlİ"}, {"NƯƠNG", "nương"}, {"ΆΈΉΊΌΎΏΪ", "άέήίόύώϊ"},
	    {"ΟΔΥΣΣΕΥΣ", "οδυσσευσ"}, {"οδυσσεύς", "οδυσσεύσ"},
	    {"ԱՐՄԵՆ", "արմեն"}, {"ӀѐЀ", "ӏѐѐ"},
	    {"\U0001e900", "\U0001e922"}, /* four bytes */
	    {"ΑΒΓΩ", "αβγω"}, {"АБВГДЕЁЖЯ", "абвгдеёжя"},
	    {"ӘҒҚҢӨҰҮҺІ", "әғқңөұүһі"}, /* Kazakh */
	    {"ЎҚҒҲ", "ўқғҳ"},           /* Uzbek */
	    {"ẀẂ", "ẁẃ"}, {"日本", "日本"},
	    {"a\xff\xfeZ", "a\xff\xfez"}, /* no UTF-8 */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char room[64];
		size_t n = strlen(rows[i].given);

		memcpy(room, rows[i].given, n + 1);
		fold_text(room, n);
		assert_string_equal(room, rows[i].folded);
		fold_text(room, n);
		assert_string_equal(room, rows[i].folded);
		assert_true(
		    fold_eq(str_of(rows[i].given), str_of(rows[i].folded)));
		assert_false(fold_eq(str_of(rows[i].given), STR("other")));
	}
	assert_false(fold_eq(STR("alice"), STR("alic")));
	assert_false(fold_eq(STR("é"), STR("e")));
	assert_true(fold_eq(STR(""), STR("")));
}

/* In place: what is folded is as long as before, and folded. */
static void
each_letter_keeps_its_length(void **state)
{
	(void)state;
	for (uint32_t cp = 1; cp <= 0x1ffff; cp++) {
		uint32_t low = fold_letter(cp);

		assert_int_equal(fold_letter(low), low);
		assert_int_equal(cp < 0x80, low < 0x80);
		assert_int_equal(cp < 0x800, low < 0x800);
		assert_int_equal(cp < 0x10000, low < 0x10000);
	}
	assert_int_equal(fold_letter(0x10400), 0x10428);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_name_for_one_person),
	    cmocka_unit_test(each_letter_keeps_its_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
