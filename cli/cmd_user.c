/* cmd_user.c - suzgi user: the file of users that [auth] htpasswd names. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/sys/file.h"
#include "base/utf8.h"
#include "cli/cli.h"
#include "cli/htpasswd.h"
#include "config/config.h"

/* A file of users, and somebody in it. */
struct users {
	char path[PATH_MAX]; /* of the file itself, behind all links */
	const char *shown;   /* as it was asked for */
	const char *name;    /* as it was asked for; NULL: nobody */
	char folded[CREDENTIALS_USER_MAX];
	size_t nfolded;
	struct stat as;  /* what the file is to be */
	struct buf text; /* owned; what it holds */
	bool is_there;
	int lock; /* on its folder */
};

/* ---------------------------------------------------------------- password */

/* A line of <fd> without its end. False: it is too long, or cannot be read. */
static bool
read_line(int fd, char *out, size_t size)
{
	size_t n = 0;

	for (;;) {
		char c;
		ssize_t got = read(fd, &c, 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got == 0 || (got == 1 && c == '\n'))
			break;
		if (got < 0 || n + 1 == size)
			return false;
		out[n++] = c;
	}
	if (n && out[n - 1] == '\r')
		n--;
	out[n] = '\0';
	return memchr(out, '\0', n) == NULL;
}

/* Without showing it. Ctrl-C is a letter meanwhile, which no password has: so
 * nothing ends us before the terminal shows again what is typed. */
static bool
ask(const char *what, const char *name, char *out, size_t size)
{
	struct termios was, quiet;
	bool ok;

	if (tcgetattr(STDIN_FILENO, &was) < 0)
		return false;
	quiet = was;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
	fprintf(stderr, "%s for %s: ", what, name);
	fflush(stderr);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	ok = read_line(STDIN_FILENO, out, size);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &was);
	fprintf(stderr, "\n");
	return ok;
}

/* Why nobody could sign in with <password>; NULL: he could. */
static const char *
fault_of(struct str password)
{
	if (password.n == 0)
		return "an empty password is always wrong";
	for (size_t i = 0; i < password.n; i++)
		if ((unsigned char)password.p[i] < 0x20 ||
		    password.p[i] == 0x7f)
			return "there are control characters in it";
	if (!utf8_is_valid(password))
		return "it is not UTF-8";
	return NULL;
}

/* Into <hash>; -1 with <err>. */
static int
hash_password(const char *name, char hash[HTPASSWD_HASH_MAX], struct err *err)
{
	char word[HTPASSWD_PASSWORD_MAX + 1], again[sizeof(word)];
	bool asks = isatty(STDIN_FILENO), same = true, whole;
	const char *fault = NULL;
	int rc = -1;

	whole = asks ? ask("Password", name, word, sizeof(word))
	             : read_line(STDIN_FILENO, word, sizeof(word));
	if (whole)
		fault = fault_of(str_of(word));
	if (whole && !fault && asks) {
		whole = ask("The same again", name, again, sizeof(again));
		same = whole && strcmp(word, again) == 0;
	}
	if (!whole)
		err_set(err, ERR_INPUT,
		    "the password cannot be read, or is longer than %d bytes",
		    HTPASSWD_PASSWORD_MAX);
	else if (fault)
		err_set(err, ERR_INPUT, "nobody could sign in with that: %s",
		    fault);
	else if (!same)
		err_set(err, ERR_INPUT, "the two are not the same");
	else if (htpasswd_hash(word, hash, err))
		rc = 0;
	explicit_bzero(word, sizeof(word));
	explicit_bzero(again, sizeof(again));
	return rc;
}

/* -------------------------------------------------------------------- file */

/* Wait for who else changes a file in this folder. */
static int
lock_folder(struct users *u, struct err *err)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(u->path, '/');
	size_t n = slash ? (size_t)(slash - u->path) : 0;

	str_copy(n       ? str_make(u->path, n)
	         : slash ? STR("/")
	                 : STR("."),
	    folder, sizeof(folder));
	u->lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (u->lock < 0 || flock(u->lock, LOCK_EX) < 0)
		return err_sys(err, errno, "cannot open the folder %s", folder);
	return 0;
}

/* The filter has to read it, and nobody else. */
static void
say_whose(struct users *u, const struct config *c)
{
	const struct passwd *pw = NULL;

	u->as.st_mode = 0640;
	if (!u->is_there) {
		u->as.st_uid = geteuid();
		u->as.st_gid = getegid();
	}
	if (geteuid() == 0 && c->user.n)
		pw = getpwnam(c->user.p);
	if (pw && u->as.st_uid != pw->pw_uid)
		u->as.st_gid = pw->pw_gid;
}

