/* engines_impl.h - the table of search engines, read; for filters/ alone. */
#ifndef FILTERS_ENGINES_IMPL_H
#define FILTERS_ENGINES_IMPL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"
#include "filters/snapshot.h"

enum engine_kind {
	ENGINE_SEARCH = 0, /* obeys safe-search */
	ENGINE_VIDEO,      /* obeys youtube */
	ENGINE_UNSAFE,     /* cannot be told */
	ENGINE_KIDS,       /* need not be told */
};

#define ENGINE_SETS_MAX   4 /* queries, or fields, of a level */
#define ENGINE_PARAMS_MAX 8
#define ENGINE_PATHS_MAX  16

struct engine_set {
	struct str name, value;
};

/* What is done at a level. Where moderate has none of a kind, strict's is. */
struct engine_level {
	struct name dial; /* NAME_NONE: none */
	struct engine_set query[ENGINE_SETS_MAX], field;
	unsigned nqueries;
};

struct engine {
	struct str name;
	enum engine_kind kind;
	struct engine_level level[SAFE_STRICT + 1]; /* SAFE_OFF: unused */
	struct str param[ENGINE_PARAMS_MAX];        /* hold what is sought */
	/* it stands behind it; "*" before it: or behind one segment and it; "/":
	 * it is all there is */
	struct str path[ENGINE_PATHS_MAX];
	struct str never[ENGINE_PATHS_MAX]; /* no searches there and below */
	unsigned nparams, npaths, nnever;
	/* Of the hosts, in the form that <*> is expanded in; while reading. */
	struct str endings[ENGINE_PARAMS_MAX];
	unsigned nendings;
};

struct engine_host {
	struct str host;
	uint16_t engine;
	bool dialled; /* else its address is left alone */
	bool below;   /* what is below it is the engine's as well */
};

#define ENGINES_MAX      128
#define ENGINE_HOSTS_MAX 16384

struct engines {
	struct arena arena; /* all text and all tables */
	struct str version;
	struct engine engine[ENGINES_MAX];
	unsigned nengines;
	struct engine_host *host; /* owned */
	uint32_t nhosts, cap;
	uint32_t *slot; /* owned; host + 1, 0: free */
	uint32_t nslots;
};

/* The host of the table that is <host>; NULL: none such. */
const struct engine_host *engines_exact(
    const struct engines *e, struct str host);

#endif
