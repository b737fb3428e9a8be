/*
 * source_dnsmasq.c - "address=/a/b/0.0.0.0", "local=/a/", "server=/a/1.1.1.1".
 *
 * The most specific name wins there: a server= within a blocked domain lets
 * through, and a longer address= below it blocks again.
 */
#include "base/utf8.h"
#include "lists/source_reader.h"

/* What stands behind the last slash: is a host that is sent there blocked? */
enum outcome {
	BLOCKED, /* nowhere */
	ASKED,   /* as any other, of that server */
	REWRITTEN,
	BROKEN,
};

static enum outcome
outcome_of(bool address, struct str to)
{
	char room[NAME_ROOM];
	struct name n;

	if (to.n == 0 || (address && str_eq(to, STR("#"))))
		return BLOCKED;
	if (!address)
		return ASKED;
	if (name_from_text(to, room, &n) != NAME_OK || !name_is_address(n))
		return BROKEN;
	return source_is_sink(n) ? BLOCKED : REWRITTEN;
}

static void
one(struct source_reader *r, struct str host, unsigned role,
    const struct source_sink *sink)
{
	struct source_glob g = {.text = host, .end = true};
	char room[NAME_ROOM];
	const char *why;
	struct name n;

	if (str_eq(host, STR("#"))) {
		sink->reject(sink->ctx, "matches everything");
		return;
	}
	if (str_starts(host, STR("*.")))
		role |= IMAGE_BELOW;
	else if (str_starts(host, STR("*"))) {
		if (role)
			sink->reject(sink->ctx, "an exception with a wildcard");
		else
			source_emit_glob(r, &g, sink);
		return;
	}
	source_wildcard(&host);
	why = source_name(host, room, &n);
	if (why)
		sink->reject(sink->ctx, why);
	else if (name_is_address(n))
		sink->reject(sink->ctx, "an address where a name belongs");
	else
		source_emit_name(n, role, sink);
}

/* "/a/b/to" */
static void
names(struct source_reader *r, struct str s, bool address,
    const struct source_sink *sink)
{
	size_t last = s.n;
	enum outcome outcome;
	unsigned role = 0;
	struct str host;

	while (last > 1 && s.p[last - 1] != '/')
		last--;
	if (last < 2) {
		sink->reject(sink->ctx, "no name between slashes");
		return;
	}
	outcome = outcome_of(address, str_trim(str_sub(s, last, s.n)));
	if (outcome == BROKEN)
		sink->reject(
		    sink->ctx, "what stands behind the names is no address");
	if (outcome == REWRITTEN)
		sink->skip(sink->ctx, "sends elsewhere: an answer of a name "
		                      "server");
	if (outcome == BROKEN || outcome == REWRITTEN)
		return;
	if (outcome == ASKED)
		role = IMAGE_EXCEPT | IMAGE_CLOSEST;
	s = str_sub(s, 1, last - 2);
	while (str_next(&s, '/', &host))
		if (host.n)
			one(r, str_trim(host), role, sink);
		else
			sink->skip(sink->ctx, "names without a dot");
}

static bool
is_option(struct str key)
{
	for (size_t i = 0; i < key.n; i++)
		if (!(key.p[i] >= 'a' && key.p[i] <= 'z') &&
		    !(key.p[i] >= '0' && key.p[i] <= '9') && key.p[i] != '-')
			return false;
	return key.n && key.p[0] >= 'a';
}

void
source_dnsmasq(
    struct source_reader *r, struct str line, const struct source_sink *sink)
{
	struct str s = str_trim(line), key, value;
	bool address;

	/* "/#/" is no comment, nor is the "#" of "address=/x/#" */
	if (s.n == 0 || s.p[0] == '#')
		return;
	s = source_content(s);
	str_cut(s, '=', &key, &value);
	key = str_trim(key);
	value = str_trim(value);
	address = str_eq(key, STR("address"));
	if (!utf8_is_valid(s))
		sink->reject(sink->ctx, SOURCE_NOT_UTF8);
	else if ((address || str_eq(key, STR("local")) ||
	             str_eq(key, STR("server"))) &&
	         str_starts(value, STR("/")))
		names(r, value, address, sink);
	else if (is_option(key))
		sink->skip(sink->ctx, "another option of dnsmasq");
	else
		sink->reject(sink->ctx, "no option of dnsmasq");
}
