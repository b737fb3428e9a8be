/*
 * export.h - events of the block log in other people's formats.
 *
 *	jsonl  the line as it stands
 *	csv    RFC 4180; a cell that a spreadsheet would compute gets a '
 *	squid  Squid's native access.log, for the tools that read it
 *	text   for eyes: a line, escaped for terminals
 */
#ifndef REVIEW_EXPORT_H
#define REVIEW_EXPORT_H

#include <stdbool.h>

#include "base/str.h"

struct blocklog_event;
struct buf;

enum export_format {
	EXPORT_TEXT = 0,
	EXPORT_JSONL,
	EXPORT_CSV,
	EXPORT_SQUID,
};
bool export_format_from(struct str name, enum export_format *out);

/* What stands before the first event; nothing but for csv. */
void export_head(enum export_format f, struct buf *out);
void export_event(
    enum export_format f, const struct blocklog_event *e, struct buf *out);

#endif
