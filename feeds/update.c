/* update.c - one feed, one update. */
#include "feeds/update.h"

#include <limits.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/sys/clock.h"
#include "base/sys/digest.h"
#include "base/sys/file.h"
#include "base/sys/log.h"
#include "feeds/fetch.h"
#include "feeds/member.h"
#include "feeds/place.h"
#include "feeds/signature.h"
#include "feeds/unpack.h"

#define DIGEST_FILE_MAX (1u << 20) /* SHA256SUMS of a large site */

struct job {
	const struct feed *f;
	const struct feed_ops *ops;
	struct feed_result *r;
	struct feed_state *s; /* r->state */
	char folder[PATH_MAX], staging[PATH_MAX], file[PATH_MAX];
	int lock;
	struct fetched got;
	struct feed_version new;
};

const char *
feed_outcome_name(enum feed_outcome o)
{
	static const char *const names[] = {
	    [FEED_UNCHANGED] = "unchanged",
	    [FEED_UPDATED] = "updated",
	    [FEED_HELD] = "held",
	    [FEED_FAILED] = "failed",
	    [FEED_BUSY] = "busy",
	};

	return names[o];
}

/* ------------------------------------------------------------------- fetch */

static struct fetch
fetch_of(const struct job *j, struct str url, const char *to, uint64_t max)
{
	const struct feed *f = j->f;

	return (struct fetch){
	    .url = url,
	    .to = to,
	    .max = max,
	    .timeout_s = f->timeout_s,
	    .insecure = f->insecure || feed_url_is_http(f->plan.url),
	    .ca_file = f->ca_file.n ? f->ca_file.p : NULL,
	    .etag = "",
	    .modified = "",
	};
}

/* A small text beside the list, into <out>. */
static int
fetch_text(struct job *j, struct str url, const char *name, uint64_t max,
    struct buf *out, struct err *err)
{
	char path[PATH_MAX];
	struct fetched got;
	struct fetch f;

	if (!file_join(path, sizeof(path), j->staging, name))
		return err_set(err, ERR_LIMIT, "the path is too long");
	f = fetch_of(j, url, path, max);
	if (feed_fetch(&f, &got, err) < 0)
		return -1;
	return file_read(path, max, out, err);
}

/* The address with <tail> behind its path. */
static struct str
beside(struct str url, const char *tail, struct buf *b)
{
	size_t n = feed_url_path(url).n ? url.n : str_find(url, '?', 0);

	buf_add_str(b, str_sub(url, 0, n));
	buf_addf(b, "%s", tail);
	buf_add_str(b, str_sub(url, n, url.n));
	return buf_str(b);
}

static int
fetch_list(struct job *j, bool anew, struct err *err)
{
	struct fetch f;

	if (!file_join(j->file, sizeof(j->file), j->staging, "download"))
		return err_set(err, ERR_LIMIT, "the path is too long");
	f = fetch_of(j, j->f->plan.url, j->file, j->f->max_size);
	if (!anew) {
		f.etag = j->s->etag;
		f.modified = j->s->modified;
	}
	f.progress = j->ops->progress;
	f.arg = j->ops->arg;
	return feed_fetch(&f, &j->got, err);
}

/* ------------------------------------------------------------------ verify */

static void
hex(const uint8_t *p, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		*out++ = digits[p[i] >> 4];
		*out++ = digits[p[i] & 15];
	}
	*out = '\0';
}

static bool
is_digest(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!strchr("0123456789abcdefABCDEF", s.p[i]))
			return false;
	return s.n == STATE_DIGEST - 1;
}

/* "HEX", or "HEX  name" for the name of ours among others. */
static struct str
digest_in(struct str text, struct str url)
{
	struct str line, hex_part, name, lone = STR_NONE;
	unsigned lines = 0;

	while (str_next(&text, '\n', &line)) {
		str_cut(str_trim(line), ' ', &hex_part, &name);
		name = str_trim(name);
		if (str_starts(name, STR("*")))
			name = str_sub(name, 1, name.n);
		if (!is_digest(hex_part))
			continue;
		lone = hex_part;
		lines++;
		if (name.n && str_ends(url, name))
			return hex_part;
	}
	return lines == 1 ? lone : STR_NONE;
}

