/*
 * ring.c - records in shared memory: one writer, one reader, counted drops.
 *
 *	page 0      header: magic, version, sizes, count, board
 *	then n x    head and lost count (writer), tail (reader), slots
 *
 * docs/formats/ring.md. <head> counts what was ever put, <tail> what was ever
 * taken; both only grow. The writer fills a slot, then moves the head; the
 * reader copies, then moves the tail. Who dies in between has moved nothing.
 */
#include "review/ring.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bug.h"
#include "base/err.h"

#define PAGE    4096
#define MAGIC   "suzgring"
#define VERSION 3u

struct head {
	char magic[8];
	uint32_t version, record_bytes, slots, count;
	_Alignas(64) struct rings_board board;
	_Alignas(64) uint64_t asleep; /* the recorder waits for the bell */
};
static_assert(sizeof(struct head) <= PAGE, "the header is one page");

struct slot {
	uint64_t number; /* of the record in all that the ring ever held */
	struct record record;
};

struct ring {
	/* the writer's */
	_Alignas(64) uint64_t head;
	uint64_t dropped;
	/* the reader's */
	_Alignas(64) uint64_t tail;
	uint64_t stored; /* of dropped: said in the log */
	uint64_t saying; /* of dropped: in the record being stored */
	int64_t saying_ms;
	uint8_t saying_chance[10];
	_Alignas(64) struct slot slot[RING_SLOTS];
};
static_assert((RING_SLOTS & (RING_SLOTS - 1)) == 0, "a power of two");

struct rings {
	struct head *map; /* owned mapping */
	size_t bytes;
	struct ring *ring; /* in map, behind the header's page */
	unsigned n;
	int fd, bell;            /* owned */
	struct rings_board kept; /* as it was when last looked at */
};

static size_t
bytes_for(unsigned n)
{
	return PAGE + (size_t)n * sizeof(struct ring);
}

static bool
head_fits(const struct head *h, size_t bytes)
{
	return memcmp(h->magic, MAGIC, sizeof(h->magic)) == 0 &&
	       h->version == VERSION &&
	       h->record_bytes == sizeof(struct record) &&
	       h->slots == RING_SLOTS && h->count >= 1 &&
	       h->count <= RINGS_MAX && bytes >= bytes_for(h->count);
}

/* How many rings the file at <fd> holds; 0: none that we can read. */
static unsigned
rings_in(int fd, size_t bytes)
{
	struct head h;

	if (bytes < sizeof(h) || pread(fd, &h, sizeof(h), 0) != sizeof(h) ||
	    !head_fits(&h, bytes))
		return 0;
	for (unsigned i = 0; i < h.count; i++) {
		off_t at = (off_t)bytes_for(i);
		uint64_t head, tail;

		if (pread(fd, &head, 8,
		        at + (off_t)offsetof(struct ring, head)) != 8 ||
		    pread(fd, &tail, 8,
		        at + (off_t)offsetof(struct ring, tail)) != 8 ||
		    head - tail > RING_SLOTS)
			return 0;
	}
	return h.count;
}

static int
open_regular(const char *path, struct stat *st, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_sys(err, errno, "cannot open %s", path);
	if (fstat(fd, st) < 0 || !S_ISREG(st->st_mode)) {
		close(fd);
		return err_set(
		    err, ERR_INPUT, "%s is not a regular file", path);
	}
	return fd;
}

/* Open the file, or a new one in its place; how many it holds into <have>. */
static int
open_or_renew(const char *path, unsigned *have, bool *aside, struct err *err)
{
	char old[PATH_MAX];
	struct stat st;
	int fd = open_regular(path, &st, err), n;

	if (fd < 0)
		return -1;
	*have = rings_in(fd, (size_t)st.st_size);
	if (*have || st.st_size == 0)
		return fd;
	close(fd);
	n = snprintf(old, sizeof(old), "%s.old", path);
	if (n < 0 || (size_t)n >= sizeof(old) || rename(path, old) < 0)
		return err_sys(err, errno, "cannot set %s aside", path);
	if (aside)
		*aside = true;
	return open_regular(path, &st, err);
}

