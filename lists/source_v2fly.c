/*
 * source_v2fly.c - domain-list-community: "full:x.example @ads @!cn".
 *
 * Other files that a line includes are read by who has files.
 */
#include "base/utf8.h"
#include "lists/source_reader.h"

static bool
has_attribute(struct str attributes, struct str name)
{
	for (;;) {
		struct str word = source_word(&attributes);

		if (word.n == 0)
			return false;
		if (word.p[0] == '@' &&
		    str_eq_nocase(str_sub(word, 1, word.n), name))
			return true;
	}
}

/* Is the line among those that the include asks for: with each "@a" and
 * without each "@-a"? */
static bool
is_wanted(struct str only, struct str attributes)
{
	for (;;) {
		struct str word = source_word(&only);
		bool without;

		if (word.n == 0)
			return true;
		word = str_sub(word, word.p[0] == '@', word.n);
		without = str_starts(word, STR("-"));
		word = str_sub(word, without, word.n);
		if (has_attribute(attributes, word) == without)
			return false;
	}
}

static void
name(struct str host, unsigned role, const struct source_sink *sink)
{
	char room[NAME_ROOM];
	struct name n;
	const char *why = source_name(host, room, &n);

	if (why)
		sink->reject(sink->ctx, why);
	else
		source_emit_name(n, role, sink);
}

/* Attributes: each word begins with '@', or with '&' (names of lists that the
 * line belongs to besides). */
static bool
are_attributes(struct str s)
{
	for (;;) {
		struct str word = source_word(&s);

		if (word.n == 0)
			return true;
		if (word.n < 2 || (word.p[0] != '@' && word.p[0] != '&'))
			return false;
	}
}

static void
value(struct source_reader *r, struct str s, const struct source_sink *sink)
{
	struct source_entry e = {
	    .kind = SOURCE_PATTERN, .flags = IMAGE_PATTERN_HOST};
	struct str rest;

	if (source_after(s, STR("full:"), &rest)) {
		name(rest, IMAGE_SELF, sink);
	} else if (source_after(s, STR("keyword:"), &rest)) {
		struct source_glob g = {.text = rest};

		if (str_find(rest, '*', 0) < rest.n)
			sink->reject(sink->ctx, "a byte that no host name has");
		else
			source_emit_glob(r, &g, sink);
	} else if (source_after(s, STR("regexp:"), &e.text)) {
		source_emit_pattern(&e, sink);
	} else {
		source_after(s, STR("domain:"), &s);
		name(s, 0, sink);
	}
}

static void
rule(struct source_reader *r, struct str s, const struct source_sink *sink)
{
	struct str first = source_word(&s), rest;

	if (!are_attributes(s))
		sink->reject(
		    sink->ctx, "what stands behind the blank is no attribute");
	else if (!is_wanted(r->only, s))
		sink->skip(sink->ctx, "without the attributes asked for");
	else if (!source_after(first, STR("include:"), &rest))
		value(r, first, sink);
	else if (rest.n == 0)
		sink->reject(sink->ctx, "includes no file");
}

void
source_v2fly(
    struct source_reader *r, struct str line, const struct source_sink *sink)
{
	struct source_include inc;
	struct str s, comment;

	str_cut(line, '#', &s, &comment);
	s = str_trim(s);
	if (s.n == 0)
		return;
	if (!utf8_is_valid(s))
		sink->reject(sink->ctx, SOURCE_NOT_UTF8);
	else if (memchr(s.p, '\0', s.n))
		sink->reject(sink->ctx, "a byte that no host name has");
	else if (!source_include(LIST_V2FLY, s, &inc))
		rule(r, s, sink);
}
