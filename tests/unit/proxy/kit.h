/*
 * kit.h - a loop and a script for tests of proxy/: the loop runs, and after
 * each turn the script goes on from where it waits.
 *
 *	static bool
 *	script(struct kit *k)
 *	{
 *		SCRIPT_BEGIN(k);
 *		ask();
 *		SCRIPT_WAIT(k, answered);
 *		SCRIPT_END(k);
 *	}
 *	kit_run(&k, script);
 *
 * No local variable lives over a SCRIPT_WAIT. A wait that never ends fails the
 * test; how long anything takes is not tested.
 */
#ifndef TESTS_UNIT_PROXY_KIT_H
#define TESTS_UNIT_PROXY_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/sys/clock.h"
#include "config/config.h"
#include "proxy/loop.h"
#include "proxy/stats.h"

#define KIT_NEVER_MS 60000

struct kit {
	struct loop *loop;
	struct stats stats;
	struct config config;
	bool (*script)(struct kit *k); /* true: over */
	int line;
	int64_t give_up, slept_from;
	char dir[64]; /* a folder of the test's own */
};

#define SCRIPT_BEGIN(k)                                                        \
	switch ((k)->line) {                                                   \
	case 0:
#define SCRIPT_WAIT(k, cond)                                                   \
	(k)->line = __LINE__;                                                  \
	(k)->give_up = clock_mono_ms() + KIT_NEVER_MS;                         \
	__attribute__((fallthrough));                                          \
	case __LINE__:                                                         \
		if (!(cond)) {                                                 \
			if (clock_mono_ms() > (k)->give_up)                    \
				fail_msg("line %d: never", __LINE__);          \
			return false;                                          \
		}
/* Let the loop go on for a while in which nothing should happen. */
#define SCRIPT_SLEEP(k, ms)                                                    \
	(k)->slept_from = clock_mono_ms();                                     \
	SCRIPT_WAIT(k, clock_mono_ms() >= (k)->slept_from + (ms))
#define SCRIPT_END(k)                                                          \
	}                                                                      \
	return true

static inline void
kit_init(struct kit *k)
{
	struct err err;

	memset(k, 0, sizeof(*k));
	k->loop = loop_new(&err);
	assert_non_null(k->loop);
	memcpy(k->dir, "/tmp/suzgi-test-XXXXXX", 23);
	assert_non_null(mkdtemp(k->dir));
	k->config.state_dir = str_of(k->dir);
	k->config.redis_prefix = STR("fw:");
	k->config.redis_timeout_ms = 20;
	k->config.ipv6 = true;
}

static inline void
kit_fini(struct kit *k)
{
	char line[128];

	loop_free(k->loop);
	/* only what mkdtemp() gave us */
	snprintf(line, sizeof(line), "rm -r '%s'", k->dir);
	assert_int_equal(system(line), 0);
}

static void
kit_turn(void *arg)
{
	struct kit *k = arg;

	if (k->script(k))
		loop_stop(k->loop);
}

static inline void
kit_run(struct kit *k, bool (*script)(struct kit *k))
{
	k->script = script;
	k->line = 0;
	loop_run(k->loop, kit_turn, k, 2);
}

#endif
