/*
 * explain_id.c - why was it decided so, then; and what would be said now.
 *
 * What was decided is in the record, with the story of it. What would be said
 * now is asked as far as the record tells what was asked.
 */
#include "cli/explain_id.h"

#include "base/base64.h"
#include "base/err.h"
#include "base/json.h"
#include "base/sys/clock.h"
#include "cli/cli.h"
#include "cli/traffic.h"
#include "cli/trial.h"
#include "config/config.h"
#include "filters/explain.h"
#include "filters/scenario.h"
#include "filters/snapshot.h"
#include "filters/trace_pack.h"
#include "review/blocklog.h"
#include "review/record.h"

#define LABEL "%-10s"

struct past {
	const struct trial *trial;
	struct traffic traffic; /* of its record */
	struct str line;
	struct buf story; /* as it was told */
	enum explain_kept kept;
	bool has_story;
	struct buf now;
	struct err err;
	const char *why_not; /* it cannot be asked now; NULL: it was */
	struct verdict verdict;
};

static struct str
get(const struct past *p, const char *path)
{
	return jsonflat_get(&p->traffic.flat, path);
}

/* ------------------------------------------------------------------- then */

/* How many bytes; 0 where it is no base64 (RFC 4648 4), or too long. */
static size_t
read_base64(struct str s, uint8_t *out, size_t max)
{
	struct base64_got got;

	while (s.n && s.p[s.n - 1] == '=')
		s.n--;
	if (s.n > BASE64_CHARS(max))
		return 0;
	got = base64_read(s, BASE64_PLAIN, out);
	return got.digits == s.n && got.bytes <= max ? got.bytes : 0;
}

static void
tell_story(struct past *p, bool json)
{
	uint8_t room[BASE64_BYTES(BASE64_CHARS(TRACE_PACK_MAX))];
	struct str text = get(p, "trace");
	struct bytes b = {room, read_base64(text, room, TRACE_PACK_MAX)};

	p->has_story = text.n != 0;
	if (p->has_story)
		p->kept = explain_story(p->trial->snapshot, get(p, "policy"), b,
		    json ? EXPLAIN_JSON : EXPLAIN_TRACE, &p->story);
}

/* -------------------------------------------------------------------- now */

/* By whom it was asked: where the record has no address, one of his group. */
static void
ask_now(struct past *p, bool json)
{
	const struct snapshot *s = p->trial->snapshot;
	struct scenario_word words[TRAFFIC_WORDS];
	struct scenario_ask ask = {.address = p->traffic.url,
	    .words = words,
	    .nwords = traffic_words(&p->traffic, words),
	    .now = clock_wall_ms() / 1000};
	struct scenario c;
	struct arena a;
	struct err err;
	uint32_t column;

	if (!p->traffic.client.n ||
	    snapshot_wants(s) & (SNAPSHOT_WANTS_USER | SNAPSHOT_WANTS_MAC))
		ask.group = p->traffic.group;
	arena_init(&a, 0);
	if (scenario_make(&a, s, &ask, &c, &column, &err) < 0) {
		p->err = err;
		p->why_not = p->err.text;
	} else {
		p->verdict = explain_with(s, &c.request, &c.facts,
		    json ? EXPLAIN_JSON_TRACE : EXPLAIN_TRACE, &p->now);
	}
	arena_fini(&a);
}

/* ------------------------------------------------------------------- tell */

static void
add_field(
    struct buf *b, const struct past *p, const char *label, const char *path)
{
	struct str s = get(p, path);

	if (s.n == 0)
		return;
	buf_addf(b, LABEL, label);
	text_add_escaped(b, s);
	buf_add_char(b, '\n');
}

static void
add_rule(struct buf *b, const struct past *p)
{
	struct str file = get(p, "rule.file"), line = get(p, "rule.line");

	if (!get(p, "rule.text").n)
		return;
	buf_addf(b, LABEL, "rule");
	text_add_escaped(b, file);
	if (line.n)
		buf_addf(b, ":%.*s", STR_ARG(line));
	buf_add_str(b, STR("  "));
	text_add_escaped(b, get(p, "rule.text"));
	buf_add_char(b, '\n');
}

static void
add_entry(struct buf *b, const struct past *p)
{
	struct str line = get(p, "rule.source_line");

	if (!get(p, "rule.entry").n)
		return;
	buf_addf(b, LABEL, "entry");
	text_add_escaped(b, get(p, "rule.entry"));
	buf_add_str(b, STR("  "));
	text_add_escaped(b, get(p, "rule.list"));
	buf_add_str(b, STR(", "));
	text_add_escaped(b, get(p, "rule.source"));
	if (line.n)
		buf_addf(b, ":%.*s", STR_ARG(line));
	buf_add_char(b, '\n');
}

/* The words that were looked for are not told here: the record has them, where
 * the log keeps them. */
