/*
 * listed_test.c - thousands of random lists with exceptions and patterns: what
 * a category or list term comes to, in policies, is what a slow model says
 * that looks at each line of each list by itself; explain() says the same; and
 * what is final by the name alone stays so.
 */
#include "world.h"

#include "base/table.h"
#include "filters/decide.h"
#include "filters/explain.h"
#include "lists/image.h"

#define WORLDS   60
#define SOURCES  6
#define LINES    5
#define POLICIES 12 /* of each world */
#define REQUESTS 25
#define RULES    3
#define TERMS    3

static uint64_t state = 0x2545f4914f6cdd1du;

static unsigned
chance(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)((state >> 11) % n);
}

/* ---------------------------------------------------- lists, in the open */

static const char *const hosts[] = {"a.test", "x.a.test", "y.x.a.test",
    "b.test", "x.b.test", "z.x.b.test", "192.0.2.7"};
static const char *const urls[] = {
    "a.test/p", "x.a.test/evil", "b.test/p/q", "a.test/evil"};
static const char *const paths[] = {"/", "/p", "/p/q", "/evil", "/p%2fq",
    "/p/..%2fevil", "/evil/../p", "/p//../evil", "/evil%2f..;/p", "/x?evil"};
static const char *const names[] = {"one", "two", "three"};

enum what { DOMAIN, URL, HOST_TEXT, URL_TEXT, ANCHORED };

/* One line's meaning. */
struct entry {
	enum what what;
	unsigned role, group;
	const char *text;
};
struct source {
	const char *list, *category;
	unsigned nentries;
	struct entry entry[2 * LINES];
};
static struct source sources[SOURCES];

static void
add(struct source *s, enum what what, unsigned role, unsigned group,
    const char *text)
{
	s->entry[s->nentries++] = (struct entry){what, role, group, text};
}

static void
adblock_line(struct source *s, struct buf *out, unsigned *group)
{
	static const char *const ways[][2] = {{"||", "^"},
	    {"||", "^$important"}, {"@@||", "^"}, {"@@||", "^$important"},
	    {"|", "^"}, {"@@|", "^"}};
	static const unsigned roles[] = {0, IMAGE_STRONG, IMAGE_EXCEPT,
	    IMAGE_EXCEPT | IMAGE_STRONG, IMAGE_SELF, IMAGE_EXCEPT | IMAGE_SELF};
	const char *host = hosts[chance(6)], *other = hosts[chance(6)];
	unsigned way = chance(10);

	if (way < ARRAY_LEN(ways)) {
		buf_addf(out, "%s%s%s", ways[way][0], host, ways[way][1]);
		add(s, DOMAIN, roles[way], 0, host);
	} else if (way == 6) {
		buf_addf(out, "||*.%s^", host);
		add(s, DOMAIN, IMAGE_BELOW, 0, host);
	} else if (way == 7) {
		++*group;
		buf_addf(out, "||%s^$denyallow=%s", host, other);
		add(s, DOMAIN, 0, *group, host);
		add(s, DOMAIN, IMAGE_EXCEPT, *group, other);
	} else if (way == 8) {
		buf_add_str(out, STR("||a.test/evil"));
		add(s, ANCHORED, 0, 0, "a.test/evil");
	} else {
		buf_add_str(out, STR("/x\\.a\\.tes/"));
		add(s, HOST_TEXT, 0, 0, "x.a.tes");
	}
}

static void
line(
    struct source *s, enum list_format format, struct buf *out, unsigned *group)
{
	static const char *const texts[] = {"evil", "test/p", "p/q", "p%2fq"};
	const char *host = hosts[chance(ARRAY_LEN(hosts))];
	const char *text = texts[chance(ARRAY_LEN(texts))];

	if (format == LIST_ADBLOCK) {
		adblock_line(s, out, group);
	} else if (format == LIST_DNSMASQ) {
		bool except = chance(2);

		host = hosts[chance(6)];
		buf_addf(out, "%s=/%s/%s", except ? "server" : "address", host,
		    except ? "#" : "");
		add(s, DOMAIN, except ? IMAGE_EXCEPT | IMAGE_CLOSEST : 0, 0,
		    host);
	} else if (format == LIST_URLS) {
		host = urls[chance(ARRAY_LEN(urls))];
		buf_add_str(out, str_of(host));
		add(s, URL, 0, 0, host);
	} else if (format == LIST_PATTERNS) {
		buf_add_str(out, str_of(text));
		add(s, URL_TEXT, 0, 0, text);
	} else {
		buf_add_str(out, str_of(host));
		add(s, DOMAIN, format == LIST_EXACT ? IMAGE_SELF : 0, 0, host);
	}
	buf_add_char(out, '\n');
}

