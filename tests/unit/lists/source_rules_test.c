/*
 * source_rules_test.c - AdBlock's rules on hosts, all forms of them: what each
 * holds for is worked out here from its parts, and compared with what the
 * compiled list says.
 */
#include "tests/unit/lists/build.h"

#include "base/table.h"

/* Where a rule holds, seen from the name in it, x.test. */
enum {
	SELF = 1,  /* x.test */
	BELOW = 2, /* www.x.test */
};

static const struct {
	const char *text;
	unsigned holds; /* without anything behind the name */
	unsigned ended; /* with '^' or '|' behind it */
} fronts[] = {
    {"", SELF, SELF | BELOW},
    {"||", SELF | BELOW, SELF | BELOW},
    {"|", 0 /* the beginning of a host: a pattern */, SELF},
    {".", BELOW, BELOW},
    {"*.", BELOW, BELOW},
    {"|*.", BELOW, BELOW},
    {"||*.", BELOW, BELOW},
    {"||.", BELOW, BELOW},
};

static const struct {
	const char *text;
	bool ends;
} backs[] = {{"", false}, {"^", true}, {"|", true}, {"^|", true}, {"^*", true}};

static const struct {
	const char *text;
	bool applied; /* else the rule is skipped */
} modifiers[] = {{"", true}, {"$important", true}, {"$all", true},
    {"$important,all", true}, {"$script", false},
    {"$important,client=a", false}, {"$dnstype=A", false},
    {"$~third-party", false}};

static bool
holds(const struct image *im, const char *host)
{
	struct image_hits hits = {0};
	static struct image_held held;
	char room[NAME_ROOM];
	struct name n;

	assert_int_equal(name_from_text(str_of(host), room, &n), NAME_OK);
	image_find_host(im, n, &hits);
	image_hold(im, &hits, &held);
	return held.n > 0;
}

/* Compile <text>; where does it hold for x.test? Nowhere else, at any rate. */
static unsigned
reach(const char *text)
{
	struct build_source src = {"l", "c", LIST_ADBLOCK, str_of(text)};
	struct buf b = build(&src, 1);
	struct image im = build_view(&b);
	unsigned r = 0;

	r |= holds(&im, "x.test") ? SELF : 0;
	r |= holds(&im, "www.x.test") ? BELOW : 0;
	assert_int_equal(holds(&im, "a.b.x.test"), (r & BELOW) != 0);
	assert_false(holds(&im, "notx.test"));
	assert_false(holds(&im, "x.test.example"));
	assert_false(holds(&im, "test.example"));
	buf_fini(&b);
	return r;
}

/* Each form of rule into <text>, with where it holds; false at the end. */
static bool
form(unsigned i, char *text, size_t size, unsigned *want)
{
	unsigned front = i % ARRAY_LEN(fronts);
	unsigned back = i / ARRAY_LEN(fronts);

	if (back >= ARRAY_LEN(backs))
		return false;
	snprintf(
	    text, size, "%sx.test%s", fronts[front].text, backs[back].text);
	*want = backs[back].ends ? fronts[front].ended : fronts[front].holds;
	return true;
}

static void
rules_hold_where_their_parts_say(void **state)
{
	char text[64], line[128];
	unsigned want;

	(void)state;
	for (unsigned i = 0; form(i, text, sizeof(text), &want); i++)
		for (size_t k = 0; k < ARRAY_LEN(modifiers); k++) {
			unsigned got;

			snprintf(line, sizeof(line), "%s%s\n", text,
			    modifiers[k].text);
			got = reach(line);
			if (got != (modifiers[k].applied ? want : 0))
				fail_msg("%s: %u", line, got);
		}
}

/* An exception takes away what the same rule would give, and no more. */
static void
exceptions_take_what_rules_give(void **state)
{
	char text[64], line[128];
	unsigned want;

	(void)state;
	for (unsigned i = 0; form(i, text, sizeof(text), &want); i++)
		for (unsigned order = 0; order < 2; order++) {
			unsigned got;

			snprintf(line, sizeof(line),
			    order ? "@@%s\n||x.test^\n" : "||x.test^\n@@%s\n",
			    text);
			got = reach(line);
			if (got != ((SELF | BELOW) & ~want))
				fail_msg("%s: %u", line, got);
		}
}

