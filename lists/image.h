/*
 * image.h - all lists as one immutable file, mapped and looked up.
 *
 * An image holds domains, host+path prefixes and addresses, each entry with
 * the set of sources that name it and, for each of those, the line; besides,
 * the regular expressions of lists, which others match. It is
 * position-independent, checksummed, and read in place: docs/formats/image.md
 * has it byte by byte. Exact: an entry's text is compared, no answer rests on
 * a hash, but for lists that come as SHA-256 in the first place. Nothing here
 * opens a file, allocates or locks.
 *
 *	struct image im;
 *	struct image_hits hits = {0};
 *	if (image_view(&im, bytes, &err) < 0) ...
 *	image_find_host(&im, host, &hits);
 *	for (i = 0; i < hits.n; i++) class_of(hits.hit[i].class) ...
 *
 * A *source* is one file of one list for one category ("ut1", "gambling",
 * "ut1/gambling/domains"). A *class* is a set of sources, interned; an entry
 * has one class. Categories and lists of a host are the union over its hits:
 * itself and all listed ancestors (whose source covers the subtree). They
 * only add up: to list kids.example as "toys" never takes it out of the
 * "adult" of example.
 */
#ifndef LISTS_IMAGE_H
#define LISTS_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/str.h"
#include "lists/name.h"

struct err;

/* A view of an image: a plain value, nothing to release. */
struct image {
	struct bytes bytes; /* borrowed from the caller of image_view() */
	/* inside bytes; what they mean: docs/formats/image.md */
	const uint8_t *buckets, *endings, *pieces, *classes, *sources;
	const uint8_t *strings, *nets4, *nets6, *prefixes, *ranks, *lines;
	const uint8_t *blob, *patterns, *digests;
	uint64_t seed, nentries, generation;
	uint32_t nbuckets, nclasses, nsources, nendings;
	uint32_t nnets4, nnets6, nslots, npatterns, ndigests;
	uint64_t endings_len, classes_len, strings_len, prefixes_len;
	uint64_t ranks_len, lines_len, blob_len, patterns_len;
};

/*
 * How the entries of a source are meant. A file whose lines differ in this is
 * several sources of the same name, one for each set of roles.
 *
 * An exception takes from the sources of its list, category and group what
 * holds for the same host: from all of their hits, or, IMAGE_CLOSEST, from
 * those that are not more specific than itself. It never takes from another
 * list, and from a strong entry only if it is strong. The exceptions of group
 * 0 take from all groups of their list and category.
 */
enum image_role {
	IMAGE_SELF = 1,    /* hold for the host itself, not what is below */
	IMAGE_BELOW = 2,   /* for what is below, not the host itself */
	IMAGE_EXCEPT = 4,  /* exceptions: they name nothing, they take away */
	IMAGE_STRONG = 8,  /* AdBlock's $important */
	IMAGE_CLOSEST = 16 /* an exception that yields to the more specific */
};

/* One source of the image, as the reviewer will see it. */
struct image_source {
	struct str list;     /* the [list] section's name */
	struct str category; /* "" where the list has none */
	struct str file;     /* path as configured or found */
	uint8_t role;        /* enum image_role, ORed */
	uint16_t group;      /* 0 but where exceptions are for a few alone */
	uint64_t lines, entries, rejected, skipped; /* lines: of the file;
			    * 0 in all but the first source of a file */
	uint64_t date; /* of the file, seconds since 1970; 0: unknown */
};

enum image_kind { IMAGE_DOMAIN = 0, IMAGE_URL, IMAGE_NET, IMAGE_DIGEST };

/* A regular expression of a list. Matching is not this module's matter. */
enum image_pattern_flag {
	IMAGE_PATTERN_HOST = 1, /* on the host's text, not the URL's */
};
struct image_pattern {
	struct str text;   /* PCRE2 */
	struct str anchor; /* can match on this domain and below it alone; ""
			    * for any */
	uint8_t flags;
	uint16_t source;
	uint32_t line;
};

/* One matching entry, most specific first. */
struct image_hit {
	uint32_t class;    /* < image.nclasses */
	uint32_t entry;    /* its number: image_line() finds the line by it */
	uint8_t kind;      /* enum image_kind */
	bool self;         /* the entry is the host itself, no ancestor or
			   * wider network; only then counts IMAGE_SELF */
	uint16_t off, len; /* domain: the suffix of the host asked for; URL: the
			    * part of host+path from there; digest: one of
			    * both; net: not used */
};

/*
 * 127 labels cannot all be listed in earnest. Beyond it <more> is set, and
 * hits go whose class a more specific hit has as well, the least specific
 * first: no source is lost that way. Only where all classes differ is one.
 */
