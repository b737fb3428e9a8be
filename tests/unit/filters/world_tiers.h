/*
 * world_tiers.h - what stands above policies in a world, and who asks: each
 * from the words of a table's row.
 *
 *	protected	FORMAT	entry	entry ...
 *	protected-lost
 *	support	HOST
 *	override	ACTION	SCOPE	SUBJECT	WHO	[FROM	UNTIL]
 *	budget	TEXT	SECONDS	day|week
 *	nested		the addresses inside of addresses are judged as well
 *
 * SCOPE is url, host or site; WHO all, group:NAME, user:NAME or an address.
 * A group's members: net:, mac:, listener:, user:, auth-group:; without a word
 * in front it is a network.
 */
#ifndef TESTS_FILTERS_WORLD_TIERS_H
#define TESTS_FILTERS_WORLD_TIERS_H

#include "world.h"

#include "filters/overrides.h"

static inline void
world_protected(struct world *w, enum list_format format, const char *lines)
{
	const struct compile_options opt = {.seed = 7};
	const struct compile_source src = {.list = STR("secret"),
	    .category = STR("secret"),
	    .file = STR("secret"),
	    .format = format};
	struct compile *c = compile_new(&opt);
	struct buf *b = calloc(1, sizeof(*b));
	struct err err = {0};
	int id;

	assert_true(c && b);
	id = compile_source(c, &src, &err);
	assert_true(id >= 0);
	assert_int_equal(compile_feed(c, id, lines, strlen(lines), &err), 0);
	assert_int_equal(compile_source_end(c, id, &err), 0);
	assert_int_equal(compile_finish(c, b, &err), 0);
	compile_free(c);
	world_begin(w);
	if (snapshot_protected(w->builder,
	        (struct bytes){(const uint8_t *)b->p, b->n}, world_drop, b,
	        &err) < 0)
		fail_msg("protected: %s", err.text);
}

static inline void
world_support(struct world *w, const char *host)
{
	struct err err = {0};
	char room[NAME_ROOM];
	struct name name;

	world_begin(w);
	assert_int_equal(name_from_text(str_of(host), room, &name), NAME_OK);
	assert_int_equal(snapshot_support(w->builder, name, &err), 0);
}

static inline void
world_budget(
    struct world *w, const char *text, uint32_t seconds, enum budget_per per)
{
	const struct rule_def d = {.action = ACTION_BLOCK,
	    .text = str_of(text),
	    .where = {STR("test.conf"), ++w->line, 10},
	    .per = per,
	    .budget_s = seconds};
	struct err err = {0};
	uint32_t column;

	if (snapshot_rule(w->builder, w->policy, &d, &column, &err) < 0)
		fail_msg("budget \"%s\": %s", text, err.text);
}

static inline unsigned
word_index(const char *word, const char *const words[], unsigned n)
{
	unsigned i = 0;

	while (i < n && strcmp(words[i], word) != 0)
		i++;
	if (i == n)
		fail_msg("what is %s?", word);
	return i;
}

static inline void
override_who(struct override *o, const char *who)
{
	struct net n;

	if (strcmp(who, "all") == 0) {
		o->who = OVERRIDE_ALL;
	} else if (strncmp(who, "group:", 6) == 0) {
		o->who = OVERRIDE_GROUP;
		o->group = str_of(who + 6);
	} else if (strncmp(who, "user:", 5) == 0) {
		o->user = str_of(who + 5);
	} else {
		assert_true(net_from_text(str_of(who), &n));
		memcpy(o->client, n.addr, 16);
	}
}

/* Its id is its number, from 0. */
static inline void
world_override(struct world *w, char *cell[], unsigned n)
{
	static const char *const scopes[] = {"url", "host", "site"};
	struct override o = {.reason = STR("why"), .author = STR("admin")};
	struct err err = {0};

	assert_true(n == 5 || n == 7);
	if (!w->overrides)
		w->overrides = overrides_new();
	assert_non_null(w->overrides);
	snprintf(o.id, sizeof(o.id), "%u", overrides_count(w->overrides));
	o.action = strcmp(cell[1], "block") ? ACTION_ALLOW : ACTION_BLOCK;
	o.scope = (enum override_scope)word_index(cell[2], scopes, 3);
	o.subject = str_of(cell[3]);
	override_who(&o, cell[4]);
	if (n == 7) {
		o.from = strtoll(cell[5], NULL, 10);
		o.until = strtoll(cell[6], NULL, 10);
	}
	if (overrides_add(w->overrides, &o, &err) < 0)
		fail_msg("override: %s", err.text);
}

