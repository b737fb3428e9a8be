/* shadow_load.c - the snapshot of a candidate configuration. */
#include <stdio.h>

#include "config/config.h"
#include "filters/snapshot.h"
#include "proxy/shadow.h"

struct telling {
	config_reporter *tell;
	void *arg;
};

/* Its errors are warnings of ours: the live configuration is none the worse.
 * Its own warnings are for suzgi check. */
static void
as_warning(void *arg, const struct config_report *r)
{
	const struct telling *t = arg;
	struct config_report mild = *r;
	char text[600];

	if (!r->error)
		return;
	snprintf(text, sizeof(text), "the shadow is off: %s", r->text);
	mild.error = false;
	mild.text = text;
	t->tell(t->arg, &mild);
}

struct snapshot *
shadow_load(const struct config *live, config_reporter *tell, void *arg)
{
	struct telling t = {tell, arg};
	/* with the folders of the live one, so that lists that are the same are
	 * found as they are there; --set is about the live one */
	const struct config_paths at = {.file = live->shadow.p,
	    .state = live->state_dir.p,
	    .data = live->data_dir.p,
	    .no_write = true,
	    .or_in_place = true};
	struct snapshot *s = NULL;
	struct config *c;

	if (live->shadow.n == 0)
		return NULL;
	c = config_load(&at, as_warning, &t);
	if (c)
		s = config_snapshot(c, &at, 1, as_warning, &t);
	config_free(c);
	return s;
}
