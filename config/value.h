/*
 * value.h - values: from text into a field of struct config, and back.
 */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "config/keys.h"

struct buf;
struct parse_key;

/* What a value is read with, and what was wrong with it. */
struct value {
	struct arena *arena;          /* borrowed: takes what must be kept */
	const struct key *key;        /* its row */
	const struct parse_key *from; /* its place; NULL: the default */
	struct str text;
	struct str dir; /* what relative paths start from */
	size_t bad;     /* on failure: the byte of <text> */
	struct err err; /*             and the sentence */
};

/*
 * Read v->text into <field>; lists are added to. Return 0, or -1 with v->bad
 * and v->err set and <field> possibly half filled.
 */
int value_parse(struct value *v, void *field);

/*
 * Append the <i>th value of <field> as it would be written (i > 0 for lists
 * only, whose other members are all on line 0 unless they are rules). False,
 * and nothing appended, where there is no <i>th.
 */
bool value_print(
    const struct key *key, const void *field, unsigned i, struct buf *out);

/* Any CONFIG_LIST, seen without its type. */
struct value_list {
	void *v;
	unsigned n;
};

/*
 * Add one member of <size> bytes to the CONFIG_LIST at <field>; zeroed. NULL
 * on (sticky) failure of the arena. Members may move.
 */
void *value_list_add(struct arena *a, void *field, size_t size);

/* The <i>th member of the CONFIG_LIST at <field>; NULL behind the last. */
const void *value_list_at(const void *field, unsigned i, size_t size);

/* Forget what <field> has, if it is a list that values are added to. */
void value_empty(const struct key *key, void *field);

/* A path from <dir> where it is relative; "{state}..." stays for later. */
struct str value_path(struct arena *a, struct str dir, struct str path);

/* Parsers and printers of their own files; through the table alone. */
#define VALUE_PARSER(name) int read_##name(struct value *v, void *field)
#define VALUE_PRINTER(name)                                                    \
	bool show_##name(const struct key *key, const void *field, unsigned i, \
	    struct buf *out)
#define BOTH(name)                                                             \
	VALUE_PARSER(name);                                                    \
	VALUE_PRINTER(name)
BOTH(choice);
BOTH(seconds);
BOTH(millis);
BOTH(size);
BOTH(feed);
BOTH(hostport);
BOTH(netports);
BOTH(nets);
BOTH(ports);
BOTH(match);
BOTH(budget);
BOTH(expect);
BOTH(sites);
BOTH(hours);
BOTH(dates);
#undef BOTH
VALUE_PARSER(addresses);
VALUE_PARSER(host);
VALUE_PARSER(sign_key);
VALUE_PARSER(zone);
VALUE_PRINTER(hostports);
VALUE_PRINTER(text);

/* For these: a number within its key's range, counted in <unit> ms (0: a plain
 * number), and a text; kept in <field>. */
int value_store_u32(struct value *v, uint64_t n, uint64_t unit, void *field);
int value_store_str(struct value *v, struct str s, void *field);

/* "90m" in ms; false: malformed, <bad> is what is wrong with it. */
bool value_duration(struct str text, uint64_t *ms, struct str *bad);

/* A network that is none: says so; and one as it would be written. */
int value_bad_net(struct value *v, struct str part);
struct net;
void value_add_net(struct buf *out, const struct net *n);

/* Set v->bad to where <part> (a slice of v->text) stands and fail. */
int value_bad(struct value *v, struct str part, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The next part of a list, by commas or blanks; false at the end. */
bool value_next(struct str *rest, struct str *part);

#endif
