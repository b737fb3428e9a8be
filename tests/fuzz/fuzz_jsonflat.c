/* fuzz_jsonflat.c - any bytes; and a text survives writing and reading. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/json.h"
#include "review/jsonflat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = {(const char *)(const void *)data, size};
	struct jsonflat f = {0};
	struct buf b = BUF_EMPTY;

	if (!jsonflat_read(&f, in) && f.n)
		abort();
	json_open(&b, '{');
	json_key_str(&b, "x", in);
	json_close(&b, '}');
	if (!jsonflat_read(&f, buf_str(&b)) || f.n != 1 ||
	    !str_eq(jsonflat_get(&f, "x"), in))
		abort();
	for (size_t i = 0; i < b.n; i++)
		if ((unsigned char)b.p[i] < 0x20 || b.p[i] == 0x7f)
			abort();
	buf_fini(&b);
	jsonflat_fini(&f);
	return 0;
}
