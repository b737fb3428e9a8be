/*
 * literal.h - the longest text that every match of a pattern contains.
 *
 * Understands only what is plain: letters, escaped punctuation, and how to
 * step over groups, classes and quantifiers. At anything else the answer is
 * "none", and the pattern is tried always: a literal too many would be a way
 * past the filter.
 */
#ifndef FILTERS_LITERAL_H
#define FILTERS_LITERAL_H

#include "base/str.h"

#define LITERAL_MAX 64

/* In lower case into <room>; empty where there is none. */
struct str literal_of(struct str pattern, char room[LITERAL_MAX]);

#endif
