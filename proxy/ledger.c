/* ledger.c - the thread that keeps on the disk what must outlive us. */
#include "proxy/ledger.h"

#include <limits.h>
#include <poll.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/sys/clock.h"
#include "base/sys/file.h"
#include "base/sys/log.h"
#include "base/sys/msgq.h"
#include "base/sys/thread.h"
#include "config/journal.h"
#include "proxy/budgets.h"

#define TOLD_MAX 8 /* of a kind that are named in the log at once */

enum ledger_msg { LEDGER_DO = 0, LEDGER_STOP };

/* What was asked. */
struct question {
	uint64_t client;
	size_t n;
	char line[];
};

/* One that was neither ended nor over. */
struct open {
	char id[OVERRIDE_ID];
	bool blocks;
	int64_t until;
};

struct ledger {
	struct msgq *inbox;      /* owned */
	struct msgq *out;        /* borrowed */
	struct budgets *budgets; /* borrowed */
	struct thread thread;
	bool started;
	struct journal_stamp stamp; /* of what was read last */
	int64_t looked;             /* wall seconds: when that was */
	int64_t next;      /* and when the first override begins or ends */
	struct open *open; /* owned; those of it */
	unsigned nopen;
	bool lost;        /* atomic: it could not be read */
	unsigned damaged; /* atomic */
	struct log_often alarm;
	char journal[PATH_MAX], spent[PATH_MAX];
	int64_t save_due; /* monotonic ms */
};

void
ledger_news_free(struct ledger_news *n)
{
	if (!n)
		return;
	overrides_free(n->set);
	arena_fini(&n->arena);
	free(n);
}

/* --------------------------------------------------------------- the journal */

static void
hear(void *arg, bool error, unsigned line, const char *text)
{
	unsigned *told = arg;

	if ((*told)++ >= TOLD_MAX)
		return;
	if (error)
		log_err(JOURNAL_FILE ":%u: %s", line, text);
	else
		log_warn(JOURNAL_FILE ":%u: %s", line, text);
}

static bool
has_passed(const struct override *o, int64_t now)
{
	return o->until != 0 && o->until <= now;
}

/*
 * Add those of <j> that were not ended, first those whose time is not over.
 * The others may hold again where the clock was wrong, if there is room.
 */
static int
add_all(struct overrides *set, const struct journal *j, struct err *err)
{
	int64_t now = clock_wall_ms() / 1000;
	unsigned left_out = 0;

	for (unsigned past = 0; past < 2; past++)
		for (unsigned i = 0; i < j->n; i++) {
			const struct journal_entry *e = &j->v[i];

			if (e->ended || has_passed(&e->o, now) != (bool)past)
				continue;
			if (overrides_add(set, &e->o, err) == 0)
				continue;
			if (past)
				break;
			if (left_out++ < TOLD_MAX)
				log_err("override %s is not in force: %s",
				    e->o.id, err->text);
		}
	if (left_out > TOLD_MAX)
		log_err("%u overrides in all are not in force", left_out);
	return 0;
}

/* What was in force and is in <j> no more, though nobody has ended it: the
 * file was cut short, or is another. */
static void
tell_lost(const struct ledger *l, const struct journal *j, int64_t now)
{
	unsigned lost = 0, blocks = 0;

	for (unsigned i = 0; i < l->nopen; i++) {
		const struct open *o = &l->open[i];

		if ((o->until && o->until <= now) ||
		    journal_find(j, str_of(o->id)))
			continue;
		lost++;
		blocks += o->blocks;
	}
	if (lost)
		log_err(JOURNAL_FILE ": %u overrides that were in force have "
		                     "vanished from it; %u of them blocked "
		                     "something",
		    lost, blocks);
}

/* Remember those of <j> that are open. -1: no memory, and nothing is. */
static int
keep_open(struct ledger *l, const struct journal *j, int64_t now)
{
	free(l->open);
	l->nopen = 0;
	l->open = malloc((j->n + 1) * sizeof(*l->open));
	if (!l->open)
		return -1;
	for (unsigned i = 0; i < j->n; i++) {
		const struct override *o = &j->v[i].o;
		struct open *to = &l->open[l->nopen];

		if (j->v[i].ended || has_passed(o, now))
			continue;
		memcpy(to->id, o->id, sizeof(to->id));
		to->blocks = o->action == ACTION_BLOCK;
		to->until = o->until;
		l->nopen++;
	}
	return 0;
}

