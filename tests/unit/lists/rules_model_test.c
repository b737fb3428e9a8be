/*
 * rules_model_test.c - lists of chance in all formats that name hosts, several
 * of them in one image: which lists hold for a host, against what the formats'
 * documents say of each line, in a plain loop.
 */
#include "tests/unit/lists/worlds.h"

enum {
	HOST = 1,     /* the host itself */
	BELOW = 2,    /* what is below it */
	EXCEPT = 4,   /* an exception */
	STRONG = 8,   /* only a strong exception takes it */
	CLOSEST = 16, /* an exception that the longer name beats */
	BAD = 32,     /* takes the same rule out of its file */
	DENY = 64,    /* spares its second name, in a group of its own */
	NOTHING = 128,
	BOTH = HOST | BELOW,
	PASS = EXCEPT | CLOSEST,
};

/* How a line is written, '@' for a name, and what it means for each. */
struct form {
	enum list_format format;
	const char *text;
	unsigned means;
};

/* clang-format off */
static const struct form forms[] = {
	{LIST_ADBLOCK, "||@^", BOTH},
	{LIST_ADBLOCK, "||@", BOTH},
	{LIST_ADBLOCK, "@^", BOTH},
	{LIST_ADBLOCK, "|@^", HOST},
	{LIST_ADBLOCK, "@", HOST},
	{LIST_ADBLOCK, "||*.@^", BELOW},
	{LIST_ADBLOCK, ".@", BELOW},
	{LIST_ADBLOCK, "0.0.0.0 @ @", HOST},
	{LIST_ADBLOCK, "||@^$important", BOTH | STRONG},
	{LIST_ADBLOCK, "|@^$all,important", HOST | STRONG},
	{LIST_ADBLOCK, "%%||@^", BOTH | EXCEPT},
	{LIST_ADBLOCK, "%%|@^", HOST | EXCEPT},
	{LIST_ADBLOCK, "%%||*.@^", BELOW | EXCEPT},
	{LIST_ADBLOCK, "%%||@^$important", BOTH | EXCEPT | STRONG},
	{LIST_ADBLOCK, "||@^$badfilter", BOTH | BAD},
	{LIST_ADBLOCK, "@$badfilter", HOST | BAD},
	{LIST_ADBLOCK, "%%||@^$badfilter", BOTH | EXCEPT | BAD},
	{LIST_ADBLOCK, "||@^$badfilter,important", BOTH | STRONG | BAD},
	{LIST_ADBLOCK, "||@^$denyallow=@", BOTH | DENY},
	{LIST_ADBLOCK, "||@^$important,denyallow=@", BOTH | STRONG | DENY},
	{LIST_ADBLOCK, "||@^$third-party", NOTHING},
	{LIST_ADBLOCK, "%%||@^$client=x", NOTHING},
	{LIST_ADBLOCK, "%%||@/x", NOTHING},
	{LIST_ADBLOCK, "! ||@^", NOTHING},
	{LIST_ADBLOCK, "@##.ad", NOTHING},
	{LIST_DNSMASQ, "address=/@/", BOTH},
	{LIST_DNSMASQ, "address=/@/@/0.0.0.0", BOTH},
	{LIST_DNSMASQ, "address=/@/::", BOTH},
	{LIST_DNSMASQ, "local=/@/", BOTH},
	{LIST_DNSMASQ, "server=/@/", BOTH},
	{LIST_DNSMASQ, "address=/*.@/#", BELOW},
	{LIST_DNSMASQ, "server=/@/192.0.2.1", BOTH | PASS},
	{LIST_DNSMASQ, "server=/@/@/#", BOTH | PASS},
	{LIST_DNSMASQ, "server=/*.@/192.0.2.1#53", BELOW | PASS},
	{LIST_DNSMASQ, "address=/@/192.0.2.9", NOTHING},
	{LIST_DNSMASQ, "cname=@,@", NOTHING},
	{LIST_DNSMASQ, "#address=/@/", NOTHING},
	{LIST_RPZ, "@ CNAME .", HOST},
	{LIST_RPZ, "@ 300 IN CNAME *.", HOST},
	{LIST_RPZ, "@ A 0.0.0.0", HOST},
	{LIST_RPZ, "*.@ CNAME .", BELOW},
	{LIST_RPZ, "*.@ IN CNAME rpz-drop.", BELOW},
	{LIST_RPZ, "@ CNAME rpz-passthru.", HOST | PASS},
	{LIST_RPZ, "*.@ CNAME rpz-passthru.", BELOW | PASS},
	{LIST_RPZ, "@ CNAME rpz-tcp-only.", NOTHING},
	{LIST_RPZ, "@ A 192.0.2.9", NOTHING},
	{LIST_RPZ, "@.rpz-nsdname CNAME .", NOTHING},
	{LIST_RPZ, "; @ CNAME .", NOTHING},
	{LIST_DSTDOMAIN, "@", HOST},
	{LIST_DSTDOMAIN, ".@", BOTH},
	{LIST_DSTDOMAIN, "*.@", NOTHING},
	{LIST_DSTDOMAIN, "@/x", NOTHING},
	{LIST_HOSTS, "0.0.0.0 @ @", HOST},
	{LIST_HOSTS, "::1\t@ # @", HOST},
	{LIST_HOSTS, "192.0.2.9 @", NOTHING},
	{LIST_EXACT, "@", HOST},
	{LIST_EXACT, "https://@:443/", HOST},
	{LIST_EXACT, "*.@", NOTHING},
	{LIST_DOMAINS, "@", BOTH},
	{LIST_DOMAINS, "*.@", BOTH},
	{LIST_DOMAINS, "http://@/", BOTH},
	{LIST_DOMAINS, "@:8080", NOTHING},
	{LIST_URLS, "@/#part", BOTH},
	{LIST_URLS, "@/x", NOTHING},
	{LIST_V2FLY, "@", BOTH},
	{LIST_V2FLY, "domain:@ %ads", BOTH},
	{LIST_V2FLY, "full:@ &other", HOST},
	{LIST_V2FLY, "full:@ %cn %!us # x", HOST},
	{LIST_V2FLY, "suffix:@", NOTHING},
	{LIST_E2_SITES, "\"@\"", BOTH},
	{LIST_E2_SITES, "@ # @", BOTH},
};
/* clang-format on */

