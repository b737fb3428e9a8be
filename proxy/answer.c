/* answer.c - from the head of an answer to what it is. */
#include "proxy/answer.h"

#include "base/table.h"

#define SIZE_SANE (UINT64_C(1) << 62) /* what is more is no size */

/* The first field of this name at or after <from>; NULL: none. */
static const struct h1_field *
field_after(const struct h1_head *h, unsigned from, struct str name)
{
	for (unsigned i = from; i < h->nfields; i++)
		if (str_eq_nocase(h->field[i].name, name))
			return &h->field[i];
	return NULL;
}

/* What stands before the parameters. */
static struct str
essence(struct str v)
{
	struct str before, after;

	str_cut(v, ';', &before, &after);
	return str_trim(before);
}

/* Is a field there twice, and says another thing? */
static bool
contradicts(const struct h1_head *h, struct str name)
{
	const struct h1_field *first = field_after(h, 0, name), *f = first;

	while (f) {
		if (!str_eq_nocase(essence(f->value), essence(first->value)))
			return true;
		f = field_after(h, (unsigned)(f - h->field) + 1, name);
	}
	return false;
}

/* ---- codings */

/* Those that who gets it may undo, and what each begins with; "": that is not
 * certain. All others go through as they are. */
static const struct {
	const char *name;
	struct str begins;
} codings[] = {
    {"gzip", STR_INIT("\x1f\x8b")},
    {"x-gzip", STR_INIT("\x1f\x8b")},
    {"compress", STR_INIT("\x1f\x9d")},
    {"x-compress", STR_INIT("\x1f\x9d")},
    {"zstd", STR_INIT("\x28\xb5\x2f\xfd")},
    {"dcb", STR_INIT("\xff"
                     "DCB")},
    {"dcz", STR_INIT("\x5e\x2a\x4d\x18")},
    {"br", STR_INIT("")},
    {"deflate", STR_INIT("")},
};

static uint32_t
coding_of(struct str s)
{
	for (unsigned i = 0; i < ARRAY_LEN(codings); i++)
		if (str_eq_nocase(s, str_of(codings[i].name)))
			return UINT32_C(1) << i;
	return 0;
}

static uint32_t
codings_of(const struct h1_head *h)
{
	const struct str name = STR("Content-Encoding");
	const struct h1_field *f = field_after(h, 0, name);
	struct str list, one;
	uint32_t all = 0;

	for (; f; f = field_after(h, (unsigned)(f - h->field) + 1, name))
		for (list = f->value; str_next(&list, ',', &one);)
			all |= coding_of(str_trim(one));
	return all;
}

bool
answer_is_encoded(const struct answer_more *more, struct str first)
{
	for (unsigned i = 0; i < ARRAY_LEN(codings); i++) {
		struct str begins = str_sub(codings[i].begins, 0, first.n);

		if (more->codings >> i & 1 && str_starts(first, begins))
			return true;
	}
	return false;
}

/* ---- parts */

struct part {
	uint64_t from, behind; /* its bytes, the last not in it */
	uint64_t whole;        /* if has_whole */
	bool has_whole;
};

static bool
is_size(struct str s, uint64_t *out)
{
	return str_to_u64(str_trim(s), out) && *out < SIZE_SANE;
}

/* "bytes 0-99/1234", "bytes 0-99/STAR" with a star. */
static bool
part_read(struct str v, struct part *out)
{
	const struct str unit = STR("bytes ");
	struct str range, total, first, last;

	if (!str_eq_nocase(str_sub(v, 0, unit.n), unit) ||
	    !str_cut(str_sub(v, unit.n, v.n), '/', &range, &total) ||
	    !str_cut(range, '-', &first, &last) ||
	    !is_size(first, &out->from) || !is_size(last, &out->behind) ||
	    out->behind < out->from)
		return false;
	out->behind++;
	total = str_trim(total);
	out->has_whole = !str_eq(total, STR("*"));
	return !out->has_whole ||
	       (is_size(total, &out->whole) && out->whole >= out->behind);
}

/* What the only Content-Range says; false: nothing that can be read. */
static bool
part_of(const struct h1_head *h, struct part *out)
{
	const struct str name = STR("Content-Range");
	const struct h1_field *f = field_after(h, 0, name);

	if (!f || field_after(h, (unsigned)(f - h->field) + 1, name))
		return false;
	return part_read(str_trim(f->value), out);
}

/* Is it what "bytes=100-" or "bytes=-100" asked for? */
static bool
is_asked(const struct part *p, struct str range)
{
	const struct str unit = STR("bytes=");
	struct str first, last;
	uint64_t from, n;

	if (!str_eq_nocase(str_sub(range, 0, unit.n), unit) ||
	    !str_cut(str_sub(range, unit.n, range.n), '-', &first, &last))
		return false;
	if (str_trim(first).n)
		return is_size(first, &from) && from == p->from;
	if (!is_size(last, &n) || !p->has_whole)
		return false;
	return p->from == (n < p->whole ? p->whole - n : 0);
}

/* One that nobody asked for, or that does not say which it is, is shown as a
 * whole one is: its first bytes are those of the whole. */
static const char *
look_at_part(const struct h1_head *h, struct str range, struct answer *out,
    struct answer_more *more)
{
	const struct str parts = STR("multipart/byteranges");
	struct part p = {0};

	if (str_eq_nocase(essence(out->type), parts))
		return "an answer in several parts that nobody asked for";
	if (!part_of(h, &p))
		return NULL;
	more->least = p.has_whole ? p.whole : p.behind;
	if (!is_asked(&p, range))
		return NULL;
	more->from = p.from;
	if (p.from != 0)
		more->first = false;
	return NULL;
}

/* ---- all of it */

static bool
names_of(const struct h1_head *h, struct arena *a, struct answer *out)
{
	const struct str name = STR("Content-Disposition");
	const struct h1_field *f = field_after(h, 0, name);
	struct str values[H1_FIELDS_MAX];
	unsigned n = 0;

	for (; f && n < H1_FIELDS_MAX; n++) {
		values[n] = f->value;
		f = field_after(h, (unsigned)(f - h->field) + 1, name);
	}
	return answer_names(values, n, a, out);
}

const char *
answer_build(const struct h1_head *h, enum h1_framing in, struct str range,
    struct arena *a, struct answer *out, struct answer_more *more)
{
	const struct h1_field *type = h1_find(h, H1_CONTENT_TYPE);
	const char *why = NULL;

	*out = (struct answer){.status = h->status};
	*more = (struct answer_more){
	    .first = in != H1_NO_BODY, .codings = codings_of(h)};
	if (contradicts(h, STR("Content-Type")))
		return "the answer says of itself that it is two things";
	if (type)
		out->type = arena_str(a, type->value);
	if (!names_of(h, a, out))
		return "out of memory";
	out->encoded = more->codings != 0;
	if (h->status == 206)
		why = look_at_part(h, range, out, more);
	out->size = more->least;
	/* it is what comes, where the framing sees to that */
	if (h->has_length && in != H1_CHUNKED && in != H1_TO_EOF) {
		out->has_size = true;
		if (h->length > out->size - more->from)
			out->size = more->from + h->length;
	}
	return why;
}
