/*
 * scenario.h - "would pupils get this on Monday at ten?" in one line: what
 * `expect` in the configuration, `suzgi test FILE`, `suzgi explain` and
 * `suzgi simulate` ask. Pure.
 *
 *	block pupils http://casino.test/ at 2026-11-23T10:00
 *	allow staff  https://forum.test/ user aigerim
 *	warn  pupils http://chat.test/ client 10.1.2.3 method POST
 *	block -      http://a.test/v ua "Old Browser/1.0" type video/mp4
 *
 * First what is expected (allow, block, warn, monitor), a group or "-" (who
 * the client is decides), the address (http: a URL; https: a tunnel that is
 * not looked into; HOST:PORT: a CONNECT), then words in pairs: at (local time
 * of the snapshot, or with Z), user, member (an auth-group; several times),
 * client, mac, listener, method, connect, sni, type, size, search, ua,
 * referer, and header NAME=VALUE (several times).
 *
 * Blanks and tabs part the words; "in quotes" a value may have some. A word
 * that begins with '#' ends the line.
 */
#ifndef FILTERS_SCENARIO_H
#define FILTERS_SCENARIO_H

#include <stdbool.h>

#include "base/arena.h"
#include "filters/facts.h"
#include "filters/request.h"
#include "filters/verdict.h"

struct err;
struct snapshot;

struct scenario {
	enum action expected;
	bool expects;           /* else nobody said: scenario_make() */
	struct request request; /* filled as deep as it goes */
	struct facts facts;     /* user and groups, all settled */
	struct str text;        /* the line */
	uint32_t column; /* where scenario_read() failed, in bytes, from 0 */
};

/* <now> where the line has no `at`. All is in <a>. -1 with <err> and the place
 * in out->column. */
int scenario_read(struct arena *a, const struct snapshot *s, struct str line,
    int64_t now, struct scenario *out, struct err *err);

#define SCENARIO_WORDS_MAX 64

struct scenario_word {
	struct str key, value;
	uint32_t key_at, value_at; /* columns, for <column> */
};

/* The pairs alone: "user aigerim at 2026-11-23T10:00", behind those that are
 * there; <words> has room for SCENARIO_WORDS_MAX. Slices of <text>. */
int scenario_words(struct str text, struct scenario_word *words, unsigned *n,
    uint32_t *column, struct err *err);

/* The same in parts. */
struct scenario_ask {
	struct str group;   /* "" or "-": who the client is decides */
	struct str address; /* "": the words "connect" and "sni" alone */
	uint32_t group_at, address_at;
	const struct scenario_word *words;
	unsigned nwords;
	int64_t now;
};

/* What was asked in parts, without an expectation. All of <ask> is borrowed.
 * As scenario_read(); <err> is ERR_REFUSED where the address itself is one
 * that the filter would refuse, whoever asks. */
int scenario_make(struct arena *a, const struct snapshot *s,
    const struct scenario_ask *ask, struct scenario *out, uint32_t *column,
    struct err *err);

/* "2026-11-23T10:00[:00]" by the snapshot's clock, the same with Z in UTC, or
 * seconds since 1970. An hour that a change of time repeats is the first of
 * the two; one that it skips is the moment of the change. */
bool scenario_time(const struct snapshot *s, struct str text, int64_t *out);

/* How deep the edge gets for <r> where <s> decides: an opaque tunnel HOST, a
 * request to its answer's end where a rule asks for that, else URL. */
enum stage scenario_deepest(const struct snapshot *s, const struct request *r);

/* Where the edge begins: a tunnel at HOST, a request when its URL is there. */
enum stage scenario_first(const struct request *r);

/*
 * The final verdict, asked in stages as the edge does, from scenario_first() on
 * as far as the request goes. What facts would have to be fetched and are not
 * given count as not there.
 */
struct verdict scenario_run(const struct snapshot *s, const struct scenario *c);

/*
 * The same for who wants more: asks at <first>, then where the answer says,
 * until it is final; facts come from <f> one by one as they are asked for, so
 * that what stops a request early is what would have stopped it in traffic.
 * <r> is left as it was for the last answer (its stage, and what was known by
 * then), and so is <f>.
 */
struct verdict scenario_decide(const struct snapshot *s, struct request *r,
    struct facts *f, enum stage first);

/* Facts of somebody who is <user> ("": nobody said), in no auth-group, has
 * used up no budget and was let through no warning. */
void scenario_facts(struct facts *f, struct str user);

/* The action that <v> comes to: ALLOW, BLOCK, WARN, MONITOR. */
enum action scenario_action(const struct verdict *v);

#endif
