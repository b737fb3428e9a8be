/* rule_more.c - values of terms about who asks, when, with what head, and of
 * the answer: during: to size>. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/fold.h"
#include "base/table.h"
#include "filters/media.h"
#include "filters/rule_impl.h"
#include "filters/search.h"
#include "filters/snapshot_impl.h"

/* Text of its own in the arena, to be changed. */
static char *
keep_text(struct rule_parser *p, struct str value, struct str *out)
{
	char *copy = rule_keep(p, value.p, value.n);

	*out = str_make(copy, copy ? value.n : 0);
	return copy;
}

static int
keep_lower(struct rule_parser *p, struct str value, struct str *out)
{
	char *copy = keep_text(p, value, out);

	for (size_t i = 0; i < out->n; i++)
		copy[i] = str_lower_char(copy[i]);
	return copy ? 0 : -1;
}

/* ------------------------------------------------------------ who and when */

int
rule_read_during(struct rule_parser *p, struct str value, struct term *t)
{
	struct near near = near_to(value);

	for (unsigned i = 0; i < p->ctx->nschedules; i++) {
		struct str name = p->ctx->schedules[i].def.name;

		t->id = (uint16_t)i;
		if (str_eq(name, value))
			return 0;
		near_try(&near, name);
	}
	return rule_unknown(p, "schedule", &near,
	    "hours get a name in a section [schedule NAME]");
}

/* Groups may be defined behind the policies: see rules_check_groups(). */
int
rule_read_group(struct rule_parser *p, struct str value, struct term *t)
{
	return keep_text(p, value, &t->text) ? 0 : -1;
}

/* Names of users are folded wherever they come from: ALICE is alice. */
int
rule_read_user(struct rule_parser *p, struct str value, struct term *t)
{
	char *copy = keep_text(p, value, &t->text);

	if (copy)
		fold_text(copy, t->text.n);
	return copy ? 0 : -1;
}

/* ---------------------------------------------------------------- searches */

int
rule_read_search(struct rule_parser *p, struct str value, struct term *t)
{
	const struct themes *themes = p->ctx->themes;
	unsigned n = themes ? themes_count(themes) : 0;
	struct near near = near_to(value);

	if (str_eq(value, STR("any"))) {
		t->kind = TERM_SEARCH_ANY;
		return 0;
	}
	for (unsigned i = 0; i < n; i++) {
		t->id = (uint16_t)i;
		if (str_eq(themes_name(themes, i), value))
			return 0;
		near_try(&near, themes_name(themes, i));
	}
	return rule_unknown(p, "theme", &near,
	    "words get a theme in a section [terms NAME]; search:any is any "
	    "search");
}

int
rule_read_severity(struct rule_parser *p, struct str value, struct term *t)
{
	struct near near = near_to(value);

	for (int s = SEVERITY_ADVISORY; s <= SEVERITY_DANGER; s++) {
		struct str name = str_of(severity_name((enum severity)s));

		t->id = (uint16_t)s;
		if (str_eq(name, value))
			return 0;
		near_try(&near, name);
	}
	return rule_unknown(
	    p, "severity", &near, "there are advisory, caution and danger");
}

/* ------------------------------------------------------- the request's head */

int
rule_read_header(struct rule_parser *p, struct str value, struct term *t)
{
	struct term_header h;
	struct str name, text;
	bool valued = str_cut(value, '=', &name, &text);

	if (!rule_is_token(name))
		return err_set(p->err, ERR_INPUT,
		    "\"%.*s\" is not the name of a header such as X-Token",
		    STR_ARG(name));
	if (valued && text.n == 0)
		return err_set(p->err, ERR_INPUT,
		    "nothing stands behind the \"=\"; for any value write "
		    "header:%.*s",
		    STR_ARG(name));
	h.name = arena_str(p->ctx->arena, name);
	h.value = arena_str(p->ctx->arena, text);
	t->header = rule_keep(p, &h, sizeof(h));
	return t->header && !p->ctx->arena->failed ? 0 : -1;
}

