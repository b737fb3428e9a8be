/*
 * source_rpz.c - a response policy zone: triggers and what is done.
 *
 * A zone file (RFC 1035 5): names are relative to an origin, a record may run
 * over lines in parentheses, a line that begins with a blank has the owner of
 * the one before. What is told by an owner is its name below the zone's apex.
 */
#include "lists/source_reader.h"
#include "lists/source_zone.h"

#include "lists/address.h"

/* ---- actions */

enum action {
	ACT_BLOCK,
	ACT_PASS,
	ACT_REWRITE,
	ACT_TCP,
	ACT_NONE, /* what every zone has */
	ACT_BAD,
};

/* Is it the owner itself? So were exceptions written once. */
static bool
is_itself(const struct source_zone *z, struct str target)
{
	struct str trigger, name = str_of(z->owner);
	bool absolute;

	target = zone_undotted(target, &absolute);
	if (!absolute || !zone_below_apex(z, name, &trigger))
		return false;
	if (str_starts(trigger, STR("*.")))
		trigger = str_sub(trigger, 2, trigger.n);
	if (str_starts(target, STR("*.")))
		target = str_sub(target, 2, target.n);
	return str_eq_nocase(target, trigger);
}

static enum action
cname(const struct source_zone *z, struct str target)
{
	if (str_eq(target, STR(".")) || str_eq(target, STR("*.")) ||
	    str_eq_nocase(target, STR("rpz-drop.")))
		return ACT_BLOCK;
	if (str_eq_nocase(target, STR("rpz-passthru.")) || is_itself(z, target))
		return ACT_PASS;
	if (str_eq_nocase(target, STR("rpz-tcp-only.")))
		return ACT_TCP;
	return ACT_REWRITE;
}

static enum action
address(struct str to)
{
	char room[NAME_ROOM];
	struct name n;

	if (name_from_text(to, room, &n) != NAME_OK || !name_is_address(n))
		return ACT_BAD;
	return source_is_sink(n) ? ACT_BLOCK : ACT_REWRITE;
}

/* ---- triggers */

/* "24.0.2.0.192" or "48.zz.db8.2001": length, then the address backwards. */
static const char *
network(struct str s, struct source_entry *e)
{
	static const char wrong[] = "no network before rpz-ip";
	char text[ADDRESS_ROOM];
	struct str rest, bits, part;
	uint64_t n;
	size_t at = sizeof(text);
	unsigned parts = 0;
	bool v6;

	if (!str_cut(s, '.', &bits, &rest) || !str_to_u64(bits, &n))
		return wrong;
	for (s = rest; str_next(&rest, '.', &part); parts++) {
		bool gap = str_eq_nocase(part, STR("zz"));

		if (part.n == 0 || part.n > 4 || at < part.n + 2)
			return wrong;
		if (parts || gap)
			text[--at] = ':';
		if (parts && gap && !rest.p)
			text[--at] = ':'; /* it begins with "::" */
		at -= gap ? 0 : part.n;
		memcpy(text + at, part.p, gap ? 0 : part.n);
	}
	v6 = parts != 4 || str_search(s, STR("zz")) < s.n;
	for (size_t i = at; !v6 && i < sizeof(text); i++)
		text[i] = text[i] == ':' ? '.' : text[i];
	s = str_make(text + at, sizeof(text) - at);
	if (!(v6 ? address_from_ipv6(s, e->addr)
	         : address_from_ipv4(s, e->addr)))
		return wrong;
	if (n > (v6 ? 128u : 32u))
		return wrong;
	if (v6 && n >= SOURCE_MAPPED_BITS && source_is_mapped(e->addr)) {
		memmove(e->addr, e->addr + SOURCE_MAPPED_BITS / 8, 4);
		n -= SOURCE_MAPPED_BITS;
		v6 = false;
	}
	e->bytes = v6 ? 16 : 4;
	if (n < (v6 ? SOURCE_NET6_LEAST : SOURCE_NET4_LEAST))
		return n ? "the network is too wide" : "matches everything";
	e->kind = SOURCE_NET;
	e->bits = (uint8_t)n;
	address_mask(e->addr, e->bytes, e->bits);
	return NULL;
}

