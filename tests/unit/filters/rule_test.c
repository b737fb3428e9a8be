/* rule_test.c - rules as people write them: what is taken, what is refused,
 * where the caret goes and what is said. */
#include "world.h"

#include "base/table.h"
#include "filters/schedule.h"

static void
add_schedule(struct world *w, const char *name)
{
	const struct schedule_def d = {
	    .name = str_of(name), .where = {STR("test.conf"), 1, 1}};

	assert_int_equal(snapshot_schedule(w->builder, &d, NULL), 0);
}

static void
add_theme(struct world *w, const char *name)
{
	const struct theme_def d = {.name = str_of(name),
	    .severity = SEVERITY_CAUTION,
	    .text = STR("some words\n"),
	    .where = {STR("test.conf"), 1, 1}};

	assert_int_equal(snapshot_theme(w->builder, &d, NULL), 0);
}

static void
init(struct world *w)
{
	world_init(w);
	world_list(w, "ut1", "adult", LIST_DOMAINS, "bad.test\n");
	world_list(w, "ut1", "gambling", LIST_DOMAINS, "casino.test\n");
	world_list(w, "school-allow", "", LIST_DOMAINS, "good.test\n");
	world_policy(w, "default", ACTION_ALLOW, ACTION_BLOCK);
	add_schedule(w, "lessons");
	add_schedule(w, "night");
	add_theme(w, "self-harm");
	add_theme(w, "drugs");
	world_group(w, "pupils", "default", "10.1.0.0/16");
}

static void
done(struct world *w)
{
	snapshot_free(world_snapshot(w));
}

static void
what_is_meant_is_taken(void **unused)
{
	static const char *const good[] = {
	    "any",
	    "!any",
	    "category:adult",
	    "list:school-allow",
	    "category:adult, category:gambling",
	    "category:adult,category:gambling",
	    "  category:adult   !list:school-allow\t,any  ",
	    "host:a.test",
	    "host:A.TEST.",
	    "host:b\xc3\xbc"
	    "cher.test",
	    "host:192.0.2.1",
	    "host:192.0.2.0/24",
	    "host:2001:db8::1",
	    "host:[2001:db8::1]",
	    "host:2001:db8::/32",
	    "url:a.test/x",
	    "url:http://a.test/x?y=z",
	    "url:https://a.test",
	    "url:[2001:db8::1]/x",
	    "regex:x",
	    "regex:/a b,c/",
	    "regex:/a\\/b/,any",
	    "regex:/a\\/b/ any",
	    "port:1",
	    "port:65535",
	    "port:1-65535",
	    "port:80-80",
	    "method:GET",
	    "method:M-SEARCH",
	    "ip-literal",
	    "!ip-literal !port:443",
	    "during:lessons",
	    "!during:night",
	    "group:pupils",
	    "group:default",
	    "group:\"pupils\"",
	    "category:\"adult\" !list:\"school-allow\"",
	    "during:\"lessons\"",
	    "user:aigerim",
	    "user:SCHOOL\\aigerim",
	    "user:aigerim@SCHOOL.TEST",
	    "user:\"Anna Maria\"",
	    "user:\"x,y\", any",
	    "search:any",
	    "search:self-harm",
	    "search>=advisory",
	    "search>=caution, search>=danger",
	    "header:X-Token",
	    "header:X-Token=abc",
	    "header:X-Token=a=b:c>d",
	    "header:\"X-Token=a b, c\"",
	    "ua:curl/",
	    "ua:\"Opera Mini\"",
	    "referer:a.test",
	    "referer:192.0.2.1",
	    "visibility:ip, visibility:sni, visibility:url, visibility:content",
	    "type:video/",
	    "type:video/*",
	    "type:Video/MP4",
	    "type:application/vnd.ms-excel",
	    "ext:exe",
	    "ext:EXE, ext:7z, ext:tar~",
	    "size>1KiB",
	    "size>10MiB !size>2gib",
	    "disguised",
	    "!doh",
	};
	struct world w;

	(void)unused;
	init(&w);
	for (unsigned i = 0; i < ARRAY_LEN(good); i++)
		world_rule(&w, ACTION_BLOCK, good[i]);
	done(&w);
}

