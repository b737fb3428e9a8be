/*
 * helper_child.c - one child process that answers in Squid's helper protocol.
 *
 * A question stands in the slot of its channel until its answer came. Without
 * channels there is one slot, and what comes belongs to it.
 */
#include "proxy/helper_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bug.h"
#include "base/sys/clock.h"
#include "base/sys/log.h"
#include "base/table.h"
#include "proxy/helpers.h"

#define BACKOFF_FIRST_MS 100
#define BACKOFF_MAX_MS   30000
#define REAP_MS          50
#define READ_BYTES       4096
#define READS            16   /* of READ_BYTES in one go; then others' turn */
#define CHILD_FILES      1024 /* some close all there might be, one by one */
#define STEADY_MS        1000 /* up so long and useful: no loop of falls */
#define OUT_ROOM         8192

static void helper_late(void *arg);
static void helper_ready(void *arg, unsigned events);

/* ---------------------------------------------------------------- command */

/* The next word of <*at>, its quotes taken away, moved to <*to>. */
static bool
next_word(const char **at, char **to)
{
	char quote = '\0';

	for (; **at; (*at)++) {
		char c = **at;

		if (quote && c == quote)
			quote = '\0';
		else if (!quote && (c == '"' || c == '\''))
			quote = c;
		else if (!quote && (c == ' ' || c == '\t'))
			break;
		else
			*(*to)++ = c;
	}
	*(*to)++ = '\0';
	return !quote;
}

bool
helper_command_of(struct str text, struct helper_command *out)
{
	char *copy = malloc(text.n + 1), *to;
	const char *at = copy;
	unsigned n = 0;

	memset(out, 0, sizeof(*out));
	out->text = malloc(text.n + 2);
	to = out->text;
	if (!copy || !to || !str_copy(text, copy, text.n + 1))
		goto bad;
	for (;;) {
		while (*at == ' ' || *at == '\t')
			at++;
		if (!*at)
			break;
		if (n == HELPER_ARGS)
			goto bad;
		out->argv[n++] = to;
		if (!next_word(&at, &to))
			goto bad;
	}
	free(copy);
	if (n)
		return true;
	copy = NULL;
bad:
	free(copy);
	helper_command_fini(out);
	return false;
}

void
helper_command_fini(struct helper_command *c)
{
	free(c->text);
	memset(c, 0, sizeof(*c));
}

/* ------------------------------------------------------------------ child */

/* Nothing of ours but what such programs are known to look at. */
static void
make_environment(char *env[], unsigned max)
{
	static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	static const char *const keep[] = {"KRB5", "LDAP", "LANG=", "LC_",
	    "TZ=", "ASAN_OPTIONS=", "UBSAN_OPTIONS=", "TSAN_OPTIONS="};
	unsigned n = 0;

	env[n++] = path;
	for (char **e = environ; *e && n + 1 < max; e++)
		for (unsigned i = 0; i < ARRAY_LEN(keep); i++)
			if (str_starts(str_of(*e), str_of(keep[i]))) {
				env[n++] = *e;
				break;
			}
	env[n] = NULL;
}

/* In the child of a process with threads: system calls alone. */
static void
become(const struct helper_command *c, int fd, pid_t parent, char *env[])
{
	struct rlimit files;
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	setsid(); /* a terminal's ^C is for the service, which then drains */
	if (dup2(fd, 0) < 0 || dup2(fd, 1) < 0)
		_exit(1);
	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		_exit(1);
	if (close_range(3, ~0u, 0) < 0) /* an old kernel */
		for (rlim_t i = 3; i < files.rlim_cur; i++)
			close((int)i);
	if (files.rlim_cur > CHILD_FILES) {
		files.rlim_cur = CHILD_FILES;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execve(c->argv[0], c->argv, env);
	_exit(127);
}

static bool
spawn(struct helper_child *h)
{
	char *env[64];
	pid_t us = getpid();
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) < 0)
		return false;
	make_environment(env, ARRAY_LEN(env));
	h->pid = fork();
	if (h->pid == 0)
		become(h->command, fd[1], us, env);
	close(fd[1]);
	if (h->pid < 0) {
		close(fd[0]);
		return false;
	}
	fcntl(fd[0], F_SETFL, O_NONBLOCK);
	h->fd = fd[0];
	return true;
}

static void
back_off(struct helper_child *h)
{
	h->state = HELPER_DOWN;
	if (h->ending)
		return;
	timer_arm(&h->timer, h->wait_ms);
	h->wait_ms = h->wait_ms ? h->wait_ms * 2 : BACKOFF_FIRST_MS;
	if (h->wait_ms > BACKOFF_MAX_MS)
		h->wait_ms = BACKOFF_MAX_MS;
}

