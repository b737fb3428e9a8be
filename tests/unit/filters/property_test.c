/*
 * property_test.c - thousands of random policies and requests: what decide()
 * says is what a slow evaluator, written from the manual, says; explain()
 * says the same; a later stage never takes a final answer back; and the order
 * in which lists were built does not matter.
 */
#include "world.h"

#include "base/table.h"
#include "filters/decide.h"
#include "filters/explain.h"

#define ROUNDS   12 /* worlds of lists */
#define POLICIES 40 /* in each */
#define REQUESTS 50 /* against each */
#define RULES    6
#define TERMS    4

static uint64_t state = 0x9e3779b97f4a7c15u;

static unsigned
chance(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)((state >> 11) % n);
}

/* ------------------------------------------------- the world, in the open */

static const char *const hosts[] = {"a.test", "x.a.test", "y.x.a.test",
    "b.test", "xb.test", "x.b.test", "c.test", "192.0.2.7", "192.0.3.1"};

/* As sent; what servers may take it for, canonical first, by hand. */
static const struct ref_path {
	const char *sent, *read[4];
} paths[] = {
    {"/", {"/"}},
    {"/p", {"/p"}},
    {"/p/q", {"/p/q"}},
    {"/pq", {"/pq"}},
    {"/p?q", {"/p?q"}},
    {"/evil", {"/evil"}},
    {"/p%2fq", {"/p%2Fq", "/p/q"}},
    {"/x/../p", {"/p"}},
    {"/p/../evil", {"/evil"}},
    {"/evil/../p", {"/p"}},
    {"/p/..%2fevil", {"/p/..%2Fevil", "/evil"}},
    {"/p/%2e%2e%5Cevil", {"/p/..%5Cevil", "/evil"}},
    {"/p/..;/evil", {"/p/..;/evil", "/evil"}},
    {"/evil;x/q", {"/evil;x/q", "/evil/q"}},
    {"/p//../evil", {"/evil", "/p/evil"}},
    {"/evil%2f..;/p", {"/evil%2F..;/p", "/evil/..;/p", "/evil%2F../p", "/p"}},
};
static const char *const categories[] = {"red", "green", "blue"};
static const char *const lists[] = {"one", "two"};

struct source {
	const char *list, *category;
	enum list_format format;
	const char *entry[3];
};
#define SOURCES 6
static struct source sources[SOURCES];

static void
random_sources(void)
{
	static const enum list_format formats[] = {
	    LIST_DOMAINS, LIST_EXACT, LIST_URLS};
	static const char *const urls[] = {
	    "a.test/p", "x.a.test/p/q", "b.test/evil", "b.test/p?q"};

	for (unsigned i = 0; i < SOURCES; i++) {
		struct source *s = &sources[i];

		s->list = lists[chance(2)];
		s->category = categories[chance(3)];
		s->format = formats[chance(3)];
		for (unsigned k = 0; k < 3; k++)
			s->entry[k] = s->format == LIST_URLS
			                  ? urls[chance(ARRAY_LEN(urls))]
			                  : hosts[chance(ARRAY_LEN(hosts))];
	}
}

static void
build(struct buf *out, bool backwards)
{
	const struct compile_options opt = {.seed = 11};
	struct compile *c = compile_new(&opt);
	struct err err = {0};

	assert_non_null(c);
	for (unsigned n = 0; n < SOURCES; n++) {
		unsigned i = backwards ? SOURCES - 1 - n : n;
		const struct source *s = &sources[i];
		char file[16];
		int id, len = snprintf(file, sizeof(file), "f%u", i);
		const struct compile_source src = {.list = str_of(s->list),
		    .category = str_of(s->category),
		    .file = str_make(file, (size_t)len),
		    .format = s->format};

		id = compile_source(c, &src, &err);
		assert_true(id >= 0);
		for (unsigned k = 0; k < 3; k++) {
			struct str e = str_of(s->entry[backwards ? 2 - k : k]);

			assert_int_equal(
			    compile_feed(c, id, e.p, e.n, &err), 0);
			assert_int_equal(compile_feed(c, id, "\n", 1, &err), 0);
		}
		assert_int_equal(compile_source_end(c, id, &err), 0);
	}
	assert_int_equal(compile_finish(c, out, &err), 0);
	compile_free(c);
}

/* ------------------------------------------------------------- policies */

enum what { CATEGORY, LIST, HOST, URL, REGEX, PORT, METHOD, IP, ANY, WHATS };

