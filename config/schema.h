/*
 * schema.h - keys.def as text: the table of keys, an example file, and the
 * values in force.
 */
#ifndef CONFIG_SCHEMA_H
#define CONFIG_SCHEMA_H

struct buf;
struct config;

void schema_text(struct buf *out);
void schema_json(struct buf *out); /* one array; ends with a newline */
void schema_markdown(struct buf *out);

/* A file with every key, explained, commented out; means the same as an
 * empty one. */
void schema_example(struct buf *out);

/* Every key with its value in force; reading it gives <c> again. */
void schema_dump(const struct config *c, struct buf *out);

#endif