#define MEMBERS_MAX 8
struct members {
	struct net net[MEMBERS_MAX];
	uint8_t mac[MEMBERS_MAX][6];
	struct str listener[MEMBERS_MAX], user[MEMBERS_MAX], auth[MEMBERS_MAX];
};

static inline void
mac_from_text(const char *text, uint8_t mac[6])
{
	unsigned b[6];

	assert_int_equal(sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x", &b[0], &b[1],
	                     &b[2], &b[3], &b[4], &b[5]),
	    6);
	for (unsigned i = 0; i < 6; i++)
		mac[i] = (uint8_t)b[i];
}

static inline void
add_member(struct group_def *d, struct members *m, struct str word)
{
	struct str kind, value;
	char text[64];

	str_cut(word, ':', &kind, &value);
	if (str_eq(kind, STR("mac"))) {
		assert_true(str_copy(value, text, sizeof(text)));
		mac_from_text(text, m->mac[d->nmacs++]);
	} else if (str_eq(kind, STR("listener"))) {
		m->listener[d->nlisteners++] = value;
	} else if (str_eq(kind, STR("user"))) {
		m->user[d->nusers++] = value;
	} else if (str_eq(kind, STR("auth-group"))) {
		m->auth[d->nauth_groups++] = value;
	} else {
		if (!str_eq(kind, STR("net")))
			value = word;
		assert_true(net_from_text(value, &m->net[d->nnets++]));
	}
}

/* <members>: words parted by blanks. */
static inline void
world_group_of(
    struct world *w, const char *name, const char *policy, const char *members)
{
	struct str rest = str_of(members), word;
	struct err err = {0};
	struct members m;
	struct group_def d = {.name = str_of(name),
	    .policy = str_of(policy),
	    .nets = m.net,
	    .macs = (const uint8_t(*)[6])m.mac,
	    .listeners = m.listener,
	    .users = m.user,
	    .auth_groups = m.auth,
	    .where = {STR("test.conf"), w->line, 1}};

	world_begin(w);
	while (rest.n && str_next(&rest, ' ', &word))
		add_member(&d, &m, word);
	if (snapshot_group(w->builder, &d, &err) < 0)
		fail_msg("group %s: %s", name, err.text);
}

/* Is it one of the rows above? Then it is done. */
static inline bool
world_row(struct world *w, char *cell[], unsigned n)
{
	enum list_format format;
	struct buf b = BUF_EMPTY;

	if (strcmp(cell[0], "protected") == 0) {
		assert_true(list_format_from(str_of(cell[1]), &format));
		for (unsigned i = 2; i < n; i++)
			buf_addf(&b, "%s\n", cell[i]);
		buf_add_char(&b, '\0');
		world_protected(w, format, b.p);
		buf_fini(&b);
	} else if (strcmp(cell[0], "protected-lost") == 0) {
		world_begin(w);
		snapshot_protected_lost(w->builder);
	} else if (strcmp(cell[0], "support") == 0) {
		world_support(w, cell[1]);
	} else if (strcmp(cell[0], "override") == 0) {
		world_override(w, cell, n);
	} else if (strcmp(cell[0], "budget") == 0) {
		world_budget(w, cell[1], (uint32_t)strtoul(cell[2], NULL, 10),
		    strcmp(cell[3], "week") ? BUDGET_DAY : BUDGET_WEEK);
	} else if (strcmp(cell[0], "nested") == 0) {
		w->nested = true; /* of the policies that follow */
	} else if (strcmp(cell[0], "group") == 0) {
		world_group_of(w, cell[1], cell[2], n > 3 ? cell[3] : "");
	} else {
		return false;
	}
	return true;
}

#endif
