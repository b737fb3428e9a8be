/*
 * logfile.h - block.jsonl as its one writer sees it: whole lines go in.
 *
 * What could not be written stays here and is tried again, from the byte it
 * stopped at, so that a disk that was full leaves no torn line behind. A line
 * that a killed writer left torn is cut off when the file is opened.
 *
 *	logfile_open(&f, dir, &err)
 *	buf_add...(&f.pending)            whole lines
 *	logfile_flush(&f, &err)           again after -1, as often as it takes
 */
#ifndef REVIEW_LOGFILE_H
#define REVIEW_LOGFILE_H

#include <limits.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

struct err;

#define LOGFILE_NAME "block.jsonl"

struct logfile {
	char dir[PATH_MAX];
	int fd;             /* owned; -1: not open */
	struct buf pending; /* lines to write; empty when all are written */
	size_t done;        /* of pending: written */
	bool dirty;         /* written, and nobody asked yet to sync it */
};

/*
 * Open or make the file, 0640, behind no symbolic link, and its folder if that
 * is gone. Refused in a folder that everybody can write to.
 */
int logfile_open(struct logfile *f, const char *dir, struct err *err);
void logfile_close(struct logfile *f);

/*
 * Write what is pending. 0: all of it, and pending is empty; -1 with <err>:
 * the rest stays.
 */
int logfile_flush(struct logfile *f, struct err *err);

/* Where is the file that we write? */
enum logfile_place {
	LOGFILE_HERE = 0,
	LOGFILE_MOVED,   /* what has its name now, if anything, is another */
	LOGFILE_REMOVED, /* it has no name any more: who writes it writes
	                    nothing */
};
enum logfile_place logfile_place(const struct logfile *f);

/*
 * The file was moved away or removed: go on in the one that has its name now,
 * or a new one. A line of which the old file has a part is taken back from
 * there and goes into the new one whole. On -1 nothing has changed.
 */
int logfile_reopen(struct logfile *f, struct err *err);

/* Is <name> that of a file which was rotated out of ours and not compressed:
 * block.jsonl.1, block.jsonl-20261122? */
bool logfile_is_rotated(struct str name);

/*
 * The last <max> bytes of the file, and of the one rotated last if this one
 * is shorter, oldest first, appended to <out>.
 */
int logfile_tail(
    const struct logfile *f, size_t max, struct buf *out, struct err *err);

#endif
