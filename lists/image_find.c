/*
 * image_find.c - the look-up: one row of tags for each suffix of the host.
 *
 * All suffixes are hashed first and their rows asked for, so that the waits
 * for memory overlap. Every offset read from the image is checked before it
 * is followed.
 */
#include "base/hash.h"
#include "lists/address.h"
#include "lists/image.h"
#include "lists/image_format.h"

#define NETS_DEEP 128 /* networks around one address: one for each bit */

/* Is <e> the entry of <key>? Its ending, then its text, byte by byte. */
static bool
entry_is(const struct image *im, const struct image_entry *e, struct str key)
{
	struct str ending = image_ending(im, e->ending);
	const uint8_t *pieces = im->pieces + IMAGE_NPIECES;
	const char *at = key.p, *end;

	if (!str_ends(key, ending))
		return false;
	end = key.p + key.n - ending.n;
	for (uint32_t i = 0; i < e->ntext; i++) {
		unsigned c = e->text[i], n;

		if (c < 128) {
			if (at == end || (unsigned char)*at != c)
				return false;
			at++;
			continue;
		}
		n = im->pieces[c - 128];
		/* an empty piece would make a text longer than any key */
		if (n == 0 || n > IMAGE_PIECE || n > (size_t)(end - at) ||
		    memcmp(at, pieces + IMAGE_PIECE * (c - 128), n) != 0)
			return false;
		at += n;
	}
	return at == end;
}

bool
image_probe(const struct image *im, struct str key, uint64_t hash,
    uint32_t *entry, uint32_t *class)
{
	uint32_t b = image_bucket_of(hash, im->nbuckets);
	const uint8_t *row = im->buckets + (size_t)b * IMAGE_BUCKET;
	unsigned mask = image_tags(row, image_tag_of(hash));
	bool more = row[IMAGE_BUCKET - 1] == IMAGE_TAG_MORE;
	unsigned last = more ? IMAGE_BUCKET_MAX : IMAGE_TAGS;
	unsigned tagged = more ? IMAGE_TAGS - 1 : IMAGE_TAGS;
	uint32_t from, to;
	const uint8_t *p, *end;

	if (!mask && !more)
		return false;
	from = image_rd32(row);
	to = image_rd32(row + IMAGE_BUCKET);
	if (from > to || to > im->blob_len)
		return false;
	p = im->blob + from;
	end = im->blob + to;
	/* a bucket's entries lie on two lines of memory: wait for both once */
	__builtin_prefetch(p + (to - from) / 2);
	for (unsigned i = 0; i < last && (more || mask >> i); i++) {
		struct image_entry e;
		const uint8_t *next = image_read_entry(p, end, &e);

		if (!next)
			return false;
		if ((i >= tagged || mask >> i & 1) && entry_is(im, &e, key)) {
			*entry = (uint32_t)(p - im->blob);
			*class = e.class;
			return true;
		}
		p = next;
	}
	return false;
}

static bool
says_the_same(const struct image_hit *a, const struct image_hit *b)
{
	return a->class == b->class && a->self == b->self;
}

/*
 * Which hit another one makes needless: the less specific one of those that
 * speak of the same sources as <hit>, or else the least specific one whose
 * class another has. IMAGE_HITS_MAX: that is <hit>; one more: there is none.
 */
static uint32_t
needless(const struct image *im, const struct image_hit *all,
    const struct image_hit *hit)
{
	uint32_t specific[IMAGE_HITS_MAX], lowest = UINT32_MAX;
	uint32_t least = IMAGE_HITS_MAX + 1;

	for (uint32_t i = 0; i < IMAGE_HITS_MAX; i++)
		if (says_the_same(&all[i], hit))
			return image_specific(im, &all[i]) <
			               image_specific(im, hit)
			           ? i
			           : IMAGE_HITS_MAX;
	for (uint32_t i = 0; i < IMAGE_HITS_MAX; i++)
		specific[i] = image_specific(im, &all[i]);
	for (uint32_t i = 0; i < IMAGE_HITS_MAX; i++) {
		bool said = false;

		for (uint32_t k = 0; k < IMAGE_HITS_MAX && !said; k++)
			said = k != i && says_the_same(&all[k], &all[i]) &&
			       specific[k] >= specific[i];
		if (said && specific[i] <= lowest) {
			lowest = specific[i];
			least = i;
		}
	}
	return least;
}

