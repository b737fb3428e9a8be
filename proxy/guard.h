/*
 * guard.h - which addresses may be connected to.
 *
 * Asked with the very sockaddr that connect() gets, each time, so that no
 * spelling, no DNS answer and no rebinding passes by it. Always denied unless
 * [origin] allow-private names them: loopback, private, link-local, shared,
 * multicast, reserved and metadata networks, IPv4 inside IPv6 by any mapping,
 * the addresses of this machine. Denied in any case: port 0, what [origin]
 * deny names, our own listeners and our Redis. Immutable; made by the daemon
 * when it starts and at each reload.
 *
 * An IPv6 address that carries an IPv4 one must be permitted as both.
 *
 * The guard is about what clients name. The parent proxy ([origin] via) was
 * named by the administrator and is dialled without asking.
 */
#ifndef PROXY_GUARD_H
#define PROXY_GUARD_H

#include <stdbool.h>
#include <sys/socket.h>

struct config;
struct err;
struct guard;

/* Reads the machine's addresses (getifaddrs). NULL with <err> set. */
struct guard *guard_new(const struct config *c, struct err *err);
void guard_free(struct guard *g); /* NULL: nothing */

bool guard_permits(const struct guard *g, const struct sockaddr *to);

#endif
