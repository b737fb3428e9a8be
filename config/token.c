/* token.c - the text of a configuration file, one logical line at a time. */
#include "config/token.h"

#include "base/arena.h"
#include "base/utf8.h"
#include "config/config.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool
is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

static bool
is_comment(char c)
{
	return c == '#' || c == ';';
}

static size_t
skip_blanks(struct str s, size_t at)
{
	while (at < s.n && is_blank(s.p[at]))
		at++;
	return at;
}

static size_t
skip_word(struct str s, size_t at)
{
	while (at < s.n && is_word_char(s.p[at]))
		at++;
	return at;
}

static void
bad(struct token *out, size_t column0, const char *why)
{
	out->kind = TOKEN_BAD;
	out->column = (uint32_t)column0 + 1;
	out->why = why;
}

bool
tokens_begin(
    struct tokens *t, struct arena *a, struct str text, struct token *out)
{
	size_t at = str_starts(text, STR("\xef\xbb\xbf")) ? 3 : 0;
	size_t step, line_start = 0;

	*t = (struct tokens){a, text, at, 0};
	*out = (struct token){.line = 1};
	for (; at < text.n; at += step) {
		unsigned char c = (unsigned char)text.p[at];
		uint32_t cp;

		step =
		    c < 0x80 ? 1 : utf8_decode(str_sub(text, at, text.n), &cp);
		if (step == 0) {
			bad(out, at - line_start,
			    "the text is not valid UTF-8");
			return false;
		}
		if (c == '\n') {
			out->line++;
			line_start = at + 1;
			continue;
		}
		if (c == 0) {
			bad(out, at - line_start, "there is a NUL byte");
			return false;
		}
		if (c == 0x7f || (c < 0x20 && !is_blank(text.p[at]))) {
			bad(out, at - line_start,
			    "there is a control character");
			return false;
		}
	}
	return true;
}

/* The next line without its LF; false at the end. */
static bool
next_line(struct tokens *t, struct str *line)
{
	size_t end;

	if (t->at >= t->text.n)
		return false;
	end = str_find(t->text, '\n', t->at);
	*line = str_sub(t->text, t->at, end - t->at);
	t->at = end + 1;
	t->line++;
	return true;
}

/*
 * A quoted text that begins at <at> (its quote) into <out>; where it ends
 * (behind its quote), or 0 where it does not.
 */
static size_t
quoted(struct tokens *t, struct str line, size_t at, struct str *out)
{
	char *to = arena_alloc(t->arena, line.n - at + 1);
	size_t n = 0;

	if (!to)
		return 0;
	for (at++; at < line.n && line.p[at] != '"'; at++) {
		if (line.p[at] == '\\' && at + 1 < line.n &&
		    (line.p[at + 1] == '"' || line.p[at + 1] == '\\'))
			at++;
		to[n++] = line.p[at];
	}
	if (at >= line.n)
		return 0;
	to[n] = '\0';
	*out = str_make(to, n);
	return at + 1;
}

/* Nothing but a comment from <at> on? Else the column of what is there. */
static bool
only_comment(struct str line, size_t at, size_t *column)
{
	*column = skip_blanks(line, at);
	return *column >= line.n ||
	       (is_comment(line.p[*column]) && (*column > at || at == 0));
}

static void
section_line(struct tokens *t, struct str line, size_t at, struct token *out)
{
	size_t open = at, end, column;

	out->kind = TOKEN_SECTION;
	at = skip_blanks(line, at + 1);
	end = skip_word(line, at);
	out->word = str_sub(line, at, end - at);
	out->column = (uint32_t)at + 1;
	at = skip_blanks(line, end);
	out->has_label = at < line.n && line.p[at] != ']';
	out->label_column = (uint32_t)at + 1;
	if (at < line.n && line.p[at] == '"') {
		at = quoted(t, line, at, &out->label);
		if (at == 0) {
			bad(out, out->label_column - 1,
			    "the quote is not closed");
			return;
		}
	} else if (out->has_label) {
		end = skip_word(line, at);
		out->label = str_sub(line, at, end - at);
		at = end;
	}
	at = skip_blanks(line, at);
	if (at >= line.n || line.p[at] != ']') {
		bad(out, at >= line.n ? open : at,
		    at >= line.n
		        ? "the section's ] is missing"
		        : "expected ], or a name of letters, digits, - _ . ; "
		          "put other names in quotes");
		return;
	}
	if (out->word.n == 0)
		bad(out, open, "the section has no kind");
	else if (!only_comment(line, at + 1, &column))
		bad(out, column, "expected the end of the line behind ]");
}

