/*
 * helper_section.c - the children of one [auth NAME] and their questions.
 *
 * A question that goes down with a child is put to another one, once: what
 * ends two of them is not tried on a third. Its own time is over before a
 * child is late with it where it stood in the queue for long; then it alone
 * is given up.
 */
#include "proxy/helper_section.h"

#include "base/str.h"
#include "base/sys/clock.h"
#include "base/sys/log.h"

#define TRIES   2
#define KEPT_MS 250 /* at least, for a dialogue, though others wait */

static void
count(uint64_t *field)
{
	__atomic_fetch_add(field, 1, __ATOMIC_RELAXED);
}

/* Tell who asked, and forget <q>. */
static void
tell(struct helper_section *s, struct helpers_question *q,
    enum helpers_answer answer)
{
	q->answer = answer;
	if (answer == HELPERS_UNSETTLED)
		count(&s->counts->unsettled);
	if (q->late)
		count(&s->counts->late);
	q->tell(q);
}

/* All have fallen again and again: there is nobody to wait for. */
static bool
is_hopeless(const struct helper_section *s)
{
	for (unsigned i = 0; i < s->plan.children; i++)
		if (s->child[i].state == HELPER_UP ||
		    s->child[i].falls < HELPER_FALLS)
			return false;
	return true;
}

static struct helpers_question *
unqueue(struct helper_section *s)
{
	struct list_node *n = list_pop(&s->queue);

	if (!n)
		return NULL;
	s->nqueued--;
	return container_of(n, struct helpers_question, node);
}

static void
give_up_all(struct helper_section *s)
{
	struct helpers_question *q;

	while ((q = unqueue(s)) != NULL)
		tell(s, q, HELPERS_UNSETTLED);
}

/* Until when <h> is nobody else's. A dialogue that is not gone on with must
 * not keep who can sign in at once from it. */
static int64_t
kept_until(const struct helper_section *s, const struct helper_child *h)
{
	int64_t least = h->kept - s->plan.timeout_ms + KEPT_MS;

	return least < h->kept ? least : h->kept;
}

/* One of no dialogue, else that of the oldest; then one with less to do. */
static bool
is_better(const struct helper_child *h, const struct helper_child *than)
{
	if (!h->kept != !than->kept)
		return !h->kept;
	return h->kept ? h->kept < than->kept : h->nopen < than->nopen;
}

/* The best child that is free. */
static struct helper_child *
pick(struct helper_section *s)
{
	int64_t now = clock_mono_ms();
	struct helper_child *best = NULL;

	for (unsigned i = 0; i < s->plan.children; i++) {
		struct helper_child *h = &s->child[i];

		if ((h->kept && kept_until(s, h) > now) ||
		    (best && !is_better(h, best)))
			continue;
		if (helper_child_is_free(h))
			best = h;
	}
	return best;
}

static int64_t
sooner(int64_t a, int64_t b)
{
	return !a || (b && b < a) ? b : a;
}

static void
arm(struct helper_section *s)
{
	int64_t now = clock_mono_ms(), next = 0;

	for (unsigned i = 0; i < s->plan.children; i++) {
		const struct helper_child *h = &s->child[i];

		next =
		    sooner(next, helper_child_late_at(h, s->plan.timeout_ms));
		next = sooner(next, helper_child_due(h));
		if (s->nqueued && h->kept && kept_until(s, h) > now)
			next = sooner(next, kept_until(s, h));
	}
	if (s->nqueued)
		next = sooner(next,
		    container_of(s->queue.next, struct helpers_question, node)
		        ->due);
	if (next)
		timer_arm(&s->timer, next > now ? next - now : 0);
	else
		timer_off(&s->timer);
}

/* As many as there are children free. */
static void
dispatch(struct helper_section *s)
{
	while (s->nqueued) {
		struct helper_child *h = pick(s);

		if (!h || !s->nqueued) /* one that was ended gave up its own */
			break;
		helper_child_ask(h, unqueue(s));
	}
	arm(s);
}

/* ---------------------------------------------------- what children tell */

static enum helpers_answer
answer_of(const struct helpline *line)
{
	switch (line->result) {
	case HELPLINE_OK:
	case HELPLINE_AF:
		return HELPERS_YES;
	case HELPLINE_ERR:
	case HELPLINE_NA:
		return HELPERS_NO;
	case HELPLINE_TT:
		return HELPERS_MORE;
	case HELPLINE_BH:
		break;
	}
	return HELPERS_UNSETTLED;
}

static void
on_answered(
    void *child, struct helpers_question *q, const struct helpline *line)
{
	struct helper_child *h = child;
	struct helper_section *s = h->owner.section;

	buf_add_str(&q->user, line->user);
	buf_add_str(&q->token, line->token);
	q->has_ttl = line->has_ttl;
	q->ttl_s = line->ttl_s;
	q->child = 0;
	s->looping = false;
	if (line->result == HELPLINE_TT) {
		static uint64_t talks; /* one thread has all of them */

		q->child = h->talk = ++talks;
		h->kept = clock_mono_ms() + s->plan.timeout_ms;
	}
	tell(s, q,
	    q->user.failed || q->token.failed ? HELPERS_UNSETTLED
	                                      : answer_of(line));
}

static void
on_dropped(void *child, struct helpers_question *q)
{
	struct helper_section *s =
	    ((struct helper_child *)child)->owner.section;

	q->late = q->due <= clock_mono_ms();
	if (q->child) /* its dialogue is lost: let it begin anew */
		tell(s, q, HELPERS_NO);
	else if (q->late || q->tries >= TRIES)
		tell(s, q, HELPERS_UNSETTLED);
	else {
		list_add(s->queue.next, &q->node); /* in front */
		s->nqueued++;
	}
}

