/* net.h - networks inside filters/: what snapshot.h does not show. */
#ifndef FILTERS_NET_H
#define FILTERS_NET_H

#include "base/str.h"
#include "filters/snapshot.h"
#include "lists/name.h"

/* An address as struct net and the client have it: IPv4 as ::ffff:a.b.c.d.
 * False for a name that is no address. */
bool net_address(struct name n, uint8_t out[16]);

/* "10.1.0.0/16", "2001:db8::/32", a single address without its length; into
 * <room>, returned as a slice of it. */
#define NET_ROOM 64
struct str net_text(const struct net *n, char room[NET_ROOM]);

#endif
