/*
 * file.h - whole files: map, read, replace atomically.
 */
#ifndef BASE_SYS_FILE_H
#define BASE_SYS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "base/str.h"

struct buf;
struct err;
struct stat;

/* Map <path> read-only. An empty file gives empty bytes. -1 with <err>. */
int file_map(const char *path, struct bytes *out, struct err *err);
void file_unmap(struct bytes b);

/* Append the whole of <path> to <out>, up to <max> bytes. */
int file_read(const char *path, size_t max, struct buf *out, struct err *err);

/*
 * Replace <path>: write path.PID.tmp, fsync, rename, fsync the folder. Either the
 * old or the new is there whatever happens. Symbolic links are not followed.
 */
int file_replace(
    const char *path, struct str content, mode_t mode, struct err *err);

/* The same for a file that somebody else reads: it gets the mode, owner and group
 * of <as>, whatever the umask, before it has its name. */
int file_replace_as(const char *path, struct str content, const struct stat *as,
    struct err *err);

/* See that a rename to <path> is on disk: fsync of its folder. */
void file_sync_folder(const char *path);

/* Make <path> and its parents, 0750. Fine when it is there. */
int file_mkdirs(const char *path, struct err *err);

/* "a/b" of two parts; false where it does not fit. */
bool file_join(char *out, size_t size, const char *a, const char *b);

#endif
