/*
 * image.h - all lists as one immutable file, mapped and looked up.
 *
 * An image holds domains, host+path prefixes and addresses, each entry with
 * the set of sources that name it and, for each of those, the line. It is
 * position-independent, checksummed, and read in place: docs/formats/image.md
 * has it byte by byte. Exact: an entry's text is compared, no answer rests on
 * a hash. Nothing here opens a file, allocates or locks.
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
	const uint8_t *blob;
	uint64_t seed, nentries, generation;
	uint32_t nbuckets, nclasses, nsources, nendings;
	uint32_t nnets4, nnets6, nslots;
	uint64_t endings_len, classes_len, strings_len, prefixes_len;
	uint64_t ranks_len, lines_len, blob_len;
};

/* One source of the image, as the reviewer will see it. */
struct image_source {
	struct str list;     /* the [list] section's name */
	struct str category; /* "" where the list has none */
	struct str file;     /* path as configured or found */
	uint64_t lines, entries, rejected;
	bool exact; /* entries hold for the host itself, not what is below */
};

enum image_kind { IMAGE_DOMAIN = 0, IMAGE_URL, IMAGE_NET };

/* One matching entry, most specific first. */
struct image_hit {
	uint32_t class;    /* < image.nclasses */
	uint32_t entry;    /* its number: image_line() finds the line by it */
	uint8_t kind;      /* enum image_kind */
	bool self;         /* the entry is the host itself, no ancestor or
			   * wider network; only then count exact sources */
	uint16_t off, len; /* domain: the suffix of the host asked for; URL: the
			    * part of host+path from there; net: not used */
};

/*
 * 127 labels cannot all be listed in earnest. Beyond it <more> is set, and
 * hits go whose class another hit has as well, the least specific first: no
 * source is lost that way. Only where all classes differ is the new one lost.
 */
#define IMAGE_HITS_MAX 64

struct image_hits {
	uint32_t n;
	bool more;
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
 * `exact` name is no hit. An IPv6 address that carries an IPv4 address (see
 * name_embedded_ipv4()) is looked up as both. Never fails. */
void image_find_host(
    const struct image *im, struct name host, struct image_hits *hits);

/*
 * Add to <hits> the URL entries that are a prefix of host + <path> (path as
 * url.h makes it, with the query behind '?', beginning with '/'). A prefix
 * ends at the end of the path or before one of "/?#;&" or ends in '/'. Hosts
 * above count too: an entry bad.test/x holds for www.bad.test/x. Of an IPv4
 * address inside an IPv6 one the entries count as well.
 * Cheap where the host has none.
 */
void image_find_url(const struct image *im, struct name host, struct str path,
    struct image_hits *hits);

/* May image_find_url() find anything for <host>, whatever the path? True once
 * too often, never once too rarely. */
bool image_has_urls(const struct image *im, struct name host);

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
