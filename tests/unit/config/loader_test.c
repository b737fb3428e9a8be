/* loader_test.c - files, includes, lists and images, in a folder of its own. */
#include "tests/unit/config/collect.h"

#include <glob.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/sys/file.h"
#include "filters/decide.h"
#include "filters/snapshot.h"
#include "lists/image.h"

struct place {
	char dir[64], old[PATH_MAX];
	struct buf out;
	struct config_paths at;
};

/* The source tree, whose lists are the shipped ones. */
static const char *
repo(void)
{
	static char path[PATH_MAX];
	struct str data = STR(TEST_DATA), tests = STR("/tests/data");

	assert_true(str_ends(data, tests));
	str_copy(str_sub(data, 0, data.n - tests.n), path, sizeof(path));
	return path;
}

static int
set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	if (!p || !getcwd(p->old, sizeof(p->old)))
		return -1;
	memcpy(p->dir, "/tmp/suzgi-config-XXXXXX", 25);
	if (!mkdtemp(p->dir) || chdir(p->dir) < 0)
		return -1;
	p->at = (struct config_paths){
	    .file = "suzgi.conf", .state = "state", .data = "."};
	*state = p;
	return 0;
}

static int
tear_down(void **state)
{
	struct place *p = *state;
	char command[128];

	buf_fini(&p->out);
	snprintf(command, sizeof(command), "rm -rf %s", p->dir);
	if (chdir(p->old) < 0 || system(command) != 0)
		return -1;
	free(p);
	return 0;
}

/* Write <text> to <path> below the folder, with the folders it needs. */
static void
put(const char *path, const char *text)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');
	struct err err;

	if (slash) {
		str_copy(str_make(path, (size_t)(slash - path)), folder,
		    sizeof(folder));
		assert_int_equal(file_mkdirs(folder, &err), 0);
	}
	assert_int_equal(file_replace(path, str_of(text), 0600, &err), 0);
}

/* <n> lines "<prefix><i>.test" */
static void
put_many(const char *path, const char *prefix, unsigned n)
{
	struct buf b = BUF_EMPTY;

	for (unsigned i = 0; i < n; i++)
		buf_addf(&b, "%s%u.test\n", prefix, i);
	buf_add_char(&b, '\0');
	put(path, b.p);
	buf_fini(&b);
}

static const char *
said(struct place *p)
{
	return collected(&p->out);
}

static struct config *
load(struct place *p)
{
	buf_reset(&p->out);
	return config_load(&p->at, collect, &p->out);
}

/* Load and build; NULL where either fails. */
static struct snapshot *
snapshot(struct place *p)
{
	struct config *c = load(p);
	struct snapshot *s = NULL;

	if (c)
		s = config_snapshot(c, &p->at, 7, collect, &p->out);
	config_free(c);
	return s;
}

static void
drop(struct snapshot *s)
{
	if (s && snapshot_unref(s))
		snapshot_free(s);
}

/* Is a plain tunnel to <host> denied by the policy? */
static bool
is_blocked(const struct snapshot *s, const char *host)
{
	struct request r = {.stage = STAGE_HOST,
	    .deepest = STAGE_HOST,
	    .tunnel = true,
	    .port = 443,
	    .method = STR("CONNECT")};
	struct facts f = {0};
	char room[NAME_ROOM];

	assert_int_equal(name_from_text(str_of(host), room, &r.connect), 0);
	return decide(s, &r, &f, NULL).kind == VERDICT_DENY;
}

static void
expect_said(struct place *p, const char *what)
{
	if (!strstr(said(p), what))
		fail_msg("said\n%swanted\n%s", said(p), what);
}

/* -------------------------------------------------------------- reading */

static void
missing_file_is_an_error(void **state)
{
	struct place *p = *state;

	assert_null(load(p));
	expect_said(p, "suzgi.conf: No such file");
}

