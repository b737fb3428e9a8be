/*
 * world.h - lists, policies and requests for tests, from a few words.
 *
 *	struct world w;
 *	world_init(&w);
 *	world_list(&w, "ut1", "adult", LIST_DOMAINS, "bad.test\nworse.test\n");
 *	world_policy(&w, "pupils", ACTION_ALLOW, ACTION_BLOCK);
 *	world_rule(&w, ACTION_BLOCK, "category:adult");
 *	world_group(&w, "pupils", "pupils", "10.1.0.0/16");
 *	s = world_snapshot(&w);
 *	request_init(&q, "10.1.0.7", STAGE_URL, STAGE_URL, "http://bad.test/");
 */
#ifndef TESTS_FILTERS_WORLD_H
#define TESTS_FILTERS_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "filters/facts.h"
#include "filters/overrides.h"
#include "filters/request.h"
#include "filters/snapshot.h"
#include "filters/url.h"
#include "lists/compile.h"
#include "world_head.h"

struct world {
	struct compile *lists;
	struct snapshot_builder *builder; /* from the first policy on */
	int policy;                       /* the last one */
	uint32_t line;                    /* of rules: 1, 2, ... */
	bool shared;
	bool nested; /* of policies to come */
	unsigned nlists;
	struct overrides *overrides; /* those of the snapshot; NULL: none */
};

static inline void
world_init(struct world *w)
{
	const struct compile_options opt = {.seed = 7, .fingerprint = {3, 4}};

	*w = (struct world){.lists = compile_new(&opt)};
	assert_non_null(w->lists);
}

/* A source of lines, in file "<list>/<category>". */
static inline void
world_list(struct world *w, const char *list, const char *category,
    enum list_format format, const char *lines)
{
	char file[128];
	struct err err = {0};
	int id, n = snprintf(file, sizeof(file), "%s/%s", list, category);
	const struct compile_source src = {.list = str_of(list),
	    .category = str_of(category),
	    .file = str_make(file, (size_t)n),
	    .format = format};

	id = compile_source(w->lists, &src, &err);
	assert_true(id >= 0);
	assert_int_equal(
	    compile_feed(w->lists, id, lines, strlen(lines), &err), 0);
	assert_int_equal(compile_source_end(w->lists, id, &err), 0);
	w->nlists++;
}

static inline void
world_drop(void *arg)
{
	struct buf *b = arg;

	buf_fini(b);
	free(b);
}

static inline void
world_begin(struct world *w)
{
	struct buf *b;
	struct err err = {0};

	if (w->builder)
		return;
	w->builder = snapshot_begin(9);
	assert_non_null(w->builder);
	if (w->nlists) {
		b = calloc(1, sizeof(*b));
		assert_non_null(b);
		assert_int_equal(compile_finish(w->lists, b, &err), 0);
		assert_int_equal(
		    snapshot_image(w->builder,
		        (struct bytes){(const uint8_t *)b->p, b->n}, world_drop,
		        b, &err),
		    0);
	}
	compile_free(w->lists);
	w->lists = NULL;
}

static inline void
world_policy(struct world *w, const char *name, enum action otherwise,
    enum action on_unsettled)
{
	struct err err = {0};
	const struct policy_def d = {.name = str_of(name),
	    .otherwise = otherwise,
	    .on_unsettled = on_unsettled,
	    .nested = w->nested,
	    .where = {STR("test.conf"), w->line, 1}};

	world_begin(w);
	w->policy = snapshot_policy(w->builder, &d, &err);
	if (w->policy < 0)
		fail_msg("policy %s: %s", name, err.text);
}

/* -1 with <column> and <err> where the text is wrong. */
static inline int
world_try_rule(struct world *w, enum action action, struct str text,
    uint32_t *column, struct err *err)
{
	const struct rule_def d = {.action = action,
	    .text = text,
	    .where = {STR("test.conf"), ++w->line, 9}};

	return snapshot_rule(w->builder, w->policy, &d, column, err);
}

static inline void
world_rule(struct world *w, enum action action, const char *text)
{
	struct err err = {0};
	uint32_t column = 0;

	if (world_try_rule(w, action, str_of(text), &column, &err) < 0)
		fail_msg("rule \"%s\": column %u: %s", text, column, err.text);
}

