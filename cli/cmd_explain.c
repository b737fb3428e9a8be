/* cmd_explain.c - suzgi explain: would this be blocked, and why? */
#include <arpa/inet.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/sys/clock.h"
#include "cli/cli.h"
#include "config/config.h"
#include "filters/explain.h"
#include "filters/snapshot.h"
#include "filters/url.h"

#define LINE_BYTES 65536

/* What was asked for on the command line. */
struct asked {
	const char *client, *group, *method, *time, *connect, *sni;
	bool trace, json;
};

struct explain_job {
	const struct snapshot *snapshot;
	struct asked asked;
	uint8_t client[16];
	int64_t now;
	struct buf out;
	unsigned blocked, failed;
};

/* One address, with room for the names in it. */
struct subject_room {
	struct arena arena;
	struct request r;
	struct url_parts parts, connect;
	char host[NAME_ROOM], connect_host[NAME_ROOM], sni[NAME_ROOM];
};

static bool
client_from(const char *text, uint8_t out[16])
{
	struct request r = {0};
	uint8_t addr[16];

	if (inet_pton(AF_INET, text, addr) == 1)
		request_set_client(&r, addr, 4);
	else if (inet_pton(AF_INET6, text, addr) == 1)
		request_set_client(&r, addr, 16);
	else
		return false;
	memcpy(out, r.client, sizeof(r.client));
	return true;
}

/* Seconds since 1970, or "2026-11-22T08:30" in UTC. */
static bool
time_from(const char *text, int64_t *out)
{
	struct tm tm = {0};
	const char *end;
	uint64_t n;

	if (str_to_u64(str_of(text), &n) && n < INT64_MAX) {
		*out = (int64_t)n;
		return true;
	}
	end = strptime(text, "%Y-%m-%dT%H:%M", &tm);
	if (end && *end == ':')
		end = strptime(end, ":%S", &tm);
	if (!end || (*end && strcmp(end, "Z") != 0))
		return false;
	*out = timegm(&tm);
	return true;
}

/* Which group a client is in; NULL: the default one. */
static const struct config_group *
group_of(const struct config *c, const uint8_t client[16])
{
	for (unsigned i = 0; i < c->group.n; i++)
		for (unsigned j = 0; j < c->group.v[i].nets.n; j++)
			if (net_has(&c->group.v[i].nets.v[j], client))
				return &c->group.v[i];
	return NULL;
}

