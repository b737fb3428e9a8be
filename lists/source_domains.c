/*
 * source_domains.c - a domain, an address or a network a line; and the format
 * in which only the hosts themselves are meant.
 */
#include "lists/address.h"
#include "lists/source.h"
#include "lists/source_reader.h"

/* "10.0.0.0/8": <n> is the address in <host>, <rest> the slash and what is
 * behind. */
static const char *
network(struct name n, struct str host, struct str rest, struct source_entry *e)
{
	bool v6 = str_find(host, ':', 0) < host.n;
	unsigned bytes = n.kind == NAME_IPV4 ? 4 : 16;
	unsigned least = bytes == 4 ? SOURCE_NET4_LEAST : SOURCE_NET6_LEAST;
	uint64_t bits;

	if (!str_to_u64(str_sub(rest, 1, rest.n), &bits) ||
	    bits > (v6 ? 128 : 32))
		return "what stands behind the slash is no length of a prefix";
	if (v6 && bytes == 4)
		bits =
		    bits > SOURCE_MAPPED_BITS ? bits - SOURCE_MAPPED_BITS : 0;
	if (bits == 0)
		return "matches everything";
	if (bits < least)
		return "the network is too wide";
	*e = (struct source_entry){
	    .kind = SOURCE_NET, .bytes = (uint8_t)bytes, .bits = (uint8_t)bits};
	memcpy(e->addr, n.addr, bytes);
	address_mask(e->addr, bytes, (unsigned)bits);
	return NULL;
}

void
source_domains(struct str line, const struct source_sink *sink)
{
	struct source_parts parts;
	struct source_entry e;
	char room[NAME_ROOM];
	struct name n;
	const char *why = source_parts(line, &parts);
	bool bare = parts.rest.n == 0 || str_eq(parts.rest, STR("/"));

	if (!why) {
		source_wildcard(&parts.host);
		why = source_name(parts.host, room, &n);
	}
	if (!why && !bare) {
		if (parts.scheme || !name_is_address(n))
			why = "has a path: use the format urls";
		else
			why = network(n, parts.host, parts.rest, &e);
	}
	if (why)
		sink->reject(sink->ctx, why);
	else if (bare)
		source_emit_name(n, 0, sink);
	else
		sink->entry(sink->ctx, &e);
}

void
source_exact(struct str line, const struct source_sink *sink)
{
	struct source_parts parts;
	char room[NAME_ROOM];
	struct name n;
	const char *why = source_parts(line, &parts);

	if (!why && source_wildcard(&parts.host))
		why = "means what is below too: use the format domains";
	if (!why)
		why = source_name(parts.host, room, &n);
	if (!why && parts.rest.n && !str_eq(parts.rest, STR("/")))
		why = "more than a host: use the format urls or domains";
	if (why)
		sink->reject(sink->ctx, why);
	else
		source_emit_name(n, IMAGE_SELF, sink);
}

void
source_dstdomain(struct str line, const struct source_sink *sink)
{
	char room[NAME_ROOM];
	struct str host = line;
	struct name n;
	bool below = str_starts(line, STR("."));
	const char *why;

	if (below)
		host = str_sub(line, 1, line.n);
	why = source_name(host, room, &n);
	if (why)
		sink->reject(sink->ctx, why);
	else if (below && name_is_address(n))
		sink->reject(sink->ctx, "nothing is below an address");
	else
		source_emit_name(n, below ? 0 : IMAGE_SELF, sink);
}
