/*
 * bench_lists.c - an image of lists: its size, how soon it answers, what a
 * host with all its parents costs.
 *
 *	bench_lists size IMAGE
 *	bench_lists open IMAGE          until the first answer
 *	bench_lists ask IMAGE HOSTS     ns a host, one after the other
 *	bench_lists evicted IMAGE HOSTS caches are emptied before each
 *	bench_lists count IMAGE HOSTS   asks once: for valgrind and perf
 *
 * HOSTS has one a line. Nothing is timed that reads it.
 */
#include "base/err.h"
#include "base/table.h"
#include "lists/image.h"
#include "tests/bench/bench.h"

#define ROUNDS      7
#define OPENS       20
#define COUNTED     200000
#define STREAMED    (64u << 20) /* more than any cache here has */
#define EVICTED_ASK 2000

static struct image
view(struct bytes bytes)
{
	struct image im;
	struct err err;

	if (image_view(&im, bytes, &err) < 0)
		bench_die("image", err.text);
	return im;
}

static size_t
ask(const struct image *im, const struct name *host, size_t n)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++) {
		struct image_hits hits;

		hits.n = 0;
		hits.more = false;
		image_find_host(im, host[i], &hits);
		found += hits.n != 0;
	}
	return found;
}

/* ----------------------------------------------------------------- modes */

static void
do_size(const char *path, const char *hosts)
{
	struct image im = view(bench_map(path));
	double n = im.nentries ? (double)im.nentries : 1;
	double cold = (double)(im.ranks_len + im.lines_len);

	(void)hosts;
	printf("%.2f bytes an entry that look-ups touch (buckets %.2f, "
	       "entries %.2f), %.2f in all\n",
	    ((double)im.bytes.n - cold) / n, (double)im.nbuckets * 16 / n,
	    (double)im.blob_len / n, (double)im.bytes.n / n);
}

/* The kernel shall not have the file any more: as after a boot. */
static void
forget(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
		close(fd);
	}
}

static double
open_once(const char *path, bool whole)
{
	static const struct name host = {"www.example.test", 16, NAME_DNS, {0}};
	double from = bench_now(), took;
	struct bytes bytes = bench_map(path);
	struct image im = view(bytes);

	if (whole && !image_intact(&im))
		bench_die(path, "its checksum does not hold");
	ask(&im, &host, 1);
	took = bench_now() - from;
	munmap((void *)(uintptr_t)bytes.p, bytes.n);
	return took;
}

static void
do_open(const char *path, const char *hosts)
{
	double best[3] = {1e9, 1e9, 1e9};

	(void)hosts;
	for (unsigned i = 0; i < OPENS; i++) {
		double took[3];

		forget(path);
		took[2] = open_once(path, false);
		took[1] = open_once(path, true);
		took[0] = open_once(path, false);
		for (unsigned k = 0; k < 3; k++)
			best[k] = took[k] < best[k] ? took[k] : best[k];
	}
	printf("first answer after %.3f ms; not in memory: %.3f ms; with the "
	       "checksum of it all: %.1f ms\n",
	    best[0] * 1e3, best[2] * 1e3, best[1] * 1e3);
}

static void
do_ask(const char *path, const char *hosts)
{
	struct image im = view(bench_map(path));
	double best = 1e9, worst = 0;
	size_t n, found = 0;
	struct name *host = bench_hosts(hosts, &n);

	for (unsigned i = 0; i < ROUNDS; i++) {
		double took = bench_now();

		found = ask(&im, host, n);
		took = (bench_now() - took) / (double)n;
		best = took < best ? took : best;
		worst = took > worst ? took : worst;
	}
	printf("%.0f ns a host (to %.0f); %.1f %% of %zu listed\n", best * 1e9,
	    worst * 1e9, (double)found * 100 / (double)n, n);
}

static int
by_time(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
do_evicted(const char *path, const char *hosts)
{
	static double took[EVICTED_ASK], none[EVICTED_ASK];
	struct image im = view(bench_map(path));
	volatile uint64_t *stream = calloc(1, STREAMED);
	struct name *host;
	size_t n;

	host = bench_hosts(hosts, &n);
	if (!stream)
		bench_die("evicted", "out of memory");
	ask(&im, host, n); /* what is evicted are caches, not pages */
	for (unsigned i = 0; i < EVICTED_ASK; i++) {
		double from;

		for (size_t k = 0; k < STREAMED / 8; k += 8)
			stream[k]++;
		from = bench_now();
		none[i] = bench_now() - from;
		for (size_t k = 0; k < STREAMED / 8; k += 8)
			stream[k]++;
		from = bench_now();
		ask(&im, &host[i % n], 1);
		took[i] = bench_now() - from;
	}
	qsort(took, EVICTED_ASK, sizeof(took[0]), by_time);
	qsort(none, EVICTED_ASK, sizeof(none[0]), by_time);
	printf("%.2f us the middle one, %.2f us one of 100 (%.2f of it is the "
	       "clock)\n",
	    took[EVICTED_ASK / 2] * 1e6, took[EVICTED_ASK * 99 / 100] * 1e6,
	    none[EVICTED_ASK / 2] * 1e6);
}

static void
do_count(const char *path, const char *hosts)
{
	struct image im = view(bench_map(path));
	size_t n, found;
	struct name *host = bench_hosts(hosts, &n);

	n = n < COUNTED ? n : COUNTED;
	found = ask(&im, host, n);
	printf("%zu asked, %zu listed\n", n, found);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(const char *path, const char *hosts);
		bool needs_hosts;
	} modes[] = {
	    {"size", do_size, false},
	    {"open", do_open, false},
	    {"ask", do_ask, true},
	    {"evicted", do_evicted, true},
	    {"count", do_count, true},
	};

	for (unsigned i = 0; argc > 2 && i < ARRAY_LEN(modes); i++)
		if (str_eq(str_of(argv[1]), str_of(modes[i].name)) &&
		    argc == 3 + modes[i].needs_hosts) {
			modes[i].run(argv[2], argv[3]);
			return 0;
		}
	bench_die("use", "bench_lists size|open|ask|evicted|count IMAGE "
	                 "[HOSTS]");
}
