/*
 * bench_reload.c - clients at a steady pace, and the site and name server
 * behind the proxy, while something is done to the proxy.
 *
 *	bench_reload PROXY-PORT DNS-PORT RATE CONNS HOSTS
 *
 * HOSTS has "KIND HOST" a line: B is blocked in all versions of the lists, F
 * in none, 1 in odd versions alone, 0 in even ones alone. The next of HOSTS is
 * asked for each 1/RATE s, whether or not answers come: what has to wait for a
 * free connection waits, and its time counts from when it was due.
 *
 * Commands on stdin: "mark" prints what was seen since the last mark, "end"
 * does the same and ends, as does the end of stdin. Prints one line of JSON:
 *
 *	sent, done      requests, complete answers
 *	lost            connection broken or no answer in 10 s
 *	wrong           B not blocked, F blocked, or B seen by the site
 *	changes         changes of version that a connection saw, the least and
 *	                the most: more than there were reloads, and an answer of
 *	                an older version came behind one of a newer
 *	max_ms, p99_ms  the longest and the 99th percentile from due to done
 *	gap_ms          the longest time without any answer
 *	own_ms          the longest that this program did not run
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "tests/bench/bench.h"

#define CONNS_MAX 256
#define FDS_MAX   4096
#define QUEUE_MAX 65536
#define READ_MAX  65536
#define LATE_S    10.0
#define SITE_BODY 1024
#define US_MAX    200000 /* of the histogram: beyond is one bucket */

enum kind {
	KIND_NONE = 0,
	KIND_CLIENT,
	KIND_SITE,
	KIND_LISTEN,
	KIND_DNS,
	KIND_STDIN
};

struct host {
	char kind;
	struct str name;
};

struct client {
	int fd;
	bool busy;
	const struct host *asked;
	double due, sent;
	int version; /* parity of the last seen; -1: none */
	unsigned changes;
	struct buf in;
};

struct window {
	uint64_t sent, done, lost, wrong;
	double max, gap, own, last_done;
	uint32_t us[US_MAX + 1];
};

static struct client client[CONNS_MAX];
static unsigned nclients;
static unsigned char kind_of[FDS_MAX];
static struct buf site_in[FDS_MAX];
static struct host *hosts;
static size_t nhosts, next_host;
static struct {
	const struct host *h;
	double due;
} queue[QUEUE_MAX];
static unsigned queue_at, queue_n;
static struct window win;
static struct sockaddr_in proxy;
static int epoll_fd, site_port;

static void
watch(int fd, enum kind kind)
{
	struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};

	if (fd < 0 || fd >= FDS_MAX)
		bench_die("socket", strerror(errno));
	kind_of[fd] = (unsigned char)kind;
	epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &e);
}

static int
bound(int type, uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
	    on = 1;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		bench_die("bind", strerror(errno));
	return fd;
}

/* --------------------------------------------------- the site and the names */

