/* parse.c - the text of a configuration as a tree. */
#include "config/parse.h"

#include "base/arena.h"
#include "config/diag.h"
#include "config/token.h"

void
parse_tree_init(struct parse_tree *t)
{
	t->sections = NULL;
	t->tail = &t->sections;
}

struct parse_section *
parse_tree_add(
    struct parse_tree *t, struct arena *a, struct str kind, struct str name)
{
	struct parse_section *s = arena_zalloc(a, sizeof(*s));

	if (!s)
		return NULL;
	s->kind = kind;
	s->name = name;
	s->has_name = name.n > 0;
	s->tail = &s->keys;
	*t->tail = s;
	t->tail = &s->next;
	return s;
}

struct parse_key *
parse_section_add(struct parse_section *s, struct arena *a, struct str key)
{
	struct parse_key *k = arena_zalloc(a, sizeof(*k));

	if (!k)
		return NULL;
	k->key = key;
	*s->tail = k;
	s->tail = &k->next;
	return k;
}

struct where
parse_key_at(const struct parse_key *k, size_t offset)
{
	return diag_within(&k->value_at, k->pieces, k->npieces, offset);
}

static struct where
place(const struct config_file *f, uint32_t line, uint32_t column)
{
	return (struct where){f->name, line, column};
}

static void
key_fill(
    struct parse_key *k, const struct config_file *f, const struct token *t)
{
	k->key = t->word;
	k->value = t->value;
	k->at = place(f, t->line, t->column);
	k->value_at = k->at;
	k->pieces = t->pieces;
	k->npieces = t->npieces;
	k->file = f;
	k->value_at = parse_key_at(k, 0);
}

static struct parse_section *
add_section(struct parse *p, const struct config_file *f, const struct token *t)
{
	struct parse_section *s =
	    parse_tree_add(p->tree, p->arena, t->word, t->label);

	if (!s)
		return NULL;
	s->has_name = t->has_label;
	s->at = place(f, t->line, t->column);
	s->name_at = place(f, t->line, t->label_column);
	return s;
}

static void
add_key(struct parse *p, struct parse_section *s, const struct config_file *f,
    const struct token *t)
{
	struct parse_key *k, include = {0};

	if (str_eq(t->word, STR("include"))) {
		key_fill(&include, f, t);
		if (p->include)
			p->include(p->arg, p, &include);
		else
			diag_error(p->diag, &include.at,
			    "include is not possible here");
		return;
	}
	if (!s) {
		struct where at = place(f, t->line, t->column);

		diag_error(p->diag, &at, "\"%.*s\" stands before any [section]",
		    STR_ARG(t->word));
		return;
	}
	k = parse_section_add(s, p->arena, t->word);
	if (k)
		key_fill(k, f, t);
}

/* One that is in no tree: takes the keys behind a header that is wrong. */
static struct parse_section *
lost_section(struct parse *p)
{
	struct parse_section *s = arena_zalloc(p->arena, sizeof(*s));

	if (s)
		s->tail = &s->keys;
	return s;
}

void
parse_text(struct parse *p, const struct config_file *f)
{
	struct parse_section *section = NULL;
	struct tokens tokens;
	struct token t;
	struct where at;

	if (!tokens_begin(&tokens, p->arena, f->text, &t)) {
		at = place(f, t.line, t.column);
		diag_error(p->diag, &at, "%s", t.why);
		return;
	}
	for (;;) {
		token_next(&tokens, &t);
		switch (t.kind) {
		case TOKEN_END:
			return;
		case TOKEN_SECTION:
			section = add_section(p, f, &t);
			break;
		case TOKEN_KEY:
			add_key(p, section, f, &t);
			break;
		case TOKEN_BAD:
			at = place(f, t.line, t.column);
			diag_error(p->diag, &at, "%s", t.why);
			if (t.header) /* its keys are nobody's fault */
				section = lost_section(p);
			break;
		}
		if (p->arena->failed) {
			diag_error(p->diag, NULL, "out of memory");
			return;
		}
	}
}