static void
host(struct str trigger, unsigned role, const struct source_sink *sink)
{
	char room[NAME_ROOM];
	struct name n;
	const char *why;

	if (str_starts(trigger, STR("*.")))
		role |= IMAGE_BELOW;
	else
		role |= IMAGE_SELF;
	trigger = str_sub(trigger, role & IMAGE_BELOW ? 2 : 0, trigger.n);
	why = source_name(trigger, room, &n);
	if (!why && name_is_address(n))
		why = "an address where a name belongs";
	if (why)
		sink->reject(sink->ctx, why);
	else
		source_emit_name(n, role, sink);
}

/* The label that tells what kind of trigger it is: the last one. */
static struct str
kind_of(struct str *trigger)
{
	size_t at = trigger->n;
	struct str kind;

	while (at && trigger->p[at - 1] != '.')
		at--;
	kind = str_sub(*trigger, at, trigger->n);
	if (!source_after(kind, STR("rpz-"), &(struct str){0}))
		return STR_NONE;
	*trigger = str_sub(*trigger, 0, at ? at - 1 : 0);
	return kind;
}

static void
act(struct str trigger, enum action action, const struct source_sink *sink)
{
	unsigned role = action == ACT_PASS ? IMAGE_EXCEPT | IMAGE_CLOSEST : 0;
	struct source_entry e = {.role = (uint8_t)role};
	struct str kind = kind_of(&trigger);
	const char *why;

	if (kind.n == 0) {
		host(trigger, role, sink);
	} else if (!str_eq_nocase(kind, STR("rpz-ip"))) {
		sink->skip(sink->ctx, "a trigger that needs a name server");
	} else {
		why = network(trigger, &e);
		if (why)
			sink->reject(sink->ctx, why);
		else
			sink->entry(sink->ctx, &e);
	}
}

/* ---- records */

static bool
is_ttl(struct str s)
{
	bool digit = false;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] >= '0' && s.p[i] <= '9')
			digit = true;
		else if (!digit || !strchr("smhdwSMHDW", s.p[i]))
			return false;
	}
	return digit;
}

static bool
is_class(struct str s)
{
	return str_eq_nocase(s, STR("IN")) || str_eq_nocase(s, STR("CH")) ||
	       str_eq_nocase(s, STR("HS"));
}

static bool
is_type(struct str s, const char *type)
{
	return str_eq_nocase(s, str_of(type));
}

