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

struct policy_def {
	struct str name;
	enum action otherwise;    /* `default`: ALLOW or BLOCK */
	enum action on_unsettled; /* BLOCK or ALLOW */
	struct where where;
};
struct rule_def {
	enum action action;
	struct str text;    /* "category:adult, category:games !host:a.test" */
	struct where where; /* of the value's first byte */
};
struct group_def {
	struct str name, policy;
	const struct net *nets; /* copied */
	unsigned nnets;
	struct where where;
};

#define SNAPSHOT_IMAGES_MAX   8
#define SNAPSHOT_POLICIES_MAX 256
#define SNAPSHOT_RULES_MAX    1000 /* of a policy */
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
 * equal on gateways with the same configuration and lists. Cached verdicts
 * are keyed by it. */
uint64_t snapshot_digest(const struct snapshot *s);
unsigned snapshot_images(const struct snapshot *s);
const struct image *snapshot_image_at(const struct snapshot *s, unsigned i);
unsigned snapshot_patterns(const struct snapshot *s);
struct str snapshot_pattern_text(const struct snapshot *s, unsigned id);
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
