/*
 * rules_random_test.c - rules about askers, hours, heads and answers against a
 * model that is slow and obvious.
 *
 * The model knows of each term only its readings: each is true, false or not
 * known yet. A rule that lets through wants all of them, one that stops any;
 * a '!' turns each one round. AND is the least, OR the greatest.
 */
#include "world.h"

#include "base/table.h"
#include "filters/decide.h"
#include "filters/facts.h"

#define WORLDS   500
#define REQUESTS 40
#define RULES    5
#define TERMS    4
#define MIB      (1u << 20)

enum { NO = 0, MAYBE = 1, YES = 2 };

static uint64_t state = 88172645463325252u;

static unsigned
chance(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state >> 33) % n;
}

/* -------------------------------------------------------------- requests */

/* All that there is to know; what of it is known the stage says. */
struct model_request {
	const char *host, *path, *ua, *referer, *search;
	const char *field[2]; /* values of X-A; NULL: none */
	const char *type, *first, *filename;
	unsigned size;
	bool has_size, tunnel, pupils;
	const char *user; /* NULL: not asked yet */
	const char *at;
	bool lessons, night; /* at that time */
	enum stage stage, deepest;
};

static const struct {
	const char *at;
	bool lessons, night;
} times[] = {
    {"2026-11-23T10:00", true, false},
    {"2026-11-23T23:00", false, true},
    {"2026-11-24T06:29", false, true},
    {"2026-11-28T10:00", false, false},
};

#define PICK(array) ((array)[chance(ARRAY_LEN(array))])

static void
random_request(struct model_request *m)
{
	static const char *const hosts[] = {
	    "a.test", "x.a.test", "b.test", "www.google.com"};
	static const char *const paths[] = {"/x", "/f.exe", "/f.pdf",
	    "/f.exe;a=b.pdf", "/f?g=h.exe", "/dns-query", "/F.EXE."};
	static const char *const uas[] = {"", "curl", "Opera%20Mini"};
	static const char *const from[] = {
	    "", "http://a.test/", "https://x.b.test:1/y", "x.b.test"};
	static const char *const values[] = {NULL, "one", "two", "one%20two"};
	static const char *const types[] = {
	    "", "video/mp4", "text/html", "image/png", "application/dns-json"};
	static const char *const firsts[] = {
	    "", "%89PNG%0d%0a%1a%0a", "%7fELF%02%01%01", "%3Chtml%3E"};
	static const char *const names[] = {"", "f.exe", "f.pdf"};
	static const char *const users[] = {NULL, "", "anna", "bolat"};
	static const char *const words[] = {"weed", "rope", "rain"};
	unsigned when = chance(ARRAY_LEN(times));

	*m = (struct model_request){.host = PICK(hosts),
	    .path = PICK(paths),
	    .ua = PICK(uas),
	    .referer = PICK(from),
	    .field = {PICK(values), PICK(values)},
	    .type = PICK(types),
	    .first = PICK(firsts),
	    .filename = PICK(names),
	    .size = chance(3) * MIB,
	    .has_size = chance(2),
	    .pupils = chance(2),
	    .user = PICK(users),
	    .at = times[when].at,
	    .lessons = times[when].lessons,
	    .night = times[when].night,
	    .deepest = (enum stage)(STAGE_URL + chance(3))};
	if (strcmp(m->host, "www.google.com") == 0 && chance(2)) {
		m->search = PICK(words);
		m->path = "/search";
	}
	if (chance(4) == 0) {
		m->tunnel = true;
		m->deepest = STAGE_HOST;
	}
}

/* A CONNECT has a head, and here no other comes behind it. */
static enum stage
head_at(const struct model_request *m)
{
	return m->tunnel ? STAGE_HOST : STAGE_URL;
}

