/* themes_test.c - phrases against searches: what hits, and what must not. */
#include "world.h"

#include "base/table.h"
#include "filters/search.h"

/* What was heard of lines that cannot be used: "3: it is ..." */
static void
hear(void *arg, uint32_t line, const char *why)
{
	buf_addf(arg, "%u: %s\n", line, why);
}

static void
add(struct themes *t, const char *name, enum severity severity,
    const char *text)
{
	struct buf heard = BUF_EMPTY;
	struct err err = {0};

	if (themes_add(t,
	        &(struct theme_def){.name = str_of(name),
	            .severity = severity,
	            .text = str_of(text),
	            .hear = hear,
	            .arg = &heard},
	        &err) < 0)
		fail_msg("%s", err.text);
	if (heard.n)
		fail_msg("%.*s", STR_ARG(buf_str(&heard)));
	buf_fini(&heard);
}

static void
match(const struct themes *t, const char *search, struct search_hits *out)
{
	struct search s;

	search_fold(str_of(search), false, &s);
	themes_match(t, &s, out);
}

/* The phrase of <t> that <search> hits is <want>; "" : none. */
static void
hits(const struct themes *t, const char *search, const char *want)
{
	struct search_hits h;

	match(t, search, &h);
	if (!str_eq(h.phrase, str_of(want)))
		fail_msg("\"%s\": \"%.*s\" is not \"%s\"", search,
		    STR_ARG(h.phrase), want);
	assert_int_equal(bits_empty(&h.themes), want[0] == '\0');
}

static struct themes *
closed(const char *text)
{
	struct themes *t = themes_new();

	assert_non_null(t);
	add(t, "pests", SEVERITY_CAUTION, text);
	assert_int_equal(themes_close(t), 0);
	return t;
}

static void
a_phrase_is_its_words_beside_each_other_in_order(void **unused)
{
	static const struct {
		const char *search, *phrase;
	} rows[] = {
	    {"wasp", "wasp"},
	    {"a wasp there", "wasp"},
	    {"WASP", "wasp"},
	    {"wasps", ""},
	    {"xwasp", ""},
	    {"red ant", "red ant"},
	    {"big red ant nest", "red ant"},
	    {"red red ant", "red ant"},
	    {"ant red", ""},
	    {"red old ant", ""},
	    {"red-ant", "red ant"},
	    {"red", ""},
	    {"ant", ""},
	    {"how to feed a hornet", "feed a hornet*"},
	    {"feed a hornets nest", "feed a hornet*"},
	    {"feed hornet", ""},
	    {"mosquito", "mosq*"},
	    {"mosq", "mosq*"},
	    {"mos", ""},
	    {"xmosquito", ""},
	    {"москит", "моск*"},
	    {"МОСКВА", "моск*"},
	    {"мос", ""},
	    {"bee* stings", ""},
	    {"bees sting hard", "bee* sting"},
	    {"beesting", ""},
	    {"термит", "термит"},
	    {"жук короед", "жук короед"},
	    {"Жук-короед.", "жук короед"},
	    {"蚊子叮咬", "蚊子"},
	    {"one two three four five six seven eight nine ten eleven twelve "
	     "thirteen fourteen fifteen sixteen seventeen",
	        "one two three four five six seven eight nine ten eleven "
	        "twelve thirteen fourteen fifteen sixteen"},
	    {"", ""},
	    {"!!!", ""},
	};
	struct themes *t = closed(
	    "wasp\nred ant\nfeed a hornet*\nmosq*\nмоск*\nbee* sting\n"
	    "термит\nжук короед\n蚊子\none two three four five six seven "
	    "eight nine ten eleven twelve thirteen fourteen fifteen "
	    "sixteen\n");

	(void)unused;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		hits(t, rows[i].search, rows[i].phrase);
	themes_free(t);
	themes_free(NULL);
}

/* One word in many disguises. */
static void
a_disguised_word_is_the_word(void **unused)
{
	static const char *const same[] = {"комар", "КОМАР", "Комар",
	    "ко\u200bмар", "к\u00adо\u00adм\u00adа\u00adр", "ко\u2060мар",
	    "ко\ufeffмар", "ко\u0301мар", "к\u0336о\u0336м\u0336а\u0336р\u0336",
	    "\u202eкомар\u202c", "kомар", "кoмap", "кoмаp", "к.о.м.а.р",
	    "к о м а р", "к-о-м-а-р", "к_о_м_а_р", "к o м a р", "к  о  м  а  р",
	    "а к о м а р", "ко'мар", "«комар»", "комар!", "κомаρ"};
	static const char *const latin[] = {"hornet", "HORNET", "hоrnet",
	    "һоrnеt", "hοrnet", "ｈｏｒｎｅｔ", "𝐡𝐨𝐫𝐧𝐞𝐭", "h.o.r.n.e.t",
	    "h o r n e t", "h о r n е t", "hörnet", "ho\u200brnet", "ⓗⓞⓡⓝⓔⓣ",
	    "h'ornet", "hорnet"};
	static const char *const not [] = {"комары", "ком ар", "комор", "кома",
	    "hornets", "horn et", "horse", "h o r n", "k o m a", "хорнет"};
	struct themes *t = closed("комар\nhornet\n");

	(void)unused;
	for (size_t i = 0; i < ARRAY_LEN(same); i++)
		hits(t, same[i], "комар");
	for (size_t i = 0; i < ARRAY_LEN(latin); i++)
		if (i + 1 < ARRAY_LEN(latin)) /* р is no r */
			hits(t, latin[i], "hornet");
	for (size_t i = 0; i < ARRAY_LEN(not ); i++)
		hits(t, not [i], "");
	themes_free(t);
}