#define FILES 5
#define RULES 14 /* lines of a file; up to two names each */
#define NAMES 16

struct rule {
	char name[64]; /* canonical */
	unsigned means, group;
	bool gone;
};

static struct world {
	enum list_format format[FILES];
	const char *list[FILES], *category[FILES];
	struct buf text[FILES];
	struct rule rule[FILES][2 * RULES];
	unsigned n[FILES];
} world;

static const struct {
	const char *canonical, *written[3];
} label[] = {
    {"a", {"a", "A", "a"}},
    {"b", {"b", "b", "B"}},
    {"xn--80ao21a", {"қаз", "xn--80ao21a", "XN--80AO21A"}},
    {"xn--bcher-kva", {"bücher", "BÜCHER", "xn--bcher-kva"}},
};

/* One of few names, each label in one of its spellings. */
static void
random_name(char canonical[64], char written[64])
{
	size_t c = 0, w = 0;

	for (unsigned i = 1 + worlds_below(3); i-- > 0;) {
		unsigned k = worlds_below(ARRAY_LEN(label));

		c += (size_t)snprintf(
		    canonical + c, 64 - c, "%s.", label[k].canonical);
		w += (size_t)snprintf(written + w, 64 - w, "%s.",
		    label[k].written[worlds_below(3)]);
	}
	snprintf(canonical + c, 64 - c, "test");
	snprintf(written + w, 64 - w, worlds_below(4) ? "test" : "TEST");
}

static void
add_rule(unsigned f, const char *name, unsigned means, unsigned group)
{
	struct rule *r = &world.rule[f][world.n[f]++];

	assert_true(world.n[f] <= 2 * RULES);
	*r = (struct rule){.means = means, .group = group};
	memcpy(r->name, name, strlen(name) + 1);
}

/* Write a line and what it means. '%' is '@' as itself. */
static void
add_line(unsigned f, const struct form *form, unsigned line)
{
	char canonical[64], written[64];
	bool behind = false, second = false; /* behind '#': a comment */

	for (const char *p = form->text; *p; p++) {
		if (*p != '@') {
			buf_add_char(
			    &world.text[f], (char)(*p == '%' ? '@' : *p));
			behind |= *p == '#' && p[1] == ' ';
			continue;
		}
		random_name(canonical, written);
		buf_add_str(&world.text[f], str_of(written));
		if (behind || form->means & NOTHING)
			continue;
		if (!(form->means & DENY))
			add_rule(f, canonical, form->means, 0);
		else if (second)
			add_rule(f, canonical,
			    BOTH | EXCEPT | (form->means & STRONG), line);
		else
			add_rule(
			    f, canonical, form->means & ~(unsigned)DENY, line);
		second = true;
	}
	buf_add_char(&world.text[f], '\n');
}

static const struct form *
form_of(enum list_format format)
{
	const struct form *form;

	do
		form = &forms[worlds_below(ARRAY_LEN(forms))];
	while (form->format != format);
	return form;
}

static void
take_bad_ones_out(unsigned f)
{
	for (unsigned i = 0; i < world.n[f]; i++)
		for (unsigned k = 0; k < world.n[f]; k++) {
			struct rule *bad = &world.rule[f][i];
			struct rule *r = &world.rule[f][k];

			if (bad->means & BAD && !r->group &&
			    (r->means | BAD) == bad->means &&
			    strcmp(r->name, bad->name) == 0)
				r->gone = true;
		}
}

static struct buf
make_world(void)
{
	static const char *const list[] = {"l", "m"}, *const cat[] = {"c", ""};
	struct build_source src[FILES];

	for (unsigned f = 0; f < FILES; f++) {
		world.format[f] = forms[worlds_below(ARRAY_LEN(forms))].format;
		world.list[f] = list[worlds_below(2)];
		world.category[f] = cat[worlds_below(2)];
		world.n[f] = 0;
		buf_reset(&world.text[f]);
		for (unsigned i = 1; i <= RULES; i++)
			add_line(f, form_of(world.format[f]), i);
		take_bad_ones_out(f);
		src[f] = (struct build_source){world.list[f], world.category[f],
		    world.format[f], buf_str(&world.text[f])};
	}
	return build(src, FILES);
}

