/*
 * pieces.c - frequent pieces of text, learnt by joining the most frequent pair
 * again and again, used by the cheapest way through a word.
 */
#include "lists/pieces.h"

#define WORD_MAX 256 /* longer words are encoded in parts */

/* A symbol is a byte below 128 or 128 + a piece. */
static size_t
symbol_len(const struct pieces *p, unsigned c)
{
	return c < 128 ? 1 : p->len[c - 128];
}

/* The pair of symbols that saves most; 0: none that is worth it. */
static unsigned
best_pair(const struct pieces *p, const uint8_t *text, size_t n,
    uint32_t count[256][256])
{
	unsigned best = 0;
	uint32_t most = 15; /* a piece with fewer uses is not worth a number */

	memset(count, 0, 256 * sizeof(count[0]));
	for (size_t i = 0; i + 1 < n; i++)
		count[text[i]][text[i + 1]]++;
	for (unsigned a = 1; a < 256; a++)
		for (unsigned b = 1; b < 256; b++)
			if (count[a][b] > most &&
			    symbol_len(p, a) + symbol_len(p, b) <=
			        IMAGE_PIECE) {
				most = count[a][b];
				best = a << 8 | b;
			}
	return best;
}

static char *
put_symbol(const struct pieces *p, unsigned c, char *to)
{
	if (c < 128) {
		*to = (char)c;
		return to + 1;
	}
	memcpy(to, p->text[c - 128], p->len[c - 128]);
	return to + p->len[c - 128];
}

/* Replace the pair in <text> by the symbol of piece <i>. */
static size_t
join(uint8_t *text, size_t n, unsigned pair, unsigned i)
{
	size_t to = 0;

	for (size_t at = 0; at < n; at++) {
		if (at + 1 < n && text[at] == pair >> 8 &&
		    text[at + 1] == (pair & 255)) {
			text[to++] = (uint8_t)(128 + i);
			at++;
		} else {
			text[to++] = text[at];
		}
	}
	return to;
}

static void
link_pieces(struct pieces *p)
{
	for (unsigned i = 0; i < IMAGE_NPIECES; i++) {
		uint8_t *head;

		if (p->len[i] < 2)
			continue;
		head = &p->first[(unsigned)p->text[i][0] & 127]
		                [(unsigned)p->text[i][1] & 127];
		p->next[i] = *head;
		*head = (uint8_t)(i + 1);
	}
}

void
pieces_learn(struct pieces *p, uint8_t *text, size_t n, uint32_t (*count)[256])
{
	memset(p, 0, sizeof(*p));
	for (unsigned i = 0; i < IMAGE_NPIECES; i++) {
		unsigned pair = best_pair(p, text, n, count);
		char *end;

		if (!pair)
			break;
		end = put_symbol(p, pair >> 8, p->text[i]);
		end = put_symbol(p, pair & 255, end);
		p->len[i] = (uint8_t)(end - p->text[i]);
		n = join(text, n, pair, i);
	}
	link_pieces(p);
}

/* From the end: the fewest symbols from each byte on, and the first of them. */
static size_t
encode_word(const struct pieces *p, struct str s, uint8_t *out)
{
	uint16_t cost[WORD_MAX + 1];
	uint8_t pick[WORD_MAX];
	size_t n = 0;

	cost[s.n] = 0;
	for (size_t i = s.n; i-- > 0;) {
		unsigned a = (unsigned char)s.p[i];
		unsigned b = i + 1 < s.n ? (unsigned char)s.p[i + 1] : 0;

		cost[i] = (uint16_t)(cost[i + 1] + 1);
		pick[i] = 0;
		for (unsigned k = p->first[a & 127][b & 127]; k;
		     k = p->next[k - 1]) {
			size_t len = p->len[k - 1];

			if (len <= s.n - i && cost[i + len] + 1 < cost[i] &&
			    memcmp(p->text[k - 1], s.p + i, len) == 0) {
				cost[i] = (uint16_t)(cost[i + len] + 1);
				pick[i] = (uint8_t)k;
			}
		}
	}
	for (size_t i = 0; i < s.n;) {
		/* cppcheck-suppress uninitvar ; the loop above set them all */
		unsigned k = pick[i];

		out[n++] = k ? (uint8_t)(127 + k) : (uint8_t)s.p[i];
		i += k ? p->len[k - 1] : 1;
	}
	return n;
}

size_t
pieces_encode(const struct pieces *p, struct str s, uint8_t *out)
{
	size_t n = 0;

	for (size_t at = 0; at < s.n; at += WORD_MAX)
		n += encode_word(p, str_sub(s, at, WORD_MAX), out + n);
	return n;
}
