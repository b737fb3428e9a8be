/*
 * txn.h - one request and its answer; a tunnel until it is open.
 *
 * The machine is in txn_fsm.c; its steps stand in the files that know their
 * matter. A step never blocks. One that returns STEP_AGAIN has moved; after
 * STEP_WAIT the txn may be gone. Whoever waits has a deadline, which is the
 * one timer of the conn. Events only set flags and call txn_run().
 */
#ifndef PROXY_TXN_H
#define PROXY_TXN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "filters/facts.h"
#include "filters/request.h"
#include "filters/verdict.h"
#include "proxy/auth.h"
#include "proxy/conn.h"
#include "proxy/facts_fetch.h"
#include "proxy/flow.h"
#include "proxy/resolve.h"
#include "proxy/site.h"
#include "proxy/wire/authority.h"
#include "proxy/wire/h1.h"
#include "review/record.h"

struct origin;
struct peek;
struct pin;
struct safe_edit;

enum txn_state {
	TXN_HEAD = 0, /* the request's head comes in */
	TXN_DECIDE,
	TXN_FACTS,   /* decide() needs to know more */
	TXN_FETCH,   /* a connection from the pool, or a new one */
	TXN_RESOLVE, /* the site's name is looked up */
	TXN_CONNECT, /* its addresses are tried */
	TXN_AWAIT,   /* the request goes out; its answer is awaited */
	TXN_PEEK,    /* its head is there; how it begins is awaited */
	TXN_RELAY,   /* the answer comes and goes on */
	TXN_GREET,   /* CONNECT: our 200 goes out */
	TXN_HELLO,   /* CONNECT: the TLS greeting comes in */
	TXN_PARENT,  /* CONNECT: the parent proxy is asked */
	TXN_SITE,    /* asked of ourselves: a form comes in */
	TXN_RECORD,  /* a record is put into the ring */
	TXN_REPLY,   /* an answer of our own goes out */
	TXN_DONE,
	TXN_NSTATES
};

enum step { STEP_AGAIN = 0, STEP_WAIT };

enum side { SIDE_CLIENT = 0, SIDE_ORIGIN };

struct txn {
	struct conn *conn;     /* borrowed: it owns us */
	struct worker *worker; /* borrowed */
	struct txn *next;      /* among the unused */
	struct grave grave;
	struct pin *pin; /* counted */
	struct arena arena;
	enum txn_state state;
	enum reason reason;    /* why it ended as it did */
	enum reason challenge; /* AUTH_NEEDED, AUTH_FAILED: ask for credentials,
				* 407; else NONE */
	const char *why;       /* more of that: a static sentence, or NULL */
	uint16_t status;       /* what is answered; 0: nothing yet */
	int64_t began;         /* loop time of its first byte */
	int64_t connect_due;   /* loop time by which a connection must stand */
	bool late;             /* the state's deadline has passed */
	bool readable[2];      /* enum side: may have something to read */
	bool writable;         /* the origin's socket is connected, or failed */
	bool answered;         /* the client has got a part of an answer */
	bool close;            /* the conn is of no further use */
	bool settled;          /* what is waited for came */
	bool judged;           /* <verdict> holds one */
	bool named;            /* <request> holds what is asked for */
	bool answered_self;    /* our own answer is on its way */
	bool broken;           /* the origin takes no more of the request */
	bool is_tls;           /* a tunnel whose client speaks TLS */
	bool more;             /* the client has sent more than this request, or
	                      * its end */
	uint8_t interim, tries, addr_at, guarded;
	uint32_t needing;     /* set of enum fact that is waited for */
	uint32_t patience_ms; /* how long, if longer than usual */

	/* the request */
	struct h1_parser parser; /* of its head, then of the answer's */
	struct h1_head head;     /* slices into conn->in, below its floor */
	struct target target;
	struct request request;
	struct facts facts;
	struct facts_wait facts_wait;
	struct auth_wait auth_wait;
	struct str auth_token; /* in the arena: of a dialogue that goes on */
	struct verdict verdict;
	struct str raw_url; /* for the record */
	enum record_action action;
	char id[RECORD_ID]; /* of the record; "" without */
	bool told;          /* <said> holds <verdict> in words */

