/* lint_groups.c - groups that nobody is in, and pupils and staff under one
 * policy. */
#include "base/buf.h"
#include "base/table.h"
#include "base/utf8.h"
#include "config/config.h"
#include "config/diag.h"
#include "config/lint.h"
#include "config/reach.h"

/* Who groups are of, by their names. */
enum people { PEOPLE_UNKNOWN = 0, PEOPLE_YOUNG, PEOPLE_STAFF };

/* How such words begin, folded as names are: without case and marks. In
 * English, Kazakh, Uzbek, Russian, German, French, Spanish, Turkish. */
static const struct {
	enum people people;
	const char *begins;
} words[] = {
    {PEOPLE_YOUNG, "pupil"},
    {PEOPLE_YOUNG, "student"},
    {PEOPLE_YOUNG, "kid"},
    {PEOPLE_YOUNG, "child"},
    {PEOPLE_YOUNG, "minor"},
    {PEOPLE_YOUNG, "teen"},
    {PEOPLE_YOUNG, "оқушы"},
    {PEOPLE_YOUNG, "бала"},
    {PEOPLE_YOUNG, "студент"},
    {PEOPLE_YOUNG, "oquvchi"},
    {PEOPLE_YOUNG, "bolala"},
    {PEOPLE_YOUNG, "talaba"},
    {PEOPLE_YOUNG, "ўқувчи"},
    {PEOPLE_YOUNG, "учени"},
    {PEOPLE_YOUNG, "учащи"},
    {PEOPLE_YOUNG, "школьни"},
    {PEOPLE_YOUNG, "дети"},
    {PEOPLE_YOUNG, "детск"},
    {PEOPLE_YOUNG, "schuler"},
    {PEOPLE_YOUNG, "schueler"},
    {PEOPLE_YOUNG, "kinder"},
    {PEOPLE_YOUNG, "eleve"},
    {PEOPLE_YOUNG, "enfant"},
    {PEOPLE_YOUNG, "alumn"},
    {PEOPLE_YOUNG, "estudiant"},
    {PEOPLE_YOUNG, "ogrenci"},
    {PEOPLE_STAFF, "staff"},
    {PEOPLE_STAFF, "teacher"},
    {PEOPLE_STAFF, "employee"},
    {PEOPLE_STAFF, "faculty"},
    {PEOPLE_STAFF, "adult"},
    {PEOPLE_STAFF, "мұғалім"},
    {PEOPLE_STAFF, "ұстаз"},
    {PEOPLE_STAFF, "қызметкер"},
    {PEOPLE_STAFF, "oqituvchi"},
    {PEOPLE_STAFF, "xodim"},
    {PEOPLE_STAFF, "ўқитувчи"},
    {PEOPLE_STAFF, "учител"},
    {PEOPLE_STAFF, "преподават"},
    {PEOPLE_STAFF, "педагог"},
    {PEOPLE_STAFF, "сотрудник"},
    {PEOPLE_STAFF, "персонал"},
    {PEOPLE_STAFF, "взрослы"},
    {PEOPLE_STAFF, "lehrer"},
    {PEOPLE_STAFF, "lehrkraft"},
    {PEOPLE_STAFF, "personal"},
    {PEOPLE_STAFF, "enseignant"},
    {PEOPLE_STAFF, "personnel"},
    {PEOPLE_STAFF, "profesor"},
    {PEOPLE_STAFF, "docente"},
    {PEOPLE_STAFF, "ogretmen"},
};

/* Without case and marks; words parted by blanks. An apostrophe is part of a
 * letter (o'quvchi) and left out. */
static void
fold(struct str s, struct buf *out)
{
	uint32_t cp, to[UTF8_FOLD_MAX];
	char bytes[UTF8_MAX];
	size_t n;

	for (; (n = utf8_decode(s, &cp)); s = str_sub(s, n, s.n)) {
		size_t folded = utf8_fold(cp, to);

		for (size_t i = 0; i < folded; i++) {
			enum utf8_kind kind = utf8_kind(to[i]);

			if (kind == UTF8_LETTER || kind == UTF8_DIGIT)
				buf_add(out, bytes, utf8_encode(to[i], bytes));
			else if (to[i] == ' ' || to[i] == '-' || to[i] == '_' ||
			         to[i] == '.' || to[i] == '/' || to[i] == '&')
				buf_add_char(out, ' ');
		}
	}
}

static enum people
people_of_word(struct str word)
{
	struct buf begins = BUF_EMPTY;
	enum people found = PEOPLE_UNKNOWN;

	for (unsigned i = 0; i < ARRAY_LEN(words) && !found; i++) {
		buf_reset(&begins);
		fold(str_of(words[i].begins), &begins);
		if (begins.n && str_starts(word, buf_str(&begins)))
			found = words[i].people;
	}
	buf_fini(&begins);
	return found;
}

/* A name that speaks of both ("staff and pupils") is meant so. */
static enum people
people_of(struct str name)
{
	struct buf folded = BUF_EMPTY;
	struct str rest, word;
	enum people found = PEOPLE_UNKNOWN;

	fold(name, &folded);
	rest = buf_str(&folded);
	while (str_next(&rest, ' ', &word)) {
		enum people one = people_of_word(word);

		if (one && found && one != found) {
			found = PEOPLE_UNKNOWN;
			break;
		}
		found = one ? one : found;
	}
	buf_fini(&folded);
	return found;
}

/* The first group before <i> that has its policy and is of others. */
static const struct config_group *
shares_with(const struct config *c, unsigned i, enum people people)
{
	for (unsigned k = 0; k < i; k++) {
		enum people other = PEOPLE_UNKNOWN;

		if (str_eq(c->group.v[k].policy, c->group.v[i].policy))
			other = people_of(c->group.v[k].name);
		if (other && other != people)
			return &c->group.v[k];
	}
	return NULL;
}

static void
lint_shared(const struct config *c, unsigned i, struct diag *d)
{
	const struct config_group *g = &c->group.v[i], *o;
	enum people people = people_of(g->name);

	o = people ? shares_with(c, i, people) : NULL;
	if (o)
		diag_warn(d, &g->where,
		    "[group %.*s] has the same policy as [group %.*s], "
		    "%.*s:%u: what is right for pupils is seldom right for "
		    "staff",
		    STR_ARG(g->name), STR_ARG(o->name), STR_ARG(o->where.file),
		    o->where.line);
}

static bool
matches_any(const struct config_group *g)
{
	return g->nets.n || g->macs.n || g->listeners.n || g->users.n ||
	       g->auth_groups.n;
}

void
lint_groups(const struct config *c, struct diag *d)
{
	for (unsigned i = 0; i < c->group.n; i++) {
		const struct config_group *g = &c->group.v[i];

		lint_shared(c, i, d);
		if (matches_any(g) && !group_is_reachable(c, i))
			diag_warn(d, &g->where,
			    "[group %.*s]: nobody is in it; all that it "
			    "matches is in groups before it, of which the "
			    "first counts",
			    STR_ARG(g->name));
	}
}
