/*
 * record.c - one decision to keep, and its line in block.jsonl.
 *
 * The only place where a client's address or a URL becomes text of a log.
 * Records come out of shared memory that another process writes: offsets and
 * numbers are checked here as if they were input.
 */
#include "review/record.h"

#include <arpa/inet.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/sys/clock.h"
#include "filters/reason.h"
#include "filters/request.h"
#include "filters/verdict.h"

const char *
record_action_name(enum record_action a)
{
	static const char *const names[RECORD_ACTIONS] = {
	    [RECORD_BLOCK] = "block",
	    [RECORD_WARN] = "warn",
	    [RECORD_MONITOR] = "monitor",
	    [RECORD_REFUSE] = "refuse",
	    [RECORD_ERROR] = "error",
	    [RECORD_LOST] = "lost",
	    [RECORD_BYPASS] = "bypass",
	    [RECORD_SHADOW] = "shadow",
	};

	return (unsigned)a < RECORD_ACTIONS ? names[a] : "unknown";
}

const char *
record_intent_name(enum record_intent i)
{
	switch (i) {
	case INTENT_NAVIGATION:
		return "navigation";
	case INTENT_SUBRESOURCE:
		return "subresource";
	case INTENT_SEARCH:
		return "search";
	case INTENT_UNKNOWN:
		break;
	}
	return "unknown";
}

void
record_begin(struct record *r, int64_t wall_ms, const uint8_t chance[10])
{
	/* text[] is only read as far as `used`: zeroing it costs too much */
	memset(r, 0, offsetof(struct record, text));
	r->wall_ms = wall_ms;
	record_id(r->id, wall_ms, chance);
}

struct record_text
record_put(struct record *r, struct str s, size_t max)
{
	struct record_text t = {r->used, 0};
	size_t left = RECORD_TEXT - r->used, n = s.n;

	if (max < left)
		left = max;
	if (n > left) {
		n = left;
		r->cut = true;
		for (unsigned i = 0; i < 3 && n && (s.p[n] & 0xc0) == 0x80; i++)
			n--;
	}
	if (n)
		memcpy(r->text + r->used, s.p, n);
	t.n = (uint16_t)n;
	r->used = (uint16_t)(r->used + n);
	return t;
}

struct record_text
record_put_whole(struct record *r, struct str s, size_t max)
{
	if (s.n <= max && s.n <= (size_t)RECORD_TEXT - r->used)
		return record_put(r, s, max);
	r->cut = true;
	return (struct record_text){r->used, 0};
}

struct str
record_get(const struct record *r, struct record_text t)
{
	if (t.at > RECORD_TEXT || t.n > RECORD_TEXT - t.at)
		return STR_NONE;
	return str_make(r->text + t.at, t.n);
}

/* A byte of shared memory need not be a bool. */
static bool
is_set(const bool *flag)
{
	unsigned char byte;

	memcpy(&byte, flag, 1);
	return byte != 0;
}

static void
put_text(struct buf *out, const char *key, struct str s)
{
	if (s.n)
		json_key_str(out, key, s);
}

static void
put_number(struct buf *out, const char *key, uint64_t v)
{
	if (v)
		json_key_u64(out, key, v);
}

/* Where the authority of <url> ends, which begins at <at>. */
static size_t
authority_end(struct str url, size_t at)
{
	for (; at < url.n; at++)
		switch (url.p[at]) {
		case '/':
		case '?':
		case '#':
		case '\\':
			return at;
		}
	return at;
}

/*
 * What of the URL may be kept: never the user and password that stand before
 * a host, no query and no fragment unless the admin wants them.
 */
static void
put_url(struct buf *out, const char *key, struct str url, bool query)
{
	size_t name = str_search(url, STR("://")), host, end;
	struct buf b = BUF_EMPTY;

	if (!url.n)
		return;
	host = name = name < url.n ? name + 3 : 0;
	end = authority_end(url, name);
	for (size_t i = name; i < end; i++)
		if (url.p[i] == '@')
			host = i + 1;
	for (; end < url.n; end++)
		if (!query && (url.p[end] == '?' || url.p[end] == '#'))
			break;
	if (host == name) { /* most have no user: nothing is taken out */
		json_key_str(out, key, str_sub(url, 0, end));
		return;
	}
	buf_add_str(&b, str_sub(url, 0, name));
	buf_add_str(&b, str_sub(url, host, end - host));
	json_key_str(out, key, buf_str(&b));
	if (b.failed)
		out->failed = true;
	buf_fini(&b);
}

/* Who it was: the address and the user, words for them, or nothing. */
static void
put_who(
    struct buf *out, const struct record *r, const struct record_style *style)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	struct str user = record_get(r, r->user);
	char text[INET6_ADDRSTRLEN] = "";

	if (is_set(&r->nameless))
		return;
	switch (style->privacy) {
	case RECORD_FULL:
		if (memcmp(r->client, mapped, sizeof(mapped)) == 0)
			inet_ntop(AF_INET, r->client + 12, text, sizeof(text));
		else
			inet_ntop(AF_INET6, r->client, text, sizeof(text));
		json_key_z(out, "client", text);
		put_text(out, "user", user);
		return;
	case RECORD_PSEUDONYM:
		if (style->pseudonym)
			json_key_z(out, "client", style->pseudonym);
		if (style->user && user.n)
			json_key_z(out, "user", style->user);
		return;
	case RECORD_AGGREGATE:
		return;
	}
}

