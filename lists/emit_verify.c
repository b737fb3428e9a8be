/* emit_verify.c - is all that was collected found in what was written? */
#include "base/err.h"
#include "lists/emit.h"

#define LINES_EVERY 64 /* entries: to find a line walks many others */
#define LINES_MOST  64 /* sources of an entry */

/* What is looked for, and what was found. */
struct check {
	struct emit *em;
	struct image im, plain; /* <plain> without digests: they cost time */
	uint64_t names;         /* so many were looked up */
};

/* The lines of the entry at hand; of very many sources some, for each one
 * is looked for among all. */
static bool
lines_are_there(const struct check *c, uint32_t entry)
{
	const struct posted_list *l = &c->em->posted;

	for (size_t i = 0; i < l->n; i += 1 + l->n / LINES_MOST)
		if (image_line(&c->im, entry, l->v[i].source) != l->v[i].line)
			return false;
	return true;
}

/* URL entries must also be found by way of their host's path lengths. */
static bool
url_is_there(const struct image *im, struct str key)
{
	size_t host = str_find(key, '/', 0);
	/* as an address: a domain's ancestors do not matter here */
	struct name name = {.p = key.p, .n = (uint8_t)host, .kind = NAME_IPV4};
	struct image_hits hits;

	if (host == key.n)
		return true;
	hits.n = 0;
	hits.more = hits.lost = false;
	image_find_url(im, name, str_sub(key, host, key.n), &hits);
	for (uint32_t k = 0; k < hits.n; k++)
		if (hits.hit[k].kind == IMAGE_URL && hits.hit[k].self &&
		    hits.hit[k].len == key.n)
			return true;
	return hits.more;
}

static bool
name_is_there(struct check *c, struct str key, uint32_t want)
{
	uint32_t entry, class;

	return image_probe(&c->im, key, hash64(key.p, key.n, c->im.seed),
	           &entry, &class) &&
	       class == want &&
	       (c->names++ % LINES_EVERY || lines_are_there(c, entry)) &&
	       url_is_there(&c->plain, key);
}

/* Row <number> of the networks as it should be? */
static bool
net_is_written(
    const struct check *c, struct str key, uint32_t number, uint32_t class)
{
	unsigned bytes = (unsigned char)key.p[0];
	struct image_net net;

	if (bytes == 4)
		image_read_net4(&c->im, number, &net);
	else
		image_read_net6(&c->im, number - c->im.nnets4, &net);
	return memcmp(net.addr, key.p + 1, bytes) == 0 &&
	       net.bits == (unsigned char)key.p[1 + bytes] &&
	       net.class == class &&
	       lines_are_there(c, IMAGE_ENTRY_NET | number);
}

static bool
net_is_there(struct check *c, struct str key, uint32_t number, uint32_t class)
{
	unsigned bytes = (unsigned char)key.p[0];
	bool whole = (unsigned char)key.p[1 + bytes] == bytes * 8;
	struct name name = {
	    .p = "", .kind = bytes == 4 ? NAME_IPV4 : NAME_IPV6};
	struct image_hits hits = {0};

	if (number >= c->im.nnets4 + c->im.nnets6 ||
	    !net_is_written(c, key, number, class))
		return false;
	/* what holds for hosts alone says nothing of what is inside */
	if (!whole && !image_class_covers(&c->im, class))
		return true;
	memcpy(name.addr, key.p + 1, bytes);
	image_find_host(&c->plain, name, &hits);
	for (uint32_t k = 0; k < hits.n; k++)
		if (hits.hit[k].entry == (IMAGE_ENTRY_NET | number))
			return true;
	return hits.more;
}

static bool
digest_is_there(struct check *c, struct str key, uint32_t want)
{
	uint32_t entry, class;

	return image_digest(&c->im, (const uint8_t *)key.p, &entry, &class) &&
	       class == want && lines_are_there(c, entry);
}

static bool
missing(struct check *c, const char *what, struct str key)
{
	if (!c->em->failed)
		err_set(c->em->err, ERR_CORRUPT,
		    "%s is missing in the new image: %.*s", what, STR_ARG(key));
	c->em->failed = true;
	return false;
}

static bool
verify_names(struct check *c)
{
	struct parts *names = c->em->in.names;
	const struct entries *e = &names->entries;

	for (unsigned p = 0; p < parts_count(names); p++) {
		if (parts_load(names, p, c->em->err) < 0) {
			c->em->failed = true;
			return false;
		}
		for (size_t i = 0; i < e->n; i++) {
			struct str key =
			    entries_key(entries_first(e, e->slots[i]));
			uint32_t class;

			if (emit_class(c->em, e, e->slots[i], &class) &&
			    !name_is_there(c, key, class))
				return missing(c, "an entry", key);
		}
	}
	return !c->em->failed && (c->names == c->em->nnames ||
	                             missing(c, "an entry", STR("the last")));
}

static bool
verify_few(struct check *c, const struct entries *e)
{
	for (size_t i = 0; i < e->n && !c->em->failed; i++) {
		struct str key = entries_key(entries_first(e, e->slots[i]));
		bool net = e == c->em->in.nets;
		uint32_t class;

		if (!emit_class(c->em, e, e->slots[i], &class))
			continue;
		if (net ? !net_is_there(c, key, (uint32_t)i, class)
		        : !digest_is_there(c, key, class))
			return missing(c, net ? "a network" : "a digest",
			    STR("of this number"));
	}
	return !c->em->failed;
}

/* The patterns that were collected, by key: is <p> one of them? */
static bool
pattern_is_known(const struct entries *e, const struct image_pattern *p)
{
	size_t lo = 0, hi = e->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		struct str key = entries_key(entries_first(e, e->slots[mid]));
		const char head[2] = {
		    (char)p->flags, (char)(unsigned char)p->anchor.n};
		int by = str_cmp(str_sub(key, 0, 2), str_make(head, 2));

		if (by == 0)
			by = str_cmp(str_sub(key, 2, p->anchor.n), p->anchor);
		if (by == 0)
			by = str_cmp(
			    str_sub(key, 2 + p->anchor.n, key.n), p->text);
		if (by == 0)
			return true;
		if (by < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

static bool
verify_patterns(struct check *c)
{
	struct image_pattern p;

	for (uint32_t i = 0; i < c->em->npatterns; i++)
		if (!image_pattern(&c->im, i, &p) ||
		    !pattern_is_known(c->em->in.patterns, &p))
			return missing(c, "a pattern", STR("its text"));
	return true;
}

bool
emit_verify(struct emit *em, struct bytes image)
{
	struct check c = {.em = em};

	if (image_view(&c.im, image, em->err) < 0) {
		em->failed = true;
		return false;
	}
	if (!image_intact(&c.im)) {
		err_set(em->err, ERR_CORRUPT, "the new image is damaged");
		em->failed = true;
		return false;
	}
	c.plain = c.im;
	c.plain.ndigests = 0;
	return verify_names(&c) && verify_few(&c, em->in.nets) &&
	       verify_few(&c, em->in.digests) && verify_patterns(&c);
}