static void
includes_are_sorted_and_relative(void **state)
{
	struct place *p = *state;
	struct config *c;

	put("suzgi.conf", "include = conf.d/*.conf\n[log]\n"
	                  "include = none.d/*.conf\nprivacy = full\n");
	put("conf.d/20.conf", "[policy b]\n[list x]\nsource = x.txt\n");
	put("conf.d/10.conf", "[policy a]\ninclude = ../more.conf\n");
	put("conf.d/30.txt", "nonsense\n");
	put("conf.d/.hidden.conf", "nonsense\n");
	put("more.conf", "[proxy]\nworkers = 7\n[group g]\n"
	                 "match = net:10.0.0.0/8\npolicy = a\n"
	                 "[group h]\nmatch = net:11.0.0.0/8\npolicy = b\n");
	c = load(p);
	assert_string_equal(said(p), "");
	assert_non_null(c);
	assert_int_equal(c->workers, 7);
	assert_int_equal(c->privacy, PRIVACY_FULL); /* [log] went on */
	assert_int_equal(c->policy.n, 2);
	assert_string_equal(c->policy.v[0].name.p, "a");
	assert_string_equal(c->policy.v[1].name.p, "b");
	assert_true(str_ends(c->list.v[0].source, STR("/conf.d/x.txt")));
	assert_true(str_starts(c->list.v[0].source, STR("/")));
	config_free(c);
}

static void
errors_of_all_files_in_one_run(void **state)
{
	struct place *p = *state;

	put("suzgi.conf", "[proxy]\nworkers = x\ninclude = conf.d/*.conf\n"
	                  "include = gone.conf\n");
	put("conf.d/a.conf", "workers = 1\n[prxy]\n");
	put("conf.d/b.conf", "[proxy]\nworkers = 2\n[log]\nprivacy = x\n");
	assert_null(load(p));
	expect_said(p, "suzgi.conf:2:11: error: expected a number");
	expect_said(p, "suzgi.conf:4:11: error: there is no file");
	expect_said(p, "conf.d/a.conf:1:1: error: \"workers\" stands before");
	expect_said(p, "conf.d/a.conf:2:2: error: unknown section [prxy]");
	expect_said(p, "conf.d/b.conf:2:1: error: \"workers\" was given "
	               "already, suzgi.conf:2");
	expect_said(p, "conf.d/b.conf:4:11: error: \"x\" is none of");
}

static void
rules_are_judged_in_a_file_with_errors(void **state)
{
	struct place *p = *state;

	put("list.txt", "a.test\n");
	put("suzgi.conf", "[proxy]\nwrokers = 1\n[list l]\n"
	                  "source = list.txt\n[policy default]\n"
	                  "block = list:l, list:m\n[list gone]\n"
	                  "source = gone.txt\nmax-change = any\n");
	assert_null(load(p));
	expect_said(p, "suzgi.conf:2:1: error: unknown key");
	expect_said(p, "suzgi.conf:7:2: error: list gone: cannot read");
	put("gone.txt", "");
	assert_null(load(p));
	expect_said(p, "suzgi.conf:2:1: error: unknown key");
	expect_said(p, "suzgi.conf:6:22: error: ");
	assert_int_equal(access("state", F_OK), -1);
	/* where a list is not understood, what it would hold is not known */
	put("suzgi.conf", "[list l]\nsorce = list.txt\n[policy default]\n"
	                  "block = list:l\n");
	assert_null(load(p));
	assert_null(strstr(said(p), "suzgi.conf:4:"));
	put("suzgi.conf", "[lst l]\nsource = list.txt\n[policy default]\n"
	                  "block = list:l\n");
	assert_null(load(p));
	assert_null(strstr(said(p), "suzgi.conf:4:"));
}

static void
include_loops_are_refused(void **state)
{
	struct place *p = *state;

	put("suzgi.conf", "include = a.conf\n");
	put("a.conf", "include = b.conf\n");
	put("b.conf", "[log]\nprivacy = full\ninclude = ./a.conf\n");
	assert_null(load(p));
	expect_said(p, "b.conf:3:1: error: ");
	expect_said(p, "includes itself");
}

