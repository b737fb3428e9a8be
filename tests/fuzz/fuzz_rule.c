/*
 * fuzz_rule.c - any bytes as the text of a rule: it is taken, or refused with
 * a place inside of it and a sentence; what is taken can decide.
 */
#include <stdlib.h>

#include "base/err.h"
#include "filters/decide.h"
#include "filters/snapshot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
use(const struct snapshot *s)
{
	struct request r = {.stage = STAGE_HOST, .deepest = STAGE_HOST};
	struct facts f = {0};
	struct verdict v;
	char room[NAME_ROOM];

	if (name_from_wire(STR("a.test"), room, &r.host) != NAME_OK)
		abort();
	r.port = 80;
	v = decide(s, &r, &f, NULL);
	if (v.kind != VERDICT_ALLOW && v.kind != VERDICT_DENY)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct policy_def p = {.name = STR("default")};
	const struct rule_def d = {.action = ACTION_BLOCK,
	    .text = str_make((const char *)data, size),
	    .where = {STR("f"), 1, 1}};
	struct snapshot_builder *b = snapshot_begin(1);
	struct err err = {0};
	struct snapshot *s;
	uint32_t column = 0;

	if (!b || snapshot_declare(b, STR("list"), STR("category")) < 0 ||
	    snapshot_policy(b, &p, &err) < 0)
		abort();
	if (snapshot_rule(b, 0, &d, &column, &err) < 0 &&
	    (column > size || err.text[0] == '\0'))
		abort();
	s = snapshot_finish(b, &err);
	if (!s)
		abort();
	use(s);
	snapshot_free(s);
	return 0;
}
