/*
 * recorder.c - the process that stores records: rings -> block.jsonl.
 */
#include "review/recorder.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/err.h"
#include "base/sys/clock.h"
#include "base/sys/digest.h"
#include "base/sys/log.h"
#include "review/catch_up.h"
#include "review/keys.h"
#include "review/logfile.h"
#include "review/ring.h"
#include "review/syncer.h"

/* A batch is what may be in the file and still in a ring when we are killed;
 * the longest line is some 15 KiB, so that CATCH_UP_BYTES cover it. */
#define BATCH_BYTES  (64 * 1024)
#define TURN_MS      1000 /* look, retry, sync, beat at least this often */
#define NAP_MS       8    /* under load: so long lines come together */
#define LAST_TRIES   3    /* at the end, with a disk that refuses */
#define SYNC_LATE_MS 5000 /* a disk that takes so long is complained about */
#define SYNC_LAST_MS 3000 /* at the end it is waited for so long */

struct recorder {
	struct rings *rings; /* borrowed */
	struct logfile file;
	struct syncer *syncer; /* owned */
	struct keys keys;
	unsigned taking[RINGS_MAX]; /* of each ring: in file.pending */
	bool saying[RINGS_MAX];     /* its loss is in file.pending */
	unsigned batch;             /* all of these together */
	uint64_t batch_lost;
	unsigned first; /* ring to begin with: each has its turn */
	int64_t synced_ms, lost_ms, looked_ms;
	struct log_often write_alarm, sync_alarm, late_alarm, place_alarm;
	struct log_often moved_alarm, removed_alarm;
	bool behind;    /* the log cannot be written just now */
	bool displaced; /* the file is gone and no new one can be had */
	bool busy;      /* there was something to write */
};

int
recorder_check(const char *log_dir, struct err *err)
{
	struct logfile f;

	if (logfile_open(&f, log_dir, err) < 0)
		return -1;
	logfile_close(&f);
	return 0;
}

struct recorder *
recorder_new(const struct recorder_setup *setup, struct err *err)
{
	struct recorder *r = calloc(1, sizeof(*r));

	if (!r) {
		err_set(err, ERR_MEMORY, "out of memory");
		return NULL;
	}
	r->rings = setup->rings;
	r->keys.dir = setup->keys_dir;
	r->file.fd = -1;
	r->syncer = syncer_new(err);
	if (!r->syncer || logfile_open(&r->file, setup->log_dir, err) < 0 ||
	    catch_up(r->rings, &r->file, err) < 0) {
		recorder_free(r);
		return NULL;
	}
	return r;
}

void
recorder_free(struct recorder *r)
{
	if (!r)
		return;
	logfile_close(&r->file);
	syncer_free(r->syncer);
	free(r);
}

/* --------------------------------------------------------------- writing */

static void
put_line(struct recorder *r, const struct record *rec)
{
	struct rings_board *board = rings_board(r->rings);
	struct err err = {.code = ERR_NONE};
	struct record_style style = {
	    .privacy = (enum record_privacy)board_get(&board->privacy),
	    .log_query = board_get(&board->log_query) != 0,
	};
	char user[RECORD_PSEUDONYM_ROOM];

	if (style.privacy == RECORD_PSEUDONYM) {
		style.pseudonym =
		    keys_pseudonym(&r->keys, rec->wall_ms, rec->client, &err);
		style.user = keys_user(
		    &r->keys, rec->wall_ms, record_get(rec, rec->user), user);
	}
	if (err.code != ERR_NONE)
		log_err("%s; pseudonyms will not join over restarts", err.text);
	record_json(rec, &style, &r->file.pending);
}

static void
put_ring(struct recorder *r, unsigned i, bool losses)
{
	struct ring *ring = rings_at(r->rings, i);
	const struct record *rec;
	struct record lost;
	uint8_t chance[10] = {0};

	while (r->file.pending.n < BATCH_BYTES &&
	       (rec = ring_peek(ring, r->taking[i]))) {
		if (ring_is_sound(ring, r->taking[i]))
			put_line(r, rec);
		else
			ring_drop(ring); /* and so it is said to be lost */
		r->taking[i]++;
		r->batch++;
	}
	if (!losses || r->saying[i])
		return;
	digest_random(chance, sizeof(chance), NULL);
	if (!ring_lost(ring, clock_wall_ms(), chance, &lost))
		return;
	put_line(r, &lost);
	log_err("%llu block records were lost: the log could not be written "
	        "fast enough, or the machine went down",
	    (unsigned long long)lost.count);
	r->saying[i] = true;
	r->batch_lost += lost.count;
	r->batch++;
}

/* It is all still in the rings. */
static void
forget_batch(struct recorder *r)
{
	buf_fini(&r->file.pending);
	r->file.done = 0;
	memset(r->taking, 0, sizeof(r->taking));
	memset(r->saying, 0, sizeof(r->saying));
	r->batch = 0;
	r->batch_lost = 0;
}