static void
random_lists(struct world *w)
{
	static const enum list_format formats[] = {LIST_ADBLOCK, LIST_ADBLOCK,
	    LIST_DNSMASQ, LIST_URLS, LIST_PATTERNS, LIST_DOMAINS, LIST_EXACT};

	world_init(w);
	for (unsigned i = 0; i < SOURCES; i++) {
		struct source *s = &sources[i];
		enum list_format f = formats[chance(ARRAY_LEN(formats))];
		struct buf text = BUF_EMPTY;
		unsigned group = 0, n = chance(LINES) + 1;

		*s = (struct source){
		    .list = names[chance(3)], .category = names[chance(3)]};
		for (unsigned k = 0; k < n; k++)
			line(s, f, &text, &group);
		for (unsigned k = 0; k < s->nentries; k++)
			if (s->entry[k].group) /* of this file alone */
				s->entry[k].group += 100 * i;
		buf_add_char(&text, '\0');
		world_list(w, s->list, s->category, f, text.p);
		buf_fini(&text);
	}
}

/* -------------------------------------------------------------- the model */

static bool
is_under(const char *host, const char *parent, unsigned role)
{
	size_t n = strlen(host), m = strlen(parent);

	if (strcmp(host, parent) == 0)
		return !(role & IMAGE_BELOW);
	return !(role & IMAGE_SELF) && host[0] != '1' && n > m &&
	       strcmp(host + n - m, parent) == 0 && host[n - m - 1] == '.';
}

static bool
has_text(struct str where, const char *what)
{
	size_t n = strlen(what);

	for (size_t i = 0; i + n <= where.n; i++) {
		size_t k = 0;

		while (k < n && str_lower_char(where.p[i + k]) == what[k])
			k++;
		if (k == n)
			return true;
	}
	return false;
}

static bool
is_prefix(struct str path, const char *prefix)
{
	size_t n = strlen(prefix);

	if (path.n < n || memcmp(path.p, prefix, n) != 0)
		return false;
	return path.n == n || strchr("/?#;&", path.p[n]) != NULL;
}

/* host/path: is <host> under the one, and <path> under the other? */
static bool
is_under_url(const char *host, struct str path, const char *url, bool whole)
{
	size_t n = strcspn(url, "/");
	char parent[64];

	snprintf(parent, sizeof(parent), "%.*s", (int)n, url);
	if (!is_under(host, parent, 0))
		return false;
	return whole ? is_prefix(path, url + n)
	             : str_starts(path, str_of(url + n));
}

/* Where the path of a URL's text begins. */
static struct str
path_of(struct str text)
{
	size_t at = str_find(text, '/', str_search(text, STR("://")) + 3);

	return str_sub(text, at, text.n);
}

/* Is <e>, which matches, taken away by some exception of its list? */
static bool
is_excepted(const char *host, const struct source *s, const struct entry *e)
{
	for (unsigned i = 0; i < SOURCES; i++)
		for (unsigned k = 0; k < sources[i].nentries; k++) {
			const struct entry *x = &sources[i].entry[k];

			if (!(x->role & IMAGE_EXCEPT) ||
			    strcmp(sources[i].list, s->list) != 0 ||
			    strcmp(sources[i].category, s->category) != 0 ||
			    (x->group && x->group != e->group) ||
			    ((e->role & IMAGE_STRONG) &&
			        !(x->role & IMAGE_STRONG)) ||
			    !is_under(host, x->text, x->role))
				continue;
			if (!(x->role & IMAGE_CLOSEST))
				return true;
			/* the longer part of a host is the more specific, and
			 * a path more so; a pattern is least so */
			if (e->what != DOMAIN && e->what != URL)
				return true;
			if (strcspn(x->text, "/") > strcspn(e->text, "/") ||
			    (e->what == DOMAIN &&
			        strlen(x->text) == strlen(e->text)))
				return true;
		}
	return false;
}

struct asked {
	const char *host;
	const struct url *url; /* NULL: not known */
};

/* Does an entry of the host or of the path in this reading hold? */
static bool
entry_matches(const struct asked *q, struct str path, const struct entry *e)
{
	if (e->what == DOMAIN)
		return is_under(q->host, e->text, e->role);
	return e->what == URL && path.n &&
	       is_under_url(q->host, path, e->text, true);
}

static bool
pattern_matches(const struct asked *q, struct str text, const struct entry *e)
{
	switch (e->what) {
	case HOST_TEXT:
		return has_text(str_of(q->host), e->text);
	case URL_TEXT:
		return has_text(text, e->text);
	case ANCHORED:
		return text.n &&
		       is_under_url(q->host, path_of(text), e->text, false);
	case DOMAIN:
	case URL:
		break;
	}
	return false;
}

/* Each text of a URL that patterns see, the <i>th; empty behind the last. */
static struct str
text_at(const struct url *u, unsigned i)
{
	if (i == 0)
		return u->text;
	if (u->raw.n && i-- == 1)
		return u->raw;
	return i - 1 < u->nalts ? u->alt[i - 1].text : STR_NONE;
}

