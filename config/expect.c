/* expect.c - the `expect` lines of a configuration, run against a snapshot. */
#include "config/expect.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "config/config.h"
#include "config/diag.h"
#include "config/hours.h"
#include "filters/scenario.h"
#include "filters/snapshot.h"

#define RULE_SHOWN 100       /* bytes of a rule */
#define NO_TIME    INT64_MIN /* no line says that */

struct run {
	const struct config *c;
	const struct snapshot *s;
	int64_t now;
	bool warn, ok;
	struct diag *d;
	struct arena arena; /* of the line at hand */
	unsigned ntimes;
	int64_t time[HOURS_MAX]; /* at which something else may come of it */
};

static struct where
place(const struct config_expect *e, uint32_t column)
{
	return diag_within(&e->where, e->pieces.v, e->pieces.n, column);
}

/* "rule suzgi.conf:12 block = category:games", and what else decides. */
static void
add_reason(struct buf *b, const struct run *run, const struct scenario *sc,
    const struct verdict *v)
{
	struct provenance p;

	snapshot_provenance(run->s, &sc->request, v, &p);
	if (v->tier != TIER_POLICY && v->tier != TIER_DEFAULT) {
		buf_addf(b, "%s", tier_name(v->tier));
		return;
	}
	if (p.rule_line)
		buf_addf(b, "rule %.*s:%u ", STR_ARG(p.rule_file), p.rule_line);
	else
		buf_addf(
		    b, "no rule of [policy %.*s] matched: ", STR_ARG(p.policy));
	buf_addf(b, "%.*s%s",
	    p.rule_text.n > RULE_SHOWN ? RULE_SHOWN : (int)p.rule_text.n,
	    p.rule_text.n ? p.rule_text.p : "",
	    p.rule_text.n > RULE_SHOWN ? " ..." : "");
	if (v->reason != REASON_RULE && v->reason != REASON_DEFAULT)
		buf_addf(b, " (%s)", reason_text(v->reason));
}

static void
say_failed(struct run *run, const struct config_expect *e,
    const struct scenario *sc, const struct verdict *v)
{
	struct where at = place(e, 0);
	struct buf why = BUF_EMPTY;

	add_reason(&why, run, sc, v);
	diag_error(run->d, &at, "expected %s, but %s: %.*s",
	    action_name(sc->expected), action_name(scenario_action(v)),
	    STR_ARG(buf_str(&why)));
	buf_fini(&why);
	run->ok = false;
}

/* What comes of it over a week. */
struct week {
	bool expected; /* at some time what is expected, */
	bool other;    /* at some time something else */
};

static struct week
over_a_week(const struct run *run, const struct scenario *sc)
{
	struct scenario then = *sc;
	struct week w = {false, false};

	for (unsigned i = 0; i < run->ntimes; i++) {
		struct verdict v;

		then.request.now = run->time[i];
		v = scenario_run(run->s, &then);
		if (scenario_action(&v) == sc->expected)
			w.expected = true;
		else
			w.other = true;
	}
	return w;
}

static bool
has_listener(const struct config *c, struct str name)
{
	for (unsigned i = 0; i < c->listen.n; i++)
		if (str_eq(c->listen.v[i].name, name))
			return true;
	return false;
}

static void
run_one(struct run *run, const struct config_expect *e)
{
	struct scenario sc;
	struct verdict v;
	struct where at;
	struct err err;
	bool timeless;

	if (scenario_read(&run->arena, run->s, e->text, NO_TIME, &sc, &err) <
	    0) {
		at = place(e, sc.column);
		diag_error(run->d, &at, "%s", err.text);
		run->ok = false;
		return;
	}
	if (sc.request.listener.n &&
	    !has_listener(run->c, sc.request.listener)) {
		at = place(e, 0);
		diag_error(run->d, &at, "there is no [listen %.*s]",
		    STR_ARG(sc.request.listener));
		run->ok = false;
		return;
	}
	timeless = sc.request.now == NO_TIME;
	if (timeless)
		sc.request.now = run->now;
	v = scenario_run(run->s, &sc);
	if (timeless && run->c->schedule.n) {
		struct week w = over_a_week(run, &sc);

		at = place(e, 0);
		if (w.expected && w.other && run->warn)
			diag_warn(run->d, &at,
			    "what comes of this depends on the time; say "
			    "when, as in: at 2026-11-23T10:00");
		if (w.expected)
			return;
	}
	if (scenario_action(&v) != sc.expected)
		say_failed(run, e, &sc, &v);
}

bool
expect_hold(const struct config *c, const struct snapshot *s, int64_t now,
    bool warn, struct diag *d)
{
	struct run run = {
	    .c = c, .s = s, .now = now, .warn = warn, .ok = true, .d = d};

	if (c->expect.n == 0)
		return true;
	arena_init(&run.arena, 0);
	run.ntimes = hours_find(c, now, run.time);
	for (unsigned i = 0; i < c->expect.n; i++) {
		arena_reset(&run.arena);
		run_one(&run, &c->expect.v[i]);
	}
	arena_fini(&run.arena);
	return run.ok;
}