/* A client that is in group <name>: decide() knows groups by address. */
static bool
client_in_group(const struct config *c, const char *name, uint8_t client[16])
{
	const struct config_group *g = NULL;
	uint8_t last[16] = {0};

	for (unsigned i = 0; i < c->group.n && !g; i++)
		if (str_eq(c->group.v[i].name, str_of(name)))
			g = &c->group.v[i];
	if (!g)
		return strcmp(name, "default") == 0 && !group_of(c, client);
	for (unsigned j = 0; j < g->nets.n; j++) {
		memcpy(client, g->nets.v[j].addr, 16);
		if (group_of(c, client) == g)
			return true;
		/* the network's last address, where its first is another's */
		memcpy(last, client, 16);
		for (unsigned bit = g->nets.v[j].bits; bit < 128; bit++)
			last[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
		memcpy(client, last, 16);
		if (group_of(c, client) == g)
			return true;
	}
	return false;
}

/* "HOST:PORT" or a URL taken apart; false with <why>. */
static bool
split(struct arena *a, const char *text, char *room, struct url_parts *parts,
    const char **why)
{
	return url_split(a, str_of(text), room, parts, why) == 0;
}

/* --connect: the name that the tunnel is asked for by. */
static bool
fill_connect(struct explain_job *j, struct subject_room *s, const char **why)
{
	struct request *r = &s->r;

	if (!split(
	        &s->arena, j->asked.connect, s->connect_host, &s->connect, why))
		return false;
	r->tunnel = true;
	r->connect = s->connect.host;
	r->port = s->connect.port;
	return true;
}

/* What is asked inside a tunnel that nobody looks into: names alone. */
static bool
fill_tunnel(
    struct explain_job *j, struct subject_room *s, bool url, const char **why)
{
	struct request *r = &s->r;
	enum name_result n;

	r->tunnel = true;
	r->stage = r->deepest = STAGE_HOST;
	r->method = STR("CONNECT");
	r->connect = s->parts.host;
	r->port = s->parts.port;
	if (j->asked.connect && !fill_connect(j, s, why))
		return false;
	if (j->asked.connect && url)
		r->sni = s->parts.host;
	if (!j->asked.sni)
		return true;
	n = name_from_text(str_of(j->asked.sni), s->sni, &r->sni);
	*why = name_result_text(n);
	return n == NAME_OK;
}

/* <url> NULL: --connect alone. */
static bool
fill_request(struct explain_job *j, struct subject_room *s, const char *url,
    const char **why)
{
	struct request *r = &s->r;

	memcpy(r->client, j->client, sizeof(r->client));
	r->now = j->now;
	if (url && !split(&s->arena, url, s->host, &s->parts, why))
		return false;
	if (!url || s->parts.scheme == SCHEME_HTTPS)
		return fill_tunnel(j, s, url != NULL, why);
	r->stage = r->deepest = STAGE_URL;
	r->host = s->parts.host;
	r->port = s->parts.port;
	if (j->asked.connect && !fill_connect(j, s, why))
		return false;
	r->method = str_of(j->asked.method ? j->asked.method : "GET");
	*why = "malformed";
	return url_canon(&s->arena, &s->parts, &r->url) == 0;
}

static void
say_bad(struct explain_job *j, const char *url, const char *why)
{
	j->failed++;
	if (j->asked.json) {
		json_open(&j->out, '{');
		json_key_z(&j->out, "url", url);
		json_key_z(&j->out, "error", why);
		json_close(&j->out, '}');
		buf_add_char(&j->out, '\n');
		return;
	}
	buf_add_str(&j->out, STR("refused   "));
	text_add_escaped(&j->out, str_of(url));
	buf_addf(&j->out, "\nreason    %s\n", why);
}

static int
explain_one(struct explain_job *j, const char *url)
{
	struct subject_room s = {0};
	const char *why = "malformed";
	struct verdict v;

	arena_init(&s.arena, 0);
	if (fill_request(j, &s, url, &why)) {
		v = explain(j->snapshot, &s.r,
		    j->asked.json    ? EXPLAIN_JSON
		    : j->asked.trace ? EXPLAIN_TRACE
		                     : EXPLAIN_TEXT,
		    &j->out);
		if (v.kind == VERDICT_DENY)
			j->blocked++;
		if (j->out.n && j->out.p[j->out.n - 1] != '\n')
			buf_add_char(&j->out, '\n');
	} else {
		say_bad(j, url ? url : j->asked.connect, why);
	}
	arena_fini(&s.arena);
	return cli_out(&j->out);
}

/* "URL" or "METHOD<TAB>CLIENT<TAB>URL". */
static int
explain_line(struct explain_job *j, char *line)
{
	struct asked before = j->asked;
	uint8_t client[16];
	char *tab = strchr(line, '\t'), *url;
	int rc;

	memcpy(client, j->client, sizeof(client));
	if (!tab)
		return explain_one(j, line);
	*tab++ = '\0';
	url = strchr(tab, '\t');
	if (url)
		*url++ = '\0';
	if (!url || !client_from(tab, j->client)) {
		say_bad(j, url ? url : line,
		    "expected URL, or METHOD, client's address and URL with "
		    "tabs between");
		return cli_out(&j->out);
	}
	j->asked.method = line;
	rc = explain_one(j, url);
	j->asked = before;
	memcpy(j->client, client, sizeof(client));
	return rc;
}

static int
explain_stdin(struct explain_job *j)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	int rc = CLI_OK;

	while (rc == CLI_OK && (n = getline(&line, &room, stdin)) > 0) {
		while (n && (line[n - 1] == '\n' || line[n - 1] == '\r'))
			line[--n] = '\0';
		if (n)
			rc = explain_line(j, line);
	}
	free(line);
	return rc;
}

