/* value_who.c - values of a group: who is in it. */
#include "base/buf.h"
#include "base/fold.h"
#include "base/hex.h"
#include "base/near.h"
#include "base/table.h"
#include "config/config.h"
#include "config/value.h"

#define MAC_BYTES 6
#define NAMES_MAX 256 /* bytes of one */

/* The key's field is the first list of several, by what stands before the
 * colon: what they lie in. */
static struct config_group *
group_of(void *field)
{
	return (
	    struct config_group *)(void *)((char *)field -
	                                   offsetof(struct config_group, nets));
}

typedef int match_reader(struct value *v, struct str text, void *list);

static int
match_net(struct value *v, struct str text, void *list)
{
	struct net one, *n;

	if (!net_from_text(text, &one))
		return value_bad_net(v, text);
	n = value_list_add(v->arena, list, sizeof(*n));
	if (n)
		*n = one;
	return 0;
}

/* "02:00:5e:10:00:01", or with '-' between. */
static bool
mac_from_text(struct str text, struct config_mac *out)
{
	if (text.n != 3 * MAC_BYTES - 1)
		return false;
	for (unsigned i = 0; i < MAC_BYTES; i++) {
		int high = hex_digit(text.p[3 * i]);
		int low = hex_digit(text.p[3 * i + 1]);

		if (high < 0 || low < 0 ||
		    (i && text.p[3 * i - 1] != text.p[2]))
			return false;
		out->addr[i] = (uint8_t)(16 * high + low);
	}
	return text.p[2] == ':' || text.p[2] == '-';
}

static int
match_mac(struct value *v, struct str text, void *list)
{
	struct config_mac one, *m;

	if (!mac_from_text(text, &one))
		return value_bad(v, text,
		    "expected a MAC address like 02:00:5e:10:00:01, found "
		    "\"%.*s\"",
		    STR_ARG(text));
	if (one.addr[0] & 1)
		return value_bad(v, text,
		    "\"%.*s\" is a group address: no device has it",
		    STR_ARG(text));
	m = value_list_add(v->arena, list, sizeof(*m));
	if (m)
		*m = one;
	return 0;
}

static int
check_name(struct value *v, struct str text)
{
	if (text.n == 0 || text.n > NAMES_MAX)
		return value_bad(v, text,
		    "expected a name of at most %d bytes behind the colon",
		    NAMES_MAX);
	if (str_find(text, '"', 0) < text.n)
		return value_bad(v, text,
		    "a name in quotes has them around it, and none inside");
	return 0;
}

static void
add_to(struct value *v, struct str text, void *list)
{
	struct str *s = value_list_add(v->arena, list, sizeof(*s));

	if (s)
		*s = arena_str(v->arena, text);
}

static int
match_name(struct value *v, struct str text, void *list)
{
	if (check_name(v, text) < 0)
		return -1;
	add_to(v, text, list);
	return 0;
}

/* ALICE is alice, as who says who somebody is has it. */
static int
match_user(struct value *v, struct str text, void *list)
{
	char folded[NAMES_MAX];

	if (check_name(v, text) < 0)
		return -1;
	memcpy(folded, text.p, text.n);
	fold_text(folded, text.n);
	add_to(v, str_make(folded, text.n), list);
	return 0;
}

static const struct {
	const char *kind;
	size_t list; /* where in the group */
	match_reader *read;
} kinds[] = {
    {"net", offsetof(struct config_group, nets), match_net},
    {"mac", offsetof(struct config_group, macs), match_mac},
    {"listener", offsetof(struct config_group, listeners), match_name},
    {"user", offsetof(struct config_group, users), match_user},
    {"auth-group", offsetof(struct config_group, auth_groups), match_name},
};

/* The next part; a name in quotes may have blanks and commas. <text> is what
 * stands behind the colon, if there is one. */
static bool
next_match(
    struct str *rest, struct str *part, struct str *kind, struct str *text)
{
	struct str all = *rest;
	size_t colon, end;

	if (!value_next(rest, part))
		return false;
	all = str_sub(all, (size_t)(part->p - all.p), all.n);
	if (!str_cut(*part, ':', kind, text) || !str_starts(*text, STR("\"")))
		return true;
	colon = str_find(all, ':', 0);
	end = str_find(all, '"', colon + 2);
	if (end == all.n)
		return true; /* the quote is taken for a part of it: refused */
	*part = str_sub(all, 0, end + 1);
	*text = str_sub(all, colon + 2, end - colon - 2);
	*rest = str_sub(all, part->n, all.n);
	return true;
}

static int
unknown_match(struct value *v, struct str part, struct str kind)
{
	struct near near = near_to(kind);
	struct net net;

	if (net_from_text(part, &net))
		return value_bad(v, part,
		    "\"%.*s\" is a network: did you mean \"net:%.*s\"?",
		    STR_ARG(part), STR_ARG(part));
	for (unsigned i = 0; i < ARRAY_LEN(kinds); i++)
		near_try(&near, str_of(kinds[i].kind));
	if (near.best.n)
		return value_bad(v, part,
		    "a group has no \"%.*s:\"; did you mean \"%.*s:\"?",
		    STR_ARG(kind), STR_ARG(near.best));
	return value_bad(v, part,
	    "expected net: mac: listener: user: or auth-group:, found "
	    "\"%.*s\"",
	    STR_ARG(part));
}

VALUE_PARSER(match)
{
	char *group = (char *)group_of(field);
	struct str rest = v->text, part, kind, text;

	while (next_match(&rest, &part, &kind, &text)) {
		unsigned i = 0;

		while (i < ARRAY_LEN(kinds) &&
		       !str_eq(kind, str_of(kinds[i].kind)))
			i++;
		if (i == ARRAY_LEN(kinds) || kind.n == part.n)
			return unknown_match(v, part, kind);
		if (kinds[i].read(v, text, group + kinds[i].list) < 0)
			return -1;
	}
	return 0;
}

static void
show_name(struct buf *out, struct str name)
{
	bool quote = str_find(name, ' ', 0) < name.n ||
	             str_find(name, ',', 0) < name.n ||
	             str_find(name, '\t', 0) < name.n;

	buf_addf(out, quote ? "\"%.*s\"" : "%.*s", STR_ARG(name));
}

VALUE_PRINTER(match)
{
	struct value_list list;
	const char *group =
	    (const char *)field - offsetof(struct config_group, nets);
	unsigned k = 0;

	(void)key;
	for (;; k++) {
		if (k == ARRAY_LEN(kinds))
			return false;
		memcpy(&list, group + kinds[k].list, sizeof(list));
		if (i < list.n)
			break;
		i -= list.n;
	}
	buf_addf(out, "%s:", kinds[k].kind);
	if (kinds[k].read == match_net) {
		value_add_net(out, (const struct net *)list.v + i);
	} else if (kinds[k].read == match_mac) {
		const uint8_t *m =
		    ((const struct config_mac *)list.v + i)->addr;

		for (unsigned b = 0; b < MAC_BYTES; b++)
			buf_addf(out, "%s%02x", b ? ":" : "", m[b]);
	} else {
		show_name(out, ((const struct str *)list.v)[i]);
	}
	return true;
}

void
value_empty(const struct key *key, void *field)
{
	struct value_list none = {NULL, 0};
	char *group;

	if (!type_is_many(key->type) || type_is_rule(key->type))
		return;
	if (key->type != TYPE_MATCH) {
		memcpy(field, &none, sizeof(none));
		return;
	}
	group = (char *)group_of(field);
	for (unsigned i = 0; i < ARRAY_LEN(kinds); i++)
		memcpy(group + kinds[i].list, &none, sizeof(none));
}
