/*
 * answer_name.c - the names that an answer's file may be saved under.
 *
 * Programs do not agree on how a Content-Disposition is read: which of two
 * names they take, what they decode, where a value ends. So it is not read as
 * one of them does; "filename" and a value behind it are looked for wherever
 * they stand, and each way of reading the value that is known of some program
 * counts as a name.
 */
#include "proxy/answer.h"

#include "base/base64.h"
#include "base/hex.h"
#include "base/table.h"
#include "filters/media.h"

#define FIELDS_MAX   8  /* Content-Disposition in one head */
#define PLACES_MAX   64 /* "filename=" in one of them */
#define PIECES_MAX   16 /* filename*0=, filename*1= */
#define READINGS_MAX 5  /* of a value */

struct names {
	struct arena *a;
	struct str list[ANSWER_NAMES_MAX];
	unsigned n;
	bool lost; /* there may be more than these */
};

/* A name that is sent in pieces (RFC 2231 3). */
struct pieced {
	struct str piece[PIECES_MAX];
	bool there[PIECES_MAX], decode[PIECES_MAX];
};

/* -------------------------------------------------------------- the list */

/* One name for each end: that is what they are asked for. */
static void
add(struct names *ns, struct str s)
{
	char room[MEDIA_EXT_ROOM], other[MEDIA_EXT_ROOM];
	struct str ext = media_name_ext(s, room);

	if (ext.n == 0)
		return;
	for (unsigned i = 0; i < ns->n; i++)
		if (str_eq(media_name_ext(ns->list[i], other), ext))
			return;
	if (ns->n < ANSWER_NAMES_MAX)
		ns->list[ns->n++] = s;
	else
		ns->lost = true;
}

/* Without what does not show: some leave it out, others keep it. */
static struct str
visible(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1);
	size_t n = 0, skip;

	for (size_t i = 0; p && i < s.n; i += skip ? skip : 1) {
		skip = media_invisible(str_sub(s, i, s.n));
		if (!skip)
			p[n++] = s.p[i];
	}
	return p ? str_make(p, n) : STR_NONE;
}

/* Some stop at a NUL; a system at what it takes for the name of a stream. */
static void
add_shown(struct names *ns, struct str s)
{
	add(ns, s);
	add(ns, str_sub(s, 0, str_find(s, '\0', 0)));
	add(ns, str_sub(s, 0, str_search(s, STR("::"))));
	for (size_t i = 0; i < s.n; i++)
		if (media_invisible(str_sub(s, i, s.n))) {
			add(ns, visible(ns->a, s));
			break;
		}
}

/* -------------------------------------------------------------- decoding */

/* Escapes undone: <mark> and two hex digits; those that are none stay. */
static size_t
unescape_to(char *p, struct str s, char mark)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		int hi = -1, lo = -1;

		if (s.p[i] == mark && i + 2 < s.n) {
			hi = hex_digit(s.p[i + 1]);
			lo = hex_digit(s.p[i + 2]);
		}
		if (hi >= 0 && lo >= 0) {
			p[n++] = (char)(hi << 4 | lo);
			i += 2;
		} else {
			p[n++] = s.p[i];
		}
	}
	return n;
}

static struct str
unescape(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1);

	return p ? str_make(p, unescape_to(p, s, '%')) : STR_NONE;
}

/* Is ASCII in it what ASCII is? In others a name may be any. */
static bool
is_plain_set(struct str set)
{
	static const char *const begins[] = {"utf-8", "utf8", "us-ascii",
	    "ascii", "iso-8859-", "iso8859", "latin", "windows-125", "cp125",
	    "koi8-", "gb", "big5", "euc-", "shift_jis", "shift-jis", "sjis"};

	for (unsigned i = 0; i < ARRAY_LEN(begins); i++) {
		struct str b = str_of(begins[i]);

		if (str_eq_nocase(str_sub(set, 0, b.n), b))
			return true;
	}
	return set.n == 0;
}

/* "=?UTF-8?B?c2V0dXAuZXhl?=" at the front of *<s>, to <p>. False: it is no
 * such word. */
static bool
undo_word(struct names *ns, struct str *s, char *p, size_t *n)
{
	struct str set, code, text, rest = str_sub(*s, 2, s->n);
	size_t end, got;

	if (!str_cut(rest, '?', &set, &rest) ||
	    !str_cut(rest, '?', &code, &text))
		return false;
	end = str_search(text, STR("?="));
	if (end == text.n || code.n != 1)
		return false;
	rest = str_sub(text, end + 2, text.n);
	text.n = end;
	if (str_eq_nocase(code, STR("b"))) {
		got = base64_read(text, BASE64_EITHER, p).bytes;
	} else if (str_eq_nocase(code, STR("q"))) {
		got = unescape_to(p, text, '=');
		for (size_t i = 0; i < got; i++)
			p[i] = (char)(p[i] == '_' ? ' ' : p[i]);
	} else {
		return false;
	}
	ns->lost |= !is_plain_set(set);
	*n += got;
	*s = rest;
	return true;
}