#define IMAGE_HITS_MAX 64

struct image_hits {
	uint32_t n;
	bool more; /* there was no room for all */
	bool lost; /* nor for one of a class that no other hit has */
	struct image_hit hit[IMAGE_HITS_MAX];
};

/*
 * Point <im> at <bytes>. Check magic, version, bounds of every section: the
 * look-ups trust only what is checked here and bound every read besides, so a
 * damaged or hostile image can give wrong answers but never a read outside
 * it. Return 0, or -1 with <err> set and <im> untouched.
 */
int image_view(struct image *im, struct bytes bytes, struct err *err);

/* Does the body's checksum hold? Reads it all: at install, not per open. */
bool image_intact(const struct image *im);

/* Add to <hits> all entries of <host>: itself and its listed ancestors, or
 * the address and the networks it lies in. An ancestor that only sources with
 * IMAGE_SELF name is no hit. An IPv6 address that carries an IPv4 address (see
 * name_embedded_ipv4()) is looked up as both. Never fails. */
void image_find_host(
    const struct image *im, struct name host, struct image_hits *hits);

/*
 * Add to <hits> the URL entries that are a prefix of host + <path> (path as
 * url.h makes it, with the query behind '?', beginning with '/'). A prefix
 * ends at the end of the path or before one of "/?#;&" or ends in '/'. Hosts
 * above count too: an entry bad.test/x holds for www.bad.test/x. Of an IPv4
 * address inside an IPv6 one the entries count as well.
 * Cheap where the host has none, but for an image with hashed entries: then
 * some parts of the URL are hashed each time.
 */
void image_find_url(const struct image *im, struct name host, struct str path,
    struct image_hits *hits);

/* May image_find_url() find anything for <host>, whatever the path? True once
 * too often, never once too rarely. */
bool image_has_urls(const struct image *im, struct name host);

/*
 * The sources that hold for what <hits> found (image_find_host() and, where
 * the URL is known, image_find_url() into the same): reach and exceptions
 * heeded. Each source once, with the most specific hit that it has. Where no
 * class in <hits> has a source with IMAGE_BELOW or IMAGE_EXCEPT it is what
 * image_class_sources() says of each, less IMAGE_SELF of ancestors;
 * image_class_is_plain() tells.
 *
 * Of two hits the one on the longer part of the host is more specific, then
 * the one with more of the path; networks are the less so the wider they are,
 * and less than all else. <more> is set too where <hits> lost something.
 */
#define IMAGE_HELD_MAX 512
struct image_held {
	uint32_t n;
	bool more; /* there were more: nothing may be concluded from absence */
	struct {
		uint16_t source;
		uint16_t hit; /* index into hits->hit */
	} v[IMAGE_HELD_MAX];
};
void image_hold(const struct image *im, const struct image_hits *hits,
    struct image_held *out);
bool image_class_is_plain(const struct image *im, uint32_t class);

/* Does <e>, an exception, take from <s> at all (roles, list, category, group)?
 * For patterns, whose hits are not among those above. */
bool image_source_excepts(
    const struct image_source *e, const struct image_source *s);

/* Pattern <i> (below npatterns); false when out of range or damaged. They
 * stand in the order of their sources and lines. */
bool image_pattern(
    const struct image *im, uint32_t i, struct image_pattern *out);

/* Each entry in turn (patterns and digests are not among them), in the
 * image's order, until <fn> returns false. <text> lives for the call; of a
 * network it is the address and "/bits". For diffs and scores. */
struct image_item {
	enum image_kind kind;
	struct str text;
	uint32_t class, entry;
};
void image_each(const struct image *im,
    bool (*fn)(void *arg, const struct image_item *item), void *arg);

/* Sources of a class: fills <ids> (at most <max>), returns how many there
 * are in all; 0 for a class out of range. */
unsigned image_class_sources(
    const struct image *im, uint32_t class, uint16_t *ids, unsigned max);

/* Source <id>; false when out of range. */
bool image_source(const struct image *im, uint16_t id, struct image_source *s);

/* The line in source <id> that first named <entry>; 0 when unknown. Reads up
 * to some hundred entries: for explain and the log. */
uint32_t image_line(const struct image *im, uint32_t entry, uint16_t id);

/*
 * The text of <entry> as stored into <out> (at most <size> bytes, NUL-ended);
 * the length. For explain and the log, not for matching.
 */
size_t image_entry_text(const struct image *im, const struct image_hit *hit,
    char *out, size_t size);

#endif
