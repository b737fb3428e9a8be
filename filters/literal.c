/*
 * literal.c - what a text must contain for a pattern to match it.
 *
 * One pass from left to right; each part of the pattern is summed up as a
 * `struct piece`, pieces that follow each other are joined while it is known
 * what all of it may spell, and of all sets that were met on the way the
 * rarest is kept.
 */
#include "filters/literal.h"

#include <stdlib.h>
#include <string.h>

#include "filters/literal_anchor.h"
#include "filters/literal_class.h"
#include "filters/literal_read.h"

#define DEPTH_MAX 24 /* groups in groups; each takes 16 KiB while it is read */

/* What is known of the branch that is being read. */
struct frame {
	struct piece piece;      /* the last one */
	struct piece branch;     /* the branches so far, as one */
	struct literal_set run;  /* all that the last pieces may spell */
	struct literal_set best; /* of all sets the rarest; with <weight> */
	uint64_t weight;
	bool broken; /* <run> is not all of the branch */
	bool begun;  /* a piece that takes bytes was met */
	bool slash, dot, border;
};

static void read_branches(struct reader *r, struct piece *out);

/* ---------------------------------------------------------------- pieces */

static void
piece_empty(struct piece *p)
{
	p->kind = PIECE_ALL;
	literal_set_one(&p->set, STR(""));
	p->slash = p->border = p->begin = false;
	p->dot = true;
}

static void
piece_byte(struct piece *p, unsigned char c)
{
	const char lower = str_lower_char((char)c);

	if (c >= 0x80) {
		piece_unknown(p);
		return;
	}
	p->kind = PIECE_ALL;
	literal_set_one(&p->set, str_make(&lower, 1));
	p->slash = c == '/';
	p->dot = c == '.';
	p->border = !literal_is_host_byte((unsigned char)lower);
	p->begin = false;
}

void
piece_unknown(struct piece *p)
{
	p->kind = PIECE_NEEDS;
	literal_set_clear(&p->set);
	p->slash = true;
	p->dot = p->border = p->begin = false;
}

/* A single byte of <c>. */
static void
piece_class(struct piece *p, const struct literal_class *c)
{
	unsigned n = 0;

	piece_unknown(p);
	if (c->unknown)
		return;
	p->slash = literal_class_has(c, '/');
	p->border = true;
	for (unsigned b = 0; b < 256; b++) {
		const char lower = str_lower_char((char)b);

		if (!literal_class_has(c, b))
			continue;
		/* "[^a]" is not "A" either, and hosts have none */
		p->border &= !literal_is_host_byte(
		    c->negated ? b : (unsigned char)lower);
		if (b >= 0x80 || c->negated || n > CLASS_SPELLED)
			n = CLASS_SPELLED + 1;
		else if (!literal_set_add(&p->set, str_make(&lower, 1)))
			n = CLASS_SPELLED + 1;
		else
			n = p->set.n;
	}
	if (n == 0 || n > CLASS_SPELLED)
		literal_set_clear(&p->set);
	else
		p->kind = PIECE_ALL;
	p->dot = n == 1 && str_eq(literal_at(&p->set, 0), STR("."));
}

/* ----------------------------------------------------------- quantifiers */

/* "*", "+", "?", "{2}", "{2,}", "{2,3}" at the place; false: none of them. */
static bool
read_counts(struct reader *r, unsigned *min, unsigned *max)
{
	switch (reader_peek(r, 0)) {
	case '*':
		*min = 0;
		*max = MANY;
		break;
	case '+':
		*min = 1;
		*max = MANY;
		break;
	case '?':
		*min = 0;
		*max = 1;
		break;
	case '{':
		return reader_braces(r, min, max);
	default:
		return false;
	}
	r->at++;
	return true;
}

/* <p> as often as that. */
static void
repeat(struct piece *p, unsigned min, unsigned max)
{
	if (max == 0) {
		piece_empty(p);
		return;
	}
	if (min == 1 && max == 1)
		return;
	p->begin = false;
	if (min > 0) {
		if (p->kind == PIECE_ALL)
			p->kind = PIECE_ENDS;
		return;
	}
	p->border = false;
	if (p->kind == PIECE_ALL && max == 1 &&
	    literal_set_add(&p->set, STR("")))
		return;
	p->kind = PIECE_NEEDS;
	literal_set_clear(&p->set);
}

/* What stands behind a piece; several apply one upon the other. */
static void
quantifiers(struct reader *r, struct piece *p)
{
	unsigned min, max;

	for (;;) {
		reader_skip_void(r);
		if (r->quoted || !read_counts(r, &min, &max))
			return;
		if (reader_peek(r, 0) == '?' || reader_peek(r, 0) == '+')
			r->at++; /* as few as can be; and none given back */
		repeat(p, min, max);
	}
}

/* ---------------------------------------------------------------- atoms */

/* Behind "(": which kind of group, and its name. False: no group follows, it
 * was "(?i)" or a comment. */
