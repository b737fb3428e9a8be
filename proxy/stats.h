/* stats.h - counters of a worker: stats.def as a struct. */
#ifndef PROXY_STATS_H
#define PROXY_STATS_H

#include <stdint.h>

struct stats {
#define STAT(field, kind, text) uint64_t field;
#include "proxy/stats.def"
#undef STAT
};

/* One writer, its thread; others read them with stats_read(). */
static inline void
stats_add(uint64_t *field, uint64_t n)
{
	__atomic_store_n(field, *field + n, __ATOMIC_RELAXED);
}

static inline void
stats_set(uint64_t *field, uint64_t n)
{
	__atomic_store_n(field, n, __ATOMIC_RELAXED);
}

static inline uint64_t
stats_read(const uint64_t *field)
{
	return __atomic_load_n(field, __ATOMIC_RELAXED);
}

#endif
