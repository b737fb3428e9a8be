/* journal_line.c - one line of the journal of overrides, both ways. */
#include "config/journal.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/sha256.h"
#include "base/table.h"
#include "base/utf8.h"
#include "filters/url.h"

#define ID_CHARS  (OVERRIDE_ID - 1)
#define SUM_CHARS 8

static const char *const scopes[] = {
    [OVERRIDE_URL] = "url",
    [OVERRIDE_HOST] = "host",
    [OVERRIDE_SITE] = "site",
};

/* ---------------------------------------------------------------- writing */

void
journal_client_text(const uint8_t client[16], char out[JOURNAL_CLIENT_ROOM])
{
	static const uint8_t mapped[12] = {
	    [10] = 0xff, [11] = 0xff}; /* ::ffff:0:0/96 */

	out[0] = '\0';
	if (memcmp(client, mapped, sizeof(mapped)) == 0)
		inet_ntop(AF_INET, client + 12, out, JOURNAL_CLIENT_ROOM);
	else
		inet_ntop(AF_INET6, client, out, JOURNAL_CLIENT_ROOM);
}

static void
write_for(struct buf *out, const struct override *o)
{
	char client[JOURNAL_CLIENT_ROOM];
	const char *kind = "all";
	struct str who = STR_NONE;

	switch (o->who) {
	case OVERRIDE_ALL:
		break;
	case OVERRIDE_GROUP:
		kind = "group";
		who = o->group;
		break;
	case OVERRIDE_ONE:
		kind = o->user.n ? "user" : "client";
		who = o->user;
		if (who.n)
			break;
		journal_client_text(o->client, client);
		who = str_of(client);
		break;
	}
	json_key_z(out, "for", kind);
	json_key_str(out, "who", who);
}

static void
write_sum(struct str of, char out[SUM_CHARS + 1])
{
	uint8_t sum[SHA256_BYTES];

	sha256(of.p, of.n, sum);
	snprintf(out, SUM_CHARS + 1, "%02x%02x%02x%02x", sum[0], sum[1], sum[2],
	    sum[3]);
}

void
journal_line_write(struct buf *out, const struct journal_line *l)
{
	const struct override *o = &l->o;
	size_t begin = out->n;
	char sum[SUM_CHARS + 1];

	buf_add_str(out, STR("{\"v\":1"));
	json_key_z(out, "act", l->act == JOURNAL_ADD ? "add" : "end");
	json_key_z(out, "id", o->id);
	if (l->act == JOURNAL_ADD) {
		json_key_z(out, "action", action_name(o->action));
		json_key_z(out, "scope", scopes[o->scope]);
		json_key_str(out, "subject", o->subject);
		write_for(out, o);
		json_key_u64(out, "from", (uint64_t)o->from);
		json_key_u64(out, "until", (uint64_t)o->until);
	}
	json_key_u64(out, "at", (uint64_t)l->at);
	if (l->act == JOURNAL_ADD)
		json_key_str(out, "reason", o->reason);
	json_key_str(out, "author", o->author);
	if (out->failed)
		return;
	write_sum(str_sub(buf_str(out), begin, out->n), sum);
	json_key_z(out, "sum", sum);
	buf_add_str(out, STR("}\n"));
}

/* ---------------------------------------------------------------- reading */

/* What is left of a line; what is missing sticks. */
struct reading {
	struct arena *arena;
	struct str rest;
	bool bad;
};

static void
expect(struct reading *r, struct str what)
{
	if (!str_starts(r->rest, what))
		r->bad = true;
	else
		r->rest = str_sub(r->rest, what.n, r->rest.n);
}

static void
expect_key(struct reading *r, const char *key)
{
	expect(r, STR(",\""));
	expect(r, str_of(key));
	expect(r, STR("\":"));
}

static unsigned
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 16;
}

/* XXXX of \uXXXX, taken off; 0x10000: not four digits. */
static uint32_t
take_hex(struct str *s)
{
	uint32_t v = 0;

	if (s->n < 4)
		return 0x10000;
	for (unsigned i = 0; i < 4; i++) {
		unsigned d = hex_digit(s->p[i]);

		if (d > 15)
			return 0x10000;
		v = v << 4 | d;
	}
	*s = str_sub(*s, 4, s->n);
	return v;
}

static char *
put_utf8(char *to, uint32_t cp)
{
	if (cp < 0x80) {
		*to++ = (char)cp;
		return to;
	}
	if (cp < 0x800) {
		*to++ = (char)(0xc0 | cp >> 6);
	} else {
		if (cp < 0x10000) {
			*to++ = (char)(0xe0 | cp >> 12);
		} else {
			*to++ = (char)(0xf0 | cp >> 18);
			*to++ = (char)(0x80 | (cp >> 12 & 0x3f));
		}
		*to++ = (char)(0x80 | (cp >> 6 & 0x3f));
	}
	*to++ = (char)(0x80 | (cp & 0x3f));
	return to;
}

