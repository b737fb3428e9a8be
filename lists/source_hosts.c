/* source_hosts.c - hosts files: an address that leads nowhere, then names. */
#include "lists/source.h"

static struct str
next_word(struct str *s)
{
	size_t end = 0;
	struct str word;

	*s = str_trim(*s);
	while (end < s->n && s->p[end] != ' ' && s->p[end] != '\t')
		end++;
	word = str_sub(*s, 0, end);
	*s = str_sub(*s, end, s->n);
	return word;
}

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

/* 0.0.0.0, ::, and the loopback: a host that is sent there is blocked. */
static bool
is_sink(struct name n)
{
	static const uint8_t zero[16];

	if (n.kind == NAME_IPV4)
		return n.addr[0] == 127 || memcmp(n.addr, zero, 4) == 0;
	return n.kind == NAME_IPV6 && memcmp(n.addr, zero, 15) == 0 &&
	       n.addr[15] <= 1;
}

void
source_hosts(struct str line, const struct source_sink *sink)
{
	char room[NAME_ROOM];
	struct name n;
	struct str first = next_word(&line), word, zone;
	bool sinks;

	str_cut(first, '%', &first, &zone); /* "fe80::1%lo0 localhost" */
	if (name_from_text(first, room, &n) != NAME_OK || !name_is_address(n)) {
		sink->reject(sink->ctx, "begins with no address");
		return;
	}
	sinks = is_sink(n);
	word = next_word(&line);
	if (word.n == 0)
		sink->reject(sink->ctx, "no name behind the address");
	for (; word.n; word = next_word(&line)) {
		const char *why;

		if (is_own(word))
			continue;
		why = sinks ? source_name(word, room, &n)
		            : "the address is a real one, not 0.0.0.0";
		if (why)
			sink->reject(sink->ctx, why);
		else if (!is_sink(n)) /* "0.0.0.0 0.0.0.0" is in many */
			source_emit_name(n, sink);
	}
}
