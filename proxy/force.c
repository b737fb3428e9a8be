/* force.c - what is in force. */
#include "proxy/force.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/sys/log.h"
#include "filters/snapshot.h"
#include "proxy/budgets.h"
#include "proxy/ledger.h"
#include "proxy/overrides.h"

static void
drop(struct force *f, struct snapshot *s)
{
	if (s)
		f->drop(f->arg, s);
}

/* Put <base>, taken, in force with <set>. */
static bool
dress(struct force *f, struct snapshot *base, const struct overrides *set)
{
	struct snapshot *s = overrides_dress(base, set);

	if (!s) {
		drop(f, base);
		return false;
	}
	drop(f, f->base);
	drop(f, f->snapshot);
	f->base = base;
	f->snapshot = s;
	return true;
}

int
force_open(struct force *f, const char *state_dir, struct msgq *out,
    struct snapshot *first, struct err *err)
{
	struct ledger_setup setup = {.state_dir = state_dir, .out = out};
	struct overrides *set = NULL;
	bool ok;

	f->budgets = setup.budgets = budgets_new(err);
	f->ledger = f->budgets ? ledger_open(&setup, &set, err) : NULL;
	if (!f->ledger) {
		drop(f, first);
		return -1;
	}
	ok = dress(f, first, set);
	overrides_free(set);
	return ok ? ledger_start(f->ledger, err)
	          : err_set(err, ERR_MEMORY, "out of memory");
}

void
force_stop(struct force *f)
{
	ledger_stop(f->ledger);
	f->ledger = NULL;
}

void
force_close(struct force *f)
{
	force_stop(f);
	budgets_free(f->budgets);
	drop(f, f->snapshot);
	drop(f, f->base);
	f->base = f->snapshot = NULL;
}

bool
force_load(struct force *f, struct snapshot *base)
{
	return dress(f, base, snapshot_overrides(f->snapshot));
}

/* {"ok":true,"id":"01...","ended":false, ...} of overrides_tell() */
static void
put_answer(const struct ledger_news *n, const struct overrides_effect *e,
    struct buf *out)
{
	json_open(out, '{');
	json_key_bool(out, "ok", n->done);
	json_key_z(out, "id", n->one.id);
	json_key_bool(out, "ended", n->ended);
	json_key_bool(out, "in_force", n->read);
	if (n->err.code)
		json_key_z(out, "error", n->err.text);
	if (n->done && !n->ended && n->read)
		overrides_tell(e, out);
	json_close(out, '}');
	buf_add_char(out, '\n');
}

bool
force_news(struct force *f, struct ledger_news *n, const struct guard *guard,
    uint64_t *client, struct buf *answer)
{
	struct snapshot *before = snapshot_ref(f->snapshot);
	bool changed = n->read && dress(f, snapshot_ref(f->base), n->set);

	if (n->read && !changed)
		log_err("out of memory: an override is not in force yet");
	n->read = changed;
	*client = n->client;
	if (n->client) {
		const struct overrides_effect e = {.before = before,
		    .after = f->snapshot,
		    .guard = guard,
		    .o = &n->one};

		put_answer(n, &e, answer);
	}
	drop(f, before);
	ledger_news_free(n);
	return changed;
}