/* What stands behind a backslash, as one character. NULL: nothing that
 * base/json.h writes. */
static char *
take_escape(struct str *s, char *to)
{
	uint32_t cp, low;

	if (s->n && (s->p[0] == '"' || s->p[0] == '\\')) {
		*to++ = s->p[0];
		*s = str_sub(*s, 1, s->n);
		return to;
	}
	if (!str_starts(*s, STR("u")))
		return NULL;
	*s = str_sub(*s, 1, s->n);
	cp = take_hex(s);
	if (cp >= 0xdc80 && cp <= 0xdcff) { /* a byte that is no UTF-8 */
		*to++ = (char)(cp & 0xff);
		return to;
	}
	if (cp >= 0xd800 && cp < 0xdc00 && str_starts(*s, STR("\\u"))) {
		*s = str_sub(*s, 2, s->n);
		low = take_hex(s);
		if (low < 0xdc00 || low > 0xdfff)
			return NULL;
		cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
	}
	if ((cp >= 0xd800 && cp <= 0xdfff) || cp == 0x10000)
		return NULL;
	return put_utf8(to, cp);
}

static struct str
take_text(struct reading *r, const char *key)
{
	char *begin, *to;
	struct str s;

	expect_key(r, key);
	expect(r, STR("\""));
	if (r->bad)
		return STR_NONE;
	s = r->rest;
	begin = to = arena_alloc(r->arena, s.n + 1); /* escapes are longer */
	while (begin && s.n && s.p[0] != '"') {
		char c = s.p[0];

		s = str_sub(s, 1, s.n);
		if (c != '\\') {
			*to++ = c;
			continue;
		}
		to = take_escape(&s, to);
		if (!to)
			break;
	}
	r->rest = s;
	expect(r, STR("\""));
	if (!begin || !to)
		r->bad = true;
	if (r->bad)
		return STR_NONE;
	*to = '\0';
	return str_make(begin, (size_t)(to - begin));
}

static int64_t
take_number(struct reading *r, const char *key)
{
	uint64_t v = 0;
	size_t n = 0;

	expect_key(r, key);
	while (n < r->rest.n && r->rest.p[n] >= '0' && r->rest.p[n] <= '9')
		n++;
	if (!str_to_u64(str_sub(r->rest, 0, n), &v) || v > INT64_MAX)
		r->bad = true;
	r->rest = str_sub(r->rest, n, r->rest.n);
	return (int64_t)v;
}

static bool
take_id(struct reading *r, char out[OVERRIDE_ID])
{
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	struct str s = take_text(r, "id");

	if (s.n != ID_CHARS)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!s.p[i] || !strchr(digits, s.p[i]))
			return false;
	return str_copy(s, out, OVERRIDE_ID);
}

/* Which of <words> stands at <key>; -1: none. */
static int
take_word(struct reading *r, const char *key, const char *const *words, int n)
{
	struct str s = take_text(r, key);

	for (int i = 0; i < n; i++)
		if (str_eq(s, str_of(words[i])))
			return i;
	return -1;
}

static bool
client_from(struct str s, uint8_t out[16])
{
	char text[JOURNAL_CLIENT_ROOM];
	uint8_t v4[4];

	if (!str_copy(s, text, sizeof(text)))
		return false;
	if (inet_pton(AF_INET6, text, out) == 1)
		return true;
	if (inet_pton(AF_INET, text, v4) != 1)
		return false;
	memset(out, 0, 10);
	out[10] = out[11] = 0xff;
	memcpy(out + 12, v4, 4);
	return true;
}

static bool
take_for(struct reading *r, struct override *o)
{
	static const char *const kinds[] = {"client", "user", "group", "all"};
	int kind = take_word(r, "for", kinds, ARRAY_LEN(kinds));
	struct str who = take_text(r, "who");

	o->who = OVERRIDE_ONE;
	switch (kind) {
	case 0:
		return client_from(who, o->client);
	case 1:
		o->user = who;
		return who.n > 0;
	case 2:
		o->who = OVERRIDE_GROUP;
		o->group = who;
		return who.n > 0;
	case 3:
		o->who = OVERRIDE_ALL;
		return who.n == 0;
	}
	return false;
}

/* All but the sum, in the only order there is. What is wrong; NULL: nothing. */
static const char *
take_line(struct reading *r, struct journal_line *l)
{
	static const char *const acts[] = {"add", "end"};
	static const char *const actions[] = {"allow", "block"};
	struct override *o = &l->o;
	int act, action = 0, scope = 0;
	bool whom = true;

	expect(r, STR("{\"v\":1"));
	act = take_word(r, "act", acts, 2);
	if (r->bad || act < 0)
		return "it does not begin as a line of version 1 does";
	l->act = (enum journal_act)act;
	if (!take_id(r, o->id))
		return "it has no proper id";
	if (l->act == JOURNAL_ADD) {
		action = take_word(r, "action", actions, 2);
		scope = take_word(r, "scope", scopes, ARRAY_LEN(scopes));
		o->subject = take_text(r, "subject");
		whom = take_for(r, o);
		o->from = take_number(r, "from");
		o->until = take_number(r, "until");
	}
	l->at = take_number(r, "at");
	if (l->act == JOURNAL_ADD)
		o->reason = take_text(r, "reason");
	o->author = take_text(r, "author");
	if (action < 0 || scope < 0 || !whom)
		return "a word in it means nothing";
	if (r->bad)
		return "it is cut short, or its members are not as they must "
		       "be";
	o->action = action == 0 ? ACTION_ALLOW : ACTION_BLOCK;
	o->scope = (enum override_scope)scope;
	return NULL;
}

