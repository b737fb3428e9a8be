/* exception.c - overrides in words, and their way to the filter. */
#include "cli/exception.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/sys/clock.h"
#include "base/sys/file.h"
#include "base/table.h"
#include "cli/cli.h"
#include "config/config.h"
#include "proxy/supervisor.h"
#include "review/jsonflat.h"

#define YEARS_10   (INT64_C(3653) * 86400)
#define MINUTE     60
#define HOUR       3600
#define DAY        86400
#define TIME_WORDS 64

bool
exception_path(const struct config *c, char *out, size_t size)
{
	if (file_join(out, size, c->state_dir.p, JOURNAL_FILE))
		return true;
	cli_fail(CLI_FAILED, "the path of the state folder is too long");
	return false;
}

void
exception_zone(const struct config *c)
{
	if (c->timezone.name.n)
		setenv("TZ", c->timezone.name.p, 1);
	tzset();
}

/* ------------------------------------------------------------ to the filter */

/* Ask who listens at the socket; 1: nobody does, else as exception_do(). */
static int
ask_filter(const struct config *c, const struct journal_line *l,
    struct exception_said *said)
{
	struct buf request = BUF_EMPTY;
	struct err err;
	int rc;

	if (access(c->control.p, W_OK) < 0)
		return errno == EACCES
		           ? cli_fail(CLI_FAILED,
		                 "only root and the filter's own user and "
		                 "group may make exceptions")
		           : CLI_FAILED + 1;
	buf_add_str(&request, STR("override "));
	journal_line_write(&request, l);
	if (request.failed)
		return cli_fail(CLI_FAILED, "out of memory");
	request.p[request.n - 1] = '\0'; /* the line feed */
	rc = supervisor_ask(c->control.p, request.p, 0, said->raw, &err);
	buf_fini(&request);
	if (rc == 0)
		return -1;
	/* what a filter that was killed leaves behind listens no more */
	if (str_search(str_of(err.text), STR("refused")) < strlen(err.text))
		return CLI_FAILED + 1;
	return cli_fail(CLI_FAILED, "%s", err.text);
}

/* Is there something to end? */
static int
check_end(const char *path, const struct journal_line *l, struct err *err)
{
	struct journal j;
	int rc;

	if (l->act != JOURNAL_END)
		return 0;
	if (journal_read(&j, path, NULL, NULL, err) < 0)
		return -1;
	rc = journal_to_end(&j, str_of(l->o.id), err) ? 0 : -1;
	journal_fini(&j);
	return rc;
}

static int
write_journal(const struct config *c, const struct journal_line *l)
{
	char path[PATH_MAX];
	struct err err;

	if (!exception_path(c, path, sizeof(path)))
		return CLI_FAILED;
	/* the first start makes it, for the user it will run as */
	if (access(c->state_dir.p, F_OK) < 0)
		return cli_fail(CLI_FAILED,
		    "there is no state folder %s yet: start the filter once",
		    c->state_dir.p);
	if (check_end(path, l, &err) < 0 || journal_append(path, l, &err) < 0)
		return cli_fail(CLI_FAILED, "%s", err.text);
	return -1;
}

int
exception_do(const struct config *c, const struct journal_line *l,
    struct exception_said *said)
{
	struct str error;
	int rc = ask_filter(c, l, said);

	said->running = rc < 0;
	if (rc == CLI_FAILED + 1)
		return write_journal(c, l);
	if (rc >= 0)
		return rc;
	if (!jsonflat_read(said->flat, str_trim(buf_str(said->raw))))
		return cli_fail(CLI_FAILED, "suzgi gave no proper answer");
	error = jsonflat_get(said->flat, "error");
	if (error.n)
		return cli_fail(CLI_FAILED, "%.*s", STR_ARG(error));
	return -1;
}

/* ----------------------------------------------------------------- in words */

void
exception_subject(struct buf *b, const struct override *o)
{
	if (o->scope == OVERRIDE_URL)
		buf_add_str(b, STR("http://"));
	text_add_escaped(b, o->subject);
	if (o->scope != OVERRIDE_HOST)
		buf_add_str(b, STR(" and all below it"));
}

void
exception_whom(struct buf *b, const struct override *o)
{
	char client[JOURNAL_CLIENT_ROOM];

	switch (o->who) {
	case OVERRIDE_ALL:
		buf_add_str(b, STR("everybody"));
		return;
	case OVERRIDE_GROUP:
		buf_add_str(b, STR("the group "));
		text_add_escaped(b, o->group);
		return;
	case OVERRIDE_ONE:
		break;
	}
	if (o->user.n) {
		buf_add_str(b, STR("the user "));
		text_add_escaped(b, o->user);
		return;
	}
	journal_client_text(o->client, client);
	buf_addf(b, "the client %s", client);
}

