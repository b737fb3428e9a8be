/*
 * replay.c - a main() for a fuzz target without a fuzzer.
 *
 * Feeds it nothing, then each file of the folders and files named, and each
 * prefix of those (of a long one: the first and then evenly spaced ones),
 * from memory of exactly that size, so that a sanitizer sees a read beyond
 * the end. Prints one TAP line; a crash says which input it was.
 */
#include <dirent.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIXES  1024 /* a seed is a few hundred bytes; long ones are rare */
#define INPUT_MAX (16u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char current[4096] = "the empty input";
static size_t current_size;
static unsigned long seeds, inputs;

static void
crashed(int sig)
{
	char text[4200];
	int n = snprintf(text, sizeof(text), "# crashed on %zu bytes of %s\n",
	    current_size, current);

	if (n > 0 && write(STDERR_FILENO, text, (size_t)n) < 0)
		_exit(1);
	signal(sig, SIG_DFL);
	raise(sig);
}

static void
feed(const uint8_t *data, size_t size)
{
	/* of its own, to the byte; malloc(0) may be NULL, which is fine */
	uint8_t *copy = malloc(size);

	if (!copy && size)
		abort();
	if (size)
		memcpy(copy, data, size);
	current_size = size;
	inputs++;
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static int
replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = malloc(INPUT_MAX);
	size_t n, step, i;

	if (!f || !data) {
		perror(path);
		if (f)
			fclose(f);
		free(data);
		return -1;
	}
	n = fread(data, 1, INPUT_MAX, f);
	fclose(f);
	snprintf(current, sizeof(current), "%s", path);
	seeds++;
	feed(data, n);
	step = n / PREFIXES + 1;
	for (i = 0; i < n; i += i < PREFIXES / 2 ? 1 : step)
		feed(data, i);
	free(data);
	return 0;
}

static int
replay_folder(const char *path)
{
	char name[4096];
	struct dirent **entries;
	int n = scandir(path, &entries, NULL, alphasort);
	int rc = 0;

	if (n < 0) {
		perror(path);
		return -1;
	}
	for (int i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.' && replay_file(name) < 0)
			rc = -1;
		free(entries[i]);
	}
	free(entries);
	return rc;
}

int
main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');
	int rc = 0;

	signal(SIGABRT, crashed);
#ifndef __SANITIZE_ADDRESS__
	signal(SIGSEGV, crashed);
#endif
	feed(NULL, 0);
	for (int i = 1; i < argc; i++) {
		struct stat st;

		if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode))
			rc |= replay_folder(argv[i]);
		else
			rc |= replay_file(argv[i]);
	}
	printf("%s 1 - %s: %lu seeds, %lu inputs\n1..1\n", rc ? "not ok" : "ok",
	    slash ? slash + 1 : argv[0], seeds, inputs);
	return rc ? 1 : 0;
}
