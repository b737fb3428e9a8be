/*
 * dns_stub.h - a small name server on 127.0.0.1, UDP and TCP on one port,
 * polled by the test: what it answers depends on the name's first label.
 *
 *	a       one A                    six     one AAAA
 *	both    two A, two AAAA          nx      NXDOMAIN
 *	none    no records               fail    SERVFAIL
 *	mute    nothing                  big     truncated; 3 A by TCP
 *	many    truncated; 1000 A        half    A; nothing for AAAA
 *	quarter AAAA; nothing for A
 *	spoof   a wrong id first, then the right one
 *	other   records of another name beside its own
 *	short   a TTL of 0               long    a TTL of a year
 *	junk    bytes that are no answer
 */
#ifndef TESTS_UNIT_PROXY_DNS_STUB_H
#define TESTS_UNIT_PROXY_DNS_STUB_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "tests/unit/proxy/kit.h"

#define STUB_TCP 8

struct stub {
	int udp, tcp, conn[STUB_TCP];
	uint16_t port;
	unsigned asked[2], by_tcp; /* for A, for AAAA */
	unsigned paused;           /* read nothing */
	char label[64];            /* of the last question */
};

static uint8_t stub_out[40000];
static size_t stub_n;

static inline void
stub_u16(unsigned v)
{
	stub_out[stub_n++] = (uint8_t)(v >> 8);
	stub_out[stub_n++] = (uint8_t)v;
}

/* 192.0.2.<i> or 2001:db8::<i>, of the name that was asked for. */
static inline void
stub_record(bool v6, unsigned i, unsigned ttl)
{
	stub_u16(0xc00c);
	stub_u16(v6 ? 28 : 1);
	stub_u16(1);
	stub_u16(ttl >> 16);
	stub_u16(ttl & 0xffff);
	stub_u16(v6 ? 16 : 4);
	if (v6) {
		memset(stub_out + stub_n, 0, 16);
		memcpy(stub_out + stub_n, "\x20\x01\x0d\xb8", 4);
		stub_n += 14;
		stub_u16(i);
	} else {
		stub_u16(0xc000);
		stub_u16(0x0200 + i % 256);
	}
}

/* other.test's neighbour: evil.test A 203.0.113.66 */
static inline void
stub_other(void)
{
	static const uint8_t rr[] =
	    "\4evil\4test\0\0\1\0\1\0\0\1\0\0\4\xcb\0\x71\x42";

	memcpy(stub_out + stub_n, rr, sizeof(rr) - 1);
	stub_n += sizeof(rr) - 1;
}

static inline bool
stub_is(const struct stub *s, const char *label)
{
	return strcmp(s->label, label) == 0;
}

/* How many records of the type <s> has for the name. */
static inline unsigned
stub_count(const struct stub *s, bool v6)
{
	if (stub_is(s, "both"))
		return 2;
	if (stub_is(s, "many"))
		return v6 ? 0 : 1000;
	if (stub_is(s, "big"))
		return v6 ? 0 : 3;
	if (stub_is(s, "six") || stub_is(s, "quarter"))
		return v6;
	if (stub_is(s, "none") || stub_is(s, "nx") || stub_is(s, "fail"))
		return 0;
	return v6 ? 0 : 1;
}

/* Answer the question in <q> into stub_out; false: say nothing. */
static inline bool
stub_answer(struct stub *s, const uint8_t *q, size_t n, bool tcp)
{
	size_t at = 12, label;
	unsigned count, flags = 0x8180, ttl = 300;
	bool v6;

	if (n < 17 || q[12] > 63 || (size_t)q[12] + 13 > n)
		return false;
	label = q[12];
	memcpy(s->label, q + 13, label);
	s->label[label] = '\0';
	while (at < n && q[at])
		at += q[at] + 1u;
	if (at + 5 > n)
		return false;
	v6 = q[at + 2] == 28;
	s->asked[v6]++;
	s->by_tcp += tcp;
	if (stub_is(s, "mute") || (v6 && stub_is(s, "half")) ||
	    (!v6 && stub_is(s, "quarter")))
		return false;
	count = stub_count(s, v6);
	if (stub_is(s, "nx"))
		flags |= 3;
	if (stub_is(s, "fail"))
		flags |= 2;
	if (stub_is(s, "short"))
		ttl = 0;
	if (stub_is(s, "long"))
		ttl = 365 * 86400;
	if (!tcp && (stub_is(s, "big") || stub_is(s, "many"))) {
		flags |= 0x0200;
		count = 0;
	}
	stub_n = 0;
	stub_out[stub_n++] = q[0];
	stub_out[stub_n++] = q[1];
	stub_u16(flags);
	stub_u16(1);
	stub_u16(count + (stub_is(s, "other") && !v6));
	stub_u16(0);
	stub_u16(0);
	memcpy(stub_out + stub_n, q + 12, at + 5 - 12);
	stub_n += at + 5 - 12;
	for (unsigned i = 0; i < count; i++)
		stub_record(v6, i + 1, ttl);
	if (stub_is(s, "other") && !v6)
		stub_other();
	if (stub_is(s, "junk"))
		memset(stub_out + 12, 0xff, stub_n - 12);
	return true;
}