struct ref_term {
	enum what what;
	const char *arg;
	bool not, last;
};
struct ref_rule {
	enum action action;
	struct ref_term term[TERMS];
	unsigned n;
};
struct ref_policy {
	enum action otherwise;
	struct ref_rule rule[RULES];
	unsigned n;
};

static const char *const whats[WHATS] = {"category:", "list:", "host:", "url:",
    "regex:", "port:", "method:", "ip-literal", "any"};

static struct ref_term
random_term(void)
{
	static const char *const args[WHATS][4] = {
	    [CATEGORY] = {"red", "green", "blue", "red"},
	    [LIST] = {"one", "two", "one", "two"},
	    [HOST] = {"a.test", "x.a.test", "b.test", "192.0.2.0/24"},
	    [URL] = {"a.test/p", "b.test/p/q", "x.a.test", "a.test/evil"},
	    [REGEX] = {"evil", "p/q", "a\\.test", "^http://"},
	    [PORT] = {"80", "443", "80-90", "8080"},
	    [METHOD] = {"GET", "POST", "CONNECT", "GET"},
	    [IP] = {"", "", "", ""},
	    [ANY] = {"", "", "", ""},
	};
	struct ref_term t = {.what = (enum what)chance(WHATS)};

	if (t.what == ANY && chance(3))
		t.what = CATEGORY;
	t.arg = args[t.what][chance(4)];
	t.not = chance(4) == 0;
	return t;
}

static void
random_policy(struct ref_policy *p)
{
	p->otherwise = chance(2) ? ACTION_ALLOW : ACTION_BLOCK;
	p->n = chance(RULES) + 1;
	for (unsigned i = 0; i < p->n; i++) {
		struct ref_rule *r = &p->rule[i];

		r->action = (enum action)chance(ACTIONS);
		r->n = chance(TERMS) + 1;
		for (unsigned k = 0; k < r->n; k++) {
			r->term[k] = random_term();
			r->term[k].last = k + 1 == r->n || chance(2);
		}
	}
}

static struct snapshot *
snapshot_of(const struct ref_policy *p, const struct buf *image)
{
	struct snapshot_builder *b = snapshot_begin(1);
	const struct policy_def d = {.name = STR("default"),
	    .otherwise = p->otherwise,
	    .on_unsettled = ACTION_BLOCK};
	struct bytes bytes = {(const uint8_t *)image->p, image->n};
	struct buf text = BUF_EMPTY;
	struct err err = {0};
	struct snapshot *s;
	uint32_t column;

	assert_int_equal(snapshot_image(b, bytes, NULL, NULL, &err), 0);
	for (unsigned i = 0; i < 3; i++)
		snapshot_declare(
		    b, str_of(lists[i % 2]), str_of(categories[i]));
	assert_int_equal(snapshot_policy(b, &d, &err), 0);
	for (unsigned i = 0; i < p->n; i++) {
		struct rule_def def = {.action = p->rule[i].action};

		buf_reset(&text);
		for (unsigned k = 0; k < p->rule[i].n; k++) {
			const struct ref_term *t = &p->rule[i].term[k];

			buf_addf(&text, "%s%s%s%s", t->not ? "!" : "",
			    whats[t->what], t->arg, t->last ? ", " : " ");
		}
		while (text.p[text.n - 1] == ' ' || text.p[text.n - 1] == ',')
			text.n--;
		def.text = buf_str(&text);
		if (snapshot_rule(b, 0, &def, &column, &err) < 0)
			fail_msg("%.*s: %s", STR_ARG(def.text), err.text);
	}
	buf_fini(&text);
	s = snapshot_finish(b, &err);
	assert_non_null(s);
	return s;
}

/* -------------------------------------------- the slow, obvious evaluator */

static bool
ref_under(const char *host, const char *parent)
{
	size_t n = strlen(host), m = strlen(parent);
	bool ip = host[0] == '1';

	if (strcmp(host, parent) == 0)
		return true;
	return !ip && n > m && strcmp(host + n - m, parent) == 0 &&
	       host[n - m - 1] == '.';
}

static bool
ref_prefix(struct str path, const char *prefix)
{
	size_t n = strlen(prefix);

	if (path.n < n || memcmp(path.p, prefix, n) != 0)
		return false;
	return path.n == n || prefix[n - 1] == '/' ||
	       strchr("/?#;&", path.p[n]) != NULL;
}