static bool
group_head(struct reader *r, bool *look)
{
	*look = false;
	if (reader_peek(r, 0) == '*') {
		r->lost = true;
		return false;
	}
	if (reader_peek(r, 0) != '?')
		return true;
	r->at++;
	switch (reader_peek(r, 0)) {
	case ':':
	case '>':
	case '|':
		r->at++;
		return true;
	case '=':
	case '!':
		*look = true;
		r->at++;
		return true;
	case '<':
		r->at++;
		*look = reader_peek(r, 0) == '=' || reader_peek(r, 0) == '!';
		if (*look)
			r->at++;
		else
			reader_name(r, '>');
		return true;
	case '\'':
		r->at++;
		reader_name(r, '\'');
		return true;
	case 'P':
		r->lost |= reader_peek(r, 1) != '<';
		r->at += 2;
		reader_name(r, '>');
		return true;
	default:
		return reader_options(r);
	}
}

static void
read_group(struct reader *r, struct piece *p)
{
	bool look;

	if (!group_head(r, &look)) {
		piece_empty(p);
		return;
	}
	if (++r->depth > DEPTH_MAX)
		r->lost = true;
	if (!r->lost)
		read_branches(r, p);
	r->depth--;
	r->lost |= reader_peek(r, 0) != ')';
	r->at++;
	if (look)
		piece_empty(p); /* it takes nothing; what it wants is not
				 * looked at */
}

static void
read_escape(struct reader *r, struct piece *p)
{
	unsigned char c = (unsigned char)reader_peek(r, 0);
	struct literal_class class = {{0}, false, false};

	r->at++;
	if (c == '\0') {
		r->lost = true;
	} else if (!reader_is_alnum((char)c)) {
		piece_byte(p, c);
	} else if (literal_class_letter(&class, (char)c)) {
		piece_class(p, &class);
	} else if (strchr("bBGKAzZ", c)) {
		piece_empty(p);
		p->begin = c == 'A';
		p->border = c == 'z' || c == 'Z';
	} else if (strchr("hHvVRX", c) ||
	           (c == 'N' && reader_peek(r, 0) != '{')) {
		piece_unknown(p);
	} else if (c >= '0' && c <= '9') {
		/* a group's text again, or a byte by its octal number */
		while (reader_peek(r, 0) >= '0' && reader_peek(r, 0) <= '9')
			r->at++;
		piece_unknown(p);
	} else if (c == 'x') {
		piece_byte(p, reader_hex(r));
	} else if (strchr("aefnrt", c)) {
		piece_byte(
		    p, (unsigned char)"\a\033\f\n\r\t"[strchr("aefnrt", c) -
		                                       "aefnrt"]);
	} else if (c == 'Q') {
		r->quoted = true;
		piece_empty(p);
	} else if (c == 'E') {
		piece_empty(p);
	} else {
		r->lost = true;
	}
}

static void
read_quoted(struct reader *r, struct piece *p)
{
	if (reader_peek(r, 0) == '\\' && reader_peek(r, 1) == 'E') {
		r->quoted = false;
		r->at += 2;
		piece_empty(p);
		return;
	}
	piece_byte(p, (unsigned char)r->s.p[r->at++]);
}

static void
read_plain(struct reader *r, struct piece *p)
{
	char c = r->s.p[r->at++];
	struct literal_class class = {{0}, false, false};

	switch (c) {
	case '\\':
		read_escape(r, p);
		return;
	case '[':
		literal_class_read(&class, r);
		piece_class(p, &class);
		return;
	case '(':
		read_group(r, p);
		return;
	case '^':
	case '$':
		piece_empty(p);
		p->begin = c == '^';
		p->border = c == '$';
		return;
	case '.':
		piece_unknown(p);
		return;
	case '?':
	case '*':
	case '+':
	case '\0':
		r->lost = true; /* nothing that compiles */
		return;
	case '{':
		/* one that counts has nothing before it to count */
		r->at--;
		r->lost |= reader_braces(r, &(unsigned){0}, &(unsigned){0});
		r->at++;
		break;
	default:
		break;
	}
	piece_byte(p, (unsigned char)c);
}

/* -------------------------------------------------------------- branches */

/* A set of which each text that matches has one. */
static void
consider(struct frame *f, const struct literal_set *s)
{
	uint64_t weight = literal_set_weight(s);

	if (weight >= f->weight)
		return;
	f->weight = weight;
	literal_set_copy(&f->best, s);
}

/* Put <p> behind what was read; what it ends with begins the next run. */
static void
join(struct frame *f, const struct piece *p)
{
	struct literal_set both;

	if (p->kind == PIECE_NEEDS) {
		consider(f, &f->run);
		consider(f, &p->set);
		literal_set_one(&f->run, STR(""));
		f->broken = true;
		return;
	}
	if (p->set.n > 1 || p->kind == PIECE_ENDS)
		consider(f, &f->run);
	if (literal_set_cross(&both, &f->run, &p->set)) {
		literal_set_copy(&f->run, &both);
		if (p->kind == PIECE_ALL)
			return;
	}
	consider(f, &f->run);
	literal_set_copy(&f->run, &p->set);
	f->broken = true;
}

