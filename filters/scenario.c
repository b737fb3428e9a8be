/* scenario.c - from words to what is asked. */
#include "filters/scenario_impl.h"

#include <arpa/inet.h>

#include "base/err.h"
#include "base/fold.h"
#include "base/hex.h"
#include "base/near.h"
#include "base/table.h"
#include "filters/snapshot_impl.h"

#define CLIENT_OF_US                                                           \
	{                                                                      \
		[10] = 0xff, 0xff, 127, 0, 0, 1                                \
	}

/* What is being made, and of what. */
struct maker {
	struct arena *a;
	const struct snapshot *s;
	const struct scenario_ask *ask;
	struct scenario *out;
	const struct scenario_word *word; /* the one that is taken */
	const struct scenario_word *connect, *sni, *search;
	struct request_field *fields;
	uint32_t seen; /* which of the words came */
	uint32_t *column;
	struct err *err;
};

static int
no_memory(struct maker *m)
{
	return err_set(m->err, ERR_MEMORY, "out of memory");
}

/* The value of the word that is taken is not what it should be. */
static int
bad_value(struct maker *m, const char *should)
{
	*m->column = m->word->value_at;
	return err_set(m->err, ERR_INPUT, "%.*s \"%.*s\": %s",
	    STR_ARG(m->word->key), STR_ARG(m->word->value), should);
}

/* No such word; and which one was meant, if that can be guessed. */
static int
unknown(struct err *err, const char *what, const struct near *near)
{
	if (near->best.n)
		return err_set(err, ERR_INPUT,
		    "unknown %s \"%.*s\"; did you mean \"%.*s\"?", what,
		    STR_ARG(near->word), STR_ARG(near->best));
	return err_set(
	    err, ERR_INPUT, "unknown %s \"%.*s\"", what, STR_ARG(near->word));
}

/* ----------------------------------------------------------------- words */

static int
take_at(struct maker *m)
{
	if (!scenario_time(m->s, m->word->value, &m->out->request.now))
		return bad_value(m,
		    "is no time; write 2026-11-23T10:00 for the local one, "
		    "with a Z behind it for UTC");
	return 0;
}

static int
take_user(struct maker *m)
{
	struct str name = m->word->value;
	char *copy = arena_alloc(m->a, name.n + 1);

	if (!copy)
		return no_memory(m);
	if (name.n)
		memcpy(copy, name.p, name.n);
	fold_text(copy, name.n); /* as those that have proven who they are */
	m->out->facts.user = str_make(copy, name.n);
	return 0;
}

static int
take_member(struct maker *m)
{
	const struct nameset *all = &m->s->auth_groups;
	struct near near = near_to(m->word->value);
	uint16_t i = nameset_find(all, m->word->value);

	if (i != NAMESET_NONE && i < FACT_GROUPS_MAX) {
		m->out->facts.member.is |= UINT64_C(1) << i;
		return 0;
	}
	*m->column = m->word->value_at;
	for (unsigned k = 0; k < all->n; k++)
		near_try(&near, all->name[k]);
	if (!near.best.n)
		return err_set(m->err, ERR_INPUT,
		    "no group asks for auth-group:%.*s",
		    STR_ARG(m->word->value));
	return unknown(m->err, "auth-group", &near);
}

static int
take_client(struct maker *m)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t addr[16];

	if (!str_copy(m->word->value, text, sizeof(text)))
		return bad_value(m, "is no IP address");
	if (inet_pton(AF_INET, text, addr) == 1)
		request_set_client(&m->out->request, addr, 4);
	else if (inet_pton(AF_INET6, text, addr) == 1)
		request_set_client(&m->out->request, addr, 16);
	else
		return bad_value(m, "is no IP address");
	return 0;
}

static bool
take_char(struct str *s, char c)
{
	if (s->n == 0 || s->p[0] != c)
		return false;
	*s = str_sub(*s, 1, s->n);
	return true;
}

static int
take_mac(struct maker *m)
{
	struct str s = m->word->value;
	struct request *r = &m->out->request;

	for (unsigned i = 0; i < sizeof(r->mac); i++) {
		int high = s.n ? hex_digit(s.p[0]) : -1;
		int low = s.n > 1 ? hex_digit(s.p[1]) : -1;

		if (high < 0 || low < 0)
			return bad_value(m, "write 02:00:5e:10:00:01");
		r->mac[i] = (uint8_t)(high * 16 + low);
		s = str_sub(s, 2, s.n);
		if (i < 5 && !take_char(&s, ':') && !take_char(&s, '-'))
			return bad_value(m, "write 02:00:5e:10:00:01");
	}
	r->has_mac = true;
	return s.n ? bad_value(m, "write 02:00:5e:10:00:01") : 0;
}

static int
take_listener(struct maker *m)
{
	m->out->request.listener = m->word->value;
	return 0;
}

static int
take_method(struct maker *m)
{
	if (m->word->value.n == 0)
		return bad_value(m, "is no method");
	m->out->request.method = m->word->value;
	return 0;
}

