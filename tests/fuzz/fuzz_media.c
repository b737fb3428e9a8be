/* fuzz_media.c - any bytes as a type, a name and the begin of a file: what is
 * said of them is of the right form, and said again of itself. */
#include <stdlib.h>

#include "filters/media.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_type(struct str s)
{
	char room[MEDIA_ROOM], again[MEDIA_ROOM];
	struct str type = media_type(s, room), slash;

	if (type.n == 0)
		return;
	if (type.n >= MEDIA_ROOM || !str_cut(type, '/', &slash, &slash) ||
	    !str_eq(media_type(type, again), type) || !media_is(type, type))
		abort();
	if (media_contradicts(type, type))
		abort();
}

static void
check_ext(struct str s)
{
	char room[MEDIA_EXT_ROOM], again[MEDIA_EXT_ROOM];
	char path[MEDIA_EXT_ROOM + 2] = "a.";
	struct str ext = media_ext(s, room);

	if (ext.n > MEDIA_EXT_ROOM)
		abort();
	if (ext.n == 0)
		return;
	memcpy(path + 2, ext.p, ext.n);
	if (!str_eq(media_ext(str_make(path, ext.n + 2), again), ext))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = str_make((const char *)data, size), seen;
	char room[MEDIA_ROOM], ext[MEDIA_EXT_ROOM];

	check_type(s);
	check_ext(s);
	if (media_name_ext(s, ext).n > MEDIA_EXT_ROOM ||
	    media_invisible(s) > s.n)
		abort();
	seen = media_sniff_coded(s);
	if (seen.n && !media_sniff(s).n)
		abort();
	seen = media_sniff(s);
	/* it is a type, and one it would not contradict */
	if (seen.n && (!str_eq(media_type(seen, room), seen) ||
	                  media_contradicts(seen, seen)))
		abort();
	if (media_contradicts(STR_NONE, seen) ||
	    media_contradicts(STR("application/octet-stream"), seen))
		abort();
	return 0;
}
