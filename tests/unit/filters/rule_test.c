/* rule_test.c - rules as people write them: what is taken, what is refused,
 * where the caret goes and what is said. */
#include "world.h"

#include "base/table.h"

static void
init(struct world *w)
{
	world_init(w);
	world_list(w, "ut1", "adult", LIST_DOMAINS, "bad.test\n");
	world_list(w, "ut1", "gambling", LIST_DOMAINS, "casino.test\n");
	world_list(w, "school-allow", "", LIST_DOMAINS, "good.test\n");
	world_policy(w, "default", ACTION_ALLOW, ACTION_BLOCK);
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
	    {"during:lessons", 0, "unknown term \"during\""},
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
	    "url:http://a.test/x?y, port:80-90 method:GET !ip-literal";
	struct world w;

	(void)unused;
	init(&w);
	for (size_t n = 0; n < sizeof(text); n++) {
		char *copy = malloc(n ? n : 1);
		struct err err = {0};
		uint32_t column;

		assert_non_null(copy);
		memcpy(copy, text, n);
		if (world_try_rule(&w, ACTION_BLOCK, str_make(copy, n), &column,
		        &err) < 0) {
			assert_true(err.text[0] != '\0');
			assert_true(column <= n);
		}
		free(copy);
	}
	done(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_meant_is_taken),
	    cmocka_unit_test(what_is_wrong_is_shown_and_explained),
	    cmocka_unit_test(a_rule_has_a_bounded_number_of_terms),
	    cmocka_unit_test(every_prefix_of_a_rule_is_a_rule_or_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
