/*
 * config_policy.h - of a configuration, who asks, when, and what holds for
 * him. A part of config/config.h, which is what others include.
 */
#ifndef CONFIG_CONFIG_POLICY_H
#define CONFIG_CONFIG_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/str.h"
#include "filters/schedule.h"
#include "filters/snapshot.h"

#define CONFIG_LIST(type)                                                      \
	struct {                                                               \
		type *v;                                                       \
		unsigned n;                                                    \
	}

struct config_zone_name {
	struct str name; /* "Asia/Almaty" */
	struct where at; /* of the value; line 0: it is the default */
};

struct config_mac {
	uint8_t addr[6];
};

struct config_group {
	struct str name, policy; /* policy: default the group's name */
	CONFIG_LIST(struct net) nets;
	CONFIG_LIST(struct config_mac) macs;
	CONFIG_LIST(struct str) listeners, users, auth_groups;
	struct where where;
};

struct config_schedule {
	struct str name;
	CONFIG_LIST(struct schedule_hours) hours;
	CONFIG_LIST(struct schedule_dates) only, except;
	struct config_zone_name timezone; /* "" : that of [proxy] */
	struct bytes zone;                /* its file, in the arena; n 0: UTC */
	struct where where;
};

/* Who says who somebody is, and what groups he is in: docs/manual. */
enum auth_kind { AUTH_BASIC = 0, AUTH_NEGOTIATE, AUTH_GROUP };
struct config_auth {
	struct str name;
	enum auth_kind kind;
	struct str helper;    /* a command with its arguments, by blanks */
	struct str htpasswd;  /* basic, instead of helper: a file */
	struct str realm;     /* basic: what browsers show */
	uint32_t children;    /* processes */
	uint32_t concurrency; /* requests at once to one; 0: the protocol
			       * without channels */
	uint32_t timeout_ms;  /* for an answer */
	uint32_t cache_s, deny_cache_s; /* how long a yes or no is kept */
	bool ask; /* 407 where nothing came; else only what is offered */
	struct where where;
};

/* Phrases that searches are looked through for. */
struct config_terms {
	struct str name; /* of the theme */
	struct str source;
	enum severity severity;
	struct str text; /* the file, in the arena */
	struct where where;
};

/* Where the parts of a text stand that runs over several lines. */
struct config_piece {
	uint32_t at; /* offset in the text */
	uint32_t line, column;
};

/* A line that the configuration is tried with. */
struct config_expect {
	struct str text;    /* filters/scenario.h */
	struct where where; /* of its first byte */
	CONFIG_LIST(struct config_piece) pieces;
};

struct config_rule {
	enum action action;
	struct str text;
	struct where where; /* of the text's first byte */
	CONFIG_LIST(struct config_piece) pieces;
	enum budget_per per; /* BUDGET_NO: no budget */
	uint32_t budget_s;
};

struct config_policy {
	struct str name;
	enum action otherwise, on_unsettled;
	enum safe_level safe_search, youtube;
	bool nested;
	uint32_t warn_s;
	CONFIG_LIST(struct config_rule) rules; /* in the order of the lines */
	struct where where;
};

#endif
