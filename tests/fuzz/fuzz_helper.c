/*
 * fuzz_helper.c - lines of helpers and credentials of clients: an answer that
 * is understood lies within its line, and what was escaped comes back.
 */
#include <stdint.h>

#include "base/buf.h"
#include "base/fold.h"
#include "base/utf8.h"
#include "proxy/wire/credentials.h"
#include "proxy/wire/helpline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
lies_in(struct str s, const char *p, size_t n)
{
	must(!s.n || (s.p >= p && s.p + s.n <= p + n));
}

static void
an_answer(const char *p, size_t n, bool channels)
{
	struct helpline h;
	char *line = malloc(n + 1);

	must(line);
	memcpy(line, p, n);
	if (helpline_parse(line, n, channels, &h)) {
		lies_in(h.user, line, n);
		lies_in(h.group, line, n);
		lies_in(h.message, line, n);
		lies_in(h.token, line, n);
		must(h.channel <= HELPLINE_CHANNEL);
		must(channels || h.channel == 0);
		must(n <= HELPLINE_MAX + 1);
	}
	free(line);
}

static void
a_question(struct str s)
{
	struct buf b = BUF_EMPTY;

	helpline_escape(&b, s);
	for (size_t i = 0; i < b.n; i++)
		must(b.p[i] > ' ' && b.p[i] < 0x7f);
	must(str_eq(helpline_unescape(b.p, b.n), s));
	buf_fini(&b);
}

static void
some_credentials(struct str s)
{
	char room[CREDENTIALS_ROOM], name[CREDENTIALS_USER_MAX];
	char again[CREDENTIALS_USER_MAX];
	struct str token, user, password;
	size_t n;

	if (credentials_of(s, &token) == CREDENTIALS_OTHER)
		token = s;
	else
		must(token.n != 0);
	if (!credentials_basic(token, room, &user, &password))
		return;
	must(user.n && password.n && user.n <= CREDENTIALS_USER_MAX);
	lies_in(user, room, sizeof(room));
	lies_in(password, room, sizeof(room));
	n = credentials_user(user, name);
	must(n <= user.n && utf8_is_valid(str_make(name, n)));
	/* of one form there is one form */
	must(credentials_user(str_make(name, n), again) == n);
	must(memcmp(name, again, n) == 0);
	fold_text(again, n);
	must(fold_eq(str_make(name, n), str_make(again, n)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const void *)data;

	an_answer(p, size, false);
	an_answer(p, size, true);
	a_question(str_make(p, size));
	some_credentials(str_make(p, size));
	return 0;
}
