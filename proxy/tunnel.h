/*
 * tunnel.h - an open tunnel: what is left of a CONNECT, or of a WebSocket,
 * once both ends are connected. It relays, and knows the names it was judged
 * by, so that it can be judged again when the policy changes.
 */
#ifndef PROXY_TUNNEL_H
#define PROXY_TUNNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "filters/reason.h"

struct conn;
struct tunnel;
struct txn;
struct worker;

/*
 * Make a tunnel of <t>'s ends, with whatever either side has sent already,
 * and end <t>. Returns false where memory is out (then nothing is done).
 */
enum tunnel_kind { TUNNEL_CONNECT = 0, TUNNEL_WEBSOCKET };
bool tunnel_begin(struct txn *t, enum tunnel_kind kind);

/* Its conn closes: release all. Only conn_close() calls this. */
void tunnel_end(struct tunnel *u, enum reason why);

void tunnel_client_ready(struct tunnel *u, unsigned events);
void tunnel_late(struct tunnel *u);

/* All open tunnels of <w> are to be asked again under its present pin. */
void tunnels_outdate(struct worker *w);
/* Ask some; true: there are more. */
bool tunnels_rejudge(struct worker *w);

#endif
