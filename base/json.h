/*
 * json.h - write JSON into a buffer (RFC 8259); no reader here.
 *
 *	json_open(&b, '{');
 *	json_key_str(&b, "host", host);
 *	json_key_u64(&b, "line", 12);
 *	json_close(&b, '}');
 *
 * Commas are put by looking at what was written last. Any bytes may come in:
 * controls, DEL, C1, U+2028/2029 and bidirectional overrides are written as
 * \uXXXX, a byte that is no UTF-8 as \udcXX (so that it can be told from a
 * real character). Output is always one line and never moves a terminal.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct buf;

void json_open(struct buf *b, char bracket);  /* '{' or '[' */
void json_close(struct buf *b, char bracket); /* '}' or ']' */
void json_key(struct buf *b, const char *key);
void json_str(struct buf *b, struct str s);
void json_u64(struct buf *b, uint64_t v);
void json_bool(struct buf *b, bool v);
void json_key_str(struct buf *b, const char *key, struct str s);
void json_key_z(struct buf *b, const char *key, const char *z);
void json_key_u64(struct buf *b, const char *key, uint64_t v);
void json_key_bool(struct buf *b, const char *key, bool v);

/*
 * The same escaping for terminals and text logs, without quotes: what is not
 * printable ASCII or harmless UTF-8 becomes \xNN.
 */
void text_add_escaped(struct buf *b, struct str s);

#endif