static int
users_open(struct users *u, const struct config *c, struct err *err)
{
	u->lock = -1;
	if (!realpath(u->shown, u->path) &&
	    !str_copy(str_of(u->shown), u->path, sizeof(u->path)))
		return err_set(
		    err, ERR_LIMIT, "%s: the path is too long", u->shown);
	if (u->name && lock_folder(u, err) < 0)
		return -1;
	u->is_there = stat(u->path, &u->as) == 0;
	if (!u->is_there && errno != ENOENT)
		return err_sys(err, errno, "cannot read %s", u->shown);
	if (u->is_there && !S_ISREG(u->as.st_mode))
		return err_set(
		    err, ERR_INPUT, "%s is not a regular file", u->shown);
	say_whose(u, c);
	return u->is_there
	           ? file_read(u->path, HTPASSWD_FILE_MAX, &u->text, err)
	           : 0;
}

static void
users_close(struct users *u)
{
	if (u->text.p)
		explicit_bzero(u->text.p, u->text.cap);
	buf_fini(&u->text);
	if (u->lock >= 0)
		close(u->lock);
}

/* Whose line is it? Nobody's: comments, and what has no colon. */
static bool
user_of(struct str line, struct str *user, struct str *hash, struct str *more)
{
	struct str rest;

	line = str_trim(line);
	*hash = *more = STR_NONE;
	if (line.n == 0 || line.p[0] == '#' || !str_cut(line, ':', user, &rest))
		return false;
	str_cut(rest, ':', hash, more);
	return true;
}

static bool
is_his(const struct users *u, struct str line)
{
	char folded[CREDENTIALS_USER_MAX];
	struct str user, hash, more;

	if (!user_of(line, &user, &hash, &more))
		return false;
	return htpasswd_name(user, folded) == u->nfolded &&
	       memcmp(folded, u->folded, u->nfolded) == 0;
}

/* The number of his first line; 0: there is none. */
static unsigned
line_of(const struct users *u)
{
	struct str rest = buf_str(&u->text), line;

	for (unsigned n = 1; str_next(&rest, '\n', &line); n++)
		if (is_his(u, line))
			return n;
	return 0;
}

/* Write the file with his lines made one of <hash>, or with none of them where
 * that is NULL. All others stay as they are. */
static int
users_write(const struct users *u, const char *hash, struct err *err)
{
	struct str rest = buf_str(&u->text), line, user, old, more;
	struct buf out = BUF_EMPTY;
	bool done = hash == NULL;
	int rc;

	while (str_next(&rest, '\n', &line)) {
		if (!is_his(u, line)) {
			if (line.n || rest.n)
				buf_addf(&out, "%.*s\n", STR_ARG(line));
			continue;
		}
		if (done)
			continue;
		user_of(line, &user, &old, &more);
		buf_addf(&out, "%.*s:%s%s%.*s\n", STR_ARG(user), hash,
		    more.n ? ":" : "", STR_ARG(more));
		done = true;
	}
	if (!done)
		buf_addf(&out, "%s:%s\n", u->name, hash);
	rc = out.failed ? err_set(err, ERR_MEMORY, "out of memory")
	                : file_replace_as(u->path, buf_str(&out), &u->as, err);
	if (out.p)
		explicit_bzero(out.p, out.cap);
	buf_fini(&out);
	return rc;
}

/* ---------------------------------------------------------------- commands */

/* For add and passwd. */
static int
set_password(struct users *u, bool is_new, struct err *err)
{
	char hash[HTPASSWD_HASH_MAX];
	unsigned line = line_of(u);
	int rc;

	if (is_new && line)
		return err_set(err, ERR_INPUT,
		    "%s:%u: %s is there already; suzgi user passwd gives a new "
		    "password",
		    u->shown, line, u->name);
	if (!is_new && !line)
		return err_set(err, ERR_INPUT,
		    "%s has no user %s; suzgi user list shows who there is",
		    u->shown, u->name);
	rc = hash_password(u->name, hash, err);
	if (rc == 0)
		rc = users_write(u, hash, err);
	explicit_bzero(hash, sizeof(hash));
	return rc;
}

static int
remove_user(struct users *u, struct err *err)
{
	if (!line_of(u))
		return err_set(err, ERR_INPUT,
		    "%s has no user %s; suzgi user list shows who there is",
		    u->shown, u->name);
	return users_write(u, NULL, err);
}

