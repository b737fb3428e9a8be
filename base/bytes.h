/*
 * bytes.h - borrowed bytes: a pointer and a length, by value. Whoever hands
 * one on keeps what it points to. Text is struct str (base/str.h).
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stddef.h>
#include <stdint.h>

struct bytes {
	const uint8_t *p; /* borrowed */
	size_t n;
};

#endif