void
helper_child_start(struct helper_child *h)
{
	if (BUG(h->state != HELPER_DOWN))
		return;
	if (!spawn(h)) {
		log_err("cannot start %s: %s", h->command->argv[0],
		    strerror(errno));
		h->falls++;
		back_off(h);
		h->owner.ended(h->owner.arg, "it could not be started");
		return;
	}
	h->state = HELPER_UP;
	h->since = clock_mono_ms();
	watch_open(h->loop, &h->watch, h->fd, helper_ready, h);
	watch_want(&h->watch, WATCH_READ);
	h->owner.ready(h->owner.arg);
}

/* As buf_room(), but leaves no copy of what may be a password behind. */
static bool
room(struct buf *b, size_t more)
{
	size_t cap = b->cap ? b->cap : OUT_ROOM;
	char *p;

	if (b->cap - b->n >= more)
		return true;
	while (cap - b->n < more)
		cap *= 2;
	p = malloc(cap);
	if (!p)
		return false;
	if (b->n)
		memcpy(p, b->p, b->n);
	if (b->p)
		explicit_bzero(b->p, b->cap);
	free(b->p);
	b->p = p;
	b->cap = cap;
	return true;
}

static void
wipe(struct buf *b)
{
	if (b->p)
		explicit_bzero(b->p, b->cap);
	buf_reset(b);
}

/* And what it has started: it leads a group of its own, once it has got so
 * far. */
static void
end(pid_t pid)
{
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
}

/* Gone or killed: reap it, now or soon. */
static void
reap(struct helper_child *h)
{
	int how;

	if (waitpid(h->pid, &how, WNOHANG) == 0) {
		timer_arm(&h->timer, REAP_MS);
		return;
	}
	h->pid = 0;
	back_off(h);
}

void
helper_child_kill(struct helper_child *h, const char *why)
{
	struct helpers_question *open[HELPER_CHANNELS];
	unsigned n = 0;

	if (h->state != HELPER_UP)
		return;
	h->state = HELPER_ENDING;
	watch_close(&h->watch);
	close(h->fd);
	h->fd = -1;
	wipe(&h->in);
	wipe(&h->out);
	end(h->pid);
	h->falls++;
	for (unsigned i = 0; i < HELPER_CHANNELS; i++) {
		if (h->slot[i].q)
			open[n++] = h->slot[i].q;
		h->slot[i] = (struct helper_slot){0};
	}
	h->nopen = 0;
	h->kept = 0;
	reap(h);
	for (unsigned i = 0; i < n; i++)
		h->owner.dropped(h->owner.arg, open[i]);
	h->owner.ended(h->owner.arg, why);
}

static void
helper_late(void *arg)
{
	struct helper_child *h = arg;

	if (h->state == HELPER_ENDING)
		reap(h);
	else if (h->state == HELPER_DOWN && !h->ending)
		helper_child_start(h);
}

/* ------------------------------------------------------- questions, answers */