static void
put_user(struct buf *b, struct str user, const char *why, bool json)
{
	if (!json) {
		buf_add_str(b, user);
		if (why)
			buf_addf(b, "    cannot sign in: %s", why);
		buf_add_char(b, '\n');
		return;
	}
	json_open(b, '{');
	json_key_str(b, "user", user);
	json_key_bool(b, "ok", why == NULL);
	if (why)
		json_key_z(b, "why", why);
	json_close(b, '}');
	buf_add_char(b, '\n');
}

static int
list(const struct users *u, bool json)
{
	struct str rest = buf_str(&u->text), line, user, hash, more;
	char folded[CREDENTIALS_USER_MAX];
	struct buf b = BUF_EMPTY;
	int rc;

	if (!u->is_there)
		return cli_fail(CLI_FAILED, "there is no file %s", u->shown);
	while (str_next(&rest, '\n', &line)) {
		const char *why = NULL;

		if (!user_of(line, &user, &hash, &more))
			continue;
		if (!htpasswd_name(user, folded))
			why = "nobody can be called so";
		else if (htpasswd_is_safe(hash, &why))
			why = NULL;
		put_user(&b, user, why, json);
	}
	if (!b.n && !json)
		buf_add_str(&b, STR("there are no users\n"));
	rc = cli_out(&b);
	buf_fini(&b);
	return rc;
}

static int
change(struct users *u, const char *what, bool json)
{
	static const struct {
		const char *what, *said;
	} all[] = {{"add", "can sign in."}, {"passwd", "has a new password."},
	    {"remove", "is removed."}};
	const char *said = NULL;
	struct buf b = BUF_EMPTY;
	struct err err;
	int rc;

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (strcmp(what, all[i].what) == 0)
			said = all[i].said;
	rc = strcmp(what, "remove") == 0
	         ? remove_user(u, &err)
	         : set_password(u, strcmp(what, "add") == 0, &err);
	if (rc < 0)
		return cli_fail(CLI_FAILED, "%s", err.text);
	if (json)
		put_user(&b, str_of(u->name), NULL, true);
	else
		buf_addf(&b, "%s %s A running filter sees it by itself.\n",
		    u->name, said);
	rc = cli_out(&b);
	buf_fini(&b);
	return rc;
}

/* Is it a command, with as many words as it takes? */
static bool
is_command(const struct cli_args *a)
{
	static const char *const with_name[] = {"add", "passwd", "remove"};

	if (a->argc == 2)
		return strcmp(a->argv[0], "list") == 0;
	for (size_t i = 0; i < 3 && a->argc == 3; i++)
		if (strcmp(a->argv[0], with_name[i]) == 0)
			return true;
	return false;
}

int
cmd_user(int argc, char **argv)
{
	struct cli_common common = {0};
	struct cli_args a = {
	    .usage = "user [OPTION]... add FILE NAME | passwd FILE NAME |\n"
	             "                  remove FILE NAME | list FILE",
	    .about =
	        "The file of users that [auth] htpasswd names: somebody new, a "
	        "new password, away\nwith somebody, who there is. The password "
	        "is asked for, or is the first line of\nstdin; it is kept as "
	        "yescrypt makes it. The file is made if it is not there, can\n"
	        "be read by the filter and by nobody else, and is read again "
	        "by itself.",
	    .common = &common};
	struct users u = {.lock = -1};
	int rc = cli_parse(&a, argc, argv);
	struct config *c;
	struct err err;

	if (rc >= 0)
		return rc;
	if (!is_command(&a))
		return cli_usage("user",
		    "expected add, passwd or remove, a file and a name; or "
		    "list and a file");
	u.shown = a.argv[1];
	u.name = a.argc == 3 ? a.argv[2] : NULL;
	if (u.name) {
		u.nfolded = htpasswd_name(str_of(u.name), u.folded);
		if (!u.nfolded || strchr(u.name, ':') || u.name[0] == '#')
			return cli_usage("user",
			    "\"%s\" can be no user's name: at most %d bytes of "
			    "UTF-8, no colon, no # at the begin",
			    u.name, CREDENTIALS_USER_MAX);
	}
	c = config_load_anyhow(&common.at);
	if (!c)
		return cli_fail(CLI_FAILED, "out of memory");
	if (users_open(&u, c, &err) < 0)
		rc = cli_fail(CLI_FAILED, "%s", err.text);
	else
		rc = u.name ? change(&u, a.argv[0], common.json)
		            : list(&u, common.json);
	users_close(&u);
	config_free(c);
	return rc;
}
