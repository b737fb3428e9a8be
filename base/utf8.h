/* utf8.h - decode UTF-8 (RFC 3629), strictly. */
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

/* Can it be shown in a log or a terminal: no control, no line or paragraph
 * separator, no bidirectional override, nothing invisible or private? */
bool utf8_is_harmless(uint32_t cp);

#endif