static int
check_digest(struct job *j, struct err *err)
{
	struct str want = j->f->sha256;
	struct buf text = BUF_EMPTY;
	int rc = 0;

	if (want.n == 0)
		return 0;
	if (!is_digest(want)) {
		rc = fetch_text(j, want, "sha256", DIGEST_FILE_MAX, &text, err);
		want = digest_in(buf_str(&text), j->f->plan.url);
		if (rc == 0 && want.n == 0)
			rc = err_set(err, ERR_INPUT,
			    "there is no SHA-256 of it at %.*s",
			    STR_ARG(j->f->sha256));
	}
	if (rc == 0 && !str_eq_nocase(want, str_of(j->new.sha256)))
		rc = err_set(err, ERR_REFUSED,
		    "its SHA-256 is %s, expected %.*s", j->new.sha256,
		    STR_ARG(want));
	buf_fini(&text);
	return rc;
}

static int
read_key(struct job *j, struct signature_key *key, struct err *err)
{
	struct buf text = BUF_EMPTY;
	int rc = signature_key(j->f->sign_key, key, err);

	if (rc == 0)
		return 0;
	rc = file_read(j->f->sign_key.p, SIGNATURE_TEXT_MAX, &text, err);
	if (rc == 0)
		rc = signature_key(buf_str(&text), key, err);
	buf_fini(&text);
	return rc;
}

static int
check_signature(struct job *j, struct bytes file, struct err *err)
{
	struct buf url = BUF_EMPTY, text = BUF_EMPTY;
	struct signature_info info = {.time = 0};
	struct signature_key key;
	int rc;

	if (j->f->sign_key.n == 0)
		return 0;
	rc = read_key(j, &key, err);
	if (rc == 0)
		rc = fetch_text(j, beside(j->f->plan.url, ".minisig", &url),
		    "minisig", SIGNATURE_TEXT_MAX, &text, err);
	if (rc == 0)
		rc = signature_verify(&key, buf_str(&text), file, &info, err);
	j->new.signed_time = info.time;
	buf_fini(&url);
	buf_fini(&text);
	return rc;
}

/* Before anything looks into it. */
static int
verify(struct job *j, struct err *err)
{
	uint8_t digest[DIGEST_BYTES];
	struct bytes file;
	int rc;

	if (!j->got.sized && j->f->sha256.n == 0 && j->f->sign_key.n == 0)
		return err_set(err, ERR_REFUSED,
		    "the site did not say how long it is, so it may be cut "
		    "short; give sha256 or sign-key");
	if (file_map(j->file, &file, err) < 0)
		return -1;
	rc = digest_sha256(file.p, file.n, digest, err);
	if (rc == 0) {
		hex(digest, sizeof(digest), j->new.sha256);
		j->new.bytes = file.n;
		rc = check_digest(j, err);
	}
	if (rc == 0)
		rc = check_signature(j, file, err);
	file_unmap(file);
	return rc;
}

/* ---------------------------------------------------------------- a version */

/* The same content within a second, by force: it must not replace one that is
 * in use. */
static void
name_version(struct job *j)
{
	const struct feed_state *s = j->s;
	char *name = j->new.name;
	int64_t t = j->new.time;

	do
		place_name(name, sizeof(j->new.name), t++, j->new.sha256);
	while (strcmp(name, s->current.name) == 0 ||
	       strcmp(name, s->former.name) == 0 ||
	       strcmp(name, s->held.name) == 0);
}

static int
make_version(struct job *j, struct err *err)
{
	struct unpack u = {
	    .archive = j->file,
	    .url = j->f->plan.url,
	    .max = j->f->max_size * MEMBER_GROWTH,
	    .timeout_s = j->f->timeout_s,
	};
	char to[PATH_MAX];
	struct unpacked out;

	if (!file_join(to, sizeof(to), j->staging, "data"))
		return err_set(err, ERR_LIMIT, "the path is too long");
	u.to = to;
	if (file_mkdirs(to, err) < 0 || feed_unpack(&u, &out, err) < 0)
		return -1;
	j->r->links = out.links;
	j->new.time = clock_wall_ms() / 1000;
	name_version(j);
	return place_keep(j->folder, to, j->new.name, err);
}

