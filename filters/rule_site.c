/* rule_site.c - values of terms about the site: category: to method:. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "filters/nameset.h"
#include "filters/pattern.h"
#include "filters/rule_impl.h"
#include "filters/url.h"
#include "lists/path.h"

#define PORT_HTTP  80
#define PORT_HTTPS 443
#define PORT_MAX   65535

static int
unknown_name(struct rule_parser *p, const char *what, const struct nameset *set,
    struct str name)
{
	struct near near = near_to(name);

	for (unsigned i = 0; i < set->n; i++)
		near_try(&near, set->name[i]);
	return rule_unknown(p, what, &near, "no list that is loaded has it");
}

int
rule_read_category(struct rule_parser *p, struct str value, struct term *t)
{
	t->id = nameset_find(p->ctx->categories, value);
	if (t->id != NAMESET_NONE)
		return 0;
	return unknown_name(p, "category", p->ctx->categories, value);
}

int
rule_read_list(struct rule_parser *p, struct str value, struct term *t)
{
	t->id = nameset_find(p->ctx->lists, value);
	if (t->id != NAMESET_NONE)
		return 0;
	return unknown_name(p, "list", p->ctx->lists, value);
}

static int
keep_net(struct rule_parser *p, const struct net *net, struct term *t)
{
	t->kind = TERM_NET;
	t->net = rule_keep(p, net, sizeof(*net));
	return t->net ? 0 : -1;
}

int
rule_read_host(struct rule_parser *p, struct str value, struct term *t)
{
	char room[NAME_ROOM];
	enum name_result res;
	struct name name;
	struct net net;

	if (str_find(value, '/', 0) < value.n) {
		if (net_from_text(value, &net))
			return keep_net(p, &net, t);
		if (str_search(value, STR("://")) < value.n)
			return err_set(p->err, ERR_INPUT,
			    "\"%.*s\" is an address: write its host alone, or "
			    "url:%.*s",
			    STR_ARG(value), STR_ARG(value));
		return err_set(p->err, ERR_INPUT,
		    "\"%.*s\" is not a network such as 10.0.0.0/8; for a path "
		    "write url:%.*s",
		    STR_ARG(value), STR_ARG(value));
	}
	if (value.p[0] == '.' || str_starts(value, STR("*.")))
		return err_set(p->err, ERR_INPUT,
		    "a host covers all below it: write it without the \"%s\"",
		    value.p[0] == '.' ? "." : "*.");
	res = name_from_text(value, room, &name);
	if (res != NAME_OK)
		return err_set(p->err, ERR_INPUT, "\"%.*s\" is not a host: %s",
		    STR_ARG(value), name_result_text(res));
	if (name_is_address(name) && net_from_text(name_str(name), &net))
		return keep_net(p, &net, t);
	name.p = arena_str(p->ctx->arena, name_str(name)).p;
	t->host = rule_keep(p, &name, sizeof(name));
	return t->host ? 0 : -1;
}

int
rule_read_url(struct rule_parser *p, struct str value, struct term *t)
{
	struct arena *a = p->ctx->arena;
	char *room = arena_alloc(a, NAME_ROOM);
	struct url_parts parts;
	struct term_url u;
	const char *why;
	struct str raw;

	if (!room)
		return rule_no_memory(p);
	if (url_split(a, value, room, &parts, &why) < 0)
		return err_set(p->err, ERR_INPUT,
		    "\"%.*s\" is not an address: %s", STR_ARG(value), why);
	if (parts.port != PORT_HTTP && parts.port != PORT_HTTPS)
		return err_set(p->err, ERR_INPUT,
		    "a url: term holds for all ports; write port:%u beside it",
		    parts.port);
	raw = parts.path;
	if (parts.has_query) {
		char *q = arena_alloc(a, parts.path.n + parts.query.n + 1);

		if (!q)
			return rule_no_memory(p);
		memcpy(q, parts.path.p, parts.path.n);
		q[parts.path.n] = '?';
		if (parts.query.n)
			memcpy(
			    q + parts.path.n + 1, parts.query.p, parts.query.n);
		raw = str_make(q, parts.path.n + parts.query.n + 1);
	}
	room = arena_alloc(a, raw.n + 1);
	if (!room)
		return rule_no_memory(p);
	u.host = parts.host;
	if (!url_path_read(a, raw, &u.path))
		return rule_no_memory(p);
	u.path.path = path_canon(raw, PATH_AS_IS, room);
	t->url = rule_keep(p, &u, sizeof(u));
	return t->url ? 0 : -1;
}

int
rule_read_regex(struct rule_parser *p, struct str value, struct term *t)
{
	const struct pattern_def def = {.text = value};
	size_t offset = 0;

	t->id = pattern_set_add(p->ctx->patterns, &def, &offset, p->err);
	if (t->id != PATTERN_NONE)
		return 0;
	p->trouble =
	    rule_place(p, value) + (offset < value.n ? offset : value.n);
	return -1;
}

int
rule_read_port(struct rule_parser *p, struct str value, struct term *t)
{
	struct str low, high;
	uint64_t from, to;
	bool range = str_cut(value, '-', &low, &high);

	if (!str_to_u64(low, &from) || (range && !str_to_u64(high, &to)))
		return err_set(p->err, ERR_INPUT,
		    "\"%.*s\" is not a port such as 443 or 8000-8999",
		    STR_ARG(value));
	if (!range)
		to = from;
	if (from < 1 || to > PORT_MAX || from > to)
		return err_set(p->err, ERR_INPUT,
		    "\"%.*s\": ports go from 1 to 65535, the lower one first",
		    STR_ARG(value));
	t->port.low = (uint16_t)from;
	t->port.high = (uint16_t)to;
	return 0;
}

bool
rule_is_token(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c <= ' ' || c > '~' || strchr("\"(),/:;<=>?@[\\]{}", c))
			return false;
	}
	return s.n > 0;
}

int
rule_read_method(struct rule_parser *p, struct str value, struct term *t)
{
	if (!rule_is_token(value))
		return err_set(p->err, ERR_INPUT,
		    "\"%.*s\" is not a method such as GET", STR_ARG(value));
	t->method = arena_str(p->ctx->arena, value);
	return p->ctx->arena->failed ? rule_no_memory(p) : 0;
}