/* ---- the plain loop */

static bool
speaks_of(const struct rule *r, const char *host)
{
	size_t n = strlen(host), e = strlen(r->name);

	if (r->gone || r->means & BAD || n < e ||
	    strcmp(host + n - e, r->name) != 0)
		return false;
	if (n == e)
		return r->means & HOST;
	return host[n - e - 1] == '.' && r->means & BELOW;
}

static bool
same_list(unsigned f, unsigned g)
{
	return strcmp(world.list[f], world.list[g]) == 0 &&
	       strcmp(world.category[f], world.category[g]) == 0;
}

/* Is there an exception in the list of file <f> that takes rule <r>? */
static bool
is_taken(unsigned f, const struct rule *r, const char *host)
{
	for (unsigned g = 0; g < FILES; g++)
		for (unsigned i = 0; same_list(f, g) && i < world.n[g]; i++) {
			const struct rule *e = &world.rule[g][i];

			if (!(e->means & EXCEPT) || !speaks_of(e, host) ||
			    (e->group && (g != f || e->group != r->group)) ||
			    (r->means & STRONG && !(e->means & STRONG)) ||
			    (e->means & CLOSEST &&
			        strlen(e->name) < strlen(r->name)))
				continue;
			return true;
		}
	return false;
}

static bool
file_holds(unsigned f, const char *host)
{
	for (unsigned i = 0; i < world.n[f]; i++) {
		const struct rule *r = &world.rule[f][i];

		if (!(r->means & EXCEPT) && speaks_of(r, host) &&
		    !is_taken(f, r, host))
			return true;
	}
	return false;
}

/* ---- the question */

/* The first number of each file's sources: they stand in order. */
static unsigned
file_of(const struct image *im, uint16_t id)
{
	struct image_source s;
	unsigned f = 0;

	for (uint16_t i = 0; i <= id; i++) {
		assert_true(image_source(im, i, &s));
		f += s.lines > 0; /* only the first of a file has some */
	}
	assert_true(f > 0);
	return f - 1;
}

static unsigned
compare(const struct image *im, const char *host)
{
	const struct image_held *held = worlds_held(im, str_of(host));
	bool is[FILES] = {false};
	unsigned n = 0;

	assert_false(held->more);
	for (uint32_t i = 0; i < held->n; i++)
		is[file_of(im, held->v[i].source)] = true;
	for (unsigned f = 0; f < FILES; f++) {
		bool want = file_holds(f, host);

		n += want;
		if (want == is[f])
			continue;
		for (unsigned g = 0; g < FILES; g++)
			print_message("---- %s, %s, %s\n%.*s",
			    list_format_name(world.format[g]), world.list[g],
			    world.category[g],
			    STR_ARG(buf_str(&world.text[g])));
		fail_msg(
		    "%s: file %u should %shold", host, f, want ? "" : "not ");
	}
	return n;
}

static void
what_holds_is_what_the_documents_say(void **state)
{
	unsigned held = 0, asked = 0;

	(void)state;
	worlds_seed = 20;
	for (unsigned w = 0; w < 500; w++) {
		struct buf b = make_world();
		struct image im = build_view(&b);

		for (unsigned k = 0; k < 60; k++, asked += FILES) {
			char host[64], written[64];

			random_name(host, written);
			held += compare(&im, host);
		}
		buf_fini(&b);
	}
	/* or the questions are no test */
	assert_true(held > asked / 10 && held < asked * 9 / 10);
	for (unsigned f = 0; f < FILES; f++)
		buf_fini(&world.text[f]);
}

/* Each form alone: where it holds, and that it is rejected or skipped where
 * it means nothing. */
static void
each_form_alone_is_as_the_table_says(void **state)
{
	static const char *const ask[] = {"a.test", "b.a.test", "ba.test"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		struct buf text = BUF_EMPTY, b;
		unsigned want = forms[i].means;
		struct build_source src = {
		    "l", "c", forms[i].format, {NULL, 0}};
		struct image im;

		for (const char *p = forms[i].text; *p; p++)
			if (*p == '@')
				buf_add_str(&text, STR("a.test"));
			else
				buf_add_char(&text, *p == '%' ? '@' : *p);
		/* what is spared is all that there is */
		if (want & (EXCEPT | BAD | DENY | NOTHING))
			want = 0;
		src.text = buf_str(&text);
		b = build(&src, 1);
		im = build_view(&b);
		for (unsigned k = 0; k < ARRAY_LEN(ask); k++) {
			bool held = worlds_held(&im, str_of(ask[k]))->n > 0;

			if (held != (k < 2 && (want >> k & 1)))
				fail_msg("%.*s: %s", STR_ARG(src.text), ask[k]);
		}
		buf_fini(&b);
		buf_fini(&text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_form_alone_is_as_the_table_says),
	    cmocka_unit_test(what_holds_is_what_the_documents_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