static void
includes_have_a_depth(void **state)
{
	struct place *p = *state;
	char name[32], text[64];

	put("suzgi.conf", "include = 0.conf\n");
	for (unsigned i = 0; i < 9; i++) {
		snprintf(name, sizeof(name), "%u.conf", i);
		snprintf(text, sizeof(text), "include = %u.conf\n", i + 1);
		put(name, text);
	}
	put("9.conf", "[log]\n");
	assert_null(load(p));
	expect_said(p, "6.conf:1:1: error: includes are more than 8 files");
}

static void
large_and_binary_files_are_refused(void **state)
{
	struct place *p = *state;
	char *big = malloc((8u << 20) + 70000);

	assert_non_null(big);
	memset(big, '\n', (8u << 20) + 70000);
	big[(8u << 20) + 69999] = '\0';
	put("suzgi.conf", big);
	free(big);
	assert_null(load(p));
	expect_said(p, "is larger than 8388608 bytes");
	put("suzgi.conf", "[log]\nprivacy = \xff\n");
	assert_null(load(p));
	expect_said(p, "suzgi.conf:2:11: error: the text is not valid UTF-8");
	put("dir/x", "");
	p->at.file = "dir";
	assert_null(load(p));
}

static void
set_takes_the_place_of_the_file(void **state)
{
	struct place *p = *state;
	static const char *const sets[] = {"proxy.workers = 9",
	    "listen.lan.address=127.0.0.1:1", "listen.new.address=127.0.0.1:2",
	    "tunnel.ports=8443", "policy.default.block=host:b.test",
	    "page.title=a b # c", NULL};
	struct config *c;

	put("suzgi.conf", "[proxy]\nworkers = 1\n[listen lan]\n"
	                  "address = 127.0.0.1:3128\n[tunnel]\nports = 443\n"
	                  "[policy default]\nallow = host:a.test\n");
	p->at.set = sets;
	c = load(p);
	assert_string_equal(said(p), "");
	assert_non_null(c);
	assert_int_equal(c->workers, 9);
	assert_int_equal(c->listen.n, 2);
	assert_int_equal(c->listen.v[0].address.n, 1);
	assert_int_equal(c->listen.v[0].address.v[0].port, 1);
	assert_int_equal(c->listen.v[1].address.v[0].port, 2);
	assert_int_equal(c->tunnel_ports.n, 1);
	assert_int_equal(c->tunnel_ports.v[0], 8443);
	assert_int_equal(c->policy.v[0].rules.n, 2); /* added behind */
	assert_string_equal(c->page_title.p, "a b # c");
	config_free(c);
}

static void
set_is_checked_like_the_file(void **state)
{
	struct place *p = *state;
	static const char *const sets[] = {"proxy.workers=x", "proxy",
	    "nonsense.a=1", "proxy.a.workers=1", "log.privacy=full\nx", NULL};

	put("suzgi.conf", "");
	p->at.set = sets;
	assert_null(load(p));
	expect_said(p, "--set:1:15: error: expected a number, found \"x\"");
	expect_said(p, "--set:2:1: error: expected section.key=value");
	expect_said(p, "--set:3:1: error: unknown section [nonsense]");
	expect_said(p, "--set:4:1: error: [proxy] stands once");
	expect_said(p, "--set: a value is one line");
}

/* ---------------------------------------------------------------- lists */

static void
empty_file_is_a_working_filter(void **state)
{
	struct place *p = *state;
	struct snapshot *s;

	put("suzgi.conf", "");
	p->at.data = repo();
	s = snapshot(p);
	assert_string_equal(said(p), "");
	assert_non_null(s);
	assert_true(is_blocked(s, "blocked.test"));
	assert_true(is_blocked(s, "www.casino.test"));
	assert_true(is_blocked(s, "bypass.test"));
	assert_true(is_blocked(s, "malware.test"));
	assert_true(is_blocked(s, "phishing.test"));
	assert_false(is_blocked(s, "chat.test")); /* listed, not blocked */
	assert_false(is_blocked(s, "good.test"));
	drop(s);
}