static bool
ref_url(const char *host, const char *read, const char *entry)
{
	char parent[64];
	size_t n = strcspn(entry, "/");
	const char *path = entry[n] ? entry + n : "/";

	snprintf(parent, sizeof(parent), "%.*s", (int)n, entry);
	return ref_under(host, parent) && ref_prefix(str_of(read), path);
}

static bool
ref_contains(struct str text, const char *what)
{
	if (what[0] == '^')
		return str_starts(text, str_of(what + 1));
	if (strcmp(what, "a\\.test") == 0)
		what = "a.test";
	return str_search(text, str_of(what)) < text.n;
}

/* One name, as it is judged. */
struct ref_sight {
	const char *host; /* "" none */
	const struct url *url;
	const struct ref_path *path; /* if there is a URL */
	const char *read;            /* the reading that is looked at */
	enum stage known, deepest;
};

static enum truth
ref_later(const struct ref_sight *v, enum stage s)
{
	return s > v->deepest ? TRUTH_FALSE : TRUTH_UNKNOWN;
}

static enum truth
ref_listed(const struct ref_sight *v, const struct ref_term *t)
{
	bool may = false;

	for (unsigned i = 0; i < SOURCES; i++)
		for (unsigned k = 0; k < 3; k++) {
			const struct source *s = &sources[i];
			const char *e = s->entry[k];
			const char *is =
			    t->what == CATEGORY ? s->category : s->list;
			char parent[64];

			snprintf(parent, sizeof(parent), "%.*s",
			    (int)strcspn(e, "/"), e);
			if (s->format == LIST_URLS)
				may |= ref_under(v->host, parent);
			if (strcmp(is, t->arg) != 0)
				continue;
			if (s->format == LIST_EXACT && !strcmp(v->host, e))
				return TRUTH_TRUE;
			if (s->format == LIST_DOMAINS && ref_under(v->host, e))
				return TRUTH_TRUE;
			if (s->format == LIST_URLS && v->url &&
			    ref_url(v->host, v->read, e))
				return TRUTH_TRUE;
		}
	return may && !v->url && v->known < STAGE_URL ? ref_later(v, STAGE_URL)
	                                              : TRUTH_FALSE;
}

static enum truth
ref_is(bool b)
{
	return b ? TRUTH_TRUE : TRUTH_FALSE;
}

static bool
ref_port(unsigned port, const char *arg)
{
	unsigned low = 0, high = 0;

	if (sscanf(arg, "%u-%u", &low, &high) == 1)
		high = low;
	return port >= low && port <= high;
}

/* Does the URL, its path being <v->read>, have <arg> in it? */
static bool
ref_text(const struct ref_sight *v, const char *arg)
{
	char text[256];
	size_t origin = v->url->text.n - v->url->path.n;

	snprintf(
	    text, sizeof(text), "%.*s%s", (int)origin, v->url->text.p, v->read);
	return ref_contains(str_of(text), arg);
}

/* Of one reading. */
static enum truth
ref_value(const struct request *r, const struct ref_sight *v,
    const struct ref_term *t)
{
	if (t->what == ANY)
		return TRUTH_TRUE;
	if (v->known < STAGE_HOST)
		return ref_later(v, STAGE_HOST);
	switch (t->what) {
	case CATEGORY:
	case LIST:
		return ref_listed(v, t);
	case HOST:
		if (strchr(t->arg, '/'))
			return ref_is(strncmp(v->host, "192.0.2.", 8) == 0);
		return ref_is(ref_under(v->host, t->arg));
	case URL:
		if (!ref_under(v->host, strcmp(t->arg, "x.a.test") == 0
		                            ? "x.a.test"
		                        : t->arg[0] == 'a' ? "a.test"
		                                           : "b.test"))
			return TRUTH_FALSE;
		if (strchr(t->arg, '/') == NULL)
			return TRUTH_TRUE;
		return v->url ? ref_is(ref_url(v->host, v->read, t->arg))
		              : ref_later(v, STAGE_URL);
	case REGEX:
		if (!v->url)
			return ref_later(v, STAGE_URL);
		return ref_is(ref_text(v, t->arg));
	case PORT:
		return ref_is(ref_port(r->port, t->arg));
	case METHOD:
		if (r->method.n == 0 && v->known < STAGE_URL)
			return ref_later(v, STAGE_URL);
		return ref_is(str_eq(r->method, str_of(t->arg)));
	case IP:
		return ref_is(v->host[0] == '1');
	case ANY:
	case WHATS:
		break;
	}
	return TRUTH_TRUE;
}

