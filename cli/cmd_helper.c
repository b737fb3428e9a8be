/*
 * cmd_helper.c - programs of our own that answer in Squid's helper protocol;
 * the filter starts them, so that a slow hash keeps no request waiting.
 */
#include <errno.h>
#include <unistd.h>

#include "base/buf.h"
#include "cli/cli.h"
#include "cli/htpasswd.h"
#include "proxy/wire/helpline.h"

#define READ_BYTES 4096

static bool
write_all(struct str s)
{
	while (s.n) {
		ssize_t n = write(STDOUT_FILENO, s.p, s.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		s = str_sub(s, (size_t)n, s.n);
	}
	return true;
}

/* "[CHANNEL] user password", unescaped in place. */
static struct str
answer(struct htpasswd *h, struct str user, char *password, size_t n)
{
	char room[HELPLINE_MAX];
	struct str plain;

	if (user.n > sizeof(room))
		return STR("BH message=\"the line is too long\"");
	memcpy(room, user.p, user.n);
	plain = helpline_unescape(password, n);
	switch (htpasswd_check(h, helpline_unescape(room, user.n), plain)) {
	case HTPASSWD_RIGHT:
		return STR("OK");
	case HTPASSWD_WRONG:
		return STR("ERR message=\"the user or password is wrong\"");
	case HTPASSWD_LOST:
		break;
	}
	return STR("BH message=\"the file of users cannot be read\"");
}

static bool
take_line(struct htpasswd *h, char *line, size_t n, bool channels)
{
	struct str rest = str_make(line, n), channel = STR_NONE, user, said;
	struct buf out = BUF_EMPTY;
	size_t at;
	bool ok;

	if (channels) {
		str_cut(rest, ' ', &channel, &rest);
		buf_add_str(&out, channel);
		buf_add_char(&out, ' ');
	}
	str_cut(rest, ' ', &user, &rest);
	at = rest.n ? (size_t)(rest.p - line) : 0;
	said = answer(h, user, line + at, rest.n);
	buf_add_str(&out, said);
	buf_add_char(&out, '\n');
	ok = !out.failed && write_all(buf_str(&out));
	buf_fini(&out);
	return ok;
}

/* All whole lines of <in>. */
static bool
take_lines(struct htpasswd *h, struct buf *in, bool channels)
{
	size_t from = 0;
	bool ok = true;

	while (ok) {
		size_t end = str_find(buf_str(in), '\n', from);

		if (end == in->n)
			break;
		ok = take_line(h, in->p + from, end - from, channels);
		explicit_bzero(in->p + from, end - from);
		from = end + 1;
	}
	buf_eat(in, from);
	return ok && in->n <= HELPLINE_MAX;
}

static int
serve(struct htpasswd *h, bool channels)
{
	struct buf in = BUF_EMPTY;
	int rc = CLI_FAILED;

	/* all of a line and the next read, so that it never moves */
	if (!buf_room(&in, HELPLINE_MAX + 2 * READ_BYTES))
		return CLI_FAILED;
	for (;;) {
		ssize_t n = read(STDIN_FILENO, in.p + in.n, READ_BYTES);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			rc = n < 0;
			break;
		}
		in.n += (size_t)n;
		if (!take_lines(h, &in, channels))
			break;
	}
	explicit_bzero(in.p, in.cap);
	buf_fini(&in);
	return rc;
}

int
cmd_helper(int argc, char **argv)
{
	bool channels = false;
	const struct cli_option options[] = {
	    {.name = "channels",
	        .help = "a number stands before each question and answer",
	        .flag = &channels},
	    {.name = NULL},
	};
	struct cli_args args = {
	    .usage = "helper htpasswd [--channels] FILE",
	    .about =
	        "Answer lines \"user password\" on stdin with OK or ERR, as "
	        "Squid's helpers do: is that\nthe user's password in "
	        "FILE? The filter starts this for [auth] htpasswd.",
	    .options = options,
	};
	struct htpasswd *h;
	int rc = cli_parse(&args, argc, argv);

	if (rc >= 0)
		return rc;
	if (args.argc != 2 || strcmp(args.argv[0], "htpasswd") != 0)
		return cli_usage("helper", "expected: helper htpasswd FILE");
	h = htpasswd_new(args.argv[1]);
	if (!h)
		return cli_fail(CLI_FAILED, "out of memory");
	rc = serve(h, channels);
	htpasswd_free(h);
	return rc;
}