/* Does all that <s> has, and the empty text only if <with>, end with a dot? */
static bool
ends_with_dot(const struct literal_set *s, bool with)
{
	for (unsigned i = 0; i < s->n; i++)
		if (s->len[i] ? !str_ends(literal_at(s, i), STR(".")) : !with)
			return false;
	return true;
}

static bool
is_nothing(const struct piece *p)
{
	return p->kind == PIECE_ALL && p->set.n == 1 && p->set.len[0] == 0;
}

static void
note_bytes(struct frame *f, const struct piece *p)
{
	if (!f->begun)
		f->border = p->border;
	f->begun |= !is_nothing(p) || p->border;
	f->slash |= p->slash;
	f->dot = p->kind == PIECE_ALL ? ends_with_dot(&p->set, f->dot)
	                              : p->dot && f->dot;
}

/* All up to here follows from the anchor: a literal of it says nothing more. */
static void
forget(struct frame *f)
{
	f->weight = UINT64_MAX;
	f->broken = true;
	literal_set_one(&f->run, STR(""));
}

/* One branch, summed up in f->piece. */
static void
read_branch(struct reader *r, struct frame *f)
{
	struct piece *p = &f->piece;

	f->weight = UINT64_MAX;
	f->broken = f->begun = f->slash = f->border = false;
	f->dot = true;
	literal_set_clear(&f->best);
	literal_set_one(&f->run, STR(""));
	while (r->at < r->s.n && !r->lost) {
		char c = reader_peek(r, 0);

		if (r->quoted) {
			read_quoted(r, p);
		} else if (c == '|' || c == ')') {
			break;
		} else {
			read_plain(r, p);
		}
		if (r->lost)
			return;
		quantifiers(r, p);
		if (r->depth == 0 && literal_anchor_next(&r->anchor, p))
			forget(f);
		note_bytes(f, p);
		join(f, p);
	}
	/* with nothing around it all that it spells is of no more use */
	f->broken |= r->depth == 0;
	p->kind = f->broken ? PIECE_NEEDS : PIECE_ALL;
	if (f->broken) {
		consider(f, &f->run);
		literal_set_clear(&p->set);
		if (f->weight < UINT64_MAX)
			literal_set_copy(&p->set, &f->best);
	} else {
		literal_set_copy(&p->set, &f->run);
	}
	p->slash = f->slash;
	p->dot = f->dot;
	p->border = f->border;
	p->begin = false;
}

/* <one> or <other>. */
static void
either(struct piece *one, const struct piece *other)
{
	bool joined = literal_set_join(&one->set, &other->set);

	one->slash |= other->slash;
	one->dot &= other->dot;
	one->border &= other->border;
	if (one->kind == PIECE_ALL && other->kind == PIECE_ALL && joined)
		return;
	if (!joined || other->set.n == 0 || one->none)
		one->none = true;
	one->kind = PIECE_NEEDS;
}

/* Up to the ")" or the end. */
static void
read_branches(struct reader *r, struct piece *out)
{
	struct frame *f = malloc(sizeof(*f));

	r->lost |= !f;
	for (bool first = true; !r->lost; first = false) {
		read_branch(r, f);
		if (r->lost)
			break;
		f->piece.none = f->piece.set.n == 0;
		if (first)
			piece_copy(&f->branch, &f->piece);
		else
			either(&f->branch, &f->piece);
		if (reader_peek(r, 0) != '|' || r->at >= r->s.n)
			break;
		r->at++;
		r->choices |= r->depth == 0;
	}
	if (!r->lost) {
		if (f->branch.kind == PIECE_NEEDS && f->branch.none)
			literal_set_clear(&f->branch.set);
		piece_copy(out, &f->branch);
	}
	free(f);
}

/* False: read it again, without an anchor: there is none after all. */
static bool
read_all(struct str pattern, bool url, struct literal_need *out)
{
	struct reader r = {.s = pattern};
	struct piece *all = malloc(sizeof(*all));
	bool good;

	literal_set_clear(&out->any);
	out->anchor_len = 0;
	if (!all)
		return true;
	r.anchor.at = url ? ANCHOR_BEGIN : ANCHOR_NONE;
	r.anchor.n = 0;
	r.anchor.before = r.anchor.dot = false;
	read_branches(&r, all);
	good = !r.lost && r.at == pattern.n;
	if (good && literal_set_weight(&all->set) < UINT64_MAX)
		literal_set_copy(&out->any, &all->set);
	if (good && r.anchor.at == ANCHOR_DONE && !r.choices && !r.lines)
		out->anchor_len = literal_anchor_end(&r.anchor, out->anchor);
	free(all);
	return !good || r.anchor.at != ANCHOR_DONE || out->anchor_len;
}

void
literal_read(struct str pattern, bool url, struct literal_need *out)
{
	if (!read_all(pattern, url, out))
		read_all(pattern, false, out);
}