static void
on_ended(void *child, const char *why)
{
	struct helper_child *h = child;
	struct helper_section *s = h->owner.section;

	count(&s->counts->restarts);
	log_often(s->troubles, LOG_WARN_,
	    "[auth %s]: %s: %s; it is started again", s->plan.name,
	    s->command.argv[0], why);
	if (is_hopeless(s)) {
		if (!s->looping)
			log_err("[auth %s]: %s falls again and again: nobody "
			        "can be told who he is until it stays up",
			    s->plan.name, s->command.argv[0]);
		s->looping = true;
		give_up_all(s);
	}
	arm(s);
}

static void
on_ready(void *child)
{
	dispatch(((struct helper_child *)child)->owner.section);
}

/* -------------------------------------------------------------- deadlines */

static void
on_time(void *section)
{
	struct helper_section *s = section;
	int64_t now = clock_mono_ms();
	struct helpers_question *q;

	for (unsigned i = 0; i < s->plan.children; i++) {
		struct helper_child *h = &s->child[i];
		int64_t late = helper_child_late_at(h, s->plan.timeout_ms);

		if (late && late <= now)
			helper_child_kill(h, "it did not answer in time");
		while ((q = helper_child_give_up(h, now)) != NULL) {
			q->late = true;
			tell(s, q, HELPERS_UNSETTLED);
		}
		if (h->kept && h->kept <= now)
			h->kept = 0;
	}
	while (
	    s->nqueued &&
	    container_of(s->queue.next, struct helpers_question, node)->due <=
	        now) {
		q = unqueue(s);
		if (!q)
			break;
		q->late = true;
		tell(s, q, HELPERS_UNSETTLED);
	}
	dispatch(s);
}

/* -------------------------------------------------------------- questions */

/* The dialogue that <q> goes on with. NULL: that is over. */
static struct helper_child *
find_kept(struct helper_section *s, uint64_t id)
{
	for (unsigned i = 0; i < s->plan.children; i++)
		if (s->child[i].talk == id && s->child[i].kept &&
		    helper_child_is_free(&s->child[i]))
			return &s->child[i];
	return NULL;
}

void
helper_section_ask(struct helper_section *s, struct helpers_question *q)
{
	count(&s->counts->asked);
	q->due = clock_mono_ms() + s->plan.timeout_ms;
	if (q->child) {
		struct helper_child *h = find_kept(s, q->child);

		if (h)
			helper_child_ask(h, q);
		else
			tell(s, q, HELPERS_NO);
		arm(s);
		return;
	}
	if (s->nqueued >= HELPERS_QUEUE || is_hopeless(s)) {
		count(&s->counts->refused);
		tell(s, q, HELPERS_UNSETTLED);
		return;
	}
	list_init(&q->node);
	list_add(&s->queue, &q->node);
	s->nqueued++;
	dispatch(s);
}

bool
helper_section_is_idle(const struct helper_section *s)
{
	for (unsigned i = 0; i < s->plan.children; i++)
		if (s->child[i].nopen)
			return false;
	return s->nqueued == 0;
}

/* --------------------------------------------------------- start, the end */

bool
helper_plan_eq(const struct helper_plan *a, const struct helper_plan *b)
{
	return strcmp(a->name, b->name) == 0 &&
	       strcmp(a->command, b->command) == 0 &&
	       a->children == b->children && a->concurrency == b->concurrency &&
	       a->timeout_ms == b->timeout_ms;
}

struct helper_section *
helper_section_new(
    struct loop *l, struct helper_plan *plan, struct helpers_counts *counts)
{
	struct helper_section *s = calloc(1, sizeof(*s));

	if (s) {
		s->child = calloc(plan->children, sizeof(*s->child));
		s->troubles = calloc(1, sizeof(*s->troubles));
	}
	if (!s || !s->child || !s->troubles ||
	    !helper_command_of(str_of(plan->command), &s->command)) {
		log_err("[auth %s]: no helper can be started: no memory, or "
		        "the command is malformed",
		    plan->name);
		free(plan->command);
		if (s) {
			free(s->child);
			free(s->troubles);
		}
		free(s);
		return NULL;
	}
	s->plan = *plan;
	s->counts = counts;
	s->loop = l;
	list_init(&s->node);
	list_init(&s->queue);
	timer_init(l, &s->timer, on_time, s);
	for (unsigned i = 0; i < plan->children; i++) {
		struct helper_child *h = &s->child[i];
		struct helper_owner owner = {
		    .section = s,
		    .arg = h,
		    .answered = on_answered,
		    .dropped = on_dropped,
		    .ended = on_ended,
		    .ready = on_ready,
		};

		helper_child_init(h, l, &s->command, plan->concurrency, &owner);
	}
	for (unsigned i = 0; i < plan->children; i++)
		helper_child_start(&s->child[i]);
	return s;
}

void
helper_section_free(struct helper_section *s)
{
	struct helpers_question *q;

	for (unsigned i = 0; i < s->plan.children; i++)
		helper_child_fini(&s->child[i]);
	while ((q = unqueue(s)) != NULL)
		helpers_question_free(q);
	timer_fini(&s->timer);
	helper_command_fini(&s->command);
	free(s->plan.command);
	free(s->child);
	free(s->troubles);
	free(s);
}
