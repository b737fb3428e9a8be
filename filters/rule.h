/*
 * rule.h - the condition of a rule: text in, terms out.
 *
 *	category:adult, category:games !host:kids.test
 *
 * Terms beside each other must all hold; a comma parts alternatives, of which
 * one must hold. So the blank binds closer than the comma, as in a CSS
 * selector: the line above is "adult, or games not on kids.test". A '!' in
 * front of a term turns it round. There are no brackets.
 *
 *	category:NAME  list:NAME   an entry of such a list holds
 *	host:NAME                  that host and all below it
 *	host:ADDRESS host:NET      "10.1.2.3", "10.0.0.0/8", "2001:db8::/32"
 *	url:HOST/PATH              that path and all below it, as a list's entry
 *	regex:PATTERN              up to the next blank or comma
 *	regex:/PATTERN/            with blanks and commas; '/' is then "\/"
 *	port:80 port:8000-8999     of the origin
 *	method:GET                 as sent, capitals matter
 *	ip-literal                 the site is named by its address
 *	any                        always
 *
 *	during:NAME                a schedule holds
 *	group:NAME                 who asks is in that group
 *	user:NAME                  is that user
 *	search:THEME search:any    a search for words of it; any search
 *	search>=caution            for words of that severity, or a graver
 *	header:NAME                the request has that field
 *	header:NAME=TEXT           and this is in it, letters of any case
 *	ua:TEXT                    the same of User-Agent
 *	referer:HOST               comes from that host, or below it
 *	visibility:url             how far this request can be seen
 *	type:video/mp4 type:video/ of the answer, as said or as seen
 *	ext:exe                    of the path, or of the answer's file name
 *	size>10MiB                 of the answer
 *	disguised                  the answer is not what it says it is
 *	doh                        looks like DNS over HTTPS
 *
 * Texts with blanks or commas stand in double quotes: ua:"Opera Mini".
 */
#ifndef FILTERS_RULE_H
#define FILTERS_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bits.h"
#include "base/str.h"
#include "filters/snapshot.h"
#include "filters/url_under.h"
#include "filters/verdict.h"
#include "lists/name.h"

struct arena;
struct err;
struct nameset;
struct pattern_set;
struct snap_schedule;
struct themes;

#define RULE_TERMS_MAX 256
#define RULE_TEXT_MAX  16384

enum term_kind {
	TERM_CATEGORY = 0,
	TERM_LIST,
	TERM_HOST,
	TERM_NET,
	TERM_URL,
	TERM_REGEX,
	TERM_PORT,
	TERM_METHOD,
	TERM_IP_LITERAL,
	TERM_ANY,
	TERM_DURING,
	TERM_GROUP,
	TERM_USER,
	TERM_SEARCH,
	TERM_SEARCH_ANY,
	TERM_SEVERITY,
	TERM_HEADER,
	TERM_UA,
	TERM_REFERER,
	TERM_VISIBILITY,
	TERM_TYPE,
	TERM_EXT,
	TERM_SIZE,
	TERM_DISGUISED,
	TERM_DOH,
};

struct term_url {
	struct name host;
	struct url_path path;
};

struct term_header {
	struct str name, value; /* value "": it is there */
};

struct term {
	enum term_kind kind;
	bool not ; /* "!" */
	bool last; /* of its alternative */
	/* A URL may be read in several ways (filters/url.h). What the term
	 * says has to hold for every one of them where that it holds lets
	 * something through; else for any. So a second spelling never opens
	 * what another closed. */
	bool every;
	union {
		/* category, list, pattern, schedule, theme; severity and
		 * visibility, of these enums */
		uint16_t id;
		struct {
			uint16_t low, high;
		} port;
		const struct name *host; /* all of these in the arena */
		const struct net *net;
		const struct term_url *url;
		const struct term_header *header;
		uint64_t size;
		struct str method;
		/* group, user (folded), type (lower case), ext (so too), text
		 * of ua: */
		struct str text;
	};
};

struct rule {
	enum action action;
	uint16_t nterms;
	/* Each alternative has a category or list that must hold: it cannot be
	 * true where none of these do. Most rules are such, most names in no
	 * list: so most rules are read by this alone. */
	bool listed;
	uint16_t next; /* the next rule of the policy that is not <listed>;
			* beyond the last: none. From snapshot_finish() on */
	/* Instead of <listed>, where a URL pattern of a list may give what
	 * they need: that holds once all patterns were tried. From
	 * snapshot_finish() on. */
	bool by_pattern;
	bool patterned; /* the same as <listed> with patterns of rules */
	struct bits categories, lists;
	/* A budget is DENY once it is used up, else it only counts. */
	enum budget_per per; /* BUDGET_NO: it is none */
	uint32_t budget_s;
	uint8_t budget;           /* its number in the snapshot */
	unsigned wants;           /* set of enum snapshot_want, of its terms */
	const struct term *terms; /* in the arena, as the rest */
	struct str text;          /* as written */
	struct str line;          /* "block = <text>" */
	struct where where;
};

/* What terms may name, and where they live. All borrowed. */
struct rule_context {
	struct arena *arena;
	const struct nameset *categories, *lists;
	struct pattern_set *patterns; /* grows */
	const struct snap_schedule *schedules;
	unsigned nschedules;
	const struct themes *themes; /* NULL: none */
};

/*
 * Read <def> into <r>. On -1 <column> (in bytes, from 0) says where in the
 * text, <err> what is wrong there.
 */
int rule_parse(const struct rule_context *ctx, const struct rule_def *def,
    struct rule *r, uint32_t *column, struct err *err);

/* Groups come behind the rules: is there each that one names? -1 with the
 * place in <err>. */
int rules_check_groups(const struct snapshot *s, struct err *err);

#endif
