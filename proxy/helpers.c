/*
 * helpers.c - the thread that owns the helpers, and the questions to it.
 *
 * One thread for all sections: it only moves lines. Its children are born of
 * it, and die with it (PR_SET_PDEATHSIG follows the thread).
 */
#include "proxy/helpers.h"

#include "base/err.h"
#include "base/sys/log.h"
#include "base/sys/msgq.h"
#include "base/sys/thread.h"
#include "config/config.h"
#include "proxy/helper_section.h"
#include "proxy/loop.h"

enum message {
	MESSAGE_ASK = 0, /* p: struct helpers_question */
	MESSAGE_PLANS,   /* p: struct plans */
	MESSAGE_STOP,
};

struct plans {
	unsigned n;
	struct helper_plan plan[];
};

struct helpers {
	struct thread thread;
	struct msgq *inbox; /* owned; anybody sends */
	struct loop *loop;  /* owned; the rest is the thread's */
	struct watch inbox_watch;
	struct list_node sections; /* owned; in use */
	struct list_node retired;  /* owned; answer what they were asked */
	struct helpers_counts counts;
};

struct helpers_question *
helpers_question_new(void)
{
	struct helpers_question *q = calloc(1, sizeof(*q));

	if (q)
		list_init(&q->node);
	return q;
}

static void
wipe(struct buf *b)
{
	if (b->p)
		explicit_bzero(b->p, b->cap);
	buf_fini(b);
}

void
helpers_question_free(struct helpers_question *q)
{
	if (!q)
		return;
	wipe(&q->line);
	wipe(&q->token);
	wipe(&q->user);
	free(q);
}

/* ------------------------------------------------------------------ plans */

static void
plans_free(struct plans *p)
{
	for (unsigned i = 0; i < p->n; i++)
		free(p->plan[i].command);
	free(p);
}

/* Our own helper is this very program, even where its file was replaced. */
static bool
plan_command(const struct config_auth *a, struct helper_plan *p)
{
	struct buf b = BUF_EMPTY;

	if (a->htpasswd.n) {
		buf_add_str(&b, STR("/proc/self/exe helper htpasswd "));
		if (a->concurrency)
			buf_add_str(&b, STR("--channels "));
		buf_addf(&b, "\"%.*s\"", STR_ARG(a->htpasswd));
	} else {
		buf_add_str(&b, a->helper);
	}
	buf_add_char(&b, '\0');
	if (b.failed) {
		buf_fini(&b);
		return false;
	}
	p->command = b.p;
	return true;
}

static struct plans *
plans_of(const struct config *c)
{
	struct plans *p =
	    calloc(1, sizeof(*p) + c->auth.n * sizeof(struct helper_plan));

	if (!p)
		return NULL;
	for (unsigned i = 0; i < c->auth.n; i++) {
		const struct config_auth *a = &c->auth.v[i];
		struct helper_plan *to = &p->plan[p->n];

		if (!str_copy(a->name, to->name, sizeof(to->name)) ||
		    !plan_command(a, to)) {
			plans_free(p);
			return NULL;
		}
		p->n++;
		to->children = a->children ? a->children : 1;
		to->concurrency = a->concurrency;
		to->timeout_ms = a->timeout_ms;
	}
	return p;
}

static struct helper_section *
find(struct list_node *in, const char *name)
{
	list_for_each(n, in)
	{
		struct helper_section *s =
		    container_of(n, struct helper_section, node);

		if (strcmp(s->plan.name, name) == 0)
			return s;
	}
	return NULL;
}

/* Is section <s> in <p> as it is? Then it needs no new one. */
static bool
stays(const struct helper_section *s, struct plans *p)
{
	for (unsigned i = 0; i < p->n; i++)
		if (helper_plan_eq(&s->plan, &p->plan[i]))
			return true;
	return false;
}

static void
take_plans(struct helpers *h, struct plans *p)
{
	struct list_node keep = LIST_INIT(keep), *n;

	while ((n = list_pop(&h->sections)) != NULL)
		list_add(stays(container_of(n, struct helper_section, node), p)
		             ? &keep
		             : &h->retired,
		    n);
	while ((n = list_pop(&keep)) != NULL)
		list_add(&h->sections, n);
	for (unsigned i = 0; i < p->n; i++) {
		struct helper_section *s;

		if (find(&h->sections, p->plan[i].name))
			continue;
		s = helper_section_new(h->loop, &p->plan[i], &h->counts);
		p->plan[i].command = NULL;
		if (s)
			list_add(&h->sections, &s->node);
	}
	plans_free(p);
}

