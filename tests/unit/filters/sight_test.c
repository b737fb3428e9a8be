/* sight_test.c - what is said of entries, exceptions and hashed entries; and
 * names that are in more entries than can be kept. */
#include "world.h"

#include "base/sha256.h"
#include "filters/decide.h"
#include "filters/explain.h"

static struct verdict
ask(const struct snapshot *s, enum stage stage, const char *text,
    struct provenance *said)
{
	struct facts f = {0};
	struct query q;
	struct verdict v;

	query_init(&q, "10.0.0.1", stage, stage, text);
	v = decide(s, &q.r, &f, NULL);
	if (said) /* of the image and the snapshot, not of the request */
		snapshot_provenance(s, &q.r, &v, said);
	query_fini(&q);
	return v;
}

/* -------------------------------------------------------------- too many */

#define LABELS 70
#define LISTS  7 /* 2^7 sets of them: each entry below has its own */

/* "a.a. ... .a.test", <n> labels of one letter. */
static void
deep_name(char *out, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		memcpy(out + 2 * i, "a.", 2);
	memcpy(out + 2 * n, "test", 5);
}

static void
add_deep_lists(struct world *w)
{
	for (unsigned bit = 0; bit < LISTS; bit++) {
		struct buf b = BUF_EMPTY;
		char name[16];

		for (unsigned n = 1; n <= LABELS; n++)
			if (n >> bit & 1) {
				char host[2 * LABELS + 8];

				deep_name(host, n);
				buf_addf(&b, "%s\n", host);
			}
		buf_add_char(&b, '\0');
		snprintf(name, sizeof(name), "l%u", bit);
		world_list(w, name, name, LIST_DOMAINS, b.p);
		buf_fini(&b);
	}
	world_list(w, "rare", "rare", LIST_DOMAINS, "a.test\nbad.test\n");
}

/* A deep name is in more different sets of lists than can be kept: "rare", the
 * last of them, may be lost. */
static void
what_is_lost_is_not_taken_not_to_be(void **unused)
{
	static const struct {
		const char *rule;
		enum action otherwise, want;
		enum reason reason;
	} rows[] = {
	    {"block list:rare", ACTION_ALLOW, ACTION_BLOCK, REASON_UNSETTLED},
	    {"block category:rare", ACTION_ALLOW, ACTION_BLOCK,
	        REASON_UNSETTLED},
	    {"allow list:rare", ACTION_BLOCK, ACTION_BLOCK, REASON_DEFAULT},
	    {"allow !list:rare", ACTION_BLOCK, ACTION_BLOCK, REASON_DEFAULT},
	    {"block list:l0", ACTION_ALLOW, ACTION_BLOCK, REASON_RULE},
	};
	char text[2 * LABELS + 32] = "host=";

	(void)unused;
	deep_name(text + 5, LABELS);
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *const rules[] = {rows[i].rule, NULL};
		struct snapshot *s;
		struct verdict v;
		struct world w;

		world_init(&w);
		add_deep_lists(&w);
		s = world_of_rules(&w, rows[i].otherwise, rules);
		v = ask(s, STAGE_HOST, text, NULL);
		if (v.action != rows[i].want || v.reason != rows[i].reason)
			fail_msg("%s: %s, %s", rows[i].rule,
			    action_name(v.action), reason_slug(v.reason));
		v = ask(s, STAGE_HOST, "host=free.test", NULL);
		assert_int_equal(v.reason,
		    rows[i].rule[6] == '!' ? REASON_RULE : REASON_DEFAULT);
		snapshot_free(s);
	}
}

static void
a_lost_exception_leaves_its_list_unsettled(void **unused)
{
	static const char *const rules[] = {"block list:ads", NULL};
	char text[2 * LABELS + 32] = "host=", lines[2 * LABELS + 64];
	struct snapshot *s;
	struct verdict v;
	struct world w;

	(void)unused;
	deep_name(text + 5, LABELS);
	/* the first is found, the last is lost */
	snprintf(lines, sizeof(lines), "||%s^\n||a.a.a.test^\n@@||a.test^\n",
	    text + 5);
	world_init(&w);
	add_deep_lists(&w);
	world_list(&w, "ads", "ads", LIST_ADBLOCK, lines);
	s = world_of_rules(&w, ACTION_ALLOW, rules);
	v = ask(s, STAGE_HOST, text, NULL);
	assert_int_equal(v.action, ACTION_BLOCK);
	assert_int_equal(v.reason, REASON_UNSETTLED);
	v = ask(s, STAGE_HOST, "host=a.a.a.a.test", NULL);
	assert_int_equal(v.action, ACTION_ALLOW);
	snapshot_free(s);
}

