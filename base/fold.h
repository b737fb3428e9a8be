/*
 * fold.h - letters of one case for names of people.
 *
 * Who signs in as ALICE is alice: a directory does not tell the two apart,
 * so neither may a rule, a budget or a cache. Folded are the letters of all
 * scripts, one by one; all that is folded keeps its length in UTF-8. No full
 * case folding of Unicode: one letter never becomes two.
 */
#ifndef BASE_FOLD_H
#define BASE_FOLD_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

uint32_t fold_letter(uint32_t cp);

/* Fold valid UTF-8 in place; other bytes stay as they are. */
void fold_text(char *p, size_t n);

/* Are they the same but for case? */
bool fold_eq(struct str a, struct str b);

#endif
