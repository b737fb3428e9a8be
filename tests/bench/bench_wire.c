/*
 * bench_wire.c - what it costs to read a browser's request, a response, a
 * chunked body and a ClientHello.
 *
 * usage: bench_wire [N]; prints nanoseconds each. For instructions, run it
 * under `perf stat -e instructions:u` or callgrind with N fixed.
 */
#include <stdint.h>

#include "base/str.h"
#include "proxy/wire/authority.h"
#include "proxy/wire/chunk.h"
#include "proxy/wire/h1.h"
#include "proxy/wire/hello.h"

static const char request[] =
    "GET http://www.good.test/static/js/app.5f3e2b.js?v=20240611 HTTP/1.1\r\n"
    "Host: www.good.test\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 "
    "Firefox/128.0\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    "\r\n"
    "Accept-Language: kk-KZ,kk;q=0.8,ru;q=0.5,en;q=0.3\r\n"
    "Accept-Encoding: gzip, deflate\r\n"
    "Referer: http://www.good.test/lessons/7\r\n"
    "Connection: keep-alive\r\n"
    "Cookie: sid=4f1c0f7e2a9b; theme=dark\r\n"
    "Sec-Fetch-Dest: script\r\n"
    "Upgrade-Insecure-Requests: 1\r\n"
    "\r\n";

static const char response[] =
    "HTTP/1.1 200 OK\r\n"
    "Server: nginx\r\n"
    "Date: Tue, 11 Jun 2024 08:30:00 GMT\r\n"
    "Content-Type: application/javascript; charset=utf-8\r\n"
    "Content-Length: 48213\r\n"
    "Last-Modified: Mon, 10 Jun 2024 11:02:41 GMT\r\n"
    "Connection: keep-alive\r\n"
    "ETag: \"6666dd51-bc55\"\r\n"
    "Cache-Control: public, max-age=31536000\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Accept-Ranges: bytes\r\n"
    "\r\n";

static size_t sink; /* what would else be optimised away */

static void
read_head(enum h1_kind kind, const char *text, size_t n)
{
	static struct h1_parser p;
	static struct h1_field room[H1_FIELDS_MAX];
	struct h1_head h;

	h1_begin(&p, kind);
	if (h1_head(&p, text, n, &h, room) != H1_OK)
		abort();
	sink += h.nfields;
}

static void
bench_request(void)
{
	read_head(H1_REQUEST, request, sizeof(request) - 1);
}

static void
bench_response(void)
{
	read_head(H1_RESPONSE, response, sizeof(response) - 1);
}

static void
bench_target(void)
{
	struct target t;

	target_parse(STR("GET"),
	    STR("http://www.good.test/static/js/app.5f3e2b.js?v=20240611"), &t);
	sink += t.path.n;
}

/* 16 KiB in chunks of 1 KiB. */
static void
bench_chunks(void)
{
	static char body[17000];
	struct chunk_decoder d;
	size_t n = 0, used;

	for (int i = 0; i < 16; i++) {
		memcpy(body + n, "400\r\n", 5);
		memcpy(body + n + 5 + 1024, "\r\n", 2);
		n += 5 + 1024 + 2;
	}
	memcpy(body + n, "0\r\n\r\n", 5);
	chunk_begin(&d, CHUNK_RESPONSE);
	sink += chunk_decode(&d, body, n + 5, &used);
	if (chunk_status(&d) != CHUNK_DONE)
		abort();
}

/* A hello of <n> bytes: a name behind padding. */
static void
bench_hello(void)
{
	static uint8_t b[600] = {
	    0x16, 3, 1, 0x02, 0x53, 1, 0, 0x02, 0x4f, 3, 3};
	static const uint8_t rest[] = {
	    0, 0, 4, 0x13, 1, 0x13, 2, 1, 0, 0x02, 0x22, 0, 21, 0x02, 0x0d, 0};
	static const uint8_t name[] = {0, 0, 0, 13, 0, 11, 0, 0, 8, 'b', 'a',
	    'd', '.', 't', 'e', 's', 't'};
	struct hello h;

	memcpy(b + 43, rest, sizeof(rest));
	memcpy(b + 58 + 525, name, sizeof(name));
	if (hello_parse(b, sizeof(b), &h) != HELLO_OK || h.sni.n != 8)
		abort();
	sink += h.raw_len;
}

static const struct {
	const char *what;
	void (*run)(void);
} benches[] = {
    {"request head", bench_request},
    {"response head", bench_response},
    {"target", bench_target},
    {"chunked 16 KiB", bench_chunks},
    {"hello 600 bytes", bench_hello},
};

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

int
main(int argc, char **argv)
{
	unsigned long n = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;

	if (n == 0)
		return 2;
	for (size_t i = 0; i < sizeof(benches) / sizeof(benches[0]); i++) {
		double from = now();

		for (unsigned long k = 0; k < n; k++)
			benches[i].run();
		printf("%-16s %8.1f ns\n", benches[i].what,
		    (now() - from) / (double)n);
	}
	printf("heads of %zu and %zu bytes (%zu)\n", sizeof(request) - 1,
	    sizeof(response) - 1, sink % 10);
	return 0;
}