static void
write_request(const struct model_request *m, char text[1024])
{
	size_t n;

	if (m->stage == STAGE_CONN)
		n = (size_t)snprintf(text, 1024, "at=%s", m->at);
	else if (m->tunnel)
		n = (size_t)snprintf(text, 1024, "connect=%s:443", m->host);
	else if (m->stage == STAGE_HOST)
		n = (size_t)snprintf(text, 1024, "host=%s:80", m->host);
	else
		n = (size_t)snprintf(text, 1024, "http://%s%s%s%s", m->host,
		    m->path, m->search ? "?q=" : "",
		    m->search ? m->search : "");
	n += (size_t)snprintf(text + n, 1024 - n, " at=%s", m->at);
	if (m->stage >= head_at(m)) {
		n += (size_t)snprintf(
		    text + n, 1024 - n, " ua=%s referer=%s", m->ua, m->referer);
		for (int i = 0; i < 2; i++)
			if (m->field[i])
				n += (size_t)snprintf(text + n, 1024 - n,
				    " header=X-A:%s", m->field[i]);
	}
	if (m->stage >= STAGE_HEAD)
		n += (size_t)snprintf(text + n, 1024 - n,
		    " type=%s first=%s filename=%s %s=%u", m->type, m->first,
		    m->filename, m->has_size ? "size" : "sofar", m->size);
	assert_true(n < 1024);
}

/* ------------------------------------------------------------------ terms */

/* The readings of a term for <m>, at most 8; how many. None: it is false. */
typedef unsigned readings_fn(
    const struct model_request *m, const char *arg, int out[8]);

static unsigned
just(int out[8], bool is)
{
	out[0] = is ? YES : NO;
	return 1;
}

/* What a stage that is not there yet would tell: nothing, if it never is. */
static unsigned
open_until(const struct model_request *m, enum stage s, int out[8])
{
	if (m->stage >= s || m->deepest < s)
		return 0;
	out[0] = MAYBE;
	return 1;
}

static unsigned
of_host(const struct model_request *m, const char *arg, int out[8])
{
	if (m->stage < STAGE_HOST)
		return open_until(m, STAGE_HOST, out);
	return just(out,
	    strcmp(m->host, arg) == 0 || (strcmp(m->host, "x.a.test") == 0 &&
	                                     strcmp(arg, "a.test") == 0));
}

/* Of b.test, and of a.test and below. */
static unsigned
of_list(const struct model_request *m, const char *arg, int out[8])
{
	if (m->stage < STAGE_HOST)
		return open_until(m, STAGE_HOST, out);
	return just(out, arg[0] == 'a' ? strcmp(m->host, "b.test") == 0
	                               : strstr(m->host, "a.test") != NULL);
}

static unsigned
of_time(const struct model_request *m, const char *arg, int out[8])
{
	return just(out, arg[0] == 'l' ? m->lessons : m->night);
}

static unsigned
of_group(const struct model_request *m, const char *arg, int out[8])
{
	return just(out, m->pupils == (strcmp(arg, "pupils") == 0));
}

static unsigned
of_user(const struct model_request *m, const char *arg, int out[8])
{
	out[0] = !m->user ? MAYBE : strcmp(m->user, arg) == 0 ? YES : NO;
	return 1;
}

static unsigned
of_ua(const struct model_request *m, const char *arg, int out[8])
{
	if (m->stage < head_at(m))
		return open_until(m, head_at(m), out);
	return just(out, arg[0] == 'c' ? strcmp(m->ua, "curl") == 0
	                               : strncmp(m->ua, "Opera", 5) == 0);
}

static unsigned
of_referer(const struct model_request *m, const char *arg, int out[8])
{
	if (m->stage < head_at(m))
		return open_until(m, head_at(m), out);
	return just(out,
	    strcmp(m->referer, arg[0] == 'a' ? "http://a.test/"
	                                     : "https://x.b.test:1/y") == 0);
}

static unsigned
of_field(const struct model_request *m, const char *arg, int out[8])
{
	unsigned n = 0;

	if (m->stage < head_at(m))
		return open_until(m, head_at(m), out);
	for (int i = 0; i < 2; i++)
		if (m->field[i])
			out[n++] = strstr(m->field[i], arg) ? YES : NO;
	return n;
}

static unsigned
of_search(const struct model_request *m, const char *arg, int out[8])
{
	if (m->tunnel)
		return 0;
	if (m->stage < STAGE_URL)
		return open_until(m, STAGE_URL, out);
	if (!m->search)
		return 0;
	if (strcmp(arg, "any") == 0)
		return just(out, true);
	if (strcmp(arg, "caution") == 0)
		return just(out, strcmp(m->search, "rope") == 0);
	return just(out, strcmp(m->search, arg) == 0);
}

