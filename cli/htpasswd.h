/*
 * htpasswd.h - a file of users and hashes of their passwords, as `htpasswd -B`
 * and `mkpasswd` write them: "user:hash" in each line.
 *
 * Taken are yescrypt, scrypt, bcrypt and SHA-crypt; hashes that a table or a
 * graphics card undoes (DES, MD5, SHA-1, plain text) are refused. Names are
 * compared in the form that the proxy keeps them in, so that case and blanks
 * make no other user.
 *
 * A question takes as long for a name that nobody has as for one that
 * somebody has: else the time would tell which exist.
 */
#ifndef CLI_HTPASSWD_H
#define CLI_HTPASSWD_H

#include <stdbool.h>

#include "base/str.h"

struct err;
struct htpasswd;

enum htpasswd_answer {
	HTPASSWD_WRONG = 0,
	HTPASSWD_RIGHT,
	HTPASSWD_LOST, /* the file cannot be read */
};

/* Read <path>, which must stay. What cannot be used of it is said on stderr,
 * by the number of its line. NULL: no memory. */
struct htpasswd *htpasswd_new(const char *path);
void htpasswd_free(struct htpasswd *h); /* NULL: nothing */

/* Is it his password? Looks first whether the file has changed. */
enum htpasswd_answer htpasswd_check(
    struct htpasswd *h, struct str user, struct str password);

/* Is <hash> of a kind that is taken? Else why not, as a sentence's end. */
bool htpasswd_is_safe(struct str hash, const char **why);

#endif
