/*
 * id.c - the two names in a record: of itself, and of a client.
 */
#include "review/record.h"

#include "base/sys/digest.h"

#define ID_CHARS 26
#define ID_TIME  10 /* of them: 48 bits of milliseconds */

/* Crockford's base 32: no I, L, O, U. */
static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void
record_id(char out[RECORD_ID], int64_t wall_ms, const uint8_t chance[10])
{
	uint64_t t = (uint64_t)wall_ms;
	unsigned bits = 0, held = 0;
	char *p = out + ID_TIME;

	for (unsigned i = ID_TIME; i-- > 0; t >>= 5)
		out[i] = digits[t & 31];
	for (unsigned i = 0; i < 10; i++) {
		held = held << 8 | chance[i];
		for (bits += 8; bits >= 5; bits -= 5)
			*p++ = digits[held >> (bits - 5) & 31];
		held &= (1u << bits) - 1;
	}
	*p = '\0';
}

bool
record_id_is_valid(struct str s)
{
	if (s.n != ID_CHARS)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!s.p[i] || !strchr(digits, s.p[i]))
			return false;
	return true;
}

void
record_pseudonym(const uint8_t key[RECORD_KEY], const uint8_t client[16],
    char out[RECORD_PSEUDONYM_ROOM])
{
	static const char hex[] = "0123456789abcdef";
	uint8_t mac[DIGEST_BYTES];
	char *p = out;

	*p++ = 'p';
	*p++ = '-';
	if (digest_hmac(key, RECORD_KEY, client, 16, mac) == 0)
		for (unsigned i = 0; i < 8; i++) {
			*p++ = hex[mac[i] >> 4];
			*p++ = hex[mac[i] & 15];
		}
	*p = '\0'; /* out of memory: a pseudonym that says nothing */
}
