/*
 * tables_test.c - policies by table: every tests/tables/NAME.tsv is a world and
 * what is expected in it. A row, its cells parted by tabs:
 *
 *	list	NAME	CATEGORY	FORMAT	entry	entry ...
 *	policy	NAME	OTHERWISE	ON-UNSETTLED
 *	rule	ACTION	terms
 *	group	NAME	POLICY	MEMBER MEMBER ...
 *	share-patterns
 *	(and those of world_tiers.h and world_head.h)
 *	EXPECTED	CLIENT	STAGE[/DEEPEST]	REQUEST
 *
 * EXPECTED is allow, block, warn, monitor, continued (behind a warning), ask or
 * need, then any of rule=N (from 1 within the policy; 0: its default), reason=,
 * next=, category=, list=, entry=, line=, group=, subject=, tier=, needs=,
 * member=, budget=, budgets= (numbers with commas), override=, limit= (of a
 * size). Where a request is at its deepest, explain() has to come to the same.
 */
#include "world_tiers.h"

#include <dirent.h>

#include "filters/decide.h"
#include "filters/explain.h"

#define CELLS 64
#define FILES 64

struct table {
	const char *file;
	unsigned line;
	struct world world;
	struct snapshot *s;
	unsigned rows;
};

static const char *const kinds[] = {
    [VERDICT_ALLOW] = "allow",
    [VERDICT_ASK] = "ask",
    [VERDICT_DENY] = "deny",
    [VERDICT_NEED] = "need",
};

static const char *const subject_words[] = {
    [SUBJECT_NONE] = "none",
    [SUBJECT_CONNECT] = "connect",
    [SUBJECT_SNI] = "sni",
    [SUBJECT_HOST] = "host",
    [SUBJECT_URL] = "url",
    [SUBJECT_NESTED] = "nested",
};

static const char *
word_of(const struct verdict *v)
{
	if (v->kind == VERDICT_ASK || v->kind == VERDICT_NEED)
		return kinds[v->kind];
	if (v->kind == VERDICT_ALLOW && v->action == ACTION_WARN)
		return "continued";
	return action_name(v->action);
}

static enum stage
stage_from(const struct table *t, const char *word)
{
	for (int s = 0; s < STAGES; s++)
		if (strcmp(stage_name((enum stage)s), word) == 0)
			return (enum stage)s;
	fail_msg("%s:%u: no stage %s", t->file, t->line, word);
	return STAGE_CONN;
}

static enum action
action_from(const struct table *t, const char *word)
{
	for (int a = 0; a < ACTIONS; a++)
		if (strcmp(action_name((enum action)a), word) == 0)
			return (enum action)a;
	fail_msg("%s:%u: no action %s", t->file, t->line, word);
	return ACTION_ALLOW;
}