/* The part of a value in <line> from <at>: without comment and blanks. */
static struct str
value_part(struct str line, size_t at, bool *more)
{
	size_t end = at;
	struct str part;

	while (end < line.n && !(is_comment(line.p[end]) &&
	                           (end == 0 || is_blank(line.p[end - 1]))))
		end++;
	*more = false;
	part = str_sub(line, at, end - at);
	while (part.n && is_blank(part.p[part.n - 1]))
		part.n--;
	if (end == line.n && part.n && part.p[part.n - 1] == '\\') {
		*more = true;
		part.n--;
		while (part.n && is_blank(part.p[part.n - 1]))
			part.n--;
	}
	return part;
}

/* Parts of a value as they are found; grows in the arena. */
struct parts {
	struct str *v;
	struct config_piece *piece;
	unsigned n, cap;
	size_t total;
};

static void
add_part(struct tokens *t, struct parts *p, struct str part, uint32_t column)
{
	if (p->n == p->cap) {
		unsigned cap = p->cap ? p->cap * 2 : 1;
		struct str *v = arena_alloc(t->arena, cap * sizeof(*v));
		struct config_piece *piece =
		    arena_alloc(t->arena, cap * sizeof(*piece));

		if (!v || !piece)
			return;
		if (p->n) {
			memcpy(v, p->v, p->n * sizeof(*v));
			memcpy(piece, p->piece, p->n * sizeof(*piece));
		}
		p->v = v;
		p->piece = piece;
		p->cap = cap;
	}
	p->total += p->n ? 1 : 0;
	p->piece[p->n] =
	    (struct config_piece){(uint32_t)p->total, t->line, column};
	p->v[p->n++] = part;
	p->total += part.n;
}

static void
join_parts(struct tokens *t, const struct parts *p, struct token *out)
{
	char *to;
	size_t at = 0;

	out->pieces = p->piece;
	out->npieces = p->n;
	if (p->n == 1)
		out->value = p->v[0];
	if (p->n <= 1)
		return;
	to = arena_alloc(t->arena, p->total + 1);
	if (!to)
		return;
	for (unsigned i = 0; i < p->n; i++) {
		if (i)
			to[at++] = ' ';
		if (p->v[i].n)
			memcpy(to + at, p->v[i].p, p->v[i].n);
		at += p->v[i].n;
	}
	to[at] = '\0';
	out->value = str_make(to, at);
}

static void
value_lines(struct tokens *t, struct str line, size_t at, struct token *out)
{
	struct parts parts = {0};
	uint32_t first = out->line;
	bool more;

	for (;;) {
		struct str part = value_part(line, at, &more);

		if (part.n || (!more && parts.n == 0))
			add_part(t, &parts, part, (uint32_t)at + 1);
		if (!more)
			break;
		if (!next_line(t, &line)) {
			out->line = t->line;
			bad(out, line.n - 1,
			    "the line ends in \\ but none follows");
			return;
		}
		at = skip_blanks(line, 0);
	}
	join_parts(t, &parts, out);
	out->line = first;
}

static void
quoted_value(struct tokens *t, struct str line, size_t at, struct token *out)
{
	struct parts parts = {0};
	struct str value;
	size_t end = quoted(t, line, at, &value), column;

	if (end == 0) {
		bad(out, at, "the quote is not closed");
		return;
	}
	if (!only_comment(line, end, &column)) {
		bad(out, column,
		    "expected the end of the line behind the quote");
		return;
	}
	add_part(t, &parts, value, (uint32_t)at + 2);
	join_parts(t, &parts, out);
}

static void
key_line(struct tokens *t, struct str line, size_t at, struct token *out)
{
	size_t end = skip_word(line, at);

	out->kind = TOKEN_KEY;
	out->word = str_sub(line, at, end - at);
	out->column = (uint32_t)at + 1;
	if (out->word.n == 0) {
		bad(out, at, "expected a key or a [section]");
		return;
	}
	at = skip_blanks(line, end);
	if (at >= line.n || line.p[at] != '=') {
		bad(out, at >= line.n ? out->column - 1 : at,
		    "expected = and a value behind the key");
		return;
	}
	at = skip_blanks(line, at + 1);
	if (at < line.n && line.p[at] == '"')
		quoted_value(t, line, at, out);
	else
		value_lines(t, line, at, out);
}

void
token_next(struct tokens *t, struct token *out)
{
	struct str line;
	size_t at;

	*out = (struct token){.kind = TOKEN_END};
	for (;;) {
		size_t start = t->line == 0 ? t->at : 0; /* behind the BOM */

		if (!next_line(t, &line)) {
			out->line = t->line;
			return;
		}
		if (start) { /* columns count from the line's first byte */
			line.p -= start;
			line.n += start;
		}
		at = skip_blanks(line, start);
		if (at < line.n && !is_comment(line.p[at]))
			break;
	}
	out->line = t->line;
	out->header = line.p[at] == '[';
	if (out->header)
		section_line(t, line, at, out);
	else
		key_line(t, line, at, out);
}
