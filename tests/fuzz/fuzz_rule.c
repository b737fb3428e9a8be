/*
 * fuzz_rule.c - any bytes as the text of a rule: it is taken, or refused with
 * a place inside of it and a sentence; what is taken can decide.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "filters/decide.h"
#include "filters/schedule.h"
#include "filters/snapshot.h"
#include "filters/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* All there is to know is known: the verdict is final. */
static void
use(const struct snapshot *s, enum stage stage)
{
	static const struct request_field field = {
	    STR_INIT("X-Token"), STR_INIT("some text")};
	struct request r = {.stage = stage,
	    .deepest = stage,
	    .port = 80,
	    .method = STR("GET"),
	    .ua = STR("Opera Mini"),
	    .referer = STR("http://b.test/x"),
	    .fields = &field,
	    .nfields = 1};
	struct facts f = {.asked = UINT32_MAX,
	    .settled = FACT_USER | FACT_GRANT,
	    .user = STR("anna")};
	struct url_parts parts = {
	    .port = 80, .path = STR("/a/b.exe"), .query = STR("q=x")};
	struct verdict v;
	char room[NAME_ROOM];
	struct arena a;

	arena_init(&a, 0);
	if (name_from_wire(STR("a.test"), room, &parts.host) != NAME_OK)
		abort();
	parts.has_query = true;
	r.host = parts.host;
	if (stage >= STAGE_URL && url_canon(&a, &parts, &r.url) < 0)
		abort();
	if (stage >= STAGE_HEAD)
		r.answer = (struct answer){.type = STR("image/png"),
		    .first = STR("%PDF-1.7"),
		    .has_size = true,
		    .size = 1 << 20};
	v = decide(s, &r, &f, NULL);
	if (v.kind != VERDICT_ALLOW && v.kind != VERDICT_DENY)
		abort();
	arena_fini(&a);
}

/* What a rule may name. */
static void
add_names(struct snapshot_builder *b)
{
	const struct policy_def p = {.name = STR("default")};
	const struct schedule_def when = {.name = STR("lessons")};
	const struct theme_def theme = {.name = STR("drugs"),
	    .severity = SEVERITY_CAUTION,
	    .text = STR("some words\n")};

	if (snapshot_declare(b, STR("list"), STR("category")) < 0 ||
	    snapshot_schedule(b, &when, NULL) < 0 ||
	    snapshot_theme(b, &theme, NULL) < 0 ||
	    snapshot_policy(b, &p, NULL) < 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct rule_def d = {.action = ACTION_BLOCK,
	    .text = str_make((const char *)data, size),
	    .where = {STR("f"), 1, 1}};
	struct snapshot_builder *b = snapshot_begin(1);
	struct err err = {0};
	struct snapshot *s;
	uint32_t column = 0;

	if (!b)
		abort();
	add_names(b);
	if (snapshot_rule(b, 0, &d, &column, &err) < 0 &&
	    (column > size || err.text[0] == '\0'))
		abort();
	s = snapshot_finish(b, &err);
	if (!s && !strstr(err.text, "unknown group"))
		abort();
	if (!s)
		return 0;
	for (int stage = STAGE_CONN; stage < STAGES; stage++)
		use(s, (enum stage)stage);
	snapshot_free(s);
	return 0;
}