/* Would it be understood when it is written again? */
static const char *
check_add(struct arena *a, const struct override *o)
{
	struct override again = {0};
	struct str text = o->subject;
	struct err err;

	if (o->reason.n > OVERRIDE_REASON_MAX ||
	    o->author.n > JOURNAL_AUTHOR_MAX)
		return "a text in it is too long";
	if (o->until && o->until <= o->from)
		return "it ends before it begins";
	if (journal_subject(a, text, o->scope == OVERRIDE_SITE, &again, &err) <
	        0 ||
	    again.scope != o->scope || !str_eq(again.subject, text))
		return "its subject is not canonical";
	return NULL;
}

bool
journal_line_read(struct arena *a, struct str line, struct journal_line *out,
    const char **why)
{
	struct reading r = {.arena = a, .rest = line};
	struct buf again = BUF_EMPTY;
	bool same;

	*out = (struct journal_line){.act = JOURNAL_ADD};
	if (line.n + 1 > JOURNAL_LINE_MAX) {
		*why = "it is too long";
		return false;
	}
	*why = take_line(&r, out);
	if (!*why && out->act == JOURNAL_ADD)
		*why = check_add(a, &out->o);
	if (!*why && out->o.author.n > JOURNAL_AUTHOR_MAX)
		*why = "a text in it is too long";
	if (*why)
		return false;
	/* the sum, and that nothing else is written any other way */
	journal_line_write(&again, out);
	same = !again.failed && again.n == line.n + 1 &&
	       memcmp(again.p, line.p, line.n) == 0;
	buf_fini(&again);
	if (!same)
		*why = "its sum is wrong";
	return same;
}

/* ---------------------------------------------------------------- subject */

/* "host", "2001:db8::1", "host/path": the canonical form of itself has no
 * scheme and no brackets, which url_split() wants. */
static struct str
bracketed(struct arena *a, struct str text)
{
	struct str host, path;
	bool has_path = str_cut(text, '/', &host, &path);
	size_t colon = str_find(host, ':', 0);
	struct buf b = BUF_EMPTY;
	struct str s;

	if (str_starts(text, STR("[")) || colon == host.n ||
	    str_find(host, ':', colon + 1) == host.n)
		return text;
	buf_addf(&b, "[%.*s]%s%.*s", STR_ARG(host), has_path ? "/" : "",
	    STR_ARG(path));
	s = b.failed ? text : arena_str(a, buf_str(&b));
	buf_fini(&b);
	return s;
}

static struct str
join(struct arena *a, struct str host, struct str path)
{
	char *p = arena_alloc(a, host.n + path.n + 1);

	if (!p)
		return STR_NONE;
	memcpy(p, host.p, host.n);
	if (path.n)
		memcpy(p + host.n, path.p, path.n);
	p[host.n + path.n] = '\0';
	return str_make(p, host.n + path.n);
}

int
journal_subject(struct arena *a, struct str text, bool site, struct override *o,
    struct err *err)
{
	char room[NAME_ROOM];
	struct url_parts parts;
	const char *why = NULL;
	struct url u;
	bool has_path;

	text = str_trim(text);
	if (url_split(a, bracketed(a, text), room, &parts, &why) < 0)
		return err_set(err, ERR_INPUT, "\"%.*s\": %s", STR_ARG(text),
		    why ? why : "out of memory");
	has_path = parts.has_query || !str_eq(parts.path, STR("/"));
	if (site && has_path)
		return err_set(err, ERR_INPUT,
		    "a path is part of a site: give either the site alone, or "
		    "no --site");
	o->scope = site && !name_is_address(parts.host) ? OVERRIDE_SITE
	                                                : OVERRIDE_HOST;
	if (has_path) {
		if (url_canon(a, &parts, &u) < 0)
			return err_set(err, ERR_INPUT,
			    "\"%.*s\" is no proper address", STR_ARG(text));
		has_path = !str_eq(u.path, STR("/")); /* "/./" */
	}
	if (has_path)
		o->scope = OVERRIDE_URL;
	o->subject =
	    join(a, name_str(parts.host), has_path ? u.path : STR_NONE);
	if (a->failed)
		return err_set(err, ERR_MEMORY, "out of memory");
	return 0;
}
