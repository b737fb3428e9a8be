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

/* A path from <dir> where it is relative; "{state}..." stays for later. */
struct str value_path(struct arena *a, struct str dir, struct str path);

/* Parsers and printers of their own files; through the table alone. */
#define VALUE_PARSER(name) int read_##name(struct value *v, void *field)
#define VALUE_PRINTER(name)                                                    \
	bool show_##name(const struct key *key, const void *field, unsigned i, \
	    struct buf *out)
VALUE_PARSER(size);
VALUE_PARSER(feed);
VALUE_PARSER(sign_key);
VALUE_PARSER(hostport);
VALUE_PARSER(addresses);
VALUE_PARSER(netports);
VALUE_PARSER(nets);
VALUE_PARSER(match);
VALUE_PARSER(ports);
VALUE_PRINTER(size);
VALUE_PRINTER(feed);
VALUE_PRINTER(hostport);
VALUE_PRINTER(hostports);
VALUE_PRINTER(netports);
VALUE_PRINTER(nets);
VALUE_PRINTER(match);
VALUE_PRINTER(ports);

/* Set v->bad to where <part> (a slice of v->text) stands and fail. */
int value_bad(struct value *v, struct str part, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The next part of a list, by commas or blanks; false at the end. */
bool value_next(struct str *rest, struct str *part);

#endif
