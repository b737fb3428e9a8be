/* usage.c - what a ut1 tree says of its categories. */
#include "config/usage.h"

static enum usage_kind
kind_of(struct str s)
{
	if (str_eq_nocase(s, STR("black")))
		return USAGE_BLACK;
	return str_eq_nocase(s, STR("white")) ? USAGE_WHITE : USAGE_UNKNOWN;
}

enum usage_kind
usage_of(struct str text)
{
	struct str line;

	while (str_next(&text, '\n', &line)) {
		enum usage_kind kind = kind_of(str_trim(line));

		if (kind != USAGE_UNKNOWN)
			return kind;
	}
	return USAGE_UNKNOWN;
}

/* Is <key> "WORD xx" with that language? */
static bool
is_in(struct str key, struct str word, struct str language)
{
	return key.n > word.n && key.p[word.n] == ' ' &&
	       str_eq_nocase(str_sub(key, 0, word.n), word) &&
	       str_eq_nocase(str_trim(str_sub(key, word.n, key.n)), language);
}

static void
take(struct str key, struct str value, struct str language, struct usage *out)
{
	if (str_eq_nocase(key, STR("DEFAULT_TYPE")))
		out->kind = kind_of(value);
	else if (str_eq_nocase(key, STR("SOURCE")))
		out->source = value;
	else if (is_in(key, STR("NAME"), language))
		out->label = value;
	else if (is_in(key, STR("DESC"), language))
		out->text = value;
}

bool
usage_find(struct str text, struct str category, struct str language,
    struct usage *out)
{
	struct str line, key, value;
	bool here = false, found = false;

	*out = (struct usage){0};
	if (str_starts(text, STR("\xef\xbb\xbf")))
		text = str_sub(text, 3, text.n);
	while (str_next(&text, '\n', &line)) {
		line = str_trim(line);
		if (str_starts(line, STR("#")) ||
		    !str_cut(line, ':', &key, &value))
			continue;
		key = str_trim(key);
		value = str_trim(value);
		if (str_eq_nocase(key, STR("NAME"))) {
			if (found)
				return true;
			here = found = str_eq(value, category);
			if (here)
				out->name = value;
		} else if (here) {
			take(key, value, language, out);
		}
	}
	return found;
}
