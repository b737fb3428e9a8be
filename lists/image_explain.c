/* image_explain.c - what an entry says, and which line it came from. */
#include "base/buf.h"
#include "lists/address.h"
#include "lists/image.h"
#include "lists/image_format.h"

/* What was hashed is nobody's to read. */
#define DIGEST_SHOWN "(hashed entry)"

static bool
is_digest(uint32_t entry)
{
	return entry >= IMAGE_ENTRY_DIGEST;
}

/* Network <i> of both tables, IPv4 first; its bytes, 0 out of range. */
static unsigned
net_at(const struct image *im, uint32_t i, struct image_net *net)
{
	if (i < im->nnets4) {
		image_read_net4(im, i, net);
		return 4;
	}
	if (i - im->nnets4 >= im->nnets6)
		return 0;
	image_read_net6(im, i - im->nnets4, net);
	return 16;
}

static uint32_t
bucket_begin(const struct image *im, uint32_t b)
{
	return image_rd32(im->buckets + (size_t)b * IMAGE_BUCKET);
}

/*
 * The first of the row of buckets that <entry> stands in, whose number of
 * postings RANKS knows. Found by halving, as buckets stand in order.
 */
static uint32_t
rank_of(const struct image *im, uint32_t entry)
{
	uint32_t lo = 0;
	uint32_t hi = (im->nbuckets - 1) / IMAGE_RANK_EVERY;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo + 1) / 2;

		if (bucket_begin(im, mid * IMAGE_RANK_EVERY) <= entry)
			lo = mid;
		else
			hi = mid - 1;
	}
	return lo;
}

/* The entry's first number in LINES, and its class. */
static bool
find_posting(
    const struct image *im, uint32_t entry, uint64_t *posting, uint32_t *class)
{
	struct image_entry e;
	const uint8_t *p, *end = im->blob + im->blob_len;
	uint32_t rank, n, begin, flags;
	uint32_t left = IMAGE_RANK_EVERY * IMAGE_BUCKET_MAX;

	if (entry >= im->blob_len)
		return false;
	rank = rank_of(im, entry);
	begin = bucket_begin(im, rank * IMAGE_RANK_EVERY);
	if (begin > entry || 4 * ((uint64_t)rank + 1) > im->ranks_len)
		return false;
	*posting = image_rd32(im->ranks + 4 * (size_t)rank);
	for (p = im->blob + begin; left-- && p < im->blob + entry;) {
		p = image_read_entry(p, end, &e);
		if (!p || !image_class(im, e.class, &n, &flags))
			return false;
		*posting += n;
	}
	if (p != im->blob + entry || !image_read_entry(p, end, &e))
		return false;
	*class = e.class;
	return true;
}

uint32_t
image_line(const struct image *im, uint32_t entry, uint16_t id)
{
	uint64_t posting;
	uint32_t class, flags, n = 0;
	const uint8_t *ids;
	struct image_net net;

	if (is_digest(entry)) {
		uint32_t i = entry & IMAGE_ENTRY_PLACE;
		const uint8_t *row =
		    im->digests + (size_t)i * IMAGE_DIGEST_ROW + 32;

		if (i >= im->ndigests)
			return 0;
		class = image_rd32(row);
		posting = image_rd32(row + 4);
	} else if (entry & IMAGE_ENTRY_NET) {
		if (!net_at(im, entry & IMAGE_ENTRY_PLACE, &net))
			return 0;
		posting = net.posting;
		class = net.class;
	} else if (!find_posting(im, entry, &posting, &class)) {
		return 0;
	}
	ids = image_class(im, class, &n, &flags);
	for (uint32_t i = 0; ids && i < n; i++)
		if (image_rd16(ids + 2 * i) == id)
			return 4 * (posting + i + 1) <= im->lines_len
			           ? image_rd32(im->lines + 4 * (posting + i))
			           : 0;
	return 0;
}

struct text {
	char *p;
	size_t n, size;
};