static enum action
action_of(const struct source_zone *z, struct str type, struct str data)
{
	static const char *const plain[] = {"SOA", "NS", "RRSIG", "NSEC",
	    "NSEC3", "NSEC3PARAM", "DNSKEY", "DS", "CDS", "CDNSKEY", "ZONEMD"};
	static const char *const rewrite[] = {"TXT", "MX", "SRV", "PTR",
	    "DNAME", "CAA", "HTTPS", "SVCB", "NAPTR", "TLSA", "SSHFP", "LOC",
	    "HINFO", "SPF"};

	if (is_type(type, "CNAME"))
		return data.n ? cname(z, data) : ACT_BAD;
	if (is_type(type, "A") || is_type(type, "AAAA"))
		return address(data);
	for (unsigned i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (is_type(type, plain[i]))
			return ACT_NONE;
	for (unsigned i = 0; i < sizeof(rewrite) / sizeof(rewrite[0]); i++)
		if (is_type(type, rewrite[i]))
			return ACT_REWRITE;
	return ACT_BAD;
}

/* The first record tells the apex, mostly an SOA; without one, the origin. */
static void
root(struct source_zone *z, struct str type)
{
	if (z->rooted)
		return;
	memcpy(z->apex, is_type(type, "SOA") ? z->owner : z->origin,
	    sizeof(z->apex));
	z->rooted = true;
}

static void
data(struct source_zone *z, const struct zone_words *w, unsigned i,
    const struct source_sink *sink)
{
	struct str type, value, trigger;
	enum action action;

	while (i < w->n && i < ZONE_WORDS_MAX &&
	       (is_ttl(w->v[i]) || is_class(w->v[i])))
		i++;
	if (i >= w->n || i >= ZONE_WORDS_MAX) {
		sink->reject(sink->ctx, "no record of a zone");
		return;
	}
	type = w->v[i++];
	value = i < w->n && i < ZONE_WORDS_MAX ? w->v[i] : STR_NONE;
	root(z, type);
	action = action_of(z, type, value);
	if (action == ACT_NONE)
		return;
	if (action == ACT_BAD)
		sink->reject(sink->ctx, "no record of a zone");
	else if (action == ACT_REWRITE)
		sink->skip(sink->ctx, "sends elsewhere: an answer of a name "
		                      "server");
	else if (action == ACT_TCP)
		sink->skip(sink->ctx, "an order to ask by TCP");
	else if (!zone_below_apex(z, str_of(z->owner), &trigger))
		sink->reject(sink->ctx, "not a name below the zone's own");
	else
		act(trigger, action, sink);
}

static void
take_record(struct source_zone *z, bool same_owner, const struct zone_words *w,
    const struct source_sink *sink)
{
	const char *why = NULL;

	if (!same_owner) {
		char name[NAME_ROOM];

		why = zone_resolve(z, w->v[0], name);
		z->bad_owner = why != NULL;
		if (!why)
			memcpy(z->owner, name, sizeof(name));
	} else if (z->bad_owner) {
		why = "the owner before could not be read";
	}
	if (why)
		sink->reject(sink->ctx, why);
	else
		data(z, w, !same_owner, sink);
}

static void
control(struct source_zone *z, const struct zone_words *w,
    const struct source_sink *sink)
{
	char name[NAME_ROOM];
	const char *why = NULL;

	if (is_type(w->v[0], "$ORIGIN") && w->n > 1) {
		why = zone_resolve(z, w->v[1], name);
		if (!why)
			memcpy(z->origin, name, sizeof(name));
	} else if (is_type(w->v[0], "$INCLUDE")) {
		sink->skip(sink->ctx, "includes another file: name it as a "
		                      "source of its own");
	} else if (!is_type(w->v[0], "$TTL")) {
		why = "no directive of a zone";
	}
	if (why)
		sink->reject(sink->ctx, why);
}

/* ---- lines */

static void
record(struct source_zone *z, struct str s, const struct zone_words *w,
    const struct source_sink *sink)
{
	bool same = s.n && (s.p[0] == ' ' || s.p[0] == '\t');

	if (w->n == 0)
		return;
	if (!same && w->v[0].p[0] == '$')
		control(z, w, sink);
	else
		take_record(z, same, w, sink);
}

void
source_rpz(
    struct source_reader *r, struct str line, const struct source_sink *sink)
{
	struct source_zone *z = r->zone;
	struct zone_words w;
	unsigned before = z->depth;

	z->depth = zone_split(line, before, &w);
	if (before == 0 && z->depth == 0) {
		record(z, line, &w, sink);
		return;
	}
	line = zone_uncommented(line);
	if (z->record.n + line.n + 1 > SOURCE_LINE_MAX) {
		buf_reset(&z->record);
		z->depth = 0;
		sink->reject(sink->ctx, "a record that is too long");
		return;
	}
	buf_add_str(&z->record, line);
	buf_add_char(&z->record, ' ');
	if (z->depth)
		return;
	if (z->record.failed) {
		sink->reject(sink->ctx, "out of memory");
	} else {
		zone_split(buf_str(&z->record), 0, &w);
		record(z, buf_str(&z->record), &w, sink);
	}
	buf_reset(&z->record);
}

void
source_rpz_end(struct source_reader *r, const struct source_sink *sink)
{
	if (r->zone->depth)
		sink->reject(sink->ctx, "a parenthesis is not closed");
	r->zone->depth = 0;
	buf_reset(&r->zone->record);
}
