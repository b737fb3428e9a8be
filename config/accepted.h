/*
 * accepted.h - what an admin has accepted of lists that were held, and who and
 * when: the journal {state}/lists.accepted. One line each, fields with tabs
 * between: time, who, "over-block" or "size", list, site, category, entry,
 * file:line. A site stays accepted for its list; to be asked again, take the
 * line out.
 */
#ifndef CONFIG_ACCEPTED_H
#define CONFIG_ACCEPTED_H

#include "base/buf.h"

struct err;
struct overblock;

struct accepted {
	const char *path; /* borrowed */
	struct buf text;  /* owned; the journal, with what was added */
	size_t read;      /* so much of it is on disk */
};

/* There need be none yet. -1 with <err>, and nothing to release. */
int accepted_open(struct accepted *a, const char *path, struct err *err);
void accepted_close(struct accepted *a); /* what was not saved is lost */

bool accepted_has(const struct accepted *a, struct str list, struct str site);

/* <text>: from how many entries to how many. */
void accepted_add_size(
    struct accepted *a, const char *who, struct str list, struct str text);
void accepted_add_sites(
    struct accepted *a, const char *who, const struct overblock *o);

/* On disk for good; nothing to do where nothing was added. */
int accepted_save(struct accepted *a, struct err *err);

#endif
