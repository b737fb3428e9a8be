/* log.c - what the service says to who runs it. */
#include "base/sys/log.h"

#include <stdarg.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/sys/clock.h"

#define OFTEN_MS 10000

static const char *name = "suzgi";
static enum log_level threshold = LOG_INFO_;
static int journal;

void
log_init(const char *who, enum log_level least)
{
	name = who;
	threshold = least;
	journal = getenv("JOURNAL_STREAM") != NULL;
}

void
log_rename(const char *who)
{
	name = who;
}

static void
put(enum log_level level, const char *text, unsigned held)
{
	static const char *const words[] = {
	    "error", "warning", "info", "debug"};
	static const int priority[] = {3, 4, 6, 7};
	struct buf b = BUF_EMPTY;
	char when[CLOCK_TEXT];

	if (journal) {
		buf_addf(&b, "<%d>%s: ", priority[level], name);
	} else {
		clock_text(clock_wall_ms(), when);
		buf_addf(&b, "%s %s: %s: ", when, name, words[level]);
	}
	text_add_escaped(&b, str_of(text));
	if (held)
		buf_addf(&b, " (and %u times before, in 10 s)", held);
	buf_add_char(&b, '\n');
	/* one write, so that lines of several processes do not mix */
	if (!b.failed && write(STDERR_FILENO, b.p, b.n) < 0)
		b.failed = true; /* nowhere to say so */
	buf_fini(&b);
}

void
log_line(enum log_level level, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (level > threshold)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	put(level, text, 0);
}

void
log_often(struct log_often *o, enum log_level level, const char *fmt, ...)
{
	long long now = clock_mono_ms();
	char text[1024];
	va_list ap;

	if (level > threshold)
		return;
	if (o->since_ms && now - o->since_ms < OFTEN_MS) {
		o->held++;
		return;
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	put(level, text, o->held);
	o->since_ms = now;
	o->held = 0;
}