int
rule_read_text(struct rule_parser *p, struct str value, struct term *t)
{
	return keep_text(p, value, &t->text) ? 0 : -1;
}

int
rule_read_referer(struct rule_parser *p, struct str value, struct term *t)
{
	char room[NAME_ROOM];
	struct name name;
	enum name_result res = name_from_text(value, room, &name);

	if (res != NAME_OK)
		return err_set(p->err, ERR_INPUT, "\"%.*s\" is not a host: %s",
		    STR_ARG(value), name_result_text(res));
	name.p = arena_str(p->ctx->arena, name_str(name)).p;
	t->host = rule_keep(p, &name, sizeof(name));
	return t->host && !p->ctx->arena->failed ? 0 : -1;
}

int
rule_read_visibility(struct rule_parser *p, struct str value, struct term *t)
{
	struct near near = near_to(value);

	for (int v = VISIBILITY_IP; v <= VISIBILITY_CONTENT; v++) {
		struct str name = str_of(visibility_name((enum visibility)v));

		t->id = (uint16_t)v;
		if (str_eq(name, value))
			return 0;
		near_try(&near, name);
	}
	return rule_unknown(
	    p, "visibility", &near, "there are ip, sni, url and content");
}

/* --------------------------------------------------------------- the answer */

static bool
has_star(struct str s)
{
	return str_find(s, '*', 0) < s.n;
}

int
rule_read_type(struct rule_parser *p, struct str value, struct term *t)
{
	struct str type, sub;

	if (str_eq(value, STR("*/*")))
		return err_set(
		    p->err, ERR_INPUT, "for answers of all types write any");
	if (!str_cut(value, '/', &type, &sub) || has_star(type) ||
	    !rule_is_token(type) ||
	    (sub.n && !str_eq(sub, STR("*")) &&
	        (has_star(sub) || !rule_is_token(sub))))
		return err_set(p->err, ERR_INPUT,
		    "\"%.*s\" is not a type such as video/mp4, or video/ for "
		    "all of them",
		    STR_ARG(value));
	return keep_lower(p, value, &t->text);
}

int
rule_read_ext(struct rule_parser *p, struct str value, struct term *t)
{
	char name[MEDIA_EXT_ROOM + 2] = "a.", room[MEDIA_EXT_ROOM];

	if (value.p[0] == '.')
		return err_set(p->err, ERR_INPUT,
		    "write it without the dot: ext:%.*s",
		    STR_ARG(str_sub(value, 1, value.n)));
	if (value.n <= MEDIA_EXT_ROOM)
		memcpy(name + 2, value.p, value.n);
	if (value.n > MEDIA_EXT_ROOM ||
	    media_ext(str_make(name, value.n + 2), room).n != value.n)
		return err_set(p->err, ERR_INPUT,
		    "\"%.*s\" is not the end of a file's name such as exe",
		    STR_ARG(value));
	return keep_lower(p, value, &t->text);
}

int
rule_read_size(struct rule_parser *p, struct str value, struct term *t)
{
	static const char *const units[] = {"KiB", "MiB", "GiB"};
	size_t digits = 0;
	struct str unit;

	while (digits < value.n && value.p[digits] >= '0' &&
	       value.p[digits] <= '9')
		digits++;
	unit = str_sub(value, digits, value.n);
	for (unsigned i = 0; i < ARRAY_LEN(units); i++) {
		unsigned shift = 10 * (i + 1);

		if (!str_eq_nocase(unit, str_of(units[i])))
			continue;
		if (!str_to_u64(str_sub(value, 0, digits), &t->size) ||
		    t->size == 0 || t->size >> (62 - shift))
			break;
		t->size <<= shift;
		return 0;
	}
	return err_set(p->err, ERR_INPUT,
	    "\"%.*s\" is not a size such as 500KiB, 10MiB or 2GiB",
	    STR_ARG(value));
}
