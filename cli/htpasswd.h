/*
 * htpasswd.h - a file of users and hashes of their passwords, as suzgi user,
 * `htpasswd -B` and `mkpasswd` write them: "user:hash" in each line.
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
#include <stddef.h>

#include "base/str.h"
#include "proxy/wire/credentials.h"

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

/* Tell <hear> of each line of <path> by which nobody can sign in, and why; of
 * line 0 where it cannot be read. */
typedef void htpasswd_hear(void *arg, unsigned line, const char *why);
void htpasswd_look(const char *path, htpasswd_hear *hear, void *arg);

/* The name in the form that names are compared in; its length, 0: nobody can be
 * called so. */
size_t htpasswd_name(struct str user, char out[CREDENTIALS_USER_MAX]);

/* The yescrypt hash of <password>, with a salt made by chance. False: it cannot
 * be made, and <err> says why. */
#define HTPASSWD_HASH_MAX 384
bool htpasswd_hash(
    const char *password, char out[HTPASSWD_HASH_MAX], struct err *err);

/* Longer ones crypt() does not take. */
#define HTPASSWD_PASSWORD_MAX 511

/* Files are that large at the most: some 100000 users. */
#define HTPASSWD_FILE_MAX ((size_t)16 << 20)

#endif
