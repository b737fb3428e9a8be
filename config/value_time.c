/* value_time.c - values that are durations, and names of time zones. */
#include "base/buf.h"
#include "base/table.h"
#include "config/config.h"
#include "config/parse.h"
#include "config/value.h"

static const struct {
	const char *name;
	uint64_t ms;
} units[] = {
    {"ms", 1},
    {"s", 1000},
    {"m", 60000},
    {"h", 3600000},
    {"d", 86400000},
};

bool
value_duration(struct str text, uint64_t *ms, struct str *bad)
{
	size_t digits = 0;
	struct str tail;
	uint64_t n, unit = 0;

	while (
	    digits < text.n && text.p[digits] >= '0' && text.p[digits] <= '9')
		digits++;
	tail = str_sub(text, digits, text.n);
	for (unsigned i = 0; i < ARRAY_LEN(units); i++)
		if (str_eq(tail, str_of(units[i].name)))
			unit = units[i].ms;
	if (unit == 0 || !str_to_u64(str_sub(text, 0, digits), &n)) {
		*bad = digits < text.n ? tail : text;
		return false;
	}
	if (n > UINT32_MAX)
		n = UINT32_MAX; /* far beyond any range */
	*ms = n * unit;
	return true;
}

/* A duration into <field>, counted in <unit> ms; it must come out even. */
static int
duration(struct value *v, uint64_t unit, void *field)
{
	struct str bad;
	uint64_t ms;

	if (!value_duration(v->text, &ms, &bad))
		return value_bad(v, bad,
		    "expected a duration like 15s, 5m, 1h or 250ms, "
		    "found \"%.*s\"",
		    STR_ARG(v->text));
	if (ms % unit)
		return value_bad(v, v->text,
		    "\"%s\" counts in whole seconds, found \"%.*s\"",
		    v->key->name, STR_ARG(v->text));
	return value_store_u32(v, ms / unit, unit, field);
}

VALUE_PARSER(seconds)
{
	return duration(v, 1000, field);
}

VALUE_PARSER(millis)
{
	return duration(v, 1, field);
}

VALUE_PRINTER(seconds)
{
	uint32_t n;

	(void)key;
	memcpy(&n, field, sizeof(n));
	if (i == 0)
		buf_addf(out, "%us", n);
	return i == 0;
}

VALUE_PRINTER(millis)
{
	uint32_t n;

	(void)key;
	memcpy(&n, field, sizeof(n));
	if (i == 0)
		buf_addf(out, "%ums", n);
	return i == 0;
}

/* A name below the system's folder of time zones, and none that leads out of
 * it. */
VALUE_PARSER(zone)
{
	struct config_zone_name *zone = field;
	struct str rest = v->text, part;

	for (size_t i = 0; i < v->text.n; i++) {
		char c = v->text.p[i], low = str_lower_char(c);

		if ((low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') ||
		    c == '/' || c == '-' || c == '+' || c == '_')
			continue;
		return value_bad(v, str_sub(v->text, i, 1),
		    "expected a time zone like Asia/Almaty, found \"%.*s\"",
		    STR_ARG(v->text));
	}
	while (v->text.n && str_next(&rest, '/', &part))
		if (part.n == 0)
			return value_bad(v, v->text,
			    "expected a time zone like Asia/Almaty, found "
			    "\"%.*s\"",
			    STR_ARG(v->text));
	zone->name = arena_str(v->arena, v->text);
	if (v->from)
		zone->at = v->from->value_at;
	return 0;
}