static int
try(struct job *j, struct feed_version *v, bool accept, struct err *why)
{
	char path[PATH_MAX];

	if (!place_version(path, j->folder, v->name))
		return err_set(why, ERR_LIMIT, "the path is too long");
	return j->ops->try(j->ops->arg, j->f, path, accept, &v->entries, why);
}

/* What was signed earlier than the version in force is an old one again. */
static int
check_age(const struct job *j, struct err *why)
{
	int64_t have = j->s->current.signed_time, is = j->new.signed_time;

	if (have == 0 || is >= have)
		return 0;
	return err_set(why, ERR_REFUSED,
	    "it was signed %lld s before the version in force: an old one is "
	    "served again",
	    (long long)(have - is));
}

static void
put_in_force(struct feed_state *s, const struct feed_version *v)
{
	struct feed_version new = *v; /* may be s->held */

	if (strcmp(new.name, s->current.name) != 0)
		s->former = s->current;
	s->current = new;
	s->pending = true;
	s->held = (struct feed_version){.name = ""};
	s->held_why[0] = '\0';
}

static void
hold(struct feed_state *s, const struct feed_version *v, const char *why)
{
	s->held = *v;
	feed_state_text(s->held_why, sizeof(s->held_why), str_of(why));
}

/* -------------------------------------------------------------------- steps */

static enum feed_outcome
unchanged(struct job *j)
{
	if (!j->s->held.name[0])
		return FEED_UNCHANGED;
	err_set(&j->r->why, ERR_REFUSED, "%s", j->s->held_why);
	return FEED_HELD;
}

static enum feed_outcome
fetch_and_try(struct job *j, unsigned how)
{
	struct feed_state *s = j->s;
	struct err *why = &j->r->why;
	bool anew = (how & FEED_FORCE) || !s->current.name[0];

	if (fetch_list(j, anew, why) < 0)
		return FEED_FAILED;
	if (j->got.unchanged)
		return unchanged(j);
	if (verify(j, why) < 0)
		return FEED_FAILED;
	if (!(how & FEED_FORCE) &&
	    (strcmp(j->new.sha256, s->current.sha256) == 0 ||
	        strcmp(j->new.sha256, s->held.sha256) == 0)) {
		if (strcmp(j->new.sha256, s->current.sha256) == 0)
			s->held = (struct feed_version){.name = ""};
	} else if (make_version(j, why) < 0) {
		return FEED_FAILED;
	} else if (check_age(j, why) < 0 || try(j, &j->new, false, why) < 0) {
		hold(s, &j->new, why->text);
	} else {
		put_in_force(s, &j->new);
	}
	/* of what is held too: it need not come again either */
	memcpy(s->etag, j->got.etag, sizeof(s->etag));
	memcpy(s->modified, j->got.modified, sizeof(s->modified));
	return strcmp(s->current.name, j->new.name) == 0 && j->new.name[0]
	           ? FEED_UPDATED
	           : unchanged(j);
}

static enum feed_outcome
accept_held(struct job *j)
{
	struct feed_state *s = j->s;

	if (!s->held.name[0]) {
		err_set(&j->r->why, ERR_REFUSED, "no version of it is held");
		return FEED_FAILED;
	}
	if (try(j, &s->held, true, &j->r->why) < 0)
		return FEED_FAILED;
	s->held.accepted = true;
	put_in_force(s, &s->held);
	return FEED_UPDATED;
}

/* Another address: nothing that the former one said of itself holds. */
static void
note_url(struct job *j)
{
	struct buf b = BUF_EMPTY;
	char url[STATE_TEXT];

	feed_url_shown(j->f->plan.url, &b);
	feed_state_text(url, sizeof(url), buf_str(&b));
	buf_fini(&b);
	if (strcmp(url, j->s->url) == 0)
		return;
	memcpy(j->s->url, url, sizeof(url));
	j->s->etag[0] = j->s->modified[0] = '\0';
	j->s->current.signed_time = 0; /* of another key, perhaps */
}

