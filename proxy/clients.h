/*
 * clients.h - how many connections each client address has open, at this
 * worker. Addresses are chosen by outsiders: the table is keyed.
 */
#ifndef PROXY_CLIENTS_H
#define PROXY_CLIENTS_H

#include <stdbool.h>
#include <stdint.h>

struct client_table;

struct client_table *clients_new(const uint8_t key[16]); /* NULL: no memory */
void clients_free(struct client_table *t);               /* NULL: nothing */

/*
 * One more of <addr>. false: it has <most> already, or no memory; then nothing
 * was counted. Each that was counted is taken back once with _leave().
 */
bool clients_enter(
    struct client_table *t, const uint8_t addr[16], uint32_t most);
void clients_leave(struct client_table *t, const uint8_t addr[16]);

/* How many <addr> has, and how many addresses there are. */
uint32_t clients_of(const struct client_table *t, const uint8_t addr[16]);
uint32_t clients_count(const struct client_table *t);

#endif
