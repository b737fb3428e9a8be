/* compiled_test.c - the image in place, and when a new one follows it. */
#include "tests/unit/config/collect.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/sys/file.h"
#include "config/compiled.h"
#include "config/image_file.h"
#include "config/loader.h"
#include "lists/image.h"

#define IMAGE "state/lists.image"

struct place {
	char old[4096], dir[32];
	struct config c;
	struct buf out;
	struct diag d;
	struct compiled_want want;
	struct build_image got;
};

static void
put(const char *path, struct str text)
{
	struct err err;

	if (file_replace(path, text, 0600, &err) < 0)
		fail_msg("%s", err.text);
}

static int
set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	struct buf text = BUF_EMPTY;
	bool ok;

	if (!p || !getcwd(p->old, sizeof(p->old)))
		return -1;
	memcpy(p->dir, "/tmp/suzgi-compiled-XXXXXX", 27);
	if (!mkdtemp(p->dir) || chdir(p->dir) < 0)
		return -1;
	buf_addf(&text,
	    "[proxy]\nstate-dir = %s/state\n[list l]\nsource = %s/l.txt\n"
	    "format = adblock\n[policy default]\nblock = list:l\n",
	    p->dir, p->dir);
	ok = load_text(&p->c, buf_str(&text), &p->out) == 0;
	buf_fini(&text);
	p->d = (struct diag){.report = collect, .arg = &p->out};
	p->want = (struct compiled_want){.path = IMAGE, .generation = 1};
	*state = p;
	return ok ? 0 : -1;
}

static void
let_go(struct place *p)
{
	if (p->got.bytes.p)
		p->got.drop(p->got.arg);
	p->got = (struct build_image){.drop = NULL};
}

static int
tear_down(void **state)
{
	struct place *p = *state;
	char command[128];

	let_go(p);
	arena_fini(&p->c.arena);
	buf_fini(&p->out);
	snprintf(command, sizeof(command), "rm -rf %s", p->dir);
	if (chdir(p->old) < 0 || system(command) != 0)
		return -1;
	free(p);
	return 0;
}

#define CHECK(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* Again; what was said stands in p->out. */
static int
get(struct place *p)
{
	let_go(p);
	buf_reset(&p->out);
	return compiled_get(&p->c, &p->want, &p->got, &p->d);
}

static uint64_t
entries(const struct place *p)
{
	struct image im;

	assert_int_equal(image_view(&im, p->got.bytes, NULL), 0);
	return im.nentries;
}

/* <n> rules from <first> on, behind <more>. */
static void
put_rules(const char *more, unsigned first, unsigned n)
{
	struct buf b = BUF_EMPTY;

	buf_addf(&b, "%s", more);
	for (unsigned i = first; i < first + n; i++)
		buf_addf(&b, "||r%u.test^\n", i);
	put("l.txt", buf_str(&b));
	buf_fini(&b);
}

static unsigned
files_in_state(void)
{
	int n = 0;
	FILE *f = popen("ls -A state 2>/dev/null | wc -l", "r");

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%d", &n), 1);
	pclose(f);
	return (unsigned)n;
}

static void
lines_not_for_a_proxy_are_no_fault_of_a_list(void **state)
{
	struct place *p = *state;

	put("l.txt", STR("x.test##.a\ny.test##.b\nz.test##.c\n||bad.test^\n"
	                 "page.test#@#.d\n"));
	assert_int_equal(get(p), 0);
	assert_string_equal(collected(&p->out), "");
	assert_int_equal(entries(p), 1);
	/* but a page in place of a list is, whatever of it is skipped */
	put("l.txt", STR("x.test##.a\n<a b>\n<c d>\n<e f>\n||bad.test^\n"));
	assert_int_equal(get(p), -1);
	assert_non_null(strstr(collected(&p->out), "is it a list?"));
}

static bool
no(void *arg, struct bytes image, struct bytes old, struct accepted *journal)
{
	struct place *p = arg;

	(void)journal;
	assert_non_null(image.p);
	diag_error(&p->d, NULL, "no: %s", old.p ? "behind one" : "the first");
	return false;
}

