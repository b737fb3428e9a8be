/* value_feed.c - values of a list's update: where from, and who signs it. */
#include "base/buf.h"
#include "config/value.h"
#include "feeds/schedule.h"
#include "feeds/signature.h"

VALUE_PARSER(feed)
{
	struct feed_plan plan;
	struct str bad = STR_NONE, path;
	struct err err;

	if (feed_plan_parse(v->text, &plan, &bad, &err) < 0)
		return value_bad(v, bad, "%s", err.text);
	path = feed_url_path(plan.url);
	plan.url = path.n == plan.url.n ? value_path(v->arena, v->dir, path)
	                                : arena_str(v->arena, plan.url);
	memcpy(field, &plan, sizeof(plan));
	return 0;
}

VALUE_PARSER(sign_key)
{
	struct signature_key key;
	struct str text = signature_key(v->text, &key, NULL) == 0
	                      ? arena_str(v->arena, v->text)
	                      : value_path(v->arena, v->dir, v->text);

	memcpy(field, &text, sizeof(text));
	return 0;
}

VALUE_PRINTER(feed)
{
	struct feed_plan plan;

	(void)key;
	if (i)
		return false;
	memcpy(&plan, field, sizeof(plan));
	feed_plan_print(&plan, out);
	return true;
}
