/*
 * literal_grams.h - how often pieces of text stand in URLs.
 */
#ifndef FILTERS_LITERAL_GRAMS_H
#define FILTERS_LITERAL_GRAMS_H

#include <stdint.h>

#include "base/str.h"

/* Eighths of the binary logarithm of the number of places in 2^20 URLs where
 * <piece> stands, which is of 2, 3 or 4 bytes in lower case. */
unsigned literal_often(struct str piece);

/* The same number (no logarithm) for a text of 2 bytes or more: at most that
 * of its rarest piece. Never 0. */
uint64_t literal_weight(struct str text);

#endif
