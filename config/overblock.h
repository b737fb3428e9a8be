/*
 * overblock.h - which known good sites (config/corpus.h) lists would block.
 *
 * Asked of decide() itself, for each policy that somebody has, as a plain
 * request and as a CONNECT; some milliseconds in all.
 *
 *	struct overblock o;
 *	if (overblock_find(&o, &corpus, config, before, now) < 0) ...
 *	for (i = 0; i < o.n; i++) ... o.v[i].site, o.v[i].list ...
 *	overblock_fini(&o);
 */
#ifndef CONFIG_OVERBLOCK_H
#define CONFIG_OVERBLOCK_H

#include "base/arena.h"
#include "filters/verdict.h"

struct config;
struct corpus;
struct corpus_site;
struct image;
struct snapshot;

/* One site, and what is the first to block it. */
struct overblock_finding {
	const struct corpus_site *site; /* borrowed from the corpus */
	enum action action;             /* block or warn */
	struct str policy;
	struct str list, category, entry, file; /* "" : no list did it */
	uint32_t line;
	struct str rule_file, rule; /* "" : the policy's default */
	uint32_t rule_line;
};

struct overblock {
	struct arena arena; /* owned: all that is below */
	struct overblock_finding *v;
	unsigned n;
};

/*
 * The sites that <now> blocks or warns of and <before> (NULL: nothing is
 * blocked) does not, each once. 0, or -1: memory.
 */
int overblock_find(struct overblock *o, const struct corpus *sites,
    const struct config *c, const struct snapshot *before,
    const struct snapshot *now);
void overblock_fini(struct overblock *o);

/* How many sites a list has entries for, in one category, whatever rules make
 * of them. */
#define OVERBLOCK_EXAMPLES 64 /* are named; all are counted */
struct overblock_score {
	struct str list, category; /* borrowed from the image */
	unsigned sites;
	const struct corpus_site *some[OVERBLOCK_EXAMPLES];
};

/* Lists and categories that have any, into <v> (at most <max>); returns how
 * many there are. */
unsigned overblock_score(const struct image *im, const struct corpus *sites,
    struct overblock_score *v, unsigned max);

#endif