static void
add_search(struct buf *b, const struct past *p)
{
	struct str theme = get(p, "theme"), severity = get(p, "severity");

	if (!theme.n)
		return;
	buf_addf(b, LABEL, "search");
	text_add_escaped(b, theme);
	if (severity.n) {
		buf_add_str(b, STR(", "));
		text_add_escaped(b, severity);
	}
	buf_add_char(b, '\n');
}

static void
add_record(struct buf *b, const struct past *p)
{
	const struct traffic *t = &p->traffic;
	char label[16];

	str_copy(str_sub(get(p, "action"), 0, 9), label, sizeof(label));
	buf_addf(b, LABEL, label);
	text_add_escaped(b, t->url.n ? t->url : t->connect);
	buf_add_char(b, '\n');
	add_field(b, p, "when", "ts");
	buf_addf(b, LABEL, "who");
	text_add_escaped(b, t->who.n ? t->who : STR("not kept"));
	if (t->who.n && !t->client.n)
		buf_add_str(b, STR(", a pseudonym"));
	buf_add_char(b, '\n');
	add_field(b, p, "reason", "reason");
	add_field(b, p, "tier", "tier");
	add_rule(b, p);
	add_field(b, p, "category", "rule.category");
	add_entry(b, p);
	add_search(b, p);
	add_field(b, p, "exception", "override");
	add_field(b, p, "group", "group");
	add_field(b, p, "policy", "policy");
	add_field(b, p, "stage", "stage");
}

static const char *
story_note(const struct past *p)
{
	if (!p->has_story)
		return "no story was kept with this record";
	switch (p->kept) {
	case EXPLAIN_WHOLE:
		return NULL;
	case EXPLAIN_CUT:
		return "there was more than is kept";
	case EXPLAIN_OTHER_RULES:
		return "the policy's rules have changed since: they are "
		       "named by their number";
	case EXPLAIN_DAMAGED:
		return "the story that was kept cannot be read";
	}
	return NULL;
}

static void
add_text(struct buf *b, const struct past *p)
{
	const char *note = story_note(p);

	add_record(b, p);
	buf_add_str(b, buf_str(&p->story));
	if (note)
		buf_addf(b, LABEL "%s\n", "note", note);
	buf_add_str(b, STR("\nthe same now, as the configuration is:\n"));
	if (!p->trial->config->log_query && p->traffic.url.n)
		buf_addf(b,
		    LABEL "the log keeps nothing behind \"?\" (log-query): it "
		          "is asked without\n",
		    "note");
	if (p->why_not) {
		buf_add_str(b, STR("it cannot be asked: "));
		text_add_escaped(b, str_of(p->why_not));
		buf_add_char(b, '\n');
	}
	buf_add_str(b, buf_str(&p->now));
}

static void
add_json(struct buf *b, const struct past *p)
{
	struct str now = buf_str(&p->now);

	while (now.n && now.p[now.n - 1] == '\n')
		now.n--;
	json_open(b, '{');
	json_key(b, "record");
	buf_add_str(b, p->line);
	json_key(b, "story");
	json_open(b, '[');
	buf_add_str(b, buf_str(&p->story));
	json_close(b, ']');
	if (story_note(p))
		json_key_z(b, "note", story_note(p));
	if (p->why_not) {
		json_key_z(b, "error", p->why_not);
	} else {
		json_key(b, "now");
		buf_add_str(b, now);
	}
	json_close(b, '}');
	buf_add_char(b, '\n');
}

/* ------------------------------------------------------------------- find */

static bool
find(struct blocklog *log, struct str id, struct blocklog_event *e)
{
	const struct blocklog_filter filter = {.id = id};

	while (blocklog_next(log, e))
		if (blocklog_match(&filter, e))
			return true;
	return false;
}

int
explain_id(const struct trial *t, const char *id, bool json, struct buf *out)
{
	struct past p = {.trial = t};
	struct blocklog_event e;
	struct blocklog *log;
	struct err err;
	enum traffic_result read;

	if (!record_id_is_valid(str_of(id)))
		return cli_usage("explain", "\"%s\" is no reference", id);
	log = blocklog_open(t->config->log_dir.p, &err);
	if (!log)
		return cli_fail(CLI_FAILED, "%s", err.text);
	if (!find(log, str_of(id), &e)) {
		blocklog_close(log);
		return cli_fail(CLI_FAILED, "there is no record %s in %s", id,
		    t->config->log_dir.p);
	}
	p.line = e.line;
	read = traffic_read(&p.traffic, e.line);
	if (read != TRAFFIC_OK)
		p.why_not = "the record does not say what was asked for";
	tell_story(&p, json);
	if (read == TRAFFIC_OK)
		ask_now(&p, json);
	if (json)
		add_json(out, &p);
	else
		add_text(out, &p);
	traffic_fini(&p.traffic);
	buf_fini(&p.story);
	buf_fini(&p.now);
	blocklog_close(log);
	if (cli_out(out) != CLI_OK)
		return CLI_FAILED;
	/* without a verdict its kind is ALLOW */
	return p.verdict.kind == VERDICT_DENY ? CLI_BLOCKED : CLI_OK;
}
