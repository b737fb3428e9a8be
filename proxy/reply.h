/* reply.h - what we answer ourselves: which status, which form. */
#ifndef PROXY_REPLY_H
#define PROXY_REPLY_H

#include <stdint.h>

#include "filters/reason.h"

/* The status that says <why>; 500 where none was thought of. */
uint16_t reply_status(enum reason why);

/* "Forbidden"; "Error" for what we never send. */
const char *reply_phrase(uint16_t status);

#endif