/*
 * All places are taken: whoever lists many parts of one host or path must not
 * push out what another source says. So a hit that says nothing of its own is
 * given up; where there is none, the new one.
 */
static void
add_to_full(const struct image *im, struct image_hits *hits,
    const struct image_hit *hit)
{
	uint32_t gone = needless(im, hits->hit, hit);

	hits->more = true;
	if (gone >= IMAGE_HITS_MAX) {
		if (gone > IMAGE_HITS_MAX)
			hits->lost = true;
		return;
	}
	memmove(&hits->hit[gone], &hits->hit[gone + 1],
	    (IMAGE_HITS_MAX - 1 - gone) * sizeof(*hit));
	hits->hit[IMAGE_HITS_MAX - 1] = *hit;
}

void
image_add_hit(const struct image *im, struct image_hits *hits,
    const struct image_hit *hit)
{
	if (hits->n < IMAGE_HITS_MAX)
		hits->hit[hits->n++] = *hit;
	else
		add_to_full(im, hits, hit);
}

bool
image_class_covers(const struct image *im, uint32_t class)
{
	uint32_t n, flags;

	return image_class(im, class, &n, &flags) &&
	       !(flags & IMAGE_CLASS_SELF);
}

unsigned
image_suffixes(const struct name *host, uint8_t off[IMAGE_LABELS])
{
	unsigned n = 0;
	size_t begin = 0;

	if (host->kind != NAME_DNS) {
		off[0] = 0;
		return 1;
	}
	for (size_t i = 0; i < host->n && n < IMAGE_LABELS; i++)
		if (host->p[i] == '.') {
			off[n++] = (uint8_t)begin;
			begin = i + 1;
		}
	return n;
}

static void
find_domain(
    const struct image *im, const struct name *host, struct image_hits *hits)
{
	uint8_t off[IMAGE_LABELS];
	uint64_t hash[IMAGE_LABELS];
	unsigned n = image_suffixes(host, off);

	for (unsigned i = 0; i < n; i++) {
		hash[i] = hash64(
		    host->p + off[i], (size_t)(host->n - off[i]), im->seed);
		__builtin_prefetch(im->buckets + (size_t)image_bucket_of(
		                                     hash[i], im->nbuckets) *
		                                     IMAGE_BUCKET);
	}
	for (unsigned i = 0; i < n; i++) {
		struct str key = str_sub(name_str(*host), off[i], host->n);
		struct image_hit hit = {.kind = IMAGE_DOMAIN,
		    .self = off[i] == 0,
		    .off = off[i],
		    .len = (uint16_t)key.n};

		if (image_probe(im, key, hash[i], &hit.entry, &hit.class) &&
		    (hit.self || image_class_covers(im, hit.class)))
			image_add_hit(im, hits, &hit);
	}
}

void
image_read_net4(const struct image *im, uint32_t i, struct image_net *n)
{
	const uint8_t *p = im->nets4 + (size_t)i * IMAGE_NET4;

	*n = (struct image_net){
	    .addr = {p[3], p[2], p[1], p[0]},
	    .outer = image_rd32(p + 4),
	    .class = image_rd32(p + 8),
	    .posting = image_rd32(p + 12),
	    .bits = image_rd32(p + 16),
	};
}

