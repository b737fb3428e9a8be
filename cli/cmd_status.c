/* cmd_status.c - suzgi status: how the running filter is doing. */
#include "base/buf.h"
#include "base/json.h"
#include "cli/ask.h"
#include "cli/cli.h"
#include "review/jsonflat.h"

#define LISTS_SHOWN 8

static unsigned long long
number(const struct jsonflat *f, const char *path)
{
	return jsonflat_u64(f, path);
}

/* "3d 4h", "12m 5s" */
static void
add_span(struct buf *b, unsigned long long s)
{
	if (s >= 86400)
		buf_addf(b, "%llud %lluh", s / 86400, s % 86400 / 3600);
	else if (s >= 3600)
		buf_addf(b, "%lluh %llum", s / 3600, s % 3600 / 60);
	else
		buf_addf(b, "%llum %llus", s / 60, s % 60);
}

static void
add_bytes(struct buf *b, unsigned long long n)
{
	static const char units[] = " KMGTP";
	unsigned i = 0;

	while (n >= 10240 && units[i + 1]) {
		n /= 1024;
		i++;
	}
	buf_addf(b, "%llu %.*sB", n, i ? 1 : 0, units + i);
}

static void
say_service(const struct jsonflat *f, struct buf *b)
{
	buf_addf(b, "suzgi      %.*s, process %llu, up ",
	    STR_ARG(jsonflat_get(f, "version")), number(f, "pid"));
	add_span(b, number(f, "uptime_s"));
	buf_addf(b, ", %.*s", STR_ARG(jsonflat_get(f, "phase")));
	if (number(f, "proxy_restarts"))
		buf_addf(b, ", RESTARTED %llu times after a crash",
		    number(f, "proxy_restarts"));
	if (number(f, "bugs"))
		buf_addf(
		    b, ", %llu BUGS met (see the journal)", number(f, "bugs"));
	buf_addf(b, "\npolicy     generation %llu, in force for ",
	    number(f, "snapshot.generation"));
	add_span(b, number(f, "snapshot.age_s"));
	buf_addf(b, "; %llu reloads, %llu refused\n",
	    number(f, "snapshot.reloads"), number(f, "snapshot.failures"));
	if (jsonflat_get(f, "snapshot.stale_since").n)
		buf_addf(b,
		    "           STALE since %.*s: what was to replace it has "
		    "errors (suzgi check)\n",
		    STR_ARG(jsonflat_get(f, "snapshot.stale_since")));
}

static struct str
list_part(const struct jsonflat *f, unsigned i, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "lists.%u.%s", i, name);
	return jsonflat_get(f, path);
}

static void
say_lists(const struct jsonflat *f, struct buf *b)
{
	unsigned long long entries = 0, rejected = 0;
	struct buf names = BUF_EMPTY;
	unsigned n = 0;

	for (struct str e; (e = list_part(f, n, "entries")).n; n++) {
		struct str category = list_part(f, n, "category");
		uint64_t v;

		entries += str_to_u64(e, &v) ? v : 0;
		rejected += str_to_u64(list_part(f, n, "rejected"), &v) ? v : 0;
		if (n >= LISTS_SHOWN)
			continue;
		buf_add_str(&names, names.n ? STR(", ") : STR(""));
		text_add_escaped(&names, list_part(f, n, "list"));
		if (category.n)
			buf_add_char(&names, '/');
		text_add_escaped(&names, category);
		buf_addf(&names, " %.*s", STR_ARG(e));
	}
	buf_addf(b, "lists      %llu entries, %llu lines rejected", entries,
	    rejected);
	if (n)
		buf_addf(b, ": %.*s%s", STR_ARG(buf_str(&names)),
		    n > LISTS_SHOWN ? ", ..." : "");
	buf_add_char(b, '\n');
	buf_fini(&names);
}

/* What stands above the rules. */
static void
say_above(const struct jsonflat *f, struct buf *b)
{
	unsigned long long n = number(f, "overrides.in_force");
	struct str lost = jsonflat_get(f, "protected.lost");

	if (lost.n) {
		buf_add_str(b, STR("protected  LOST: "));
		text_add_escaped(b, lost);
		buf_add_str(b, STR("; nothing is let through until it is back "
		                   "(suzgi protected status)\n"));
	}
	if (n)
		buf_addf(
		    b, "exceptions %llu in force (suzgi overrides list)\n", n);
	if (number(f, "overrides.damaged"))
		buf_addf(b,
		    "           %llu lines of the journal are DAMAGED\n",
		    number(f, "overrides.damaged"));
	if (str_eq(jsonflat_get(f, "overrides.lost"), STR("true")))
		buf_add_str(b, STR("           the journal CANNOT BE READ: "
		                   "none of it is in force\n"));
}

