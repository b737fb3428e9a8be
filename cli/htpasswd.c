/* htpasswd.c - a file of users and hashes of their passwords; crypt's door. */
#include "cli/htpasswd.h"

#include <crypt.h>
#include <errno.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fold.h"
#include "base/sys/file.h"
#include "base/table.h"

struct entry {
	struct entry *chain; /* in its bucket */
	uint16_t n;
	bool safe;
	char user[CREDENTIALS_USER_MAX];
	char *hash; /* in the file's text, NUL behind it */
};

#define BUCKETS 4096

struct htpasswd {
	const char *path;
	htpasswd_hear *hear; /* NULL: stderr */
	void *arg;
	bool lost;
	struct stat seen;
	struct buf text;               /* owned */
	struct entry *entries;         /* owned */
	struct entry *bucket[BUCKETS]; /* into entries */
	const char *dummy;             /* a hash for who is not there */
	struct crypt_data data;
};

bool
htpasswd_is_safe(struct str hash, const char **why)
{
	static const char *const good[] = {
	    "$y$", "$gy$", "$7$", "$2b$", "$2y$", "$2a$", "$6$", "$5$"};
	static const struct {
		const char *prefix, *why;
	} bad[] = {
	    {"$1$", "it is MD5"},
	    {"$apr1$", "it is Apache's MD5"},
	    {"{SHA}", "it is SHA-1 without salt"},
	    {"{SSHA}", "it is SHA-1"},
	    {"$2x$", "it is of a broken bcrypt"},
	};

	*why = NULL;
	for (unsigned i = 0; i < ARRAY_LEN(good); i++)
		if (str_starts(hash, str_of(good[i])))
			return true;
	for (unsigned i = 0; i < ARRAY_LEN(bad); i++)
		if (str_starts(hash, str_of(bad[i].prefix)))
			*why = bad[i].why;
	if (!*why)
		*why = hash.n == 13 ? "it is DES, or plain text"
		                    : "it is no hash that is known";
	return false;
}

size_t
htpasswd_name(struct str user, char out[CREDENTIALS_USER_MAX])
{
	size_t n = credentials_user(user, out);

	fold_text(out, n);
	return n;
}

bool
htpasswd_hash(
    const char *password, char out[HTPASSWD_HASH_MAX], struct err *err)
{
	struct crypt_data *data = calloc(1, sizeof(*data));
	char salt[CRYPT_GENSALT_OUTPUT_SIZE];
	const char *made = NULL;
	bool ok;

	if (data && crypt_gensalt_rn("$y$", 0, NULL, 0, salt, sizeof(salt)))
		made = crypt_r(password, salt, data);
	ok = made && made[0] != '*' &&
	     str_copy(str_of(made), out, HTPASSWD_HASH_MAX);
	if (!ok)
		err_sys(err, errno, "cannot hash the password");
	if (data)
		explicit_bzero(data, sizeof(*data));
	free(data);
	return ok;
}

static unsigned
bucket_of(const char *user, size_t n)
{
	uint32_t h = 2166136261u; /* FNV-1a: the file is the admin's own */

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)user[i]) * 16777619u;
	return h % BUCKETS;
}

static struct entry *
find(struct htpasswd *h, const char *user, size_t n)
{
	struct entry *e = h->bucket[bucket_of(user, n)];

	while (e && (e->n != n || memcmp(e->user, user, n) != 0))
		e = e->chain;
	return e;
}

/* One line into <e>. False: nothing for us; <why> says it where it matters. */
static bool
read_line(
    struct htpasswd *h, struct str line, struct entry *e, const char **why)
{
	struct str user, rest, hash, more;

	*why = NULL;
	line = str_trim(line);
	if (line.n == 0 || line.p[0] == '#')
		return false;
	if (!str_cut(line, ':', &user, &rest)) {
		*why = "there is no colon behind the user";
		return false;
	}
	str_cut(rest, ':', &hash, &more);
	e->n = (uint16_t)htpasswd_name(user, e->user);
	if (!e->n) {
		*why = "nobody can be called so";
		return false;
	}
	if (find(h, e->user, e->n)) {
		*why = "there was a line for this user before";
		return false;
	}
	e->safe = htpasswd_is_safe(hash, why);
	e->hash = h->text.p + (hash.p - h->text.p);
	e->hash[hash.n] = '\0'; /* in place of a colon, an LF, or behind all */
	return true;
}