/* Who asks, and when; -1, or the exit status. */
static int
fill_job(struct explain_job *j, const struct config *c)
{
	const struct asked *a = &j->asked;

	client_from("127.0.0.1", j->client);
	j->now = clock_wall_ms() / 1000;
	if (a->time && !time_from(a->time, &j->now))
		return cli_usage("explain",
		    "--time takes 2026-11-22T08:30 (UTC), or seconds");
	if (a->client && !client_from(a->client, j->client))
		return cli_usage(
		    "explain", "\"%s\" is no IP address", a->client);
	if (a->group && !client_in_group(c, a->group, j->client))
		return cli_usage("explain",
		    "there is no group \"%s\", or no address is in it",
		    a->group);
	return -1;
}

static void
errors_only(void *arg, const struct config_report *r)
{
	if (r->error)
		config_report_stderr(arg, r);
}

static int
explain_all(struct explain_job *j, const struct cli_args *a)
{
	int rc = CLI_OK;

	if (a->argc == 0)
		rc = explain_one(j, NULL);
	for (int i = 0; i < a->argc && rc == CLI_OK; i++)
		rc = strcmp(a->argv[i], "-") == 0 ? explain_stdin(j)
		                                  : explain_one(j, a->argv[i]);
	if (rc != CLI_OK || j->failed)
		return CLI_FAILED;
	return j->blocked ? CLI_BLOCKED : CLI_OK;
}

static int
explain_with(struct explain_job *j, const struct cli_args *a)
{
	struct config_paths at = a->common->at;
	struct config *c;
	struct snapshot *s = NULL;
	int rc = CLI_CONFIG;

	at.no_write = true;
	at.or_in_place = true;
	c = config_load(&at, errors_only, NULL);
	if (c)
		s = config_snapshot(c, &at, 1, errors_only, NULL);
	if (s) {
		j->snapshot = s;
		rc = fill_job(j, c);
		if (rc < 0)
			rc = explain_all(j, a);
		if (snapshot_unref(s))
			snapshot_free(s);
	}
	config_free(c);
	buf_fini(&j->out);
	return rc;
}

int
cmd_explain(int argc, char **argv)
{
	struct cli_common common = {0};
	struct explain_job j = {0};
	struct asked *k = &j.asked;
	const struct cli_option options[] = {
	    {"client", 0, "who asks (127.0.0.1)", "IP", NULL, &k->client},
	    {"group", 'g', "somebody in this group asks", "GROUP", NULL,
	        &k->group},
	    {"method", 'm', "GET, POST, ...", "METHOD", NULL, &k->method},
	    {"time", 0, "when, 2026-11-22T08:30 (UTC)", "TIME", NULL, &k->time},
	    {"connect", 0, "through a tunnel to there", "HOST:PORT", NULL,
	        &k->connect},
	    {"sni", 0, "the name in the TLS greeting", "NAME", NULL, &k->sni},
	    {"trace", 't', "each rule that was read", NULL, &k->trace, NULL},
	    {.name = NULL},
	};
	struct cli_args a = {.usage = "explain [OPTION]... URL...",
	    .about =
	        "Would these addresses be blocked, and why? The answer is that "
	        "of the filter\nitself; https addresses are judged as it sees "
	        "them, by name alone.\n\"-\" reads lines from stdin: URL, or "
	        "METHOD, client's address and URL with\ntabs between. Exit "
	        "status 3 where any is blocked.",
	    .options = options,
	    .common = &common};
	int rc = cli_parse(&a, argc, argv);

	if (rc >= 0)
		return rc;
	if (a.argc == 0 && !k->connect)
		return cli_usage("explain", "which address?");
	k->json = common.json;
	return explain_with(&j, &a);
}
