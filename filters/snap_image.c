/* snap_image.c - what the sources and classes of an image say, in the
 * snapshot's numbers of lists and categories. */
#include <stdlib.h>

#include "base/err.h"
#include "filters/snapshot_impl.h"

static int
no_memory(struct err *err)
{
	return err_set(err, ERR_MEMORY, "out of memory");
}

int
snapshot_intern(struct snapshot *s, struct str list, struct str category,
    struct snap_source *out, struct err *err)
{
	const char *full = NULL;

	out->list = out->category = NAMESET_NONE;
	if (list.n) {
		out->list = nameset_add(&s->lists, &s->arena, list);
		if (out->list == NAMESET_NONE)
			full = "lists";
	}
	if (category.n) {
		out->category =
		    nameset_add(&s->categories, &s->arena, category);
		if (out->category == NAMESET_NONE)
			full = "categories";
	}
	if (s->arena.failed)
		return no_memory(err);
	if (full)
		return err_set(err, ERR_LIMIT,
		    "there are more than %d %s in all: join some", NAMESET_MAX,
		    full);
	return 0;
}

static int
read_sources(struct snapshot *s, struct snap_image *im, struct err *err)
{
	im->sources = calloc(im->image.nsources + 1u, sizeof(*im->sources));
	if (!im->sources)
		return no_memory(err);
	for (uint32_t i = 0; i < im->image.nsources; i++) {
		struct image_source src;

		if (!image_source(&im->image, (uint16_t)i, &src))
			return err_set(err, ERR_CORRUPT,
			    "the list image is damaged (source %u)", i);
		im->sources[i].role = src.role;
		if (snapshot_intern(
		        s, src.list, src.category, &im->sources[i], err) < 0)
			return -1;
	}
	return 0;
}

static void
class_add(struct class_sets *c, const struct snap_source *src)
{
	if (src->role & IMAGE_EXCEPT)
		return;
	if (!(src->role & IMAGE_BELOW))
		list_names_add_source(&c->reach[REACH_SELF], src);
	if (!(src->role & IMAGE_SELF))
		list_names_add_source(&c->reach[REACH_BELOW], src);
}

static int
read_mixed(struct snap_image *im, struct err *err)
{
	uint32_t n = im->image.nclasses, c = 0;

	while (c < n && image_class_is_plain(&im->image, c))
		c++;
	if (c == n)
		return 0;
	im->mixed = calloc(n, sizeof(*im->mixed));
	if (!im->mixed)
		return no_memory(err);
	for (; c < n; c++)
		im->mixed[c] = !image_class_is_plain(&im->image, c);
	return 0;
}

static int
read_classes(struct snap_image *im, struct err *err)
{
	uint32_t nsources = im->image.nsources;
	uint16_t *ids = calloc(nsources + 1u, sizeof(*ids));

	im->classes = calloc(im->image.nclasses + 1u, sizeof(*im->classes));
	if (!ids || !im->classes) {
		free(ids);
		return no_memory(err);
	}
	for (uint32_t c = 0; c < im->image.nclasses; c++) {
		unsigned n = image_class_sources(&im->image, c, ids, nsources);

		for (unsigned i = 0; i < n && i < nsources; i++)
			if (ids[i] < nsources)
				class_add(
				    &im->classes[c], &im->sources[ids[i]]);
	}
	free(ids);
	return read_mixed(im, err);
}

int
snap_image_read(struct snapshot *s, struct snap_image *im, struct err *err)
{
	if (read_sources(s, im, err) < 0)
		return -1;
	return read_classes(im, err);
}

void
snap_image_fini(struct snap_image *im)
{
	free(im->classes);
	free(im->mixed);
	free(im->sources);
	if (im->drop)
		im->drop(im->arg);
}
