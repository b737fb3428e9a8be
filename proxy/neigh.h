/*
 * neigh.h - which device an address belongs to, as the kernel's table of
 * neighbours has it: for groups by MAC address.
 *
 * Only of clients on a network that this machine is on: behind a router, all
 * look like nobody. A MAC address is what a device says it is; it tells
 * devices apart, and proves nothing.
 *
 * The table is read once and then follows what the kernel tells (rtnetlink).
 * Nothing waits: what the kernel knew when a connection was accepted is in
 * our socket by then.
 */
#ifndef PROXY_NEIGH_H
#define PROXY_NEIGH_H

#include <stdbool.h>
#include <stdint.h>

struct err;
struct loop;
struct neigh;

#define NEIGH_MAX 16384 /* neighbours; beyond, the least asked for leaves */

/* NULL with <err> set. */
struct neigh *neigh_new(struct loop *l, struct err *err);
void neigh_free(struct neigh *n); /* NULL: nothing */

/* The device that <client> (IPv6, or IPv4 mapped) belongs to. False: none is
 * known. */
bool neigh_find(struct neigh *n, const uint8_t client[16], uint8_t mac[6]);

/* What one message of the kernel says, for tests: take <len> bytes in. */
void neigh_take(struct neigh *n, const void *p, int len);

#endif
