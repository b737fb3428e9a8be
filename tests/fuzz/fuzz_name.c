/* fuzz_name.c - any bytes as a host: canonical of canonical is itself. */
#include <stdlib.h>

#include "lists/name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
again(struct name n)
{
	char in[NAME_ROOM + 2], room[NAME_ROOM];
	struct name m;
	int len = snprintf(
	    in, sizeof(in), n.kind == NAME_IPV6 ? "[%.*s]" : "%.*s", n.n, n.p);

	if (n.n == 0 || n.n > 253 || n.kind == NAME_NONE || n.p[n.n])
		abort();
	if (name_from_wire(str_make(in, (size_t)len), room, &m) != NAME_OK ||
	    !name_eq(n, m))
		abort();
	if (name_from_text(str_make(in, (size_t)len), room, &m) != NAME_OK ||
	    !name_eq(n, m))
		abort();
	if (!str_ends(name_str(n), name_site(n)))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = str_make((const char *)data, size);
	char wire_room[NAME_ROOM], text_room[NAME_ROOM];
	struct name wire, text;

	bool wired = name_from_wire(s, wire_room, &wire) == NAME_OK;
	bool read = name_from_text(s, text_room, &text) == NAME_OK;

	if (wired)
		again(wire);
	if (read)
		again(text);
	/* What a wire may say, a list may too, and means the same. */
	if (wired && (!read || !name_eq(wire, text)))
		abort();
	if (!wired && wire.n)
		abort();
	return 0;
}
