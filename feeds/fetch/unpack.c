/*
 * unpack.c - suzgi-fetch unpack: what is in the archive at descriptor 3, told
 * on stdout as feeds/unpack.c reads it. The door to libarchive.
 *
 * It makes no file and opens none. A name that leads out of the folder, a link
 * that does, a device, something encrypted: the whole archive is refused. A
 * link within the tree (another name of a category) is left out and counted.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include "base/json.h"
#include "feeds/fetch/job.h"
#include "feeds/member.h"

#define MEMORY  (1ull << 30) /* xz asks for its dictionary */
#define BLOCK   65536
#define FILTERS 2 /* one compression, and none below it */

struct unpacking {
	struct archive *a;
	const char *name; /* of a file that is no archive */
	uint64_t max, packed;
	uint64_t files, bytes, links;
	struct buf why; /* owned; empty: all is well */
	bool raw;
};

static bool
tell(const void *p, size_t n)
{
	const char *at = p;

	while (n) {
		ssize_t done = write(1, at, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		at += done;
		n -= (size_t)done;
	}
	return true;
}

static bool
refuse(struct unpacking *u, const char *why)
{
	buf_add_str(&u->why, str_of(why));
	return false;
}

/* <name> came out of the archive; it is escaped where it is shown. */
static bool
refuse_name(struct unpacking *u, const char *why, const char *name)
{
	buf_addf(&u->why, "%s: %.200s", why, name);
	return false;
}

static bool
broken(struct unpacking *u)
{
	const char *text = archive_error_string(u->a);

	return refuse_name(
	    u, "it is cut short or damaged", text ? text : "cannot be read");
}

/* ------------------------------------------------------- what is no archive */

static bool
begins(const char *p, size_t n, struct str magic)
{
	return n >= magic.n && memcmp(p, magic.p, magic.n) == 0;
}

/*
 * The first bytes of a file that libarchive takes for none of its archives: a
 * damaged one, one of another kind, a page, or (most often) a list.
 */
static bool
raw_is_list(struct unpacking *u, const char *p, size_t n)
{
	static const struct {
		struct str magic;
		const char *why;
	} kinds[] = {
	    {STR_INIT("PK"), "the zip archive is cut short or damaged"},
	    {STR_INIT("\x1f\x8b"), "it is compressed more than once"},
	    {STR_INIT("\xfd"
	              "7zXZ"),
	        "it is compressed more than once"},
	    {STR_INIT("BZh"), "bzip2 is not supported; use gz or xz"},
	    {STR_INIT("\x28\xb5\x2f\xfd"),
	        "zstd is not supported; use gz or xz"},
	    {STR_INIT("7z\xbc\xaf"), "7z is not supported; use zip or tar.xz"},
	    {STR_INIT("Rar!"), "rar is not supported; use zip or tar.xz"},
	    {STR_INIT("<!DOCTYPE"), "it is a page, not a list"},
	    {STR_INIT("<!doctype"), "it is a page, not a list"},
	    {STR_INIT("<html"), "it is a page, not a list"},
	    {STR_INIT("<HTML"), "it is a page, not a list"},
	};

	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (begins(p, n, kinds[i].magic))
			return refuse(u, kinds[i].why);
	return true;
}

static bool
is_called_tar(const char *name)
{
	struct str s = str_of(name);

	return str_search(s, STR(".tar")) < s.n || str_ends(s, STR(".tgz")) ||
	       str_ends(s, STR(".txz"));
}

/* list.txt of list.txt.gz */
static struct str
plain_name(const char *name)
{
	static const struct str tails[] = {
	    STR_INIT(".gz"), STR_INIT(".xz"), STR_INIT(".zip")};
	struct str s = str_of(name), clean;

	for (unsigned i = 0; i < 3; i++)
		if (str_ends(s, tails[i]))
			s.n -= tails[i].n;
	if (s.n == 0 || str_find(s, '/', 0) < s.n ||
	    member_judge(s, &clean) != MEMBER_TAKE)
		return STR("list");
	return s;
}

/* ---------------------------------------------------------------- members */

/* Does a link stay in the tree, as other names of a category do? */
static bool
link_stays(const char *target)
{
	struct str rest = str_of(target), part;

	if (rest.n == 0 || rest.p[0] == '/')
		return false;
	while (str_next(&rest, '/', &part))
		if (str_eq(part, STR("..")))
			return false;
	return true;
}

static bool
bytes_fit(struct unpacking *u, size_t n)
{
	u->bytes += n;
	if (u->bytes > u->max)
		return refuse(
		    u, "unpacked it is larger than 16 times max-size");
	if (u->bytes > MEMBER_RATIO_FLOOR &&
	    u->bytes / MEMBER_RATIO > u->packed)
		return refuse(u, "unpacked it is more than 100 times as "
		                 "large: no list is");
	return true;
}

static bool
send_data(struct unpacking *u)
{
	char block[BLOCK], head[32];
	bool first = true;
	ssize_t n;

	while ((n = archive_read_data(u->a, block, sizeof(block))) > 0) {
		if (u->raw && first && !raw_is_list(u, block, (size_t)n))
			return false;
		if (u->raw && memchr(block, 0, (size_t)n))
			return refuse(u,
			    "it is neither a list nor an archive: there are "
			    "NUL bytes in it");
		first = false;
		if (!bytes_fit(u, (size_t)n))
			return false;
		snprintf(head, sizeof(head), "D %zd\n", n);
		if (!tell(head, strlen(head)) || !tell(block, (size_t)n))
			return refuse(u, "nobody listens");
	}
	return n < 0 ? broken(u) : true;
}

static bool
send_file(struct unpacking *u, struct str name)
{
	char head[MEMBER_NAME + 8];
	int n = snprintf(head, sizeof(head), "F %.*s\n", STR_ARG(name));

	if (++u->files > MEMBER_MAX)
		return refuse(u, "there are more than 20000 files in it");
	return tell(head, (size_t)n) && send_data(u) && tell("E\n", 2);
}

static bool
take_link(struct unpacking *u, struct archive_entry *e, const char *name)
{
	const char *to = archive_entry_hardlink(e);

	if (!to)
		to = archive_entry_symlink(e);
	if (!to || !link_stays(to))
		return refuse_name(u, "a link leads out of it", name);
	u->links++;
	return true;
}

static bool
take_member(struct unpacking *u, struct archive_entry *e)
{
	const char *name = archive_entry_pathname(e);
	struct str clean;

	if (u->raw)
		return is_called_tar(u->name)
		           ? refuse(u, "it is called a tar archive and "
		                       "is none, or is damaged")
		           : send_file(u, plain_name(u->name));
	if (!name)
		return refuse(u, "a name in it cannot be read");
	if (archive_entry_is_encrypted(e))
		return refuse_name(u, "it is encrypted", name);
	if (archive_entry_filetype(e) == AE_IFDIR) {
		clean = str_of(name);
		while (str_ends(clean, STR("/")))
			clean.n--;
		if (clean.n == 0 || str_eq(clean, STR(".")))
			return true;
		return member_judge(clean, &clean) != MEMBER_BAD
		           ? true
		           : refuse_name(
		                 u, "a name in it is not allowed", name);
	}
	switch (member_judge(str_of(name), &clean)) {
	case MEMBER_BAD:
		return refuse_name(u, "a name in it is not allowed", name);
	case MEMBER_SKIP:
		return true;
	case MEMBER_TAKE:
		break;
	}
	if (archive_entry_hardlink(e) || archive_entry_filetype(e) == AE_IFLNK)
		return take_link(u, e, name);
	if (archive_entry_filetype(e) != AE_IFREG)
		return refuse_name(u,
		    "it has something that is neither a "
		    "file nor a folder",
		    name);
	return send_file(u, clean);
}

/* A tar without compression ends with zeros; another end was cut off. */
static bool
tar_is_whole(struct unpacking *u)
{
	char tail[512];

	if ((archive_format(u->a) & ARCHIVE_FORMAT_BASE_MASK) !=
	        ARCHIVE_FORMAT_TAR ||
	    archive_filter_count(u->a) > 1)
		return true;
	if (u->packed >= 1024 &&
	    pread(FETCH_FD, tail, sizeof(tail),
	        (off_t)u->packed - (off_t)sizeof(tail)) == sizeof(tail)) {
		for (unsigned i = 0; i < sizeof(tail); i++)
			if (tail[i])
				return refuse(
				    u, "the tar archive is cut short");
		return true;
	}
	return refuse(u, "the tar archive is cut short");
}

static bool
read_all(struct unpacking *u)
{
	struct archive_entry *e;
	int rc;

	while ((rc = archive_read_next_header(u->a, &e)) == ARCHIVE_OK ||
	       rc == ARCHIVE_WARN) {
		u->raw = (archive_format(u->a) & ARCHIVE_FORMAT_BASE_MASK) ==
		         ARCHIVE_FORMAT_RAW;
		if (archive_filter_count(u->a) > FILTERS)
			return refuse(u, "it is compressed more than once");
		if (!take_member(u, e))
			return false;
	}
	if (rc != ARCHIVE_EOF)
		return broken(u);
	if (!tar_is_whole(u))
		return false;
	return u->files ? true : refuse(u, "there is no file in it");
}

static bool
open_archive(struct unpacking *u)
{
	struct stat st;

	if (fstat(FETCH_FD, &st) < 0 || st.st_size == 0)
		return refuse(u, "it is empty");
	u->packed = (uint64_t)st.st_size;
	u->a = archive_read_new();
	if (!u->a)
		return refuse(u, "out of memory");
	archive_read_support_filter_gzip(u->a);
	archive_read_support_filter_xz(u->a);
	archive_read_support_format_tar(u->a);
	/* by its directory at the end, which a cut takes away */
	archive_read_support_format_zip_seekable(u->a);
	archive_read_support_format_raw(u->a);
	if (archive_read_open_fd(u->a, FETCH_FD, BLOCK) != ARCHIVE_OK)
		return broken(u);
	return true;
}

int
unpack_run(const struct job *j)
{
	struct unpacking u = {
	    .name = job_get(j, "name"), .max = job_u64(j, "max", 0)};
	struct buf b = BUF_EMPTY;
	bool ok;

	if (!u.name ||
	    jail(MEMORY, 0, (uint32_t)job_u64(j, "timeout", 1800) + 60) < 0)
		return 2;
	jail_shut();
	ok = open_archive(&u) && read_all(&u);
	json_open(&b, '{');
	json_key_bool(&b, "ok", ok);
	if (!ok)
		json_key_str(&b, "error", buf_str(&u.why));
	json_key_u64(&b, "files", u.files);
	json_key_u64(&b, "bytes", u.bytes);
	json_key_u64(&b, "links", u.links);
	json_close(&b, '}');
	buf_add_char(&b, '\n');
	if (tell("R ", 2))
		tell(b.p, b.n);
	buf_fini(&b);
	buf_fini(&u.why);
	if (u.a)
		archive_read_free(u.a);
	return ok ? 0 : 1;
}
