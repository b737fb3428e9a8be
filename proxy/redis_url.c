/* redis_url.c - [redis] url, and the commands that a connection begins with. */
#include "proxy/redis_url.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "proxy/wire/resp.h"

#define REDIS_PORT   6379
#define REDIS_DB_MAX 65535

static int
parse_db(struct str s, struct redis_url *out, struct err *err)
{
	uint64_t db;

	if (!str_to_u64(s, &db) || db > REDIS_DB_MAX)
		return err_set(err, ERR_INPUT,
		    "[redis] url: found database '%.*s', expected a number",
		    STR_ARG(s));
	out->db = (uint32_t)db;
	return 0;
}

static int
parse_unix(struct str s, struct redis_url *out, struct err *err)
{
	struct sockaddr_un *un = &out->addr.un;
	struct str path, query;

	if (str_cut(s, '?', &path, &query)) {
		if (!str_starts(query, STR("db=")))
			return err_set(err, ERR_INPUT,
			    "[redis] url: expected ?db=N behind the path");
		if (parse_db(str_sub(query, 3, query.n), out, err) < 0)
			return -1;
	}
	un->sun_family = AF_UNIX;
	if (path.n == 0 || path.p[0] != '/' ||
	    !str_copy(path, un->sun_path, sizeof(un->sun_path)))
		return err_set(err, ERR_INPUT,
		    "[redis] url: expected unix:/path of at most %zu bytes",
		    sizeof(un->sun_path) - 1);
	out->addr_n = sizeof(*un);
	return 0;
}

static int
parse_auth(struct str s, struct redis_url *out, struct err *err)
{
	struct str user, password;

	if (!str_cut(s, ':', &user, &password) || password.n == 0)
		return err_set(err, ERR_INPUT,
		    "[redis] url: expected user:password or :password in "
		    "front of the '@'");
	if (!str_copy(user, out->user, sizeof(out->user)) ||
	    !str_copy(password, out->password, sizeof(out->password)))
		return err_set(err, ERR_LIMIT,
		    "[redis] url: user or password over %d bytes",
		    REDIS_AUTH_MAX - 1);
	return 0;
}

/* "host", "host:port", "[v6]", "[v6]:port" */
static bool
split_port(struct str s, struct str *host, uint16_t *port)
{
	size_t end =
	    s.n && s.p[0] == '[' ? str_find(s, ']', 0) : str_find(s, ':', 0);
	struct str rest;
	uint64_t n = REDIS_PORT;

	if (s.n && s.p[0] == '[') {
		if (end == s.n)
			return false;
		*host = str_sub(s, 1, end - 1);
		rest = str_sub(s, end + 1, s.n);
	} else {
		*host = str_sub(s, 0, end);
		rest = str_sub(s, end, s.n);
	}
	if (rest.n &&
	    (rest.p[0] != ':' || !str_to_u64(str_sub(rest, 1, rest.n), &n) ||
	        n == 0 || n > 65535))
		return false;
	*port = (uint16_t)n;
	return true;
}

static int
parse_host(struct str s, struct redis_url *out, struct err *err)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	char text[64];
	struct str host;
	uint16_t port;

	if (!split_port(s, &host, &port))
		return err_set(err, ERR_INPUT,
		    "[redis] url: found '%.*s', expected host[:port]",
		    STR_ARG(s));
	if (str_eq_nocase(host, STR("localhost")))
		host = STR("127.0.0.1");
	if (str_copy(host, text, sizeof(text))) {
		if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
			v4.sin_port = htons(port);
			memcpy(&out->addr.room, &v4, sizeof(v4));
			out->addr_n = sizeof(v4);
			return 0;
		}
		if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1) {
			v6.sin6_port = htons(port);
			memcpy(&out->addr.room, &v6, sizeof(v6));
			out->addr_n = sizeof(v6);
			return 0;
		}
	}
	return err_set(err, ERR_INPUT,
	    "[redis] url: found host '%.*s', expected an IP address or "
	    "localhost",
	    STR_ARG(host));
}

/* Behind "redis://". A password may hold '@' and '/': the last '@' counts. */
static int
parse_tcp(struct str s, struct redis_url *out, struct err *err)
{
	size_t at = s.n;
	struct str host, db;

	while (at && s.p[at - 1] != '@')
		at--;
	if (at && parse_auth(str_sub(s, 0, at - 1), out, err) < 0)
		return -1;
	if (str_cut(str_sub(s, at, s.n), '/', &host, &db) && db.n &&
	    parse_db(db, out, err) < 0)
		return -1;
	return parse_host(host, out, err);
}

int
redis_url_parse(struct str text, struct redis_url *out, struct err *err)
{
	memset(out, 0, sizeof(*out));
	if (str_starts(text, STR("unix:")))
		return parse_unix(str_sub(text, 5, text.n), out, err);
	if (str_starts(text, STR("redis://")))
		return parse_tcp(str_sub(text, 8, text.n), out, err);
	return err_set(err, ERR_INPUT,
	    "[redis] url: expected unix:/path or redis://host:port");
}

static struct bytes
arg(const char *z)
{
	return (struct bytes){(const uint8_t *)z, strlen(z)};
}

unsigned
redis_url_greet(const struct redis_url *u, struct buf *out)
{
	struct bytes auth[3] = {arg("AUTH")};
	char db[16];
	unsigned n = 0, replies = 1;

	if (u->password[0]) {
		n = 1;
		if (u->user[0])
			auth[n++] = arg(u->user);
		auth[n++] = arg(u->password);
		if (!resp_command(out, auth, n))
			return 0;
		replies++;
	}
	if (u->db) {
		struct bytes sel[2] = {arg("SELECT")};

		snprintf(db, sizeof(db), "%u", u->db);
		sel[1] = arg(db);
		if (!resp_command(out, sel, 2))
			return 0;
		replies++;
	}
	if (!resp_command(out, (struct bytes[]){arg("PING")}, 1))
		return 0;
	return replies;
}

int
redis_url_dial(const struct redis_url *u, struct err *err)
{
	int fd = socket(u->addr.any.sa_family,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int one = 1;

	if (fd < 0)
		return err_sys(err, errno, "no socket");
	if (u->addr.any.sa_family != AF_UNIX)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(fd, &u->addr.any, u->addr_n) < 0 && errno != EINPROGRESS) {
		int why = errno;

		close(fd);
		return err_sys(err, why, "cannot connect to Redis");
	}
	return fd;
}
