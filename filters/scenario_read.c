/* scenario_read.c - a line into words. */
#include "filters/scenario.h"

#include "base/err.h"
#include "base/near.h"

#define LINE_MAX 16384

/* The words of a line, each with where it began. */
struct cursor {
	struct str line;
	size_t at;
	struct err *err;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* 1: a word; 0: there is none; -1: <err>. <at>: where it begins, or would. */
static int
next_word(struct cursor *c, struct str *word, uint32_t *at)
{
	const struct str *l = &c->line;
	size_t from, end;

	while (c->at < l->n && is_blank(l->p[c->at]))
		c->at++;
	*at = (uint32_t)c->at;
	*word = STR_NONE;
	if (c->at == l->n || l->p[c->at] == '#')
		return 0;
	from = c->at;
	if (l->p[from] == '"') {
		end = str_find(*l, '"', ++from);
		if (end == l->n)
			return err_set(c->err, ERR_INPUT,
			    "the quotation mark is not closed");
		c->at = end + 1;
	} else {
		for (end = from; end < l->n && !is_blank(l->p[end]);)
			end++;
		c->at = end;
	}
	*word = str_sub(*l, from, end - from);
	if (c->at < l->n && !is_blank(l->p[c->at]))
		return err_set(c->err, ERR_INPUT,
		    "a blank is missing behind the quotation mark");
	return 1;
}

static int
read_expected(struct str word, struct scenario *out, struct err *err)
{
	struct near near = near_to(word);

	for (unsigned i = 0; i < ACTIONS; i++) {
		struct str name = str_of(action_name((enum action)i));

		if (str_eq(name, word)) {
			out->expected = (enum action)i;
			out->expects = true;
			return 0;
		}
		near_try(&near, name);
	}
	if (near.best.n)
		return err_set(err, ERR_INPUT,
		    "\"%.*s\" is nothing to expect; did you mean \"%.*s\"?",
		    STR_ARG(word), STR_ARG(near.best));
	return err_set(err, ERR_INPUT,
	    "expected allow, block, warn or monitor, found \"%.*s\"",
	    STR_ARG(word));
}

/* The three that each line begins with. */
static int
read_begin(struct cursor *c, struct scenario_ask *ask, struct scenario *out,
    uint32_t *column)
{
	struct str word;

	if (next_word(c, &word, column) < 0)
		return -1;
	if (word.n == 0)
		return err_set(c->err, ERR_INPUT,
		    "expected allow, block, warn or monitor, then a group or "
		    "-, then an address");
	if (read_expected(word, out, c->err) < 0)
		return -1;
	if (next_word(c, &ask->group, column) < 0)
		return -1;
	ask->group_at = *column;
	if (ask->group.n == 0)
		return err_set(c->err, ERR_INPUT,
		    "expected a group, or - for whom the client's address "
		    "tells");
	if (next_word(c, &ask->address, column) < 0)
		return -1;
	ask->address_at = *column;
	if (ask->address.n == 0)
		return err_set(c->err, ERR_INPUT, "expected an address");
	return 0;
}

static int
read_pairs(struct cursor *c, struct scenario_word *pairs, unsigned *n,
    uint32_t *column)
{
	for (;;) {
		struct scenario_word *w = &pairs[*n];
		struct str key;
		int got = next_word(c, &key, column);

		if (got <= 0)
			return got;
		if (*n == SCENARIO_WORDS_MAX)
			return err_set(c->err, ERR_LIMIT, "too many words");
		w->key = key;
		w->key_at = *column;
		got = next_word(c, &w->value, column);
		if (got < 0)
			return -1;
		if (got == 0) {
			*column = w->key_at;
			return err_set(c->err, ERR_INPUT,
			    "\"%.*s\" stands without what it is",
			    STR_ARG(w->key));
		}
		w->value_at = *column;
		++*n;
	}
}

int
scenario_words(struct str text, struct scenario_word *words, unsigned *n,
    uint32_t *column, struct err *err)
{
	struct cursor c = {.line = text, .err = err};

	return read_pairs(&c, words, n, column);
}

/* The words of a line, and what they come to. */
static int
read_line(struct arena *a, const struct snapshot *s, struct cursor *c,
    struct scenario_ask *ask, struct scenario *out)
{
	struct scenario_word pairs[SCENARIO_WORDS_MAX];
	struct scenario said = {.expects = false};
	uint32_t column = 0;

	ask->words = pairs;
	if (read_begin(c, ask, &said, &column) < 0 ||
	    read_pairs(c, pairs, &ask->nwords, &column) < 0 ||
	    scenario_make(a, s, ask, out, &column, c->err) < 0) {
		out->column = column;
		return -1;
	}
	out->expected = said.expected;
	out->expects = true;
	out->text = c->line;
	return 0;
}

int
scenario_read(struct arena *a, const struct snapshot *s, struct str line,
    int64_t now, struct scenario *out, struct err *err)
{
	struct cursor c = {.err = err};
	struct scenario_ask ask = {.now = now};

	out->column = 0;
	if (line.n > LINE_MAX)
		return err_set(err, ERR_LIMIT, "the line is too long");
	c.line = arena_str(a, line);
	if (a->failed)
		return err_set(err, ERR_MEMORY, "out of memory");
	return read_line(a, s, &c, &ask, out);
}