void
image_read_net6(const struct image *im, uint32_t i, struct image_net *n)
{
	const uint8_t *p = im->nets6 + (size_t)i * IMAGE_NET6;

	*n = (struct image_net){
	    .outer = image_rd32(p + 16),
	    .class = image_rd32(p + 20),
	    .posting = image_rd32(p + 24),
	    .bits = image_rd32(p + 28),
	};
	memcpy(n->addr, p, sizeof(n->addr));
}

/* Do <a> and <b> agree in the first <bits>? */
static bool
same_prefix(const uint8_t *a, const uint8_t *b, uint32_t bits)
{
	uint32_t whole = bits / 8;

	if (memcmp(a, b, whole) != 0)
		return false;
	return bits % 8 == 0 || (a[whole] ^ b[whole]) >> (8 - bits % 8) == 0;
}

typedef void read_net(const struct image *, uint32_t, struct image_net *);

/* The number of networks that begin at or below <addr>: 0 .. <n>. */
static uint32_t
nets_up_to(const struct image *im, read_net *read, uint32_t n,
    const uint8_t *addr, size_t bytes)
{
	uint32_t lo = 0, hi = n;
	struct image_net net;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		read(im, mid, &net);
		if (memcmp(net.addr, addr, bytes) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void
find_nets(const struct image *im, const uint8_t *addr, bool v6,
    struct image_hits *hits)
{
	read_net *read = v6 ? image_read_net6 : image_read_net4;
	uint32_t n = v6 ? im->nnets6 : im->nnets4, bytes = v6 ? 16 : 4;
	uint32_t at = nets_up_to(im, read, n, addr, bytes);

	for (unsigned steps = 0; at && steps < 2 * NETS_DEEP; steps++) {
		struct image_net net;
		bool self;

		read(im, at - 1, &net);
		self = net.bits == bytes * 8;
		if (net.bits <= bytes * 8 &&
		    same_prefix(net.addr, addr, net.bits) &&
		    (self || image_class_covers(im, net.class)))
			image_add_hit(im, hits,
			    &(struct image_hit){.kind = IMAGE_NET,
			        .self = self,
			        .class = net.class,
			        .entry = IMAGE_ENTRY_NET |
			                 (at - 1 + (v6 ? im->nnets4 : 0))});
		if (net.outer >= at)
			return; /* damaged: outer ones stand before */
		at = net.outer;
	}
}

static void
find_address(
    const struct image *im, const struct name *host, struct image_hits *hits)
{
	uint8_t inner[4];

	switch (host->kind) {
	case NAME_DNS:
		break;
	case NAME_IPV4:
		find_nets(im, host->addr, false, hits);
		break;
	case NAME_IPV6:
		find_nets(im, host->addr, true, hits);
		if (name_embedded_ipv4(host->addr, inner))
			find_nets(im, inner, false, hits);
		break;
	}
}

void
image_find_host(
    const struct image *im, struct name host, struct image_hits *hits)
{
	if (host.kind == NAME_DNS)
		find_domain(im, &host, hits);
	else
		find_address(im, &host, hits);
	if (im->ndigests)
		image_find_digests(im, host, STR_NONE, hits);
}

/* The list of path lengths of the host with <hash>; NULL: it has none. */
static const uint8_t *
path_lengths(const struct image *im, uint64_t hash, uint32_t *n)
{
	uint32_t bits = (uint32_t)(hash >> 32), off;
	const uint8_t *slot =
	    im->prefixes + 8 + (size_t)(bits & (im->nslots - 1)) * IMAGE_SLOT;

	for (unsigned i = 0; i < IMAGE_SLOTS_AWAY; i++, slot += IMAGE_SLOT) {
		off = image_rd32(slot + 4);
		if (off == 0)
			return NULL;
		if (image_rd32(slot) != bits)
			continue;
		if (off > im->prefixes_len - 2)
			return NULL;
		*n = image_rd16(im->prefixes + off);
		if (*n > (im->prefixes_len - 2 - off) / 2)
			return NULL;
		return im->prefixes + off + 2;
	}
	return NULL;
}

/* May a prefix of <len> bytes of <path> be an entry: does a part end there? */
static bool
is_boundary(struct str path, size_t len)
{
	if (len == path.n || path.p[len - 1] == '/')
		return true;
	switch (path.p[len]) {
	case '/':
	case '?':
	case '#':
	case ';':
	case '&':
		return true;
	}
	return false;
}

/* A host whose paths are looked up, and the part of the host asked for that
 * it stands for: bytes <off> to <off> + <len> - 1. */
struct url_host {
	struct str key;
	uint8_t off, len;
};

/* The entries that are host + prefix of <path>, longest first. */
static void
find_prefixes(const struct image *im, struct url_host h, struct str path,
    struct image_hits *hits)
{
	char key[IMAGE_KEY_MAX];
	struct str host = h.key;
	uint32_t n = 0, longer = IMAGE_PATH_MAX + 1;
	const uint8_t *len =
	    path_lengths(im, hash64(host.p, host.n, im->seed), &n);

	if (!len)
		return;
	memcpy(key, host.p, host.n);
	memcpy(key + host.n, path.p,
	    path.n < IMAGE_PATH_MAX ? path.n : IMAGE_PATH_MAX);
	while (n-- > 0) {
		uint32_t k = image_rd16(len + 2 * n);
		struct image_hit hit = {.kind = IMAGE_URL,
		    .self = h.off == 0,
		    .off = h.off,
		    .len = (uint16_t)(h.len + k)};
		struct str all = {key, host.n + k};

		/* in a damaged image one length could stand there for ever */
		if (k == 0 || k >= longer || k > path.n)
			continue;
		longer = k;
		if (!is_boundary(path, k))
			continue;
		if (image_probe(im, all, hash64(all.p, all.n, im->seed),
		        &hit.entry, &hit.class) &&
		    (hit.self || image_class_covers(im, hit.class)))
			image_add_hit(im, hits, &hit);
	}
}

/* The IPv4 address inside an IPv6 host: its entries are the host's too. */
static void
find_inner_prefixes(const struct image *im, struct name host, struct str path,
    struct image_hits *hits)
{
	uint8_t inner[4];
	char text[ADDRESS_ROOM];
	struct url_host h = {.len = host.n};

	if (!name_embedded_ipv4(host.addr, inner))
		return;
	h.key = str_make(text, address_ipv4_text(inner, text));
	find_prefixes(im, h, path, hits);
}

void
image_find_url(const struct image *im, struct name host, struct str path,
    struct image_hits *hits)
{
	uint8_t off[IMAGE_LABELS];
	unsigned n;

	if (host.n == 0 || path.n == 0)
		return;
	if (im->ndigests)
		image_find_digests(im, host, path, hits);
	if (im->nslots == 0)
		return;
	n = image_suffixes(&host, off);
	for (unsigned i = 0; i < n; i++) {
		struct url_host h = {
		    .key = str_sub(name_str(host), off[i], host.n),
		    .off = off[i],
		    .len = (uint8_t)(host.n - off[i])};

		find_prefixes(im, h, path, hits);
	}
	if (host.kind == NAME_IPV6)
		find_inner_prefixes(im, host, path, hits);
}

bool
image_has_urls(const struct image *im, struct name host)
{
	uint8_t off[IMAGE_LABELS];
	uint32_t lengths;
	unsigned n;

	if (im->ndigests && host.n)
		return true;
	if (im->nslots == 0 || host.n == 0)
		return false;
	if (host.kind == NAME_IPV6)
		return true; /* an IPv4 address may be inside; addresses are few */
	n = image_suffixes(&host, off);
	for (unsigned i = 0; i < n; i++) {
		struct str key = str_sub(name_str(host), off[i], host.n);

		if (path_lengths(im, hash64(key.p, key.n, im->seed), &lengths))
			return true;
	}
	return false;
}