/* Make a batch out of what is in the rings. */
static void
gather(struct recorder *r)
{
	unsigned n = rings_count(r->rings);
	int64_t now = clock_mono_ms();
	bool losses = now - r->lost_ms >= TURN_MS;

	if (losses)
		r->lost_ms = now;
	for (unsigned k = 0; k < n; k++)
		put_ring(r, (r->first + k) % n, losses);
	r->first = (r->first + 1) % n;
	if (r->file.pending.failed) /* out of memory */
		forget_batch(r);
}

/* The batch is in the file: let go of it in the rings. */
static void
settle(struct recorder *r)
{
	struct rings_board *board = rings_board(r->rings);

	for (unsigned i = 0; i < rings_count(r->rings); i++) {
		if (r->taking[i])
			ring_take(rings_at(r->rings, i), r->taking[i]);
		if (r->saying[i])
			ring_lost_stored(rings_at(r->rings, i));
		r->taking[i] = 0;
		r->saying[i] = false;
	}
	board_set(&board->written, board_get(&board->written) + r->batch);
	board_set(&board->lost, board_get(&board->lost) + r->batch_lost);
	board_set(&board->last_write_ms, (uint64_t)clock_wall_ms());
	r->batch = 0;
	r->batch_lost = 0;
}

/* Say whether the log can be written. */
static void
tell(const struct recorder *r)
{
	board_set(&rings_board(r->rings)->failing, r->behind || r->displaced);
}

static bool
write_batch(struct recorder *r)
{
	struct rings_board *board = rings_board(r->rings);
	struct err err;

	if (logfile_flush(&r->file, &err) < 0) {
		r->behind = true;
		tell(r);
		board_set(
		    &board->write_errors, board_get(&board->write_errors) + 1);
		log_often(&r->write_alarm, LOG_ERR_,
		    "%s; records wait in memory and on disk until it can",
		    err.text);
		return false;
	}
	if (r->behind)
		log_info("the block log is written again");
	r->behind = false;
	tell(r);
	if (logfile_place(&r->file) == LOGFILE_REMOVED)
		r->looked_ms =
		    -TURN_MS; /* what was written is gone: look, again */
	else
		settle(r);
	return true;
}

static void
hear_syncs(struct recorder *r)
{
	int why;

	while (syncer_took(r->syncer, &why))
		if (why)
			log_often(&r->sync_alarm, LOG_ERR_,
			    "cannot sync %s/" LOGFILE_NAME ": %s", r->file.dir,
			    strerror(why));
	if (syncer_late_ms(r->syncer) >= SYNC_LATE_MS)
		log_often(&r->late_alarm, LOG_ERR_,
		    "the disk has not taken %s/" LOGFILE_NAME " for %lld s (is "
		    "it stuck?); records are written, but would not outlive "
		    "the machine going down",
		    r->file.dir, (long long)syncer_late_ms(r->syncer) / 1000);
}

/* What is written is brought to the disk some time: nobody waits for it here,
 * or records would wait, and blocked answers for them. */
static bool
sync_later(struct recorder *r)
{
	if (r->file.dirty && !syncer_put(r->syncer, r->file.fd))
		return false;
	r->file.dirty = false;
	return true;
}

static void
sync_now_and_then(struct recorder *r)
{
	int64_t now = clock_mono_ms();

	hear_syncs(r);
	/* one is enough: the next covers what came meanwhile */
	if (now - r->synced_ms < TURN_MS || syncer_busy(r->syncer))
		return;
	r->synced_ms = now;
	sync_later(r);
}

/* The end: await what is in hand, then all that was written since. */
static void
sync_last(struct recorder *r)
{
	int64_t end = clock_mono_ms() + SYNC_LAST_MS, left;

	sync_later(r);
	while (syncer_busy(r->syncer) && (left = end - clock_mono_ms()) > 0) {
		syncer_wait(r->syncer, (int)left);
		hear_syncs(r);
	}
	if (r->file.dirty || syncer_busy(r->syncer))
		log_err("the disk has not taken all of %s/" LOGFILE_NAME
		        " (is it stuck?); records are written, but would not "
		        "outlive the machine going down",
		    r->file.dir);
}

static int
reopen(struct recorder *r, struct err *err)
{
	if (!sync_later(r))
		log_often(&r->sync_alarm, LOG_ERR_,
		    "cannot sync %s/" LOGFILE_NAME " that was moved: too many "
		    "of them wait for the disk",
		    r->file.dir);
	return logfile_reopen(&r->file, err);
}

/*
 * Go on in the file that has the log's name now, or a new one. What a removed
 * file had of a batch is either gone or, where an editor has put a copy in its
 * place, in that: the same question as after a crash.
 */
