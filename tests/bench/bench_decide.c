/*
 * bench_decide.c - what a decision costs.
 *
 *	bench_decide [IMAGE [NAMES]]
 *
 * 40 rules over a list image (a small one is made without a file), names from
 * a file of one a line. Prints, for the look-ups alone and for whole
 * decisions, nanoseconds and instructions each (0 where the machine does not
 * count), then the same for 1,000 patterns over an address.
 */
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "filters/decide.h"
#include "filters/snapshot.h"
#include "lists/compile.h"
#include "lists/image.h"

#define RULES    40
#define PATTERNS 1000
#define NAMES    4096
#ifndef TURNS
#define TURNS 400000u
#endif

static struct name name[NAMES];
static unsigned names;
static volatile uint64_t sink;

static void
die(const char *what, const struct err *err)
{
	fprintf(stderr, "bench_decide: %s: %s\n", what, err ? err->text : "");
	exit(1);
}

/* ------------------------------------------------------------- measuring */

static int counter = -1;

static void
counter_open(void)
{
	struct perf_event_attr a = {.type = PERF_TYPE_HARDWARE,
	    .size = sizeof(a),
	    .config = PERF_COUNT_HW_INSTRUCTIONS,
	    .exclude_kernel = 1,
	    .exclude_hv = 1};

	counter = (int)syscall(SYS_perf_event_open, &a, 0, -1, -1, 0);
}

static uint64_t
instructions(void)
{
	uint64_t v = 0;

	if (counter < 0 || read(counter, &v, sizeof(v)) != sizeof(v))
		return 0;
	return v;
}

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Best of five, so that what else the machine does counts less. */
static void
measure(const char *what, void (*fn)(void *arg, unsigned i), void *arg,
    unsigned turns)
{
	double best = 1e9, worst = 0;
	uint64_t least = UINT64_MAX;

	for (unsigned run = 0; run < 5; run++) {
		uint64_t before = instructions(), n;
		double from = seconds(), ns;

		for (unsigned i = 0; i < turns; i++)
			fn(arg, i);
		ns = (seconds() - from) * 1e9 / turns;
		n = (instructions() - before) / turns;
		best = ns < best ? ns : best;
		worst = ns > worst ? ns : worst;
		least = n < least ? n : least;
	}
	printf("%-34s %8.1f ns (to %.1f) %8llu instructions\n", what, best,
	    worst, (unsigned long long)least);
}

/* ------------------------------------------------------------- the world */

static struct bytes
map_file(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *p;

	if (fd < 0 || fstat(fd, &st) < 0)
		die(path, NULL);
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		die(path, NULL);
	close(fd);
	return (struct bytes){p, (size_t)st.st_size};
}

static struct bytes
small_image(void)
{
	static struct buf out;
	const struct compile_options opt = {.seed = 1};
	struct compile *c = compile_new(&opt);
	struct err err = {0};
	char line[64], word[16];

	for (unsigned k = 0; k < 20; k++) {
		int n = snprintf(word, sizeof(word), "c%u", k);
		const struct compile_source src = {.list = STR("bench"),
		    .category = str_make(word, (size_t)n),
		    .file = str_make(word, (size_t)n),
		    .format = LIST_DOMAINS};
		int id = compile_source(c, &src, &err);

		for (unsigned i = 0; i < 5000; i++) {
			n = snprintf(line, sizeof(line), "h%u-%u.test\n", k, i);
			if (id < 0 ||
			    compile_feed(c, id, line, (size_t)n, &err) < 0)
				die("list", &err);
		}
		compile_source_end(c, id, &err);
	}
	if (compile_finish(c, &out, &err) < 0)
		die("image", &err);
	compile_free(c);
	return (struct bytes){(const uint8_t *)out.p, out.n};
}

static void
add_name(struct str text)
{
	char *room = malloc(NAME_ROOM);

	if (names < NAMES && room &&
	    name_from_text(text, room, &name[names]) == NAME_OK)
		names++;
	else
		free(room);
}

static void
read_names(const char *path)
{
	char line[512];
	FILE *f = path ? fopen(path, "r") : NULL;

	while (f && fgets(line, sizeof(line), f))
		add_name(str_trim(str_of(line)));
	if (f)
		fclose(f);
	for (unsigned i = 0; !path && i < NAMES; i++) {
		int n = snprintf(
		    line, sizeof(line), "www.cdn%u.h%u-%u.test", i, i % 40, i);

		add_name(str_make(line, (size_t)n));
	}
	if (names == 0)
		die("no names", NULL);
}