void
exception_time(struct buf *b, int64_t t, int64_t now)
{
	time_t at = (time_t)t, today = (time_t)now;
	char text[TIME_WORDS];
	struct tm a, n;

	if (!localtime_r(&at, &a) || !localtime_r(&today, &n)) {
		buf_addf(b, "%lld", (long long)t);
		return;
	}
	if (a.tm_year == n.tm_year && a.tm_yday == n.tm_yday)
		strftime(text, sizeof(text), "%H:%M today", &a);
	else
		strftime(text, sizeof(text), "%a %d %b %Y %H:%M", &a);
	buf_add_str(b, str_of(text));
}

void
exception_until(struct buf *b, const struct override *o, int64_t now)
{
	if (!o->until) {
		buf_add_str(b, STR("until somebody ends it"));
		return;
	}
	buf_add_str(b, STR("until "));
	exception_time(b, o->until, now);
}

void
exception_span(struct buf *b, int64_t s)
{
	static const struct {
		int64_t s;
		const char *word;
	} units[] = {
	    {DAY, "day"}, {HOUR, "hour"}, {MINUTE, "minute"}, {1, "second"}};

	/* two units say enough: "2 days 3 hours" */
	for (unsigned i = 0, said = 0; i < ARRAY_LEN(units) && said < 2; i++) {
		int64_t n = s / units[i].s;

		if (!n && (!said || s == 0))
			continue;
		if (n)
			buf_addf(b, "%s%lld %s%s", said ? " " : "",
			    (long long)n, units[i].word, n == 1 ? "" : "s");
		said++;
		s -= n * units[i].s;
	}
}

static void
put_time(struct buf *b, const char *key, int64_t t)
{
	char text[CLOCK_TEXT];

	clock_text(t * 1000, text);
	json_key_z(b, key, text);
}

void
exception_json(struct buf *b, const struct override *o)
{
	static const char *const scopes[] = {"url", "host", "site"};
	char client[JOURNAL_CLIENT_ROOM];

	json_key_z(b, "id", o->id);
	json_key_z(b, "action", action_name(o->action));
	json_key_z(b, "scope", scopes[o->scope]);
	json_key_str(b, "subject", o->subject);
	switch (o->who) {
	case OVERRIDE_ALL:
		break;
	case OVERRIDE_GROUP:
		json_key_str(b, "group", o->group);
		break;
	case OVERRIDE_ONE:
		journal_client_text(o->client, client);
		json_key_str(b, o->user.n ? "user" : "client",
		    o->user.n ? o->user : str_of(client));
		break;
	}
	put_time(b, "from", o->from);
	if (o->until)
		put_time(b, "until", o->until);
	json_key_str(b, "reason", o->reason);
	json_key_str(b, "author", o->author);
}

/* ------------------------------------------------------------------ reading */

int64_t
exception_span_of(const char *text)
{
	static const struct {
		char letter;
		int64_t s;
	} units[] = {
	    {'s', 1}, {'m', MINUTE}, {'h', HOUR}, {'d', DAY}, {'w', 7 * DAY}};
	int64_t all = 0;

	while (*text) {
		int64_t n = 0, unit = 0;
		const char *begin = text;

		for (; *text >= '0' && *text <= '9'; text++)
			if ((n = n * 10 + (*text - '0')) > YEARS_10)
				return 0;
		for (unsigned i = 0; i < ARRAY_LEN(units); i++)
			if (*text == units[i].letter)
				unit = units[i].s;
		if (text == begin || !unit)
			return 0;
		text++;
		all += n * unit; /* at most 604800 * 10 years: no overflow */
		if (all > YEARS_10)
			return 0;
	}
	return all;
}

static bool
read_time(const char *text, struct tm *t)
{
	static const char *const forms[] = {
	    "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%H:%M"};
	struct tm base = *t;

	for (unsigned i = 0; i < ARRAY_LEN(forms); i++) {
		const char *end;

		*t = base;
		end = strptime(text, forms[i], t);
		if (end && !*end)
			return true;
	}
	return false;
}

int64_t
exception_time_of(const char *text, int64_t now, const char **why)
{
	time_t today = (time_t)now, at;
	struct tm t, given;

	if (!localtime_r(&today, &t))
		t = (struct tm){.tm_year = 70, .tm_mday = 1};
	t.tm_sec = 0;
	if (!read_time(text, &t)) {
		*why = "expected a time as 16:30 or 2026-11-23T16:30";
		return -1;
	}
	t.tm_isdst = -1;
	given = t;
	at = mktime(&t);
	/* the hour that clocks leave out in spring */
	if (at == (time_t)-1 || t.tm_hour != given.tm_hour ||
	    t.tm_min != given.tm_min || t.tm_mday != given.tm_mday) {
		*why = "there is no such time";
		return -1;
	}
	if (at <= today) {
		*why = "that time has passed";
		return -1;
	}
	if (at - today > YEARS_10) {
		*why = "that is too far away; --forever ends when somebody "
		       "ends it";
		return -1;
	}
	return at;
}
