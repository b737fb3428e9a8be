/* protected_test.c - lists that nobody can switch off: reading, hashing. */
#include <limits.h>
/* cmocka wants these before itself */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/sha256.h"
#include "base/sys/file.h"
#include "config/config.h"
#include "config/diag.h"
#include "config/protected.h"
#include "lists/image.h"

struct told {
	unsigned n;
	char last[256];
};

static void
hear(void *arg, const struct config_report *r)
{
	struct told *t = arg;

	assert_false(r->error);
	t->n++;
	snprintf(t->last, sizeof(t->last), "%s", r->text);
}

struct folder {
	char path[64];
	struct config *c;
	struct told told;
};

static void
read_it(struct folder *f)
{
	struct diag d = {.report = hear, .arg = &f->told};

	if (f->c)
		config_free(f->c);
	f->c = calloc(1, sizeof(*f->c));
	assert_non_null(f->c);
	arena_init(&f->c->arena, 0);
	f->told = (struct told){0};
	protected_read(f->c, f->path, &d);
}

static void
folder_init(struct folder *f)
{
	*f = (struct folder){.path = "/tmp/suzgi-protected-XXXXXX"};
	assert_non_null(mkdtemp(f->path));
}

static void
put(struct folder *f, const char *name, const char *text)
{
	char path[PATH_MAX];

	assert_true(file_join(path, sizeof(path), f->path, name));
	assert_int_equal(file_replace(path, str_of(text), 0644, NULL), 0);
}

static void
folder_fini(struct folder *f, const char *const *names)
{
	char path[PATH_MAX];

	for (; names && *names; names++) {
		assert_true(file_join(path, sizeof(path), f->path, *names));
		unlink(path);
	}
	assert_int_equal(rmdir(f->path), 0);
	config_free(f->c);
}

static bool
lists(const struct config *c, unsigned i, const char *host)
{
	struct str bytes = c->protected[i].image;
	struct image_hits hits = {0};
	char room[NAME_ROOM];
	struct image im;
	struct name n;

	assert_int_equal(
	    image_view(
	        &im, (struct bytes){(const uint8_t *)bytes.p, bytes.n}, NULL),
	    0);
	assert_int_equal(name_from_text(str_of(host), room, &n), NAME_OK);
	image_find_host(&im, n, &hits);
	return hits.n > 0;
}

static void
the_canary_is_always_there(void **state)
{
	struct folder f;

	(void)state;
	folder_init(&f);
	read_it(&f);
	assert_int_equal(f.c->nprotected, 1);
	assert_int_equal(f.c->protected_lost.n, 0);
	assert_int_equal(f.told.n, 0);
	assert_true(lists(f.c, 0, PROTECTED_CANARY));
	assert_true(lists(f.c, 0, "www." PROTECTED_CANARY));
	assert_false(lists(f.c, 0, "suzgi.test"));
	folder_fini(&f, NULL);
}

static void
without_a_folder_there_is_nothing_else(void **state)
{
	struct folder f = {.path = "/nonexistent/suzgi"};

	(void)state;
	read_it(&f);
	assert_int_equal(f.c->nprotected, 1);
	assert_int_equal(f.c->protected_lost.n, 0);
	config_free(f.c);
}

/* A key and a signature that the program minisign made. */
#define KEY "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"

static void
a_key_is_a_promise(void **state)
{
	static const char *const names[] = {
	    "police.pub", "police.csv", "police.csv.minisig", "x", NULL};
	struct folder f;

	(void)state;
	folder_init(&f);
	put(&f, "x", "no key at all");
	read_it(&f);
	assert_int_equal(f.c->protected_lost.n, 0);
	put(&f, "police.pub", "untrusted comment: k\n" KEY "\n");
	read_it(&f);
	assert_true(str_eq(f.c->protected_lost, STR("police")));
	assert_int_equal(f.told.n, 1);
	put(&f, "police.csv", "no list\n");
	read_it(&f);
	assert_true(str_eq(f.c->protected_lost, STR("police")));
	put(&f, "police.csv.minisig", "no signature\n");
	read_it(&f);
	assert_true(str_eq(f.c->protected_lost, STR("police")));
	assert_int_equal(f.c->nprotected, 1);
	folder_fini(&f, names);
}

