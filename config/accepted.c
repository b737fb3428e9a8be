/* accepted.c - what an admin has accepted of lists that were held. */
#include "config/accepted.h"

#include <errno.h>
#include <unistd.h>

#include "base/err.h"
#include "base/json.h"
#include "base/sys/clock.h"
#include "base/sys/file.h"
#include "config/corpus.h"
#include "config/overblock.h"

#define JOURNAL_MAX (64u << 20)

enum field { FIELD_TIME = 0, FIELD_WHO, FIELD_WHAT, FIELD_LIST, FIELD_SITE };

int
accepted_open(struct accepted *a, const char *path, struct err *err)
{
	*a = (struct accepted){.path = path, .text = BUF_EMPTY};
	if (access(path, F_OK) < 0 && errno == ENOENT)
		return 0;
	if (file_read(path, JOURNAL_MAX, &a->text, err) < 0) {
		buf_fini(&a->text);
		return -1;
	}
	if (a->text.n && a->text.p[a->text.n - 1] != '\n')
		buf_add_char(&a->text, '\n');
	a->read = a->text.n;
	return 0;
}

void
accepted_close(struct accepted *a)
{
	buf_fini(&a->text);
}

bool
accepted_has(const struct accepted *a, struct str list, struct str site)
{
	struct str rest = buf_str(&a->text), line, field;

	while (str_next(&rest, '\n', &line)) {
		bool same = true;

		for (unsigned i = 0; same && i <= FIELD_SITE; i++) {
			same = str_next(&line, '\t', &field);
			if (i == FIELD_WHAT)
				same = same && str_eq(field, STR("over-block"));
			else if (i == FIELD_LIST)
				same = same && str_eq(field, list);
			else if (i == FIELD_SITE)
				same = same && str_eq(field, site);
		}
		if (same)
			return true;
	}
	return false;
}

static void
begin(struct accepted *a, const char *who, const char *what, struct str list)
{
	char now[CLOCK_TEXT];

	clock_text(clock_wall_ms(), now);
	buf_addf(&a->text, "%s\t", now);
	text_add_escaped(&a->text, str_of(who ? who : "?"));
	buf_addf(&a->text, "\t%s\t%.*s\t", what, STR_ARG(list));
}

void
accepted_add_size(
    struct accepted *a, const char *who, struct str list, struct str text)
{
	begin(a, who, "size", list);
	buf_add_str(&a->text, STR("\t\t"));
	text_add_escaped(&a->text, text);
	buf_add_str(&a->text, STR("\t\n"));
}

void
accepted_add_sites(
    struct accepted *a, const char *who, const struct overblock *o)
{
	for (unsigned i = 0; i < o->n; i++) {
		const struct overblock_finding *f = &o->v[i];

		begin(a, who, "over-block", f->list);
		/* as it is compared: no tab or line end is in a site */
		buf_add_str(&a->text, f->site->text);
		buf_addf(&a->text, "\t%.*s\t", STR_ARG(f->category));
		text_add_escaped(&a->text, f->entry);
		buf_add_char(&a->text, '\t');
		text_add_escaped(&a->text, f->file);
		buf_addf(&a->text, ":%u\n", f->line);
	}
}

int
accepted_save(struct accepted *a, struct err *err)
{
	if (a->text.failed)
		return err_set(err, ERR_MEMORY, "out of memory");
	if (a->text.n == a->read)
		return 0;
	if (file_replace(a->path, buf_str(&a->text), 0644, err) < 0)
		return -1;
	a->read = a->text.n;
	return 0;
}
