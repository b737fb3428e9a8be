/* fuzz_token.c - any bytes as a token: refused unless it is one of ours, and
 * then there is no other spelling of it. */
#include <stdint.h>
#include <stdlib.h>

#include "base/buf.h"
#include "proxy/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t key[TOKEN_KEY] = {1};
	struct str text = str_make((const char *)data, size);
	uint8_t room[TOKEN_BYTES];
	struct buf b = BUF_EMPTY;
	struct token t = {.expires = 500}, back;

	if (token_read(text, key, 0, room, &t) == TOKEN_OK) {
		if (!token_write(&t, key, &b) || !str_eq(buf_str(&b), text))
			abort();
		buf_reset(&b);
	}
	/* its bytes as texts of one that is ours */
	t = (struct token){.expires = 500};
	for (unsigned i = 0; i < TOKEN_TEXTS; i++)
		t.text[i] = str_sub(
		    text, size / TOKEN_TEXTS * i, size / TOKEN_TEXTS + 1);
	if (token_write(&t, key, &b)) {
		if (token_read(buf_str(&b), key, 0, room, &back) != TOKEN_OK)
			abort();
		for (unsigned i = 0; i < TOKEN_TEXTS; i++)
			if (!str_eq(back.text[i], t.text[i]))
				abort();
		if (size && b.n) {
			b.p[data[0] % b.n] ^= 1;
			if (token_read(buf_str(&b), key, 0, room, &back) ==
			    TOKEN_OK)
				abort();
		}
	}
	buf_fini(&b);
	return 0;
}