static void
names_of_lists(void **state)
{
	static const char *const names[] = {"a b.pub", ".pub", NULL};
	struct folder f;

	(void)state;
	folder_init(&f);
	put(&f, ".pub", KEY);
	read_it(&f);
	assert_int_equal(f.c->protected_lost.n, 0);
	put(&f, "a b.pub", KEY);
	read_it(&f);
	assert_true(str_eq(f.c->protected_lost, STR("a b")));
	folder_fini(&f, names);
}

static void
a_file_in_the_place_of_the_folder(void **state)
{
	struct folder f;
	char dir[64];

	(void)state;
	folder_init(&f);
	memcpy(dir, f.path, sizeof(dir));
	put(&f, "file", "x");
	assert_true(file_join(f.path, sizeof(f.path), dir, "file"));
	read_it(&f);
	assert_int_equal(f.c->nprotected, 1);
	unlink(f.path);
	rmdir(dir);
	config_free(f.c);
}

static void
what_a_reload_must_not_lose(void **state)
{
	struct config now = {0}, running = {0};

	(void)state;
	running.nprotected = 2;
	running.protected[0].name = STR("canary");
	running.protected[1].name = STR("police");
	now.nprotected = 1;
	now.protected[0].name = STR("canary");
	assert_true(
	    str_eq(config_protected_lost(&now, &running), STR("police")));
	assert_int_equal(config_protected_lost(&running, &now).n, 0);
	assert_int_equal(config_protected_lost(&running, &running).n, 0);
	running.protected_lost = STR("other");
	assert_true(
	    str_eq(config_protected_lost(&running, &now), STR("other")));
}

static void
is_hash_of(const char *text, const char *key, const char *kind)
{
	struct buf out = BUF_EMPTY, want = BUF_EMPTY;
	uint8_t digest[SHA256_BYTES];
	const char *why;

	sha256(key, strlen(key), digest);
	for (unsigned i = 0; i < SHA256_BYTES; i++)
		buf_addf(&want, "%02x", digest[i]);
	buf_addf(&want, ",%s\n", kind);
	assert_true(protected_hash(str_of(text), &out, &why));
	assert_true(str_eq(buf_str(&out), buf_str(&want)));
	buf_fini(&out);
	buf_fini(&want);
}

static void
hashes_are_of_canonical_text(void **state)
{
	struct buf out = BUF_EMPTY;
	const char *why = NULL;

	(void)state;
	is_hash_of("bad.test", "bad.test", "host");
	is_hash_of("BAD.Test.", "bad.test", "host");
	is_hash_of("http://bad.test/", "bad.test", "host");
	is_hash_of("b\xc3\xbc"
	           "cher.test",
	    "xn--bcher-kva.test", "host");
	is_hash_of("203.0.113.7", "203.0.113.7", "host");
	is_hash_of("https://Bad.test/a/../%62?q", "bad.test/b?q", "url");
	assert_false(protected_hash(STR("not a host"), &out, &why));
	assert_non_null(why);
	assert_false(protected_hash(STR(""), &out, &why));
	assert_false(protected_hash(STR("test"), &out, &why));
	assert_int_equal(out.n, 0);
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_canary_is_always_there),
	    cmocka_unit_test(without_a_folder_there_is_nothing_else),
	    cmocka_unit_test(a_key_is_a_promise),
	    cmocka_unit_test(names_of_lists),
	    cmocka_unit_test(a_file_in_the_place_of_the_folder),
	    cmocka_unit_test(what_a_reload_must_not_lose),
	    cmocka_unit_test(hashes_are_of_canonical_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
