/* doh_test.c - what looks like DNS over HTTPS, and what does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/table.h"
#include "filters/doh.h"

/* "www.example.com" as RFC 8484 4.1.1 asks for it. */
#define QUESTION "AAABAAABAAAAAAAAA3d3dwdleGFtcGxlA2NvbQAAAQAB"

static bool
is_asked(const char *path, const char *query, const struct request *r)
{
	struct url_parts parts = {
	    .port = 80, .path = str_of(path), .query = str_of(query)};
	char room[NAME_ROOM];
	struct url url;
	struct arena a;
	bool is;

	arena_init(&a, 0);
	parts.has_query = query[0] != '\0';
	assert_int_equal(
	    name_from_wire(STR("a.test"), room, &parts.host), NAME_OK);
	assert_int_equal(url_canon(&a, &parts, &url), 0);
	is = doh_is_asked(r, &url);
	arena_fini(&a);
	return is;
}

static void
questions_are_told_by_path_and_parameter(void **unused)
{
	static const struct {
		const char *path, *query;
		bool is;
	} rows[] = {
	    {"/dns-query", "", true},
	    {"/dns-query", "name=a.test", true},
	    {"/dns-query/", "", true},
	    {"/dns-query//", "", true},
	    {"/some/where/dns-query", "", true},
	    {"/d%6es-query", "", true},
	    {"/x/..%2fdns-query", "", true},
	    {"/dns-query;x=y", "", true},
	    {"/dns-query.html", "", false},
	    {"/my-dns-query", "", false},
	    {"/dns-query/more", "", false},
	    {"/DNS-QUERY", "", false},
	    {"/", "q=/dns-query", false},
	    {"/q", "dns=" QUESTION, true},
	    {"/q", "ct=x&dns=" QUESTION "&y", true},
	    {"/q", "DNS=" QUESTION, true},
	    {"/q", "%64ns=" QUESTION, true},
	    {"/q", "dns=" QUESTION "%3D", true},
	    /* an id of its own */
	    {"/q", "dns=q80BAAABAAAAAAAAA3d3dwdleGFtcGxlA2NvbQAAAQAB", true},
	    /* an answer, another opcode, two questions, none */
	    {"/q", "dns=AACBAAABAAAAAAAAA3d3dw", false},
	    {"/q", "dns=AAAoAAABAAAAAAAAA3d3dw", false},
	    {"/q", "dns=AAABAAACAAAAAAAAA3d3dw", false},
	    {"/q", "dns=AAABAAAAAAAAAAAAA3d3dw", false},
	    /* too short, not in the alphabet, something else */
	    {"/q", "dns=AAABAAABAAAAAAA", false},
	    {"/q", "dns=AAABAAABAAAA.AAA", false},
	    {"/q", "dns=8.8.8.8", false},
	    {"/q", "dns=content-delivery-network", false},
	    {"/q", "xdns=" QUESTION, false},
	    {"/q", "dns", false},
	};
	const struct request none = {.stage = STAGE_URL};

	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++)
		if (is_asked(rows[i].path, rows[i].query, &none) != rows[i].is)
			fail_msg("%s?%s", rows[i].path, rows[i].query);
}

static void
questions_are_told_by_their_types(void **unused)
{
	static const struct {
		const char *accept, *name, *value;
		bool is;
	} rows[] = {
	    {"application/dns-message", "", "", true},
	    {"text/html, Application/DNS-JSON;q=0.5", "", "", true},
	    {"application/dns", "", "", false},
	    {"", "Content-Type", "application/dns-message", true},
	    {"", "content-type", "application/oblivious-dns-message", true},
	    {"", "content-type", "text/plain", false},
	    {"*/*", "Accept", "application/dns-message", true}, /* a second */
	    {"", "X-Content-Type", "application/dns-message", false},
	    {"*/*", "", "", false},
	};

	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		const struct request_field field = {
		    str_of(rows[i].name), str_of(rows[i].value)};
		const struct request r = {.stage = STAGE_URL,
		    .accept = str_of(rows[i].accept),
		    .fields = &field,
		    .nfields = 1};

		if (is_asked("/x", "", &r) != rows[i].is)
			fail_msg("%s, %s: %s", rows[i].accept, rows[i].name,
			    rows[i].value);
	}
}

static void
answers_are_told_by_their_type(void **unused)
{
	struct answer a = {.type = STR("application/dns-message")};

	(void)unused;
	assert_true(doh_is_answered(&a));
	a.type = STR("Application/Dns-Json; charset=utf-8");
	assert_true(doh_is_answered(&a));
	a.type = STR("application/json");
	assert_false(doh_is_answered(&a));
	a.type = STR_NONE;
	assert_false(doh_is_answered(&a));
}

static void
text_is_found_in_letters_of_any_case(void **unused)
{
	(void)unused;
	assert_true(text_has(STR("Some Text"), STR("some")));
	assert_true(text_has(STR("Some Text"), STR("EXT")));
	assert_true(text_has(STR("aab"), STR("ab")));
	assert_true(text_has(STR("x"), STR_NONE));
	assert_true(text_has(STR_NONE, STR_NONE));
	assert_false(text_has(STR("x"), STR("xy")));
	assert_false(text_has(STR_NONE, STR("x")));
	assert_false(text_has(STR("[x"), STR("{X")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(questions_are_told_by_path_and_parameter),
	    cmocka_unit_test(questions_are_told_by_their_types),
	    cmocka_unit_test(answers_are_told_by_their_type),
	    cmocka_unit_test(text_is_found_in_letters_of_any_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