static void
demo_needs_no_file(void **state)
{
	struct place *p = *state;
	struct config *c;

	p->at = (struct config_paths){.data = repo(), .demo = true};
	c = load(p);
	assert_string_equal(said(p), "");
	assert_non_null(c);
	assert_true(str_ends(c->state_dir, STR("/run")));
	assert_int_equal(c->allow_private.n, 1);
	assert_int_equal(c->allow_private.v[0].port, 3181);
	assert_int_equal(c->listen.v[0].address.v[0].port, 3128);
	assert_string_equal(c->list.v[0].name.p, "starter");
	config_free(c);
}

static void
put_tree(void)
{
	put("ut1/adult/domains", "adult.test\n\n# x\nbad_line!!\n");
	put("ut1/adult/urls", "site.test/adult\n");
	put("ut1/adult/expressions", "(sex)\n");
	put("ut1/adult/usage", "black\n");
	put("ut1/games/domains", "games.test\n");
	put("ut1/.git/domains", "hidden.test\n");
	put("ut1/no good/domains", "nogood.test\n");
	put("ut1/README", "x\n");
	put("real-domains", "linked.test\n");
	put("ut1/linked/usage", "");
	assert_int_equal(
	    symlink("../../real-domains", "ut1/linked/domains"), 0);
	assert_int_equal(symlink("adult", "ut1/porn"), 0);
}

static void
ut1_tree_is_walked(void **state)
{
	struct place *p = *state;
	struct snapshot *s;

	put_tree();
	put("suzgi.conf", "[list ut1]\nsource = ut1\n[policy default]\n"
	                  "block = category:adult, category:linked\n");
	s = snapshot(p);
	assert_non_null(s);
	expect_said(p, "suzgi.conf:1:2: warning: list ut1: 1 links to folders");
	expect_said(p, "no good is no category name");
	expect_said(p, "/ut1/adult/domains:4:0: warning: 1 of 4 lines");
	assert_true(is_blocked(s, "www.adult.test"));
	assert_true(is_blocked(s, "linked.test"));
	assert_false(is_blocked(s, "games.test"));
	assert_false(is_blocked(s, "hidden.test"));
	assert_false(is_blocked(s, "nogood.test"));
	drop(s);
}

static void
files_and_folders_of_files(void **state)
{
	struct place *p = *state;
	struct snapshot *s;

	put("one.txt", "one.test\n");
	put("many/a.txt", "a.test\n");
	put("many/b.txt", "b.test\n");
	put("many/sub/c.txt", "c.test\n");
	put("suzgi.conf", "[list one]\nsource = one.txt\ncategory = bad\n"
	                  "[list many]\nsource = many\nformat = domains\n"
	                  "[policy default]\nblock = category:bad, "
	                  "list:many\n");
	s = snapshot(p);
	assert_string_equal(said(p), "");
	assert_non_null(s);
	assert_true(is_blocked(s, "one.test"));
	assert_true(is_blocked(s, "a.test"));
	assert_true(is_blocked(s, "b.test"));
	assert_false(is_blocked(s, "c.test"));
	drop(s);
}

static void
sources_that_cannot_be_read(void **state)
{
	struct place *p = *state;

	put("file", "x.test\n");
	put("empty/.hidden", "");
	assert_int_equal(mkdir("ut1", 0700), 0);
	assert_int_equal(mkdir("ut1/adult", 0700), 0);
	assert_int_equal(symlink("nowhere", "ut1/adult/domains"), 0);
	put("suzgi.conf", "[policy default]\n"
	                  "[list a]\nsource = gone\n"
	                  "[list b]\nsource = file\nformat = ut1\n"
	                  "[list c]\nsource = empty\n"
	                  "[list d]\nsource = ut1\n");
	assert_null(snapshot(p));
	expect_said(p, "suzgi.conf:2:2: error: list a: cannot read");
	expect_said(p, "suzgi.conf:4:2: error: list b: ");
	expect_said(p, "is a file; format ut1 is a folder");
	expect_said(p, "suzgi.conf:7:2: error: list c: there is no list in");
	expect_said(p, "suzgi.conf:9:2: error: list d: cannot read");
	assert_int_equal(access("state/lists.image", F_OK), -1);
}

/* ---------------------------------------------------------------- image */

