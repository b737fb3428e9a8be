/*
 * snapshot.h - the immutable whole that decisions depend on.
 *
 * Built by config/build.c through the builder below, published, never
 * changed; shared by references (one a worker), freed by who drops the last.
 *
 *	struct snapshot_builder *b = snapshot_begin(generation);
 *	snapshot_image(b, bytes, unmap, arg, &err);
 *	p = snapshot_policy(b, &(struct policy_def){...}, &err);
 *	snapshot_rule(b, p, &(struct rule_def){...}, &column, &err);
 *	snapshot_group(b, &(struct group_def){...}, &err);
 *	s = snapshot_finish(b, &err);
 *
 * Images come first: rules may only name categories and lists that exist.
 */
#ifndef FILTERS_SNAPSHOT_H
#define FILTERS_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/str.h"
#include "filters/verdict.h"
#include "lists/name.h"

struct err;
struct image;
struct request;
struct snapshot;         /* opaque outside filters/ */
struct snapshot_builder; /* opaque; one thread */

struct net { /* a network; IPv4 as ::ffff:0:0/96 + length */
	uint8_t addr[16];
	uint8_t bits; /* 0..128 */
};
/* "10.1.0.0/16", "10.1.2.3", "2001:db8::/32". false: malformed, or bits set
 * behind the prefix. */
bool net_from_text(struct str s, struct net *out);
bool net_has(const struct net *n, const uint8_t addr[16]);

struct where { /* a place in the configuration */
	struct str file;
	uint32_t line, column;
};

enum safe_level { SAFE_OFF = 0, SAFE_MODERATE, SAFE_STRICT };

struct policy_def {
	struct str name;
	enum action otherwise;       /* `default`: ALLOW or BLOCK */
	enum action on_unsettled;    /* BLOCK or ALLOW */
	enum safe_level safe_search; /* of search engines, */
	enum safe_level youtube;     /* of YouTube */
	bool nested;     /* addresses inside addresses are judged as well */
	uint32_t warn_s; /* how long who goes on behind a warning may */
	struct where where;
};
/* A budget is a rule that blocks once it is used up, and before that only
 * counts: `budget = category:games 60m/day`. */
enum budget_per { BUDGET_NO = 0, BUDGET_DAY, BUDGET_WEEK };

struct rule_def {
	enum action action;
	struct str text;     /* "category:adult, category:games !host:a.test" */
	struct where where;  /* of the value's first byte */
	enum budget_per per; /* BUDGET_NO: no budget. Else action is BLOCK */
	uint32_t budget_s;   /* seconds in each day or week */
};

/* Who is in a group: any of these. All is copied. */
struct group_def {
	struct str name, policy;
	const struct net *nets;
	unsigned nnets;
	const uint8_t (*macs)[6];
	unsigned nmacs;
	const struct str *listeners, *users, *auth_groups;
	unsigned nlisteners, nusers, nauth_groups;
	struct where where;
};

/* Phrases of one theme, matched against what is searched for. */
struct theme_def {
	struct str name;
	enum severity severity;
	struct str text; /* the file: filters/search.h */
	struct str file;
	struct where where;
	/* Hears of lines that cannot be used; NULL: nobody. */
	void (*hear)(void *arg, uint32_t line, const char *why);
	void *arg;
};

#define SNAPSHOT_IMAGES_MAX   8
#define SNAPSHOT_POLICIES_MAX 256
#define SNAPSHOT_RULES_MAX    1000 /* of a policy */
#define SNAPSHOT_SUPPORT_MAX  1000
#define SNAPSHOT_PATTERNS_MAX 32768

struct snapshot_builder *snapshot_begin(uint64_t generation); /* NULL: memory */
void snapshot_abandon(struct snapshot_builder *b); /* drops images too */

/* A pattern of a list that is left out, and why; valid for the call. */
struct pattern_reject {
	struct str list, category, file;
	uint32_t line;
	struct str text;
	const char *why;
};
/* Who hears of them; before snapshot_image(), during which <fn> is called. */
void snapshot_hear_rejects(struct snapshot_builder *b,
    void (*fn)(void *arg, const struct pattern_reject *r), void *arg);

/* Takes <bytes>: <drop>(arg) is called when the snapshot dies (or at once on
 * failure). */
int snapshot_image(struct snapshot_builder *b, struct bytes bytes,
    void (*drop)(void *arg), void *arg, struct err *err);

/* Names that rules may use although no image has entries for them. */
int snapshot_declare(
    struct snapshot_builder *b, struct str list, struct str category);

/* Whether FACT_PATTERNS may be asked for (a shared cache is there). */
void snapshot_share_patterns(struct snapshot_builder *b, bool shared);

int snapshot_policy(
    struct snapshot_builder *b, const struct policy_def *d, struct err *err);

/* Behind the policy's rules so far. On -1 <column> (in bytes, from 0, within
 * the text) is where the trouble is, <err> what, with a hint if there is one. */
int snapshot_rule(struct snapshot_builder *b, int policy,
    const struct rule_def *d, uint32_t *column, struct err *err);

/* Order is precedence. The group "default" (policy "default") always exists
 * behind all others and takes who is in no other. Its policy may be defined
 * after the group. */