static int
begin(struct job *j, struct err *err)
{
	if (!place_folder(j->folder, j->f->state_dir, j->f->name))
		return err_set(err, ERR_LIMIT, "the state path is too long");
	j->lock = place_lock(j->folder, err);
	if (j->lock < 0)
		return -1;
	if (!feed_state_load(j->folder, j->s))
		log_warn("%s/state.json is damaged or cannot be read: which "
		         "version was in force is not known",
		    j->folder);
	while (j->s->seed == 0)
		if (digest_random(&j->s->seed, sizeof(j->s->seed), err) < 0)
			return -1;
	note_url(j);
	return 0;
}

/* Note how it went, and put it on the disk: this is what makes it so. */
static void
finish(struct job *j, bool tried)
{
	struct feed_state *s = j->s;
	struct feed_result *r = j->r;
	struct err err;

	if (tried) {
		s->tried = clock_wall_ms() / 1000;
		if (r->outcome == FEED_FAILED) {
			s->failures++;
			feed_state_text(
			    s->error, sizeof(s->error), str_of(r->why.text));
		} else {
			s->failures = 0;
			s->error[0] = '\0';
			s->good = s->tried;
		}
	}
	if (feed_state_save(j->folder, s, &err) < 0) {
		r->outcome = FEED_FAILED;
		r->why = err;
		feed_state_load(j->folder, s);
	}
	place_sweep(j->folder, s);
}

void
feed_update(const struct feed *f, unsigned how, const struct feed_ops *ops,
    struct feed_result *r)
{
	struct job j = {.f = f, .ops = ops, .r = r, .s = &r->state, .lock = -1};

	*r = (struct feed_result){.outcome = FEED_FAILED};
	if (begin(&j, &r->why) < 0) {
		if (j.lock < 0 && r->why.code == ERR_REFUSED)
			r->outcome = FEED_BUSY;
	} else {
		if (place_staging(j.folder, j.staging, &r->why) == 0)
			r->outcome = how & FEED_ACCEPT ? accept_held(&j)
			                               : fetch_and_try(&j, how);
		finish(&j, !(how & FEED_ACCEPT));
	}
	if (j.lock >= 0)
		close(j.lock);
}

void
feed_take_back(const struct feed *f, const char *why, struct feed_result *r)
{
	struct job j = {.f = f, .r = r, .s = &r->state, .lock = -1};
	char name[STATE_NAME];

	memcpy(name, r->state.current.name, sizeof(name));
	err_set(&r->why, ERR_REFUSED, "%s", why);
	r->outcome = FEED_HELD;
	if (begin(&j, &r->why) == 0 && strcmp(name, j.s->current.name) == 0) {
		struct feed_version v = j.s->current;

		j.s->current = j.s->former;
		j.s->pending = false;
		j.s->former = (struct feed_version){.name = ""};
		hold(j.s, &v, why);
		finish(&j, false);
	}
	if (j.lock >= 0)
		close(j.lock);
}

void
feed_put_off(const struct feed *f, const char *why, struct feed_result *r)
{
	struct job j = {.f = f, .r = r, .s = &r->state, .lock = -1};
	char name[STATE_NAME];

	memcpy(name, r->state.held.name, sizeof(name));
	err_set(&r->why, ERR_REFUSED, "%s", why);
	r->outcome = FEED_FAILED;
	if (begin(&j, &r->why) == 0) {
		if (name[0] && strcmp(name, j.s->held.name) == 0) {
			j.s->former = j.s->current;
			j.s->current = j.s->held;
			j.s->held = (struct feed_version){.name = ""};
			j.s->held_why[0] = '\0';
			j.s->pending = true;
		}
		finish(&j, true);
	}
	if (j.lock >= 0)
		close(j.lock);
}

void
feed_settle(const struct feed *f, struct feed_result *r)
{
	struct job j = {.f = f, .r = r, .s = &r->state, .lock = -1};
	char name[STATE_NAME];
	struct err err;

	memcpy(name, r->state.current.name, sizeof(name));
	/* somebody else at it: that one uses what it finds, and settles it */
	if (begin(&j, &err) == 0 && strcmp(name, j.s->current.name) == 0 &&
	    j.s->pending) {
		j.s->pending = false;
		if (feed_state_save(j.folder, j.s, &err) < 0)
			j.s->pending = true;
	}
	if (j.lock >= 0)
		close(j.lock);
}
