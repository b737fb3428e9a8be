/* catch_up.c - after a restart: what the file has already is not written again.
 */
#include "review/catch_up.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sys/clock.h"
#include "base/sys/digest.h"
#include "review/logfile.h"
#include "review/ring.h"

static int
id_order(const void *a, const void *b)
{
	return memcmp(a, b, RECORD_ID - 1);
}

/* The ids in the lines of <text>, packed and sorted, into <ids>. */
static size_t
ids_of(struct str text, struct buf *ids)
{
	struct str line;

	while (str_next(&text, '\n', &line)) {
		size_t at = str_search(line, STR("\"id\":\""));
		struct str id = str_sub(line, at + 6, RECORD_ID - 1);

		if (at < line.n && record_id_is_valid(id))
			buf_add_str(ids, id);
	}
	if (ids->n)
		qsort(
		    ids->p, ids->n / (RECORD_ID - 1), RECORD_ID - 1, id_order);
	return ids->n / (RECORD_ID - 1);
}

/* Take out of the rings what the file has already. */
static void
skip_stored(struct rings *rings, const struct buf *ids, size_t n)
{
	uint8_t chance[10] = {0};
	const struct record *rec;
	struct record lost;

	for (unsigned i = 0; n && i < rings_count(rings); i++) {
		struct ring *ring = rings_at(rings, i);

		while ((rec = ring_peek(ring, 0)) &&
		       bsearch(rec->id, ids->p, n, RECORD_ID - 1, id_order))
			ring_take(ring, 1);
		digest_random(chance, sizeof(chance), NULL);
		/* a loss that was being said keeps its id; a new one, with
		 * this chance, is not in the file */
		if (ring_lost(ring, clock_wall_ms(), chance, &lost) &&
		    bsearch(lost.id, ids->p, n, RECORD_ID - 1, id_order))
			ring_lost_stored(ring);
	}
}

int
catch_up(struct rings *rings, const struct logfile *file, struct err *err)
{
	struct buf tail = BUF_EMPTY, ids = BUF_EMPTY;
	int rc = logfile_tail(file, CATCH_UP_BYTES, &tail, err);

	if (rc == 0) {
		size_t n = ids_of(buf_str(&tail), &ids);

		if (ids.failed)
			rc = err_set(err, ERR_MEMORY, "out of memory");
		else
			skip_stored(rings, &ids, n);
	}
	buf_fini(&tail);
	buf_fini(&ids);
	return rc;
}
