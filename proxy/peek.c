/* peek.c - an answer is looked at before it goes on. */
#include "proxy/peek.h"

#include "proxy/answer.h"
#include "proxy/block.h"
#include "proxy/limits.h"
#include "proxy/origin_h1.h"

struct peek {
	struct answer_more more;
	bool has_size; /* the head has told it, and no more can come */
	bool passed, recorded;
	uint32_t n;
	char first[REQUEST_FIRST_MAX];
};

/* Are there as many first bytes as can tell anything? */
static bool
is_whole(const struct txn *t)
{
	const struct peek *p = t->peek;

	return !p->more.first || p->n == REQUEST_FIRST_MAX || t->down.ended;
}

/* What is ready of the body: to the first bytes. */
static void
take_first(struct txn *t)
{
	struct peek *p = t->peek;
	size_t n = t->down.ready, room = REQUEST_FIRST_MAX - p->n;

	if (n > room)
		n = room;
	if (n)
		memcpy(p->first + p->n, block_begin(t->down_block), n);
	p->n += (uint32_t)n;
}

/* Bytes of the whole that there are at least, by what has come. */
static uint64_t
size_so_far(const struct txn *t)
{
	return t->peek->more.from + t->down.passed + t->down.ready;
}

/* What is known by now into the request. */
static void
tell(struct txn *t)
{
	struct answer *a = &t->request.answer;
	const struct peek *p = t->peek;

	a->first = p->more.first ? str_make(p->first, p->n) : STR_NONE;
	a->encoded = answer_is_encoded(&p->more, a->first);
	if (p->has_size)
		return;
	/* what is said of it may be less than what comes, or more */
	a->size = size_so_far(t);
	if (a->size < p->more.least)
		a->size = p->more.least;
	a->has_size = t->down.ended;
}

static enum step
ask(struct txn *t, enum stage stage)
{
	take_first(t);
	tell(t);
	if (t->request.stage < stage)
		t->request.stage = stage;
	txn_goto(t, TXN_DECIDE);
	return STEP_AGAIN;
}

/* The request's Range as it was sent; "": none that can be understood. Of
 * several at once none is sent where answers are judged. */
static struct str
range_of(const struct txn *t)
{
	struct str found = STR_NONE;

	for (unsigned i = 0; i < t->head.nfields; i++) {
		if (!str_eq_nocase(t->head.field[i].name, STR("Range")))
			continue;
		if (found.n)
			return STR_NONE;
		found = t->head.field[i].value;
	}
	return str_find(found, ',', 0) < found.n ? STR_NONE : found;
}

enum step
peek_begin(struct txn *t, enum h1_framing in)
{
	t->peek = arena_zalloc(&t->arena, sizeof(*t->peek));
	if (!t->peek)
		return txn_fail(t, REASON_NO_MEMORY);
	t->why = answer_build(&t->answer, in, range_of(t), &t->arena,
	    &t->request.answer, &t->peek->more);
	if (t->arena.failed)
		return txn_fail(t, REASON_NO_MEMORY);
	if (t->why)
		return txn_fail(t, REASON_ORIGIN_MALFORMED);
	t->peek->has_size = t->request.answer.has_size;
	txn_goto(t, TXN_PEEK);
	return STEP_AGAIN;
}

enum step
step_peek(struct txn *t)
{
	bool first = t->peek->more.first;
	struct flow_ends e = origin_down(t);

	if (origin_upload(t) == STEP_AGAIN)
		return STEP_AGAIN;
	if (t->late)
		return ask(t, STAGE_HEAD);
	switch (flow_peek(&t->down, &e, first ? REQUEST_FIRST_MAX : 0)) {
	case FLOW_DONE:
		return ask(t, STAGE_HEAD);
	case FLOW_MALFORMED:
		t->why = t->down.why;
		return txn_fail(t, REASON_ORIGIN_MALFORMED);
	case FLOW_SHORT:
	case FLOW_SOURCE_FAIL:
		return txn_fail(t, REASON_ORIGIN_SHORT);
	case FLOW_WAIT:
	case FLOW_LIMIT:
	case FLOW_SINK_FAIL:
		break;
	}
	return origin_wait(t);
}

enum step
peek_again(struct txn *t)
{
	bool asked = t->verdict.kind == VERDICT_ASK && t->verdict.size_limit &&
	             size_so_far(t) > t->verdict.size_limit;

	/* where nothing is out yet there can still be a page */
	t->answered = t->down.moved != 0;
	return ask(t, asked ? STAGE_BODY : STAGE_HEAD);
}

enum step
peek_go_on(struct txn *t)
{
	uint64_t size = t->down.passed + t->down.ready;
	uint64_t from = t->peek->more.from, bound = UINT64_MAX;

	if (t->answer.status == 101)
		return origin_switch(t);
	t->down.limit = is_whole(t) ? UINT64_MAX : size;
	if (t->verdict.kind == VERDICT_ASK && t->verdict.size_limit)
		bound = t->verdict.size_limit > from
		            ? t->verdict.size_limit - from
		            : 0;
	if (bound < t->down.limit)
		t->down.limit = bound;
	/* what was judged may pass, or this would go on for ever */
	if (t->down.limit < size)
		t->down.limit = size;
	t->answered = true;
	t->readable[SIDE_ORIGIN] = true;
	txn_goto(t, TXN_RELAY);
	return STEP_AGAIN;
}

bool
peek_is_first_pass(struct txn *t)
{
	bool first = !t->peek || !t->peek->passed;

	if (t->peek)
		t->peek->passed = true;
	return first;
}

bool
peek_is_first_record(struct txn *t)
{
	bool first = !t->peek || !t->peek->recorded;

	if (t->peek)
		t->peek->recorded = true;
	return first;
}