static int
take_connect(struct maker *m)
{
	m->connect = m->word;
	return 0;
}

static int
take_sni(struct maker *m)
{
	m->sni = m->word;
	return 0;
}

static int
take_search(struct maker *m)
{
	m->search = m->word;
	return 0;
}

static int
take_type(struct maker *m)
{
	m->out->request.answer.type = m->word->value;
	return 0;
}

/* "500", "10MiB", "2k": bytes. */
static int
take_size(struct maker *m)
{
	static const struct {
		struct str unit;
		unsigned shift;
	} units[] = {{STR_INIT("k"), 10}, {STR_INIT("kib"), 10},
	    {STR_INIT("m"), 20}, {STR_INIT("mib"), 20}, {STR_INIT("g"), 30},
	    {STR_INIT("gib"), 30}};
	struct str s = m->word->value;
	struct answer *a = &m->out->request.answer;
	unsigned shift = 0;
	size_t n = 0;

	while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
		n++;
	for (unsigned i = 0; i < ARRAY_LEN(units); i++)
		if (str_eq_nocase(str_sub(s, n, s.n), units[i].unit))
			shift = units[i].shift;
	if (!str_to_u64(str_sub(s, 0, n), &a->size) ||
	    (n < s.n && shift == 0) || a->size > UINT64_MAX >> (shift + 1))
		return bad_value(m, "is no size; write 500, 10KiB, 2MiB");
	a->size <<= shift;
	a->has_size = true;
	return 0;
}

static void
add_field(struct maker *m, struct str name, struct str value)
{
	struct request *r = &m->out->request;

	m->fields[r->nfields++] = (struct request_field){name, value};
	r->fields = m->fields;
}

static int
take_ua(struct maker *m)
{
	m->out->request.ua = m->word->value;
	add_field(m, STR("User-Agent"), m->word->value);
	return 0;
}

static int
take_referer(struct maker *m)
{
	m->out->request.referer = m->word->value;
	add_field(m, STR("Referer"), m->word->value);
	return 0;
}

/* As from a client: some fields are asked for by name, the first of each. */
static int
take_header(struct maker *m)
{
	struct request *r = &m->out->request;
	struct str name, value;

	if (!str_cut(m->word->value, '=', &name, &value) || !name.n)
		return bad_value(m, "write NAME=VALUE");
	add_field(m, name, value);
	if (str_eq_nocase(name, STR("User-Agent")) && !r->ua.n)
		r->ua = value;
	else if (str_eq_nocase(name, STR("Referer")) && !r->referer.n)
		r->referer = value;
	else if (str_eq_nocase(name, STR("Accept")) && !r->accept.n)
		r->accept = value;
	return 0;
}

static const struct {
	struct str key;
	int (*take)(struct maker *m);
	bool many; /* may be said several times */
} words[] = {
    {STR_INIT("at"), take_at, false},
    {STR_INIT("user"), take_user, false},
    {STR_INIT("member"), take_member, true},
    {STR_INIT("client"), take_client, false},
    {STR_INIT("mac"), take_mac, false},
    {STR_INIT("listener"), take_listener, false},
    {STR_INIT("method"), take_method, false},
    {STR_INIT("connect"), take_connect, false},
    {STR_INIT("sni"), take_sni, false},
    {STR_INIT("type"), take_type, false},
    {STR_INIT("size"), take_size, false},
    {STR_INIT("search"), take_search, false},
    {STR_INIT("ua"), take_ua, false},
    {STR_INIT("referer"), take_referer, false},
    {STR_INIT("header"), take_header, true},
};

/* Which of the two would be meant? */
static bool
said_twice(struct maker *m, unsigned i)
{
	bool twice = !words[i].many && m->seen >> i & 1;

	m->seen |= 1u << i;
	if (!twice)
		return false;
	*m->column = m->word->key_at;
	err_set(m->err, ERR_INPUT, "\"%.*s\" was said already",
	    STR_ARG(m->word->key));
	return true;
}

static int
take_word(struct maker *m, const struct scenario_word *w)
{
	struct near near = near_to(w->key);

	m->word = w;
	for (unsigned i = 0; i < ARRAY_LEN(words); i++) {
		if (str_eq(words[i].key, w->key))
			return said_twice(m, i) ? -1 : words[i].take(m);
		near_try(&near, words[i].key);
	}
	*m->column = w->key_at;
	return unknown(m->err, "word", &near);
}

/* --------------------------------------------------------------- address */

static int
take_group(struct maker *m)
{
	struct str name = m->ask->group;
	struct near near = near_to(name);

	if (name.n == 0 || str_eq(name, STR("-")))
		return 0;
	for (unsigned i = 0; i < m->s->ngroups; i++) {
		if (str_eq(m->s->groups[i].name, name)) {
			m->out->request.as_group = (uint16_t)(i + 1);
			return 0;
		}
		near_try(&near, m->s->groups[i].name);
	}
	*m->column = m->ask->group_at;
	return unknown(m->err, "group", &near);
}

