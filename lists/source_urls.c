/* source_urls.c - host/path prefixes; a host alone is a domain. */
#include "lists/image_format.h"
#include "lists/path.h"
#include "lists/source.h"

/*
 * A path as a browser sends it: what is not printable ASCII is escaped, and
 * before the query '\' is '/'.
 */
static struct str
escaped(struct str s, char *room)
{
	static const char digit[] = "0123456789ABCDEF";
	size_t n = 0, query = str_find(s, '?', 0);

	for (size_t i = 0; i < s.n; i++) {
		unsigned c = (unsigned char)s.p[i];

		if (c == '\\' && i < query) {
			room[n++] = '/';
			continue;
		}
		if (c > 0x20 && c < 0x7f) {
			room[n++] = (char)c;
			continue;
		}
		room[n++] = '%';
		room[n++] = digit[c >> 4];
		room[n++] = digit[c & 15];
	}
	return str_make(room, n);
}

static bool
has_control(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return true;
	return false;
}

static void
emit_url(struct name n, struct str path, const struct source_sink *sink)
{
	char key[IMAGE_KEY_MAX];
	struct source_entry e = {
	    .kind = SOURCE_URL, .text = {key, n.n + path.n}};

	if (path.n > IMAGE_PATH_MAX) {
		sink->reject(sink->ctx, "the path is too long");
		return;
	}
	memcpy(key, n.p, n.n);
	memcpy(key + n.n, path.p, path.n);
	sink->entry(sink->ctx, &e);
}

void
source_urls(struct str line, const struct source_sink *sink)
{
	char raw[3 * SOURCE_LINE_MAX], canon[sizeof(raw) + 1];
	char room[NAME_ROOM];
	struct source_parts parts;
	struct str path, fragment;
	struct name n;
	const char *why = source_parts(line, &parts);

	if (!why) {
		source_wildcard(&parts.host);
		why = source_name(parts.host, room, &n);
	}
	if (!why && has_control(parts.rest))
		why = "a control byte in the path";
	if (why) {
		sink->reject(sink->ctx, why);
		return;
	}
	str_cut(parts.rest, '#', &path, &fragment);
	path = path_canon(escaped(path, raw), PATH_AS_IS, canon);
	if (path.n == 1)
		source_emit_name(n, 0, sink);
	else
		emit_url(n, path, sink);
}
