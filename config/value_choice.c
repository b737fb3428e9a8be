/* value_choice.c - values that are one word of a few. */
#include "base/buf.h"
#include "base/near.h"
#include "base/table.h"
#include "config/value.h"
#include "lists/compile.h"

/* By their number; "" is one that cannot be written. */
static const struct {
	enum type_id type;
	const char *words[5];
} choices[] = {
    {TYPE_PERMIT, {"block", "allow"}},
    {TYPE_VERDICT, {"allow", "block"}},
    {TYPE_MODE, {"explicit", "http", "tls"}},
    {TYPE_PRIVACY, {"pseudonym", "full", "aggregate"}},
    {TYPE_ROLE, {"share", "publish", "follow"}},
    {TYPE_HOLD, {"hold", "warn", "off"}},
    {TYPE_LEVEL, {"off", "moderate", "strict"}},
    {TYPE_AUTH, {"basic", "negotiate", "group"}},
    {TYPE_SEVERITY, {"", "advisory", "caution", "danger"}},
};

/* Other spellings. */
static const struct {
	enum type_id type;
	const char *word, *means;
} also[] = {
    {TYPE_LEVEL, "on", "strict"},
};

/* NULL where there are no more. */
static const char *
choice_word(enum type_id type, unsigned i)
{
	if (type == TYPE_FORMAT)
		return i < LIST_FORMATS ? list_format_name((enum list_format)i)
		                        : NULL;
	for (unsigned c = 0; c < ARRAY_LEN(choices); c++)
		if (choices[c].type == type && i < ARRAY_LEN(choices[c].words))
			return choices[c].words[i];
	return NULL;
}

static struct str
meant(enum type_id type, struct str word)
{
	for (unsigned i = 0; i < ARRAY_LEN(also); i++)
		if (also[i].type == type && str_eq(word, str_of(also[i].word)))
			return str_of(also[i].means);
	return word;
}

VALUE_PARSER(choice)
{
	struct str text = meant(v->key->type, v->text);
	struct near near = near_to(text);
	const char *word;

	for (unsigned i = 0; (word = choice_word(v->key->type, i)); i++) {
		if (text.n && str_eq(text, str_of(word))) {
			memcpy(field, &i, sizeof(i));
			return 0;
		}
		near_try(&near, str_of(word));
	}
	if (near.best.n)
		return value_bad(v, v->text,
		    "\"%.*s\" is none of %s; did you mean \"%.*s\"?",
		    STR_ARG(v->text), type_form(v->key->type),
		    STR_ARG(near.best));
	return value_bad(v, v->text, "\"%.*s\" is none of %s", STR_ARG(v->text),
	    type_form(v->key->type));
}

VALUE_PRINTER(choice)
{
	unsigned n;

	memcpy(&n, field, sizeof(n));
	if (i == 0)
		buf_add_str(out, str_of(choice_word(key->type, n)));
	return i == 0;
}
