/*
 * protected.c - the lists that nobody here can switch off.
 *
 * They are small (some ten thousand entries): each load reads, proves and
 * compiles them anew, into memory, so that no cache of ours can stand between
 * an authority's word and what holds.
 */
#include "config/protected.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sha256.h"
#include "base/sys/file.h"
#include "config/config.h"
#include "config/diag.h"
#include "feeds/signature.h"
#include "lists/compile.h"
#include "lists/image.h"
#include "lists/source.h"

#define PROTECTED_MAX      (SNAPSHOT_IMAGES_MAX - 1) /* the canary's is one */
#define PROTECTED_NAME_MAX 64
#define PROTECTED_FILE_MAX (64u << 20)

const char *
protected_folder(void)
{
	return SUZGI_SYSCONFDIR "/protected";
}

/* ------------------------------------------------------------- one list */

static void
add_hex(struct buf *out, const uint8_t *p, size_t n)
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		buf_add_char(out, hex[p[i] >> 4]);
		buf_add_char(out, hex[p[i] & 15]);
	}
}

static void
add_line(struct buf *out, struct str key, const char *kind)
{
	uint8_t digest[SHA256_BYTES];

	sha256(key.p, key.n, digest);
	add_hex(out, digest, sizeof(digest));
	buf_addf(out, ",%s\n", kind);
}

/* Lines that were not understood, and have not the form of a header. */
static int
all_understood(const struct compile_report *r, struct err *err)
{
	for (unsigned i = 0; i < r->nkept; i++)
		if (r->kept[i].line > 1)
			return err_set(err, ERR_INPUT, "line %llu: %s",
			    (unsigned long long)r->kept[i].line,
			    r->kept[i].why);
	if (r->entries == 0)
		return err_set(err, ERR_INPUT, "nothing is listed");
	return 0;
}

static int
compile_text(const struct config_protected *p, enum list_format format,
    struct str text, struct buf *out, struct err *err)
{
	const struct compile_options opt = {.seed = 1};
	const struct compile_source src = {
	    .list = p->name, .file = p->name, .format = format};
	struct compile *c = compile_new(&opt);
	int id, rc = -1;

	if (!c)
		return err_set(err, ERR_MEMORY, "out of memory");
	id = compile_source(c, &src, err);
	if (id >= 0 && compile_feed(c, id, text.p, text.n, err) == 0 &&
	    compile_source_end(c, id, err) == 0 &&
	    all_understood(compile_report(c, id), err) == 0)
		rc = compile_finish(c, out, err);
	compile_free(c);
	return rc;
}

/* The image of <text> joins those of <c>. */
static int
take_text(struct config *c, struct str name, enum list_format format,
    struct str text, struct err *err)
{
	struct config_protected *p = &c->protected[c->nprotected];
	struct buf image = BUF_EMPTY;
	struct image view;
	int rc;

	*p = (struct config_protected){.name = arena_str(&c->arena, name)};
	rc = compile_text(p, format, text, &image, err);
	if (rc == 0)
		rc = image_view(&view,
		    (struct bytes){(const uint8_t *)image.p, image.n}, err);
	if (rc == 0) {
		p->entries = view.nentries;
		p->image = arena_str(&c->arena, buf_str(&image));
		c->nprotected++;
	}
	buf_fini(&image);
	return rc;
}

static int
read_beside(const char *folder, const char *name, const char *suffix,
    size_t max, struct buf *out, struct err *err)
{
	char file[NAME_MAX + 1], path[PATH_MAX];

	if (snprintf(file, sizeof(file), "%s%s", name, suffix) >=
	        (int)sizeof(file) ||
	    !file_join(path, sizeof(path), folder, file))
		return err_set(err, ERR_LIMIT, "the name is too long");
	return file_read(path, max, out, err);
}

/* The text of NAME.csv into <list>, if NAME.pub signed it. */
static int
read_signed(const char *folder, const char *name, struct buf *list,
    int64_t *when, struct err *err)
{
	struct buf pub = BUF_EMPTY, sig = BUF_EMPTY;
	struct signature_info info = {.time = 0};
	struct signature_key key;
	int rc = -1;

	if (read_beside(folder, name, ".pub", SIGNATURE_TEXT_MAX, &pub, err) ==
	        0 &&
	    read_beside(folder, name, ".csv.minisig", SIGNATURE_TEXT_MAX, &sig,
	        err) == 0 &&
	    read_beside(folder, name, ".csv", PROTECTED_FILE_MAX, list, err) ==
	        0 &&
	    signature_key(buf_str(&pub), &key, err) == 0)
		rc = signature_verify(&key, buf_str(&sig),
		    (struct bytes){(const uint8_t *)list->p, list->n}, &info,
		    err);
	if (rc == 0)
		*when = info.time;
	buf_fini(&pub);
	buf_fini(&sig);
	return rc;
}

