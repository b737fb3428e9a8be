/*
 * catch_up.h - after a restart: what the file has already is not written again.
 *
 * A recorder that was killed has written records that are in the rings still.
 * Their ids stand in the last bytes of the file.
 */
#ifndef REVIEW_CATCH_UP_H
#define REVIEW_CATCH_UP_H

/* A batch of the recorder is a quarter of it, so that this always covers it. */
#define CATCH_UP_BYTES (256 * 1024)

struct err;
struct logfile;
struct rings;

/* Take out of <rings> what the end of <file> has. -1 with <err>. */
int catch_up(struct rings *rings, const struct logfile *file, struct err *err);

#endif
