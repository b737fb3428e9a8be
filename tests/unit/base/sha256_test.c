/* sha256_test.c - the digests that everybody's SHA-256 gives. */
#include "base/sha256.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/table.h"

/* FIPS 180-2's examples, and the empty text. */
static void
known_digests(void **state)
{
	static const struct {
		const char *text, *want;
	} row[] = {
	    {"", "e3b0c44298fc1c149afbf4c8996fb924"
	         "27ae41e4649b934ca495991b7852b855"},
	    {"abc", "ba7816bf8f01cfea414140de5dae2223"
	            "b00361a396177a9cb410ff61f20015ad"},
	    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	        "248d6a61d20638b8e5c026930c3e6039"
	        "a33ce45964ff2167f6ecedd419db06c1"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		uint8_t d[SHA256_BYTES];
		char hex[2 * SHA256_BYTES + 1];

		sha256(row[i].text, strlen(row[i].text), d);
		for (unsigned k = 0; k < SHA256_BYTES; k++)
			snprintf(hex + 2 * k, 3, "%02x", d[k]);
		assert_string_equal(hex, row[i].want);
	}
	sha256(NULL, 0, (uint8_t[SHA256_BYTES]){0});
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(known_digests)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
