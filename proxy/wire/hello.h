/*
 * hello.h - the TLS ClientHello, read whole, however it is cut into segments
 * and records (RFC 8446 4.1.2, 5.1; RFC 6066 3).
 *
 *	struct hello h;
 *	switch (hello_parse(buf.p, buf.n, &h)) {
 *	case HELLO_MORE: read on (up to HELLO_RAW_MAX bytes);
 *	case HELLO_OK:   h.sni, h.alpn_h2_only, h.ech ...
 *	case HELLO_BAD:  h.why; close, log, never pass
 *	case HELLO_NOT_TLS: the first byte is no handshake record
 *	}
 *
 * Any record version 03xx is taken (RFC 8446 5.1: MUST be ignored), empty
 * handshake records too, since servers take them. Pure; bounded; no memory
 * but the caller's.
 */
#ifndef PROXY_WIRE_HELLO_H
#define PROXY_WIRE_HELLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

#define HELLO_MAX 65536 /* the handshake message */
#define HELLO_RAW_MAX                                                          \
	(HELLO_MAX * 2) /* with record headers; one byte a record
				       * costs six: beyond, it is refused */
#define HELLO_SNI_MAX 255

enum hello_result { HELLO_OK = 0, HELLO_MORE, HELLO_BAD, HELLO_NOT_TLS };

struct hello {
	char sni_room[HELLO_SNI_MAX + 1];
	struct str sni;   /* in sni_room, raw; STR_NONE without */
	uint16_t version; /* legacy_version, or the highest of
			       * supported_versions that is no GREASE */
	bool ech;         /* extension 0xfe0d is there (GREASE or real) */
	bool has_alpn, alpn_h1, alpn_h2;
	bool early_data, psk;
	size_t raw_len;  /* bytes of the records that hold the hello */
	const char *why; /* HELLO_BAD: a static sentence */
};

/*
 * <p,n>: all bytes so far. Parsed from the start at each call; callers who
 * get it a byte at a time are bounded by HELLO_RAW_MAX, and may skip calls
 * with hello_wants(): how many bytes must be there before a call can help.
 */
enum hello_result hello_parse(const uint8_t *p, size_t n, struct hello *h);
size_t hello_wants(const uint8_t *p, size_t n);

#endif