static void
kazakh_and_uzbek_are_matched_as_they_are_typed(void **unused)
{
	static const struct {
		const char *search, *phrase;
	} rows[] = {
	    {"ҚАРАҚҰРТ ШАҒУЫ", "қарақұрт"},
	    {"қарақұрт", "қарақұрт"},
	    {"каракурт", ""},
	    {"ҺӘМ ІНДЕТ", "індет"},
	    {"iндет", "індет"}, /* Latin i */
	    {"oʻrgimchak", "o'rgimchak"},
	    {"o'rgimchak", "o'rgimchak"},
	    {"o‘rgimchak", "o'rgimchak"},
	    {"o`rgimchak", "o'rgimchak"},
	    {"Oʼrgimchak", "o'rgimchak"},
	    {"orgimchak", ""},
	    {"gʻumbak", "gʻumbak"},
	    {"g'umbak", "gʻumbak"},
	    {"ўргимчак", "ўргимчак"},
	    {"УРГИМЧАК", ""},
	};
	struct themes *t =
	    closed("қарақұрт\nіндет\no'rgimchak\ngʻumbak\nўргимчак\n");

	(void)unused;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		hits(t, rows[i].search, rows[i].phrase);
	themes_free(t);
}

/* Words that hold a phrase are not it, nor are those that look a bit like. */
static void
ordinary_sentences_hit_nothing(void **unused)
{
	static const char *const plain[] = {"Scunthorpe United fixtures",
	    "classic assassin bass grass compass", "shell scripts, hello",
	    "the Sussex coast in Essex", "grape and drape", "begun by Gunther",
	    "literature of rationalism", "a skill list", "white architecture",
	    "how to analyse a poem", "a b c song", "x y z axis", "s e a side",
	    "h e side", "ряд, отряд и наряд", "угадай загадку", "гадание",
	    "приказ о наградах", "употреблять глагол", "қазақша сөздік",
	    "мектеп оқулығы", "қызылорда", "maktab darsligi", "bog'cha",
	    "iPhone и айпад", "HTML5 и CSS3 учебник", "gunоhsiz"};
	struct themes *t = closed("ass\nhell\nsex\nrape\ngun\nrat\nkill\n"
	                          "hit\nanal\nhe ll\nяд\nгад\nпытк*\nказ\n"
	                          "қыз\nреб*\n");

	(void)unused;
	for (size_t i = 0; i < ARRAY_LEN(plain); i++)
		hits(t, plain[i], "");
	themes_free(t);
}

static void
the_gravest_phrase_is_told_and_all_themes(void **unused)
{
	struct themes *t = themes_new();
	struct search_hits h;

	(void)unused;
	add(t, "pests", SEVERITY_ADVISORY,
	    "wasp\nhornet\tdanger # stings\nant\t caution \n");
	add(t, "pets", SEVERITY_CAUTION, "cat\nant\n");
	add(t, "pests", SEVERITY_DANGER, "tick\n");
	assert_int_equal(themes_count(t), 2);
	assert_int_equal(themes_close(t), 0);
	assert_true(str_eq(themes_name(t, 0), STR("pests")));
	assert_true(str_eq(themes_name(t, 1), STR("pets")));
	assert_int_equal(themes_name(t, 2).n, 0);

	match(t, "wasp cat", &h);
	assert_true(bits_has(&h.themes, 0) && bits_has(&h.themes, 1));
	assert_int_equal(h.severity, SEVERITY_CAUTION);
	assert_int_equal(h.theme, 1);
	assert_true(str_eq(h.phrase, STR("cat")));
	match(t, "cat wasp hornet cat", &h);
	assert_int_equal(h.severity, SEVERITY_DANGER);
	assert_int_equal(h.theme, 0);
	assert_true(str_eq(h.phrase, STR("hornet")));
	match(t, "ant", &h); /* in both, as grave */
	assert_int_equal(h.severity, SEVERITY_CAUTION);
	assert_true(bits_has(&h.themes, 0) && bits_has(&h.themes, 1));
	match(t, "wasp tick", &h);
	assert_int_equal(h.severity, SEVERITY_DANGER);
	assert_true(str_eq(h.phrase, STR("tick")));
	match(t, "dog", &h);
	assert_true(bits_empty(&h.themes));
	assert_int_equal(h.severity, SEVERITY_NONE);
	themes_free(t);
}

