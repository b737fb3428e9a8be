/*
 * err.h - what went wrong, as a code for the program and a sentence for a
 * human. The caller provides the struct; a library function fills it with
 * err_set() and returns -1. It never prints.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum err_code {
	ERR_NONE = 0,
	ERR_MEMORY,  /* out of memory */
	ERR_SYSTEM,  /* the operating system said no */
	ERR_INPUT,   /* what was given is malformed */
	ERR_CORRUPT, /* what was stored is damaged */
	ERR_LIMIT,   /* larger than permitted */
	ERR_REFUSED, /* understood, and not done */
};

struct err {
	enum err_code code;
	char text[480];
};

/* Fill <err> (NULL: nothing) and return -1, for `return err_set(...)`. */
int err_set(struct err *err, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* As err_set(ERR_SYSTEM), with strerror(<errnum>) behind a colon. */
int err_sys(struct err *err, int errnum, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
