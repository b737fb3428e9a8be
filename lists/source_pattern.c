/*
 * source_pattern.c - may this regular expression be one of a list?
 *
 * Not a compiler: PCRE2 has the last word on syntax, where patterns are
 * compiled. Here is found out what a pattern at least demands of a text; one
 * that demands next to nothing holds for every URL and is refused. What is
 * not understood counts as nothing demanded.
 */
#include "lists/source_reader.h"

/* How much a part demands of a text: the letter of a name is LETTER. */
#define LETTER    4
#define SIGN      2 /* -_=&% and the like: half of all URLs have them */
#define LEAST     (2 * LETTER)
#define MOST      4096
#define REPEATS   64 /* more count no more */
#define DEPTH_MAX 100

struct demand {
	unsigned sum;
	bool rare; /* some of it is not of "https://www." */
};

static const struct demand nothing = {0, false};

struct scan {
	const char *p, *end;
	const char *why; /* set: no pattern for a list */
	unsigned depth;
};

static struct demand alternation(struct scan *s);

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

static struct demand
char_demand(char c)
{
	c = str_lower_char(c);
	if (c && strchr("htpsw", c))
		return (struct demand){LETTER, false};
	if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
		return (struct demand){LETTER, true};
	if (c == '.' || c == '/' || c == ':')
		return nothing;
	return (struct demand){SIGN, true};
}

/* Of a class: <least> is what its weakest member demands. */
static struct demand
class_demand(unsigned members, struct demand least)
{
	if (members > 64)
		return nothing;
	if (members > 16 && least.sum)
		least.sum = 1;
	return least;
}

static void
take_any(struct scan *s, const char *of, unsigned most)
{
	while (most-- && s->p < s->end && *s->p && strchr(of, *s->p))
		s->p++;
}

/*
 * Behind a backslash and <c>: a name in braces, a number, a letter. What it
 * stands for may be any character.
 */
static void
escape_rest(struct scan *s, char c)
{
	if (take(s, STR("{")))
		take_until(s, '}', "a brace is not closed");
	else if (take(s, STR("<")))
		take_until(s, '>', "a name is not closed");
	else if (take(s, STR("'")))
		take_until(s, '\'', "a name is not closed");
	else if (c == 'x')
		take_any(s, "0123456789abcdefABCDEF", 2);
	else if (c == 'p' || c == 'P')
		s->p += s->p < s->end;
	else
		take_any(s, "+-0123456789", 4);
}

/* Behind a backslash; <members>: how many characters it stands for. */
static struct demand
escape(struct scan *s, unsigned *members)
{
	char c;

	*members = 256;
	if (s->p == s->end) {
		s->why = "ends in a backslash";
		return nothing;
	}
	c = *s->p++;
	if (c == 'C')
		s->why = "\\C is not for lists";
	if (c == 'd' || c == 's' || c == 'w') {
		*members = c == 'd' ? 10 : c == 's' ? 6 : 63;
		return class_demand(
		    *members, (struct demand){LETTER, c != 'w'});
	}
	if (c && strchr("DWSbBAzZGKNRXhHvVE", c))
		return nothing;
	if (c && strchr("pPgkox0123456789", c)) {
		escape_rest(s, c);
		return (struct demand){c == 'x' ? SIGN : 0, false};
	}
	*members = 1;
	return char_demand(c);
}

static struct demand
both(struct demand a, struct demand b)
{
	unsigned sum = a.sum + b.sum;

	return (struct demand){sum > MOST ? MOST : sum, a.rare || b.rare};
}

/* "\Q...\E": the text itself. */
static struct demand
quoted(struct scan *s)
{
	struct demand d = nothing;

	while (s->p < s->end && !take(s, STR("\\E")))
		d = both(d, char_demand(*s->p++));
	return d;
}

static void
weaken(struct demand *least, struct demand d)
{
	least->sum = d.sum < least->sum ? d.sum : least->sum;
	least->rare = least->rare && d.rare;
}

/* One member of a class, or the beginning of a range. */
static unsigned
member(struct scan *s, struct demand *least)
{
	unsigned members = 1;

	if (take(s, STR("[:"))) {
		take_until(s, ']', "a class is not closed");
		weaken(least, nothing);
		return 1;
	}
	if (*s->p++ != '\\')
		weaken(least, char_demand(s->p[-1]));
	else
		weaken(least, escape(s, &members));
	return members;
}

