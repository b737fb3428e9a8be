/*
 * conn.h - one client socket, from accept to close.
 *
 * It reads into its in-block, hands what comes to whoever has it at present
 * (a txn, a tunnel) and closes with a reason. Between requests it has neither
 * block nor txn. Its one timer serves whoever has it.
 */
#ifndef PROXY_CONN_H
#define PROXY_CONN_H

#include <stdbool.h>
#include <stdint.h>

#include "filters/reason.h"
#include "lists/name.h"
#include "proxy/io.h"
#include "proxy/loop.h"
#include "proxy/worker.h"

struct block;
struct conn_auth;
struct listener;
struct tunnel;
struct txn;

enum conn_state {
	CONN_IDLE = 0, /* waits for the first byte of a request */
	CONN_REQUEST,  /* its txn has it */
	CONN_TUNNEL,   /* its tunnel has it */
	CONN_LINGER,   /* answered and shut: reads and throws away, bounded */
	CONN_CLOSED,   /* on the graveyard */
	CONN_NSTATES
};

/* A conn inside a CONNECT to a port for plain HTTP: what it is tied to. */
struct conn_inner {
	struct name name; /* in room */
	uint16_t port;
	char room[NAME_ROOM];
};

struct conn {
	struct worker *worker;
	struct listener *listener; /* borrowed from the worker */
	struct watch watch;
	struct timer timer;
	struct list_node node;  /* in worker.conns */
	struct list_node ready; /* in worker.ready, or in none */
	struct grave grave;
	struct block *in;         /* owned; NULL when nothing is underway */
	struct txn *txn;          /* owned; NULL between requests */
	struct tunnel *tunnel;    /* owned; CONN_TUNNEL alone */
	struct conn_inner *inner; /* owned; NULL outside */
	struct conn_auth *auth;   /* owned; NULL: nobody was asked for */
	int fd;                   /* owned; -1 once closed */
	enum conn_state state;
	enum reason reason; /* why it was closed */
	uint32_t lingered;
	uint8_t client[16];
};

/* Takes <fd>, which was counted with clients_enter(); closes it on failure. */
void conn_open(struct listener *l, int fd, const uint8_t client[16]);

/* The only way out. Also ends its txn or tunnel. Harmless when closed. */
void conn_close(struct conn *c, enum reason why);

/* Its txn is done and gone; take up what is next on it. */
enum conn_then {
	CONN_KEEP = 0,
	CONN_CLOSE, /* nothing of the client's is unread */
	CONN_SHUT,  /* something may be: linger, so that the answer arrives */
	CONN_RESET, /* what was sent must not be taken for whole */
};
void conn_after(struct conn *c, enum conn_then then, enum reason why);

/* Its tunnel takes over from its txn. */
void conn_tunnel(struct conn *c, struct tunnel *t);

/* Read into its in-block (which it takes if it has none). IO_FAIL also when
 * out of memory. */
enum io conn_read(struct conn *c);

/* A request is there already: begin with it (from worker.ready). */
void conn_resume(struct conn *c);

/* The service ends: close if idle, else after the present answer. */
void conn_drain(struct conn *c);

const char *conn_state_name(enum conn_state s);

#endif