/* AND is the least, OR the greatest of FALSE < UNKNOWN < TRUE. */
static int
ref_order(enum truth t)
{
	return t == TRUTH_FALSE ? 0 : t == TRUTH_UNKNOWN ? 1 : 2;
}

/*
 * The term with its '!', over all readings. A rule that lets through needs
 * all of them to say so; for one that blocks the first to say so is enough.
 * Patterns see what was sent as one reading more.
 */
static int
ref_term(const struct request *r, const struct ref_sight *v,
    const struct ref_term *t, bool lets)
{
	const char *const none[4] = {""};
	const char *const *read = v->path ? v->path->read : none;
	int all = 2, any = 0;

	for (unsigned i = 0; i < 5; i++) {
		struct ref_sight one = *v;
		int is;

		if (i < 4 && !read[i])
			continue;
		if (i == 4 && (t->what != REGEX || !v->path))
			continue;
		one.read = i < 4 ? read[i] : v->path->sent;
		is = ref_order(ref_value(r, &one, t));
		is = t->not ? 2 - is : is;
		all = is < all ? is : all;
		any = is > any ? is : any;
	}
	return lets ? all : any;
}

static int
ref_rule(const struct request *r, const struct ref_sight *v,
    const struct ref_rule *rule)
{
	bool lets = rule->action != ACTION_BLOCK && rule->action != ACTION_WARN;
	int any = 0, all = 2;

	for (unsigned i = 0; i < rule->n; i++) {
		int t = ref_term(r, v, &rule->term[i], lets);

		all = t < all ? t : all;
		if (rule->term[i].last) {
			any = all > any ? all : any;
			all = 2;
		}
	}
	return any;
}

/* What a name comes to, as a number: the larger the stricter. */
static unsigned
ref_name(const struct request *r, const struct ref_sight *v,
    const struct ref_policy *p)
{
	static const unsigned strict[ACTIONS] = {[ACTION_ALLOW] = 0,
	    [ACTION_MONITOR] = 1,
	    [ACTION_WARN] = 3,
	    [ACTION_BLOCK] = 5};

	for (unsigned i = 0; i < p->n; i++)
		switch (ref_rule(r, v, &p->rule[i])) {
		case 2:
			return strict[p->rule[i].action];
		case 1:
			return 4; /* a warning waits for the URL */
		}
	return strict[p->otherwise];
}

static unsigned
ref_decide(const struct request *r, const struct ref_path *path,
    const struct ref_policy *p)
{
	const struct name *names[3] = {&r->connect, &r->sni, &r->host};
	unsigned most = 0;
	bool any = false;

	for (unsigned i = 0; i < 3; i++) {
		char host[NAME_ROOM];
		struct ref_sight v = {
		    host, NULL, NULL, "", r->stage, r->deepest};
		bool own = r->host.n == 0 || name_eq(*names[i], r->host);
		unsigned got;

		snprintf(host, sizeof(host), "%.*s", names[i]->n, names[i]->p);
		if (r->stage < STAGE_HOST)
			host[0] = '\0';
		else if (names[i]->n == 0)
			continue;
		if (r->stage >= STAGE_HOST && !own) {
			v.deepest =
			    r->deepest < STAGE_HOST ? r->deepest : STAGE_HOST;
			v.known = STAGE_HOST;
		} else if (r->stage >= STAGE_URL) {
			v.url = &r->url;
			v.path = path;
		}
		got = ref_name(r, &v, p);
		most = !any || got > most ? got : most;
		any = true;
	}
	return most;
}

static unsigned
strictness(const struct verdict *v)
{
	static const unsigned kind[] = {[VERDICT_ASK] = 4, [VERDICT_NEED] = 6};

	switch (v->kind) {
	case VERDICT_DENY:
		return v->action == ACTION_WARN ? 3 : 5;
	case VERDICT_ALLOW:
		return v->action == ACTION_MONITOR ? 1 : 0;
	case VERDICT_ASK:
	case VERDICT_NEED:
		break;
	}
	return kind[v->kind];
}

/* -------------------------------------------------------------- requests */