/* -------------------------------------------------------------- the folder */

static void
lose(struct config *c, struct diag *d, const char *what, const char *why)
{
	diag_warn(d, NULL, "protected list %s is lost: %s", what, why);
	if (!c->protected_lost.n)
		c->protected_lost = arena_str(&c->arena, str_of(what));
}

static void
read_list(
    struct config *c, const char *folder, const char *name, struct diag *d)
{
	struct buf list = BUF_EMPTY;
	int64_t when = 0;
	struct err err;

	if (c->nprotected > PROTECTED_MAX)
		lose(c, d, name, "there are more than can be used");
	else if (read_signed(folder, name, &list, &when, &err) < 0 ||
	         take_text(c, str_of(name), LIST_HASHED, buf_str(&list), &err) <
	             0)
		lose(c, d, name, err.text);
	else
		c->protected[c->nprotected - 1].when = when;
	buf_fini(&list);
}

/* "illegal" of "illegal.pub"; false: it is no key. */
static bool
name_of_key(const char *file, char out[PROTECTED_NAME_MAX + 1])
{
	size_t n = strlen(file);

	if (n < 5 || strcmp(file + n - 4, ".pub") != 0)
		return false;
	n -= 4;
	if (n > PROTECTED_NAME_MAX)
		n = PROTECTED_NAME_MAX;
	memcpy(out, file, n);
	out[n] = '\0';
	return true;
}

static bool
is_name(const char *s)
{
	return s[strspn(s, "abcdefghijklmnopqrstuvwxyz"
	                   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")] == '\0';
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void
read_folder(struct config *c, const char *folder, struct diag *d)
{
	char name[PROTECTED_NAME_MAX + 1];
	struct dirent **v = NULL;
	int n = scandir(folder, &v, NULL, by_name);

	if (n < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			lose(c, d, folder, strerror(errno));
		return;
	}
	for (int i = 0; i < n; i++) {
		if (name_of_key(v[i]->d_name, name)) {
			if (is_name(name))
				read_list(c, folder, name, d);
			else
				lose(c, d, name,
				    "its name is not made of letters, digits, "
				    "- and _");
		}
		free(v[i]);
	}
	free(v);
}

void
protected_read(struct config *c, const char *folder, struct diag *d)
{
	struct err err;

	c->nprotected = 0;
	c->protected_lost = STR_NONE;
	/* in the clear: it is no secret, and where no entry is a hash nothing
	 * has to be hashed for each request */
	if (take_text(c, STR("canary"), LIST_DOMAINS,
	        STR(PROTECTED_CANARY "\n"), &err) < 0)
		lose(c, d, "canary", err.text);
	read_folder(c, folder, d);
}

struct str
config_protected_lost(const struct config *now, const struct config *running)
{
	if (now->protected_lost.n)
		return now->protected_lost;
	for (unsigned i = 0; i < running->nprotected; i++) {
		struct str name = running->protected[i].name;
		unsigned k = 0;

		while (k < now->nprotected &&
		       !str_eq(now->protected[k].name, name))
			k++;
		if (k == now->nprotected)
			return name;
	}
	return STR_NONE;
}

/* ------------------------------------------------------ to give lists out */

struct hashing {
	struct buf *out;
	const char *why;
};

static void
hash_entry(void *ctx, const struct source_entry *e)
{
	struct hashing *h = ctx;
	char room[16];

	switch (e->kind) {
	case SOURCE_DOMAIN:
		add_line(h->out, e->text, "host");
		return;
	case SOURCE_URL:
		add_line(h->out, e->text, "url");
		return;
	case SOURCE_NET:
		if (e->bytes != 4 || e->bits != 32)
			break;
		snprintf(room, sizeof(room), "%u.%u.%u.%u", e->addr[0],
		    e->addr[1], e->addr[2], e->addr[3]);
		add_line(h->out, str_of(room), "host");
		return;
	case SOURCE_PATTERN:
	case SOURCE_DIGEST:
		break;
	}
	h->why = "only hosts, IPv4 addresses and URLs can be hashed";
}

static void
hash_reject(void *ctx, const char *why)
{
	struct hashing *h = ctx;

	h->why = why;
}

bool
protected_hash(struct str text, struct buf *out, const char **why)
{
	struct hashing h = {.out = out};
	const struct source_sink sink = {.entry = hash_entry,
	    .reject = hash_reject,
	    .skip = hash_reject,
	    .ctx = &h};

	source_urls(text, &sink);
	*why = h.why;
	return !h.why;
}