static struct stat
image_stat(void)
{
	struct stat st;

	assert_int_equal(stat("state/lists.image", &st), 0);
	return st;
}

static void
put_list(unsigned n)
{
	put_many("list.txt", "d", n);
	put("suzgi.conf", "[list l]\nsource = list.txt\nformat = domains\n"
	                  "[policy default]\nblock = list:l\n");
}

static void
unchanged_sources_are_not_compiled_again(void **state)
{
	struct place *p = *state;
	struct stat first, second;
	struct snapshot *s;

	put_list(50);
	drop(snapshot(p));
	first = image_stat();
	drop(snapshot(p));
	second = image_stat();
	assert_int_equal(first.st_ino, second.st_ino);
	put_list(51);
	s = snapshot(p);
	second = image_stat();
	assert_int_not_equal(first.st_ino, second.st_ino);
	assert_true(is_blocked(s, "d50.test"));
	drop(s);
}

static void
no_write_writes_nothing(void **state)
{
	struct place *p = *state;
	struct snapshot *s;
	struct stat before, after;

	put_list(50);
	p->at.no_write = true;
	s = snapshot(p);
	assert_true(is_blocked(s, "d49.test"));
	drop(s);
	assert_int_equal(access("state", F_OK), -1);
	p->at.no_write = false;
	drop(snapshot(p));
	before = image_stat();
	put_list(51);
	p->at.no_write = true;
	s = snapshot(p);
	assert_true(is_blocked(s, "d50.test"));
	after = image_stat();
	assert_int_equal(before.st_ino, after.st_ino);
	drop(s);
}

/* Cut or turn a byte of the image at <at>; 0 bytes of it kept: cut there. */
static void
damage(size_t at, bool cut)
{
	struct buf b = BUF_EMPTY;
	struct err err;

	assert_int_equal(
	    file_read("state/lists.image", SIZE_MAX / 2, &b, &err), 0);
	assert_true(at < b.n);
	if (cut)
		b.n = at;
	else
		b.p[at] = (char)(b.p[at] ^ 0x40);
	assert_int_equal(
	    file_replace("state/lists.image", buf_str(&b), 0600, &err), 0);
	buf_fini(&b);
}

static void
damaged_image_is_made_anew(void **state)
{
	struct place *p = *state;
	size_t size;

	put_list(50);
	drop(snapshot(p));
	size = (size_t)image_stat().st_size;
	for (size_t at = 0; at < size; at += at < 400 ? 1 : size / 37) {
		struct snapshot *s;

		for (unsigned cut = 0; cut < 2; cut++) {
			damage(at, cut);
			s = snapshot(p);
			if (!strstr(said(p), "is made anew"))
				fail_msg("byte %zu %s was not noticed", at,
				    cut ? "cut" : "turned");
			assert_non_null(s);
			assert_true(is_blocked(s, "d7.test"));
			drop(s);
		}
	}
}

static void
shrinking_and_growing_lists_are_refused(void **state)
{
	struct place *p = *state;
	static const char *const any[] = {"list.l.max-change=any", NULL};
	struct stat before, after;
	static const struct {
		unsigned n;
		bool fine;
	} steps[] = {
	    {2000, true},
	    {1599, false},
	    {1600, true},
	    {1921, false},
	    {1920, true},
	    {3, false},
	};

	for (unsigned i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		struct snapshot *s;

		if (i)
			before = image_stat();
		put_list(steps[i].n);
		s = snapshot(p);
		assert_int_equal(s != NULL, steps[i].fine);
		after = image_stat();
		if (i)
			assert_int_equal(
			    before.st_ino == after.st_ino, !steps[i].fine);
		if (!steps[i].fine)
			expect_said(p, "by more than max-change = 20%");
		drop(s);
	}
	p->at.set = any; /* said once, it holds until the next change */
	drop(snapshot(p));
	p->at.set = NULL;
	assert_int_not_equal(image_stat().st_ino, after.st_ino);
	after = image_stat();
	drop(snapshot(p));
	assert_int_equal(image_stat().st_ino, after.st_ino);
	put_list(100); /* under 1000 entries there is no bound */
	drop(snapshot(p));
	assert_int_not_equal(image_stat().st_ino, after.st_ino);
}