static void
what_cannot_be_proven_leaves_no_trace(void **state)
{
	struct place *p = *state;

	put_rules("", 0, 10);
	p->want.prove = no;
	p->want.arg = p;
	assert_int_equal(get(p), -1);
	assert_non_null(strstr(collected(&p->out), "no: the first"));
	assert_int_equal(access(IMAGE, F_OK), -1);
	assert_int_equal(files_in_state(), 1); /* the lock */
	p->want.prove = NULL;
	assert_int_equal(get(p), 0);
	put_rules("", 0, 11);
	p->want.prove = no;
	assert_int_equal(get(p), -1);
	assert_non_null(strstr(collected(&p->out), "no: behind one"));
	assert_int_equal(files_in_state(), 2);
	p->want.prove = NULL;
	p->want.no_write = true;
	assert_int_equal(get(p), 0);
	assert_int_equal(entries(p), 11);
	assert_int_equal(files_in_state(), 2);
}

static void
bounds_are_an_admins_to_lift(void **state)
{
	const struct config_watch admin = {.accept = true, .who = "ann"};
	struct place *p = *state;
	struct buf journal = BUF_EMPTY;
	struct err err;

	put_rules("", 0, 2000);
	assert_int_equal(get(p), 0);
	put_rules("", 0, 1000);
	assert_int_equal(get(p), -1);
	assert_non_null(strstr(collected(&p->out), "shrank from 2000 to 1000"));
	assert_non_null(strstr(p->out.p, "suzgi lists build --accept"));
	p->want.unguarded = p->want.no_write = true; /* only to look */
	assert_int_equal(get(p), 0);
	assert_int_equal(entries(p), 1000);
	p->want.unguarded = p->want.no_write = false;
	p->want.watch = &admin;
	assert_int_equal(get(p), 0);
	assert_int_equal(entries(p), 1000);
	assert_int_equal(
	    file_read("state/lists.accepted", 9999, &journal, &err), 0);
	assert_non_null(strstr(collected(&journal),
	    "\tann\tsize\tl\t\t\tfrom 2000 to 1000 entries\t\n"));
	buf_fini(&journal);
	/* an empty list is no matter of size */
	put("l.txt", STR("! nothing\n"));
	assert_int_equal(get(p), -1);
	assert_non_null(strstr(collected(&p->out), "has no entries"));
}

static void
watch_hears_of_each_source_once(
    void *arg, const struct source *s, const struct compile_report *r)
{
	uint64_t *sum = arg;

	assert_non_null(s);
	sum[0]++;
	sum[1] += r->entries;
	sum[2] += r->duplicates;
	sum[3] += r->skipped;
}

static void
watch_bytes(void *arg, uint64_t done, uint64_t total, struct str list)
{
	uint64_t *sum = arg;

	assert_true(done < total);
	assert_true(str_eq(list, STR("l")));
	sum[4]++;
}

static void
a_watch_sees_what_is_done(void **state)
{
	uint64_t sum[5] = {0};
	struct config_watch w = {.arg = sum,
	    .source = watch_hears_of_each_source_once,
	    .progress = watch_bytes};
	struct place *p = *state;

	put_rules("||r1.test^\nx.test##.y\n", 0, 5);
	p->want.watch = &w;
	assert_int_equal(get(p), 0);
	assert_int_equal(sum[0], 1);
	assert_int_equal(sum[1], 5);
	assert_int_equal(sum[2], 1);
	assert_int_equal(sum[3], 1);
	assert_true(sum[4] > 0);
	assert_int_equal(get(p), 0); /* nothing has changed */
	assert_int_equal(sum[0], 1);
	w.again = true;
	assert_int_equal(get(p), 0);
	assert_int_equal(sum[0], 2);
}

