/* literal.c - the longest text that every match of a pattern contains. */
#include "filters/literal.h"

#include <string.h>

#define ESCAPES_OF_ONE "dDwWsSbBAzZhHvVRNntrfae" /* stand alone, need nothing */

struct reader {
	struct str s;
	size_t at;
	bool lost; /* met something that is not understood */
	char run[LITERAL_MAX], *best;
	size_t nrun, nbest;
};

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

static char
peek(const struct reader *r, size_t ahead)
{
	return r->at + ahead < r->s.n ? r->s.p[r->at + ahead] : '\0';
}

static void
run_end(struct reader *r)
{
	if (r->nrun > r->nbest) {
		memcpy(r->best, r->run, r->nrun);
		r->nbest = r->nrun;
	}
	r->nrun = 0;
}

static void
run_add(struct reader *r, char c)
{
	if (r->nrun == LITERAL_MAX)
		run_end(r);
	r->run[r->nrun++] = str_lower_char(c);
}

/* Behind "[": up to behind its "]". */
static void
skip_class(struct reader *r)
{
	if (peek(r, 0) == '^')
		r->at++;
	if (peek(r, 0) == ']')
		r->at++;
	while (r->at < r->s.n && peek(r, 0) != ']') {
		if (peek(r, 0) == '\\') {
			r->at++;
		} else if (peek(r, 0) == '[' &&
		           (peek(r, 1) == ':' || peek(r, 1) == '.' ||
		               peek(r, 1) == '=')) {
			/* "[:alpha:]", or not: PCRE2 has rules for that */
			r->lost = true;
		}
		r->at++;
	}
	r->lost |= r->at >= r->s.n;
	r->at++;
}

/* Behind "(": up to behind its ")". What stands inside is not looked at. */
static void
skip_group(struct reader *r)
{
	unsigned depth = 1;

	while (depth && r->at < r->s.n && !r->lost) {
		char c = r->s.p[r->at++];

		if (c == '\\') {
			r->at++;
		} else if (c == '[') {
			skip_class(r);
		} else if (c == '(') {
			depth++;
		} else if (c == ')') {
			depth--;
		}
	}
	r->lost |= depth > 0;
}

/* "{2,3}" behind <at>? Step over it. Another "{" is a plain character. */
static bool
skip_braces(struct reader *r)
{
	size_t i = r->at + 1, digits = i;

	while (i < r->s.n &&
	       ((r->s.p[i] >= '0' && r->s.p[i] <= '9') || r->s.p[i] == ','))
		i++;
	if (i == digits || i >= r->s.n || r->s.p[i] != '}')
		return false;
	r->at = i + 1;
	return true;
}

/* What stands behind an atom. <plain>: the atom was the run's last byte. Only
 * '+' leaves it required; "a+{0}" does not, so any other takes it away. */
static void
quantifiers(struct reader *r, bool plain)
{
	bool any = false, drop = false;
	char c;

	while ((c = peek(r, 0)) == '+' || c == '?' || c == '*' || c == '{') {
		any = true;
		drop |= c != '+';
		if (c != '{' || !skip_braces(r))
			r->at++;
	}
	if (drop && plain && r->nrun)
		r->nrun--;
	if (any)
		run_end(r);
}

static void
read_escape(struct reader *r)
{
	char c = peek(r, 0);

	r->at++;
	if (c == '\0') {
		r->lost = true;
	} else if (!is_alnum(c)) {
		run_add(r, c);
		quantifiers(r, true);
	} else {
		r->lost |= strchr(ESCAPES_OF_ONE, c) == NULL ||
		           (c == 'N' && peek(r, 0) == '{');
		run_end(r);
		quantifiers(r, false);
	}
}

static void
read_one(struct reader *r)
{
	char c = r->s.p[r->at++];

	switch (c) {
	case '\\':
		read_escape(r);
		return;
	case '|':
	case ')':
	case '?':
	case '*':
	case '+':
	case '{':
	case '\0':
		r->lost = true;
		return;
	case '[':
		skip_class(r);
		break;
	case '(':
		skip_group(r);
		break;
	case '^':
	case '$':
	case '.':
		break;
	default:
		run_add(r, c);
		quantifiers(r, true);
		return;
	}
	run_end(r);
	quantifiers(r, false);
}

/*
 * Is there anything, at any depth, that changes how the rest is read (options,
 * comments, quoting) or that ends a match early (verbs)? Groups and looks
 * around do not. "\(?" counts too: better once too often.
 */
static bool
is_tricky(struct str s)
{
	for (size_t i = 0; i + 1 < s.n; i++) {
		char a = s.p[i], b = s.p[i + 1];
		char c = i + 2 < s.n ? s.p[i + 2] : '\0';

		if (a == '\\' && (b == 'Q' || b == 'E'))
			return true;
		if (a == '(' && b == '*')
			return true;
		if (a == '(' && b == '?' &&
		    (c == '\0' || strchr(":=!<", c) == NULL))
			return true;
	}
	return false;
}

static struct str
longest(struct str pattern, char room[LITERAL_MAX])
{
	struct reader r = {.s = pattern, .best = room};

	if (is_tricky(pattern))
		return STR_NONE;
	while (r.at < pattern.n && !r.lost)
		read_one(&r);
	run_end(&r);
	return r.lost ? STR_NONE : str_make(room, r.nbest);
}

void
literal_read(struct str pattern, struct literal_need *out)
{
	struct str s = longest(pattern, out->text[0]);

	out->n = s.n > 1;
	out->len[0] = (uint8_t)s.n;
}