/* Strong rules yield to strong exceptions alone. */
static void
important_is_above_what_is_not(void **state)
{
	static const struct {
		const char *rule, *except;
		unsigned want;
	} row[] = {
	    {"||x.test^", "@@||x.test^", 0},
	    {"||x.test^$important", "@@||x.test^", SELF | BELOW},
	    {"||x.test^$important", "@@||x.test^$important", 0},
	    {"||x.test^", "@@||x.test^$important", 0},
	    {"||x.test^$important", "@@||www.x.test^$important", SELF},
	    {"||x.test^$important\n||x.test^", "@@||x.test^", SELF | BELOW},
	};
	char text[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		unsigned got;

		snprintf(
		    text, sizeof(text), "%s\n%s\n", row[i].rule, row[i].except);
		/* a.b.x.test is below too, but not below www.x.test */
		if (row[i].want == SELF)
			snprintf(text, sizeof(text), "%s\n%s\n%s\n",
			    row[i].rule, row[i].except,
			    "@@||b.x.test^$important");
		got = reach(text);
		if (got != row[i].want)
			fail_msg("%s: %u", text, got);
	}
}

/* With badfilter, in either order, it is as if the rule were not there. */
static void
badfilter_leaves_nothing(void **state)
{
	char text[64], line[192];
	unsigned want;

	(void)state;
	for (unsigned i = 0; form(i, text, sizeof(text), &want); i++)
		for (unsigned order = 0; order < 2; order++) {
			snprintf(line, sizeof(line),
			    order ? "%s\n%s$badfilter\n" : "%s$badfilter\n%s\n",
			    text, text);
			if (reach(line) != 0)
				fail_msg("%s", line);
			/* another rule stays */
			snprintf(line, sizeof(line),
			    "||x.test^$important\n%s\n%s$badfilter\n", text,
			    text);
			if (reach(line) != (SELF | BELOW))
				fail_msg("%s", line);
		}
}

/* What one rule spares, another may still hold for. */
static void
denyallow_spares_from_its_rule_alone(void **state)
{
	static const struct {
		const char *text;
		unsigned want;
	} row[] = {
	    {"||x.test^$denyallow=x.test", 0},
	    {"||x.test^$denyallow=other.test", SELF | BELOW},
	    {"||x.test^$denyallow=x.test\n||x.test^", SELF | BELOW},
	    {"||x.test^$denyallow=x.test\n||x.test^$denyallow=other.test",
	        SELF | BELOW},
	    {"||x.test^$denyallow=other.test\n@@||x.test^", 0},
	    {"||x.test^$important,denyallow=x.test", 0},
	    {"||x.test^$important,denyallow=other.test\n@@||x.test^",
	        SELF | BELOW},
	    {"||x.test^$denyallow=www.x.test|b.x.test", SELF},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		if (reach(row[i].text) != row[i].want)
			fail_msg("%s", row[i].text);
}

/* Each file counts its rules from one: they are not the same rules. */
static void
denyallow_of_one_file_spares_nothing_of_another(void **state)
{
	const struct build_source files[] = {
	    {"l", "c", LIST_ADBLOCK, STR("||a.test^$denyallow=x.test\n")},
	    {"l", "c", LIST_ADBLOCK,
	        STR("||x.test^$denyallow=a.test\n@@||b.test^\n")},
	    {"l", "c", LIST_ADBLOCK,
	        STR("||b.test^$denyallow=a.test\n"
	            "||c.test^$denyallow=www.c.test\n")},
	};
	struct buf b = build(files, ARRAY_LEN(files));
	struct image im = build_view(&b);

	(void)state;
	assert_true(holds(&im, "a.test"));
	assert_true(holds(&im, "x.test"));
	assert_true(holds(&im, "c.test"));
	assert_false(holds(&im, "www.c.test"));
	/* that of no rule takes from all files of the list */
	assert_false(holds(&im, "b.test"));
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(denyallow_of_one_file_spares_nothing_of_another),
	    cmocka_unit_test(rules_hold_where_their_parts_say),
	    cmocka_unit_test(exceptions_take_what_rules_give),
	    cmocka_unit_test(important_is_above_what_is_not),
	    cmocka_unit_test(badfilter_leaves_nothing),
	    cmocka_unit_test(denyallow_spares_from_its_rule_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