static void
what_is_wrong_is_shown_and_explained(void **unused)
{
	static const struct {
		const char *text;
		uint32_t column;
		const char *says;
	} rows[] = {
	    {"", 0, "expected a term"},
	    {"   ", 3, "expected a term"},
	    {",any", 0, "expected a term"},
	    {"any,", 4, "behind the comma"},
	    {"any,,any", 4, "behind the comma"},
	    {"any, ,any", 5, "behind the comma"},
	    {"! any", 1, "right behind the \"!\""},
	    {"!", 1, "right behind the \"!\""},
	    {"!!any", 1, "unknown term"},
	    {":x", 0, "before the \":\""},
	    {"category:adlut", 9, "did you mean \"adult\"?"},
	    {"category:adults", 9, "did you mean \"adult\"?"},
	    {"any category:gamblng", 13, "did you mean \"gambling\"?"},
	    {"category:zzzzzz", 9, "unknown category \"zzzzzz\""},
	    {"category:ADULT", 9, "unknown category"},
	    {"category:", 9, "needs a value"},
	    {"category: adult", 9, "needs a value"},
	    {"category", 0, "write category:..."},
	    {"list:school_allow", 5, "did you mean \"school-allow\"?"},
	    {"list:adult", 5, "unknown list"},
	    {"catgory:adult", 0, "did you mean \"category\"?"},
	    {"any, hosts:a.test", 5, "did you mean \"host\"?"},
	    {"adult", 0, "did you mean \"category:adult\"?"},
	    {"!school-allow", 1, "did you mean \"list:school-allow\"?"},
	    {"phrases>=120", 0, "there are category: list:"},
	    {"during:lesons", 7, "did you mean \"lessons\"?"},
	    {"any during:holiday", 11, "section [schedule NAME]"},
	    {"during:", 7, "needs a value"},
	    {"during", 0, "write during:..."},
	    {"during lessons", 0, "write during:..."},
	    {"during>lessons", 0, "\"during>\" is not known: write during:..."},
	    {"lessons", 0, "unknown term"},
	    {"search:self_harm", 7, "did you mean \"self-harm\"?"},
	    {"search:weather", 7, "section [terms NAME]"},
	    {"search>=cation", 8, "did you mean \"caution\"?"},
	    {"search>=none", 8, "advisory, caution and danger"},
	    {"search>danger", 0, "\"search>\" is not known: write search:..."},
	    {"search>=", 8, "search>= needs a value"},
	    {"header:", 7, "needs a value"},
	    {"header:a b", 9, "unknown term"},
	    {"header:X@Y=z", 7, "not the name of a header"},
	    {"header:=z", 7, "not the name of a header"},
	    {"header:X=", 7, "write header:X"},
	    {"header:\"X=a", 7, "no other at its end"},
	    {"header:\"X=a\"b", 12, "behind the quoted text"},
	    {"header:\"\"", 8, "needs a value"},
	    {"user:\"", 5, "no other at its end"},
	    {"referer:a..test", 8, "is not a host"},
	    {"referer:http://a.test/", 8, "is not a host"},
	    {"referer:10.0.0.0/8", 8, "is not a host"},
	    {"visibility:snii", 11, "did you mean \"sni\"?"},
	    {"visibility:everything", 11, "ip, sni, url and content"},
	    {"type:video", 5, "not a type such as video/mp4"},
	    {"type:/mp4", 5, "not a type"},
	    {"type:*/mp4/x", 5, "not a type"},
	    {"type:*/*", 5, "for answers of all types write any"},
	    {"type:*/mp4", 5, "not a type"},
	    {"type:vid*/", 5, "not a type"},
	    {"type:video/m*", 5, "not a type"},
	    {"type:video/mp4;q=1", 5, "not a type"},
	    {"ext:.exe", 4, "write it without the dot: ext:exe"},
	    {"ext:a.b", 4, "not the end of a file's name"},
	    {"ext:a/b", 4, "not the end of a file's name"},
	    {"ext:\xd1\x8f", 4, "not the end of a file's name"},
	    {"ext:12345678901234567", 4, "not the end of a file's name"},
	    {"size>10", 5, "not a size"},
	    {"size>10MB", 5, "not a size"},
	    {"size>MiB", 5, "not a size"},
	    {"size>0KiB", 5, "not a size"},
	    {"size>-1KiB", 5, "not a size"},
	    {"size>18446744073709551616KiB", 5, "not a size"},
	    {"size>18014398509481984KiB", 5, "not a size"},
	    {"size>", 5, "size> needs a value"},
	    {"size:10MiB", 0, "\"size:\" is not known: write size>..."},
	    {"size>=10MiB", 0, "\"size>=\" is not known: write size>..."},
	    {"size<10MiB", 0, "unknown term \"size<10MiB\""},
	    {"disguised:yes", 0, "takes no value"},
	    {"disguise", 0, "did you mean \"disguised\"?"},
	    {">=danger", 0, "before the \">=\""},
	    {"ip-literal:yes", 0, "takes no value"},
	    {"any:", 0, "takes no value"},
	    {"host:.a.test", 5, "covers all below"},
	    {"host:*.a.test", 5, "covers all below"},
	    {"host:a..test", 5, "is not a host"},
	    {"host:256.1.1.1", 5, "is not a host"},
	    {"host:a.test/x", 5, "write url:a.test/x"},
	    {"host:10.0.0.1/8", 5, "not a network"},
	    {"host:10.0.0.0/33", 5, "not a network"},
	    {"url:ftp://a.test/", 4, "only http and https"},
	    {"url:u@a.test/", 4, "user name"},
	    {"url:a.test:8080/x", 4, "port:8080"},
	    {"port:", 5, "needs a value"},
	    {"port:http", 5, "not a port"},
	    {"port:0", 5, "1 to 65535"},
	    {"port:65536", 5, "1 to 65535"},
	    {"port:90-80", 5, "lower one first"},
	    {"port:80-", 5, "not a port"},
	    {"port:-80", 5, "not a port"},
	    {"port:+80", 5, "not a port"},
	    {"method:G@T", 7, "not a method"},
	    {"regex:a(b", 9, "does not compile"},
	    {"any regex:a[b any", 13, "does not compile"},
	    {"regex:/a(b/", 10, "does not compile"},
	    {"regex:/ab", 6, "no other at its end"},
	    {"regex:/ab\\/", 6, "no other at its end"},
	    {"regex:/ab\\", 6, "no other at its end"},
	    {"regex://", 7, "needs a value"},
	    {"regex:/a/b", 9, "inside of it is written \\/"},
	    {"regex:a{1,3}", 10, "unknown term"},
	};
	struct world w;

	(void)unused;
	init(&w);
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = {0};
		uint32_t column = 999;

		if (world_try_rule(&w, ACTION_BLOCK, str_of(rows[i].text),
		        &column, &err) == 0)
			fail_msg("\"%s\" was taken", rows[i].text);
		if (column != rows[i].column || !strstr(err.text, rows[i].says))
			fail_msg("\"%s\": column %u: %s", rows[i].text, column,
			    err.text);
	}
	done(&w);
}

