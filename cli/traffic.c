/* traffic.c - requests of the past, a line each. */
#include "cli/traffic.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "base/table.h"
#include "filters/scenario.h"
#include "filters/zone.h"
#include "review/blocklog.h"

#define DAY_S 86400

/* What a log writes where it has nothing to say. */
static struct str
said(struct str s)
{
	return str_eq(s, STR("-")) ? STR_NONE : s;
}

static bool
is_address(struct str s)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t addr[16];

	return str_copy(s, text, sizeof(text)) &&
	       (inet_pton(AF_INET, text, addr) == 1 ||
	           inet_pton(AF_INET6, text, addr) == 1);
}

static void
set_client(struct traffic *t, struct str who)
{
	t->who = said(who);
	t->client = is_address(t->who) ? t->who : STR_NONE;
}

/* ------------------------------------------------------------ block.jsonl */

static bool
is_judged(struct str action)
{
	/* what was refused or lost has no address that could be judged; what a
	 * shadow says is said of another record */
	static const struct str actions[] = {STR_INIT("block"),
	    STR_INIT("warn"), STR_INIT("monitor"), STR_INIT("error")};

	for (unsigned i = 0; i < ARRAY_LEN(actions); i++)
		if (str_eq(actions[i], action))
			return true;
	return false;
}

/* The target of a tunnel, HOST:PORT. */
static void
set_connect(struct traffic *t)
{
	struct str host = jsonflat_get(&t->flat, "connect");
	uint64_t port = jsonflat_u64(&t->flat, "port");
	bool v6 = str_find(host, ':', 0) < host.n;
	int n;

	if (host.n == 0 || host.n > 256)
		return;
	n = snprintf(t->room, sizeof(t->room), v6 ? "[%.*s]:%u" : "%.*s:%u",
	    STR_ARG(host), (unsigned)(port & 0xffff));
	t->connect = str_make(t->room, (size_t)n);
}

static enum traffic_result
read_record(struct traffic *t, struct str line)
{
	const struct jsonflat *f = &t->flat;
	int64_t ms;

	if (!jsonflat_read(&t->flat, line))
		return TRAFFIC_BAD;
	if (!is_judged(jsonflat_get(f, "action")))
		return jsonflat_get(f, "action").n ? TRAFFIC_OTHER
		                                   : TRAFFIC_BAD;
	if (blocklog_time(jsonflat_get(f, "ts"), &ms))
		t->at = ms / 1000;
	set_client(t, jsonflat_get(f, "client"));
	/* a pseudonym is nobody's name */
	t->user = t->client.n ? jsonflat_get(f, "user") : STR_NONE;
	t->group = jsonflat_get(f, "group");
	t->method = jsonflat_get(f, "method");
	t->url = jsonflat_get(f, "url");
	if (str_eq(jsonflat_get(f, "tunnel"), STR("true"))) {
		set_connect(t);
		t->sni = t->url.n ? STR_NONE : jsonflat_get(f, "sni");
	}
	return t->url.n || t->connect.n ? TRAFFIC_OK : TRAFFIC_NO_URL;
}

/* --------------------------------------------------------- Squid's own log */

#define SQUID_FIELDS 10

/* time elapsed client result/status bytes method url user from type */
static enum traffic_result
read_squid(struct traffic *t, const struct str f[SQUID_FIELDS])
{
	struct str seconds, rest, result, status;
	uint64_t at;

	str_cut(f[0], '.', &seconds, &rest);
	if (!str_to_u64(seconds, &at) || at > INT64_MAX / 2 ||
	    !str_cut(f[3], '/', &result, &status))
		return TRAFFIC_BAD;
	if (str_starts(f[6], STR("error:")))
		return TRAFFIC_OTHER;
	t->at = (int64_t)at;
	set_client(t, f[2]);
	t->method = f[5];
	t->url = f[6];
	t->user = said(f[7]);
	/* of what another filter refused we have its page alone */
	if (str_eq(t->method, STR("CONNECT")) ||
	    str_search(result, STR("DENIED")) < result.n)
		return TRAFFIC_OK;
	t->type = said(f[9]);
	t->size = said(f[4]);
	return TRAFFIC_OK;
}

/* ------------------------------------------------ common and combined logs */

