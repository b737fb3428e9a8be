/* share_image.c - published images as files, and deltas between two. */
#include "proxy/share_image.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/sys/file.h"
#include "config/config.h"
#include "lists/delta.h"
#include "lists/image.h"

#define HEADER 352 /* of an image: docs/formats/image.md */

static int
sha256_hex(struct bytes b, char out[SHARE_DIGEST_HEX], struct err *err)
{
	uint8_t digest[DIGEST_BYTES];

	if (digest_sha256(b.p, b.n, digest, err) < 0)
		return -1;
	share_hex(digest, out);
	return 0;
}

int
share_image_prove(
    struct bytes image, char sha256[SHARE_DIGEST_HEX], struct err *err)
{
	struct image view;

	if (image_view(&view, image, err) < 0)
		return -1;
	if (!image_intact(&view))
		return err_set(
		    err, ERR_CORRUPT, "the list image's checksum is wrong");
	return sha256_hex(image, sha256, err);
}

int
share_image_is(struct bytes image, const struct share_meta *m, const char *path,
    struct err *err)
{
	char sha256[SHARE_DIGEST_HEX];

	if (image.n != m->bytes)
		return err_set(err, ERR_CORRUPT, "%s: wrong size", path);
	if (share_image_prove(image, sha256, err) < 0)
		return -1;
	if (strcmp(sha256, m->sha256) != 0)
		return err_set(err, ERR_CORRUPT, "%s: wrong SHA-256", path);
	return 0;
}

bool
share_image_same(struct bytes a, struct bytes b)
{
	return a.n == b.n && a.n >= HEADER && memcmp(a.p, b.p, HEADER) == 0;
}

/* Another user's file may not be linked to, nor one of another file system. */
static int
copy_image(struct bytes image, const char *to, struct err *err)
{
	struct image_file f;
	struct compile_out out;
	int rc;

	if (image_file_new(&f, to, IMAGE_FILE_NAMED, err) < 0)
		return -1;
	out = image_file_out(&f);
	rc = out.write(out.ctx, 0, image.p, image.n, err);
	if (rc == 0)
		rc = image_file_place(&f, to, err);
	image_file_fini(&f);
	return rc;
}

int
share_image_keep(
    struct bytes image, const char *from, const char *to, struct err *err)
{
	char tmp[PATH_MAX];
	struct bytes have;
	bool same = false;

	if (file_map(to, &have, NULL) == 0) {
		same = share_image_same(image, have);
		file_unmap(have);
	}
	if (same)
		return 0;
	if (snprintf(tmp, sizeof(tmp), "%s.tmp", to) >= (int)sizeof(tmp))
		return err_set(err, ERR_LIMIT, "%s is too long", to);
	unlink(tmp);
	if (link(from, tmp) == 0 && rename(tmp, to) == 0)
		return 0;
	unlink(tmp);
	return copy_image(image, to, err);
}

int
share_image_new(struct image_file *f, const char *path, struct err *err)
{
	*f = (struct image_file){.fd = -1};
	if (!str_copy(str_of(path), f->tmp, sizeof(f->tmp)))
		return err_set(err, ERR_LIMIT, "%s is too long", path);
	unlink(path);
	f->fd = open(
	    path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (f->fd >= 0)
		return 0;
	f->tmp[0] = '\0';
	return err_sys(err, errno, "cannot create %s", path);
}

/* ---------------------------------------------------------------- deltas */

int
share_delta_make(struct bytes image, const char *path,
    const char base[SHARE_DIGEST_HEX], struct buf *out, struct err *err)
{
	char sha256[SHARE_DIGEST_HEX];
	struct image a, b;
	struct bytes former;
	int rc;

	if (file_map(path, &former, err) < 0)
		return -1;
	rc = share_image_prove(former, sha256, err);
	if (rc == 0 && strcmp(sha256, base) != 0)
		rc = err_set(err, ERR_REFUSED,
		    "%s is not what was published before", path);
	if (rc == 0)
		rc = image_view(&a, former, err);
	if (rc == 0)
		rc = image_view(&b, image, err);
	if (rc == 0)
		rc = delta_make(
		    &a, &b, (image.n - 1) / SHARE_DELTA_PART, out, err);
	file_unmap(former);
	return rc;
}

int
share_delta_apply(const struct config *c, struct bytes base, struct bytes delta,
    struct image_file *f, struct err *err)
{
	struct compile_out out = image_file_out(f);
	struct spill_files files;
	struct compile_spill spill;
	struct delta_room room = {(size_t)c->build_memory, &spill};
	struct image a;
	struct delta d;
	uint64_t n;
	int rc;

	if (image_view(&a, base, err) < 0 || delta_view(&d, delta, err) < 0)
		return -1;
	spill_files_init(&files, c->state_dir.p);
	if (!spill_files_can(&files))
		room = (struct delta_room){0, NULL};
	spill = spill_files_spill(&files);
	rc = delta_apply(&a, &d, &room, &out, &n, err);
	spill_files_fini(&files);
	/* what compiling took goes back to the system */
	malloc_trim(0);
	return rc;
}
