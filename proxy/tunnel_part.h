/* tunnel_part.h - what a tunnel is made of; for proxy/tunnel*.c alone. */
#ifndef PROXY_TUNNEL_PART_H
#define PROXY_TUNNEL_PART_H

#include "base/str.h"
#include "filters/request.h"
#include "lists/name.h"
#include "proxy/relay.h"
#include "proxy/tunnel.h"
#include "proxy/worker.h"

struct origin;

#define MINUTE_MS 60000

/* Texts behind the struct, in this order. */
enum text {
	TEXT_CONNECT = 0,
	TEXT_SNI,
	TEXT_HOST,
	TEXT_DIAL, /* whose address was dialled instead; "" : nobody's */
	TEXT_PATH,
	TEXT_QUERY,
	TEXT_METHOD,
	TEXT_UA,
	TEXT_REFERER,
	TEXTS
};

struct tunnel {
	struct worker *worker;
	struct conn *conn;     /* borrowed: it owns us */
	struct origin *origin; /* owned */
	struct pin *pin;       /* counted */
	struct list_node node; /* in worker.tunnels or .outdated */
	struct grave grave;
	struct relay_way way[2];         /* by enum side: where it reads */
	struct name name[TEXT_DIAL + 1]; /* connect, sni, host, dial */
	int64_t began;
	uint32_t text_n[TEXTS];
	uint32_t nfields;
	struct request_field *fields; /* owned, their texts behind them: of the
	                               * head, where the policy asked for them;
	                               * NULL: none */
	uint16_t port;
	uint64_t budgets; /* that it is charged to */
	int64_t minute;   /* wall: the last one it was charged for */
	bool spends;      /* bytes have moved in another one */
	uint8_t kind;     /* enum tunnel_kind */
	bool inside;      /* of a CONNECT */
	bool has_query;
	char text[];
};

struct str tunnel_text(const struct tunnel *u, enum text which);

/* Is it still permitted? REASON_NONE, or why not, which is recorded then. What
 * goes on is charged to its budgets. */
enum reason tunnel_why_not(struct tunnel *u);

#endif
