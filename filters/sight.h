/*
 * sight.h - one name of a request, and all that the lists say of it: looked
 * up once, then asked by every term of every rule.
 *
 * Lists name by entries and by patterns, and take back by exceptions. Each
 * reading of the URL is looked at by itself, entries of host and path
 * together: what one reading is excepted from another may still be in.
 */
#ifndef FILTERS_SIGHT_H
#define FILTERS_SIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "filters/decide.h"
#include "filters/pattern.h"
#include "filters/request.h"
#include "filters/search.h"
#include "filters/snapshot_impl.h"
#include "filters/verdict.h"

/* What is searched for, and the themes it touches. */
struct sight_search {
	bool is;   /* it is a search */
	bool lost; /* longer than could be kept: there may be more in it */
	struct search_hits hits; /* if <is> */
};

struct sight {
	enum subject subject;
	struct name name;         /* may be none: nobody said */
	const struct snapshot *s; /* borrowed, as the request */
	const struct request *request;
	const struct facts *facts;
	/* Of the URL; NULL: none is known, or this is about another name. */
	const struct sight_search *search;
	uint16_t group;            /* who asks is in it */
	const struct url *url;     /* NULL: not known, or about another name */
	enum stage known, deepest; /* for this name */
	/* It has, as far as known: [0] by any reading of its URL, [1] by
	 * every one, as term.every asks. */
	struct list_names has[2];
	/* If <some_open>: a pattern met its limit that may give it these. */
	struct list_names open[2];
	bool some_open;
	/* If <may_match>: what URL patterns that were not tried yet may give
	 * it. */
	struct list_names may;
	bool may_match;
	bool lost; /* more was found than could be kept: what it has not it may
	            * have */
	bool urls_listed; /* with its URL it may have more entries */
	const struct pattern_result *patterns; /* URL; NULL: not known */
	struct pattern_result host_patterns;   /* .n == 0: none */
	unsigned nimages;
	struct image_hits host[SNAPSHOT_IMAGES_MAX];
	struct image_hits path[SNAPSHOT_IMAGES_MAX]; /* of all readings */
};

/* What is looked at. */
struct sight_of {
	enum subject subject;
	struct name name;          /* may be none: nobody said */
	const struct url *url;     /* NULL: not known, or about another name */
	enum stage known, deepest; /* for this name */
};

/*
 * <name> as a name of <r>, with the URL where that is known and its own. A
 * name that is not the URL's is judged as far as a name goes and no further:
 * that good.test/ok is allowed says nothing of a tunnel to bad.test.
 */
void sight_of_name(struct sight_of *out, const struct request *r,
    enum subject subject, const struct name *name);

/* All names of <r>, each different one once; one that is none where nobody
 * said. How many. */
#define SIGHT_NAMES 3 /* host, CONNECT target, TLS server name */
unsigned sight_names(const struct request *r, struct sight_of out[SIGHT_NAMES]);

/* Look <of> up. Host patterns are tried here, those that the policy wants. */
struct sight_from { /* all borrowed for as long as the sight */
	const struct snapshot *s;
	const struct policy *policy;
	const struct request *request;
	const struct facts *facts;
	const struct sight_search *search;
	uint16_t group;
};
void sight_take(struct sight *out, const struct sight_from *from,
    const struct sight_of *of);

/* What became of URL patterns on its URL, which is known; <res> is borrowed. */
void sight_patterns(struct sight *v, const struct pattern_result *res);

/* Does an exception for the name take from what patterns of <source>, of image
 * number <image>, match? Unknown where not all of them could be kept. */
enum truth sight_excepted(
    const struct sight *v, unsigned image, uint16_t source);

/* Where an entry or pattern stands that gives the sight a category or list. */
struct sight_entry {
	struct image_hit hit;
	uint32_t pattern; /* number in the image, if <by_pattern> */
	uint16_t source;
	uint8_t image;
	bool by_pattern;
	bool path;                /* of the URL, not of the host */
	bool exception, excepted; /* it is one; one took it away */
};

/* The most specific entry that makes a category or list term true, else the
 * first pattern; false where there is none. */
bool sight_entry_of(
    const struct sight *v, const struct term *t, struct sight_entry *out);

/* Each entry and source in turn, exceptions and what they took as well, then
 * the patterns that match. */
void sight_each(const struct sight *v,
    void (*fn)(
        void *arg, const struct snapshot *s, const struct sight_entry *e),
    void *arg);

#endif
