/*
 * clients.h - how many connections each client address has open, at all
 * workers of this process together.
 *
 * Addresses are chosen by outsiders, so nothing grows with them: two rows of
 * counters, an address has one in each, by a keyed hash. The smaller is its
 * count; it is too high only where both are shared with others that are busy
 * at the same time, and never too low. Workers add with relaxed atomics when
 * a connection comes and goes; requests do not touch it.
 */
#ifndef PROXY_CLIENTS_H
#define PROXY_CLIENTS_H

#include <stdbool.h>
#include <stdint.h>

struct client_table;

struct client_table *clients_new(const uint8_t key[16]); /* NULL: no memory */
struct client_table *clients_ref(struct client_table *t);
void clients_unref(struct client_table *t); /* NULL: nothing */

/*
 * One more of <addr>. false: it has <most> already; then nothing was counted.
 * Each that was counted is taken back once with clients_leave().
 */
bool clients_enter(
    struct client_table *t, const uint8_t addr[16], uint32_t most);
void clients_leave(struct client_table *t, const uint8_t addr[16]);

uint32_t clients_of(const struct client_table *t, const uint8_t addr[16]);

#endif
