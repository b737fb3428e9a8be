/* ask.h - a question to the running filter, for commands that ask one. */
#ifndef CLI_ASK_H
#define CLI_ASK_H

struct buf;
struct cli_common;
struct jsonflat;

/*
 * Ask <request> of the filter that <common> would run; its answer as it came
 * into <raw>, and read into <flat>. -1 to go on, else the exit status, and
 * what is wrong was said.
 */
int ask(const struct cli_common *common, const char *request, struct buf *raw,
    struct jsonflat *flat);

#endif
