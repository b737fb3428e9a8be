/* trial.c - a configuration that is looked at, not run. */
#include "cli/trial.h"

#include <limits.h>

#include "base/err.h"
#include "base/sys/file.h"
#include "cli/cli.h"
#include "config/config.h"
#include "config/journal.h"
#include "filters/overrides.h"
#include "filters/snapshot.h"

static void
errors_only(void *arg, const struct config_report *r)
{
	if (r->error)
		config_report_stderr(arg, r);
}

int
trial_open(struct trial *t, const struct config_paths *paths)
{
	struct config_paths at = *paths;

	*t = (struct trial){0};
	at.no_write = true;
	at.or_in_place = true;
	t->config = config_load(&at, errors_only, NULL);
	if (t->config)
		t->snapshot =
		    config_snapshot(t->config, &at, 1, errors_only, NULL);
	if (t->snapshot)
		return -1;
	trial_close(t);
	return CLI_CONFIG;
}

static struct overrides *
overrides_of(const struct journal *j, int64_t now)
{
	struct overrides *o = overrides_new();
	struct err err;

	for (unsigned i = 0; o && i < j->n; i++)
		if (journal_holds(&j->v[i], now) &&
		    overrides_add(o, &j->v[i].o, &err) < 0)
			cli_fail(CLI_FAILED, "exception %s is left out: %s",
			    j->v[i].o.id, err.text);
	if (!o || overrides_close(o) == 0)
		return o;
	overrides_free(o);
	return NULL;
}

bool
trial_overrides(struct trial *t, int64_t now)
{
	struct snapshot *dressed;
	struct overrides *o;
	char path[PATH_MAX];
	struct journal j;
	struct err err;

	if (!file_join(
	        path, sizeof(path), t->config->state_dir.p, JOURNAL_FILE))
		return false;
	if (journal_read(&j, path, NULL, NULL, &err) < 0) {
		cli_fail(CLI_FAILED, "the exceptions in force are left out: %s",
		    err.text);
		return false;
	}
	o = overrides_of(&j, now);
	journal_fini(&j);
	if (o && overrides_count(o) == 0) {
		overrides_free(o);
		return true;
	}
	dressed = o ? snapshot_with_overrides(t->snapshot, o) : NULL;
	if (!dressed)
		return false;
	snapshot_unref(t->snapshot); /* <dressed> has one of its own */
	t->snapshot = dressed;
	return true;
}

void
trial_close(struct trial *t)
{
	if (t->snapshot && snapshot_unref(t->snapshot))
		snapshot_free(t->snapshot);
	config_free(t->config);
	*t = (struct trial){0};
}