/* Rules as a school has them: most about categories, some about hosts. None
 * holds, so all are read. */
static struct snapshot *
build(struct bytes bytes, unsigned patterns)
{
	struct snapshot_builder *b = snapshot_begin(1);
	const struct policy_def p = {.name = STR("default")};
	struct err err = {0};
	struct snapshot *s;
	struct image im;

	if (snapshot_image(b, bytes, NULL, NULL, &err) < 0 ||
	    image_view(&im, bytes, &err) < 0 || snapshot_policy(b, &p, &err))
		die("snapshot", &err);
	for (unsigned i = 0; i < (patterns ? patterns : RULES); i++) {
		struct image_source src = {.category = STR("any")}, next = src;
		struct rule_def d = {.action = ACTION_BLOCK};
		char text[256];
		uint32_t column;
		int n;

		image_source(&im, (uint16_t)(i % im.nsources), &src);
		image_source(&im, (uint16_t)((i + 1) % im.nsources), &next);
		if (patterns)
			n = snprintf(text, sizeof(text),
			    "regex:[./]ads%u-(x|y)[0-9]+\\.(gif|js)$", i);
		else if (i % 4 == 3)
			n = snprintf(text, sizeof(text), "host:h%u.test", i);
		else if (i % 4 == 2)
			n = snprintf(text, sizeof(text),
			    "category:%.*s !host:ok%u.test port:%u",
			    STR_ARG(src.category), i, i + 1);
		else
			n = snprintf(text, sizeof(text),
			    "category:%.*s port:%u, category:%.*s port:1",
			    STR_ARG(src.category), i + 1,
			    STR_ARG(next.category));
		d.text = str_make(text, (size_t)n);
		if (snapshot_rule(b, 0, &d, &column, &err) < 0)
			die(text, &err);
	}
	s = snapshot_finish(b, &err);
	if (!s)
		die("snapshot", &err);
	return s;
}

/* ------------------------------------------------------------- what runs */

static void
look_up(void *arg, unsigned i)
{
	struct image_hits hits;

	hits.n = 0;
	hits.more = false;
	image_find_host(arg, name[i % names], &hits);
	sink += hits.n;
}

static void
decide_host(void *arg, unsigned i)
{
	struct request r = {.stage = STAGE_HOST, .deepest = STAGE_HOST};
	struct facts f = {0};

	r.host = name[i % names];
	r.port = 443;
	sink += decide(arg, &r, &f, NULL).kind;
}

struct url_case {
	const struct snapshot *s;
	struct request r;
};

static void
decide_url(void *arg, unsigned i)
{
	struct url_case *c = arg;
	struct facts f = {0};

	(void)i;
	sink += decide(c->s, &c->r, &f, NULL).kind;
}

int
main(int argc, char **argv)
{
	struct bytes bytes = argc > 1 ? map_file(argv[1]) : small_image();
	struct snapshot *rules = build(bytes, 0);
	struct snapshot *patterns = build(bytes, PATTERNS);
	struct url_case c = {.s = patterns};
	struct url_parts parts;
	struct arena a;
	struct image im;
	struct err err;
	char room[NAME_ROOM];
	const char *why;

	read_names(argc > 2 ? argv[2] : NULL);
	counter_open();
	if (image_view(&im, bytes, &err) < 0)
		die("image", &err);
	measure("look-up alone", look_up, &im, TURNS);
	measure("decision, 40 rules, host", decide_host, rules, TURNS);
	arena_init(&a, 0);
	if (url_split(&a,
	        STR("http://www.free.test/static/img/2024/11/banner_large-"
	            "300x250.png?session=8d1f0c&ref=home&lang=kk"),
	        room, &parts, &why) < 0 ||
	    url_canon(&a, &parts, &c.r.url) < 0)
		die("url", NULL);
	c.r.host = parts.host;
	c.r.stage = c.r.deepest = STAGE_URL;
	measure("decision, 1,000 patterns, URL", decide_url, &c, TURNS / 20);
	c.s = rules;
	measure("decision, 40 rules, URL", decide_url, &c, TURNS);
	arena_fini(&a);
	snapshot_free(rules);
	snapshot_free(patterns);
	return 0;
}