/* Those who know who people are. */
static void
say_helpers(const struct jsonflat *f, struct buf *b)
{
	if (!number(f, "auth.asked"))
		return;
	buf_addf(b, "users      helpers were asked %llu times, %llu unsettled",
	    number(f, "auth.asked"), number(f, "auth.unsettled"));
	if (number(f, "auth.restarts"))
		buf_addf(
		    b, "; RESTARTED %llu times", number(f, "auth.restarts"));
	buf_add_char(b, '\n');
}

/* What was given up on some address; there it counted as not checked. */
static void
say_limits(const struct jsonflat *f, struct buf *b)
{
	struct str pattern, file;
	char path[64];

#define AT(part)                                                               \
	(snprintf(path, sizeof(path), "snapshot.limits.%u." part, i), path)
	for (unsigned i = 0; (pattern = jsonflat_get(f, AT("pattern"))).n;
	     i++) {
		buf_addf(b, "GIVEN UP   %llu times: pattern ",
		    number(f, AT("times")));
		text_add_escaped(b, pattern);
		file = jsonflat_get(f, AT("file"));
		if (file.n) {
			buf_add_str(b, STR(", "));
			text_add_escaped(b, file);
			buf_addf(b, ":%llu", number(f, AT("line")));
		}
		buf_add_str(b, STR(" (suzgi patterns --slow)\n"));
	}
#undef AT
}

static struct str
update_part(const struct jsonflat *f, unsigned i, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "updates.%u.%s", i, name);
	return jsonflat_get(f, path);
}

/* One line for each list that is fetched; what is wrong in capitals. */
static void
say_updates(const struct jsonflat *f, struct buf *b)
{
	struct str list, next, error, alarm;
	uint64_t age;

	for (unsigned i = 0; (list = update_part(f, i, "list")).n; i++) {
		next = update_part(f, i, "next");
		error = update_part(f, i, "error");
		alarm = update_part(f, i, "alarm");
		if (!error.n)
			error = update_part(f, i, "held_why");
		buf_addf(b, "update     ");
		text_add_escaped(b, list);
		if (str_to_u64(update_part(f, i, "age_s"), &age)) {
			buf_add_str(b, STR(": fetched "));
			add_span(b, age);
			buf_add_str(b, STR(" ago"));
		} else {
			buf_add_str(b, STR(": no version of its own yet"));
		}
		buf_addf(
		    b, ", next %.*s", STR_ARG(next.n ? next : STR("never")));
		if (alarm.n)
			buf_addf(b, "\n           ALARM: %.*s", STR_ARG(alarm));
		if (error.n) {
			buf_add_str(b, STR("; "));
			text_add_escaped(b, error);
		}
		buf_add_char(b, '\n');
	}
}

static void
say_traffic(const struct jsonflat *f, struct buf *b)
{
	buf_addf(b,
	    "requests   %llu: %llu allowed, %llu blocked, %llu refused, %llu "
	    "failed\n",
	    number(f, "stats.requests"), number(f, "stats.allowed"),
	    number(f, "stats.blocked"), number(f, "stats.refused"),
	    number(f, "stats.errors"));
	buf_addf(b, "open       %llu connections, %llu tunnels, %llu workers\n",
	    number(f, "stats.conns"), number(f, "stats.tunnels"),
	    number(f, "workers"));
	buf_add_str(b, STR("bytes      "));
	add_bytes(b, number(f, "stats.bytes_in"));
	buf_add_str(b, STR(" in, "));
	add_bytes(b, number(f, "stats.bytes_out"));
	buf_addf(b,
	    " out\nsites      %llu connections, used again %llu times; "
	    "%llu look-ups, %llu from memory\n",
	    number(f, "stats.origin_new"), number(f, "stats.origin_reused"),
	    number(f, "stats.dns_queries"), number(f, "stats.dns_hits"));
	if (!str_eq(jsonflat_get(f, "redis"), STR("true")))
		return;
	buf_addf(b,
	    "redis      %llu of %llu workers linked; %llu hits, %llu "
	    "misses, %llu late, %llu errors, %llu forged\n",
	    number(f, "stats.redis_up"), number(f, "workers"),
	    number(f, "stats.redis_hits"), number(f, "stats.redis_misses"),
	    number(f, "stats.redis_timeouts"), number(f, "stats.redis_errors"),
	    number(f, "stats.redis_tamper"));
}