static int
take_place(struct recorder *r, bool removed, struct err *err)
{
	if (removed)
		forget_batch(r);
	if (reopen(r, err) < 0 ||
	    (removed && catch_up(r->rings, &r->file, err) < 0))
		return -1;
	if (removed)
		log_often(&r->removed_alarm, LOG_WARN_,
		    "the block log was removed or replaced; it goes on");
	else
		log_often(&r->moved_alarm, LOG_INFO_,
		    "the block log was moved and goes on in a new file");
	return 0;
}

/*
 * The file may be moved, removed or replaced at any time, its folder too. Look
 * now and then; false: it is not in its place, none can be had there, and so
 * nothing is to be written.
 */
static bool
hold_place(struct recorder *r)
{
	int64_t now = clock_mono_ms();
	enum logfile_place place;
	struct err err;

	if (now - r->looked_ms < TURN_MS && !r->displaced)
		return true;
	r->looked_ms = now;
	place = logfile_place(&r->file);
	r->displaced = place != LOGFILE_HERE &&
	               take_place(r, place == LOGFILE_REMOVED, &err) < 0;
	tell(r);
	if (r->displaced)
		log_often(&r->place_alarm, LOG_ERR_,
		    "the block log was moved or removed: %s; records wait in "
		    "memory until it can be made anew",
		    err.text);
	return !r->displaced;
}

static void
beat(struct recorder *r)
{
	struct rings_board *board = rings_board(r->rings);

	board_set(&board->beat, board_get(&board->beat) + 1);
}

bool
recorder_step(struct recorder *r)
{
	for (;;) {
		beat(r);
		if (!hold_place(r))
			return false;
		if (!r->batch)
			gather(r);
		if (!r->batch)
			break;
		if (!write_batch(r))
			return false;
		r->busy = true;
		sync_now_and_then(r);
	}
	sync_now_and_then(r);
	return true;
}

void
recorder_rotate(struct recorder *r)
{
	struct err err;

	if (reopen(r, &err) < 0)
		log_often(&r->place_alarm, LOG_ERR_, "%s", err.text);
}

/* --------------------------------------------------------------- process */

static int
signals_open(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_SETMASK, &set, NULL);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* Act on what came; how many times we were told to end. */
static unsigned
signals_take(struct recorder *r, int fd)
{
	struct signalfd_siginfo s;
	unsigned ends = 0;

	while (read(fd, &s, sizeof(s)) == sizeof(s)) {
		if (s.ssi_signo == SIGTERM)
			ends++;
		else if (s.ssi_signo == SIGUSR1)
			recorder_rotate(r);
	}
	return ends;
}

static bool
any(struct rings *rings)
{
	for (unsigned i = 0; i < rings_count(rings); i++)
		if (ring_peek(rings_at(rings, i), 0))
			return true;
	return false;
}

static int
finish(struct recorder *r, int signals)
{
	unsigned again = 0;

	for (unsigned i = 0; i < LAST_TRIES && !again; i++) {
		struct pollfd p = {.fd = signals, .events = POLLIN};

		r->lost_ms = 0; /* whatever was lost up to now */
		if (recorder_step(r)) {
			sync_last(r);
			return 0;
		}
		if (poll(&p, 1, TURN_MS) > 0)
			again = signals_take(r, signals);
	}
	log_err("the block log could not be written to the end; the rest is "
	        "kept and will be written after the next start");
	return 1;
}

/*
 * Wait for something to do. Where there just was, more will come: nap first,
 * so that a wake-up serves many records and no writer has to ring.
 */
static void
rest(struct recorder *r, int signals, bool fine)
{
	struct pollfd p[] = {
	    {.fd = signals, .events = POLLIN},
	    {.fd = rings_bell(r->rings), .events = POLLIN},
	};

	if (!fine || r->busy) { /* a disk that refuses is asked once a second */
		poll(p, 1, fine ? NAP_MS : TURN_MS);
		return;
	}
	rings_sleep(r->rings);
	if (!any(r->rings))
		poll(p, 2, TURN_MS);
	rings_wake(r->rings);
}

int
recorder_run(const struct recorder_setup *setup)
{
	int signals = signals_open();
	struct recorder *r;
	struct err err;
	unsigned ends = 0;

	r = recorder_new(setup, &err);
	if (!r || signals < 0) {
		log_err("%s", r ? "signalfd failed" : err.text);
		return 1;
	}
	board_set(&rings_board(setup->rings)->recorder_pid, (uint64_t)getpid());
	rings_wake(setup->rings); /* a predecessor may have slept for ever */
	while (!ends) {
		r->busy = false;
		rest(r, signals, recorder_step(r));
		ends = signals_take(r, signals);
	}
	ends = (unsigned)finish(r, signals);
	recorder_free(r);
	return (int)ends;
}
