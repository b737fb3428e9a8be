/*
 * safesearch.h - search engines: which hosts they have, how each is told to
 * be decent, and where what is searched for stands.
 *
 * The table is a file of its own with a version (packaging/lists/
 * search-engines.tsv, docs/formats/search-engines.md): engines change their
 * names more often than we release.
 *
 * What is done to a request is an edit, made of the request and the level;
 * who asks for less by a parameter of his own does not get it.
 */
#ifndef FILTERS_SAFESEARCH_H
#define FILTERS_SAFESEARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "filters/request.h"
#include "filters/snapshot.h"

struct arena;
struct engines;
struct err;
struct search;

/* Takes a copy. NULL with <err> set ("line 12: ..."). */
struct engines *engines_read(struct str table, struct err *err);
void engines_free(struct engines *e);
struct str engines_version(const struct engines *e);

struct safe_edit {
	/* Not none: reach the site at this host's address instead; everything
	 * that is said to it (TLS name, Host) stays. */
	struct name dial;
	struct str query; /* the new query of the URL, if has_query */
	bool has_query;
	struct request_field field; /* a field to be set; name "" : none */
	/* An engine that has no safe search, or, in a tunnel, none that can be
	 * had without looking into it. Nothing else is set then. */
	bool unsafe;
};

/* What has to be done to <r>; false: nothing. Texts lie in <a> or <e>. At HOST
 * (tunnels) only <dial> can be. Where a->failed is set behind it, it is not
 * known: then <r> must not go out. */
bool engines_edit(const struct engines *e, const struct request *r,
    enum safe_level search, enum safe_level youtube, struct arena *a,
    struct safe_edit *out);

/* Is it a search, and for what? Fills <out>; false: it is none. From URL on;
 * what is posted is not seen. */
bool engines_search(
    const struct engines *e, const struct request *r, struct search *out);

/* The name of the engine that <host> belongs to; STR_NONE: none. */
struct str engines_name(const struct engines *e, struct name host);

/* Those of the snapshot, by the levels of the policy that gave <v>. */
struct verdict;
bool snapshot_safe_edit(const struct snapshot *s, const struct request *r,
    const struct verdict *v, struct arena *a, struct safe_edit *out);
bool snapshot_search(
    const struct snapshot *s, const struct request *r, struct search *out);

#endif