/* When an override of <j> begins or ends next. */
static int64_t
next_change(const struct journal *j, int64_t now)
{
	int64_t next = INT64_MAX;

	for (unsigned i = 0; i < j->n; i++) {
		const struct override *o = &j->v[i].o;

		if (j->v[i].ended)
			continue;
		if (o->from > now && o->from < next)
			next = o->from;
		if (o->until > now && o->until < next)
			next = o->until;
	}
	return next;
}

/* A set of what <j> says; NULL with <err>: no memory. */
static struct overrides *
set_of(const struct journal *j, struct err *err)
{
	struct overrides *set = overrides_new();

	if (set && add_all(set, j, err) == 0 && overrides_close(set) == 0)
		return set;
	overrides_free(set);
	err_set(err, ERR_MEMORY, "out of memory");
	return NULL;
}

/* Read it. -1 with <err>: what is in force stays, until it is read at the next
 * look. */
static int
read_journal(struct ledger *l, struct overrides **set, struct err *err)
{
	struct journal_stamp stamp;
	struct journal j;
	unsigned told = 0;
	int rc;

	l->looked = clock_wall_ms() / 1000;
	l->next = INT64_MAX;
	journal_stamp(l->journal, &stamp); /* a change from here on is seen */
	memset(&l->stamp, 0xff, sizeof(l->stamp)); /* as no file's is */
	rc = journal_read(&j, l->journal, hear, &told, err);
	__atomic_store_n(&l->lost, rc < 0, __ATOMIC_RELAXED);
	if (rc < 0)
		return -1;
	if (told > TOLD_MAX)
		log_err(JOURNAL_FILE ": %u damaged lines in all", told);
	__atomic_store_n(&l->damaged, j.damaged + j.torn, __ATOMIC_RELAXED);
	l->next = next_change(&j, l->looked);
	*set = set_of(&j, err);
	tell_lost(l, &j, l->looked);
	if (*set && keep_open(l, &j, l->looked) == 0)
		l->stamp = stamp;
	journal_fini(&j);
	return *set ? 0 : -1;
}

/* ------------------------------------------------------------------- asking */

/* Is there anything to end? */
static int
check_end(struct ledger *l, const char *id, struct ledger_news *n)
{
	const struct journal_entry *e;
	struct override *o = &n->one;
	struct journal j;

	if (journal_read(&j, l->journal, NULL, NULL, &n->err) < 0)
		return -1;
	e = journal_to_end(&j, str_of(id), &n->err);
	if (e) {
		*o = e->o;
		o->subject = arena_str(&n->arena, o->subject);
		o->group = arena_str(&n->arena, o->group);
		o->user = arena_str(&n->arena, o->user);
		o->reason = o->author = STR_NONE;
	}
	journal_fini(&j);
	return n->err.code ? -1 : 0;
}

static void
obey(struct ledger *l, struct str line, struct ledger_news *n)
{
	struct journal_line j;
	const char *why;

	if (!journal_line_read(&n->arena, line, &j, &why)) {
		err_set(&n->err, ERR_INPUT, "not understood: %s", why);
		return;
	}
	n->one = j.o;
	n->ended = j.act == JOURNAL_END;
	if (n->ended && check_end(l, j.o.id, n) < 0)
		return;
	if (!n->ended && l->nopen >= OVERRIDES_MAX) {
		err_set(&n->err, ERR_LIMIT,
		    "there are %u overrides, and there can be no more: end "
		    "some",
		    l->nopen);
		return;
	}
	if (journal_append(l->journal, &j, &n->err) < 0)
		return;
	n->done = true;
	if (read_journal(l, &n->set, &n->err) == 0)
		n->read = true;
}

static void
send(struct ledger *l, struct ledger_news *n)
{
	while (!msgq_send(l->out, (struct msg){LEDGER_NEWS, n, 0})) {
		log_often(&l->alarm, LOG_ERR_,
		    "out of memory: an override is not in force yet");
		poll(NULL, 0, 100);
	}
}

static struct ledger_news *
news(uint64_t client)
{
	struct ledger_news *n;

	while ((n = calloc(1, sizeof(*n))) == NULL)
		poll(NULL, 0, 100);
	arena_init(&n->arena, 0);
	n->client = client;
	return n;
}

static void
answer(struct ledger *l, struct question *q)
{
	struct ledger_news *n = news(q->client);

	obey(l, str_make(q->line, q->n), n);
	free(q);
	send(l, n);
}

/* Has its time come, or was the clock set back? */
static bool
is_due(const struct ledger *l)
{
	int64_t now = clock_wall_ms() / 1000;

	return now >= l->next || now < l->looked;
}

