/* emit_verify.c - is all that was collected found in what was written? */
#include "base/err.h"
#include "base/hash.h"
#include "lists/emit.h"

#define LINES_EVERY 64 /* entries: to find a line walks many others */

/* The source and line of one posting of slot <i>, by its number. */
static bool
line_is_there(
    const struct emit *em, const struct image *im, size_t i, uint32_t entry)
{
	const struct entries *e = em->entries;
	const struct posting *p = entries_first(e, e->slots[i]);

	for (;; p = entries_posting(e, p->next)) {
		if (image_line(im, entry, em->number[p->source]) != p->line)
			return false;
		if (!p->next)
			return true;
	}
}

static bool
name_is_there(const struct emit *em, const struct image *im, size_t i)
{
	struct str key = emit_key(em, i);
	uint32_t entry, class;

	return image_probe(
	           im, key, hash64(key.p, key.n, im->seed), &entry, &class) &&
	       class == em->class_of[i] &&
	       (i % LINES_EVERY || line_is_there(em, im, i, entry));
}

/* URL entries must also be found by way of their host's path lengths. */
static bool
url_is_there(const struct image *im, struct str key)
{
	size_t host = str_find(key, '/', 0);
	/* as an address: a domain's ancestors do not matter here */
	struct name name = {.p = key.p, .n = (uint8_t)host, .kind = NAME_IPV4};
	struct image_hits hits = {0};

	if (host == key.n)
		return true;
	image_find_url(im, name, str_sub(key, host, key.n), &hits);
	for (uint32_t k = 0; k < hits.n; k++)
		if (hits.hit[k].self && hits.hit[k].len == key.n)
			return true;
	return false;
}

static bool
net_is_there(const struct emit *em, const struct image *im, size_t i)
{
	struct str key = emit_key(em, i);
	unsigned bytes = (unsigned char)key.p[0];
	struct name name = {
	    .p = "", .kind = bytes == 4 ? NAME_IPV4 : NAME_IPV6};
	struct image_hits hits = {0};
	size_t number = i - em->nnames;

	memcpy(name.addr, key.p + 1, bytes);
	image_find_host(im, name, &hits);
	for (uint32_t k = 0; k < hits.n; k++)
		if (hits.hit[k].entry == (IMAGE_ENTRY_NET | number))
			return hits.hit[k].class == em->class_of[i] &&
			       line_is_there(em, im, i, hits.hit[k].entry);
	return hits.more;
}

int
emit_verify(struct emit *em, struct bytes image, struct err *err)
{
	struct image im;

	if (image_view(&im, image, err) < 0)
		return -1;
	if (!image_intact(&im))
		return err_set(err, ERR_CORRUPT, "the new image is damaged");
	for (size_t i = 0; i < em->entries->n; i++) {
		bool there = i < em->nnames
		                 ? name_is_there(em, &im, i) &&
		                       url_is_there(&im, emit_key(em, i))
		                 : net_is_there(em, &im, i);

		if (!there)
			return err_set(err, ERR_CORRUPT,
			    "an entry is missing in the new image: %.*s",
			    STR_ARG(emit_key(em, i)));
	}
	return 0;
}
