/*
 * resp.c - RESP2; the door to hiredis 0.14 (no RESP3, no TLS there).
 *
 * The reader gets functions of ours in place of its own, which would build a
 * tree: only what stands at the top of a reply is kept, copied out of the
 * reader's buffer, which moves. Its array callback is the only place where an
 * announced size turns into work, so the bound stands there.
 */
#include "proxy/wire/resp.h"

#include <hiredis/hiredis.h>

#include "base/buf.h"
#include "base/bug.h"

#define RESP_VALUE_KEPT 65536 /* beyond it a value's memory is given back */

struct resp {
	redisReader *reader; /* owned */
	size_t max;
	struct buf value; /* owned: the text of <reply> */
	struct resp_reply reply;
	long long elements; /* of the reply being read */
	bool bad;
};

/* Any pointer but NULL, which would mean "out of memory" to the reader. */
static void *
taken(const redisReadTask *task)
{
	return task->privdata;
}

static void *
on_string(const redisReadTask *task, char *p, size_t n)
{
	struct resp *r = task->privdata;

	if (task->parent)
		return taken(task);
	r->reply.kind = task->type == REDIS_REPLY_ERROR    ? RESP_ERROR
	                : task->type == REDIS_REPLY_STATUS ? RESP_STATUS
	                                                   : RESP_STRING;
	buf_add(&r->value, p, n);
	return r->value.failed ? NULL : taken(task);
}

static void *
on_array(const redisReadTask *task, int n)
{
	struct resp *r = task->privdata;

	if (n < 0 || n > RESP_ELEMENTS_MAX ||
	    (r->elements += n) > RESP_ELEMENTS_MAX)
		return NULL;
	if (!task->parent) {
		r->reply.kind = RESP_ARRAY;
		r->reply.number = n;
	}
	return taken(task);
}

static void *
on_integer(const redisReadTask *task, long long v)
{
	struct resp *r = task->privdata;

	if (!task->parent) {
		r->reply.kind = RESP_INTEGER;
		r->reply.number = v;
	}
	return taken(task);
}

static void *
on_nil(const redisReadTask *task)
{
	struct resp *r = task->privdata;

	if (!task->parent)
		r->reply.kind = RESP_NIL;
	return taken(task);
}

static void
on_free(void *object)
{
	(void)object; /* it was never ours to give */
}

struct resp *
resp_new(size_t max)
{
	static redisReplyObjectFunctions functions = {
	    on_string, on_array, on_integer, on_nil, on_free};
	struct resp *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->reader = redisReaderCreateWithFunctions(&functions);
	if (!r->reader) {
		free(r);
		return NULL;
	}
	r->reader->privdata = r;
	r->max = max;
	return r;
}

void
resp_free(struct resp *r)
{
	if (!r)
		return;
	redisReaderFree(r->reader);
	buf_fini(&r->value);
	free(r);
}

bool
resp_feed(struct resp *r, const void *p, size_t n)
{
	size_t held = r->reader->len - r->reader->pos;

	if (r->bad || held > r->max || n > r->max - held ||
	    redisReaderFeed(r->reader, p, n) != REDIS_OK)
		r->bad = true;
	return !r->bad;
}

enum resp_result
resp_next(struct resp *r, struct resp_reply *out)
{
	void *got = NULL;

	if (r->bad)
		return RESP_BAD;
	if (r->value.cap > RESP_VALUE_KEPT)
		buf_fini(&r->value);
	buf_reset(&r->value);
	if (redisReaderGetReply(r->reader, &got) != REDIS_OK) {
		r->bad = true;
		return RESP_BAD;
	}
	if (!got)
		return RESP_MORE;
	*out = r->reply;
	out->text = (struct bytes){
	    (const uint8_t *)(const void *)r->value.p, r->value.n};
	r->reply = (struct resp_reply){0};
	r->elements = 0;
	return RESP_REPLY;
}

bool
resp_command(struct buf *out, const struct bytes *args, unsigned n)
{
	const char *argv[RESP_ARGS_MAX];
	size_t lens[RESP_ARGS_MAX];
	char *text = NULL;
	int len;

	if (BUG(n == 0 || n > RESP_ARGS_MAX))
		return false;
	for (unsigned i = 0; i < n; i++) {
		argv[i] = (const char *)args[i].p;
		lens[i] = args[i].n;
	}
	len = redisFormatCommandArgv(&text, (int)n, argv, lens);
	if (len < 0)
		return false;
	if (buf_room(out, (size_t)len))
		buf_add(out, text, (size_t)len);
	free(text);
	return !out->failed;
}