static void
lines_that_cannot_be_used_are_told_and_left_out(void **unused)
{
	struct themes *t = themes_new();
	struct buf heard = BUF_EMPTY, text = BUF_EMPTY;
	struct err err = {0};

	(void)unused;
	buf_add_str(&text,
	    STR("\xef\xbb\xbfwasp\r\n# all of it\n\n  red ant  # both\n"
	        "w*\n*\n!!!\nmoth\tgrave\n\tdanger\nfly\tdanger\textra\n"
	        "\xff\xfe\nc# code\na b c d e f g h i j k l m n o p q\n"));
	for (int i = 0; i < 600; i++)
		buf_add_char(&text, 'x');
	assert_int_equal(themes_add(t,
	                     &(struct theme_def){.name = STR("pests"),
	                         .severity = SEVERITY_CAUTION,
	                         .text = buf_str(&text),
	                         .hear = hear,
	                         .arg = &heard},
	                     &err),
	    0);
	buf_add_char(&heard, '\0');
	assert_string_equal(heard.p,
	    "5: a '*' needs two letters before it\n"
	    "6: a '*' needs two letters before it\n"
	    "7: there are no words in it\n"
	    "8: behind the tab: advisory, caution or danger\n"
	    "9: a phrase begins its line\n"
	    "10: behind the tab: advisory, caution or danger\n"
	    "11: it is not UTF-8\n"
	    "13: it has more than 16 words\n"
	    "14: it is too long\n");
	assert_int_equal(themes_close(t), 0);
	hits(t, "wasp", "wasp");
	hits(t, "red ant", "red ant");
	hits(t, "c code", "c# code");
	hits(t, "moth", "");
	hits(t, "fly", "");
	/* and nobody has to listen */
	assert_int_equal(themes_add(t,
	                     &(struct theme_def){.name = STR("pests"),
	                         .severity = SEVERITY_CAUTION,
	                         .text = STR("*\n")},
	                     &err),
	    0);
	buf_fini(&heard);
	buf_fini(&text);
	themes_free(t);
}

static void
there_are_as_many_themes_as_a_set_has_bits(void **unused)
{
	struct themes *t = themes_new();
	struct search_hits h;
	struct err err = {0};
	char name[16];

	(void)unused;
	for (int i = 0; i < THEMES_MAX; i++) {
		snprintf(name, sizeof(name), "t%d", i);
		add(t, name, SEVERITY_ADVISORY, "wasp\n");
	}
	assert_int_equal(themes_add(t,
	                     &(struct theme_def){.name = STR("more"),
	                         .severity = SEVERITY_ADVISORY,
	                         .text = STR("wasp\n")},
	                     &err),
	    -1);
	assert_string_equal(err.text, "there are more than 256 themes");
	assert_int_equal(themes_close(t), 0);
	match(t, "wasp", &h);
	for (unsigned i = 0; i < THEMES_MAX; i++)
		assert_true(bits_has(&h.themes, i));
	themes_free(t);
}

static void
nothing_is_found_among_nothing(void **unused)
{
	struct themes *t = themes_new();
	struct search_hits h;

	(void)unused;
	match(t, "wasp", &h);
	assert_true(bits_empty(&h.themes));
	assert_int_equal(themes_close(t), 0);
	match(t, "wasp", &h);
	assert_true(bits_empty(&h.themes));
	themes_free(t);
}

/* ------------------------------------------------------------ the model */

/* A phrase holds where its words stand, one by one; said the slow way. */
static bool
model(const char *phrase, const char *search)
{
	struct str words[64], p[16], rest = str_of(search), one;
	unsigned n = 0, m = 0;

	while (str_next(&rest, ' ', &one))
		if (one.n)
			words[n++] = one;
	rest = str_of(phrase);
	while (str_next(&rest, ' ', &one))
		p[m++] = one;
	for (unsigned i = 0; i + m <= n; i++) {
		unsigned k = 0;

		while (k < m && (str_ends(p[k], STR("*"))
		                        ? str_starts(words[i + k],
		                              str_sub(p[k], 0, p[k].n - 1))
		                        : str_eq(words[i + k], p[k])))
			k++;
		if (k == m)
			return true;
	}
	return false;
}