/* The address is none; whoever asks the filter for it is refused. */
static int
refused(struct maker *m, uint32_t at, const char *why)
{
	*m->column = at;
	return err_set(m->err, ERR_REFUSED, "%s", why);
}

static int
split(struct maker *m, struct str text, uint32_t at, struct url_parts *parts)
{
	char *room = arena_alloc(m->a, NAME_ROOM);
	const char *why = "malformed";

	if (!room)
		return no_memory(m);
	if (url_split(m->a, text, room, parts, &why) < 0)
		return m->a->failed ? no_memory(m) : refused(m, at, why);
	return 0;
}

static int
take_name(struct maker *m, const struct scenario_word *w, struct name *out)
{
	char *room = arena_alloc(m->a, NAME_ROOM);
	enum name_result res;

	if (!room)
		return no_memory(m);
	res = name_from_text(w->value, room, out);
	if (res != NAME_OK)
		return refused(m, w->value_at, name_result_text(res));
	return 0;
}

/* "a.test:8080", "[::1]:443": what a CONNECT is for. */
static bool
is_authority(struct str s)
{
	size_t colon = s.n;

	while (colon && s.p[colon - 1] >= '0' && s.p[colon - 1] <= '9')
		colon--;
	if (colon < 2 || colon == s.n || s.p[colon - 1] != ':')
		return false;
	return s.p[colon - 2] == ']' || str_find(s, ':', 0) == colon - 1;
}

/* A tunnel that nobody looks into: names alone. */
static int
make_tunnel(struct maker *m, const struct url_parts *parts)
{
	struct request *r = &m->out->request;

	if (m->search) {
		*m->column = m->search->key_at;
		return err_set(m->err, ERR_INPUT,
		    "what is searched for in a tunnel is not seen");
	}
	r->tunnel = true;
	r->stage = r->deepest = STAGE_HOST;
	r->method = STR("CONNECT");
	if (!r->connect.n) {
		r->connect = parts->host;
		r->port = parts->port;
	} else if (parts) {
		r->sni = parts->host;
	}
	return m->sni ? take_name(m, m->sni, &r->sni) : 0;
}

static int
make_url(struct maker *m, struct url_parts *parts)
{
	struct request *r = &m->out->request;
	uint32_t at = m->ask->address_at;

	if (m->sni) {
		*m->column = m->sni->key_at;
		return err_set(m->err, ERR_INPUT,
		    "sni is said in tunnels: for https: and HOST:PORT");
	}
	if (!r->method.n)
		r->method = STR("GET");
	r->host = parts->host;
	r->port = parts->port;
	if (m->search) {
		m->word = m->search;
		if (!scenario_search(m->a, m->s, m->search->value, parts, r))
			return m->a->failed
			           ? no_memory(m)
			           : bad_value(m, "the address is of no "
			                          "search engine that is "
			                          "known");
	} else if (url_canon(m->a, parts, &r->url) < 0)
		return m->a->failed ? no_memory(m)
		                    : refused(m, at, "malformed");
	r->stage = r->deepest = scenario_deepest(m->s, r);
	return 0;
}

static int
make_address(struct maker *m)
{
	struct request *r = &m->out->request;
	struct url_parts parts, connect;
	struct str text = m->ask->address;

	if (m->connect) {
		if (split(m, m->connect->value, m->connect->value_at,
		        &connect) < 0)
			return -1;
		r->tunnel = true;
		r->connect = connect.host;
		r->port = connect.port;
	}
	if (text.n == 0 && m->connect)
		return make_tunnel(m, NULL);
	if (split(m, text, m->ask->address_at, &parts) < 0)
		return -1;
	if (parts.scheme == SCHEME_HTTPS || is_authority(text))
		return make_tunnel(m, &parts);
	return make_url(m, &parts);
}

int
scenario_make(struct arena *a, const struct snapshot *s,
    const struct scenario_ask *ask, struct scenario *out, uint32_t *column,
    struct err *err)
{
	struct maker m = {.a = a,
	    .s = s,
	    .ask = ask,
	    .out = out,
	    .column = column,
	    .err = err};

	*out = (struct scenario){
	    .request = {.now = ask->now, .client = CLIENT_OF_US}};
	*column = ask->address_at;
	scenario_facts(&out->facts, STR_NONE);
	if (ask->nwords > SCENARIO_WORDS_MAX)
		return err_set(err, ERR_LIMIT, "too many words");
	m.fields = ask->nwords ? arena_zalloc(a,
	                             ask->nwords * sizeof(struct request_field))
	                       : NULL;
	if (ask->nwords && !m.fields)
		return no_memory(&m);
	if (take_group(&m) < 0)
		return -1;
	for (unsigned i = 0; i < ask->nwords; i++)
		if (take_word(&m, &ask->words[i]) < 0)
			return -1;
	return make_address(&m);
}
