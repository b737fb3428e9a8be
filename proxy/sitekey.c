/* sitekey.c - the secret that the gateways of a site sign with. */
#include "proxy/sitekey.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/sys/digest.h"
#include "base/sys/file.h"
#include "base/sys/log.h"
#include "config/config.h"

#define SITEKEY_MIN 32 /* bytes: what HMAC-SHA-256 can make use of */
#define SITEKEY_MAX 4096

static int
derive(struct sitekey *out, const uint8_t *key, size_t n, struct err *err)
{
	static const char names[] = "suzgi redis names 1";
	static const char facts[] = "suzgi redis facts 1";
	static const char lists[] = "suzgi redis lists 1";
	uint8_t full[DIGEST_BYTES];

	if (digest_hmac(key, n, names, sizeof(names) - 1, full) < 0)
		return err_set(err, ERR_MEMORY, "cannot derive the site's key");
	memcpy(out->names, full, sizeof(out->names));
	if (digest_hmac(key, n, facts, sizeof(facts) - 1, out->facts) < 0 ||
	    digest_hmac(key, n, lists, sizeof(lists) - 1, out->lists) < 0)
		return err_set(err, ERR_MEMORY, "cannot derive the site's key");
	return 0;
}

/* Who else could read it knows the key, who could write it chooses it. */
static int
check_mode(int fd, const char *path, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(err, errno, "%s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_INPUT, "%s is not a file", path);
	if (st.st_mode & (S_IWGRP | S_IRWXO))
		return err_set(err, ERR_REFUSED,
		    "%s: its mode is %03o, which lets others at the key; "
		    "chmod 640 or 600",
		    path, (unsigned)st.st_mode & 0777u);
	return 0;
}

static int
read_key(int fd, const char *path, struct sitekey *out, struct err *err)
{
	uint8_t key[SITEKEY_MAX + 3]; /* a line end, and one byte too many */
	size_t n = 0;
	ssize_t got;
	int rc;

	if (check_mode(fd, path, err) < 0)
		return -1;
	while (n < sizeof(key) &&
	       (got = read(fd, key + n, sizeof(key) - n)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(err, errno, "cannot read %s", path);
		n += (size_t)got;
	}
	while (
	    n && n < sizeof(key) && (key[n - 1] == '\n' || key[n - 1] == '\r'))
		n--;
	if (n < SITEKEY_MIN || n > SITEKEY_MAX)
		rc = err_set(err, ERR_INPUT,
		    "%s: %s, expected %d to %d bytes and a line end", path,
		    n < SITEKEY_MIN ? "too short" : "too long", SITEKEY_MIN,
		    SITEKEY_MAX);
	else
		rc = derive(out, key, n, err);
	explicit_bzero(key, sizeof(key));
	return rc;
}

/*
 * Make the key file unless it is there. Several threads may come here at
 * once: linked into place, it appears complete and only once.
 */
static int
make_key(const char *path, struct err *err)
{
	uint8_t chance[32];
	char text[2 * sizeof(chance) + 2], tmp[PATH_MAX];
	int fd, rc;

	if (digest_random(chance, sizeof(chance), err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(chance); i++)
		snprintf(text + 2 * i, 3, "%02x", chance[i]);
	text[sizeof(text) - 2] = '\n';
	rc = snprintf(tmp, sizeof(tmp), "%s.%ld", path, (long)gettid());
	if (rc < 0 || (size_t)rc >= sizeof(tmp))
		return err_set(err, ERR_LIMIT, "%s: path too long", path);
	unlink(tmp); /* left by one that died */
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(err, errno, "cannot create %s", tmp);
	rc = 0;
	if (write(fd, text, sizeof(text) - 1) != (ssize_t)sizeof(text) - 1 ||
	    fsync(fd) < 0)
		rc = err_sys(err, errno, "cannot write %s", tmp);
	close(fd);
	if (rc == 0 && link(tmp, path) == 0)
		log_warn("%s made: gateways share nothing until all have the "
		         "same [redis] key-file",
		    path);
	else if (rc == 0 && errno != EEXIST)
		rc = err_sys(err, errno, "cannot create %s", path);
	unlink(tmp);
	return rc;
}

static int
open_key(const struct config *c, char path[PATH_MAX], struct err *err)
{
	bool given = c->redis_key_file.n > 0;
	int fd;

	if (given ? !str_copy(c->redis_key_file, path, PATH_MAX)
	          : !file_join(path, PATH_MAX, c->state_dir.p, "redis.key"))
		return err_set(err, ERR_LIMIT, "the key's path is too long");
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT && !given) {
		if (make_key(path, err) < 0)
			return -1;
		fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (fd < 0)
		return err_sys(err, errno, "cannot open %s", path);
	return fd;
}

int
sitekey_load(const struct config *c, struct sitekey *out, struct err *err)
{
	char path[PATH_MAX];
	int fd = open_key(c, path, err), rc;

	if (fd < 0)
		return -1;
	rc = read_key(fd, path, out, err);
	close(fd);
	return rc;
}

int
sitekey_invent(struct sitekey *out, struct err *err)
{
	uint8_t key[32];

	if (digest_random(key, sizeof(key), err) < 0)
		return -1;
	return derive(out, key, sizeof(key), err);
}
