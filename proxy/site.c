/* site.c - our own pages. */
#include "proxy/site.h"

#include "config/config.h"
#include "proxy/block.h"
#include "proxy/txn.h"
#include "proxy/warn.h"

static const struct str press_path = STR_INIT("/continue");
static const struct str form_name = STR_INIT("token=");

bool
site_is_asked(struct txn *t)
{
	const struct request *r = &t->request;

	if (txn_is_connect(t) ||
	    !str_eq(name_str(r->host), t->worker->config->page_address))
		return false;
	t->site.asked = true;
	t->site.is_press = str_eq(r->url.path, press_path) &&
	                   str_eq(t->head.method, STR("POST"));
	return true;
}

static enum step
refuse(struct txn *t)
{
	stats_add(&t->worker->stats.tokens_refused, 1);
	return txn_refuse(t, REASON_TOKEN, 403);
}

/* Take what came of the form into the arena. */
static void
take_body(struct txn *t)
{
	struct block *b = t->conn->in;
	size_t n, want = (size_t)t->head.length - t->site.n;

	if (!b)
		return;
	n = b->n < want ? b->n : want;
	memcpy(t->site.body + t->site.n, block_begin(b), n);
	t->site.n += n;
	block_eat(b, n);
}

/* STEP_WAIT: more of it has to come; STEP_AGAIN: it is there, or the txn has
 * moved on (its state is another). */
static enum step
read_body(struct txn *t)
{
	if (!t->site.body)
		t->site.body = arena_alloc(&t->arena, SITE_BODY_MAX);
	if (!t->site.body)
		return txn_fail(t, REASON_NO_MEMORY);
	for (;;) {
		take_body(t);
		if (t->site.n == t->head.length)
			return STEP_AGAIN;
		if (!t->readable[SIDE_CLIENT])
			return STEP_WAIT;
		t->readable[SIDE_CLIENT] = false;
		switch (conn_read(t->conn)) {
		case IO_DONE:
			continue;
		case IO_WAIT:
			return STEP_WAIT;
		case IO_END:
		case IO_FAIL:
			return txn_fail(t, REASON_CLIENT_ABORT);
		}
	}
}

static enum step
press(struct txn *t)
{
	struct str form = str_make(t->site.body, t->site.n);

	if (!str_starts(form, form_name))
		return refuse(t);
	form = str_sub(form, form_name.n, form.n);
	switch (warn_pressed(t, form, &t->site.onward)) {
	case WARN_REFUSED:
		return refuse(t);
	case WARN_ASK_USER:
		t->verdict =
		    (struct verdict){.kind = VERDICT_NEED, .needs = FACT_USER};
		return txn_need(t);
	case WARN_GRANTED:
		break;
	}
	t->reason = REASON_DONE;
	t->status = 303;
	txn_goto(t, TXN_REPLY);
	return STEP_AGAIN;
}

enum step
step_site(struct txn *t)
{
	if (!t->site.is_press) {
		t->reason = REASON_DONE;
		t->status = 200;
		txn_goto(t, TXN_REPLY);
		return STEP_AGAIN;
	}
	if (t->head.framing != H1_LENGTH || t->head.length > SITE_BODY_MAX)
		return refuse(t);
	if (read_body(t) == STEP_WAIT)
		return STEP_WAIT;
	return t->state == TXN_SITE ? press(t) : STEP_AGAIN;
}