/* Bounded memory: the same names, through files that have no name. */
static void
little_memory_gives_the_same_image(void **state)
{
	struct place *p = *state;
	uint64_t was[2], is[2];
	struct image im;

	put_rules("", 0, 100000);
	p->c.build_memory = UINT64_C(1) << 40;
	p->want.no_write = true;
	assert_int_equal(get(p), 0);
	assert_int_equal(image_view(&im, p->got.bytes, NULL), 0);
	image_content(&im, was);
	p->want.no_write = false;
	p->c.build_memory = 65536;
	assert_int_equal(get(p), 0);
	assert_int_equal(image_view(&im, p->got.bytes, NULL), 0);
	image_content(&im, is);
	assert_memory_equal(was, is, sizeof(was));
	assert_int_equal(files_in_state(), 2); /* the image, its lock */
}

/* A descriptor of the lock in another process is what a build waits for; a
 * build that was killed leaves it free. */
static void
the_lock_is_of_one_build_at_a_time(void **state)
{
	struct err err;
	int lock, other;

	(void)state;
	lock = image_file_lock(IMAGE, &err);
	assert_true(lock >= 0);
	other = open(IMAGE ".lock", O_RDONLY | O_CLOEXEC);
	assert_true(other >= 0);
	assert_int_equal(flock(other, LOCK_EX | LOCK_NB), -1);
	close(lock);
	assert_int_equal(flock(other, LOCK_EX | LOCK_NB), 0);
	close(other);
	put(IMAGE ".99.tmp", STR("half an image"));
	put(IMAGE ".x9.tmp", STR("not ours"));
	put("state/lists.imagex.99.tmp", STR("not ours"));
	lock = image_file_lock(IMAGE, &err);
	assert_true(lock >= 0);
	close(lock);
	assert_int_equal(access(IMAGE ".99.tmp", F_OK), -1);
	assert_int_equal(access(IMAGE ".x9.tmp", F_OK), 0);
	assert_int_equal(access("state/lists.imagex.99.tmp", F_OK), 0);
}

static void
an_image_is_placed_whole_or_not_at_all(void **state)
{
	struct image_file f;
	struct compile_out out;
	struct bytes seen;
	struct buf b = BUF_EMPTY;
	struct err err;

	(void)state;
	assert_int_equal(mkdir("state", 0700), 0);
	put(IMAGE, STR("old"));
	assert_int_equal(image_file_new(&f, IMAGE, IMAGE_FILE_NAMED, &err), 0);
	out = image_file_out(&f);
	assert_int_equal(out.write(out.ctx, 3, "ld", 2, &err), 0);
	assert_int_equal(out.view(out.ctx, 8, &seen, &err), 0);
	assert_int_equal(seen.n, 8);
	assert_memory_equal(seen.p, "\0\0\0ld\0\0\0", 8);
	assert_int_equal(out.write(out.ctx, 0, "new", 3, &err), 0);
	assert_memory_equal(seen.p, "newld\0\0\0", 8);
	assert_int_equal(out.view(out.ctx, 9, &seen, &err), -1);
	image_file_fini(&f);
	assert_int_equal(file_read(IMAGE, 99, &b, &err), 0);
	assert_string_equal(collected(&b), "old");
	assert_int_equal(files_in_state(), 1);
	assert_int_equal(image_file_new(&f, IMAGE, IMAGE_FILE_NAMED, &err), 0);
	out = image_file_out(&f);
	assert_int_equal(out.write(out.ctx, 0, "newer", 5, &err), 0);
	assert_int_equal(image_file_place(&f, IMAGE, &err), 0);
	image_file_fini(&f);
	buf_reset(&b);
	assert_int_equal(file_read(IMAGE, 99, &b, &err), 0);
	assert_string_equal(collected(&b), "newer");
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CHECK(lines_not_for_a_proxy_are_no_fault_of_a_list),
	    CHECK(what_cannot_be_proven_leaves_no_trace),
	    CHECK(bounds_are_an_admins_to_lift),
	    CHECK(a_watch_sees_what_is_done),
	    CHECK(little_memory_gives_the_same_image),
	    CHECK(the_lock_is_of_one_build_at_a_time),
	    CHECK(an_image_is_placed_whole_or_not_at_all),
	};

	return cmocka_run_group_tests_name(
	    "config/compiled", tests, NULL, NULL);
}
