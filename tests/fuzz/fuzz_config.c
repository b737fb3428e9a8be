/*
 * fuzz_config.c - any bytes as a configuration file: no crash, every report
 * has a place inside of the text, and what loads without an error comes back
 * the same from its own dump.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "config/apply.h"
#include "config/config.h"
#include "config/diag.h"
#include "config/parse.h"
#include "config/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
look(void *arg, const struct config_report *r)
{
	struct str *text = arg;
	struct str rest = *text, line = STR_NONE;

	if (!r->file)
		return;
	for (uint32_t i = 0; i < r->line; i++)
		if (!str_next(&rest, '\n', &line))
			abort(); /* a line that is not there */
	/* one behind the end: something is missing there */
	if (r->column > line.n + 1)
		abort();
}

/* Errors; <c> is to be finished. */
static unsigned
load(struct config *c, struct str text)
{
	struct diag d = {.report = look, .arg = &text};
	struct parse_tree tree;
	struct config_file *f;
	struct parse p;

	config_init(c);
	d.files = &c->files;
	f = arena_zalloc(&c->arena, sizeof(*f));
	if (!f)
		abort();
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

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf one = BUF_EMPTY, two = BUF_EMPTY;
	struct config c;

	if (load(&c, str_make((const char *)data, size)) == 0) {
		schema_dump(&c, &one);
		arena_fini(&c.arena);
		if (load(&c, buf_str(&one)) != 0)
			abort();
		schema_dump(&c, &two);
		if (!str_eq(buf_str(&one), buf_str(&two)))
			abort();
	}
	arena_fini(&c.arena);
	buf_fini(&one);
	buf_fini(&two);
	return 0;
}
