/*
 * id.c - the names in a record: of itself, of a client, of a user.
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

/* <kind> and the first 8 bytes of the MAC; out of memory: a pseudonym that
 * says nothing. */
static void
pseudonym(char kind, const uint8_t key[RECORD_KEY], const void *p, size_t n,
    char out[RECORD_PSEUDONYM_ROOM])
{
	static const char hex[] = "0123456789abcdef";
	uint8_t mac[DIGEST_BYTES];

	*out++ = kind;
	*out++ = '-';
	if (digest_hmac(key, RECORD_KEY, p, n, mac) == 0)
		for (unsigned i = 0; i < 8; i++) {
			*out++ = hex[mac[i] >> 4];
			*out++ = hex[mac[i] & 15];
		}
	*out = '\0';
}

void
record_pseudonym(const uint8_t key[RECORD_KEY], const uint8_t client[16],
    char out[RECORD_PSEUDONYM_ROOM])
{
	pseudonym('p', key, client, 16, out);
}

void
record_user_pseudonym(const uint8_t key[RECORD_KEY], struct str user,
    char out[RECORD_PSEUDONYM_ROOM])
{
	/* a user's name of 16 bytes must not come to a client's word */
	char text[5 + RECORD_USER_MAX] = "user:";

	if (user.n > RECORD_USER_MAX)
		user.n = RECORD_USER_MAX;
	if (user.n)
		memcpy(text + 5, user.p, user.n);
	pseudonym('u', key, text, 5 + user.n, out);
}