/* ----------------------------------------------------------------- thread */

static void
take_question(struct helpers *h, struct helpers_question *q)
{
	struct helper_section *s = find(&h->sections, q->section);

	if (s) {
		helper_section_ask(s, q);
		return;
	}
	q->answer = HELPERS_UNSETTLED; /* gone with a reload, or never begun */
	q->tell(q);
}

static void
on_message(void *helpers, unsigned events)
{
	struct helpers *h = helpers;
	struct msg m;

	(void)events;
	while (msgq_take(h->inbox, &m)) {
		switch ((enum message)m.kind) {
		case MESSAGE_ASK:
			take_question(h, m.p);
			break;
		case MESSAGE_PLANS:
			take_plans(h, m.p);
			break;
		case MESSAGE_STOP:
			loop_stop(h->loop);
			return;
		}
	}
}

static void
after_turn(void *helpers)
{
	struct helpers *h = helpers;
	struct list_node wait = LIST_INIT(wait), *n;

	while ((n = list_pop(&h->retired)) != NULL) {
		struct helper_section *s =
		    container_of(n, struct helper_section, node);

		if (helper_section_is_idle(s))
			helper_section_free(s);
		else
			list_add(&wait, n);
	}
	while ((n = list_pop(&wait)) != NULL)
		list_add(&h->retired, n);
}

static void
free_sections(struct list_node *in)
{
	struct list_node *n;

	while ((n = list_pop(in)) != NULL)
		helper_section_free(
		    container_of(n, struct helper_section, node));
}

static void
run(void *helpers)
{
	struct helpers *h = helpers;

	watch_open(h->loop, &h->inbox_watch, msgq_fd(h->inbox), on_message, h);
	watch_want(&h->inbox_watch, WATCH_READ);
	loop_run(h->loop, after_turn, h, 0);
	free_sections(&h->sections);
	free_sections(&h->retired);
	watch_close(&h->inbox_watch);
}

/* ------------------------------------------------------- from other threads */

struct helpers *
helpers_start(const struct config *c, struct err *err)
{
	struct helpers *h = calloc(1, sizeof(*h));

	if (!h) {
		err_set(err, ERR_MEMORY, "out of memory");
		return NULL;
	}
	list_init(&h->sections);
	list_init(&h->retired);
	h->inbox = msgq_new(err);
	h->loop = loop_new(err);
	if (!h->inbox || !h->loop ||
	    thread_start(&h->thread, "helpers", run, h, err) < 0) {
		loop_free(h->loop);
		msgq_free(h->inbox);
		free(h);
		return NULL;
	}
	helpers_settle(h, c);
	return h;
}

void
helpers_settle(struct helpers *h, const struct config *c)
{
	struct plans *p = plans_of(c);

	if (!p ||
	    !msgq_send(h->inbox, (struct msg){.kind = MESSAGE_PLANS, .p = p})) {
		log_err("out of memory: [auth] stays as it was");
		if (p)
			plans_free(p);
	}
}

void
helpers_stop(struct helpers *h)
{
	struct msg m;

	if (!h)
		return;
	while (!msgq_send(h->inbox, (struct msg){.kind = MESSAGE_STOP}))
		continue;
	thread_join(&h->thread);
	while (msgq_take(h->inbox, &m)) {
		if (m.kind == MESSAGE_ASK)
			helpers_question_free(m.p);
		else if (m.kind == MESSAGE_PLANS)
			plans_free(m.p);
	}
	loop_free(h->loop);
	msgq_free(h->inbox);
	free(h);
}

bool
helpers_ask(struct helpers *h, struct helpers_question *q)
{
	return msgq_send(h->inbox, (struct msg){.kind = MESSAGE_ASK, .p = q});
}

void
helpers_counts(const struct helpers *h, struct helpers_counts *out)
{
	out->asked = __atomic_load_n(&h->counts.asked, __ATOMIC_RELAXED);
	out->unsettled =
	    __atomic_load_n(&h->counts.unsettled, __ATOMIC_RELAXED);
	out->late = __atomic_load_n(&h->counts.late, __ATOMIC_RELAXED);
	out->refused = __atomic_load_n(&h->counts.refused, __ATOMIC_RELAXED);
	out->restarts = __atomic_load_n(&h->counts.restarts, __ATOMIC_RELAXED);
}