static int
allocate(const struct rings *r, struct err *err)
{
	int why = posix_fallocate(r->fd, 0, (off_t)r->bytes);

	return why ? err_sys(err, why,
	                 "cannot allocate the %zu bytes in the state folder "
	                 "that records "
	                 "wait in",
	                 r->bytes)
	           : 0;
}

/* What is new is zero, and so an empty ring; the magic goes last. */
static void
write_head(struct rings *r)
{
	r->map->version = VERSION;
	r->map->record_bytes = sizeof(struct record);
	r->map->slots = RING_SLOTS;
	r->map->count = r->n;
	memcpy(r->map->magic, MAGIC, sizeof(r->map->magic));
}

static int
map(struct rings *r, unsigned n, struct err *err)
{
	r->n = n;
	r->bytes = bytes_for(n);
	if (allocate(r, err) < 0)
		return -1;
	r->map =
	    mmap(NULL, r->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0);
	if (r->map == MAP_FAILED) {
		r->map = NULL;
		return err_sys(err, errno, "cannot map the rings");
	}
	r->ring = (struct ring *)(void *)((char *)r->map + PAGE);
	write_head(r);
	r->map->board =
	    (struct rings_board){.generation = r->map->board.generation};
	r->kept = r->map->board;
	return 0;
}

struct rings *
rings_open(const char *path, unsigned n, bool *aside, struct err *err)
{
	struct rings *r;
	unsigned have = 0;
	int fd, rc;

	if (aside)
		*aside = false;
	if (n < 1 || n > RINGS_MAX) {
		err_set(err, ERR_LIMIT, "%u rings; 1 to %d can be had", n,
		    RINGS_MAX);
		return NULL;
	}
	fd = open_or_renew(path, &have, aside, err);
	if (fd < 0)
		return NULL;
	r = calloc(1, sizeof(*r));
	if (!r) {
		close(fd);
		err_set(err, ERR_MEMORY, "out of memory");
		return NULL;
	}
	r->fd = fd;
	r->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	rc = r->bell < 0 ? err_sys(err, errno, "eventfd")
	                 : map(r, have > n ? have : n, err);
	if (rc < 0) {
		rings_close(r);
		return NULL;
	}
	return r;
}

void
rings_close(struct rings *r)
{
	if (!r)
		return;
	if (r->map)
		munmap(r->map, r->bytes);
	if (r->bell >= 0)
		close(r->bell);
	close(r->fd);
	free(r);
}

bool
rings_look(struct rings *r)
{
	struct stat st;

	if (fstat(r->fd, &st) == 0 && st.st_size < (off_t)r->bytes)
		return false;
	r->kept = r->map->board;
	return true;
}

int
rings_mend(struct rings *r, struct err *err)
{
	if (allocate(r, err) < 0)
		return -1;
	write_head(r);
	r->map->board = r->kept;
	for (unsigned i = 0; i < r->n; i++) {
		struct ring *ring = &r->ring[i];
		uint64_t head = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);
		uint64_t lost = head - ring->tail;

		/* any of them may be cut in two, or its end be zero now */
		__atomic_store_n(&ring->tail, head, __ATOMIC_SEQ_CST);
		if (lost <= RING_SLOTS)
			__atomic_fetch_add(
			    &ring->dropped, lost, __ATOMIC_RELAXED);
	}
	return 0;
}

unsigned
rings_count(const struct rings *r)
{
	return r->n;
}

struct ring *
rings_at(struct rings *r, unsigned i)
{
	return BUG(i >= r->n) ? &r->ring[0] : &r->ring[i];
}

int
rings_bell(const struct rings *r)
{
	return r->bell;
}

/*
 * Each side stores its own news (I sleep; there is one more), then loads the
 * other's; in one order for all, so that not both can miss it.
 */
