/* cmd_patterns.c - suzgi patterns: what each regular expression costs. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/json.h"
#include "cli/cli.h"
#include "cli/patterns.h"
#include "config/config.h"

struct patterns_job {
	const struct cli_common *common;
	bool slow; /* only those */
	const struct snapshot *s;
	const struct pattern_set *ps;
	struct pattern_cost *cost; /* owned; slowest first */
	unsigned n;
	struct buf out;
};

static int
slowest_first(const void *a, const void *b)
{
	const struct pattern_cost *x = a, *y = b;

	if (x->slow != y->slow)
		return x->slow > y->slow ? -1 : 1;
	if (x->worst != y->worst)
		return x->worst > y->worst ? -1 : 1;
	return x->id < y->id ? -1 : 1;
}

static const char *
slow_word(enum pattern_slow slow)
{
	switch (slow) {
	case SLOW_NOT:
		return "no";
	case SLOW_EVERY:
		return "always";
	case SLOW_TIME:
		return "slow";
	case SLOW_LIMIT:
		return "limit";
	}
	return "no";
}

/* ------------------------------------------------------------------- text */

/* On what it is tried: "banner", "on x.test", "every address". */
static void
add_when(struct patterns_job *j, unsigned id)
{
	struct str literal = pattern_set_literal(j->ps, id);
	struct str anchor = pattern_set_anchor(j->ps, id);
	bool host = pattern_set_on_host(j->ps, id);
	struct buf *b = &j->out;

	if (literal.n) {
		buf_add_char(b, '"');
		text_add_escaped(b, literal);
		buf_add_char(b, '"');
	} else if (!anchor.n) {
		buf_add_str(b, host ? STR("every host") : STR("every address"));
	}
	if (anchor.n) {
		buf_add_str(b, literal.n ? STR(" on ") : STR("on "));
		text_add_escaped(b, anchor);
	}
}

static void
say_text(struct patterns_job *j, uint32_t all)
{
	struct buf *b = &j->out;

	buf_addf(b, "%-7s %9s %9s  %s\n", "slow", "usual ns", "worst ns",
	    "tried on | where | pattern");
	for (unsigned i = 0; i < j->n; i++) {
		const struct pattern_cost *c = &j->cost[i];

		if (j->slow && c->slow == SLOW_NOT)
			continue;
		buf_addf(b, "%-7s %9u %9u  ", slow_word(c->slow), c->usual,
		    c->worst);
		add_when(j, c->id);
		buf_add_str(b, STR(" | "));
		pattern_add_place(b, j->s, c);
		buf_add_str(b, STR(" | "));
		text_add_escaped(b, pattern_set_text(j->ps, c->id));
		buf_add_char(b, '\n');
	}
	buf_addf(b,
	    "%u patterns, %u tried on every address; all together %u.%03u "
	    "microseconds an address\n",
	    j->n, pattern_set_always(j->ps), all / 1000, all % 1000);
}

/* ------------------------------------------------------------------- JSON */

static void
add_json(struct patterns_job *j, const struct pattern_cost *c)
{
	struct str literal = pattern_set_literal(j->ps, c->id);
	struct str anchor = pattern_set_anchor(j->ps, c->id);
	const struct where *rule = snapshot_pattern_rule(j->s, c->id);
	struct pattern_place place;
	struct buf *b = &j->out;

	json_open(b, '{');
	json_key_str(b, "pattern", pattern_set_text(j->ps, c->id));
	json_key_z(b, "of", pattern_set_on_host(j->ps, c->id) ? "host" : "url");
	if (rule) {
		json_key_str(b, "file", rule->file);
		json_key_u64(b, "line", rule->line);
	} else if (snapshot_pattern_place(j->s, c->id, &place)) {
		json_key_str(b, "list", place.list);
		json_key_str(b, "category", place.category);
		json_key_str(b, "file", place.file);
		json_key_u64(b, "line", place.line);
	}
	if (literal.n)
		json_key_str(b, "literal", literal);
	if (anchor.n)
		json_key_str(b, "domain", anchor);
	json_key_bool(b, "always", !literal.n && !anchor.n);
	json_key_u64(b, "usual_ns", c->usual);
	json_key_u64(b, "worst_ns", c->worst);
	json_key_bool(b, "limit", c->slow == SLOW_LIMIT);
	json_key_bool(b, "slow", c->slow != SLOW_NOT);
	json_close(b, '}');
}

static void
say_json(struct patterns_job *j, uint32_t all)
{
	struct buf *b = &j->out;

	json_open(b, '{');
	json_key_u64(b, "count", j->n);
	json_key_u64(b, "always", pattern_set_always(j->ps));
	json_key_u64(b, "all_ns", all);
	json_key(b, "patterns");
	json_open(b, '[');
	for (unsigned i = 0; i < j->n; i++)
		if (!j->slow || j->cost[i].slow != SLOW_NOT)
			add_json(j, &j->cost[i]);
	json_close(b, ']');
	json_close(b, '}');
	buf_add_char(b, '\n');
}

/* ---------------------------------------------------------------- command */

static int
measure(struct patterns_job *j)
{
	uint32_t all;

	j->ps = snapshot_pattern_set(j->s);
	j->n = pattern_set_count(j->ps);
	j->cost = calloc(j->n + 1u, sizeof(*j->cost));
	if (!j->cost)
		return cli_fail(CLI_FAILED, "out of memory");
	all = patterns_cost(j->ps);
	for (unsigned id = 0; id < j->n; id++)
		pattern_cost(j->ps, (uint16_t)id, true, &j->cost[id]);
	qsort(j->cost, j->n, sizeof(*j->cost), slowest_first);
	if (j->common->json)
		say_json(j, all);
	else
		say_text(j, all);
	free(j->cost);
	return cli_out(&j->out);
}

static void
errors_only(void *arg, const struct config_report *r)
{
	if (r->error)
		config_report_stderr(arg, r);
}

static int
patterns(struct patterns_job *j)
{
	struct config_paths at = j->common->at;
	struct config *c;
	struct snapshot *s = NULL;
	int rc = CLI_CONFIG;

	at.no_write = true;
	at.or_in_place = true;
	c = config_load(&at, errors_only, NULL);
	if (c)
		s = config_snapshot(c, &at, 1, errors_only, NULL);
	if (s) {
		j->s = s;
		rc = measure(j);
		if (snapshot_unref(s))
			snapshot_free(s);
	}
	config_free(c);
	return rc;
}

int
cmd_patterns(int argc, char **argv)
{
	struct cli_common common = {0};
	struct patterns_job j = {.common = &common};
	const struct cli_option options[] = {
	    {.name = "slow",
	        .help = "only those that may cost too much",
	        .flag = &j.slow},
	    {.name = NULL},
	};
	struct cli_args a = {.usage = "patterns [OPTION]...",
	    .about =
	        "Each regular expression of the rules and lists, the slowest "
	        "first: what it takes\non made-up addresses, and on which "
	        "addresses it is tried at all. A text in quotes\nis one that "
	        "must occur (another may do as well). Slow is what is tried "
	        "on every\naddress (always), takes more than 20 microseconds "
	        "on one (slow), or so long that\nit is given up (limit).",
	    .options = options,
	    .common = &common};
	int rc = cli_parse(&a, argc, argv);

	if (rc >= 0)
		return rc;
	if (a.argc)
		return cli_usage("patterns", "it takes no arguments");
	rc = patterns(&j);
	buf_fini(&j.out);
	return rc;
}