static void
site_accept(int fd)
{
	int c, on = 1;

	while ((c = accept4(fd, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
		setsockopt(c, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		watch(c, KIND_SITE);
	}
}

static const struct host *
host_named(struct str name)
{
	for (size_t i = 0; i < nhosts; i++)
		if (hosts[i].kind == 'B' && str_eq(hosts[i].name, name))
			return &hosts[i];
	return NULL;
}

static void
site_answer(int fd, struct str head)
{
	static char body[SITE_BODY + 128];
	struct str line;
	int n = snprintf(body, sizeof(body),
	    "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", SITE_BODY);

	while (str_next(&head, '\n', &line))
		if (line.n > 6 && memcmp(line.p, "Host: ", 6) == 0) {
			struct str h = str_trim(str_sub(line, 6, line.n));
			const char *colon = memchr(h.p, ':', h.n);

			if (colon)
				h.n = (size_t)(colon - h.p);
			win.wrong += host_named(h) != NULL;
		}
	memset(body + n, 'x', SITE_BODY);
	if (write(fd, body, (size_t)n + SITE_BODY) != n + SITE_BODY)
		close(fd);
}

static void
site_read(int fd)
{
	static char room[READ_MAX];
	ssize_t n = read(fd, room, sizeof(room));
	struct buf *b = &site_in[fd];
	char *end;

	if (n <= 0) {
		buf_fini(b);
		close(fd);
		return;
	}
	buf_add(b, room, (size_t)n);
	while (b->n && (end = memmem(b->p, b->n, "\r\n\r\n", 4)) != NULL) {
		size_t head = (size_t)(end - b->p) + 4;

		site_answer(fd, str_make(b->p, head));
		buf_eat(b, head);
	}
}

/* Every name is at 127.0.0.1, and has no other address. */
static void
dns_read(int fd)
{
	unsigned char q[600];
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	ssize_t n;

	while ((n = recvfrom(fd, q, 512, 0, (struct sockaddr *)&from, &len)) >
	       16) {
		static const unsigned char a[] = {
		    0xc0, 12, 0, 1, 0, 1, 0, 0, 14, 16, 0, 4, 127, 0, 0, 1};
		size_t end = 12;

		while (end < (size_t)n && q[end])
			end += 1u + q[end];
		end += 5;
		if (end > (size_t)n)
			continue;
		q[2] = 0x81;
		q[3] = 0x80;
		memset(q + 6, 0, 6);
		if (q[end - 3] == 1) {
			q[7] = 1;
			memcpy(q + end, a, sizeof(a));
			end += sizeof(a);
		}
		sendto(fd, q, end, 0, (struct sockaddr *)&from, len);
	}
}

/* ------------------------------------------------------------- the clients */

static void
client_open(struct client *c)
{
	int on = 1;

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(c->fd, (struct sockaddr *)&proxy, sizeof(proxy)) < 0)
		bench_die("connect to the proxy", strerror(errno));
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	watch(c->fd, KIND_CLIENT);
	/* a connection is of one worker, what it saw is of another maybe */
	c->version = -1;
	c->busy = false;
	buf_fini(&c->in);
}

static void
client_again(struct client *c)
{
	win.lost += c->busy;
	close(c->fd);
	client_open(c);
}

static void
client_send(struct client *c, const struct host *h, double due)
{
	char text[512];
	int n = snprintf(text, sizeof(text),
	    "GET http://%.*s:%d/ HTTP/1.1\r\nHost: %.*s:%d\r\n\r\n",
	    STR_ARG(h->name), site_port, STR_ARG(h->name), site_port);

	c->busy = true;
	c->asked = h;
	c->due = due;
	c->sent = bench_now();
	win.sent++;
	if (write(c->fd, text, (size_t)n) != n)
		client_again(c);
}

/* An answer of a version: never one that is older than the last seen. A
 * version is left for the next alone, so each change is one, and the caller
 * knows how many there may be. */
static void
saw_version(struct client *c, int parity)
{
	if (c->version >= 0 && c->version != parity)
		c->changes++;
	c->version = parity;
}

static void
judge(struct client *c, bool blocked)
{
	switch (c->asked->kind) {
	case 'B':
		win.wrong += !blocked;
		break;
	case 'F':
		win.wrong += blocked;
		break;
	default:
		saw_version(c, (c->asked->kind == '1') == blocked);
		break;
	}
}

static void
client_done(struct client *c, int status)
{
	double now = bench_now(), took = now - c->due;
	double us = took * 1e6;

	if (status != 200 && status != 403)
		win.wrong++;
	else
		judge(c, status == 403);
	win.done++;
	win.us[us < US_MAX ? (unsigned)us : US_MAX]++;
	win.max = took > win.max ? took : win.max;
	if (win.last_done > 0 && now - win.last_done > win.gap)
		win.gap = now - win.last_done;
	win.last_done = now;
	c->busy = false;
}

/* The length of the whole answer; 0: not yet known. */
static size_t
answer_length(const struct buf *b)
{
	static const char key[] = "content-length:";
	char *end = memmem(b->p, b->n, "\r\n\r\n", 4);

	if (!end)
		return 0;
	for (char *p = b->p; p < end; p++)
		if (strncasecmp(p, key, sizeof(key) - 1) == 0)
			return (size_t)(end - b->p) + 4 +
			       strtoul(p + sizeof(key) - 1, NULL, 10);
	bench_die("answer", "it has no Content-Length");
}

static void
client_read(struct client *c)
{
	static char room[READ_MAX];
	ssize_t n = read(c->fd, room, sizeof(room));
	size_t whole;

	if (n <= 0) {
		client_again(c);
		return;
	}
	buf_add(&c->in, room, (size_t)n);
	whole = answer_length(&c->in);
	if (!whole || c->in.n < whole)
		return;
	if (!c->busy || c->in.n > whole)
		win.wrong++; /* more than was asked for */
	client_done(c, (int)strtol(c->in.p + 9, NULL, 10));
	buf_fini(&c->in);
}

static struct client *
client_of(int fd)
{
	for (unsigned i = 0; i < nclients; i++)
		if (client[i].fd == fd)
			return &client[i];
	bench_die("client", "no such connection");
}

/* ------------------------------------------------------------------- pace */

static void
pace(double now, double begin, double rate, uint64_t *due_n)
{
	while (begin + (double)*due_n / rate <= now) {
		unsigned at = (queue_at + queue_n) % QUEUE_MAX;

		if (queue_n == QUEUE_MAX)
			bench_die("queue", "the proxy does not keep up");
		queue[at].h = &hosts[next_host++ % nhosts];
		queue[at].due = begin + (double)(*due_n)++ / rate;
		queue_n++;
	}
	for (unsigned i = 0; i < nclients && queue_n; i++) {
		struct client *c = &client[(*due_n + i) % nclients];

		if (c->busy)
			continue;
		client_send(c, queue[queue_at].h, queue[queue_at].due);
		queue_at = (queue_at + 1) % QUEUE_MAX;
		queue_n--;
	}
}

static void
break_late(double now)
{
	for (unsigned i = 0; i < nclients; i++)
		if (client[i].busy && now - client[i].sent > LATE_S)
			client_again(&client[i]);
}

static double
percentile(double part)
{
	uint64_t n = 0;

	for (unsigned i = 0; i <= US_MAX; i++) {
		n += win.us[i];
		if ((double)n >= part * (double)win.done)
			return (double)i / 1e3;
	}
	return 0;
}

static void
report(void)
{
	unsigned least = UINT32_MAX, most = 0;
	double last = win.last_done;

	for (unsigned i = 0; i < nclients; i++) {
		unsigned n = client[i].changes;

		least = n < least ? n : least;
		most = n > most ? n : most;
		client[i].changes = 0;
	}
	printf("{\"sent\":%llu,\"done\":%llu,\"lost\":%llu,\"wrong\":%llu,"
	       "\"changes\":[%u,%u],\"max_ms\":%.2f,\"p99_ms\":%.2f,"
	       "\"p999_ms\":%.2f,\"p50_ms\":%.2f,\"gap_ms\":%.2f,"
	       "\"own_ms\":%.2f}\n",
	    (unsigned long long)win.sent, (unsigned long long)win.done,
	    (unsigned long long)win.lost, (unsigned long long)win.wrong, least,
	    most, win.max * 1e3, percentile(.99), percentile(.999),
	    percentile(.5), win.gap * 1e3, win.own * 1e3);
	fflush(stdout);
	win = (struct window){.last_done = last};
}

/* False: end. */
static bool
command(void)
{
	char line[64] = "";
	ssize_t n = read(STDIN_FILENO, line, sizeof(line) - 1);

	report();
	return n > 0 && strncmp(line, "end", 3) != 0;
}

static void
read_hosts(const char *path)
{
	struct str text = bench_text(path), line;
	size_t room = 0;

	while (str_next(&text, '\n', &line)) {
		if (line.n < 3)
			continue;
		if (nhosts == room) {
			room = room ? room * 2 : 1024;
			hosts = realloc(hosts, room * sizeof(*hosts));
			if (!hosts)
				bench_die(path, "out of memory");
		}
		hosts[nhosts++] =
		    (struct host){line.p[0], str_sub(line, 2, line.n)};
	}
	if (!nhosts)
		bench_die(path, "no hosts");
}

static bool
turn(const struct epoll_event *e)
{
	int fd = e->data.fd;

	switch ((enum kind)kind_of[fd]) {
	case KIND_CLIENT:
		client_read(client_of(fd));
		break;
	case KIND_SITE:
		site_read(fd);
		break;
	case KIND_LISTEN:
		site_accept(fd);
		break;
	case KIND_DNS:
		dns_read(fd);
		break;
	case KIND_STDIN:
		return command();
	case KIND_NONE:
		break;
	}
	return true;
}

static void
run(double rate)
{
	double begin = bench_now(), last = begin;
	uint64_t due_n = 0;

	for (;;) {
		struct epoll_event e[256];
		double now = bench_now();
		double next = begin + (double)due_n / rate - now;
		int n = epoll_wait(epoll_fd, e, 256, next > .001 ? 1 : 0);

		/* what was not this program's time to run is not the proxy's
		 * pause, and the reader shall know of it */
		now = bench_now();
		win.own = now - last > win.own ? now - last : win.own;
		last = now;
		for (int i = 0; i < n; i++)
			if (!turn(&e[i]))
				return;
		pace(bench_now(), begin, rate, &due_n);
		break_late(now);
	}
}

int
main(int argc, char **argv)
{
	struct sockaddr_in a;
	socklen_t len = sizeof(a);
	int fd;

	if (argc != 6)
		bench_die(
		    "use", "bench_reload PROXY-PORT DNS-PORT RATE CONNS HOSTS");
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	read_hosts(argv[5]);
	fd = bound(SOCK_STREAM, 0);
	listen(fd, 512);
	getsockname(fd, (struct sockaddr *)&a, &len);
	site_port = ntohs(a.sin_port);
	watch(fd, KIND_LISTEN);
	watch(
	    bound(SOCK_DGRAM, (uint16_t)strtoul(argv[2], NULL, 10)), KIND_DNS);
	proxy = (struct sockaddr_in){.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10))};
	proxy.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	nclients = (unsigned)strtoul(argv[4], NULL, 10);
	if (nclients == 0 || nclients > CONNS_MAX)
		bench_die("use", "1 to 256 connections");
	for (unsigned i = 0; i < nclients; i++)
		client_open(&client[i]);
	watch(STDIN_FILENO, KIND_STDIN);
	run(strtod(argv[3], NULL));
	return 0;
}
