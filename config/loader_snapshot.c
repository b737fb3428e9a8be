/* loader_snapshot.c - the snapshot of a configuration and its lists. */
#include <limits.h>
#include <unistd.h>

#include "base/sys/clock.h"
#include "base/sys/file.h"
#include "config/build.h"
#include "config/compiled.h"
#include "config/config.h"
#include "config/diag.h"
#include "config/expect.h"
#include "config/lint.h"
#include "config/loader.h"
#include "config/prove.h"

/* A snapshot that takes effect does what the configuration expects of it.
 * <warn>: what is doubtful is said, too. */
static struct snapshot *
build_proven(const struct config *c, struct build_image image,
    uint64_t generation, bool warn, struct diag *d)
{
	struct snapshot *s = build_snapshot(c, image, generation, d);

	if (!s)
		return NULL;
	if (expect_hold(c, s, clock_wall_ms() / 1000, warn, d)) {
		if (warn)
			lint_rules(c, s, d);
		return s;
	}
	if (snapshot_unref(s))
		snapshot_free(s);
	return NULL;
}

/* Lists that were compiled elsewhere: there it was said what is doubtful. */
static struct snapshot *
snapshot_of_image(const struct config *c, const char *path, uint64_t generation,
    bool prove, struct diag *d)
{
	struct build_image image;

	if (compiled_open(path, &image, d) < 0)
		return NULL;
	if (compiled_covers(c, &image, d) < 0) {
		image.drop(image.arg);
		return NULL;
	}
	return prove ? build_proven(c, image, generation, false, d)
	             : build_snapshot(c, image, generation, d);
}

/* Of the lists in place, where those that there are now cannot be used. */
static struct snapshot *
snapshot_in_place(const struct config *c, const char *path, uint64_t generation,
    struct diag *d)
{
	struct snapshot *s;

	if (!path[0] || access(path, R_OK) < 0)
		return NULL;
	s = snapshot_of_image(c, path, generation, false, d);
	if (s)
		diag_warn(d, NULL,
		    "the answer is that of the lists in place; those that "
		    "there are now would be refused");
	return s;
}

struct snapshot *
config_snapshot(const struct config *c, const struct config_paths *at,
    uint64_t generation, config_reporter *report, void *arg)
{
	char path[PATH_MAX];
	struct diag d = {.report = report, .arg = arg, .files = &c->files};
	struct proof proof = {c, at, generation, &d};
	struct compiled_want want = {.path = path,
	    .generation = generation,
	    .no_write = at->no_write,
	    .watch = at->watch,
	    .prove = prove_image,
	    .arg = &proof};
	struct build_image image;

	config_image_path(c, at, path, sizeof(path));
	if (compiled_get(c, &want, &image, &d) == 0)
		return at->or_in_place
		           ? build_snapshot(c, image, generation, &d)
		           : build_proven(c, image, generation, true, &d);
	return at->or_in_place ? snapshot_in_place(c, path, generation, &d)
	                       : NULL;
}

struct snapshot *
config_snapshot_image(const struct config *c, const char *path,
    uint64_t generation, config_reporter *report, void *arg)
{
	struct diag d = {.report = report, .arg = arg, .files = &c->files};

	return snapshot_of_image(c, path, generation, true, &d);
}