static void
put(struct text *t, const void *p, size_t n)
{
	if (n > t->size - 1 - t->n)
		n = t->size - 1 - t->n;
	memcpy(t->p + t->n, p, n);
	t->n += n;
}

static void
put_net(const struct image *im, uint32_t i, struct text *t)
{
	char z[ADDRESS_ROOM + 4];
	struct image_net net;
	unsigned bytes = net_at(im, i, &net);
	size_t n;

	if (!bytes)
		return;
	n = bytes == 4 ? address_ipv4_text(net.addr, z)
	               : address_ipv6_text(net.addr, z);
	put(t, z, n);
	if (net.bits < bytes * 8) {
		n = (size_t)snprintf(z, sizeof(z), "/%u", net.bits);
		put(t, z, n);
	}
}

static void
put_text(const struct image *im, const struct image_entry *e, struct text *t)
{
	struct str ending;

	for (uint32_t i = 0; i < e->ntext; i++) {
		unsigned c = e->text[i], n;

		if (c < 128) {
			put(t, &e->text[i], 1);
			continue;
		}
		n = im->pieces[c - 128];
		put(t, im->pieces + IMAGE_NPIECES + IMAGE_PIECE * (c - 128),
		    n <= IMAGE_PIECE ? n : 0);
	}
	ending = image_ending(im, e->ending);
	if (ending.n)
		put(t, ending.p, ending.n);
}

static void
put_entry(const struct image *im, uint32_t entry, struct text *t)
{
	const uint8_t *end = im->blob + im->blob_len;
	struct image_entry e;

	if (entry < im->blob_len && image_read_entry(im->blob + entry, end, &e))
		put_text(im, &e, t);
}

size_t
image_entry_text(
    const struct image *im, const struct image_hit *hit, char *out, size_t size)
{
	struct text t = {out, 0, size};

	if (size == 0)
		return 0;
	if (is_digest(hit->entry))
		put(&t, DIGEST_SHOWN, sizeof(DIGEST_SHOWN) - 1);
	else if (hit->entry & IMAGE_ENTRY_NET)
		put_net(im, hit->entry & IMAGE_ENTRY_PLACE, &t);
	else
		put_entry(im, hit->entry, &t);
	out[t.n] = '\0';
	return t.n;
}

static void
each_net(const struct image *im,
    bool (*fn)(void *arg, const struct image_item *item), void *arg)
{
	char room[ADDRESS_ROOM + 4];
	struct image_net net;
	unsigned bytes;

	for (uint32_t i = 0; (bytes = net_at(im, i, &net)); i++) {
		struct text t = {room, 0, sizeof(room)};
		struct image_item item = {.kind = IMAGE_NET,
		    .class = net.class,
		    .entry = IMAGE_ENTRY_NET | i};

		t.n = bytes == 4 ? address_ipv4_text(net.addr, room)
		                 : address_ipv6_text(net.addr, room);
		t.n += (size_t)snprintf(
		    room + t.n, sizeof(room) - t.n, "/%u", net.bits % 256);
		item.text = str_make(room, t.n);
		if (!fn(arg, &item))
			return;
	}
}

void
image_each(const struct image *im,
    bool (*fn)(void *arg, const struct image_item *item), void *arg)
{
	const uint8_t *end = im->blob + im->blob_len, *next;
	char room[IMAGE_KEY_MAX + 1];
	struct image_entry e;

	for (const uint8_t *p = im->blob; p < end; p = next) {
		struct text t = {room, 0, sizeof(room)};
		struct image_item item = {
		    .kind = IMAGE_DOMAIN, .entry = (uint32_t)(p - im->blob)};

		next = image_read_entry(p, end, &e);
		if (!next)
			break;
		put_text(im, &e, &t);
		item.class = e.class;
		item.text = str_make(room, t.n);
		if (str_find(item.text, '/', 0) < item.text.n)
			item.kind = IMAGE_URL;
		if (!fn(arg, &item))
			return;
	}
	each_net(im, fn, arg);
}
