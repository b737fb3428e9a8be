/* snapshot.c - what can be asked of a snapshot, its references, its end. */
#include "filters/snapshot.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "filters/group.h"
#include "filters/list_patterns.h"
#include "filters/overrides.h"
#include "filters/pattern.h"
#include "filters/safesearch.h"
#include "filters/search.h"
#include "filters/snapshot_impl.h"

struct snapshot *
snapshot_ref(struct snapshot *s)
{
	atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
	return s;
}

bool
snapshot_unref(struct snapshot *s)
{
	unsigned before =
	    atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel);

	return !BUG(before == 0) && before == 1;
}

/* -------------------------------------------------------------- overrides */

static bool
want_user(const struct overrides *o)
{
	for (unsigned i = 0; i < overrides_count(o); i++)
		if (overrides_at(o, i)->user.n)
			return true;
	return false;
}

struct snapshot *
snapshot_with_overrides(struct snapshot *base, struct overrides *o)
{
	const size_t head = offsetof(struct snapshot, generation);
	struct snapshot *s = calloc(1, sizeof(*s));

	if (!s) {
		overrides_free(o);
		return NULL;
	}
	if (base->base)
		base = base->base;
	/* all but the references, which others count at this moment */
	memcpy((char *)s + head, (const char *)base + head, sizeof(*s) - head);
	atomic_init(&s->refs, 1);
	s->base = snapshot_ref(base);
	s->overrides = overrides_count(o) ? o : NULL;
	if (!s->overrides)
		overrides_free(o);
	else if (want_user(o))
		s->wants |= SNAPSHOT_WANTS_USER;
	return s;
}

const struct overrides *
snapshot_overrides(const struct snapshot *s)
{
	return s->overrides;
}

static void
free_with_overrides(struct snapshot *s)
{
	overrides_free(s->overrides);
	if (snapshot_unref(s->base))
		snapshot_free(s->base);
	free(s);
}

void
snapshot_free(struct snapshot *s)
{
	if (!s)
		return;
	if (s->base) {
		free_with_overrides(s);
		return;
	}
	for (unsigned i = 0; i < s->nimages; i++)
		snap_image_fini(&s->images[i]);
	for (unsigned i = 0; i < s->nprotected; i++)
		snap_image_fini(&s->protected[i]);
	for (unsigned i = 0; i < s->npolicies; i++) {
		free(s->policies[i].rules);
		free(s->policies[i].patterns);
	}
	free(s->policies);
	free(s->groups);
	group_nets_free(s->nets);
	free(s->schedules);
	free(s->support);
	free(s->listed.use);
	free(s->listed.anchor);
	pattern_set_free(s->patterns);
	engines_free(s->engines);
	themes_free(s->themes);
	arena_fini(&s->arena);
	free(s);
}

uint64_t
snapshot_generation(const struct snapshot *s)
{
	return s->generation;
}

uint64_t
snapshot_digest(const struct snapshot *s)
{
	return s->digest;
}

unsigned
snapshot_images(const struct snapshot *s)
{
	return s->nimages;
}

const struct image *
snapshot_image_at(const struct snapshot *s, unsigned i)
{
	return i < s->nimages ? &s->images[i].image : NULL;
}

unsigned
snapshot_patterns(const struct snapshot *s)
{
	return pattern_set_count(s->patterns);
}

struct str
snapshot_pattern_text(const struct snapshot *s, unsigned id)
{
	return pattern_set_text(s->patterns, id);
}

uint64_t
snapshot_pattern_limits(const struct snapshot *s, unsigned id)
{
	return pattern_set_limits(s->patterns, id);
}

unsigned
snapshot_pattern_rejects(const struct snapshot *s)
{
	return s->listed.rejected;
}

bool
snapshot_pattern_place(
    const struct snapshot *s, unsigned id, struct pattern_place *out)
{
	uint32_t n = 0;
	const struct pattern_use *u =
	    id < PATTERNS_MAX ? list_patterns_of(s, (uint16_t)id, &n) : NULL;
	struct image_source src;

	if (n == 0 ||
	    !image_source(&s->images[u->image].image, u->source, &src))
		return false;
	*out = (struct pattern_place){
	    .list = src.list, .category = src.category, .file = src.file};
	snapshot_list_pattern(&s->images[u->image].image, u->index, &out->line);
	return true;
}

uint16_t
snapshot_group_of(
    const struct snapshot *s, const uint8_t client[16], const struct net **net)
{
	unsigned last = s->ngroups - 1;

	*net = NULL;
	for (unsigned g = 0; g < last; g++)
		for (unsigned i = 0; i < s->groups[g].nnets; i++)
			if (net_has(&s->groups[g].nets[i], client)) {
				*net = &s->groups[g].nets[i];
				return (uint16_t)g;
			}
	return (uint16_t)last;
}

struct str
snapshot_list_entry(const struct image *im, const struct image_hit *hit,
    uint16_t source, char *room, size_t size, uint32_t *line)
{
	size_t n;

	*line = image_line(im, hit->entry, source);
	if (hit->kind == IMAGE_DIGEST)
		return STR("(hashed entry)");
	n = image_entry_text(im, hit, room, size);
	return str_make(room, n < size ? n : size - 1);
}

struct str
snapshot_list_pattern(const struct image *im, uint32_t i, uint32_t *line)
{
	struct image_pattern p;

	*line = 0;
	if (!image_pattern(im, i, &p))
		return STR_NONE;
	*line = p.line;
	return p.text;
}