static unsigned
of_visibility(const struct model_request *m, const char *arg, int out[8])
{
	if (arg[0] == 'c')
		return just(out, m->deepest >= STAGE_BODY);
	if (arg[0] == 'u')
		return just(out, m->deepest >= STAGE_URL);
	if (m->deepest >= STAGE_URL)
		return 0;
	if (m->stage < STAGE_HOST)
		return open_until(m, STAGE_HOST, out);
	return just(out, arg[0] == 's');
}

/* What the first bytes are of. */
static const char *
seen(const struct model_request *m)
{
	if (strstr(m->first, "PNG"))
		return "image/png";
	if (strstr(m->first, "ELF"))
		return "application/x-executable";
	return strstr(m->first, "html") ? "text/html" : "";
}

static unsigned
of_type(const struct model_request *m, const char *arg, int out[8])
{
	const char *types[2] = {m->type, seen(m)};
	unsigned n = 0;

	if (m->stage < STAGE_HEAD)
		return open_until(m, STAGE_HEAD, out);
	for (int i = 0; i < 2; i++)
		if (types[i][0])
			out[n++] =
			    strncmp(types[i], arg, strlen(arg)) == 0 ? YES : NO;
	return n;
}

static unsigned
of_disguise(const struct model_request *m, const char *arg, int out[8])
{
	(void)arg;
	if (m->stage < STAGE_HEAD)
		return open_until(m, STAGE_HEAD, out);
	/* a video, a picture or a text that is a program; a video that is a
	 * picture. "dns-json" may be anything. */
	if (strstr(m->first, "ELF"))
		return just(out, m->type[0] && !strstr(m->type, "dns"));
	return just(
	    out, strstr(m->first, "PNG") && strstr(m->type, "video") != NULL);
}

static unsigned
of_ext(const struct model_request *m, const char *arg, int out[8])
{
	unsigned n = 0;

	if (m->tunnel)
		return 0;
	if (m->stage < STAGE_URL)
		return open_until(m, STAGE_URL, out);
	if (strcmp(m->path, "/f.exe;a=b.pdf") == 0) {
		out[n++] = strcmp(arg, "exe") == 0 ? YES : NO;
		out[n++] = strcmp(arg, "pdf") == 0 ? YES : NO;
	} else if (m->path[2] == '.' && !m->search) {
		out[n++] = str_eq_nocase(str_make(m->path + 3, 3), str_of(arg))
		               ? YES
		               : NO;
	}
	if (m->stage >= STAGE_HEAD && m->filename[0])
		out[n++] = strcmp(m->filename + 2, arg) == 0 ? YES : NO;
	return n + open_until(m, STAGE_HEAD, out + n);
}

static unsigned
of_size(const struct model_request *m, const char *arg, int out[8])
{
	unsigned above = (unsigned)strtoul(arg, NULL, 10) * 1024;

	if (m->stage < STAGE_HEAD)
		return open_until(m, STAGE_HEAD, out);
	if (m->size > above)
		return just(out, true);
	if (m->has_size || m->deepest < STAGE_BODY)
		return 0;
	out[0] = MAYBE;
	return 1;
}

static unsigned
of_doh(const struct model_request *m, const char *arg, int out[8])
{
	(void)arg;
	if (m->tunnel)
		return 0;
	if (m->stage < STAGE_URL)
		return open_until(m, STAGE_URL, out);
	if (strcmp(m->path, "/dns-query") == 0)
		return just(out, true);
	if (m->stage < STAGE_HEAD)
		return open_until(m, STAGE_HEAD, out);
	return just(out, strstr(m->type, "dns") != NULL);
}

