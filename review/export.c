/*
 * export.c - events of the block log in other people's formats.
 */
#include "review/export.h"

#include "base/buf.h"
#include "base/json.h"
#include "review/blocklog.h"

bool
export_format_from(struct str name, enum export_format *out)
{
	static const struct {
		const char *name;
		enum export_format format;
	} formats[] = {
	    {"text", EXPORT_TEXT},
	    {"jsonl", EXPORT_JSONL},
	    {"csv", EXPORT_CSV},
	    {"squid", EXPORT_SQUID},
	};

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (str_eq(name, str_of(formats[i].name))) {
			*out = formats[i].format;
			return true;
		}
	return false;
}

/* --------------------------------------------------------------------- csv */

static const struct {
	const char *name;
	size_t text;   /* offset of a struct str */
	size_t number; /* offset of a uint64_t; 0: it is a text */
} columns[] = {
#define TEXT(name, field)                                                      \
	{                                                                      \
		name, offsetof(struct blocklog_event, field), 0                \
	}
#define NUMBER(name, field)                                                    \
	{                                                                      \
		name, 0, offsetof(struct blocklog_event, field)                \
	}
    /* clang-format off */
    TEXT("ts", ts), TEXT("id", id), TEXT("action", action),
    TEXT("reason", reason), TEXT("client", client), TEXT("group", group),
    TEXT("policy", policy), TEXT("listener", listener),
    TEXT("method", method), TEXT("scheme", scheme), TEXT("host", host),
    TEXT("site", site), NUMBER("port", port), TEXT("url", url),
    TEXT("category", category), TEXT("list", list), TEXT("entry", entry),
    TEXT("source", source), NUMBER("source_line", source_line),
    TEXT("rule_file", rule_file), NUMBER("rule_line", rule_line),
    TEXT("rule", rule_text), NUMBER("status", status), NUMBER("ms", ms),
    TEXT("stage", stage), TEXT("visibility", visibility),
    TEXT("intent", intent), TEXT("connect", connect), TEXT("sni", sni),
    NUMBER("count", count), TEXT("user", user), TEXT("tier", tier),
    TEXT("search", search), TEXT("theme", theme), TEXT("severity", severity),
    TEXT("override", override), TEXT("nested", nested), TEXT("live", live),
/* clang-format on */
#undef TEXT
#undef NUMBER
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

/*
 * Quoted where need be; controls escaped; and what a spreadsheet would take
 * for a formula made a text by the apostrophe that it knows for that.
 */
static void
csv_cell(struct buf *out, struct str s)
{
	struct buf safe = BUF_EMPTY;
	bool quote = false;

	if (s.n && s.p[0] && strchr("=+-@", s.p[0]))
		buf_add_char(&safe, '\'');
	text_add_escaped(&safe, s);
	for (size_t i = 0; i < safe.n; i++)
		quote = quote || safe.p[i] == ',' || safe.p[i] == '"' ||
		        safe.p[i] == ';' || safe.p[i] == ' ';
	if (quote)
		buf_add_char(out, '"');
	for (size_t i = 0; i < safe.n; i++) {
		if (safe.p[i] == '"')
			buf_add_char(out, '"');
		buf_add_char(out, safe.p[i]);
	}
	if (quote)
		buf_add_char(out, '"');
	if (safe.failed)
		out->failed = true;
	buf_fini(&safe);
}

static void
csv_event(const struct blocklog_event *e, struct buf *out)
{
	const char *base = (const char *)e;

	for (size_t i = 0; i < COLUMNS; i++) {
		if (i)
			buf_add_char(out, ',');
		if (columns[i].number) {
			uint64_t v;

			memcpy(&v, base + columns[i].number, sizeof(v));
			buf_add_u64(out, v);
		} else {
			struct str s;

			memcpy(&s, base + columns[i].text, sizeof(s));
			csv_cell(out, s);
		}
	}
	buf_add_str(out, STR("\r\n"));
}

/* ------------------------------------------------------------------- squid */

/* A word of its own: no blank, no control, ASCII only. */
static void
squid_word(struct buf *out, struct str s)
{
	if (!s.n)
		buf_add_char(out, '-');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c <= 0x20 || c >= 0x7f)
			buf_addf(out, "%%%02X", c);
		else
			buf_add_char(out, (char)c);
	}
}

