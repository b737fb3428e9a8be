/*
 * keys.c - the keys of pseudonyms, one for each month.
 */
#include "review/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/sys/clock.h"
#include "base/sys/digest.h"
#include "base/sys/file.h"

#define DAY_MS (24 * 60 * 60 * INT64_C(1000))

void
keys_month(int64_t wall_ms, char out[KEYS_MONTH])
{
	char text[CLOCK_TEXT];

	clock_text(wall_ms, text);
	memcpy(out, text, KEYS_MONTH - 1);
	out[KEYS_MONTH - 1] = '\0';
}

int
keys_read(const char *dir, const char *month, uint8_t key[RECORD_KEY],
    struct err *err)
{
	uint8_t more[RECORD_KEY + 1];
	char path[PATH_MAX];
	ssize_t n;
	int fd;

	if (!file_join(path, sizeof(path), dir, month))
		return err_set(err, ERR_LIMIT, "%s: the path is too long", dir);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, errno, "cannot open %s", path);
	n = read(fd, more, sizeof(more));
	close(fd);
	if (n != RECORD_KEY)
		return err_set(err, ERR_CORRUPT, "%s is not a key of %d bytes",
		    path, RECORD_KEY);
	memcpy(key, more, RECORD_KEY);
	return 0;
}

static int
keys_make(const char *dir, const char *month, uint8_t key[RECORD_KEY],
    struct err *err)
{
	char path[PATH_MAX];
	union {
		uint8_t bytes[RECORD_KEY];
		char text[RECORD_KEY];
	} fresh;

	if (digest_random(fresh.bytes, RECORD_KEY, err) < 0)
		return -1;
	memcpy(key, fresh.bytes, RECORD_KEY);
	if (!file_join(path, sizeof(path), dir, month))
		return err_set(err, ERR_LIMIT, "%s: the path is too long", dir);
	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return err_sys(err, errno, "cannot create %s", dir);
	return file_replace(path, str_make(fresh.text, RECORD_KEY), 0600, err);
}

const uint8_t *
keys_for(struct keys *k, int64_t wall_ms, struct err *err)
{
	char month[KEYS_MONTH], path[PATH_MAX];
	int64_t day = wall_ms / DAY_MS;

	if (k->month[0] && day == k->day)
		return k->key;
	k->day = day;
	keys_month(wall_ms, month);
	if (strcmp(month, k->month) == 0)
		return k->key;
	memcpy(k->month, month, sizeof(month));
	memset(k->words, 0, sizeof(k->words));
	if (keys_read(k->dir, month, k->key, err) == 0) {
		k->fallen = false;
		return k->key;
	}
	/* one that is there but cannot be read is never written over: who
	 * holds the backup can still put it right */
	k->fallen = true;
	if (file_join(path, sizeof(path), k->dir, month) &&
	    access(path, F_OK) < 0 && errno == ENOENT)
		k->fallen = keys_make(k->dir, month, k->key, err) < 0;
	else
		digest_random(k->key, RECORD_KEY, NULL);
	if (!k->fallen && err)
		err->code = ERR_NONE;
	return k->key;
}

const char *
keys_pseudonym(
    struct keys *k, int64_t wall_ms, const uint8_t client[16], struct err *err)
{
	const uint8_t *key = keys_for(k, wall_ms, err);
	struct keys_word *w = &k->words[hash64(client, 16, 0) % KEYS_WORDS];

	if (!w->text[0] || memcmp(w->client, client, 16) != 0) {
		memcpy(w->client, client, 16);
		record_pseudonym(key, client, w->text);
	}
	return w->text;
}

const char *
keys_user(struct keys *k, int64_t wall_ms, struct str user,
    char out[RECORD_PSEUDONYM_ROOM])
{
	if (!user.n)
		return NULL;
	record_user_pseudonym(keys_for(k, wall_ms, NULL), user, out);
	return out;
}
