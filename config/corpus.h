/*
 * corpus.h - sites that no list has any business to block: the shipped ones
 * ({data}/lists/must-not-block.tsv) and the admin's own ([guard]
 * must-not-block). A line is a host or a URL, its kind and its language, with
 * tabs between; what begins with # is a comment. That a site stands here lets
 * nothing through.
 */
#ifndef CONFIG_CORPUS_H
#define CONFIG_CORPUS_H

#include "base/arena.h"
#include "filters/url.h"

struct config;
struct diag;

struct corpus_site {
	struct str text;           /* as written */
	struct str kind, language; /* "" : not said */
	struct url url;            /* its address; of a host "http://host/" */
};

struct corpus {
	struct arena arena; /* owned: all that is below */
	struct corpus_site *v;
	unsigned n;
};

#define CORPUS_FILE_MAX  (4u << 20)
#define CORPUS_SITES_MAX 20000 /* each costs two decisions a policy */

/*
 * Read both. Lines that are no address, and shipped lists without the sites,
 * are warned of; a file of the admin's that cannot be read is an error. 0, or
 * -1 with that reported and nothing to release.
 */
int corpus_read(struct corpus *out, const struct config *c, struct diag *d);
void corpus_fini(struct corpus *c);

/* Those of one file; <path> is what reports call it. For corpus_read(), and
 * for tests: <c> is an empty one with its arena made. */
void corpus_parse(
    struct corpus *c, const char *path, struct str text, struct diag *d);

#endif
