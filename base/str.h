/*
 * str.h - text slices by value.
 *
 * Text that came from a wire or a file is never NUL-terminated here and may
 * hold any byte. A slice borrows: who made the bytes keeps them.
 *
 *	struct str rest, key;
 *	if (str_cut(line, '=', &key, &rest) && str_eq(str_trim(key), STR("a")))
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *p; /* borrowed */
	size_t n;
};

#define STR(lit) ((struct str){("" lit), sizeof(lit) - 1})
#define STR_NONE ((struct str){NULL, 0})
/* The same as an initialiser, for static tables. */
#define STR_INIT(lit)                                                          \
	{                                                                      \
		("" lit), sizeof(lit) - 1                                      \
	}
/* For printf's "%.*s". */
#define STR_ARG(s) (int)(s).n, (s).n ? (s).p : ""

static inline struct str
str_make(const char *p, size_t n)
{
	return (struct str){p, n};
}

/* A view of a NUL-terminated string; NULL gives the empty slice. */
static inline struct str
str_of(const char *z)
{
	return (struct str){z, z ? strlen(z) : 0};
}

static inline bool
str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline char
str_lower_char(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* ASCII only, on purpose: protocol elements are ASCII. */
bool str_eq_nocase(struct str a, struct str b);
bool str_starts(struct str s, struct str with);
bool str_ends(struct str s, struct str with);

/* The first <c> at or after <from>; s.n where there is none. */
size_t str_find(struct str s, char c, size_t from);

/* Where <what> begins in <s>; s.n where it does not occur. */
size_t str_search(struct str s, struct str what);

/* Blanks and tabs (and CR, LF) off both ends. */
struct str str_trim(struct str s);

/* From <from> on, at most <n> bytes; both are clamped. */
struct str str_sub(struct str s, size_t from, size_t n);

/*
 * Split at the first <sep>: what stands before and after it. Without one,
 * <before> is all of <s>, <after> empty, and false is returned.
 */
bool str_cut(struct str s, char sep, struct str *before, struct str *after);

/*
 * Take the next part of *<rest> up to <sep> into <part>; false at the end.
 * "a,,b" gives "a", "", "b".
 */
bool str_next(struct str *rest, char sep, struct str *part);

/* Decimal digits only, the whole slice, no overflow. */
bool str_to_u64(struct str s, uint64_t *out);

/* <0, 0, >0 as memcmp, shorter first. */
int str_cmp(struct str a, struct str b);

/* Copy with a NUL into <out>; false (and "") where it does not fit. */
bool str_copy(struct str s, char *out, size_t size);

#endif
