/*
 * loader.h - reads and maps files; the only I/O of the configuration.
 *
 *	struct config_paths at = {.file = ..., .state = ..., .data = ...};
 *	struct config *c = config_load(&at, report, arg);
 *	struct snapshot *s = config_snapshot(c, &at, generation, report, arg);
 *
 * All errors are reported in one run, each with its place. A report with
 * `error` false is a warning or a note about a list.
 */
#ifndef CONFIG_LOADER_H
#define CONFIG_LOADER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct buf;
struct compile_report;
struct config;
struct snapshot;
struct source;

/* Who watches lists being compiled, and what he permits. */
struct config_watch {
	bool accept; /* lists that are held are taken: a person says so */
	/* ... this one too? NULL: all of them */
	bool (*accepts)(void *arg, struct str list);
	const char *who; /* that person, for the journal */
	bool again;      /* compile although no source has changed */
	void *arg;       /* of those below; each may be NULL */
	/* So many bytes of all sources have been read; the next is of <list>. */
	void (*progress)(
	    void *arg, uint64_t done, uint64_t total, struct str list);
	/* What became of a source; when all are compiled. */
	void (*source)(
	    void *arg, const struct source *s, const struct compile_report *r);
};

static inline bool
config_watch_accepts(const struct config_watch *w, struct str list)
{
	return w && w->accept && (!w->accepts || w->accepts(w->arg, list));
}

struct config_paths {
	const char *file;  /* NULL: /etc/suzgi/suzgi.conf if it is there, else
			    * the built-in, empty configuration */
	const char *state; /* NULL: as configured (default /var/lib/suzgi) */
	const char *data;  /* shipped lists; NULL: PREFIX/share/suzgi */
	const char *const *set; /* "section.key=value" from --set; NULL-ended;
				 * NULL: none */
	bool demo; /* `make run`: the built-in demo (config/builtin.c), state
			* in ./run where none is given */
	bool no_write; /* build lists in memory where the file in place is not
			* up to date; nothing on disk changes */
	bool or_in_place; /* where new lists are refused: those in place, as
			   * the running filter has them; for who only asks:
			   * `expect` lines are not run */
	const struct config_watch *watch; /* NULL: nobody */
};

struct config_report {
	bool error;
	const char *file;      /* NULL: none */
	uint32_t line, column; /* 0: none */
	const char *text;      /* what, found what, expected what */
	const char *source;    /* the line itself, for the caret; NULL: none */
};
typedef void config_reporter(void *arg, const struct config_report *r);

/* Prints like a compiler: file:line:column: error: text, line, caret. */
void config_report_stderr(void *arg, const struct config_report *r);

/* NULL when there was an error. Then lists and rules have been looked at too,
 * in memory, so that all is said in one run. */
struct config *config_load(
    const struct config_paths *at, config_reporter *report, void *arg);
void config_free(struct config *c); /* NULL: nothing */

/*
 * As much as can be understood, whatever errors there are and without a word
 * about them: only to find what is running, its socket and its log. NULL: no
 * memory.
 */
struct config *config_load_anyhow(const struct config_paths *at);

/* Two configurations with the same keys and values have the same. */
uint64_t config_digest(const struct config *c);

/* A protected list (config/protected.h) that is lost in <now>, or that
 * <running> had and <now> has not; STR_NONE: none. */
struct str config_protected_lost(
    const struct config *now, const struct config *running);

/*
 * <now> is to take the place of <running>: keys that need a restart stay as
 * they run, and those that differ are named in <changed>, with commas between.
 * <now> borrows these values from <running>. Listeners that are only in one of
 * the two are named as well.
 */
void config_keep_running(
    struct config *now, const struct config *running, struct buf *changed);

/*
 * Build the snapshot: compile the lists into state/lists.image (or use that
 * file where its fingerprint says that no source has changed), map it, add
 * policies and groups. Nothing on disk changes unless all went well
 * (temporary file, fsync, rename). NULL when there was an error; the former
 * file is then untouched.
 *
 * An empty list, or one that lost or gained more than the bound against the
 * file in place, is an error that leaves the old in force; so are lists that
 * newly block a site which must not be blocked (config/corpus.h), unless
 * at->watch accepts them; so is an `expect` line that does not come true.
 */
struct snapshot *config_snapshot(const struct config *c,
    const struct config_paths *at, uint64_t generation, config_reporter *report,
    void *arg);

/*
 * Are the lists in the image in place those of <c>'s sources as they are now,
 * so that config_snapshot() has nothing to compile? True as well where <c> has
 * no lists; false where it cannot be told. Looks at names and times alone.
 */
bool config_lists_fresh(const struct config *c, const struct config_paths *at);

/*
 * The same with a given image (followed from another gateway, or of an earlier
 * run) instead of the sources: <path> is mapped, checked, used. One without
 * any of the configuration's lists is an error.
 */
struct snapshot *config_snapshot_image(const struct config *c, const char *path,
    uint64_t generation, config_reporter *report, void *arg);

/* Where config_snapshot() keeps the image, for who publishes it; into <out>. */
void config_image_path(const struct config *c, const struct config_paths *at,
    char *out, size_t size);

#endif
