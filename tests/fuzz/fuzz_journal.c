/* fuzz_journal.c - the journal of overrides as any bytes: what is read is
 * what would be written, and nothing holds that was not added. */
#include <stdint.h>
#include <stdlib.h>

#include "base/buf.h"
#include "config/journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_make((const char *)data, size), rest = text, line;
	struct journal j;
	struct arena a;
	unsigned added = 0;

	arena_init(&a, 0);
	while (str_next(&rest, '\n', &line)) {
		struct buf b = BUF_EMPTY;
		struct journal_line l;
		const char *why = NULL;

		if (!journal_line_read(&a, line, &l, &why)) {
			if (!why)
				abort();
			continue;
		}
		added += l.act == JOURNAL_ADD;
		journal_line_write(&b, &l);
		if (b.n != line.n + 1 || memcmp(b.p, line.p, line.n) != 0)
			abort();
		buf_fini(&b);
	}
	arena_fini(&a);
	if (journal_parse(&j, text, NULL, NULL) < 0)
		return 0;
	if (j.n > added)
		abort();
	for (unsigned i = 0; i < j.n; i++)
		if (journal_find(&j, str_of(j.v[i].o.id)) != &j.v[i])
			abort();
	journal_fini(&j);
	return 0;
}