int snapshot_group(
    struct snapshot_builder *b, const struct group_def *d, struct err *err);

/* The time zone that days and weeks of budgets, and hours without a zone of
 * their own, go by: a TZif file; without one UTC. Before schedules. */
int snapshot_zone(
    struct snapshot_builder *b, struct bytes tzif, struct err *err);

/* Hours and days that rules name as during:NAME; before these rules. Copied. */
struct schedule_def; /* filters/schedule.h */
int snapshot_schedule(
    struct snapshot_builder *b, const struct schedule_def *d, struct err *err);

/* Search terms that rules name as search:NAME; before these rules. A line
 * that cannot be used is told to d->hear and left out. */
int snapshot_theme(
    struct snapshot_builder *b, const struct theme_def *d, struct err *err);

/* The table of search engines (filters/safesearch.h); -1: malformed. */
int snapshot_engines(
    struct snapshot_builder *b, struct str table, struct err *err);

/* An image of the protected tier; takes <bytes> as snapshot_image() does. */
int snapshot_protected(struct snapshot_builder *b, struct bytes bytes,
    void (*drop)(void *arg), void *arg, struct err *err);
/* One that ought to be there is missing or damaged: nothing is let through. */
void snapshot_protected_lost(struct snapshot_builder *b);

/* A site that is always reachable, and all below it. */
int snapshot_support(
    struct snapshot_builder *b, struct name host, struct err *err);

/* Takes <b> in any case. Where no policy "default" was given, one that
 * allows all is made. NULL with <err> set on failure. */
struct snapshot *snapshot_finish(struct snapshot_builder *b, struct err *err);

struct snapshot *snapshot_ref(struct snapshot *s); /* atomic */
/* True when that was the last reference: the caller must then see that
 * snapshot_free() runs where unmapping may take its time. */
bool snapshot_unref(struct snapshot *s);
void snapshot_free(struct snapshot *s);

uint64_t snapshot_generation(const struct snapshot *s);
/* A digest of all rules, policies and patterns with what the images list:
 * equal on gateways with the same configuration and lists. What patterns match
 * is cached by it, so what else decides is not in it: groups, schedules,
 * overrides, themes, protected lists and support sites. */
uint64_t snapshot_digest(const struct snapshot *s);
unsigned snapshot_images(const struct snapshot *s);
const struct image *snapshot_image_at(const struct snapshot *s, unsigned i);
unsigned snapshot_patterns(const struct snapshot *s);
struct str snapshot_pattern_text(const struct snapshot *s, unsigned id);
/*
 * The same snapshot with other overrides: shares all but these with <base>,
 * which it holds a reference to. Takes <o> in any case; NULL: none. NULL: no
 * memory.
 */
struct overrides; /* filters/overrides.h */
struct snapshot *snapshot_with_overrides(
    struct snapshot *base, struct overrides *o);
const struct overrides *snapshot_overrides(const struct snapshot *s);

/* What the edge has to fill in of a request: some policy asks for it. */
enum snapshot_want {
	SNAPSHOT_WANTS_FIELDS = 1u << 0, /* header: terms */
	SNAPSHOT_WANTS_MAC = 1u << 1,    /* mac: groups */
	SNAPSHOT_WANTS_USER = 1u << 2,   /* user:, auth-group: */
	SNAPSHOT_WANTS_HEAD = 1u << 3,   /* type: ext: size> ... of answers */
};
unsigned snapshot_wants(const struct snapshot *s);
/* Are there hours or days that rules name? Then what is allowed now may not be
 * in a minute. */
bool snapshot_keeps_hours(const struct snapshot *s);

/* Names by number; STR_NONE beyond the last. */
struct str snapshot_group_name(const struct snapshot *s, unsigned group);
struct str snapshot_policy_name(const struct snapshot *s, unsigned policy);
struct str snapshot_auth_group(const struct snapshot *s, unsigned i);
struct str snapshot_theme_name(const struct snapshot *s, unsigned i);
uint32_t snapshot_warn_s(const struct snapshot *s, unsigned policy);
/* A budget: its rule's text, its bound, and when its day or week that <now>
 * is in began (seconds, UTC; by the snapshot's time zone). */
struct snapshot_budget {
	struct str text, policy;
	uint32_t seconds;
	enum budget_per per;
	int64_t began, ends;
};
bool snapshot_budget(const struct snapshot *s, unsigned i, int64_t now,
    struct snapshot_budget *out);
/* as_group of a request that is to be judged as of <name>; 0: none such */
uint16_t snapshot_as_group(const struct snapshot *s, struct str name);

/* How often pattern <id> met its limit (relaxed counter, for status). */
uint64_t snapshot_pattern_limits(const struct snapshot *s, unsigned id);

/* How many patterns of lists were left out. */
unsigned snapshot_pattern_rejects(const struct snapshot *s);
/* Where pattern <id> stands, if it is of a list: the first place of several. */
struct pattern_place {
	struct str list, category, file;
	uint32_t line;
};
bool snapshot_pattern_place(
    const struct snapshot *s, unsigned id, struct pattern_place *out);

/* A verdict in words. */
void snapshot_provenance(const struct snapshot *s, const struct request *r,
    const struct verdict *v, struct provenance *out);

#endif