static const struct {
	const char *before, *arg;
	readings_fn *readings;
} terms[] = {
    {"host:", "a.test", of_host},
    {"host:", "b.test", of_host},
    {"category:", "adult", of_list},
    {"list:", "school", of_list},
    {"during:", "lessons", of_time},
    {"during:", "night", of_time},
    {"group:", "pupils", of_group},
    {"group:", "staff", of_group},
    {"user:", "anna", of_user},
    {"user:", "bolat", of_user},
    {"ua:", "curl", of_ua},
    {"ua:", "opera", of_ua},
    {"referer:", "a.test", of_referer},
    {"referer:", "b.test", of_referer},
    {"header:X-A=", "one", of_field},
    {"header:X-A=", "two", of_field},
    {"header:X-", "A", NULL}, /* replaced: its argument is the empty text */
    {"search:", "any", of_search},
    {"search:", "weed", of_search},
    {"search>=", "caution", of_search},
    {"visibility:", "sni", of_visibility},
    {"visibility:", "ip", of_visibility},
    {"visibility:", "url", of_visibility},
    {"visibility:", "content", of_visibility},
    {"type:", "video/", of_type},
    {"type:", "image/png", of_type},
    {"type:", "text/html", of_type},
    {"disguised", "", of_disguise},
    {"ext:", "exe", of_ext},
    {"ext:", "pdf", of_ext},
    {"size>", "1000KiB", of_size},
    {"size>", "1500KiB", of_size},
    {"doh", "", of_doh},
};

struct model_term {
	unsigned which;
	bool not, last;
};
struct model_rule {
	enum action action;
	unsigned n;
	struct model_term term[TERMS];
	char text[512];
};

static int
term_is(const struct model_request *m, const struct model_term *t, bool lets)
{
	readings_fn *fn = terms[t->which].readings;
	int out[8] = {NO}, all = YES, any = NO;
	unsigned n =
	    fn ? fn(m, terms[t->which].arg, out) : of_field(m, "", out);

	if (n == 0) {
		out[0] = NO;
		n = 1;
	}
	for (unsigned i = 0; i < n; i++) {
		int is = t->not ? YES - out[i] : out[i];

		all = is < all ? is : all;
		any = is > any ? is : any;
	}
	return lets ? all : any;
}

static int
rule_is(const struct model_request *m, const struct model_rule *r)
{
	bool lets = r->action == ACTION_ALLOW || r->action == ACTION_MONITOR;
	int any = NO, all = YES;

	for (unsigned i = 0; i < r->n; i++) {
		int is = term_is(m, &r->term[i], lets);

		all = is < all ? is : all;
		if (r->term[i].last) {
			any = all > any ? all : any;
			all = YES;
		}
	}
	return any;
}

static bool
stops(const struct model_rule rule[RULES], int i)
{
	return i >= 0 && i < RULES &&
	       (rule[i].action == ACTION_BLOCK ||
	           rule[i].action == ACTION_WARN);
}

/* May it hold, and is a user what an alternative of it lacks? */
static bool
lacks_user(const struct model_request *m, const struct model_rule *r)
{
	bool user = false, any = false;
	int all = YES;

	for (unsigned i = 0; i < r->n && !m->user; i++) {
		int is = term_is(m, &r->term[i], false);

		all = is < all ? is : all;
		user |= strcmp(terms[r->term[i].which].before, "user:") == 0;
		if (r->term[i].last) {
			any |= user && all == MAYBE;
			user = false;
			all = YES;
		}
	}
	return any;
}

/*
 * Which rule decides, RULES: the default, -1: it is too early. A rule that
 * stops and waits for a size lets those behind it stop at once.
 */
static int
decides(const struct model_request *m, const struct model_rule rule[RULES])
{
	bool waits = false;

	for (int i = 0; i < RULES; i++) {
		int is = rule_is(m, &rule[i]);

		if (is == YES)
			return waits && !stops(rule, i) ? -1 : i;
		if (is == NO)
			continue;
		if (m->stage < STAGE_HEAD || !stops(rule, i) ||
		    lacks_user(m, &rule[i]))
			return -1;
		waits = true;
	}
	return waits ? -1 : RULES;
}

/* ------------------------------------------------------------------ worlds */

static void
random_rule(struct model_rule *r)
{
	size_t n = 0;

	r->action = (enum action)chance(ACTIONS);
	r->n = chance(TERMS) + 1;
	for (unsigned i = 0; i < r->n; i++) {
		struct model_term *t = &r->term[i];

		t->which = chance(ARRAY_LEN(terms));
		t->not = chance(3) == 0;
		t->last = i + 1 == r->n || chance(3) == 0;
		n += (size_t)snprintf(r->text + n, sizeof(r->text) - n,
		    "%s%s%s%s", t->not ? "!" : "", terms[t->which].before,
		    terms[t->which].arg,
		    i + 1 == r->n ? ""
		    : t->last     ? ", "
		                  : " ");
	}
}