/* One list that names many parts of a name takes nothing from any other. */
static void
many_entries_of_one_list_lose_nothing(void **unused)
{
	static const char *const rules[] = {
	    "block list:rare", "warn list:many", NULL};
	char host[2 * LABELS + 8], text[2 * LABELS + 32] = "host=";
	struct buf b = BUF_EMPTY;
	struct snapshot *s;
	struct verdict v;
	struct world w;

	(void)unused;
	for (unsigned n = 1; n <= LABELS; n++) {
		deep_name(host, n);
		buf_addf(&b, "%s\n", host);
	}
	buf_add_char(&b, '\0');
	world_init(&w);
	world_list(&w, "many", "many", LIST_DOMAINS, b.p);
	world_list(&w, "rare", "rare", LIST_DOMAINS, "bad.test\n");
	s = world_of_rules(&w, ACTION_ALLOW, rules);
	deep_name(text + 5, LABELS);
	v = ask(s, STAGE_HOST, text, NULL);
	assert_int_equal(v.action, ACTION_WARN);
	assert_int_equal(v.reason, REASON_RULE);
	snapshot_free(s);
	buf_fini(&b);
}

/* --------------------------------------------------------------- hashed */

static void
add_hashed(struct buf *b, const char *what, const char *kind)
{
	uint8_t sum[SHA256_BYTES];

	sha256(what, strlen(what), sum);
	for (unsigned i = 0; i < SHA256_BYTES; i++)
		buf_addf(b, "%02x", sum[i]);
	buf_addf(b, ",%s,x,2026-01-01\n", kind);
}

static void
a_hashed_entry_blocks_and_is_not_spelled_out(void **unused)
{
	static const char *const rules[] = {"block list:secret", NULL};
	static const char *const asked[] = {
	    "http://bad.test/", "http://www.bad.test/x", "http://b.test/p?q"};
	struct buf b = BUF_EMPTY, out = BUF_EMPTY;
	struct provenance said;
	struct snapshot *s;
	struct verdict v;
	struct world w;
	struct query q;

	(void)unused;
	buf_add_str(&b, STR("sha256,kind,category,added\n"));
	add_hashed(&b, "bad.test", "host");
	add_hashed(&b, "b.test/p", "url");
	buf_add_char(&b, '\0');
	world_init(&w);
	world_list(&w, "secret", "", LIST_HASHED, b.p);
	s = world_of_rules(&w, ACTION_ALLOW, rules);
	for (unsigned i = 0; i < 3; i++) {
		v = ask(s, STAGE_URL, asked[i], &said);
		assert_int_equal(v.action, ACTION_BLOCK);
		assert_true(v.has_entry);
		assert_true(str_eq(said.entry, STR("(hashed entry)")));
		assert_true(str_eq(said.list, STR("secret")));
		assert_true(str_eq(said.source_file, STR("secret/")));
	}
	v = ask(s, STAGE_URL, "http://b.test/q", NULL);
	assert_int_equal(v.action, ACTION_ALLOW);
	query_init(
	    &q, "10.0.0.1", STAGE_URL, STAGE_URL, "http://www.bad.test/");
	explain(s, &q.r, EXPLAIN_TRACE, &out);
	explain(s, &q.r, EXPLAIN_JSON, &out);
	assert_true(
	    str_search(buf_str(&out), STR("  listed  (hashed entry)")) < out.n);
	assert_true(str_search(buf_str(&out),
	                STR("\"entry\":\"(hashed entry)\"")) < out.n);
	query_fini(&q);
	snapshot_free(s);
	buf_fini(&b);
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_lost_is_not_taken_not_to_be),
	    cmocka_unit_test(a_lost_exception_leaves_its_list_unsettled),
	    cmocka_unit_test(many_entries_of_one_list_lose_nothing),
	    cmocka_unit_test(a_hashed_entry_blocks_and_is_not_spelled_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