static bool
pattern_holds(const struct asked *q, const struct entry *e, bool every)
{
	if (!q->url || e->what == HOST_TEXT)
		return pattern_matches(q, STR_NONE, e);
	for (unsigned i = 0; text_at(q->url, i).n; i++)
		if (pattern_matches(q, text_at(q->url, i), e) != every)
			return !every;
	return every;
}

static bool
is_named(const struct source *s, bool category, const char *name)
{
	return strcmp(category ? s->category : s->list, name) == 0;
}

/* By entries, for one reading. */
static bool
reading_holds(
    const struct asked *q, struct str path, bool category, const char *name)
{
	for (unsigned i = 0; i < SOURCES; i++)
		for (unsigned k = 0; k < sources[i].nentries; k++) {
			const struct entry *e = &sources[i].entry[k];

			if (is_named(&sources[i], category, name) &&
			    !(e->role & IMAGE_EXCEPT) &&
			    entry_matches(q, path, e) &&
			    !is_excepted(q->host, &sources[i], e))
				return true;
		}
	return false;
}

static bool
model_term(const struct asked *q, bool category, const char *name, bool every)
{
	struct str path = q->url ? q->url->path : STR_NONE;
	bool holds = reading_holds(q, path, category, name);

	for (unsigned i = 0; q->url && i < q->url->nalts; i++) {
		bool alt =
		    reading_holds(q, q->url->alt[i].path, category, name);

		holds = every ? holds && alt : holds || alt;
	}
	for (unsigned i = 0; i < SOURCES && !holds; i++)
		for (unsigned k = 0; k < sources[i].nentries; k++) {
			const struct entry *e = &sources[i].entry[k];

			if (is_named(&sources[i], category, name) &&
			    e->what != DOMAIN && e->what != URL &&
			    pattern_holds(q, e, every) &&
			    !is_excepted(q->host, &sources[i], e))
				holds = true;
		}
	return holds;
}

/* --------------------------------------------------------------- policies */

struct term {
	bool category, not, last;
	const char *name;
};
struct rule {
	enum action action;
	unsigned n;
	struct term term[TERMS];
};
struct policy {
	enum action otherwise;
	unsigned n;
	struct rule rule[RULES];
};

static void
random_policy(struct policy *p)
{
	p->otherwise = chance(2) ? ACTION_ALLOW : ACTION_BLOCK;
	p->n = chance(RULES) + 1;
	for (unsigned i = 0; i < p->n; i++) {
		struct rule *r = &p->rule[i];

		r->action = (enum action)chance(ACTIONS);
		r->n = chance(TERMS) + 1;
		for (unsigned k = 0; k < r->n; k++)
			r->term[k] = (struct term){.category = chance(2),
			    .not = chance(4) == 0,
			    .last = k + 1 == r->n || chance(2),
			    .name = names[chance(3)]};
	}
}

static void
give_policy(struct world *w, const struct policy *p, unsigned number)
{
	char name[16], net[32];
	struct buf text = BUF_EMPTY;

	snprintf(name, sizeof(name), "p%u", number);
	snprintf(net, sizeof(net), "10.%u.0.0/16", number);
	world_policy(w, name, p->otherwise, ACTION_BLOCK);
	for (unsigned i = 0; i < p->n; i++) {
		buf_reset(&text);
		for (unsigned k = 0; k < p->rule[i].n; k++) {
			const struct term *t = &p->rule[i].term[k];

			buf_addf(&text, "%s%s:%s%s", t->not ? "!" : "",
			    t->category ? "category" : "list", t->name,
			    k + 1 == p->rule[i].n ? ""
			    : t->last             ? ", "
			                          : " ");
		}
		buf_add_char(&text, '\0');
		world_rule(w, p->rule[i].action, text.p);
	}
	buf_fini(&text);
	world_group(w, name, name, net);
}

static bool
model_rule(const struct asked *q, const struct rule *r)
{
	bool lets = r->action == ACTION_ALLOW || r->action == ACTION_MONITOR;
	bool all = true;

	for (unsigned i = 0; i < r->n; i++) {
		const struct term *t = &r->term[i];

		all &= t->not !=
		       model_term(q, t->category, t->name, lets != t->not );
		if (t->last && all)
			return true;
		all |= t->last;
	}
	return false;
}

static enum action
model_policy(const struct asked *q, const struct policy *p, unsigned *rule)
{
	for (*rule = 0; *rule < p->n; ++*rule)
		if (model_rule(q, &p->rule[*rule]))
			return p->rule[*rule].action;
	*rule = VERDICT_NO_RULE;
	return p->otherwise;
}

/* --------------------------------------------------------------- requests */