/* The rest of a range that began with <from>; how many more it has. */
static unsigned
range(struct scan *s, unsigned char from, struct demand *least)
{
	unsigned char to = (unsigned char)s->p[1];

	s->p++;
	if (from == '\\' || to == '\\' || to == '[') {
		weaken(least, nothing); /* who knows */
		return 1;
	}
	s->p++;
	for (unsigned c = from; c <= to; c++)
		weaken(least, char_demand((char)c));
	return to > from ? (unsigned)(to - from) : 0;
}

static struct demand class(struct scan *s)
{
	bool not = take(s, STR("^"));
	struct demand least = {LETTER, true};
	const char *first = s->p;
	unsigned n = 0;

	while (s->p < s->end && !s->why && (*s->p != ']' || s->p == first)) {
		unsigned char from = (unsigned char)*s->p;

		n += member(s, &least);
		if (s->end - s->p > 1 && *s->p == '-' && s->p[1] != ']')
			n += range(s, from, &least);
	}
	if (!take(s, STR("]")))
		s->why = "a class is not closed";
	return not ? nothing : class_demand(n, least);
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
	if (take(s, STR("("))) {
		s->why = "a condition, (?(...), is not for lists";
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

static struct demand
group(struct scan *s)
{
	bool demands = true;
	struct demand d;

	if (at(s, STR("*"))) {
		s->why = "verbs, (*...), are not for lists";
		return nothing;
	}
	if (take(s, STR("?"))) {
		if (special(s))
			return nothing;
		demands = head_demands(s);
	}
	if (++s->depth > DEPTH_MAX) {
		s->why = "parentheses too deep";
		return nothing;
	}
	d = alternation(s);
	s->depth--;
	if (!take(s, STR(")")) && !s->why)
		s->why = "a parenthesis is not closed";
	return demands ? d : nothing;
}

static struct demand
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
			return nothing;
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
	return c == '^' || c == '$' ? nothing : char_demand(c);
}

/* "{2}", "{2,}", "{2,9}", and "{,9}", which not all take for one: the least;
 * false: the brace is a text. */
static bool
braces(struct scan *s, unsigned *least)
{
	const char *p = s->p + 1;
	unsigned n = 0;

	if (p >= s->end || ((*p < '0' || *p > '9') && *p != ','))
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

static struct demand
repeated(struct scan *s, struct demand d)
{
	unsigned least = 1;

	if (s->p == s->end)
		return d;
	if (*s->p == '*' || *s->p == '?' || *s->p == '+')
		least = *s->p++ == '+';
	else if (*s->p != '{' || !braces(s, &least))
		return d;
	if (!take(s, STR("?")))
		take(s, STR("+"));
	if (least == 0)
		return nothing;
	d.sum *= least > REPEATS ? REPEATS : least;
	return d;
}

static struct demand
branch(struct scan *s)
{
	struct demand d = nothing;

	while (s->p < s->end && !s->why && *s->p != '|' && *s->p != ')')
		d = both(d, repeated(s, atom(s)));
	return d;
}

/* The branch that demands least is what all of it demands. */
static struct demand
alternation(struct scan *s)
{
	struct demand least = branch(s);

	while (!s->why && take(s, STR("|")))
		weaken(&least, branch(s));
	return least;
}

const char *
source_pattern_why(struct str text)
{
	struct scan s = {text.p, text.p + text.n, NULL, 0};
	struct demand d;

	if (text.n == 0)
		return "matches everything";
	if (text.n > SOURCE_PATTERN_MAX)
		return "the pattern is too long";
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] < ' ' || text.p[i] > '~')
			return "a byte that is not ASCII, where URLs have "
			       "escapes";
	d = alternation(&s);
	if (!s.why && s.p < s.end)
		s.why = "a parenthesis that closes nothing";
	if (!s.why && (d.sum < LEAST || !d.rare))
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
	/* URLs have no blanks: behind one, '#' can only begin a comment */
	struct str s = source_content(line);

	if (s.n == 0)
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
