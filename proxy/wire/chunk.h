/*
 * chunk.h - decode a chunked body in place (RFC 9112 7.1), strictly.
 *
 *	struct chunk_decoder d;
 *	chunk_begin(&d, CHUNK_REQUEST);
 *	n = chunk_decode(&d, buf, n, &used);   decoded bytes now buf[0..ret)
 *
 * Decoded bytes are moved to the front of the same buffer, which is always
 * large enough. Extensions are dropped, trailer fields checked and dropped.
 */
#ifndef PROXY_WIRE_CHUNK_H
#define PROXY_WIRE_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHUNK_EXT_MAX       256   /* bytes of one chunk's extension */
#define CHUNK_EXT_TOTAL_MAX 16384 /* of all of a body's */
#define CHUNK_TRAILER_MAX   8192
#define CHUNK_TRAILERS_MAX  16
#define CHUNK_DIGITS_MAX    16 /* and no more than INT64_MAX in one */

/*
 * Responses may have blanks behind the size, or an extension, and before the
 * end of its line (some servers send them); requests before a ';' alone.
 */
enum chunk_side { CHUNK_REQUEST = 0, CHUNK_RESPONSE };

enum chunk_state_public { CHUNK_GOING = 0, CHUNK_DONE, CHUNK_BAD };

struct chunk_decoder {
	uint8_t side, state, digits;
	uint64_t left;                              /* of the present chunk */
	uint32_t ext, ext_total, trailer, trailers; /* counts so far */
	const char *why; /* CHUNK_BAD: a static sentence */
};

void chunk_begin(struct chunk_decoder *d, enum chunk_side side);

/*
 * Take up to <n> raw bytes at <p>; set *<used> to how many were raw bytes of
 * this body (fewer than <n> only when it ended or is bad); return how many
 * decoded bytes now lie at <p>.
 */
size_t chunk_decode(struct chunk_decoder *d, char *p, size_t n, size_t *used);

enum chunk_state_public chunk_status(const struct chunk_decoder *d);

#endif
