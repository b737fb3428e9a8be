/*
 * collect.h - for the tests of config/: reports as lines of text, and a
 * configuration from a text without any file.
 */
#ifndef TESTS_UNIT_CONFIG_COLLECT_H
#define TESTS_UNIT_CONFIG_COLLECT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "config/apply.h"
#include "config/config.h"
#include "config/diag.h"
#include "config/parse.h"

/* A slice in a constant table. */
#define TEXT(lit)                                                              \
	{                                                                      \
		("" lit), sizeof(lit) - 1                                      \
	}

/* "file:line:column: error: text\n"; <arg> is a struct buf. */
__attribute__((unused)) static void
collect(void *arg, const struct config_report *r)
{
	struct buf *b = arg;

	if (r->file)
		buf_addf(b, "%s:", r->file);
	if (r->line)
		buf_addf(b, "%u:%u:", r->line, r->column);
	buf_addf(b, "%s%s: %s\n", r->file ? " " : "",
	    r->error ? "error" : "warning", r->text);
}

__attribute__((unused)) static const char *
collected(struct buf *b)
{
	buf_add_char(b, '\0');
	b->n--;
	return b->p;
}

/* Read <text> as the file "t" in /etc; reports go to <out>. The arena of <c>
 * is to be finished. Returns how many errors there were. */
__attribute__((unused)) static unsigned
load_text(struct config *c, struct str text, struct buf *out)
{
	struct diag d = {.report = collect, .arg = out};
	struct parse_tree tree;
	struct parse p;
	struct config_file *f;

	config_init(c);
	d.files = &c->files;
	f = arena_zalloc(&c->arena, sizeof(*f));
	assert_non_null(f);
	f->name = STR("t");
	f->dir = STR("/etc");
	f->text = arena_str(&c->arena, text);
	c->files = f;
	c->data_dir = STR("/data");
	parse_tree_init(&tree);
	p = (struct parse){.arena = &c->arena, .diag = &d, .tree = &tree};
	parse_text(&p, f);
	apply_tree(c, &tree, APPLY_FILE, &d);
	apply_finish(c, &d);
	return d.errors;
}

#endif
