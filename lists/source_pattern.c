/*
 * source_pattern.c - may this regular expression be one of a list?
 *
 * Not a compiler: PCRE2 has the last word on syntax, where patterns are
 * compiled. Here is found out what a pattern at least demands of a text; one
 * that demands next to nothing holds for every URL and is refused. What is
 * not understood counts as nothing demanded.
 */
#include "lists/source_reader.h"

/* How much a part demands: the letter of a URL is LETTER. */
#define LETTER    4
#define SIGN      2 /* -_=&% and the like: half of all URLs have them */
#define LEAST     (2 * LETTER)
#define MOST      4096
#define DEPTH_MAX 100

struct scan {
	const char *p, *end;
	const char *why; /* set: no pattern for a list */
	unsigned depth;
};

static unsigned alternation(struct scan *s);

static bool
at(const struct scan *s, struct str text)
{
	return str_starts(str_make(s->p, (size_t)(s->end - s->p)), text);
}

static bool
take(struct scan *s, struct str text)
{
	if (!at(s, text))
		return false;
	s->p += text.n;
	return true;
}

static void
take_until(struct scan *s, char c, const char *why)
{
	while (s->p < s->end && *s->p != c)
		s->p++;
	if (s->p < s->end)
		s->p++;
	else
		s->why = why;
}

static unsigned
char_weight(char c)
{
	c = str_lower_char(c);
	if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
		return LETTER;
	return c == '.' || c == '/' || c == ':' ? 0 : SIGN;
}

/* Behind a backslash; <members>: how many characters it stands for. */
static unsigned
escape(struct scan *s, unsigned *members)
{
	char c;

	*members = 256;
	if (s->p == s->end) {
		s->why = "ends in a backslash";
		return 0;
	}
	c = *s->p++;
	if (c == 'C')
		s->why = "\\C is not for lists";
	if (c == 'd')
		return *members = 10, LETTER;
	if (c == 'w')
		return *members = 63, 1;
	if (c == 's')
		return *members = 6, LETTER;
	if (c && strchr("DWSbBAzZGKNRXhHvVE0123456789", c))
		return 0;
	if (c && strchr("pPgkoxu", c)) {
		if (take(s, STR("{")))
			take_until(s, '}', "a brace is not closed");
		else if (take(s, STR("<")))
			take_until(s, '>', "a name is not closed");
		else
			s->p += c == 'x' && s->end - s->p >= 2 ? 2 : 0;
		return c == 'x' ? SIGN : 0;
	}
	*members = 1;
	return char_weight(c);
}

/* "\Q...\E": the text itself. */
static unsigned
quoted(struct scan *s)
{
	unsigned sum = 0;

	while (s->p < s->end && !take(s, STR("\\E")))
		sum += char_weight(*s->p++);
	return sum;
}

/* One member of a class, or the beginning of a range. */
static unsigned
member(struct scan *s)
{
	unsigned members;

	if (take(s, STR("[:"))) {
		take_until(s, ']', "a class is not closed");
		return 52;
	}
	if (*s->p++ != '\\')
		return 1;
	escape(s, &members);
	return members;
}

static unsigned class(struct scan *s)
{
	bool not = take(s, STR("^"));
	const char *first = s->p;
	unsigned n = 0;

	while (s->p < s->end && !s->why && (*s->p != ']' || s->p == first)) {
		unsigned char from = (unsigned char)*s->p;

		n += member(s);
		if (s->end - s->p > 1 && *s->p == '-' && s->p[1] != ']' &&
		    (unsigned char)s->p[1] > from)
			n += (unsigned)((unsigned char)s->p[1] - from - 1);
	}
	if (!take(s, STR("]")))
		s->why = "a class is not closed";
	return not ? 0 : n <= 16 ? LETTER : n <= 64 ? 1 : 0;
}

/* Behind "(?": what is no group with a text in it. True: dealt with. */
static bool
special(struct scan *s)
{
	const char *p = s->p;

	if (at(s, STR("C"))) {
		s->why = "a callout is not for lists";
		return true;
	}
	if (at(s, STR("#")) || at(s, STR("R")) || at(s, STR("&")) ||
	    at(s, STR("P>")) || at(s, STR("P=")) || at(s, STR("+")) ||
	    (p < s->end && *p >= '0' && *p <= '9')) {
		take_until(s, ')', "a parenthesis is not closed");
		return true;
	}
	while (p < s->end && *p && strchr("imnsxJU-^0123456789", *p)) {
		if (*p == 'x') {
			s->why = "extended syntax is not for lists";
			return true;
		}
		p++;
	}
	if (p < s->end && *p == ')') {
		s->p = p + 1;
		return true;
	}
	if (p < s->end && *p == ':')
		s->p = p;
	return false;
}

/* The rest of a group's head; does what is in it have to be there? */
static bool
head_demands(struct scan *s)
{
	if (take(s, STR("!")) || take(s, STR("<!")))
		return false;
	if (take(s, STR("("))) { /* a condition: either branch, or none */
		take_until(s, ')', "a parenthesis is not closed");
		return false;
	}
	if (take(s, STR(":")) || take(s, STR("=")) || take(s, STR("<=")) ||
	    take(s, STR(">")) || take(s, STR("|")))
		return true;
	if (take(s, STR("P<")) || take(s, STR("<")))
		take_until(s, '>', "a name is not closed");
	else if (take(s, STR("'")))
		take_until(s, '\'', "a name is not closed");
	else
		s->why = "a group of a kind that is not known here";
	return true;
}

