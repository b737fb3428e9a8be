/*
 * limits.h - every number of the edge that is no key of the configuration:
 * which, why that one, and what happens beyond it. Those of the parsers stand
 * in proxy/wire/ beside what they bound.
 */
#ifndef PROXY_LIMITS_H
#define PROXY_LIMITS_H

/* I/O blocks. SMALL takes an ordinary head and its first body bytes in one
 * read; LARGE the largest head that is permitted, or a good part of a body.
 * Beyond them nothing is read: the sender waits. */
#define LIMIT_BLOCK_SMALL (16 * 1024)
#define LIMIT_BLOCK_LARGE (66 * 1024)
/* Room kept behind a head for the body, that it is not read by the byte; and
 * what a head of ours may be longer than the origin's that it is made of. */
#define LIMIT_BODY_ROOM   4096
#define LIMIT_HEAD_GROWTH 1024
#define LIMIT_BLOCKS_KEPT 64 /* unused ones of each size kept by a worker */

/* When so many blocks, or transactions, were in use at once and a quarter of
 * the most is now, what the burst has left behind goes back to the system, but
 * for a few; looked at now and then, for it costs some milliseconds. */
#define LIMIT_BURST      64
#define LIMIT_BURST_KEPT 8
#define LIMIT_BURST_MS   5000

/* Connections accepted in one turn, so that a flood of new ones does not
 * starve the open ones; the others wait in the kernel. */
#define LIMIT_ACCEPTS         64
/* How long accepting pauses when descriptors are out or all connections are
 * taken: long enough not to spin. */
#define LIMIT_ACCEPT_PAUSE_MS 100

/* After a refusal with input unread: how much and how long is read and thrown
 * away, so that the client gets the answer and no reset. Beyond: closed. */
#define LIMIT_LINGER_BYTES (256 * 1024)
#define LIMIT_LINGER_MS    2000

/* Memory of one transaction beside its blocks: a head of the largest size
 * twice and its canonical forms. Beyond: 503, no-memory. */
#define LIMIT_TXN_ARENA (512 * 1024)
#define LIMIT_TXNS_KEPT 64 /* unused ones kept by a worker */

/* 1xx answers passed on before the final one. Beyond: 502. */
#define LIMIT_INTERIM 16

/* Rounds of read and write for one connection in one turn; then others have
 * theirs. */
#define LIMIT_ROUNDS 4

/* Kept origin connections of a worker, in all and for one site, and how long.
 * Beyond: the oldest is closed. Longer than usual keep-alives of servers
 * would only collect dead ones. */
#define LIMIT_POOL          512
#define LIMIT_POOL_SITE     64
#define LIMIT_POOL_IDLE_MS  30000
/* A request that cannot be repeated only takes one that was used just now. */
#define LIMIT_POOL_FRESH_MS 2000

/* The least an address gets to answer a connection attempt, while others of
 * the same site wait. */
#define LIMIT_CONNECT_TRY_MS 500

/* How long a blocked answer waits for room in the ring, and how often it
 * looks; then the record is dropped and counted. A second and a half: longer
 * than it takes to start a recorder that died for the third time in a row
 * again, so that no record is lost by that. */
#define LIMIT_RECORD_WAIT_MS 20
#define LIMIT_RECORD_TRIES   75
/* Records of refusals and failures a second and worker; what is beyond is
 * only counted, so that garbage cannot fill the log. */
#define LIMIT_REFUSALS       100
/* Records of what a shadow policy would decide otherwise, a second and worker;
 * what is beyond is only counted. */
#define LIMIT_SHADOW         50

/* How long an answer is held for its first bytes, where the policy wants to
 * see them. Most send them with the head; of one that does not, so much is
 * judged and sent on as has come by then, and the rest byte by byte. */
#define LIMIT_PEEK_MS 500

/* How long an answer of our own may take to be read. */
#define LIMIT_REPLY_MS 10000
/* For the shared cache: redis-timeout ends it before; this is the backstop. */
#define LIMIT_FACTS_MS 1000
/* Facts that a decision may ask for one after the other where nothing is
 * waited for: each auth-group, each budget, and the others. Beyond: denied. */
#define LIMIT_NEEDS    160

/* Bulk in tunnels: so many reads of at least BIG bytes in a row make it go
 * through a pipe (splice), so many of less than SMALL through a block. */
#define LIMIT_SPLICE_BIG   (32 * 1024)
#define LIMIT_SPLICE_SMALL (8 * 1024)
#define LIMIT_SPLICE_ROW   4
#define LIMIT_PIPE_BYTES   (256 * 1024)
#define LIMIT_PIPES_KEPT   32

/* Open tunnels asked again in one turn after a reload. */
#define LIMIT_REJUDGE 32

/* A turn longer than this is counted. */
#define LIMIT_TURN_MS 50

#endif
