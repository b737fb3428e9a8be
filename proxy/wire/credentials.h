/*
 * credentials.h - what a Proxy-Authorization field says (RFC 9110 11.4):
 * a scheme and its token; user and password out of Basic (RFC 7617).
 */
#ifndef PROXY_WIRE_CREDENTIALS_H
#define PROXY_WIRE_CREDENTIALS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

enum credentials_scheme {
	CREDENTIALS_OTHER = 0, /* one that we do not know, or malformed */
	CREDENTIALS_BASIC,
	CREDENTIALS_NEGOTIATE,
};

/* <token>: a slice of <value>, of base64's letters alone; never empty but for
 * CREDENTIALS_OTHER. */
enum credentials_scheme credentials_of(struct str value, struct str *token);

/* User names are shown, compared and kept; passwords only pass. Longer ones
 * are wrong ones. */
#define CREDENTIALS_USER_MAX     128
#define CREDENTIALS_PASSWORD_MAX 1024
#define CREDENTIALS_ROOM         (CREDENTIALS_USER_MAX + CREDENTIALS_PASSWORD_MAX + 4)

/*
 * Take Basic's token apart into <room>, which the caller wipes. False where
 * no account may be called so: not base64, no colon, an empty user or
 * password, one that is too long, controls, no UTF-8.
 *
 * An empty password is never asked about: directories take a bind without one
 * for an anonymous bind, which succeeds.
 */
bool credentials_basic(struct str token, char room[CREDENTIALS_ROOM],
    struct str *user, struct str *password);

/*
 * Check that somebody may be called so, and bring the name into one form but
 * for case: single blanks. Who compares it folds it (base/fold.h); a realm's
 * letters mean something to Kerberos. <out> has CREDENTIALS_USER_MAX bytes;
 * its length, 0: that is no name.
 */
size_t credentials_user(struct str name, char *out);

#endif
