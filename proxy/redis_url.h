/*
 * redis_url.h - [redis] url, and the commands that a connection begins with.
 *
 *	unix:/path[?db=N]
 *	redis://[[user]:password@]host[:port][/N]
 *
 * The host is an address (IPv6 in brackets) or "localhost": a link that has
 * to look up names first is one more thing that can hang.
 */
#ifndef PROXY_REDIS_URL_H
#define PROXY_REDIS_URL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/str.h"

struct buf;
struct err;

#define REDIS_AUTH_MAX  256
#define REDIS_REPLY_MAX ((size_t)1 << 20) /* an answer over it is hostile */

struct redis_url {
	union {
		struct sockaddr any;
		struct sockaddr_un un;
		struct sockaddr_storage room;
	} addr;
	socklen_t addr_n;
	char user[REDIS_AUTH_MAX], password[REDIS_AUTH_MAX]; /* "": none */
	uint32_t db;
};

/* 0, or -1 with <err> set. A password is never part of the sentence. */
int redis_url_parse(struct str text, struct redis_url *out, struct err *err);

/*
 * Append AUTH and SELECT as far as needed, then PING. Returns how many
 * replies that will bring (all statuses; the last is PONG), 0: no memory.
 */
unsigned redis_url_greet(const struct redis_url *u, struct buf *out);

/* A connecting socket, non-blocking, close-on-exec. -1 with <err> set. */
int redis_url_dial(const struct redis_url *u, struct err *err);

#endif
