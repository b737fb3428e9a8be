/*
 * near.h - "did you mean": the candidate that differs least from a word.
 *
 *	struct near near = near_to(word);
 *	near_try(&near, STR("workers"));
 *	if (near.best.n) ...
 *
 * A candidate counts where at most a third of the word is mistyped, two
 * letters swapped being one mistake. Case does not count.
 */
#ifndef BASE_NEAR_H
#define BASE_NEAR_H

#include "base/str.h"

struct near {
	struct str word;
	struct str best; /* borrowed from who gave it; STR_NONE: none */
	unsigned distance;
};

struct near near_to(struct str word);
void near_try(struct near *n, struct str candidate);

#endif
