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
	SUBJECT_URL
};

#define VERDICT_NO_RULE UINT16_MAX

struct verdict {
	enum verdict_kind kind;
	enum action action;
	enum reason reason;
	enum stage stage; /* at which it was decided */
	enum stage next;  /* ASK: where to ask again */
	enum visibility visibility;
	uint32_t needs; /* NEED: set of enum fact */
	uint16_t group, policy;
	uint16_t rule; /* of the policy; VERDICT_NO_RULE: its default */
	uint16_t term; /* which term of the rule, counted through it */
	enum subject subject;
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
	char room[PROVENANCE_ROOM];
};

#endif
