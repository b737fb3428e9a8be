/* state.c - what is known of a feed from one update to the next. */
#include "feeds/state.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/sys/file.h"
#include "feeds/schedule.h"
#include "review/jsonflat.h"

#define FILE_MAX 65536
#define VERSION  1

static void
put_z(struct buf *b, const char *key, const char *z)
{
	if (z[0])
		json_key_z(b, key, z);
}

static void
put_time(struct buf *b, const char *key, int64_t t)
{
	if (t > 0)
		json_key_u64(b, key, (uint64_t)t);
}

static void
put_version(struct buf *b, const char *key, const struct feed_version *v)
{
	if (!v->name[0])
		return;
	json_key(b, key);
	json_open(b, '{');
	json_key_z(b, "name", v->name);
	json_key_z(b, "sha256", v->sha256);
	put_time(b, "time", v->time);
	put_time(b, "signed", v->signed_time);
	json_key_u64(b, "bytes", v->bytes);
	json_key_u64(b, "entries", v->entries);
	if (v->accepted)
		json_key_bool(b, "accepted", true);
	json_close(b, '}');
}

void
feed_state_print(const struct feed_state *s, struct buf *out)
{
	json_open(out, '{');
	json_key_u64(out, "version", VERSION);
	put_z(out, "url", s->url);
	json_key_u64(out, "seed", s->seed);
	put_time(out, "tried", s->tried);
	put_time(out, "good", s->good);
	json_key_u64(out, "failures", s->failures);
	if (s->pending)
		json_key_bool(out, "pending", true);
	put_z(out, "error", s->error);
	put_z(out, "etag", s->etag);
	put_z(out, "modified", s->modified);
	put_version(out, "current", &s->current);
	put_version(out, "former", &s->former);
	put_version(out, "held", &s->held);
	put_z(out, "held_why", s->held_why);
	json_close(out, '}');
	buf_add_char(out, '\n');
}

void
feed_state_text(char *to, size_t size, struct str s)
{
	str_copy(str_sub(s, 0, size - 1), to, size);
}

static int64_t
get_time(const struct jsonflat *f, const char *path)
{
	uint64_t t = jsonflat_u64(f, path);

	return t <= INT64_MAX ? (int64_t)t : 0;
}

/* A name of ours: it becomes part of a path. */
static bool
is_version_name(struct str s)
{
	if (s.n >= STATE_NAME || !str_starts(s, STR("v-")))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!strchr("vTZ-0123456789abcdef", s.p[i]))
			return false;
	return true;
}

static void
get_version(const struct jsonflat *f, const char *key, struct feed_version *v)
{
	char path[64];
	struct str name;

#define AT(part) (snprintf(path, sizeof(path), "%s." part, key), path)
	name = jsonflat_get(f, AT("name"));
	if (!is_version_name(name))
		return;
	feed_state_text(v->name, sizeof(v->name), name);
	feed_state_text(
	    v->sha256, sizeof(v->sha256), jsonflat_get(f, AT("sha256")));
	v->time = get_time(f, AT("time"));
	v->signed_time = get_time(f, AT("signed"));
	v->bytes = jsonflat_u64(f, AT("bytes"));
	v->entries = jsonflat_u64(f, AT("entries"));
	v->accepted = str_eq(jsonflat_get(f, AT("accepted")), STR("true"));
#undef AT
}

bool
feed_state_parse(struct str text, struct feed_state *s)
{
	const struct {
		const char *key;
		char *to;
		size_t size;
	} texts[] = {
	    {"url", s->url, sizeof(s->url)},
	    {"error", s->error, sizeof(s->error)},
	    {"etag", s->etag, sizeof(s->etag)},
	    {"modified", s->modified, sizeof(s->modified)},
	    {"held_why", s->held_why, sizeof(s->held_why)},
	};
	struct jsonflat f = {0};
	bool ok;

	*s = (struct feed_state){0};
	ok = jsonflat_read(&f, str_trim(text)) &&
	     jsonflat_u64(&f, "version") == VERSION;
	for (unsigned i = 0; ok && i < sizeof(texts) / sizeof(texts[0]); i++)
		feed_state_text(
		    texts[i].to, texts[i].size, jsonflat_get(&f, texts[i].key));
	if (ok) {
		s->seed = (uint32_t)jsonflat_u64(&f, "seed");
		s->tried = get_time(&f, "tried");
		s->good = get_time(&f, "good");
		s->failures = (uint32_t)jsonflat_u64(&f, "failures");
		s->pending = str_eq(jsonflat_get(&f, "pending"), STR("true"));
		get_version(&f, "current", &s->current);
		get_version(&f, "former", &s->former);
		get_version(&f, "held", &s->held);
	}
	jsonflat_fini(&f);
	return ok;
}

bool
feed_state_load(const char *folder, struct feed_state *s)
{
	struct buf b = BUF_EMPTY;
	char path[PATH_MAX];
	bool ok;

	*s = (struct feed_state){0};
	if (!file_join(path, sizeof(path), folder, "state.json"))
		return false;
	if (access(path, F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR))
		return true;
	ok = file_read(path, FILE_MAX, &b, NULL) == 0 &&
	     feed_state_parse(buf_str(&b), s);
	buf_fini(&b);
	return ok;
}

int
feed_state_save(const char *folder, const struct feed_state *s, struct err *err)
{
	struct buf b = BUF_EMPTY;
	char path[PATH_MAX];
	int rc = -1;

	feed_state_print(s, &b);
	if (b.failed)
		err_set(err, ERR_MEMORY, "out of memory");
	else if (!file_join(path, sizeof(path), folder, "state.json"))
		err_set(err, ERR_LIMIT, "%s: the path is too long", folder);
	else
		rc = file_replace(path, buf_str(&b), 0640, err);
	buf_fini(&b);
	return rc;
}

int64_t
feed_state_due(
    const struct feed_state *s, const struct feed_plan *p, int64_t now)
{
	const struct feed_tries t = {s->tried, s->failures, s->seed};
	int64_t due = feed_due(p, &t, now);
	unsigned later = s->failures < 8 ? s->failures : 8;
	int64_t soon = s->tried + ((int64_t)FEED_RETRY_FIRST_S << later);

	return s->pending && soon < due ? soon : due;
}