/* What the candidate of [try] shadow would have done otherwise. */
static void
say_shadow(const struct jsonflat *f, struct buf *b)
{
	if (!number(f, "stats.shadow_judged"))
		return;
	buf_addf(b,
	    "shadow     of %llu requests it alone would have %llu blocked, "
	    "%llu warned, %llu let through",
	    number(f, "stats.shadow_judged"), number(f, "stats.shadow_block"),
	    number(f, "stats.shadow_warn"), number(f, "stats.shadow_allow"));
	if (number(f, "stats.shadow_unrecorded"))
		buf_addf(b, "; %llu without a record",
		    number(f, "stats.shadow_unrecorded"));
	buf_add_char(b, '\n');
}

/* How much of it all is seen: the last whole hour, and what hides. */
static void
say_visibility(const struct jsonflat *f, struct buf *b)
{
	static const struct {
		const char *path, *text;
	} rows[] = {
	    {"stats.ech", "hide their site (ECH)"},
	    {"stats.no_sni", "name no site"},
	    {"stats.non_tls", "speak no TLS"},
	    {"stats.sni_mismatch", "name another site than was asked for"},
	    {"stats.ip_literal", "ask for an address"},
	    {"stats.doh", "look like DNS over HTTPS"},
	};
	struct str said = jsonflat_get(f, "visibility.said");
	const char *before = "hidden     ";

	if (said.n)
		buf_addf(b, "visibility %.*s\n", STR_ARG(said));
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!number(f, rows[i].path))
			continue;
		buf_addf(b, "%s%llu %s", before, number(f, rows[i].path),
		    rows[i].text);
		before = ", ";
	}
	if (before[0] == ',')
		buf_add_char(b, '\n');
}

static void
say_log(const struct jsonflat *f, struct buf *b)
{
	struct str last = jsonflat_get(f, "log.last_write");

	buf_addf(b, "log        %llu records written, %llu waiting, %llu lost",
	    number(f, "log.written"), number(f, "log.waiting"),
	    number(f, "log.dropped"));
	if (last.n)
		buf_addf(b, "; last %.*s", STR_ARG(last));
	if (number(f, "log.recorder_restarts"))
		buf_addf(b, "; recorder RESTARTED %llu times",
		    number(f, "log.recorder_restarts"));
	buf_add_char(b, '\n');
	if (str_eq(jsonflat_get(f, "log.hung"), STR("true")))
		buf_addf(b,
		    "           CANNOT BE WRITTEN: the recorder HANGS (is the "
		    "disk stuck?); records wait\n");
	else if (str_eq(jsonflat_get(f, "log.failing"), STR("true")))
		buf_addf(b,
		    "           CANNOT BE WRITTEN just now (is the disk full, "
		    "the folder gone?); records wait\n");
	if (number(f, "stats.accept_paused") ||
	    number(f, "stats.client_limited"))
		buf_addf(b,
		    "limits     accepting paused %llu times, %llu "
		    "connections refused\n",
		    number(f, "stats.accept_paused"),
		    number(f, "stats.client_limited"));
}

int
cmd_status(int argc, char **argv)
{
	struct cli_common common = {0};
	struct cli_args a = {.usage = "status [OPTION]...",
	    .about = "How the running filter is doing. Exit status 1 where "
	             "none runs.",
	    .common = &common};
	struct jsonflat flat = {0};
	struct buf raw = BUF_EMPTY;
	int rc = cli_parse(&a, argc, argv);

	if (rc >= 0)
		return rc;
	if (a.argc)
		return cli_usage("status", "it takes no arguments");
	rc = ask(&common, "status", &raw, &flat);
	if (rc < 0 && !common.json) {
		buf_reset(&raw);
		say_service(&flat, &raw);
		say_lists(&flat, &raw);
		say_above(&flat, &raw);
		say_limits(&flat, &raw);
		say_updates(&flat, &raw);
		say_traffic(&flat, &raw);
		say_helpers(&flat, &raw);
		say_visibility(&flat, &raw);
		say_shadow(&flat, &raw);
		say_log(&flat, &raw);
	}
	if (rc < 0)
		rc = cli_out(&raw);
	jsonflat_fini(&flat);
	buf_fini(&raw);
	return rc;
}
