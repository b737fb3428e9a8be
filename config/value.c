/* value.c - values: from text into a field of struct config, and back. */
#include "config/value.h"

#include <stdarg.h>

#include "base/buf.h"
#include "base/table.h"
#include "config/config.h"
#include "config/parse.h"

int
value_bad(struct value *v, struct str part, const char *fmt, ...)
{
	va_list ap;

	v->bad = part.p && v->text.p ? (size_t)(part.p - v->text.p) : 0;
	if (v->bad > v->text.n)
		v->bad = 0;
	v->err.code = ERR_INPUT;
	va_start(ap, fmt);
	vsnprintf(v->err.text, sizeof(v->err.text), fmt, ap);
	va_end(ap);
	return -1;
}

bool
value_next(struct str *rest, struct str *part)
{
	size_t n = 0;

	while (
	    rest->n && (*rest->p == ',' || *rest->p == ' ' || *rest->p == '\t'))
		*rest = str_sub(*rest, 1, rest->n);
	while (n < rest->n && rest->p[n] != ',' && rest->p[n] != ' ' &&
	       rest->p[n] != '\t')
		n++;
	*part = str_sub(*rest, 0, n);
	*rest = str_sub(*rest, n, rest->n);
	return n > 0;
}

/* Doubles at powers of two, so that the list needs no capacity. */
void *
value_list_add(struct arena *a, void *field, size_t size)
{
	struct value_list list;
	char *v;

	memcpy(&list, field, sizeof(list));
	v = list.v;
	if ((list.n & (list.n - 1)) == 0) {
		char *more = arena_zalloc(a, (list.n ? list.n * 2 : 1) * size);

		if (!more)
			return NULL;
		if (list.n)
			memcpy(more, v, list.n * size);
		list.v = v = more;
	}
	list.n++;
	memcpy(field, &list, sizeof(list));
	memset(v + (list.n - 1) * size, 0, size);
	return v + (list.n - 1) * size;
}

const void *
value_list_at(const void *field, unsigned i, size_t size)
{
	struct value_list list;

	memcpy(&list, field, sizeof(list));
	return i < list.n ? (const char *)list.v + i * size : NULL;
}

int
value_store_str(struct value *v, struct str s, void *field)
{
	struct str kept = arena_str(v->arena, s);

	memcpy(field, &kept, sizeof(kept));
	return 0;
}

static VALUE_PARSER(text)
{
	return value_store_str(v, v->text, field);
}

/* Fit for a Via header (RFC 9110 7.6.3) and for keys; words have no ':'. */
static VALUE_PARSER(token)
{
	for (size_t i = 0; i < v->text.n; i++) {
		char c = v->text.p[i], low = str_lower_char(c);

		if ((low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') ||
		    c == '-' || c == '_' || c == '.' ||
		    (c == ':' && v->key->type == TYPE_TOKEN))
			continue;
		return value_bad(v, str_sub(v->text, i, 1),
		    "\"%s\" is made of letters, digits, - _ and .",
		    v->key->name);
	}
	if (v->text.n < v->key->lo || v->text.n > v->key->hi)
		return value_bad(v, v->text, "\"%s\" has %u to %u characters",
		    v->key->name, v->key->lo, v->key->hi);
	return value_store_str(v, v->text, field);
}

static VALUE_PARSER(word)
{
	return read_token(v, field);
}

struct str
value_path(struct arena *a, struct str dir, struct str path)
{
	struct buf b = BUF_EMPTY;
	struct str out;

	if (path.n == 0 || path.p[0] == '/' || path.p[0] == '{' || dir.n == 0)
		return arena_str(a, path);
	while (str_starts(path, STR("./")))
		path = str_sub(path, 2, path.n);
	if (path.n == 0) /* "./": the folder itself */
		return arena_str(a, dir);
	buf_add_str(&b, dir);
	if (!str_ends(dir, STR("/")))
		buf_add_char(&b, '/');
	buf_add_str(&b, path);
	if (b.failed)
		a->failed = true;
	out = arena_str(a, buf_str(&b));
	buf_fini(&b);
	return out;
}

/* Is <path>, which begins with '{', one that apply_finish() makes whole? */
static bool
is_anchored(struct str path)
{
	size_t n = str_find(path, '}', 0) + 1;
	struct str name = str_sub(path, 0, n);

	return (str_eq(name, STR("{state}")) || str_eq(name, STR("{data}"))) &&
	       (path.n == n || path.p[n] == '/');
}

static VALUE_PARSER(path)
{
	struct str path;

	if (str_starts(v->text, STR("{")) && !is_anchored(v->text))
		return value_bad(v, v->text,
		    "expected {state}/ or {data}/ at the beginning, found "
		    "\"%.*s\"",
		    STR_ARG(v->text));
	path = value_path(v->arena, v->dir, v->text);
	memcpy(field, &path, sizeof(path));
	return 0;
}

static VALUE_PARSER(redis_url)
{
	if (v->text.n && !str_starts(v->text, STR("unix:/")) &&
	    !str_starts(v->text, STR("redis://")))
		return value_bad(v, v->text,
		    "expected unix:/path or redis://host, found \"%.*s\"",
		    STR_ARG(v->text));
	return value_store_str(v, v->text, field);
}

int
value_store_u32(struct value *v, uint64_t n, uint64_t unit, void *field)
{
	uint32_t value = (uint32_t)n;

	if (n < v->key->lo || n > v->key->hi)
		return value_bad(v, v->text,
		    "\"%s\" must be between %u and %u%s, found \"%.*s\"",
		    v->key->name, v->key->lo, v->key->hi,
		    unit == 1      ? " ms"
		    : unit == 1000 ? " seconds"
		                   : "",
		    STR_ARG(v->text));
	memcpy(field, &value, sizeof(value));
	return 0;
}

static VALUE_PARSER(count)
{
	uint64_t n;

	if (!str_to_u64(v->text, &n))
		return value_bad(v, v->text,
		    "expected a number, found \"%.*s\"", STR_ARG(v->text));
	return value_store_u32(v, n, 0, field);
}

static VALUE_PARSER(change)
{
	struct str digits = v->text;
	uint32_t any = CONFIG_ANY_CHANGE;
	uint64_t n;

	if (str_eq(v->text, STR("any"))) {
		memcpy(field, &any, sizeof(any));
		return 0;
	}
	if (!str_ends(v->text, STR("%")))
		return value_bad(v, v->text,
		    "expected a percentage like 20%%, or any, found \"%.*s\"",
		    STR_ARG(v->text));
	digits.n--;
	if (!str_to_u64(digits, &n))
		return value_bad(v, v->text,
		    "expected a percentage like 20%%, or any, found \"%.*s\"",
		    STR_ARG(v->text));
	return value_store_u32(v, n, 0, field);
}

static VALUE_PARSER(boolean)
{
	static const char *const words[] = {
	    "off", "on", "no", "yes", "false", "true"};

	for (unsigned i = 0; i < ARRAY_LEN(words); i++)
		if (str_eq_nocase(v->text, str_of(words[i]))) {
			*(bool *)field = i % 2;
			return 0;
		}
	return value_bad(
	    v, v->text, "expected on or off, found \"%.*s\"", STR_ARG(v->text));
}

static VALUE_PARSER(rule)
{
	struct config_rule *r = value_list_add(v->arena, field, sizeof(*r));

	if (!r)
		return 0; /* the arena says so */
	r->action = (enum action)v->key->lo;
	r->text = arena_str(v->arena, v->text);
	if (!v->from)
		return 0;
	r->where = v->from->value_at;
	r->pieces.v = v->from->pieces;
	r->pieces.n = v->from->npieces;
	return 0;
}

/* --------------------------------------------------------------- print */

/* Does it need quotes to come back as it is? */
static bool
needs_quotes(struct str s)
{
	if (s.n == 0)
		return false;
	if (s.p[0] == '"' || s.p[0] == ' ' || s.p[s.n - 1] == ' ' ||
	    s.p[s.n - 1] == '\\')
		return true;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '#' || s.p[i] == ';' || s.p[i] == '\t')
			return true;
	return false;
}