	/* the origin */
	struct origin *origin;  /* owned while in use */
	bool begun;             /* the request is on its way to this origin */
	bool fresh;             /* the pool is not to be used (again) */
	struct safe_edit *edit; /* in the arena: safe search; NULL: none */
	struct name resolved;   /* whose addresses <resolve> has; n 0: none */
	struct resolve_query resolve;
	struct str out_head; /* the request as sent, in the arena */
	struct flow up, down;
	struct block *down_block; /* owned */
	struct h1_head answer;    /* slices into down_block; until sent */
	struct peek *peek; /* in the arena; of an answer that is judged */

	/* our own answer */
	struct site site;
	int64_t minute;   /* wall: the last one charged to budgets */
	bool has_button;  /* a warning's page with its button */
	struct buf reply; /* owned, kept for the next txn */
	struct pieces reply_pieces;

	struct provenance said;
	char connect_room[NAME_ROOM], sni_room[NAME_ROOM], host_room[NAME_ROOM];
	struct h1_field fields[H1_FIELDS_MAX];        /* of head */
	struct h1_field answer_fields[H1_FIELDS_MAX]; /* of answer */
};

/* For <c>, whose first bytes are in its in-block. NULL: no memory. */
struct txn *txn_new(struct conn *c);

/* Its conn closes (or ends it): release all, at once but the memory. */
void txn_end(struct txn *t);

/* txn_fsm.c */
void txn_goto(struct txn *t, enum txn_state to);
void txn_run(struct txn *t);
void txn_late(struct txn *t);
const char *txn_state_name(enum txn_state s);
bool txn_may_go(enum txn_state from, enum txn_state to);

/* Events. */
void txn_client_ready(struct txn *t, unsigned events);
void txn_origin_ready(void *txn, unsigned events);

/*
 * It ends for <why>, as far as the client can still be told: an answer with
 * the status that belongs to the reason, else the connection is cut. Returns
 * STEP_AGAIN, so that steps may `return txn_fail(t, REASON_X)`.
 */
enum step txn_fail(struct txn *t, enum reason why);
/* The same with a status of its own. */
enum step txn_refuse(struct txn *t, enum reason why, uint16_t status);

/* Fetch what t->verdict needs; then it is decided, or the page goes on. */
enum step txn_need(struct txn *t);

/* It ends for <why>: which counter, which record. */
void txn_count_end(struct txn *t, enum reason why);

/* May it be sent again if a kept connection turns out to be dead? */
bool txn_is_repeatable(const struct txn *t);

/* Has the client sent all of its request? */
bool txn_is_upload_done(const struct txn *t);

/* The verdict in words; worked out once. NULL: there is none. */
const struct provenance *txn_provenance(struct txn *t);

/* The steps. */
enum step step_head(struct txn *t);    /* front_h1.c */
enum step step_decide(struct txn *t);  /* judge.c */
enum step step_facts(struct txn *t);   /* judge.c */
enum step step_record(struct txn *t);  /* keep_record.c */
enum step step_done(struct txn *t);    /* txn.c */
enum step step_fetch(struct txn *t);   /* dial.c */
enum step step_resolve(struct txn *t); /* dial.c */
enum step step_connect(struct txn *t); /* dial.c */
enum step step_await(struct txn *t);   /* origin_h1.c */
enum step step_peek(struct txn *t);    /* peek.c */
enum step step_relay(struct txn *t);   /* origin_h1.c */
enum step step_greet(struct txn *t);   /* tunnel_open.c */
enum step step_hello(struct txn *t);   /* tunnel_open.c */
enum step step_parent(struct txn *t);  /* tunnel_open.c */
enum step step_site(struct txn *t);    /* site.c */
enum step step_reply(struct txn *t);   /* reply.c */

static inline bool
txn_is_connect(const struct txn *t)
{
	return t->target.form == TARGET_AUTHORITY;
}

#endif