static unsigned
group(struct scan *s)
{
	bool demands = true;
	unsigned weight;

	if (at(s, STR("*"))) {
		s->why = "verbs, (*...), are not for lists";
		return 0;
	}
	if (take(s, STR("?"))) {
		if (special(s))
			return 0;
		demands = head_demands(s);
	}
	if (++s->depth > DEPTH_MAX) {
		s->why = "parentheses too deep";
		return 0;
	}
	weight = alternation(s);
	s->depth--;
	if (!take(s, STR(")")) && !s->why)
		s->why = "a parenthesis is not closed";
	return demands ? weight : 0;
}

static unsigned
atom(struct scan *s)
{
	/* in every URL, or in nearly every one */
	static const struct str known[] = {
	    STR_INIT("https"), STR_INIT("http"), STR_INIT("www")};
	struct str rest = str_make(s->p, (size_t)(s->end - s->p));
	unsigned members;
	char c;

	for (unsigned i = 0; i < 3; i++)
		if (source_after(rest, known[i], &rest)) {
			s->p = rest.p;
			return 0;
		}
	c = *s->p++;
	if (c == '(')
		return group(s);
	if (c == '[')
		return class(s);
	if (c == '\\')
		return take(s, STR("Q")) ? quoted(s) : escape(s, &members);
	if (c == '*' || c == '+' || c == '?')
		s->why = "a quantifier with nothing before it";
	return c == '.' || c == '^' || c == '$' ? 0 : char_weight(c);
}

/* "{2}", "{2,}", "{2,9}": the least; false: the brace is a text. */
static bool
braces(struct scan *s, unsigned *least)
{
	const char *p = s->p + 1;
	unsigned n = 0;

	if (p >= s->end || *p < '0' || *p > '9')
		return false;
	for (; p < s->end && *p >= '0' && *p <= '9'; p++)
		n = n > 1000 ? n : n * 10 + (unsigned)(*p - '0');
	if (p < s->end && *p == ',')
		while (++p < s->end && *p >= '0' && *p <= '9')
			;
	if (p >= s->end || *p != '}')
		return false;
	s->p = p + 1;
	*least = n;
	return true;
}

static unsigned
repeated(struct scan *s, unsigned weight)
{
	unsigned least = 1;

	if (s->p == s->end)
		return weight;
	if (*s->p == '*' || *s->p == '?' || *s->p == '+')
		least = *s->p++ == '+';
	else if (*s->p != '{' || !braces(s, &least))
		return weight;
	if (!take(s, STR("?")))
		take(s, STR("+"));
	return weight * (least > 64 ? 64 : least);
}

static unsigned
branch(struct scan *s)
{
	unsigned sum = 0;

	while (s->p < s->end && !s->why && *s->p != '|' && *s->p != ')') {
		sum += repeated(s, atom(s));
		sum = sum > MOST ? MOST : sum;
	}
	return sum;
}

/* The branch that demands least is what all of it demands. */
static unsigned
alternation(struct scan *s)
{
	unsigned least = branch(s);

	while (!s->why && take(s, STR("|"))) {
		unsigned weight = branch(s);

		least = weight < least ? weight : least;
	}
	return least;
}

const char *
source_pattern_why(struct str text)
{
	struct scan s = {text.p, text.p + text.n, NULL, 0};
	unsigned weight;

	if (text.n == 0)
		return "matches everything";
	if (text.n > SOURCE_PATTERN_MAX)
		return "the pattern is too long";
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] < ' ' || text.p[i] > '~')
			return "a byte that is not ASCII, where URLs have "
			       "escapes";
	weight = alternation(&s);
	if (!s.why && s.p < s.end)
		s.why = "a parenthesis that closes nothing";
	if (!s.why && weight < LEAST)
		s.why = "would match nearly everything";
	return s.why;
}

void
source_emit_pattern(
    const struct source_entry *e, const struct source_sink *sink)
{
	const char *why = source_pattern_why(e->text);

	if (why)
		sink->reject(sink->ctx, why);
	else
		sink->entry(sink->ctx, e);
}

/* ---- formats that are nothing but patterns */

/*
 * "^bad\.": a URL begins with its scheme, so this could never match. Where
 * squidGuard's expressions begin so they mean the host, and "www." before it
 * is nothing to them.
 */
static bool
is_front_of_host(struct str s)
{
	char c = s.n > 1 ? str_lower_char(s.p[1]) : 0;

	if (s.n < 2 || s.p[0] != '^')
		return false;
	s = str_sub(s, 1, s.n);
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z' && c != 'h') ||
	       str_starts(s, STR("[0-9")) || str_starts(s, STR("\\d"));
}

void
source_patterns(
    struct source_reader *r, struct str line, const struct source_sink *sink)
{
	struct source_entry e = {.kind = SOURCE_PATTERN};
	struct str s = str_trim(line);

	if (s.n == 0 || s.p[0] == '#')
		return;
	e.text = s;
	if (is_front_of_host(s)) {
		buf_reset(&r->text);
		buf_add_str(&r->text, STR("^[a-z]+://(?:www\\.)?"));
		buf_add_str(&r->text, str_sub(s, 1, s.n));
		if (!r->text.failed)
			e.text = buf_str(&r->text);
	}
	source_emit_pattern(&e, sink);
}