static struct str
needs_of(const struct verdict *v)
{
	static const struct {
		uint32_t fact;
		const char *word;
	} facts[] = {{FACT_PATTERNS, "patterns"}, {FACT_USER, "user"},
	    {FACT_MEMBER, "member"}, {FACT_SPENT, "spent"},
	    {FACT_GRANT, "grant"}};

	for (unsigned i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		if (v->needs == facts[i].fact)
			return str_of(facts[i].word);
	return STR("several");
}

static int
budgets_of(const struct verdict *v, char room[32])
{
	int n = 0;

	for (unsigned i = 0; i < FACT_BUDGETS_MAX && n < 28; i++)
		if (v->budgets >> i & 1)
			n += snprintf(
			    room + n, 32 - (size_t)n, "%s%u", n ? "," : "", i);
	return n;
}

/* What the verdict has to say to <key>, as text. */
static struct str
fact_of(const struct table *t, const struct request *r, const struct verdict *v,
    struct str key, struct provenance *p, char room[32])
{
	int n = 0;

	snapshot_provenance(t->s, r, v, p);
	if (str_eq(key, STR("reason")))
		return str_of(reason_slug(v->reason));
	if (str_eq(key, STR("next")))
		return str_of(stage_name(v->next));
	if (str_eq(key, STR("category")))
		return p->category;
	if (str_eq(key, STR("list")))
		return p->list;
	if (str_eq(key, STR("entry")))
		return p->entry;
	if (str_eq(key, STR("group")))
		return p->group;
	if (str_eq(key, STR("subject")))
		return str_of(subject_words[v->subject]);
	if (str_eq(key, STR("tier")))
		return str_of(p->tier);
	if (str_eq(key, STR("needs")))
		return needs_of(v);
	if (str_eq(key, STR("member")))
		return snapshot_auth_group(t->s, v->member);
	if (str_eq(key, STR("nested")))
		return p->nested;
	if (str_eq(key, STR("override")))
		return p->override;
	if (str_eq(key, STR("budgets")))
		n = budgets_of(v, room);
	else if (str_eq(key, STR("limit")))
		n = snprintf(
		    room, 32, "%llu", (unsigned long long)v->size_limit);
	else if (str_eq(key, STR("budget")))
		n = snprintf(room, 32, "%u", v->budget);
	else if (str_eq(key, STR("limit")))
		n = snprintf(
		    room, 32, "%llu", (unsigned long long)v->size_limit);
	else if (str_eq(key, STR("line")))
		n = snprintf(room, 32, "%u", p->source_line);
	else if (str_eq(key, STR("rule")))
		n = snprintf(room, 32, "%u",
		    v->rule == VERDICT_NO_RULE ? 0 : v->rule + 1u);
	else
		fail_msg(
		    "%s:%u: what is %.*s=?", t->file, t->line, STR_ARG(key));
	return str_make(room, (size_t)n);
}

static void
check_row(struct table *t, struct str expected, const struct request *r,
    const struct verdict *v)
{
	struct str word, key, value;
	struct provenance p;
	char room[32];

	assert_true(str_next(&expected, ' ', &word));
	if (!str_eq(word, str_of(word_of(v))))
		fail_msg("%s:%u: expected %.*s, got %s (rule %u, %s)", t->file,
		    t->line, STR_ARG(word), word_of(v), v->rule + 1u,
		    reason_slug(v->reason));
	while (str_next(&expected, ' ', &word)) {
		struct str got;

		str_cut(word, '=', &key, &value);
		got = fact_of(t, r, v, key, &p, room);
		if (!str_eq(got, value))
			fail_msg("%s:%u: expected %.*s=%.*s, got \"%.*s\"",
			    t->file, t->line, STR_ARG(key), STR_ARG(value),
			    STR_ARG(got));
	}
}

static void
check_explain(const struct table *t, const struct query *q,
    const struct facts *f, const struct verdict *v)
{
	struct buf b = BUF_EMPTY;
	struct verdict e;

	for (int form = EXPLAIN_TEXT; form <= EXPLAIN_JSON; form++) {
		e = explain_with(t->s, &q->r, f, (enum explain_form)form, &b);
		if (e.kind != v->kind || e.action != v->action ||
		    e.rule != v->rule || e.reason != v->reason)
			fail_msg("%s:%u: explain says %s (rule %u), decide %s "
			         "(rule %u)",
			    t->file, t->line, word_of(&e), e.rule + 1u,
			    word_of(v), v->rule + 1u);
	}
	assert_false(b.failed);
	buf_fini(&b);
}

static void
expect_row(struct table *t, char *cell[], unsigned n)
{
	struct facts f;
	struct query q;
	struct verdict v;
	char *deepest;
	enum stage stage;

	if (n != 4)
		fail_msg("%s:%u: %u cells, not 4", t->file, t->line, n);
	if (!t->s)
		t->s = world_snapshot(&t->world);
	deepest = strchr(cell[2], '/');
	if (deepest)
		*deepest++ = '\0';
	stage = stage_from(t, cell[2]);
	query_init(&q, cell[1], stage, deepest ? stage_from(t, deepest) : stage,
	    cell[3]);
	query_settle(&q, t->s);
	f = q.facts;
	v = decide(t->s, &q.r, &f, NULL);
	if (v.needs == FACT_GRANT &&
	    !str_starts(str_of(cell[0]), STR("need"))) {
		facts_ask(&f, &v);
		v = decide(t->s, &q.r, &f, NULL);
	}
	check_row(t, str_of(cell[0]), &q.r, &v);
	if (v.kind == VERDICT_ALLOW || v.kind == VERDICT_DENY)
		if (q.r.stage == q.r.deepest)
			check_explain(t, &q, &f, &v);
	query_fini(&q);
	t->rows++;
}

static void
list_row(struct table *t, char *cell[], unsigned n)
{
	struct buf b = BUF_EMPTY;
	enum list_format f;

	assert_true(n >= 4);
	assert_true(list_format_from(str_of(cell[3]), &f));
	for (unsigned i = 4; i < n; i++) {
		buf_add_str(&b, str_of(cell[i]));
		buf_add_char(&b, '\n');
	}
	buf_add_char(&b, '\0');
	world_list(&t->world, cell[1], cell[2], f, b.p);
	buf_fini(&b);
}

/* What rules may name comes behind the lists, and before the policies. */
static bool
head_row_of(struct world *w, char *cell[], unsigned n)
{
	if (strcmp(cell[0], "schedule") && strcmp(cell[0], "theme") &&
	    strcmp(cell[0], "engines"))
		return false;
	world_begin(w);
	return head_row(w->builder, cell, n);
}

static void
row(struct table *t, char *cell[], unsigned n)
{
	struct world *w = &t->world;

	if (strcmp(cell[0], "list") == 0)
		list_row(t, cell, n);
	else if (strcmp(cell[0], "policy") == 0)
		world_policy(w, cell[1], action_from(t, cell[2]),
		    action_from(t, cell[3]));
	else if (strcmp(cell[0], "rule") == 0)
		world_rule(w, action_from(t, cell[1]), cell[2]);
	else if (strcmp(cell[0], "share-patterns") == 0)
		w->shared = true;
	else if (!world_row(w, cell, n) && !head_row_of(w, cell, n))
		expect_row(t, cell, n);
}

/* Cut <line> at tabs, in place. */
static unsigned
cells_of(char *line, char *cell[CELLS])
{
	unsigned n = 0;

	for (char *p = line; p && n < CELLS; n++) {
		cell[n] = p;
		p = strchr(p, '\t');
		if (p)
			*p++ = '\0';
	}
	return n;
}

static void
run_table(void **state)
{
	struct table t = {.file = *state};
	char *cell[CELLS];
	char line[8192];
	FILE *f = fopen(t.file, "r");

	if (!f)
		fail_msg("%s cannot be read", t.file);
	world_init(&t.world);
	while (fgets(line, sizeof(line), f)) {
		t.line++;
		line[strcspn(line, "\n")] = '\0';
		if (line[0] && line[0] != '#')
			row(&t, cell, cells_of(line, cell));
	}
	fclose(f);
	assert_true(t.rows > 0);
	assert_true(snapshot_unref(t.s));
	snapshot_free(t.s);
}

static int
by_name(const void *a, const void *b)
{
	const struct CMUnitTest *x = a, *y = b;

	return strcmp(x->name, y->name);
}

int
main(void)
{
	/* beside the folder of data, which need not be there */
	static const char data[] = TEST_DATA;
	char dir[512];
	static char path[FILES][1024];
	struct CMUnitTest tests[FILES] = {{0}};
	struct dirent *e;
	size_t n = 0;
	DIR *d;

	snprintf(dir, sizeof(dir), "%.*stables",
	    (int)(strrchr(data, '/') + 1 - data), data);
	d = opendir(dir);
	if (!d) {
		perror(dir);
		return 1;
	}
	while ((e = readdir(d)) && n < FILES) {
		if (!str_ends(str_of(e->d_name), STR(".tsv")))
			continue;
		snprintf(path[n], sizeof(path[n]), "%s/%s", dir, e->d_name);
		tests[n] =
		    (struct CMUnitTest){.name = path[n] + strlen(dir) + 1,
		        .test_func = run_table,
		        .initial_state = path[n]};
		n++;
	}
	closedir(d);
	qsort(tests, n, sizeof(tests[0]), by_name);
	return _cmocka_run_group_tests("tables", tests, n, NULL, NULL);
}
