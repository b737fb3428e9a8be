/* signature.c - is this file by who holds that key? */
#include "feeds/signature.h"

#include <openssl/evp.h>

#include "base/base64.h"
#include "base/err.h"

#define KEY_BYTES  42 /* "Ed", id, key */
#define SIGN_BYTES 74 /* "Ed" or "ED", id, signature */
#define RAW_SIGN   64

/* Exactly <n> bytes, padded; one spelling alone is accepted. */
static bool
base64_exact(struct str s, uint8_t *out, size_t n)
{
	static const struct str padding = STR_INIT("==");
	size_t pad = (3 - n % 3) % 3;
	struct base64_got got;

	if (s.n != BASE64_CHARS(n))
		return false;
	if (!str_ends(s, str_sub(padding, 0, pad)))
		return false;
	got = base64_read(str_sub(s, 0, s.n - pad), BASE64_PLAIN, out);
	return got.exact && got.bytes == n;
}

static struct str
next_line(struct str *rest)
{
	struct str line;

	if (!str_next(rest, '\n', &line))
		return STR_NONE;
	if (str_ends(line, STR("\r")))
		line.n--;
	return line;
}

int
signature_key(struct str text, struct signature_key *out, struct err *err)
{
	uint8_t raw[KEY_BYTES];
	struct str rest = str_trim(text), line = next_line(&rest);

	if (str_starts(line, STR("untrusted comment:")))
		line = next_line(&rest);
	line = str_trim(line);
	if (!base64_exact(line, raw, sizeof(raw)) || memcmp(raw, "Ed", 2) != 0)
		return err_set(err, ERR_INPUT,
		    "this is no minisign public key (56 characters that begin "
		    "with RW)");
	memcpy(out->id, raw + 2, sizeof(out->id));
	memcpy(out->key, raw + 10, sizeof(out->key));
	return 0;
}

static bool
ed25519(const struct signature_key *key, const uint8_t *sign, const uint8_t *p,
    size_t n)
{
	EVP_PKEY *k = EVP_PKEY_new_raw_public_key(
	    EVP_PKEY_ED25519, NULL, key->key, sizeof(key->key));
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool ok = k && c && EVP_DigestVerifyInit(c, NULL, NULL, NULL, k) == 1 &&
	          EVP_DigestVerify(c, sign, RAW_SIGN, p, n) == 1;

	EVP_MD_CTX_free(c);
	EVP_PKEY_free(k);
	return ok;
}

/* "timestamp:1700000000\tfile:x" */
static int64_t
comment_time(struct str comment)
{
	struct str rest, digits;
	size_t at = str_search(comment, STR("timestamp:")), n = 0;
	uint64_t t;

	if (at == comment.n)
		return 0;
	rest = str_sub(comment, at + 10, comment.n);
	while (n < rest.n && rest.p[n] >= '0' && rest.p[n] <= '9')
		n++;
	digits = str_sub(rest, 0, n);
	return str_to_u64(digits, &t) && t < INT64_MAX ? (int64_t)t : 0;
}

static bool
comment_holds(const struct signature_key *key, const uint8_t *sign,
    struct str comment, struct str global)
{
	uint8_t over[RAW_SIGN + SIGNATURE_TEXT_MAX], raw[RAW_SIGN];

	if (comment.n > SIGNATURE_TEXT_MAX ||
	    !base64_exact(str_trim(global), raw, sizeof(raw)))
		return false;
	memcpy(over, sign, RAW_SIGN);
	if (comment.n)
		memcpy(over + RAW_SIGN, comment.p, comment.n);
	return ed25519(key, raw, over, RAW_SIGN + comment.n);
}

static bool
file_holds(
    const struct signature_key *key, const uint8_t *raw, struct bytes file)
{
	uint8_t hash[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (raw[1] == 'd')
		return ed25519(key, raw + 10, file.p, file.n);
	return EVP_Digest(file.p, file.n, hash, &n, EVP_blake2b512(), NULL) ==
	           1 &&
	       ed25519(key, raw + 10, hash, n);
}

int
signature_verify(const struct signature_key *key, struct str signature,
    struct bytes file, struct signature_info *info, struct err *err)
{
	static const struct str trusted = STR_INIT("trusted comment: ");
	uint8_t raw[SIGN_BYTES];
	struct str rest = signature, untrusted, line, comment, global;

	untrusted = next_line(&rest);
	line = next_line(&rest);
	comment = next_line(&rest);
	global = next_line(&rest);
	if (!str_starts(untrusted, STR("untrusted comment:")) ||
	    !base64_exact(str_trim(line), raw, sizeof(raw)) || raw[0] != 'E' ||
	    (raw[1] != 'd' && raw[1] != 'D') || !str_starts(comment, trusted))
		return err_set(err, ERR_INPUT, "this is no minisign signature");
	if (memcmp(raw + 2, key->id, sizeof(key->id)) != 0)
		return err_set(err, ERR_REFUSED,
		    "it was signed with another key than sign-key");
	comment = str_sub(comment, trusted.n, comment.n);
	if (!file_holds(key, raw, file) ||
	    !comment_holds(key, raw + 10, comment, global))
		return err_set(err, ERR_REFUSED, "the signature does not hold");
	if (!str_copy(comment, info->comment, sizeof(info->comment)))
		str_copy(str_sub(comment, 0, sizeof(info->comment) - 1),
		    info->comment, sizeof(info->comment));
	info->time = comment_time(comment);
	return 0;
}
