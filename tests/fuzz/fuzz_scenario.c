/*
 * fuzz_scenario.c - any line is read or refused: with a sentence and a column
 * within it, and what is read can be decided and explained, and comes to the
 * same by both.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "filters/explain.h"
#include "filters/scenario.h"
#include "filters/snapshot.h"
#include "filters/trace_pack.h"

#define NOW 1795424400

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static void
add_policy(
    struct snapshot_builder *b, const char *name, const char *const *text)
{
	const struct policy_def d = {
	    .name = str_of(name), .on_unsettled = ACTION_BLOCK, .nested = true};
	int p = snapshot_policy(b, &d, NULL);

	for (; *text; text++) {
		const struct rule_def r = {
		    .action = ACTION_BLOCK, .text = str_of(*text)};
		uint32_t column;

		must(snapshot_rule(b, p, &r, &column, NULL) == 0);
	}
}

static struct snapshot *
school(void)
{
	static const char *const pupils[] = {"url:a.test/p, regex:evil",
	    "type:video/, size>1KiB", "header:x-a=b, ua:bot", NULL};
	static const char *const other[] = {"host:b.test", NULL};
	const struct str heads = STR_INIT("heads"), ann = STR_INIT("ann");
	const struct group_def d = {.name = STR_INIT("pupils"),
	    .policy = STR_INIT("pupils"),
	    .users = &ann,
	    .nusers = 1,
	    .auth_groups = &heads,
	    .nauth_groups = 1};
	struct snapshot_builder *b = snapshot_begin(1);
	struct snapshot *s;

	must(b != NULL);
	add_policy(b, "pupils", pupils);
	add_policy(b, "default", other);
	must(snapshot_group(b, &d, NULL) == 0);
	s = snapshot_finish(b, NULL);
	must(s != NULL);
	return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct snapshot *s;
	struct buf out = BUF_EMPTY;
	struct scenario c;
	struct arena a;
	struct err err = {0};

	if (!s)
		s = school();
	arena_init(&a, 1 << 20);
	if (scenario_read(
	        &a, s, str_make((const char *)data, size), NOW, &c, &err) < 0) {
		must(err.text[0] != '\0' && c.column <= size);
	} else {
		uint8_t room[TRACE_PACK_MAX];
		struct verdict v = scenario_run(s, &c), e;

		must(c.expects && v.kind != VERDICT_NEED);
		must(v.kind != VERDICT_ASK);
		e = explain_with(
		    s, &c.request, &c.facts, EXPLAIN_JSON_TRACE, &out);
		must(e.kind == v.kind && e.rule == v.rule);
		must(trace_pack(s, &c.request, &c.facts, room) <=
		     TRACE_PACK_MAX);
	}
	buf_fini(&out);
	arena_fini(&a);
	return 0;
}