static void
a_rule_has_a_bounded_number_of_terms(void **unused)
{
	struct buf b = BUF_EMPTY;
	struct err err = {0};
	uint32_t column;
	struct world w;

	(void)unused;
	init(&w);
	for (unsigned i = 0; i < 256; i++)
		buf_addf(&b, "%sport:%u", i ? ", " : "", i + 1);
	assert_int_equal(
	    world_try_rule(&w, ACTION_BLOCK, buf_str(&b), &column, &err), 0);
	buf_add_str(&b, STR(" any"));
	assert_int_equal(
	    world_try_rule(&w, ACTION_BLOCK, buf_str(&b), &column, &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_int_equal(column, b.n - 3);
	while (b.n < 20000)
		buf_add_str(&b, STR(", any"));
	assert_int_equal(
	    world_try_rule(&w, ACTION_BLOCK, buf_str(&b), &column, &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	buf_fini(&b);
	done(&w);
}

static void
every_prefix_of_a_rule_is_a_rule_or_an_error(void **unused)
{
	static const char text[] =
	    "category:adult !host:2001:db8::/32, regex:/a\\/ [,]/ "
	    "url:http://a.test/x?y, port:80-90 method:GET !ip-literal, "
	    "during:lessons group:pupils user:\"a b\" search:drugs, "
	    "search>=danger header:\"X=a b\" ua:x referer:b.test, "
	    "visibility:url type:video/mp4 ext:exe size>10MiB disguised doh";
	struct world w;

	(void)unused;
	init(&w);
	for (size_t n = 0; n < sizeof(text); n++) {
		char *copy = malloc(n ? n : 1);
		struct err err = {0};
		uint32_t column;

		assert_non_null(copy);
		memcpy(copy, text, n);
		/* a prefix of a group's name is none */
		if (str_search(str_make(copy, n), STR("group:")) < n &&
		    str_search(str_make(copy, n), STR("group:pupils")) == n) {
			free(copy);
			continue;
		}
		if (world_try_rule(&w, ACTION_BLOCK, str_make(copy, n), &column,
		        &err) < 0) {
			assert_true(err.text[0] != '\0');
			assert_true(column <= n);
		}
		free(copy);
	}
	done(&w);
}

static void
a_group_that_is_not_there_is_told_with_its_place(void **unused)
{
	static const struct {
		const char *rule, *says;
	} rows[] = {
	    {"group:pupil", "test.conf:1:15: unknown group \"pupil\"; did you "
	                    "mean \"pupils\"?"},
	    {"any, !group:teachers",
	        "test.conf:1:21: unknown group \"teachers\": there is no such "
	        "section"},
	    {"group:pupils group:pupil", "test.conf:1:15: unknown group"},
	    {"group:pupils group:\"Year 7\"",
	        "test.conf:1:29: unknown group \"Year 7\""},
	};

	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = {0};
		struct world w;

		world_init(&w);
		world_policy(&w, "default", ACTION_ALLOW, ACTION_BLOCK);
		world_rule(&w, ACTION_BLOCK, rows[i].rule);
		world_group(&w, "pupils", "default", "10.1.0.0/16");
		assert_null(snapshot_finish(w.builder, &err));
		if (!strstr(err.text, rows[i].says))
			fail_msg("%s: %s", rows[i].rule, err.text);
	}
}

static void
what_has_to_be_filled_in_is_what_terms_ask_for(void **unused)
{
	static const struct {
		const char *rule;
		unsigned wants;
	} rows[] = {
	    {"any", 0},
	    {"category:adult host:a.test", 0},
	    {"ua:x, referer:a.test, search:any, during:night", 0},
	    {"!user:x", SNAPSHOT_WANTS_USER},
	    {"header:x", SNAPSHOT_WANTS_FIELDS},
	    {"any, size>1KiB", SNAPSHOT_WANTS_HEAD},
	    {"!type:video/", SNAPSHOT_WANTS_HEAD},
	    {"ext:exe", SNAPSHOT_WANTS_HEAD},
	    {"disguised", SNAPSHOT_WANTS_HEAD},
	    {"visibility:content", SNAPSHOT_WANTS_HEAD},
	    {"doh", SNAPSHOT_WANTS_HEAD | SNAPSHOT_WANTS_FIELDS},
	    {"user:x header:y", SNAPSHOT_WANTS_USER | SNAPSHOT_WANTS_FIELDS},
	};

	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		struct snapshot *s;
		struct world w;

		init(&w);
		world_rule(&w, ACTION_BLOCK, rows[i].rule);
		s = world_snapshot(&w);
		if (snapshot_wants(s) != rows[i].wants)
			fail_msg("%s: %x", rows[i].rule, snapshot_wants(s));
		snapshot_free(s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_meant_is_taken),
	    cmocka_unit_test(what_is_wrong_is_shown_and_explained),
	    cmocka_unit_test(a_rule_has_a_bounded_number_of_terms),
	    cmocka_unit_test(every_prefix_of_a_rule_is_a_rule_or_an_error),
	    cmocka_unit_test(a_group_that_is_not_there_is_told_with_its_place),
	    cmocka_unit_test(what_has_to_be_filled_in_is_what_terms_ask_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