/* RFC 2047: words undone; blanks between two of them are not of the text. */
static struct str
undo_words(struct names *ns, struct str s)
{
	char *p = arena_alloc(ns->a, s.n + 2);
	bool behind = false;
	size_t n = 0;

	while (p && s.n) {
		size_t at = str_search(s, STR("=?"));

		if (!behind || str_trim(str_sub(s, 0, at)).n) {
			memcpy(p + n, s.p, at);
			n += at;
		}
		s = str_sub(s, at, s.n);
		if (s.n == 0)
			break;
		behind = undo_word(ns, &s, p + n, &n);
		if (!behind) {
			p[n++] = s.p[0];
			s = str_sub(s, 1, s.n);
		}
	}
	return p ? str_make(p, n) : STR_NONE;
}

static void
add_decoded(struct names *ns, struct str s)
{
	add_shown(ns, s);
	if (str_find(s, '%', 0) < s.n)
		add_shown(ns, unescape(ns->a, s));
}

static void
add_name(struct names *ns, struct str s)
{
	add_decoded(ns, s);
	if (str_search(s, STR("=?")) < s.n)
		add_decoded(ns, undo_words(ns, s));
}

/* "UTF-8''na%C3%AFve.exe" without its character set and language; as it is,
 * where it has none. */
static struct str
without_set(struct names *ns, struct str v)
{
	struct str set, language, text;

	if (!str_cut(v, '\'', &set, &text) ||
	    !str_cut(text, '\'', &language, &text))
		return v;
	ns->lost |= !is_plain_set(str_trim(set));
	return text;
}

/* ---------------------------------------------------------------- values */

struct readings {
	struct str at[READINGS_MAX];
	unsigned n;
};

static void
add_reading(struct readings *r, struct str s)
{
	s = str_trim(s);
	for (unsigned i = 0; i < r->n; i++)
		if (str_eq(r->at[i], s))
			return;
	r->at[r->n++] = s;
}

static size_t
blank_at(struct str s)
{
	size_t i = 0;

	while (i < s.n && s.p[i] != ' ' && s.p[i] != '\t')
		i++;
	return i;
}

/* Between the quotes that <v> begins with: with what '\' says, and up to the
 * first quote whatever stands before it. False: nothing else can be meant. */
static bool
read_quoted(struct arena *a, struct str v, struct readings *r)
{
	char *p = arena_alloc(a, v.n), quote = v.p[0];
	size_t i = 1, n = 0, first = str_find(v, quote, 1);
	struct str behind, rest;

	if (!p)
		return false;
	for (; i < v.n && v.p[i] != quote; i++) {
		if (v.p[i] == '\\' && i + 1 < v.n)
			i++;
		p[n++] = v.p[i];
	}
	add_reading(r, str_make(p, n));
	if (first < i)
		add_reading(r, str_sub(v, 1, first - 1));
	str_cut(str_sub(v, i + 1, v.n), ';', &behind, &rest);
	return i >= v.n || str_trim(behind).n || quote != '"';
}

/* What stands behind the '='. */
static struct readings
read_value(struct arena *a, struct str v)
{
	struct readings r = {.n = 0};
	struct str all, rest;

	v = str_trim(v);
	if (v.n && (v.p[0] == '"' || v.p[0] == '\'') && !read_quoted(a, v, &r))
		return r;
	str_cut(v, ';', &all, &rest);
	all = str_trim(all);
	add_reading(&r, all);
	add_reading(&r, str_sub(all, 0, blank_at(all)));
	add_reading(&r, str_sub(all, 0, str_find(all, ',', 0)));
	return r;
}

/* ---------------------------------------------------------------- places */

/* What stands before a '='. */
struct place {
	bool star;       /* a character set comes first, escapes are undone */
	bool pieced;     /* it is a piece: */
	unsigned number; /* PIECES_MAX: too large */
	struct str value;
};

static bool
is_of_token(char c)
{
	c = str_lower_char(c);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       (c && strchr("-_.!#$%&*+^`|~", c));
}

static struct str
skip_blanks(struct str s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = str_sub(s, 1, s.n);
	return s;
}

