/* value_size.c - sizes: "512MiB" and back. */
#include "config/value.h"

#include "base/buf.h"
#include "base/table.h"

static const struct {
	const char *name;
	uint64_t bytes;
} units[] = {
    {"KiB", UINT64_C(1) << 10},
    {"MiB", UINT64_C(1) << 20},
    {"GiB", UINT64_C(1) << 30},
};

VALUE_PARSER(size)
{
	size_t digits = 0;
	struct str tail;
	uint64_t n, unit = 0, kib;

	while (digits < v->text.n && v->text.p[digits] >= '0' &&
	       v->text.p[digits] <= '9')
		digits++;
	tail = str_sub(v->text, digits, v->text.n);
	for (unsigned i = 0; i < ARRAY_LEN(units); i++)
		if (str_eq_nocase(tail, str_of(units[i].name)))
			unit = units[i].bytes;
	if (unit == 0 || !str_to_u64(str_sub(v->text, 0, digits), &n))
		return value_bad(v, digits < v->text.n ? tail : v->text,
		    "expected a size like 512MiB or 2GiB, found \"%.*s\"",
		    STR_ARG(v->text));
	if (n > UINT32_MAX)
		n = UINT32_MAX; /* far beyond any range */
	kib = n * (unit / 1024);
	if (kib < v->key->lo || kib > v->key->hi)
		return value_bad(v, v->text,
		    "\"%s\" must be between %uKiB and %uKiB, found \"%.*s\"",
		    v->key->name, v->key->lo, v->key->hi, STR_ARG(v->text));
	n *= unit;
	memcpy(field, &n, sizeof(n));
	return 0;
}

VALUE_PRINTER(size)
{
	unsigned unit = 0;
	uint64_t n;

	(void)key;
	if (i)
		return false;
	memcpy(&n, field, sizeof(n));
	while (unit + 1 < ARRAY_LEN(units) && n % units[unit + 1].bytes == 0)
		unit++;
	buf_addf(out, "%llu%s", (unsigned long long)(n / units[unit].bytes),
	    units[unit].name);
	return true;
}
