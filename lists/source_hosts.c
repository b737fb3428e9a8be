/* source_hosts.c - hosts files: an address that leads nowhere, then names. */
#include "lists/source.h"
#include "lists/source_reader.h"

/* Names that every hosts file has for the machine itself. */
static bool
is_own(struct str word)
{
	static const char *const own[] = {"localhost", "localhost.localdomain",
	    "localhost4", "localhost6", "local", "broadcasthost"};

	if (word.n > 4 && str_eq_nocase(str_sub(word, 0, 4), STR("ip6-")))
		return true;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (str_eq_nocase(word, str_of(own[i])))
			return true;
	return false;
}

void
source_hosts(struct str line, const struct source_sink *sink)
{
	char room[NAME_ROOM];
	struct name n;
	struct str first, word, zone;
	bool sinks;

	str_cut(line, '#', &line, &zone);
	first = source_word(&line);
	str_cut(first, '%', &first, &zone); /* "fe80::1%lo0 localhost" */
	if (name_from_text(first, room, &n) != NAME_OK || !name_is_address(n)) {
		sink->reject(sink->ctx, "begins with no address");
		return;
	}
	sinks = source_is_sink(n);
	word = source_word(&line);
	if (word.n == 0)
		sink->reject(sink->ctx, "no name behind the address");
	for (; word.n; word = source_word(&line)) {
		const char *why;

		if (is_own(word))
			continue;
		why = sinks ? source_name(word, room, &n)
		            : "the address is a real one, not 0.0.0.0";
		if (why)
			sink->reject(sink->ctx, why);
		else if (!source_is_sink(n)) /* "0.0.0.0 0.0.0.0" is in many */
			source_emit_name(n, IMAGE_SELF, sink);
	}
}