static void
any_phrase_is_found_as_by_reading(void **unused)
{
	static const char *const bits[] = {"aa", "ab", "aab", "abb", "ba",
	    "bab", "бб", "ббв", "aa*", "ab*", "бб*"};
	uint32_t seed = 3;

	(void)unused;
	for (int round = 0; round < 300; round++) {
		char phrase[12][64], search[256];
		struct themes *t = themes_new();
		struct search s;
		struct search_hits h;

		for (int i = 0; i < 12; i++) {
			size_t n = 0;
			unsigned words = 1 + (unsigned)((seed >> 9) % 3);
			char name[16];

			for (unsigned k = 0; k < words; k++) {
				seed = seed * 1103515245 + 12345;
				n += (size_t)snprintf(phrase[i] + n,
				    sizeof(phrase[i]) - n, "%s%s", k ? " " : "",
				    bits[(seed >> 16) % 11]);
			}
			snprintf(name, sizeof(name), "t%d", i);
			add(t, name, SEVERITY_CAUTION, phrase[i]);
		}
		assert_int_equal(themes_close(t), 0);
		for (int k = 0; k < 20; k++) {
			size_t n = 0;

			for (int w = 0; w < 6; w++) {
				seed = seed * 1103515245 + 12345;
				n += (size_t)snprintf(search + n,
				    sizeof(search) - n, "%s ",
				    bits[(seed >> 16) % 8]);
			}
			search_fold(str_of(search), false, &s);
			themes_match(t, &s, &h);
			for (unsigned i = 0; i < 12; i++)
				if (bits_has(&h.themes, i) !=
				    model(phrase[i], search))
					fail_msg("\"%s\" in \"%s\"", phrase[i],
					    search);
		}
		themes_free(t);
	}
}

/* The worst that can be asked is answered. */
static void
a_search_of_letters_alone_is_read(void **unused)
{
	struct themes *t = closed("abcabcabcabc\nкомар\n");
	char search[8 * SEARCH_WORDS_MAX] = "";
	size_t n = 0;

	(void)unused;
	for (int i = 0; i < SEARCH_WORDS_MAX; i++)
		n += (size_t)snprintf(
		    search + n, sizeof(search) - n, "%c ", "abc"[i % 3]);
	hits(t, search, "abcabcabcabc");
	n = 0;
	for (int i = 0; i + 10 < SEARCH_WORDS_MAX; i++)
		n += (size_t)snprintf(
		    search + n, sizeof(search) - n, "%s ", i % 2 ? "f" : "я");
	snprintf(search + n, sizeof(search) - n, "к o м a p");
	hits(t, search, "комар");
	themes_free(t);
}

static void
a_snapshot_has_its_themes(void **unused)
{
	struct snapshot_builder *b = snapshot_begin(1);
	struct buf heard = BUF_EMPTY;
	const struct theme_def one = {.name = STR_INIT("pests"),
	    .severity = SEVERITY_CAUTION,
	    .text = STR_INIT("wasp\n*\n"),
	    .hear = hear,
	    .arg = &heard};
	const struct theme_def two = {.name = STR_INIT("pets"),
	    .severity = SEVERITY_ADVISORY,
	    .text = STR_INIT("cat\n")};
	struct snapshot *s;
	struct err err = {0};

	(void)unused;
	assert_int_equal(snapshot_theme(b, &one, &err), 0);
	assert_int_equal(snapshot_theme(b, &two, &err), 0);
	assert_true(heard.n > 0);
	s = snapshot_finish(b, &err);
	assert_non_null(s);
	assert_true(str_eq(snapshot_theme_name(s, 0), STR("pests")));
	assert_true(str_eq(snapshot_theme_name(s, 1), STR("pets")));
	assert_int_equal(snapshot_theme_name(s, 2).n, 0);
	snapshot_unref(s);
	snapshot_free(s);
	s = snapshot_finish(snapshot_begin(1), &err);
	assert_int_equal(snapshot_theme_name(s, 0).n, 0);
	snapshot_unref(s);
	snapshot_free(s);
	buf_fini(&heard);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_phrase_is_its_words_beside_each_other_in_order),
	    cmocka_unit_test(a_disguised_word_is_the_word),
	    cmocka_unit_test(kazakh_and_uzbek_are_matched_as_they_are_typed),
	    cmocka_unit_test(ordinary_sentences_hit_nothing),
	    cmocka_unit_test(the_gravest_phrase_is_told_and_all_themes),
	    cmocka_unit_test(lines_that_cannot_be_used_are_told_and_left_out),
	    cmocka_unit_test(there_are_as_many_themes_as_a_set_has_bits),
	    cmocka_unit_test(nothing_is_found_among_nothing),
	    cmocka_unit_test(any_phrase_is_found_as_by_reading),
	    cmocka_unit_test(a_search_of_letters_alone_is_read),
	    cmocka_unit_test(a_snapshot_has_its_themes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
