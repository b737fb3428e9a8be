/* progress.c - one line on a terminal that says how far long work has got. */
#include "base/sys/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/str.h"
#include "base/sys/clock.h"

#define LINE    256
#define COLUMNS 80 /* where the terminal does not say */
#define BAR     20

void
progress_begin(struct progress *p, const char *what)
{
	const char *term = getenv("TERM");

	*p = (struct progress){.what = what};
	p->on = term && strcmp(term, "dumb") != 0 && isatty(STDERR_FILENO);
}

static unsigned
columns(void)
{
	struct winsize w;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &w) < 0 || w.ws_col == 0)
		return COLUMNS;
	return w.ws_col < LINE ? w.ws_col : LINE - 1;
}

/* "12.3 MiB" */
static int
add_size(char *at, size_t room, uint64_t n)
{
	return snprintf(at, room, "%llu.%llu MiB",
	    (unsigned long long)(n >> 20),
	    (unsigned long long)((n & 0xfffff) * 10 >> 20));
}

/* "compiling  [#####...............]  25 %  12.3 MiB", or without a bar */
static size_t
make_line(const struct progress *p, uint64_t done, uint64_t total, char *line)
{
	char bar[BAR + 1], size[32];
	uint64_t full;
	int n;

	add_size(size, sizeof(size), done);
	if (total == 0) {
		n = snprintf(line, LINE, "%s  %s", p->what, size);
		return n < LINE ? (size_t)n : LINE - 1;
	}
	if (done > total)
		done = total;
	full = done >= total ? BAR : (done / 1024) * BAR / (total / 1024 + 1);
	memset(bar, '.', BAR);
	memset(bar, '#', full);
	bar[BAR] = '\0';
	n = snprintf(line, LINE, "%s  [%s] %3u %%  %s", p->what, bar,
	    done >= total
	        ? 100u
	        : (unsigned)((done / 1024) * 100 / (total / 1024 + 1)),
	    size);
	return n < LINE ? (size_t)n : LINE - 1;
}

static void
put(const char *s, size_t n)
{
	ssize_t rc = write(STDERR_FILENO, s, n);

	(void)rc; /* a bar that cannot be drawn is no trouble */
}

void
progress_at(
    struct progress *p, uint64_t done, uint64_t total, const char *detail)
{
	char line[LINE + 8] = "\r";
	size_t n, width;
	int64_t now;

	if (!p->on)
		return;
	now = clock_mono_ms();
	if (now < p->next_ms)
		return;
	p->next_ms = now + 1000 / PROGRESS_PER_S;
	width = columns() - 1; /* in the last column a line would wrap */
	n = make_line(p, done, total, line + 1);
	if (n + 2 < width && detail) {
		line[1 + n++] = ' ';
		line[1 + n++] = ' ';
		for (; *detail && n < width; detail++)
			line[1 + n++] =
			    *detail >= ' ' && *detail <= '~' ? *detail : '?';
	}
	if (n > width)
		n = width;
	memcpy(line + 1 + n, "\033[K", 3);
	put(line, 1 + n + 3);
	p->shown = true;
}

void
progress_hide(struct progress *p)
{
	if (!p->shown)
		return;
	put("\r\033[K", 4);
	p->shown = false;
	p->next_ms = 0;
}

void
progress_end(struct progress *p)
{
	progress_hide(p);
	p->on = false;
}
