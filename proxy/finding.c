/* finding.c - what a load has to say. */
#include "proxy/finding.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/sys/log.h"
#include "config/loader.h"

void
finding_json(struct buf *out, const struct config_report *r)
{
	json_open(out, '{');
	json_key_bool(out, "error", r->error);
	if (r->file)
		json_key_z(out, "file", r->file);
	if (r->line)
		json_key_u64(out, "line", r->line);
	if (r->column)
		json_key_u64(out, "column", r->column);
	json_key_z(out, "text", r->text);
	if (r->source)
		json_key_z(out, "source", r->source);
	json_close(out, '}');
}

void
finding_log(const struct config_report *r)
{
	enum log_level level = r->error ? LOG_ERR_ : LOG_WARN_;

	if (r->file && r->line)
		log_line(level, "%s:%u:%u: %s", r->file, (unsigned)r->line,
		    (unsigned)r->column, r->text);
	else if (r->file)
		log_line(level, "%s: %s", r->file, r->text);
	else
		log_line(level, "%s", r->text);
}
