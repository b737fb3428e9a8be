/*
 * auth_part.h - what the two sources of auth share: auth.c reads requests and
 * writes facts, auth_ask.c remembers and asks.
 */
#ifndef PROXY_AUTH_PART_H
#define PROXY_AUTH_PART_H

#include "config/config.h"
#include "proxy/auth.h"
#include "proxy/cache.h"
#include "proxy/helpers.h"

#define AUTH_BUCKETS   256
#define AUTH_GROUP_MAX 256 /* a longer name of a group: unsettled */

struct auth {
	struct worker *worker; /* borrowed */
	uint8_t key[16];       /* of the names in the caches */
	uint64_t settings;     /* counts up with each change of [auth] */
	uint64_t digest;       /* of [auth] as it is */
	uint64_t dialogues;    /* names questions that nobody may share */
	struct cache *users;   /* owned: struct auth_user */
	struct cache *members; /* owned: struct auth_member */
	struct list_node asking[AUTH_BUCKETS]; /* owned: struct auth_asking */
	unsigned nasking;
};

/* What is remembered of credentials, */
struct auth_user {
	int64_t until; /* loop time */
	bool yes;
	uint16_t n;
	char name[CREDENTIALS_USER_MAX];
};
/* and of a user and a group. */
struct auth_member {
	int64_t until;
	bool yes;
};

enum auth_subject { AUTH_USER = 0, AUTH_TICKET, AUTH_MEMBER };

/* One question for all who want to know it, put to one section after the
 * other until one says yes. */
struct auth_asking {
	struct list_node node; /* in its bucket, or in none: nobody joins */
	struct list_node waiters;
	struct cache_key key;
	enum auth_subject subject;
	enum auth_kind kind;
	unsigned section;  /* the one that is asked, of the configuration */
	uint64_t settings; /* that these numbers belong to */
	bool unsettled;    /* one of them could not tell */
	int64_t due;       /* loop time: without an answer by then it is lost */
	uint16_t n;
	char user[CREDENTIALS_USER_MAX]; /* as given */
};

/* The next section of <kind> at or after <from>; UINT_MAX: none. */
unsigned auth_section(const struct auth *a, enum auth_kind kind, unsigned from);

/* Names of what is remembered. */
struct cache_key auth_user_key(
    const struct auth *a, struct str user, struct str password);
struct cache_key auth_member_key(
    const struct auth *a, struct str user, struct str group);

/* The question on its way under <key>; NULL: none. */
struct auth_asking *auth_asking_find(
    const struct auth *a, const struct cache_key *key);

/*
 * A new question, to be put with auth_asking_put(); its line is empty, with
 * room for <room> bytes so that it never moves. NULL: no memory, or too many.
 */
struct auth_asking *auth_asking_new(struct auth *a, enum auth_subject subject,
    const struct cache_key *key, size_t room, struct helpers_question **q);
/* Takes <q>. False: it could not be, and <asking> is gone. */
bool auth_asking_put(
    struct auth *a, struct auth_asking *asking, struct helpers_question *q);

/* <t> waits for it. */
void auth_wait_for(struct auth_asking *asking, struct txn *t);

/* auth.c: it came to <answer>; <user>: as whom. */
void auth_tell(struct auth_asking *asking, const struct helpers_question *q,
    struct str user);

#endif
