/*
 * head_out.h - message heads as we send them: written anew from parsed
 * fields, so that what was judged is what is read at the other end.
 *
 * Never passed on: hop-by-hop fields, Proxy-*, X-Forwarded-For, Forwarded,
 * Alt-Svc, and whatever frames the message: that we say ourselves.
 */
#ifndef PROXY_HEAD_OUT_H
#define PROXY_HEAD_OUT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"
#include "filters/request.h"
#include "proxy/wire/authority.h"
#include "proxy/wire/h1.h"

struct safe_edit;

struct head_out_request {
	const struct h1_head *head;
	const struct target *target;
	const struct request *request; /* host and port come from here */
	struct str via;
	bool absolute; /* to a parent proxy: the whole address as target */
	const struct safe_edit *edit; /* safe search; NULL: none */
	bool in_one; /* do not ask for several parts at once: their types
			* would stand inside of the body */
};

/* STR_NONE when <a> has failed. */
struct str head_out_request(struct arena *a, const struct head_out_request *q);

struct head_out_answer {
	const struct h1_head *head;
	enum h1_framing framing; /* as it goes out: H1_NO_BODY sends no
				  * framing but a length that was given */
	struct str via;
	bool close;
	bool *hint; /* set where a hint at QUIC was taken out */
};
struct str head_out_answer(struct arena *a, const struct head_out_answer *q);

/* "CONNECT name:port" for a parent proxy. */
struct str head_out_connect(
    struct arena *a, struct name name, uint16_t port, struct str via);

#endif
