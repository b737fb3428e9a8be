/*
 * share_image.h - published images as files: to prove one, to write a new one
 * beside the one in place, deltas between two. For share*.c alone.
 *
 * Against the house: includes config/image_file.h (an image on its way to the
 * disk is the same thing, whoever made it); its source lists/image.h and
 * lists/delta.h: what came from elsewhere has to prove itself before it takes
 * the place of what works.
 */
#ifndef PROXY_SHARE_IMAGE_H
#define PROXY_SHARE_IMAGE_H

#include "config/image_file.h"
#include "proxy/share_meta.h"

struct buf;
struct config;
struct err;

/* The SHA-256 of <image> as hex; -1 with <err>: it is no sound image. */
int share_image_prove(
    struct bytes image, char sha256[SHARE_DIGEST_HEX], struct err *err);

/* Is <image> what <m> says, and sound? <path> is for <err>. */
int share_image_is(struct bytes image, const struct share_meta *m,
    const char *path, struct err *err);

/* Are these the same image? Goes by their headers, which have a checksum. */
bool share_image_same(struct bytes a, struct bytes b);

/* Keep <image>, which is the file at <from>, at <to> as well: under another
 * name where that can be, else as a copy. -1 with <err>. */
int share_image_keep(
    struct bytes image, const char *from, const char *to, struct err *err);

/* An empty file at <path>, anew; as image_file_new(), but with this name. */
int share_image_new(struct image_file *f, const char *path, struct err *err);

/*
 * The delta to <image> from the one at <path>, which has SHA-256 <base>, into
 * <out>. -1 with <err>: ERR_LIMIT where it would not be small enough.
 */
int share_delta_make(struct bytes image, const char *path,
    const char base[SHARE_DIGEST_HEX], struct buf *out, struct err *err);

/* Apply <delta> to <base>: the new image is in <f>, viewed. */
int share_delta_apply(const struct config *c, struct bytes base,
    struct bytes delta, struct image_file *f, struct err *err);

#endif
