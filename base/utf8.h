/*
 * utf8.h - UTF-8 (RFC 3629), strictly, and what Unicode says of characters; the
 * door to utf8proc.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/*
 * The code point at the front of <s> into <cp>; how many bytes it took, 0
 * when <s> is empty or does not begin with valid UTF-8 (overlong, surrogate,
 * cut short).
 */
size_t utf8_decode(struct str s, uint32_t *cp);
bool utf8_is_valid(struct str s);

/* <cp>, a code point, as UTF-8 into <out>; how many bytes. */
#define UTF8_MAX 4
size_t utf8_encode(uint32_t cp, char out[UTF8_MAX]);

/*
 * What <cp> is compared as: compatibility forms resolved, letters of one
 * case, marks parted from what they stand on (NFKD with case folding). The
 * number of code points in <out>; 0 for what cannot be seen.
 */
#define UTF8_FOLD_MAX 32
size_t utf8_fold(uint32_t cp, uint32_t out[UTF8_FOLD_MAX]);

enum utf8_kind { UTF8_OTHER = 0, UTF8_LETTER, UTF8_DIGIT, UTF8_MARK };
enum utf8_kind utf8_kind(uint32_t cp);

/* Can it be shown in a log or a terminal: no control, no line or paragraph
 * separator, no bidirectional override, nothing invisible or private? */
bool utf8_is_harmless(uint32_t cp);

#endif