void
rings_sleep(struct rings *r)
{
	__atomic_store_n(&r->map->asleep, 1, __ATOMIC_SEQ_CST);
}

void
rings_wake(struct rings *r)
{
	uint64_t rung;

	__atomic_store_n(&r->map->asleep, 0, __ATOMIC_RELAXED);
	if (read(r->bell, &rung, sizeof(rung)) < 0)
		return; /* nobody had rung */
}

struct rings_board *
rings_board(struct rings *r)
{
	return &r->map->board;
}

bool
ring_put(struct rings *all, struct ring *r, const struct record *rec)
{
	uint64_t head = __atomic_load_n(&r->head, __ATOMIC_RELAXED), one = 1;
	uint64_t tail = __atomic_load_n(&r->tail, __ATOMIC_ACQUIRE);
	struct slot *slot = &r->slot[head % RING_SLOTS];
	size_t used = rec->used;

	if (head - tail >= RING_SLOTS)
		return false;
	if (BUG(used > RECORD_TEXT))
		used = RECORD_TEXT;
	slot->number = head;
	memcpy(&slot->record, rec, offsetof(struct record, text) + used);
	__atomic_store_n(&r->head, head + 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&all->map->asleep, __ATOMIC_SEQ_CST) &&
	    write(all->bell, &one, sizeof(one)) < 0)
		return true; /* the counter is full: it rings already */
	return true;
}

static const struct slot *
slot_at(const struct ring *r, unsigned i)
{
	uint64_t tail = __atomic_load_n(&r->tail, __ATOMIC_RELAXED);

	return &r->slot[(tail + i) % RING_SLOTS];
}

const struct record *
ring_peek(const struct ring *r, unsigned i)
{
	uint64_t tail = __atomic_load_n(&r->tail, __ATOMIC_RELAXED);
	uint64_t head = __atomic_load_n(&r->head, __ATOMIC_SEQ_CST);

	return i < head - tail && i < RING_SLOTS ? &slot_at(r, i)->record
	                                         : NULL;
}

bool
ring_is_sound(const struct ring *r, unsigned i)
{
	return slot_at(r, i)->number ==
	       __atomic_load_n(&r->tail, __ATOMIC_RELAXED) + i;
}

void
ring_take(struct ring *r, unsigned n)
{
	uint64_t tail = __atomic_load_n(&r->tail, __ATOMIC_RELAXED);

	__atomic_store_n(&r->tail, tail + n, __ATOMIC_SEQ_CST);
}

unsigned
ring_used(const struct ring *r)
{
	uint64_t tail = __atomic_load_n(&r->tail, __ATOMIC_ACQUIRE);
	uint64_t head = __atomic_load_n(&r->head, __ATOMIC_ACQUIRE);

	return head - tail > RING_SLOTS ? RING_SLOTS : (unsigned)(head - tail);
}

void
ring_drop(struct ring *r)
{
	__atomic_fetch_add(&r->dropped, 1, __ATOMIC_RELAXED);
}

uint64_t
ring_dropped(const struct ring *r)
{
	return __atomic_load_n(&r->dropped, __ATOMIC_RELAXED);
}

bool
ring_lost(struct ring *r, int64_t wall_ms, const uint8_t chance[10],
    struct record *rec)
{
	if (r->saying <= r->stored) {
		uint64_t dropped = ring_dropped(r);

		if (dropped <= r->stored)
			return false;
		r->saying_ms = wall_ms;
		memcpy(r->saying_chance, chance, sizeof(r->saying_chance));
		/* last: a recorder killed before has begun nothing */
		__atomic_store_n(&r->saying, dropped, __ATOMIC_RELEASE);
	}
	record_begin(rec, r->saying_ms, r->saying_chance);
	rec->action = RECORD_LOST;
	rec->count = r->saying - r->stored;
	return true;
}

void
ring_lost_stored(struct ring *r)
{
	__atomic_store_n(&r->stored, r->saying, __ATOMIC_RELEASE);
}