static const struct ref_path *
random_query(struct query *q, char text[256])
{
	const struct ref_path *path = &paths[chance(ARRAY_LEN(paths))];
	static const unsigned ports[] = {80, 443, 8080, 85};
	const char *h = hosts[chance(ARRAY_LEN(hosts))];
	size_t n = 0;

	if (chance(2)) {
		n += (size_t)snprintf(text, 256, "connect=%s:443 ",
		    chance(3) ? h : hosts[chance(ARRAY_LEN(hosts))]);
		if (chance(2) && h[0] != '1')
			n += (size_t)snprintf(text + n, 256 - n, "sni=%s ",
			    chance(3) ? h : hosts[chance(7)]);
	}
	snprintf(text + n, 256 - n, "%shttp://%s:%u%s",
	    chance(3) ? "" : "method=POST ", h, ports[chance(4)], path->sent);
	query_init(q, "10.0.0.1", STAGE_URL, STAGE_URL, text);
	return path;
}

static struct verdict
ask(const struct snapshot *s, struct request *r, enum stage stage)
{
	static const struct trace ear = {0};
	struct facts f = {.asked = FACT_GRANT}; /* nobody read a warning */
	struct verdict v, heard;

	r->stage = stage;
	v = decide(s, r, &f, NULL);
	heard = decide(s, r, &f, &ear); /* nothing is skipped then */
	assert_int_equal(v.kind, heard.kind);
	assert_int_equal(v.rule, heard.rule);
	assert_int_equal(v.term, heard.term);
	assert_int_equal(v.entry, heard.entry);
	return v;
}

static bool
is_final(const struct verdict *v)
{
	return v->kind == VERDICT_ALLOW || v->kind == VERDICT_DENY;
}

/* The whole story, for whoever has to find out why. */
static void
tell(const struct snapshot *s, const struct request *r)
{
	struct buf b = BUF_EMPTY;

	explain(s, r, EXPLAIN_TRACE, &b);
	print_error("%.*s", STR_ARG(buf_str(&b)));
	buf_fini(&b);
}

static void
check(const struct snapshot *s, const struct snapshot *other,
    const struct ref_policy *p, struct query *q, const char *text)
{
	const struct ref_path *path = q->tag;
	struct request *r = &q->r;
	struct buf b = BUF_EMPTY;
	struct verdict before = {.kind = VERDICT_ASK}, v = before, o, e;
	struct str method = r->method;

	for (int st = STAGE_CONN; st <= (int)r->deepest; st++) {
		/* only of a tunnel is the method known before the URL */
		r->method = st < STAGE_URL && !r->tunnel ? STR_NONE : method;
		v = ask(s, r, (enum stage)st);
		o = ask(other, r, (enum stage)st);
		if (strictness(&v) != ref_decide(r, path, p)) {
			tell(s, r);
			fail_msg("%s at %s: %u, not %u", text,
			    stage_name((enum stage)st), strictness(&v),
			    ref_decide(r, path, p));
		}
		if (v.kind != o.kind || v.rule != o.rule ||
		    v.subject != o.subject)
			fail_msg("%s: the order of the lists matters", text);
		/* names come in with the stages CONN and HOST, not later */
		if (st > STAGE_HOST && is_final(&before) &&
		    (before.kind != v.kind))
			fail_msg("%s: a final answer was taken back", text);
		if (st == STAGE_HOST)
			before = v;
	}
	if (!is_final(&v))
		fail_msg("%s: no end at the deepest stage", text);
	e = explain(s, r, EXPLAIN_TRACE, &b);
	if (e.kind != v.kind)
		fail_msg("%s: explain() says something else", text);
	buf_fini(&b);
}

static void
decide_is_what_the_manual_says(void **unused)
{
	(void)unused;
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct buf forth = BUF_EMPTY, back = BUF_EMPTY;

		random_sources();
		build(&forth, false);
		build(&back, true);
		for (unsigned i = 0; i < POLICIES; i++) {
			struct ref_policy p;
			struct snapshot *s, *o;

			random_policy(&p);
			s = snapshot_of(&p, &forth);
			o = snapshot_of(&p, &back);
			for (unsigned k = 0; k < REQUESTS; k++) {
				char text[256];
				struct query q;

				q.tag = random_query(&q, text);
				q.r.deepest =
				    chance(3) ? STAGE_URL : STAGE_HOST;
				check(s, o, &p, &q, text);
				query_fini(&q);
			}
			snapshot_free(s);
			snapshot_free(o);
		}
		buf_fini(&forth);
		buf_fini(&back);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(decide_is_what_the_manual_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