static void
add_row(struct world *w, const char *text)
{
	char line[128], *cell[4];
	unsigned n = 0;

	snprintf(line, sizeof(line), "%s", text);
	for (char *p = line; p && n < 4; n++) {
		cell[n] = p;
		p = strchr(p, '\t');
		if (p)
			*p++ = '\0';
	}
	assert_true(head_row(w->builder, cell, n));
}

static struct snapshot *
random_world(struct model_rule rule[RULES])
{
	struct world w;

	world_init(&w);
	world_list(&w, "ut1", "adult", LIST_DOMAINS, "b.test\n");
	world_list(&w, "school", "", LIST_DOMAINS, "a.test\n");
	world_begin(&w);
	add_row(&w, "schedule\tlessons\t-\tmon-fri 08:30-15:30");
	add_row(&w, "schedule\tnight\t-\t22:00-06:30");
	add_row(&w, "theme\tweed\tadvisory\tweed");
	add_row(&w, "theme\trope\tdanger\trope");
	add_row(&w, "engines");
	world_policy(&w, "default", ACTION_ALLOW, ACTION_BLOCK);
	for (int i = 0; i < RULES; i++) {
		random_rule(&rule[i]);
		world_rule(&w, rule[i].action, rule[i].text);
	}
	world_group(&w, "pupils", "default", "10.1.0.0/16");
	world_group(&w, "staff", "default", "10.2.0.0/16");
	return world_snapshot(&w);
}

/* At one stage: the same rule, or both say that it is too early. */
static int
check(const struct snapshot *s, const struct model_request *m,
    const struct model_rule rule[RULES])
{
	static const struct trace ear = {0};
	struct facts f = {.asked = FACT_GRANT};
	int expected = decides(m, rule), got;
	struct verdict v, heard;
	struct query q;
	char text[1024];

	write_request(m, text);
	query_init(&q, m->pupils ? "10.1.0.1" : "10.2.0.1", m->stage,
	    m->deepest, text);
	if (m->user) {
		f.asked |= FACT_USER;
		f.settled |= FACT_USER;
		f.user = str_of(m->user);
	}
	v = decide(s, &q.r, &f, NULL);
	heard = decide(s, &q.r, &f, &ear); /* nothing is skipped then */
	assert_int_equal(v.kind, heard.kind);
	assert_int_equal(v.rule, heard.rule);
	assert_int_equal(v.next, heard.next);
	got = v.kind == VERDICT_ASK || v.kind == VERDICT_NEED ? -1
	      : v.rule == VERDICT_NO_RULE                     ? RULES
	                                                      : v.rule;
	if (got != expected) {
		for (int i = 0; i < RULES; i++)
			print_error("%d: %s = %s (%d)\n", i,
			    action_name(rule[i].action), rule[i].text,
			    rule_is(m, &rule[i]));
		fail_msg("%s at %s of %s: %d, not %d", text,
		    stage_name(m->stage), stage_name(m->deepest), got,
		    expected);
	}
	if (v.kind == VERDICT_ASK && v.next <= m->stage &&
	    !(v.next == STAGE_BODY && v.size_limit >= m->size))
		fail_msg("%s: to be asked again at once", text);
	query_fini(&q);
	return got;
}

static void
rules_are_what_the_model_says(void **unused)
{
	unsigned ends[RULES + 1] = {0};

	(void)unused;
	for (unsigned w = 0; w < WORLDS; w++) {
		struct model_rule rule[RULES];
		struct snapshot *s = random_world(rule);

		for (unsigned i = 0; i < REQUESTS; i++) {
			struct model_request m;
			int got = -1, before = -1;

			random_request(&m);
			for (int st = STAGE_CONN; st <= (int)m.deepest; st++) {
				m.stage = (enum stage)st;
				got = check(s, &m, rule);
				if (before >= 0 && got != before &&
				    !(stops(rule, before) && stops(rule, got)))
					fail_msg("a final answer of world %u "
					         "was taken back",
					    w);
				before = got;
			}
			if (got >= 0)
				ends[got]++;
		}
		snapshot_free(s);
	}
	/* the worlds are not all alike: each place decides now and then */
	for (unsigned i = 0; i <= RULES; i++)
		assert_true(ends[i] > 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rules_are_what_the_model_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