bool
helper_child_is_free(struct helper_child *h)
{
	unsigned most = h->nchannels ? h->nchannels : 1;
	char byte;

	if (h->state != HELPER_UP || h->nopen >= most)
		return false;
	/* without channels what it says belongs to the next question */
	if (!h->nchannels &&
	    recv(h->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0) {
		helper_child_kill(h, "it ended, or said what nobody had asked");
		return false;
	}
	return true;
}

static void
flush(struct helper_child *h)
{
	while (h->out.n) {
		ssize_t n = send(h->fd, h->out.p, h->out.n, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		/* whether it has ended, its end of the socket will tell */
		if (n < 0)
			break;
		buf_eat(&h->out, (size_t)n);
	}
	if (h->out.n == 0)
		wipe(&h->out);
	watch_want(&h->watch, h->out.n ? WATCH_READ | WATCH_WRITE : WATCH_READ);
}

void
helper_child_ask(struct helper_child *h, struct helpers_question *q)
{
	struct helper_slot *s = h->slot;

	while (s->since)
		s++;
	h->next = h->next < HELPLINE_CHANNEL ? h->next + 1 : 0;
	*s = (struct helper_slot){
	    q, h->nchannels ? h->next : 0, clock_mono_ms()};
	h->nopen++;
	h->kept = 0;
	q->tries++;
	if (!room(&h->out, q->line.n + 16)) {
		h->out.failed = true; /* its next event ends it */
		watch_want(&h->watch, WATCH_READ | WATCH_WRITE);
		return;
	}
	if (h->nchannels) {
		buf_add_u64(&h->out, s->channel);
		buf_add_char(&h->out, ' ');
	}
	buf_add_str(&h->out, buf_str(&q->line));
	buf_add_char(&h->out, '\n');
	flush(h);
}

int64_t
helper_child_late_at(const struct helper_child *h, int64_t timeout_ms)
{
	int64_t first = 0;

	for (unsigned i = 0; h->nopen && i < HELPER_CHANNELS; i++) {
		int64_t since = h->slot[i].since;

		if (since && (!first || since + timeout_ms < first))
			first = since + timeout_ms;
	}
	return first;
}

int64_t
helper_child_due(const struct helper_child *h)
{
	int64_t first = 0;

	for (unsigned i = 0; h->nopen && i < HELPER_CHANNELS; i++) {
		const struct helpers_question *q = h->slot[i].q;

		if (q && (!first || q->due < first))
			first = q->due;
	}
	return first;
}

struct helpers_question *
helper_child_give_up(struct helper_child *h, int64_t now)
{
	for (unsigned i = 0; h->nopen && i < HELPER_CHANNELS; i++) {
		struct helpers_question *q = h->slot[i].q;

		if (q && q->due <= now) {
			h->slot[i].q = NULL;
			return q;
		}
	}
	return NULL;
}

static struct helper_slot *
slot_of(struct helper_child *h, uint32_t channel)
{
	for (unsigned i = 0; i < HELPER_CHANNELS; i++)
		if (h->slot[i].since && h->slot[i].channel == channel)
			return &h->slot[i];
	return NULL;
}

/* One whole line. False: it is no answer, and it was ended for it. */
static bool
take_line(struct helper_child *h, char *p, size_t n)
{
	struct helpers_question *q;
	struct helper_slot *s;
	struct helpline line;

	if (!helpline_parse(p, n, h->nchannels != 0, &line)) {
		helper_child_kill(h, "what it said is no answer");
		return false;
	}
	s = slot_of(h, line.channel);
	if (!s) {
		helper_child_kill(h, "it answered what nobody had asked");
		return false;
	}
	q = s->q;
	*s = (struct helper_slot){0};
	h->nopen--;
	if (clock_mono_ms() - h->since >= STEADY_MS) {
		h->falls = 0;
		h->wait_ms = 0;
	}
	if (q)
		h->owner.answered(h->owner.arg, q, &line);
	return h->state == HELPER_UP;
}

static bool
take_lines(struct helper_child *h)
{
	size_t from = 0;

	for (;;) {
		struct str all = buf_str(&h->in);
		size_t end = str_find(all, '\n', from);

		if (end == all.n)
			break;
		if (!take_line(h, h->in.p + from, end - from))
			return false;
		from = end + 1;
	}
	buf_eat(&h->in, from);
	if (h->in.n > HELPLINE_MAX) {
		helper_child_kill(h, "its answer has no end");
		return false;
	}
	if (h->in.n && h->nopen == 0) {
		helper_child_kill(h, "it said what nobody had asked");
		return false;
	}
	return true;
}

/* False: it is not up any more, or there is no more to read. */
static bool
read_some(struct helper_child *h)
{
	ssize_t n;

	if (!buf_room(&h->in, READ_BYTES)) {
		helper_child_kill(h, "out of memory");
		return false;
	}
	n = recv(h->fd, h->in.p + h->in.n, READ_BYTES, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		helper_child_kill(h, access(h->command->argv[0], X_OK) < 0
		                         ? "it cannot be run"
		                         : "it ended");
		return false;
	}
	h->in.n += (size_t)n;
	return take_lines(h);
}

static void
helper_ready(void *arg, unsigned events)
{
	struct helper_child *h = arg;

	if (h->out.failed) {
		helper_child_kill(h, "out of memory");
		return;
	}
	if (events & WATCH_WRITE)
		flush(h);
	for (unsigned i = 0; i < READS && read_some(h); i++)
		continue;
	if (h->state == HELPER_UP)
		h->owner.ready(h->owner.arg);
}

/* --------------------------------------------------------- start, the end */

void
helper_child_init(struct helper_child *h, struct loop *l,
    const struct helper_command *c, unsigned concurrency,
    const struct helper_owner *owner)
{
	memset(h, 0, sizeof(*h));
	h->loop = l;
	h->command = c;
	h->owner = *owner;
	h->fd = -1;
	h->nchannels =
	    concurrency < HELPER_CHANNELS ? concurrency : HELPER_CHANNELS;
	timer_init(l, &h->timer, helper_late, h);
}

void
helper_child_fini(struct helper_child *h)
{
	h->ending = true;
	timer_fini(&h->timer);
	watch_close(&h->watch);
	if (h->fd >= 0)
		close(h->fd);
	h->fd = -1;
	if (h->pid > 0) {
		end(h->pid);
		while (waitpid(h->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	wipe(&h->in);
	wipe(&h->out);
	buf_fini(&h->in);
	buf_fini(&h->out);
	for (unsigned i = 0; i < HELPER_CHANNELS; i++)
		helpers_question_free(h->slot[i].q);
}