/* Words that touch a theme are what a reviewer is there for; other words are
 * nobody's business unless the admin wants whole addresses. */
static void
put_search(
    struct buf *out, const struct record *r, const struct record_style *style)
{
	bool theme = r->severity != SEVERITY_NONE || r->theme.n;

	if (style->privacy != RECORD_AGGREGATE && !is_set(&r->nameless) &&
	    (theme || style->log_query))
		put_text(out, "search", record_get(r, r->search));
	put_text(out, "theme", record_get(r, r->theme));
	if (r->severity > SEVERITY_NONE && r->severity <= SEVERITY_DANGER)
		json_key_z(
		    out, "severity", severity_name((enum severity)r->severity));
}

/* RFC 4648 4, with its padding. */
static void
put_trace(struct buf *out, struct str bytes)
{
	char text[BASE64_CHARS(RECORD_TRACE_MAX)];

	if (!bytes.n || bytes.n > RECORD_TRACE_MAX)
		return;
	json_key_str(out, "trace",
	    str_make(text, base64_write(bytes.p, bytes.n, BASE64_PLAIN, text)));
}

static void
put_rule(struct buf *out, const struct record *r)
{
	if (!r->rule_file.n && !r->rule.n && !r->category.n && !r->list.n &&
	    !r->entry.n)
		return;
	json_key(out, "rule");
	json_open(out, '{');
	put_text(out, "file", record_get(r, r->rule_file));
	put_number(out, "line", r->rule_line);
	put_text(out, "text", record_get(r, r->rule));
	put_text(out, "list", record_get(r, r->list));
	put_text(out, "category", record_get(r, r->category));
	put_text(out, "entry", record_get(r, r->entry));
	put_text(out, "source", record_get(r, r->source_file));
	put_number(out, "source_line", r->source_line);
	json_close(out, '}');
}

static void
put_decision(struct buf *out, const struct record *r)
{
	json_key_z(
	    out, "action", record_action_name((enum record_action)r->action));
	if (r->reason < REASON_N && r->reason != REASON_NONE)
		json_key_z(out, "reason", reason_slug((enum reason)r->reason));
	if (is_set(&r->judged) && r->tier <= TIER_DEFAULT)
		json_key_z(out, "tier", tier_name((enum tier)r->tier));
	if (r->live > 0 && r->live <= ACTIONS)
		json_key_z(
		    out, "live", action_name((enum action)(r->live - 1)));
	if (r->stage < STAGES)
		json_key_z(out, "stage", stage_name((enum stage)r->stage));
	if (r->visibility <= VISIBILITY_CONTENT)
		json_key_z(out, "visibility",
		    visibility_name((enum visibility)r->visibility));
	json_key_z(
	    out, "intent", record_intent_name((enum record_intent)r->intent));
}

static void
put_request(
    struct buf *out, const struct record *r, const struct record_style *style)
{
	put_who(out, r, style);
	put_text(out, "group", record_get(r, r->group));
	put_text(out, "policy", record_get(r, r->policy));
	put_text(out, "listener", record_get(r, r->listener));
	put_text(out, "method", record_get(r, r->method));
	put_text(out, "scheme", record_get(r, r->scheme));
	put_text(out, "host", record_get(r, r->host));
	put_text(out, "site", record_get(r, r->site));
	put_number(out, "port", r->port);
	if (style->privacy != RECORD_AGGREGATE) {
		put_url(out, "url", record_get(r, r->url), style->log_query);
		put_url(
		    out, "nested", record_get(r, r->nested), style->log_query);
	}
	put_search(out, r, style);
	if (is_set(&r->cut)) {
		char hash[17];

		snprintf(hash, sizeof(hash), "%016llx",
		    (unsigned long long)r->url_hash);
		json_key_bool(out, "cut", true);
		if (style->privacy != RECORD_AGGREGATE && r->url_hash)
			json_key_z(out, "url_hash", hash);
	}
	put_text(out, "connect", record_get(r, r->connect));
	put_text(out, "sni", record_get(r, r->sni));
	if (is_set(&r->tunnel))
		json_key_bool(out, "tunnel", true);
	json_key_u64(out, "status", r->status);
	json_key_u64(out, "ms", r->ms);
}

void
record_json(
    const struct record *r, const struct record_style *style, struct buf *out)
{
	char when[CLOCK_TEXT];

	clock_text(r->wall_ms, when);
	json_open(out, '{');
	json_key_z(out, "ts", when);
	json_key_str(out, "id", str_make(r->id, strnlen(r->id, RECORD_ID - 1)));
	if (r->action == RECORD_LOST) {
		json_key_z(out, "action", record_action_name(RECORD_LOST));
		json_key_u64(out, "count", r->count);
	} else {
		put_decision(out, r);
		put_request(out, r, style);
		put_rule(out, r);
		put_text(out, "override", record_get(r, r->override));
		if (style->privacy != RECORD_AGGREGATE)
			put_trace(out, record_get(r, r->trace));
		put_number(out, "generation", r->generation);
	}
	json_close(out, '}');
	buf_add_char(out, '\n');
}
