/*
 * shadow.h - a candidate configuration beside the live one: it decides about
 * the same traffic, and where it would decide otherwise a record says so.
 * Nothing that a client gets depends on it.
 *
 * The loader builds its snapshot (shadow_load()); each worker holds a
 * reference. Its errors are told and leave it out, never the live one. Where
 * its lists are those of the live configuration the same image is mapped; else
 * they are compiled in memory and are there twice.
 *
 * It sees what the live decision has seen, and the fields and MAC address of a
 * request: an answer that live did not wait for is not known to it, nor who
 * somebody is if nobody asked him. What was decided above the policy
 * (protected, support, exceptions) would be there too, and is left out.
 */
#ifndef PROXY_SHADOW_H
#define PROXY_SHADOW_H

#include "config/loader.h"

struct config;
struct snapshot;
struct txn;
struct worker;

/* That of [try] shadow; NULL: there is none, or <tell> has heard why. */
struct snapshot *shadow_load(
    const struct config *live, config_reporter *tell, void *arg);

/* To all workers, a reference each; <s> stays the caller's. */
void shadow_hand(struct worker **workers, unsigned n, struct snapshot *s);

/* Use <s> (a reference, taken; NULL: none) from now on. */
void shadow_take(struct worker *w, struct snapshot *s);

/* What the shadow wants to know of a request that is at hand, and harmless to
 * ask: a set of enum snapshot_want. */
unsigned shadow_wants(const struct worker *w);

/* The verdict of <t> is final. */
void shadow_judge(struct txn *t);

#endif
