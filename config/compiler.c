/* compiler.c - reads all sources of the lists and compiles them. */
#include "config/compiler.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sys/digest.h"
#include "config/config.h"
#include "config/diag.h"
#include "config/image_file.h"
#include "config/sources.h"

#define READ_BYTES    (1u << 20)
#define REJECTS_SHOWN 3

struct run {
	const struct compiler *c;
	struct compile *compile;
	struct spill_files spill;
	struct compile_spill to_spill;
	char *chunk; /* READ_BYTES */
	int *ids;    /* of the sources */
	uint64_t done, total;
};

static void
watch_progress(const struct run *r, const struct source *s)
{
	const struct config_watch *w = r->c->watch;

	if (w && w->progress)
		w->progress(w->arg, r->done, r->total, s->list->name);
}

static void
add_example(struct buf *b, const struct compile_reject *k, const char *before)
{
	buf_addf(b, "%s line %llu \"%.63s\" (%s)", before,
	    (unsigned long long)k->line, k->text, k->why);
}

/* What of a source are no entries: one line with a few examples. What is
 * skipped has no fault, and is not spoken of. */
static void
say_rejects(const struct run *r, const struct source *s,
    const struct compile_report *report)
{
	struct where at = {str_of(s->path), 0, 0};
	struct buf b = BUF_EMPTY;
	unsigned shown = 0;

	if (report->rejected == 0)
		return;
	for (unsigned i = 0; i < report->nkept && shown < REJECTS_SHOWN; i++) {
		const struct compile_reject *k = &report->kept[i];

		if (k->skipped)
			continue;
		if (shown == 0)
			at.line = (uint32_t)k->line;
		add_example(&b, k, shown++ ? "," : ":");
	}
	diag_warn(r->c->d, &at, "%llu of %llu lines are no entries%.*s%s",
	    (unsigned long long)report->rejected,
	    (unsigned long long)report->lines, STR_ARG(buf_str(&b)),
	    report->rejected > REJECTS_SHOWN ? ", ..." : "");
	buf_fini(&b);
}

/* What is known of each source when all is compiled. */
static void
report(const struct run *r)
{
	const struct config_watch *w = r->c->watch;

	for (unsigned i = 0; i < r->c->sources->n; i++) {
		const struct source *s = &r->c->sources->v[i];
		const struct compile_report *rep =
		    compile_report(r->compile, r->ids[i]);

		say_rejects(r, s, rep);
		if (w && w->source)
			w->source(w->arg, s, rep);
	}
}

static int
feed_file(
    struct run *r, const struct source *s, int fd, int id, struct err *err)
{
	ssize_t n;
	int rc = 0;

	do {
		n = read(fd, r->chunk, READ_BYTES);
		if (n <= 0)
			continue;
		watch_progress(r, s);
		r->done += (uint64_t)n;
		rc = compile_feed(r->compile, id, r->chunk, (size_t)n, err);
	} while (rc == 0 && (n > 0 || (n < 0 && errno == EINTR)));
	if (rc == 0 && n < 0)
		rc = err_sys(err, errno, "cannot read %s", s->path);
	return rc;
}

/* Its number; -1 with <err>. */
static int
compile_one(struct run *r, const struct source *s, int fd, struct err *err)
{
	struct compile_source def = {.list = s->list->name,
	    .category = str_of(s->category),
	    .file = str_of(s->shown),
	    .only = str_of(s->only),
	    .format = s->format,
	    .date = s->date};
	int id = compile_source(r->compile, &def, err);

	if (id < 0 || feed_file(r, s, fd, id, err) < 0 ||
	    compile_source_end(r->compile, id, err) < 0)
		return -1;
	return id;
}

static int
add_source(struct run *r, unsigned i)
{
	const struct source *s = &r->c->sources->v[i];
	int fd = open(s->path, O_RDONLY | O_CLOEXEC);
	struct err err;

	r->ids[i] = -1;
	if (fd < 0)
		err_sys(&err, errno, "cannot open %s", s->path);
	else
		r->ids[i] = compile_one(r, s, fd, &err);
	if (fd >= 0)
		close(fd);
	if (r->ids[i] >= 0)
		return 0;
	diag_error(r->c->d, &s->list->where, "list %.*s: %s",
	    STR_ARG(s->list->name), err.text);
	return -1;
}

/* Bytes of all sources. */
static uint64_t
total_of(const struct sources *all)
{
	uint64_t total = 0;
	struct stat st;

	for (unsigned i = 0; i < all->n; i++)
		if (stat(all->v[i].path, &st) == 0 && st.st_size > 0)
			total += (uint64_t)st.st_size;
	return total;
}

static int
begin(struct run *r, struct err *err)
{
	const struct sources *sources = r->c->sources;
	struct compile_options opt = {.generation = r->c->generation,
	    .memory = (size_t)r->c->config->build_memory,
	    .spill = &r->to_spill};

	if (digest_random(&opt.seed, sizeof(opt.seed), err) < 0)
		return -1;
	memcpy(opt.fingerprint, sources->fingerprint, sizeof(opt.fingerprint));
	if (!spill_files_can(&r->spill)) {
		opt.memory = 0; /* who only looks may not write there */
		opt.spill = NULL;
	}
	r->to_spill = spill_files_spill(&r->spill);
	r->compile = compile_new(&opt);
	r->chunk = malloc(READ_BYTES);
	r->ids = malloc((sources->n + 1) * sizeof(*r->ids));
	if (!r->compile || !r->chunk || !r->ids)
		return err_set(err, ERR_MEMORY, "out of memory");
	r->total = total_of(sources);
	return 0;
}

static int
finish(struct run *r, struct image_file *out)
{
	struct compile_out to = image_file_out(out);
	struct err err;
	uint64_t n;

	if (compile_finish_to(r->compile, &to, &n, &err) < 0) {
		diag_error(r->c->d, NULL, "lists: %s", err.text);
		return -1;
	}
	report(r);
	return 0;
}

int
compiler_run(const struct compiler *c, struct image_file *out)
{
	struct run r = {.c = c};
	struct err err;
	int rc;

	spill_files_init(&r.spill, c->config->state_dir.p);
	rc = begin(&r, &err);
	if (rc < 0)
		diag_error(c->d, NULL, "lists: %s", err.text);
	for (unsigned i = 0; rc == 0 && i < c->sources->n; i++)
		rc = add_source(&r, i);
	if (rc == 0)
		rc = finish(&r, out);
	compile_free(r.compile);
	spill_files_fini(&r.spill);
	free(r.chunk);
	free(r.ids);
	return rc;
}
