/* simulate_say.c - what a simulation has found, as text and as JSON. */
#include "base/buf.h"
#include "base/json.h"
#include "base/table.h"
#include "cli/simulate.h"

static const char *const changes[SIM_CHANGES] = {
    [SIM_BLOCKED] = "newly blocked",
    [SIM_WARNED] = "newly warned",
    [SIM_ALLOWED] = "newly allowed",
};
static const char *const change_keys[SIM_CHANGES] = {
    [SIM_BLOCKED] = "blocked",
    [SIM_WARNED] = "warned",
    [SIM_ALLOWED] = "allowed",
};

static const struct {
	const char *key, *text;
} unused[SIM_UNUSED] = {
    [TRAFFIC_OTHER] = {"other", "are no requests that were judged"},
    [TRAFFIC_NO_URL] = {"no_address", "have no address"},
    [TRAFFIC_BAD] = {"unknown_format", "are of no format that is known"},
    [SIM_NOT_AN_ADDRESS] = {"malformed", "have a malformed address or word"},
    [SIM_NO_GROUP] = {"no_group", "are of a group that one of the two has not"},
    [SIM_TOO_LONG] = {"too_long", "are too long"},
};

/* ----------------------------------------------------------------- text */

static void
add_number(struct buf *b, uint64_t n, const char *one, const char *many)
{
	buf_addf(b, "%llu %s", (unsigned long long)n, n == 1 ? one : many);
}

static void
add_set(
    struct buf *b, const struct tally_set *s, const char *one, const char *many)
{
	if (s->more)
		buf_add_str(b, STR("more than "));
	add_number(b, s->n, one, many);
}

static void
add_table(struct buf *b, struct tally *t, const char *by, const char *what,
    unsigned top)
{
	unsigned n = t->n < top ? t->n : top;

	tally_sort(t);
	buf_addf(b, "\n%s, by %s\n", what, by);
	for (unsigned i = 0; i < n; i++) {
		const struct tally_row *r = &t->rows[i];

		buf_addf(b, "%10llu  ", (unsigned long long)r->n);
		text_add_escaped(b, r->word);
		buf_add_str(b, STR("\n            e.g. "));
		text_add_escaped(b, r->example);
		buf_add_str(b, STR("\n            by "));
		text_add_escaped(b, r->why);
		buf_add_char(b, '\n');
	}
	if (t->n > n)
		buf_addf(b, "            and %u more\n", t->n - n);
	if (t->beyond)
		buf_addf(b, "%10llu  of others, too many to be told apart\n",
		    (unsigned long long)t->beyond);
}

static void
add_unused(struct buf *b, const struct simulation *s)
{
	for (unsigned i = 0; i < SIM_UNUSED; i++)
		if (unused[i].text && s->unused[i])
			buf_addf(b, "%10llu  %s\n",
			    (unsigned long long)s->unused[i], unused[i].text);
}

void
simulation_text(struct simulation *s, unsigned top, struct buf *out)
{
	add_number(out, s->lines, "line", "lines");
	buf_addf(out, ", %llu judged\n", (unsigned long long)s->judged);
	add_unused(out, s);
	if (s->records)
		buf_add_str(out,
		    STR("A block log has only what was blocked: what was let "
		        "through is not among these lines.\n"));
	buf_add_char(out, '\n');
	for (unsigned i = 0; i < SIM_CHANGES; i++) {
		const struct sim_kind *k = &s->kind[i];

		buf_addf(out, "%-14s ", changes[i]);
		add_number(out, k->lines, "line", "lines");
		buf_add_str(out, STR(", "));
		add_number(out, k->site.n, "site", "sites");
		buf_add_str(
		    out, k->site.beyond ? STR(" at least, ") : STR(", "));
		add_set(out, &k->hosts, "host", "hosts");
		buf_add_str(out, STR(", "));
		add_set(out, &k->people, "client", "clients");
		buf_add_char(out, '\n');
	}
	if (s->monitored)
		buf_addf(out, "%-14s %llu\n", "recorded or no longer",
		    (unsigned long long)s->monitored);
	for (unsigned i = 0; i < SIM_CHANGES; i++) {
		struct sim_kind *k = &s->kind[i];

		if (k->lines == 0)
			continue;
		add_table(out, &k->group, "group", changes[i], top);
		add_table(out, &k->category, "category", changes[i], top);
		add_table(out, &k->site, "site", changes[i], top);
	}
}

/* ----------------------------------------------------------------- JSON */

static void
json_table(struct buf *b, const char *key, struct tally *t, unsigned top)
{
	tally_sort(t);
	json_key(b, key);
	json_open(b, '[');
	for (unsigned i = 0; i < t->n && i < top; i++) {
		json_open(b, '{');
		json_key_str(b, "name", t->rows[i].word);
		json_key_u64(b, "lines", t->rows[i].n);
		json_key_str(b, "example", t->rows[i].example);
		json_key_str(b, "rule", t->rows[i].why);
		json_close(b, '}');
	}
	json_close(b, ']');
}

static void
json_kind(struct buf *b, const char *key, struct sim_kind *k, unsigned top)
{
	json_key(b, key);
	json_open(b, '{');
	json_key_u64(b, "lines", k->lines);
	json_key_u64(b, "sites", k->site.n);
	json_key_u64(b, "hosts", k->hosts.n);
	json_key_u64(b, "clients", k->people.n);
	/* with so many different ones, the numbers above are the least */
	if (k->site.beyond || k->hosts.more || k->people.more)
		json_key_bool(b, "at_least", true);
	if (k->site.beyond)
		json_key_u64(b, "lines_of_other_sites", k->site.beyond);
	json_table(b, "by_group", &k->group, top);
	json_table(b, "by_category", &k->category, top);
	json_table(b, "by_site", &k->site, top);
	json_close(b, '}');
}

void
simulation_json(struct simulation *s, unsigned top, struct buf *out)
{
	json_open(out, '{');
	json_key_u64(out, "lines", s->lines);
	json_key_u64(out, "judged", s->judged);
	json_key(out, "unused");
	json_open(out, '{');
	for (unsigned i = 0; i < SIM_UNUSED; i++)
		if (unused[i].key && s->unused[i])
			json_key_u64(out, unused[i].key, s->unused[i]);
	json_close(out, '}');
	for (unsigned i = 0; i < SIM_CHANGES; i++)
		json_kind(out, change_keys[i], &s->kind[i], top);
	json_key_u64(out, "monitored", s->monitored);
	json_close(out, '}');
	buf_add_char(out, '\n');
}
