/*
 * bench_lists.c - what lists cost: to build, to keep, to ask.
 *
 *	bench_lists [FILE [QUERIES [COUNT]]]
 *
 * FILE has a domain (or URL) a line, QUERIES a host a line; with COUNT only
 * so many look-ups are made and no time is taken, which is for valgrind and
 * perf. Without QUERIES the lines of FILE are asked for; without FILE names
 * are made up.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "lists/compile.h"
#include "lists/image.h"

#define QUERIES_MAX 1000000
#define ROUNDS      5
#define INVENTED    200000

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
fail(const char *what)
{
	fprintf(stderr, "bench_lists: %s\n", what);
	exit(1);
}

static struct str
map(const char *path)
{
	int fd = open(path, O_RDONLY);
	struct stat st;
	void *p;

	if (fd < 0 || fstat(fd, &st) < 0)
		fail(path);
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		fail(path);
	close(fd);
	return str_make(p, (size_t)st.st_size);
}

/* Names that look a little like names, the same each time. */
static struct str
invent(void)
{
	static const char *const part[] = {"shop", "news", "online", "my",
	    "super", "casino", "blog", "cdn", "img", "static", "play", "go"};
	struct buf b = BUF_EMPTY;

	for (unsigned i = 0; i < INVENTED; i++)
		buf_addf(&b, "%s%s-%x.%s%u.test\n", part[i % 12],
		    part[i / 12 % 12], i * 2654435761u >> 12, part[i % 7],
		    i % 97);
	if (b.failed)
		fail("no memory");
	return buf_str(&b); /* kept until the end */
}

static void
build(struct str text, const char *path, struct buf *out)
{
	struct compile_options opt = {.seed = 42};
	struct compile_source src = {
	    .list = STR("bench"), .file = str_of(path)};
	struct compile *c = compile_new(&opt);
	const struct compile_report *r;
	double t0 = now(), t1;
	struct rusage use;
	struct err err;
	int id;

	if (!c || (id = compile_source(c, &src, &err)) < 0)
		fail("no memory");
	for (size_t at = 0; at < text.n; at += 1 << 16) {
		struct str part = str_sub(text, at, 1 << 16);

		if (compile_feed(c, id, part.p, part.n, &err) < 0)
			fail(err.text);
	}
	if (compile_source_end(c, id, &err) < 0)
		fail(err.text);
	t1 = now();
	if (compile_finish(c, out, &err) < 0)
		fail(err.text);
	r = compile_report(c, id);
	getrusage(RUSAGE_SELF, &use);
	printf("lines %llu  entries %llu  duplicates %llu  rejected %llu\n",
	    (unsigned long long)r->lines, (unsigned long long)r->entries,
	    (unsigned long long)r->duplicates, (unsigned long long)r->rejected);
	printf("read %.2f s  build and verify %.2f s  peak %.1f MB (text %.1f "
	       "of it)\n",
	    t1 - t0, now() - t1, (double)use.ru_maxrss / 1024,
	    (double)text.n / 1048576);
	compile_free(c);
}

static void
sizes(const struct image *im)
{
	double n = im->nentries ? (double)im->nentries : 1;
	double cold = (double)(im->ranks_len + im->lines_len);

	printf("bytes an entry: %.2f hot, %.2f in all (buckets %.2f, blob "
	       "%.2f)\n",
	    ((double)im->bytes.n - cold) / n, (double)im->bytes.n / n,
	    (double)im->nbuckets * 16 / n, (double)im->blob_len / n);
}

static struct name *
read_names(struct str text, size_t *n)
{
	struct name *names = calloc(QUERIES_MAX, sizeof(*names));
	char *rooms = malloc((size_t)QUERIES_MAX * 64);
	struct str line;
	size_t used = 0;

	*n = 0;
	while (names && rooms && str_next(&text, '\n', &line)) {
		char room[NAME_ROOM];
		struct name name;

		if (*n == QUERIES_MAX ||
		    used + NAME_ROOM > (size_t)QUERIES_MAX * 64)
			break;
		if (name_from_text(line, room, &name) != NAME_OK)
			continue;
		memcpy(rooms + used, name.p, name.n);
		name.p = rooms + used;
		used += name.n;
		names[(*n)++] = name;
	}
	return names;
}

/* In an order that caches cannot guess. */
static void
shuffle(struct name *names, size_t n)
{
	uint64_t x = 88172645463325252u;

	for (size_t i = n; i > 1; i--) {
		struct name t = names[i - 1];
		size_t k;

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		k = (size_t)(x % i);
		names[i - 1] = names[k];
		names[k] = t;
	}
}

static size_t
ask(const struct image *im, const struct name *names, size_t n)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++) {
		struct image_hits hits;

		hits.n = 0;
		image_find_host(im, names[i], &hits);
		found += hits.n != 0;
	}
	return found;
}

int
main(int argc, char **argv)
{
	struct buf out = BUF_EMPTY;
	struct name *names;
	struct image im;
	struct err err;
	struct str text;
	size_t n, found = 0;
	double best = 1e9;

	if (argc > 4)
		fail("use: bench_lists [FILE [QUERIES [COUNT]]]");
	text = argc > 1 ? map(argv[1]) : invent();
	build(text, argc > 1 ? argv[1] : "invented", &out);
	if (image_view(&im, (struct bytes){(uint8_t *)out.p, out.n}, &err) < 0)
		fail(err.text);
	sizes(&im);
	names = read_names(argc > 2 ? map(argv[2]) : text, &n);
	shuffle(names, n);
	if (argc > 3) {
		size_t count = (size_t)strtoul(argv[3], NULL, 10);

		found = ask(&im, names, count < n ? count : n);
		printf("%zu asked, %zu listed\n", count < n ? count : n, found);
		return 0;
	}
	for (int i = 0; i < ROUNDS && n; i++) {
		double t = now();

		found = ask(&im, names, n);
		t = (now() - t) / (double)n;
		best = t < best ? t : best;
	}
	printf("%zu asked, %zu listed: %.0f ns a host (best of %d)\n", n, found,
	    best * 1e9, ROUNDS);
	return 0;
}