static void
squid_url(const struct blocklog_event *e, struct buf *out)
{
	if (e->url.n) {
		squid_word(out, e->url);
	} else if (e->tunnel) {
		squid_word(out, e->host);
		buf_addf(out, ":%llu", (unsigned long long)e->port);
	} else if (e->host.n) {
		squid_word(out, e->scheme.n ? e->scheme : STR("http"));
		buf_add_str(out, STR("://"));
		squid_word(out, e->host);
		buf_add_char(out, '/');
	} else {
		buf_add_str(out, STR("error:invalid-request"));
	}
}

static const char *
squid_result(const struct blocklog_event *e)
{
	if (str_eq(e->action, STR("block")) || str_eq(e->action, STR("warn")))
		return "TCP_DENIED";
	if (str_eq(e->action, STR("refuse")))
		return e->status == 403 || e->status == 407 ? "TCP_DENIED"
		                                            : "NONE";
	return e->tunnel ? "TCP_TUNNEL" : "TCP_MISS";
}

/* time.ms elapsed client result/status bytes method url user peer type */
static void
squid_event(const struct blocklog_event *e, struct buf *out)
{
	const char *result = squid_result(e);
	bool direct = result[4] == 'T' || result[4] == 'M';
	int64_t t = e->wall_ms < 0 ? 0 : e->wall_ms;

	if (str_eq(e->action, STR("lost")))
		return; /* there is no such line */
	buf_addf(out, "%9lld.%03d %6llu ", (long long)(t / 1000),
	    (int)(t % 1000), (unsigned long long)e->ms);
	squid_word(out, e->client);
	buf_addf(out, " %s/%03llu 0 ", result, (unsigned long long)e->status);
	squid_word(out, e->method.n ? e->method : STR("NONE"));
	buf_add_char(out, ' ');
	squid_url(e, out);
	buf_add_char(out, ' ');
	squid_word(out, e->user);
	buf_add_str(out, direct ? STR(" HIER_DIRECT/") : STR(" HIER_NONE/"));
	squid_word(out, direct ? e->host : STR_NONE);
	buf_add_str(out, direct ? STR(" -\n") : STR(" text/html\n"));
}

/* -------------------------------------------------------------------- text */

static void
padded(struct buf *out, struct str s, size_t width)
{
	size_t at = out->n;

	text_add_escaped(out, s.n ? s : STR("-"));
	do
		buf_add_char(out, ' ');
	while (!out->failed && out->n < at + width);
}

/* Where it was found: the list's line, else the configuration's. */
static void
text_where(const struct blocklog_event *e, struct buf *out)
{
	if (e->source.n) {
		text_add_escaped(out, e->source);
		if (e->source_line)
			buf_addf(
			    out, ":%llu", (unsigned long long)e->source_line);
	} else if (e->rule_file.n && e->rule_line) {
		text_add_escaped(out, e->rule_file);
		buf_addf(out, ":%llu", (unsigned long long)e->rule_line);
	} else {
		text_add_escaped(out, e->reason);
	}
}

static void
text_event(const struct blocklog_event *e, struct buf *out)
{
	struct str day = str_sub(e->ts, 0, 10), hour = str_sub(e->ts, 11, 8);

	text_add_escaped(out, day);
	buf_add_char(out, ' ');
	padded(out, hour, 10);
	padded(out, e->action, 9);
	if (str_eq(e->action, STR("lost"))) {
		buf_addf(out, "%llu records could not be kept\n",
		    (unsigned long long)e->count);
		return;
	}
	padded(out, e->category.n ? e->category : e->reason, 14);
	padded(out, e->user.n ? e->user : e->client, 20);
	if (e->url.n)
		padded(out, e->url, 2);
	else
		padded(out, e->host, 2);
	text_where(e, out);
	buf_add_char(out, '\n');
}

void
export_head(enum export_format f, struct buf *out)
{
	if (f != EXPORT_CSV)
		return;
	for (size_t i = 0; i < COLUMNS; i++)
		buf_addf(out, "%s%s", i ? "," : "", columns[i].name);
	buf_add_str(out, STR("\r\n"));
}

void
export_event(
    enum export_format f, const struct blocklog_event *e, struct buf *out)
{
	switch (f) {
	case EXPORT_TEXT:
		text_event(e, out);
		break;
	case EXPORT_JSONL:
		buf_add_str(out, e->line);
		buf_add_char(out, '\n');
		break;
	case EXPORT_CSV:
		csv_event(e, out);
		break;
	case EXPORT_SQUID:
		squid_event(e, out);
		break;
	}
}
