/* digest.c - SHA-256, HMAC-SHA-256, random bytes. */
#include "base/sys/digest.h"

#include <errno.h>
#include <sys/random.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/err.h"

int
digest_sha256(
    const void *p, size_t n, uint8_t out[DIGEST_BYTES], struct err *err)
{
	if (EVP_Digest(p, n, out, NULL, EVP_sha256(), NULL) != 1)
		return err_set(err, ERR_MEMORY, "SHA-256 failed");
	return 0;
}

int
digest_hmac(const uint8_t *key, size_t key_n, const void *p, size_t n,
    uint8_t out[DIGEST_BYTES])
{
	unsigned len = 0;

	if (!HMAC(EVP_sha256(), key, (int)key_n, p, n, out, &len))
		return -1;
	return len == DIGEST_BYTES ? 0 : -1;
}

bool
digest_equal(const uint8_t *a, const uint8_t *b, size_t n)
{
	return CRYPTO_memcmp(a, b, n) == 0;
}

int
digest_random(void *out, size_t n, struct err *err)
{
	uint8_t *at = out;

	while (n) {
		ssize_t got = getrandom(at, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return err_sys(err, errno, "getrandom");
		at += got;
		n -= (size_t)got;
	}
	return 0;
}
