/*
 * finding.h - what a load of configuration and lists has to say, for people
 * and for programs.
 */
#ifndef PROXY_FINDING_H
#define PROXY_FINDING_H

struct buf;
struct config_report;

/* {"error":true,"file":...,"line":3,"column":7,"text":...,"source":...} */
void finding_json(struct buf *out, const struct config_report *r);

/* A line of the service's log. */
void finding_log(const struct config_report *r);

#endif