/* "10/Oct/2000:13:55:36 -0700" */
static int64_t
common_time(struct str s)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	uint64_t n[5], zone;
	static const uint8_t at[5] = {0, 7, 12, 15, 18};
	size_t month = str_search(str_of(months), str_sub(s, 3, 3));
	int64_t days, utc;

	if (s.n < 20 || month % 3 || month >= sizeof(months) - 1)
		return 0;
	for (unsigned i = 0; i < 5; i++)
		if (!str_to_u64(str_sub(s, at[i], i == 1 ? 4 : 2), &n[i]))
			return 0;
	if (!date_to_days(
	        (int32_t)n[1], (unsigned)month / 3 + 1, (unsigned)n[0], &days))
		return 0;
	utc = days * DAY_S + (int64_t)(n[2] * 3600 + n[3] * 60 + n[4]);
	if (s.n >= 26 && str_to_u64(str_sub(s, 22, 4), &zone)) {
		int64_t off = (int64_t)(zone / 100 * 3600 + zone % 100 * 60);

		utc += s.p[21] == '-' ? off : -off;
	}
	return utc;
}

/* The next text in quotes of *<rest>; '\"' within does not end it. */
static bool
next_quoted(struct str *rest, struct str *out)
{
	size_t from = str_find(*rest, '"', 0) + 1, end = from;

	while (
	    end < rest->n && (rest->p[end] != '"' || rest->p[end - 1] == '\\'))
		end++;
	if (end >= rest->n)
		return false;
	*out = str_sub(*rest, from, end - from);
	*rest = str_sub(*rest, end + 1, rest->n);
	return true;
}

/* host ident user [time] "METHOD URL HTTP/1.1" status bytes "ref" "ua" */
static enum traffic_result
read_common(struct traffic *t, struct str line)
{
	struct str word, rest = line, head;
	size_t open = str_find(line, '[', 0), close;

	close = str_find(line, ']', open);
	if (close == line.n || !str_next(&rest, ' ', &word))
		return TRAFFIC_BAD;
	set_client(t, word);
	str_next(&rest, ' ', &word);
	if (str_next(&rest, ' ', &word))
		t->user = said(word);
	t->at = common_time(str_sub(line, open + 1, close - open - 1));
	rest = str_sub(line, close + 1, line.n);
	if (!t->at || !next_quoted(&rest, &head))
		return TRAFFIC_BAD;
	if (!str_cut(head, ' ', &t->method, &head))
		return TRAFFIC_OTHER; /* "-": nothing was asked */
	str_cut(head, ' ', &t->url, &head);
	if (next_quoted(&rest, &t->referer))
		t->referer = said(t->referer);
	if (next_quoted(&rest, &t->ua))
		t->ua = said(t->ua);
	/* a path alone is a server's log: nobody says of which host */
	return str_starts(t->url, STR("/")) ? TRAFFIC_NO_URL : TRAFFIC_OK;
}

/* -------------------------------------------------------------------- all */

/* The words of <line>, as many as fit; how many there are. */
static unsigned
split(struct str line, struct str *out, unsigned max)
{
	struct str word;
	unsigned n = 0;

	while (str_next(&line, ' ', &word)) {
		if (word.n == 0)
			continue;
		if (n < max)
			out[n] = word;
		n++;
	}
	return n;
}

static void
forget(struct traffic *t)
{
	struct jsonflat flat = t->flat;

	*t = (struct traffic){.flat = flat};
}

enum traffic_result
traffic_read(struct traffic *t, struct str line)
{
	struct str f[SQUID_FIELDS];
	unsigned n;

	forget(t);
	line = str_trim(line);
	if (line.n == 0 || line.p[0] == '#')
		return TRAFFIC_EMPTY;
	if (line.p[0] == '{')
		return read_record(t, line);
	n = split(line, f, SQUID_FIELDS);
	if (n == 1) {
		t->url = f[0];
		return TRAFFIC_OK;
	}
	if (n >= SQUID_FIELDS && str_find(f[3], '/', 0) < f[3].n &&
	    f[3].p[0] != '[' && f[0].p[0] >= '0' && f[0].p[0] <= '9' &&
	    read_squid(t, f) != TRAFFIC_BAD)
		return read_squid(t, f);
	forget(t);
	return read_common(t, line);
}

static void
add_word(struct scenario_word *v, unsigned *n, const char *key, struct str text)
{
	if (text.n)
		v[(*n)++] =
		    (struct scenario_word){.key = str_of(key), .value = text};
}

unsigned
traffic_words(const struct traffic *t, struct scenario_word out[TRAFFIC_WORDS])
{
	unsigned n = 0;

	add_word(out, &n, "client", t->client);
	add_word(out, &n, "user", t->user);
	add_word(out, &n, "connect", t->connect);
	add_word(out, &n, "sni", t->sni);
	add_word(out, &n, "method", t->method);
	add_word(out, &n, "type", t->type);
	add_word(out, &n, "size", t->size);
	add_word(out, &n, "ua", t->ua);
	add_word(out, &n, "referer", t->referer);
	return n;
}

void
traffic_fini(struct traffic *t)
{
	jsonflat_fini(&t->flat);
	forget(t);
}