static void
empty_list_is_refused_unless_meant(void **state)
{
	struct place *p = *state;
	static const char *const any[] = {"list.l.max-change=any", NULL};
	struct snapshot *s;

	put_list(0);
	put("list.txt", "# nothing yet\n");
	assert_null(snapshot(p));
	expect_said(p, "suzgi.conf:1:2: error: list l has no entries");
	p->at.set = any;
	s = snapshot(p);
	assert_non_null(s);
	assert_false(is_blocked(s, "d1.test"));
	drop(s);
}

static void
a_page_in_place_of_a_list_is_refused(void **state)
{
	struct place *p = *state;
	struct snapshot *s;

	put_list(0);
	put("list.txt", "other.test\n");
	drop(snapshot(p));
	put("list.txt", "<!DOCTYPE html>\n<html>\n<title>\n"
	                "login.portal.test\n</title>\n<a href=x>\n");
	assert_null(snapshot(p));
	expect_said(
	    p, "list l: 5 of its 6 lines are no entries; is it a list?");
	put("list.txt",
	    "a b\nother.test\nmore.test\n"); /* some odd lines pass */
	s = snapshot(p);
	assert_non_null(s);
	assert_true(is_blocked(s, "other.test"));
	drop(s);
}

/* What cached verdicts are bound to; the folder's image goes first. */
static uint64_t
digest(struct place *p, const char *conf)
{
	struct snapshot *s;
	uint64_t d;

	unlink("state/lists.image");
	put("suzgi.conf", conf);
	s = snapshot(p);
	if (!s)
		fail_msg("%s", said(p));
	d = snapshot_digest(s);
	drop(s);
	return d;
}

static void
equal_lists_in_other_files_have_one_digest(void **state)
{
	struct place *p = *state;
	uint64_t d;

	put("one/a.txt", "a.test\nb.test\n");
	put("two/deep/other.txt", "# newer\nb.test\na.test\n");
	put("three/1.txt", "a.test\n");
	put("three/2.txt", "b.test\n");
	put("four.txt", "a.test\nc.test\n");
	d = digest(p, "[list l]\nsource = one/a.txt\n");
	assert_true(d == digest(p, "[list l]\nsource = one/a.txt\n"));
	assert_true(d == digest(p, "[list l]\nsource = two/deep/other.txt\n"));
	assert_true(d == digest(p, "[list l]\nsource = three\n"));
	assert_true(d != digest(p, "[list l]\nsource = four.txt\n"));
	assert_true(d != digest(p, "[list k]\nsource = one/a.txt\n"));
}

static void
refused_reload_leaves_the_file_alone(void **state)
{
	struct place *p = *state;
	struct stat before, after;
	glob_t left;

	put_list(50);
	drop(snapshot(p));
	before = image_stat();
	put_many("list.txt", "e", 60); /* a new image would be made ... */
	put("suzgi.conf", "[list l]\nsource = list.txt\n[policy default]\n"
	                  "block = list:l, \\\n    category:nonsense\n"
	                  "allow = list:k\n");
	assert_null(snapshot(p)); /* ... but the rules do not hold */
	expect_said(p, "suzgi.conf:5:14: error: ");
	expect_said(p, "suzgi.conf:6:14: error: ");
	after = image_stat();
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(glob("state/*.tmp", 0, NULL, &left), GLOB_NOMATCH);
	assert_int_equal(unlink("list.txt"), 0);
	assert_null(snapshot(p));
	expect_said(p, "list.txt: No such file");
	after = image_stat();
	assert_int_equal(before.st_ino, after.st_ino);
}

