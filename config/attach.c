/* attach.c - the files that belong to a configuration beside its text. */
#include "config/attach.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sys/file.h"
#include "config/config.h"
#include "config/diag.h"
#include "config/value.h"
#include "config/zones.h"
#include "lists/name.h"

/* The whole of <path> in the arena. */
static int
read_into(struct config *c, const char *path, size_t max, struct str *out,
    struct err *err)
{
	struct buf b = BUF_EMPTY;
	int rc = file_read(path, max, &b, err);

	if (rc == 0)
		*out = arena_str(&c->arena, buf_str(&b));
	buf_fini(&b);
	return rc;
}

/* --------------------------------------------------------------- zones */

/* A zone by name; the system's is none that anybody asked for, so that
 * without it UTC will do. */
static void
load_zone(struct config *c, const struct config_zone_name *zone,
    struct bytes *out, struct diag *d)
{
	char path[PATH_MAX] = ATTACH_LOCAL_ZONE;
	const struct where *at = zone->at.line ? &zone->at : NULL;
	bool named = zone->name.n > 0;
	struct str text = STR_NONE, near;
	struct err err;

	if (named && !file_join(path, sizeof(path), ATTACH_ZONES, zone->name.p))
		path[0] = '\0';
	if (read_into(c, path, ATTACH_ZONE_MAX, &text, &err) == 0 &&
	    str_starts(text, STR("TZif"))) {
		*out = (struct bytes){(const uint8_t *)text.p, text.n};
		return;
	}
	if (!named)
		return;
	if (access(ATTACH_ZONES, R_OK) < 0) {
		diag_error(d, at,
		    "time zones are not installed (Debian: tzdata); there is "
		    "no " ATTACH_ZONES);
		return;
	}
	near = zones_near(c, ATTACH_ZONES, zone->name);
	if (near.n)
		diag_error(d, at,
		    "there is no time zone \"%.*s\"; did you mean \"%.*s\"?",
		    STR_ARG(zone->name), STR_ARG(near));
	else
		diag_error(d, at,
		    "there is no time zone \"%.*s\"; they are named like "
		    "Asia/Almaty",
		    STR_ARG(zone->name));
}

static void
load_zones(struct config *c, struct diag *d)
{
	load_zone(c, &c->timezone, &c->zone, d);
	for (unsigned i = 0; i < c->schedule.n; i++) {
		struct config_schedule *s = &c->schedule.v[i];

		if (s->timezone.name.n)
			load_zone(c, &s->timezone, &s->zone, d);
	}
}

/* --------------------------------------------------------------- terms */

static void
read_terms(struct config *c, struct diag *d)
{
	struct err err;

	for (unsigned i = 0; i < c->terms.n; i++) {
		struct config_terms *t = &c->terms.v[i];

		if (t->source.n && read_into(c, t->source.p, ATTACH_TERMS_MAX,
		                       &t->text, &err) < 0)
			diag_error(d, &t->where, "[terms %.*s]: %s",
			    STR_ARG(t->name), err.text);
	}
}

/* ------------------------------------------------------------- helpers */

/* What will be started and read; better heard of now than when the first user
 * asks. */
static void
look_at_helpers(const struct config *c, struct diag *d)
{
	for (unsigned i = 0; i < c->auth.n; i++) {
		const struct config_auth *a = &c->auth.v[i];
		char program[PATH_MAX];
		struct str word, rest = a->helper;

		str_next(&rest, ' ', &word);
		if (a->helper.n && word.p[0] == '/' &&
		    (!str_copy(word, program, sizeof(program)) ||
		        access(program, X_OK) < 0))
			diag_error(d, &a->where,
			    "[auth %.*s]: the helper %.*s cannot be started: "
			    "%s",
			    STR_ARG(a->name), STR_ARG(word), strerror(errno));
		if (a->htpasswd.n && access(a->htpasswd.p, R_OK) < 0)
			diag_error(d, &a->where,
			    "[auth %.*s]: cannot read %.*s: %s",
			    STR_ARG(a->name), STR_ARG(a->htpasswd),
			    strerror(errno));
	}
}

/* ------------------------------------------------------------- shipped */

/* A table that comes with the lists. */
static int
read_table(
    struct config *c, const char *below, struct str *out, struct err *err)
{
	char path[PATH_MAX];

	if (!c->data_dir.n ||
	    !file_join(path, sizeof(path), c->data_dir.p, below))
		return err_set(
		    err, ERR_SYSTEM, "there is no folder of shipped data");
	return read_into(c, path, ATTACH_TABLE_MAX, out, err);
}

/* It is missing; without any lists beside it the program was moved away from
 * its data, which is no news for each table. */
static void
say_missing(const struct config *c, const char *what, const struct err *err,
    struct diag *d)
{
	char path[PATH_MAX];

	if (c->data_dir.n &&
	    file_join(path, sizeof(path), c->data_dir.p, "lists") &&
	    access(path, F_OK) == 0)
		diag_warn(d, NULL, "the shipped %s: %s", what, err->text);
}

static bool
asks_for_searches(const struct config_policy *p)
{
	for (unsigned i = 0; i < p->rules.n; i++) {
		struct str text = p->rules.v[i].text;

		if (str_search(text, STR("search:")) < text.n ||
		    str_search(text, STR("search>=")) < text.n)
			return true;
	}
	return false;
}

/* The first policy that cannot do without the table of engines. */
static const struct config_policy *
needs_engines(const struct config *c)
{
	for (unsigned i = 0; i < c->policy.n; i++) {
		const struct config_policy *p = &c->policy.v[i];

		if (p->safe_search || p->youtube || asks_for_searches(p))
			return p;
	}
	return NULL;
}

static void
read_engines(struct config *c, struct diag *d)
{
	const struct config_policy *p = needs_engines(c);
	struct err err;

	if (read_table(c, ATTACH_ENGINES, &c->engines, &err) == 0)
		return;
	if (p)
		diag_error(d, &p->where,
		    "[policy %.*s] asks for safe search or for what is "
		    "searched for, and the table of search engines cannot be "
		    "read: %s",
		    STR_ARG(p->name), err.text);
	else
		say_missing(c, "table of search engines", &err, d);
}

void
attach_support(
    struct config *c, const char *path, struct str text, struct diag *d)
{
	struct str line, host, *to;
	struct where at = {str_of(path), 0, 0};
	char room[NAME_ROOM];
	struct name n;

	while (str_next(&text, '\n', &line)) {
		at.line++;
		str_cut(line, '\t', &host, &line);
		host = str_trim(host);
		if (host.n == 0 || host.p[0] == '#')
			continue;
		if (name_from_text(host, room, &n) != NAME_OK) {
			diag_warn(d, &at, "expected a host, found \"%.*s\"",
			    STR_ARG(host));
			continue;
		}
		to =
		    value_list_add(&c->arena, &c->shipped_support, sizeof(*to));
		if (to)
			*to = arena_str(&c->arena, name_str(n));
	}
}

static void
read_support(struct config *c, struct diag *d)
{
	struct str text = STR_NONE;
	struct err err;

	if (read_table(c, ATTACH_SUPPORT, &text, &err) == 0)
		attach_support(c, ATTACH_SUPPORT, text, d);
	else
		say_missing(c, "sites that are always reachable", &err, d);
}

void
attach_files(struct config *c, struct diag *d)
{
	load_zones(c, d);
	look_at_helpers(c, d);
	read_terms(c, d);
	read_engines(c, d);
	read_support(c, d);
	if (c->arena.failed)
		diag_error(d, NULL, "out of memory");
}
