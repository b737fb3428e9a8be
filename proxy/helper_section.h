/*
 * helper_section.h - the children of one [auth NAME] and the questions that
 * wait for one of them to be free. Lives in the thread of proxy/helpers.c.
 */
#ifndef PROXY_HELPER_SECTION_H
#define PROXY_HELPER_SECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/sys/log.h"
#include "proxy/helper_child.h"
#include "proxy/helpers.h"

/* What of struct config_auth matters here; a copy. */
struct helper_plan {
	char name[HELPERS_SECTION];
	char *command; /* owned */
	unsigned children, concurrency;
	int64_t timeout_ms;
};

struct helper_section {
	struct list_node node;         /* among those in use, or the retired */
	struct helper_plan plan;       /* its command is owned */
	struct helpers_counts *counts; /* borrowed; written relaxed */
	struct helper_command command;
	struct helper_child *child; /* owned; plan.children of them */
	struct list_node queue;     /* questions, by their deadline; owned */
	unsigned nqueued;
	struct timer timer;         /* the next deadline */
	struct loop *loop;          /* borrowed */
	struct log_often *troubles; /* owned */
	bool looping;               /* was said to be in a crash loop */
};

/* Takes plan->command. NULL: no memory, or no command; said in the log. */
struct helper_section *helper_section_new(
    struct loop *l, struct helper_plan *plan, struct helpers_counts *counts);
/* Ends its children; what it was asked is not told. */
void helper_section_free(struct helper_section *s);

void helper_section_ask(struct helper_section *s, struct helpers_question *q);

/* Is nothing asked any more? */
bool helper_section_is_idle(const struct helper_section *s);

bool helper_plan_eq(const struct helper_plan *a, const struct helper_plan *b);

#endif