/* Another program may have added to it. */
static void
look(struct ledger *l)
{
	struct journal_stamp now;
	struct overrides *set;
	struct ledger_news *n;
	struct err err = {.code = ERR_NONE};

	journal_stamp(l->journal, &now);
	if (memcmp(&now, &l->stamp, sizeof(now)) == 0 && !is_due(l))
		return;
	if (read_journal(l, &set, &err) < 0) {
		log_often(&l->alarm, LOG_ERR_,
		    "the overrides stay as they were: %s", err.text);
		return;
	}
	n = news(0);
	n->set = set;
	n->read = true;
	send(l, n);
}

/* ------------------------------------------------------------------ budgets */

static void
save(struct ledger *l)
{
	struct err err;

	if (l->budgets && budgets_save(l->budgets, l->spent, &err) < 0)
		log_often(&l->alarm, LOG_ERR_,
		    "what was used of budgets could not be written: %s",
		    err.text);
	l->save_due = clock_mono_ms() + LEDGER_SAVE_MS;
}

static void
load_budgets(struct ledger *l)
{
	struct err err;

	if (l->budgets && budgets_load(l->budgets, l->spent, &err) < 0)
		log_err("what was used of budgets is forgotten: %s", err.text);
}

/* ------------------------------------------------------------------- thread */

static void
ledger_run(void *arg)
{
	struct ledger *l = arg;
	struct msg m;

	for (;;) {
		struct pollfd p = {.fd = msgq_fd(l->inbox), .events = POLLIN};

		poll(&p, 1, LEDGER_LOOK_MS);
		while (msgq_take(l->inbox, &m)) {
			if (m.kind == LEDGER_STOP)
				return;
			answer(l, m.p);
		}
		look(l);
		if (clock_mono_ms() >= l->save_due)
			save(l);
	}
}

struct ledger *
ledger_open(
    const struct ledger_setup *setup, struct overrides **first, struct err *err)
{
	struct ledger *l = calloc(1, sizeof(*l));
	struct err why;

	*first = NULL;
	if (!l) {
		err_set(err, ERR_MEMORY, "out of memory");
		return NULL;
	}
	l->out = setup->out;
	l->budgets = setup->budgets;
	l->inbox = msgq_new(err);
	if (!l->inbox) {
		free(l);
		return NULL;
	}
	if (!file_join(
	        l->journal, sizeof(l->journal), setup->state_dir, JOURNAL_FILE))
		l->journal[0] = '\0';
	if (!file_join(
	        l->spent, sizeof(l->spent), setup->state_dir, BUDGETS_FILE))
		l->spent[0] = '\0';
	load_budgets(l);
	if (read_journal(l, first, &why) < 0)
		log_err("no override is in force: %s", why.text);
	return l;
}

int
ledger_start(struct ledger *l, struct err *err)
{
	if (thread_start(&l->thread, "ledger", ledger_run, l, err) < 0)
		return -1;
	l->started = true;
	return 0;
}

bool
ledger_ask(struct ledger *l, struct str line, uint64_t client)
{
	struct question *q = malloc(sizeof(*q) + line.n);

	if (!q)
		return false;
	q->client = client;
	q->n = line.n;
	memcpy(q->line, line.p, line.n);
	if (msgq_send(l->inbox, (struct msg){LEDGER_DO, q, 0}))
		/* cppcheck-suppress memleak ; the ledger's thread has it */
		return true;
	free(q);
	return false;
}

void
ledger_json(
    const struct ledger *l, const struct overrides *set, struct buf *out)
{
	int64_t now = clock_wall_ms() / 1000;
	unsigned holds = 0;

	for (unsigned i = 0; i < overrides_count(set); i++) {
		const struct override *o = overrides_at(set, i);

		holds += o->from <= now && (!o->until || now < o->until);
	}
	json_key(out, "overrides");
	json_open(out, '{');
	json_key_u64(out, "in_force", holds);
	json_key_u64(
	    out, "damaged", __atomic_load_n(&l->damaged, __ATOMIC_RELAXED));
	json_key_bool(out, "lost", __atomic_load_n(&l->lost, __ATOMIC_RELAXED));
	json_close(out, '}');
}

void
ledger_stop(struct ledger *l)
{
	struct msg m;

	if (!l)
		return;
	if (l->started) {
		while (!msgq_send(l->inbox, (struct msg){LEDGER_STOP, NULL, 0}))
			poll(NULL, 0, 10);
		thread_join(&l->thread);
		save(l);
	}
	while (msgq_take(l->inbox, &m))
		if (m.kind == LEDGER_DO)
			free(m.p);
	msgq_free(l->inbox);
	free(l->open);
	free(l);
}