static void
given_image_takes_the_place_of_sources(void **state)
{
	struct place *p = *state;
	struct snapshot *s;
	struct config *c;
	char path[PATH_MAX];

	put_list(50);
	drop(snapshot(p));
	assert_int_equal(rename("state/lists.image", "given"), 0);
	assert_int_equal(unlink("list.txt"), 0);
	c = load(p);
	config_image_path(c, &p->at, path, sizeof(path));
	assert_non_null(strstr(path, "/state/lists.image"));
	s = config_snapshot_image(c, "given", 3, collect, &p->out);
	assert_string_equal(said(p), "");
	assert_non_null(s);
	assert_int_equal(snapshot_generation(s), 3);
	assert_true(is_blocked(s, "d1.test"));
	drop(s);
	assert_null(
	    config_snapshot_image(c, "suzgi.conf", 3, collect, &p->out));
	assert_null(config_snapshot_image(c, "gone", 3, collect, &p->out));
	config_free(c);
}

/* A list it does not have would block nothing, and nobody would know. */
static void
given_image_without_one_of_the_lists_is_refused(void **state)
{
	struct place *p = *state;
	struct config *c;

	put_list(50);
	drop(snapshot(p));
	put("more.txt", "x.test\n");
	put("suzgi.conf", "[list l]\nsource = list.txt\n"
	                  "[list more]\nsource = more.txt\n"
	                  "[policy default]\nblock = list:l, list:more\n");
	c = load(p);
	assert_non_null(c);
	assert_null(
	    config_snapshot_image(c, "state/lists.image", 3, collect, &p->out));
	assert_string_equal(said(p),
	    "suzgi.conf:3:2: error: list more is not in the compiled lists\n");
	config_free(c);
}

static void
what_is_running_is_found_in_spite_of_errors(void **state)
{
	struct place *p = *state;
	struct config *c;

	p->at.state = NULL;
	put("suzgi.conf", "[proxy]\nstate-dir = /var/s\nwrokers = 1\n"
	                  "[policy default]\nblock = nonsense:x\n[log\n");
	assert_null(load(p));
	c = config_load_anyhow(&p->at);
	assert_non_null(c);
	assert_string_equal(c->control.p, "/var/s/control.sock");
	assert_string_equal(c->log_dir.p, "/var/s/log");
	config_free(c);
	p->at.file = "missing.conf";
	c = config_load_anyhow(&p->at);
	assert_string_equal(c->control.p, "/var/lib/suzgi/control.sock");
	config_free(c);
}

static void
policy_without_lists_needs_no_image(void **state)
{
	struct place *p = *state;
	struct snapshot *s;

	put("suzgi.conf", "[policy default]\nblock = host:b.test\n");
	s = snapshot(p);
	assert_string_equal(said(p), "");
	assert_non_null(s);
	assert_true(is_blocked(s, "b.test"));
	assert_int_equal(access("state/lists.image", F_OK), -1);
	drop(s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(missing_file_is_an_error),
	    TEST(includes_are_sorted_and_relative),
	    TEST(errors_of_all_files_in_one_run),
	    TEST(rules_are_judged_in_a_file_with_errors),
	    TEST(include_loops_are_refused),
	    TEST(includes_have_a_depth),
	    TEST(large_and_binary_files_are_refused),
	    TEST(set_takes_the_place_of_the_file),
	    TEST(set_is_checked_like_the_file),
	    TEST(empty_file_is_a_working_filter),
	    TEST(demo_needs_no_file),
	    TEST(ut1_tree_is_walked),
	    TEST(files_and_folders_of_files),
	    TEST(sources_that_cannot_be_read),
	    TEST(unchanged_sources_are_not_compiled_again),
	    TEST(no_write_writes_nothing),
	    TEST(damaged_image_is_made_anew),
	    TEST(shrinking_and_growing_lists_are_refused),
	    TEST(empty_list_is_refused_unless_meant),
	    TEST(a_page_in_place_of_a_list_is_refused),
	    TEST(equal_lists_in_other_files_have_one_digest),
	    TEST(refused_reload_leaves_the_file_alone),
	    TEST(given_image_takes_the_place_of_sources),
	    TEST(given_image_without_one_of_the_lists_is_refused),
	    TEST(what_is_running_is_found_in_spite_of_errors),
	    TEST(policy_without_lists_needs_no_image),
	};

	return cmocka_run_group_tests_name("config/loader", tests, NULL, NULL);
}
