/* trial.c - a configuration that is looked at, not run. */
#include "cli/trial.h"

#include "cli/cli.h"
#include "config/config.h"
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

void
trial_close(struct trial *t)
{
	if (t->snapshot && snapshot_unref(t->snapshot))
		snapshot_free(t->snapshot);
	config_free(t->config);
	*t = (struct trial){0};
}