static void
add_quoted(struct buf *b, struct str s)
{
	buf_add_char(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			buf_add_char(b, '\\');
		buf_add_char(b, s.p[i]);
	}
	buf_add_char(b, '"');
}

VALUE_PRINTER(text)
{
	struct str s;

	(void)key;
	if (i)
		return false;
	memcpy(&s, field, sizeof(s));
	if (needs_quotes(s))
		add_quoted(out, s);
	else
		buf_add_str(out, s);
	return true;
}

static uint32_t
load_u32(const void *field)
{
	uint32_t n;

	memcpy(&n, field, sizeof(n));
	return n;
}

static VALUE_PRINTER(count)
{
	(void)key;
	if (i == 0)
		buf_addf(out, "%u", load_u32(field));
	return i == 0;
}

static VALUE_PRINTER(change)
{
	uint32_t n = load_u32(field);

	(void)key;
	if (i == 0 && n == CONFIG_ANY_CHANGE)
		buf_add_str(out, STR("any"));
	else if (i == 0)
		buf_addf(out, "%u%%", n);
	return i == 0;
}

static VALUE_PRINTER(boolean)
{
	(void)key;
	if (i == 0)
		buf_add_str(out, *(const bool *)field ? STR("on") : STR("off"));
	return i == 0;
}

/* Of the rules of all actions, those of this key's. */
static VALUE_PRINTER(rule)
{
	struct value_list list;
	const struct config_rule *rules;

	memcpy(&list, field, sizeof(list));
	rules = list.v;
	for (unsigned r = 0; r < list.n; r++)
		if ((uint32_t)rules[r].action == key->lo &&
		    rules[r].per == BUDGET_NO && i-- == 0)
			return show_text(key, &rules[r].text, 0, out);
	return false;
}

static const struct {
	int (*parse)(struct value *v, void *field);
	bool (*print)(const struct key *key, const void *field, unsigned i,
	    struct buf *out);
} types[TYPES] = {
#define TYPE(id, many, form, parse, print)                                     \
	[TYPE_##id] = {read_##parse, show_##print},
#include "config/types.def"
};

int
value_parse(struct value *v, void *field)
{
	v->bad = 0;
	v->err.code = ERR_NONE;
	/* Nothing may be given where nothing is the default. */
	if (v->text.n == 0 && type_is_rule(v->key->type))
		return v->from ? value_bad(v, v->text, "\"%s\" needs terms",
		                     v->key->name)
		               : 0;
	if (v->text.n == 0 && v->key->type != TYPE_TEXT &&
	    (!v->key->def || v->key->def[0]) && !type_is_many(v->key->type))
		return value_bad(
		    v, v->text, "\"%s\" needs a value", v->key->name);
	return types[v->key->type].parse(v, field);
}

bool
value_print(
    const struct key *key, const void *field, unsigned i, struct buf *out)
{
	return types[key->type].print(key, field, i, out);
}
