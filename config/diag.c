/* diag.c - what is wrong with a configuration, said to a reporter. */
#include "config/diag.h"

#include <limits.h>
#include <stdarg.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/utf8.h"
#include "config/config.h"

#define DIAG_TEXT   1024
#define DIAG_SOURCE 512 /* of a line; longer ones are shown without it */

/* Line <at> speaks of, into <out>; false where it is not known or too long. */
static bool
source_line(const struct diag *d, const struct where *at, char *out)
{
	struct config_file *f = d->files ? *d->files : NULL;
	struct str rest, line = STR_NONE;

	while (f && !str_eq(f->name, at->file))
		f = f->next;
	if (!f || at->line == 0)
		return false;
	rest = f->text;
	for (uint32_t i = 0; i < at->line; i++)
		if (!str_next(&rest, '\n', &line))
			return false;
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	return str_copy(line, out, DIAG_SOURCE);
}

static void
say(const struct diag *d, bool error, const struct where *at, const char *text)
{
	char source[DIAG_SOURCE], file[PATH_MAX];
	struct config_report r = {.error = error, .text = text};

	if (!d->report)
		return;
	if (at && at->file.n && str_copy(at->file, file, sizeof(file))) {
		r.file = file;
		r.line = at->line;
		r.column = at->column;
		if (source_line(d, at, source))
			r.source = source;
	}
	d->report(d->arg, &r);
}

void
diag_error(struct diag *d, const struct where *at, const char *fmt, ...)
{
	char text[DIAG_TEXT];
	va_list ap;

	d->errors++;
	if (d->errors > DIAG_ERRORS_MAX + 1)
		return;
	if (d->errors == DIAG_ERRORS_MAX + 1) {
		say(d, true, NULL, "too many errors; the rest is not shown");
		return;
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	say(d, true, at, text);
}

void
diag_warn(struct diag *d, const struct where *at, const char *fmt, ...)
{
	char text[DIAG_TEXT];
	va_list ap;

	d->warnings++;
	if (d->warnings > DIAG_ERRORS_MAX + 1)
		return;
	if (d->warnings == DIAG_ERRORS_MAX + 1) {
		say(d, false, NULL, "too many warnings; the rest is not shown");
		return;
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	say(d, false, at, text);
}

struct where
diag_within(const struct where *at, const struct config_piece *pieces,
    unsigned n, size_t offset)
{
	struct where out = *at;

	for (unsigned i = 0; i < n && pieces[i].at <= offset; i++) {
		out.line = pieces[i].line;
		out.column =
		    pieces[i].column + (uint32_t)(offset - pieces[i].at);
	}
	if (n == 0 && out.column)
		out.column += (uint32_t)offset;
	return out;
}

/* The line, and a caret under byte <column> (from 1) of it. */
static void
add_caret(struct buf *b, const char *source, uint32_t column)
{
	struct str line = str_of(source);
	struct buf under = BUF_EMPTY;
	size_t at = 0, step;
	uint32_t cp;

	buf_add_str(b, STR("  "));
	buf_add_str(&under, STR("  "));
	for (; at < line.n; at += step) {
		step = utf8_decode(str_sub(line, at, line.n), &cp);
		if (line.p[at] == '\t' || (step && utf8_is_harmless(cp))) {
			step = step ? step : 1;
			buf_add(b, line.p + at, step);
		} else {
			step = step ? step : 1;
			buf_add_char(b, '?');
		}
		if (at + step < column)
			buf_add_char(&under, line.p[at] == '\t' ? '\t' : ' ');
	}
	buf_add_str(b, STR("\n"));
	buf_add_str(b, buf_str(&under));
	buf_add_str(b, STR("^\n"));
	buf_fini(&under);
}

void
config_report_stderr(void *arg, const struct config_report *r)
{
	struct buf b = BUF_EMPTY;

	(void)arg;
	if (r->file) {
		text_add_escaped(&b, str_of(r->file));
		if (r->line)
			buf_addf(&b, ":%u", r->line);
		if (r->line && r->column)
			buf_addf(&b, ":%u", r->column);
		buf_add_str(&b, STR(": "));
	}
	buf_add_str(&b, r->error ? STR("error: ") : STR("warning: "));
	text_add_escaped(&b, str_of(r->text));
	buf_add_char(&b, '\n');
	if (r->source && r->column)
		add_caret(&b, r->source, r->column);
	fwrite(b.p, 1, b.n, stderr);
	buf_fini(&b);
}
