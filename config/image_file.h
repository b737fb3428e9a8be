/*
 * image_file.h - an image while it is being made: where it is written, where
 * what does not fit into memory waits, and who may do so.
 *
 *	int lock = image_file_lock(path, &err);        one build at a time
 *	image_file_new(&f, path, IMAGE_FILE_NAMED, &err);
 *	out = image_file_out(&f); compile_finish_to(c, &out, &n, &err);
 *	... f.map is the image; look at it ...
 *	image_file_place(&f, path, &err);
 *	image_file_fini(&f);
 *
 * Until it is placed, whatever is at <path> stays as it is.
 */
#ifndef CONFIG_IMAGE_FILE_H
#define CONFIG_IMAGE_FILE_H

#include <limits.h>
#include <stdbool.h>

#include "base/bytes.h"
#include "lists/compile.h"

struct err;

/* Another process needs so long at most, or it hangs. */
#define IMAGE_LOCK_S 300

enum image_file_name {
	IMAGE_FILE_NAMED = 0, /* is to be placed */
	IMAGE_FILE_UNNAMED,   /* is only looked at */
};

struct image_file {
	int fd;             /* owned; -1: none */
	struct bytes map;   /* owned; all of it, once it was viewed */
	char tmp[PATH_MAX]; /* its name for now; "" : it has none */
	size_t fresh;       /* bytes since it was last brought to the disk */
};

/*
 * The right to build the image at <path>, whose folder is made where it is not
 * there; waits for another process that has it. Close the descriptor to give
 * it back. What builds that were killed left behind is removed. -1 with <err>.
 */
int image_file_lock(const char *path, struct err *err);

/* An empty file beside <path>; one without a name may be in memory. */
int image_file_new(struct image_file *f, const char *path,
    enum image_file_name name, struct err *err);
struct compile_out image_file_out(struct image_file *f);

/* On disk for good, and at <path>. -1 with <err>: what was there still is. */
int image_file_place(struct image_file *f, const char *path, struct err *err);
void image_file_fini(struct image_file *f);

/* Unnamed files in a folder, one for each part, made when they are needed. */
struct spill_files {
	const char *folder;    /* borrowed */
	int fd[COMPILE_PARTS]; /* owned; -1: none yet */
	uint64_t n[COMPILE_PARTS];
};
void spill_files_init(struct spill_files *s, const char *folder);
/* May files be made there? */
bool spill_files_can(struct spill_files *s);
void spill_files_fini(struct spill_files *s);
struct compile_spill spill_files_spill(struct spill_files *s);

#endif