static inline void
world_group(
    struct world *w, const char *name, const char *policy, const char *net)
{
	struct err err = {0};
	struct net n;
	struct group_def d = {.name = str_of(name),
	    .policy = str_of(policy),
	    .nets = &n,
	    .where = {STR("test.conf"), w->line, 1}};

	world_begin(w);
	if (net && *net) {
		assert_true(net_from_text(str_of(net), &n));
		d.nnets = 1;
	}
	if (snapshot_group(w->builder, &d, &err) < 0)
		fail_msg("group %s: %s", name, err.text);
}

static inline struct snapshot *
world_snapshot(struct world *w)
{
	struct err err = {0};
	struct snapshot *s;

	world_begin(w);
	snapshot_share_patterns(w->builder, w->shared);
	s = snapshot_finish(w->builder, &err);
	if (!s)
		fail_msg("snapshot: %s", err.text);
	w->builder = NULL;
	if (w->overrides) {
		struct snapshot *base = s;

		assert_int_equal(overrides_close(w->overrides), 0);
		s = snapshot_with_overrides(base, w->overrides);
		assert_non_null(s);
		assert_false(snapshot_unref(base));
		w->overrides = NULL;
	}
	return s;
}

/* A world of one policy for all: rules as "block category:x", NULL ends. */
static inline struct snapshot *
world_of_rules(
    struct world *w, enum action otherwise, const char *const rules[])
{
	world_policy(w, "default", otherwise, ACTION_BLOCK);
	for (unsigned i = 0; rules[i]; i++) {
		enum action a = ACTION_ALLOW;
		const char *text = strchr(rules[i], ' ');

		assert_non_null(text);
		while (strncmp(rules[i], action_name(a),
		           (size_t)(text - rules[i])) != 0)
			a = (enum action)(a + 1);
		world_rule(w, a, text + 1);
	}
	return world_snapshot(w);
}

/* ------------------------------------------------------------- requests */

/* A request and the memory of its parts. */
struct query {
	struct request r;
	struct facts facts;
	struct str member; /* of these auth-groups: "a,b"; "?": not settled */
	struct str as;     /* as of this group */
	struct arena arena;
	char room[4][NAME_ROOM];
	const void *tag; /* the test's own */
};

static inline void
query_name(struct str s, char *room, struct name *out, uint16_t *port)
{
	struct str host = s, digits;
	size_t colon = s.n;
	uint64_t v;

	while (colon && s.p[colon - 1] != ':' && s.p[colon - 1] != ']')
		colon--;
	if (colon && s.p[colon - 1] == ':') {
		host = str_sub(s, 0, colon - 1);
		digits = str_sub(s, colon, s.n);
		assert_true(str_to_u64(digits, &v));
		*port = (uint16_t)v;
	}
	if (name_from_wire(host, room, out) != NAME_OK)
		fail_msg("not a host: %.*s", STR_ARG(s));
}

/* As it stands on the wire: nothing is escaped or tidied. */
static inline void
query_url(struct query *q, struct str s)
{
	struct url_parts u = {.port = 80};
	struct str host, target;
	bool has_path;

	if (str_starts(s, STR("https://"))) {
		u.scheme = SCHEME_HTTPS;
		u.port = 443;
		s = str_sub(s, 8, s.n);
	} else {
		s = str_sub(s, 7, s.n);
	}
	has_path = str_cut(s, '/', &host, &target);
	if (has_path)
		target = str_sub(s, host.n, s.n);
	else
		target = STR("/");
	query_name(host, q->room[2], &u.host, &u.port);
	u.has_query = str_cut(target, '?', &u.path, &u.query);
	if (url_canon(&q->arena, &u, &q->r.url) < 0)
		fail_msg("not a URL: %.*s", STR_ARG(s));
	q->r.host = u.host;
	q->r.port = u.port;
}

/* A word about who asks, and what is known of it. "user=" is nobody, "user=?"
 * one who could not be asked; "spent=1" has used up budget 1, "left=1" not,
 * "spent?=1" cannot be told; "granted=yes" went on behind a warning. */