static inline void
stub_udp(struct stub *s)
{
	struct sockaddr_storage from;
	socklen_t from_n = sizeof(from);
	uint8_t q[2048];
	ssize_t n;

	while ((n = recvfrom(s->udp, q, sizeof(q), MSG_DONTWAIT,
	            (struct sockaddr *)(void *)&from, &from_n)) > 0) {
		if (!stub_answer(s, q, (size_t)n, false))
			continue;
		if (stub_is(s, "spoof")) {
			/* another address under another id */
			stub_out[1] ^= 0x55;
			stub_out[stub_n - 1] ^= 0x80;
			sendto(s->udp, stub_out, stub_n, 0,
			    (struct sockaddr *)(void *)&from, from_n);
			stub_out[1] ^= 0x55;
			stub_out[stub_n - 1] ^= 0x80;
		}
		sendto(s->udp, stub_out, stub_n, 0,
		    (struct sockaddr *)(void *)&from, from_n);
	}
}

/* One question a segment is what c-ares sends; several are taken too. */
static inline void
stub_tcp(struct stub *s, int *fd)
{
	uint8_t q[4096], len[2];
	ssize_t n = recv(*fd, q, sizeof(q), MSG_DONTWAIT);
	size_t at = 0;

	if (n == 0) {
		close(*fd);
		*fd = -1;
	}
	while (n > 0 && at + 2 < (size_t)n) {
		size_t size = (size_t)q[at] << 8 | q[at + 1];

		at += 2;
		if (size > (size_t)n - at)
			break;
		if (stub_answer(s, q + at, size, true)) {
			len[0] = (uint8_t)(stub_n >> 8);
			len[1] = (uint8_t)stub_n;
			send(*fd, len, 2, MSG_NOSIGNAL);
			send(*fd, stub_out, stub_n, MSG_NOSIGNAL);
		}
		at += size;
	}
}

static inline void
stub_serve(struct stub *s)
{
	if (s->paused)
		return;
	stub_udp(s);
	for (unsigned i = 0; i < STUB_TCP; i++) {
		if (s->conn[i] < 0)
			s->conn[i] = accept4(s->tcp, NULL, NULL, SOCK_NONBLOCK);
		if (s->conn[i] >= 0)
			stub_tcp(s, &s->conn[i]);
	}
}

static inline void
stub_open(struct stub *s)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t n = sizeof(at);
	int rc = -1;

	memset(s, 0, sizeof(*s));
	memset(s->conn, -1, sizeof(s->conn));
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (int i = 0; i < 20 && rc < 0; i++) {
		at.sin_port = 0;
		s->udp = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
		s->tcp = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		assert_int_equal(
		    bind(s->udp, (struct sockaddr *)(void *)&at, n), 0);
		getsockname(s->udp, (struct sockaddr *)(void *)&at, &n);
		rc = bind(s->tcp, (struct sockaddr *)(void *)&at, n);
		if (rc < 0) {
			close(s->udp);
			close(s->tcp);
		}
	}
	assert_int_equal(rc, 0);
	assert_int_equal(listen(s->tcp, 8), 0);
	s->port = ntohs(at.sin_port);
}

static inline void
stub_close(struct stub *s)
{
	close(s->udp);
	close(s->tcp);
	for (unsigned i = 0; i < STUB_TCP; i++)
		if (s->conn[i] >= 0)
			close(s->conn[i]);
}

#endif