static void
complain(struct htpasswd *h, unsigned line, const char *why)
{
	if (h->hear)
		h->hear(h->arg, line, why);
	else if (line)
		fprintf(stderr, "suzgi: %s:%u: this user cannot sign in: %s\n",
		    h->path, line, why);
	else
		fprintf(stderr, "suzgi: %s: nobody can sign in\n", why);
}

static unsigned
count_lines(struct str text)
{
	struct str line;
	unsigned n = 0;

	while (str_next(&text, '\n', &line))
		n++;
	return n;
}

static bool
read_entries(struct htpasswd *h)
{
	struct str rest = buf_str(&h->text), line;
	unsigned number = 0, used = 0;

	h->entries = calloc(count_lines(rest) + 1u, sizeof(*h->entries));
	if (!h->entries)
		return false;
	buf_add_char(&h->text, '\0');
	if (h->text.failed)
		return false;
	rest = str_make(h->text.p, h->text.n - 1);
	while (str_next(&rest, '\n', &line)) {
		struct entry *e = &h->entries[used];
		unsigned b;
		const char *why;

		number++;
		if (!read_line(h, line, e, &why)) {
			if (why)
				complain(h, number, why);
			continue;
		}
		if (why)
			complain(h, number, why);
		if (e->safe && !h->dummy)
			h->dummy = e->hash;
		b = bucket_of(e->user, e->n);
		e->chain = h->bucket[b];
		h->bucket[b] = e;
		used++;
	}
	return true;
}

static void
forget(struct htpasswd *h)
{
	if (h->text.p)
		explicit_bzero(h->text.p, h->text.cap);
	buf_fini(&h->text);
	free(h->entries);
	h->entries = NULL;
	h->dummy = NULL;
	memset(h->bucket, 0, sizeof(h->bucket));
}

static bool
is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev &&
	       a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* Read it if it is another one than before. */
static void
look(struct htpasswd *h)
{
	struct stat now;
	struct err err;

	if (stat(h->path, &now) < 0)
		memset(&now, 0, sizeof(now)); /* reading it says why */
	else if (h->seen.st_ino && is_same(&now, &h->seen))
		return;
	forget(h);
	if (file_read(h->path, HTPASSWD_FILE_MAX, &h->text, &err) < 0) {
		if (!h->lost)
			complain(h, 0, err.text);
		h->lost = true;
		memset(&h->seen, 0, sizeof(h->seen));
		return;
	}
	h->lost = !read_entries(h);
	h->seen = now;
}

static struct htpasswd *new (const char *path, htpasswd_hear *hear, void *arg)
{
	struct htpasswd *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->path = path;
	h->hear = hear;
	h->arg = arg;
	look(h);
	return h;
}

struct htpasswd *
htpasswd_new(const char *path)
{
	return new (path, NULL, NULL);
}

void
htpasswd_look(const char *path, htpasswd_hear *hear, void *arg)
{
	htpasswd_free(new (path, hear, arg));
}

void
htpasswd_free(struct htpasswd *h)
{
	if (!h)
		return;
	forget(h);
	free(h);
}

/* In a time that does not depend on where they differ. */
static bool
is_equal(const char *a, const char *b)
{
	size_t n = strlen(a);
	unsigned char differ = 0;

	if (n != strlen(b))
		return false;
	for (size_t i = 0; i < n; i++)
		differ |= (unsigned char)(a[i] ^ b[i]);
	return differ == 0;
}

enum htpasswd_answer
htpasswd_check(struct htpasswd *h, struct str user, struct str password)
{
	/* of nobody's password */
	static const char nobody[] =
	    "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$tnSYvahCwPBHKZUspmcxMfb0.WiB9W."
	    "zEaKlOBL35rC";
	char name[CREDENTIALS_USER_MAX], word[CREDENTIALS_PASSWORD_MAX + 1];
	const struct entry *e;
	const char *hash, *made;
	size_t n = htpasswd_name(user, name);
	bool right;

	look(h);
	if (h->lost)
		return HTPASSWD_LOST;
	if (!str_copy(password, word, sizeof(word)))
		word[0] = '\0';
	e = n ? find(h, name, n) : NULL;
	hash = e && e->safe ? e->hash : h->dummy ? h->dummy : nobody;
	made = crypt_r(word, hash, &h->data);
	right = e && e->safe && word[0] && made && made[0] != '*' &&
	        is_equal(made, e->hash);
	explicit_bzero(word, sizeof(word));
	explicit_bzero(&h->data, sizeof(h->data));
	return right ? HTPASSWD_RIGHT : HTPASSWD_WRONG;
}