static inline bool
query_fact(struct query *q, struct str key, struct str value)
{
	struct facts *f = &q->facts;
	uint64_t n = 0;

	str_to_u64(value, &n);
	if (str_eq(key, STR("user"))) {
		f->asked |= FACT_USER;
		if (!str_eq(value, STR("?"))) {
			f->settled |= FACT_USER;
			f->user = value;
		}
	} else if (str_eq(key, STR("spent")) || str_eq(key, STR("left")) ||
	           str_eq(key, STR("spent?"))) {
		f->spent.asked |= (uint64_t)1 << n;
		if (key.n < 6)
			f->spent.settled |= (uint64_t)1 << n;
		if (key.n == 5)
			f->spent.is |= (uint64_t)1 << n;
	} else if (str_eq(key, STR("granted"))) {
		f->asked |= FACT_GRANT;
		f->settled |= FACT_GRANT;
		f->granted = str_eq(value, STR("yes"));
	} else if (str_eq(key, STR("member"))) {
		q->member = value;
	} else if (str_eq(key, STR("as"))) {
		q->as = value;
	} else if (str_eq(key, STR("listener"))) {
		q->r.listener = value;
	} else if (str_eq(key, STR("now"))) {
		q->r.now = (int64_t)n;
	} else if (str_eq(key, STR("mac"))) {
		q->r.has_mac = true;
		for (unsigned i = 0; i < 6; i++)
			q->r.mac[i] = (uint8_t)strtol(
			    (char[3]){value.p[3 * i], value.p[3 * i + 1], 0},
			    NULL, 16);
	} else {
		return false;
	}
	return true;
}

/* What rests on the numbers of <s>. */
static inline void
query_settle(struct query *q, const struct snapshot *s)
{
	struct facts *f = &q->facts;
	struct str rest = q->member, word;

	if (q->as.n)
		q->r.as_group = snapshot_as_group(s, q->as);
	if (!q->member.p)
		return;
	f->member.asked = UINT64_MAX;
	f->member.settled = str_eq(rest, STR("?")) ? 0 : UINT64_MAX;
	while (rest.n && str_next(&rest, ',', &word))
		for (unsigned i = 0; i < FACT_GROUPS_MAX; i++)
			if (str_eq(word, snapshot_auth_group(s, i)))
				f->member.is |= (uint64_t)1 << i;
}

/* "http://host/path" or "host=a.test:80", then "connect=", "sni=", "method=",
 * and those of query_fact(). Give it to query_fini() afterwards. */
static inline void
query_init(struct query *q, const char *client, enum stage stage,
    enum stage deepest, const char *text)
{
	struct str rest = str_of(text), word, value;
	struct net n;

	*q = (struct query){.r = {.stage = stage, .deepest = deepest}};
	arena_init(&q->arena, 0);
	assert_true(net_from_text(str_of(client), &n));
	memcpy(q->r.client, n.addr, 16);
	while (str_next(&rest, ' ', &word)) {
		uint16_t unused;

		if (word.n == 0)
			continue;
		if (str_starts(word, STR("http"))) {
			query_url(q, word);
			if (!q->r.method.n)
				q->r.method = STR("GET");
			continue;
		}
		str_cut(word, '=', &word, &value);
		if (str_eq(word, STR("connect"))) {
			q->r.tunnel = true;
			query_name(
			    value, q->room[0], &q->r.connect, &q->r.port);
			if (!q->r.method.n)
				q->r.method = STR("CONNECT");
		} else if (str_eq(word, STR("sni"))) {
			query_name(value, q->room[1], &q->r.sni, &unused);
		} else if (str_eq(word, STR("host"))) {
			query_name(value, q->room[3], &q->r.host, &q->r.port);
		} else if (str_eq(word, STR("method"))) {
			q->r.method = value;
		} else if (head_word(&q->r, &q->arena, word, value)) {
			continue;
		} else if (!query_fact(q, word, value)) {
			fail_msg("what is %.*s?", STR_ARG(word));
		}
	}
}

static inline void
query_fini(struct query *q)
{
	arena_fini(&q->arena);
}

#endif
