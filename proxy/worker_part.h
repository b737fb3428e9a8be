/* worker_part.h - what the two sources of a worker share. */
#ifndef PROXY_WORKER_PART_H
#define PROXY_WORKER_PART_H

#include "proxy/worker.h"

struct pin *worker_pin_new(struct worker *w, struct snapshot *s);
void worker_pin_free(struct worker *w, struct pin *p);
void worker_drop_snapshot(struct worker *w, struct snapshot *s);
void worker_on_message(void *worker, unsigned events);
void worker_close_all(struct worker *w);
void worker_bury_all(struct worker *w);

/* worker_links.c */
int worker_links_open(
    struct worker *w, const uint8_t chance[16], struct err *err);
void worker_links_close(struct worker *w);

/* txn.c: free the unused ones but <n>; as blocks_calm() */
void txns_keep(struct worker *w, unsigned n);
bool txns_calm(struct worker *w, unsigned few);

#endif
