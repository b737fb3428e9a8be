/* builder_tiers.c - what stands above the policies of a snapshot. */
#include <stdlib.h>

#include "base/err.h"
#include "filters/builder_impl.h"

static int
no_memory(struct err *err)
{
	return err_set(err, ERR_MEMORY, "out of memory");
}

static int
view(const struct snapshot *s, struct bytes bytes, struct image *out,
    struct err *err)
{
	if (s->nprotected == SNAPSHOT_IMAGES_MAX)
		return err_set(err, ERR_LIMIT,
		    "there are more than %d protected images",
		    SNAPSHOT_IMAGES_MAX);
	if (image_view(out, bytes, err) < 0)
		return -1;
	if (out->npatterns)
		return err_set(err, ERR_INPUT,
		    "a protected list has no patterns: they cannot be told "
		    "from a hash");
	return 0;
}

/* Its classes and sources are not read: no rule can name them. */
int
snapshot_protected(struct snapshot_builder *b, struct bytes bytes,
    void (*drop)(void *arg), void *arg, struct err *err)
{
	struct snapshot *s = b->s;
	struct image im;

	if (view(s, bytes, &im, err) < 0) {
		if (drop)
			drop(arg);
		return -1;
	}
	s->protected[s->nprotected++] =
	    (struct snap_image){.image = im, .drop = drop, .arg = arg};
	return 0;
}

void
snapshot_protected_lost(struct snapshot_builder *b)
{
	b->s->protected_lost = true;
}

int
snapshot_support(struct snapshot_builder *b, struct name host, struct err *err)
{
	struct snapshot *s = b->s;
	struct name *more;

	if (host.n == 0)
		return err_set(err, ERR_INPUT, "a support site needs a name");
	if (s->nsupport == SNAPSHOT_SUPPORT_MAX)
		return err_set(err, ERR_LIMIT,
		    "there are more than %d support sites",
		    SNAPSHOT_SUPPORT_MAX);
	more = realloc(s->support, (s->nsupport + 1) * sizeof(*more));
	if (!more)
		return no_memory(err);
	s->support = more;
	host.p = arena_str(&s->arena, name_str(host)).p;
	if (s->arena.failed)
		return no_memory(err);
	s->support[s->nsupport++] = host;
	return 0;
}