static struct verdict
ask(const struct snapshot *s, struct request *r, enum stage stage, bool heard)
{
	static const struct trace ear = {0};
	struct facts f = {0};
	struct verdict v;

	r->stage = stage;
	v = decide(s, r, &f, heard ? &ear : NULL);
	while (v.kind == VERDICT_NEED) {
		uint32_t before = f.asked;

		facts_ask(&f, &v);
		assert_int_not_equal(f.asked, before);
		v = decide(s, r, &f, heard ? &ear : NULL);
	}
	return v;
}

static void
tell(const struct snapshot *s, const struct request *r)
{
	struct buf b = BUF_EMPTY;

	for (unsigned i = 0; i < SOURCES; i++)
		for (unsigned k = 0; k < sources[i].nentries; k++)
			print_error("%s/%s: %u role %u group %u %s\n",
			    sources[i].list, sources[i].category,
			    sources[i].entry[k].what, sources[i].entry[k].role,
			    sources[i].entry[k].group,
			    sources[i].entry[k].text);
	explain(s, r, EXPLAIN_TRACE, &b);
	print_error("%.*s", STR_ARG(buf_str(&b)));
	buf_fini(&b);
}

/* Whoever says that an entry did it must name one that does. */
static bool
names_its_entry(const struct snapshot *s, const struct request *r,
    const struct verdict *v, const struct policy *p)
{
	struct provenance said;
	const struct term *t;

	if (v->rule == VERDICT_NO_RULE)
		return !v->has_entry;
	t = &p->rule[v->rule].term[v->term];
	if (t->not )
		return !v->has_entry;
	snapshot_provenance(s, r, v, &said);
	return v->has_entry && said.entry.n && said.source_line &&
	       str_eq(t->category ? said.category : said.list, str_of(t->name));
}

static void
check(const struct snapshot *s, const struct policy *p, struct query *q,
    const char *host)
{
	const struct asked whole = {host, &q->r.url}, bare = {host, NULL};
	struct request *r = &q->r;
	struct buf b = BUF_EMPTY;
	unsigned rule, named;
	enum action want = model_policy(&whole, p, &rule);
	enum action by_name = model_policy(&bare, p, &named);
	struct verdict early, late = ask(s, r, STAGE_URL, false);
	struct verdict heard = ask(s, r, STAGE_URL, true);
	struct verdict told;

	if (late.action != want || late.rule != rule || heard.action != want ||
	    heard.rule != rule || !names_its_entry(s, r, &late, p)) {
		tell(s, r);
		fail_msg("%.*s: rule %u, not %u", STR_ARG(r->url.text),
		    late.rule + 1u, rule + 1u);
	}
	told = explain(s, r, EXPLAIN_TRACE, &b);
	assert_int_equal(told.action, want);
	buf_fini(&b);
	early = ask(s, r, STAGE_HOST, false);
	if (early.kind != VERDICT_ASK && early.kind != late.kind) {
		tell(s, r);
		fail_msg("%.*s: a final answer was taken back",
		    STR_ARG(r->url.text));
	}
	r->deepest = STAGE_HOST;
	early = ask(s, r, STAGE_HOST, false);
	if (early.action != by_name || early.rule != named) {
		tell(s, r);
		fail_msg(
		    "%s: rule %u, not %u", host, early.rule + 1u, named + 1u);
	}
}

static void
lists_say_what_their_lines_say(void **unused)
{
	unsigned by_pattern = 0, cases = 0;

	(void)unused;
	for (unsigned n = 0; n < WORLDS; n++) {
		struct policy policy[POLICIES];
		struct snapshot *s;
		struct world w;

		random_lists(&w);
		world_begin(&w);
		for (unsigned i = 0; i < ARRAY_LEN(names); i++)
			snapshot_declare(
			    w.builder, str_of(names[i]), str_of(names[i]));
		for (unsigned i = 0; i < POLICIES; i++) {
			random_policy(&policy[i]);
			give_policy(&w, &policy[i], i);
		}
		w.shared = n % 3 == 0;
		s = world_snapshot(&w);
		by_pattern += snapshot_patterns(s) > 0;
		for (unsigned i = 0; i < POLICIES * REQUESTS; i++) {
			const char *host = hosts[chance(ARRAY_LEN(hosts))];
			char client[32], text[128];
			struct query q;

			snprintf(
			    client, sizeof(client), "10.%u.0.1", i % POLICIES);
			snprintf(text, sizeof(text), "http://%s%s", host,
			    paths[chance(ARRAY_LEN(paths))]);
			query_init(&q, client, STAGE_URL, STAGE_URL, text);
			check(s, &policy[i % POLICIES], &q, host);
			query_fini(&q);
			cases++;
		}
		snapshot_free(s);
	}
	assert_true(cases >= 3000 && by_pattern > WORLDS / 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lists_say_what_their_lines_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
