/*
 * verdict.h - what was decided, and by what: a plain value of numbers that
 * the snapshot can turn into words (snapshot_provenance()).
 */
#ifndef FILTERS_VERDICT_H
#define FILTERS_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "filters/reason.h"
#include "filters/request.h"

enum verdict_kind {
	VERDICT_ALLOW = 0, /* final */
	VERDICT_ASK,       /* allowed so far: ask again at <next> */
	VERDICT_DENY,      /* final */
	VERDICT_NEED,      /* fetch <needs>, then ask again */
};

/* What the deciding rule said. WARN is a DENY whose page lets one go on;
 * MONITOR is an ALLOW that is recorded. */
enum action { ACTION_ALLOW = 0, ACTION_BLOCK, ACTION_WARN, ACTION_MONITOR };
#define ACTIONS 4
const char *action_name(enum action a); /* "allow" "block" "warn" "monitor" */

/* Which of the names (or which text) the matching entry was found for. */
enum subject {
	SUBJECT_NONE = 0,
	SUBJECT_CONNECT,
	SUBJECT_SNI,
	SUBJECT_HOST,
	SUBJECT_URL,
	SUBJECT_NESTED, /* an address inside the address */
};

/* What decided, the strongest first. */
enum tier {
	TIER_PROTECTED = 0,
	TIER_SUPPORT,
	TIER_OVERRIDE,
	TIER_POLICY,
	TIER_DEFAULT,
};
const char *tier_name(enum tier t); /* "protected" "support" ... */

/* How grave a search is; of term lists. */
enum severity {
	SEVERITY_NONE = 0,
	SEVERITY_ADVISORY,
	SEVERITY_CAUTION,
	SEVERITY_DANGER,
};
const char *severity_name(enum severity s);

#define VERDICT_NO_RULE UINT16_MAX

struct verdict {
	enum verdict_kind kind;
	enum action action;
	enum reason reason;
	enum stage stage; /* at which it was decided */
	enum stage next;  /* ASK: where to ask again */
	enum visibility visibility;
	uint32_t needs;   /* NEED: set of enum fact */
	uint8_t member;   /* NEED FACT_MEMBER: which, snapshot_auth_group() */
	uint8_t budget;   /* NEED FACT_SPENT, or why it is denied: which */
	uint64_t budgets; /* of an ALLOW: those that this use is charged to */
	uint64_t size_limit; /* ASK at BODY: once more bytes than this have
			      * come, ask again; 0: not for its size */
	enum tier tier;
	uint16_t override; /* of the snapshot; UINT16_MAX: none decided */
	/* enum safe_level of the policy, to be applied to what is let through
	 * (filters/safesearch.h) */
	uint8_t safe_search, youtube;
	/* A search was seen: the gravest theme in it. */
	bool is_search;
	uint8_t severity; /* enum severity */
	uint16_t theme;   /* of the snapshot; UINT16_MAX: none */
	uint16_t group, policy;
	uint16_t rule; /* of the policy; VERDICT_NO_RULE: its default */
	uint16_t term; /* which term of the rule, counted through it */
	enum subject subject;
	uint16_t nested; /* SUBJECT_NESTED: which of those found, from 1 */
	/* where a list entry decided: */
	bool has_entry;
	uint8_t image;                 /* of the snapshot */
	bool by_pattern;               /* <entry> is the image's pattern */
	uint8_t entry_kind;            /* else: enum image_kind */
	uint16_t source;               /* of the image */
	uint32_t entry;                /* of the image */
	uint16_t entry_off, entry_len; /* as struct image_hit */
	uint16_t category;             /* of the snapshot; UINT16_MAX: none */
	/* where patterns were run here rather than taken from facts: */
	bool patterns_ran;
	uint16_t patterns_n; /* how many matched */
};

/* The same in words; slices into the snapshot, the request or <room>. */
#define PROVENANCE_ROOM 512
struct provenance {
	struct str group, policy;
	struct str rule_file, rule_text; /* "block = category:adult" */
	uint32_t rule_line;              /* 0: no rule, the default */
	struct str category, list, entry, source_file;
	uint32_t source_line; /* 0: none */
	const char *tier;
	struct str override, override_why,
	    override_who; /* id, reason, author */
	struct str theme;
	struct str nested; /* the address inside the address that decided; ""
			    * none; what does not fit is left out */
	char room[PROVENANCE_ROOM], nested_room[PROVENANCE_ROOM];
};

#endif