/* Behind "filename": "=...", "*=...", "*0=...", "*0*=...". */
static bool
read_place(struct str s, struct place *out)
{
	*out = (struct place){0};
	if (str_starts(s, STR("*"))) {
		s = str_sub(s, 1, s.n);
		out->star = true;
	}
	for (; out->star && s.n && s.p[0] >= '0' && s.p[0] <= '9';
	     s = str_sub(s, 1, s.n)) {
		out->pieced = true;
		out->number = out->number * 10 + (unsigned)(s.p[0] - '0');
		if (out->number > PIECES_MAX)
			out->number = PIECES_MAX;
	}
	if (out->pieced) {
		out->star = str_starts(s, STR("*"));
		s = str_sub(s, out->star, s.n);
	}
	s = skip_blanks(s);
	out->value = str_sub(s, 1, s.n);
	return str_starts(s, STR("="));
}

/* The next one in *<s>, which goes on behind its '='. */
static bool
next_place(struct str *s, bool *inside, struct place *out)
{
	static const char *const keys[] = {"filename", "name"};

	while (s->n) {
		bool begins = !*inside;

		for (unsigned i = 0; begins && i < ARRAY_LEN(keys); i++) {
			struct str key = str_of(keys[i]);

			if (str_eq_nocase(str_sub(*s, 0, key.n), key) &&
			    read_place(str_sub(*s, key.n, s->n), out)) {
				*s = out->value;
				*inside = false;
				return true;
			}
		}
		*inside = is_of_token(s->p[0]);
		*s = str_sub(*s, 1, s->n);
	}
	return false;
}

static void
take_piece(
    struct names *ns, struct pieced *all, const struct place *p, struct str v)
{
	if (p->number >= PIECES_MAX || all->there[p->number]) {
		ns->lost = true;
		return;
	}
	all->there[p->number] = true;
	all->decode[p->number] = p->star;
	all->piece[p->number] = v;
}

static void
take_place(struct names *ns, const struct place *p, struct pieced *pieced)
{
	struct readings r = read_value(ns->a, p->value);

	if (p->pieced && r.n) {
		ns->lost |= r.n > 1;
		take_piece(ns, pieced, p, r.at[0]);
		return;
	}
	for (unsigned i = 0; i < r.n; i++)
		add_name(ns, p->star ? without_set(ns, r.at[i]) : r.at[i]);
}

/* The pieces together: up to the first that is missing, and all of them. */
static void
join(struct names *ns, const struct pieced *all)
{
	size_t n = 0, room = 1;
	bool gap = false;
	char *p;

	for (unsigned i = 0; i < PIECES_MAX; i++)
		room += all->piece[i].n;
	p = room > 1 ? arena_alloc(ns->a, room) : NULL;
	for (unsigned i = 0; p && i < PIECES_MAX; i++) {
		struct str s = all->piece[i];

		if (!all->there[i]) {
			if (!gap)
				add_name(ns, str_make(p, n));
			gap = true;
			continue;
		}
		if (all->decode[i] && i == 0)
			s = without_set(ns, s);
		if (all->decode[i])
			n += unescape_to(p + n, s, '%');
		else
			for (size_t k = 0; k < s.n; k++)
				p[n++] = s.p[k];
	}
	if (p)
		add_name(ns, str_make(p, n));
}

static void
read_text(struct names *ns, struct str text)
{
	struct pieced pieced = {0};
	struct place place;
	bool inside = false;
	unsigned n = 0;

	for (; n < PLACES_MAX && next_place(&text, &inside, &place); n++)
		take_place(ns, &place, &pieced);
	ns->lost |= n == PLACES_MAX;
	join(ns, &pieced);
}

/* ---------------------------------------------------------------- fields */

static bool
put(struct answer *out, const struct names *ns)
{
	struct str *list = arena_alloc(ns->a, sizeof(ns->list));

	if (!list)
		return false;
	memcpy(list, ns->list, sizeof(ns->list));
	out->filename = list;
	out->nfilenames = ns->n;
	out->more_filenames = ns->lost;
	return true;
}

/* Several fields: each of them, and as one with a comma between them, which is
 * the same by RFC 9110 5.3. */
bool
answer_names(
    const struct str *field, unsigned n, struct arena *a, struct answer *out)
{
	struct names ns = {.a = a, .lost = n > FIELDS_MAX};
	size_t room = 0, used = 0;
	char *p;

	if (n == 0)
		return true;
	for (unsigned i = 0; i < n; i++)
		room += field[i].n + 2;
	p = arena_alloc(a, room);
	for (unsigned i = 0; p && i < n; i++) {
		size_t from = used;

		for (size_t k = 0; k < field[i].n; k++)
			p[used++] = field[i].p[k];
		if (i < FIELDS_MAX)
			read_text(&ns, str_make(p + from, used - from));
		p[used++] = ',';
		p[used++] = ' ';
	}
	if (p && n > 1)
		read_text(&ns, str_make(p, used - 2));
	return p && !a->failed && put(out, &ns);
}
