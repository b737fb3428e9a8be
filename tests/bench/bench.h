/*
 * bench.h - what the programs here share: time, files, hosts to ask for.
 *
 * A program that cannot go on says why and ends: nothing here returns errors.
 */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/str.h"
#include "lists/name.h"

static inline double
bench_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline _Noreturn void
bench_die(const char *what, const char *why)
{
	fprintf(stderr, "bench: %s: %s\n", what, why);
	exit(1);
}

static inline struct bytes
bench_map(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *p;

	if (fd < 0 || fstat(fd, &st) < 0)
		bench_die(path, strerror(errno));
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		bench_die(path, strerror(errno));
	close(fd);
	return (struct bytes){p, (size_t)st.st_size};
}

static inline struct str
bench_text(const char *path)
{
	struct bytes b = bench_map(path);

	return str_make((const char *)b.p, b.n);
}

/* The hosts of a file of one a line; canonical, kept until the end. */
static inline struct name *
bench_hosts(const char *path, size_t *n)
{
	struct str text = bench_text(path), rest = text, line;
	struct name *v;
	char *rooms;
	size_t lines = 0, used = 0;

	while (str_next(&rest, '\n', &line))
		lines++;
	v = calloc(lines + 1, sizeof(*v));
	rooms = malloc(text.n + NAME_ROOM);
	if (!v || !rooms)
		bench_die(path, "out of memory");
	*n = 0;
	while (str_next(&text, '\n', &line)) {
		char room[NAME_ROOM];
		struct name name;

		if (name_from_text(line, room, &name) != NAME_OK ||
		    name.n > line.n)
			continue;
		memcpy(rooms + used, name.p, name.n);
		name.p = rooms + used;
		used += name.n;
		v[(*n)++] = name;
	}
	if (*n == 0)
		bench_die(path, "no host in it");
	return v;
}

#endif
