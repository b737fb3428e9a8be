/*
 * member.h - which names inside an archive become files. Pure; judged by the
 * program that unpacks and again by who writes.
 */
#ifndef FEEDS_MEMBER_H
#define FEEDS_MEMBER_H

#include "base/str.h"

#define MEMBER_NAME  240 /* bytes of a whole name */
#define MEMBER_PART  100 /* of one folder or file in it */
#define MEMBER_DEPTH 8

/* Bounds of one archive. Public lists have some 200 files, and shrink to a
 * fifth or a tenth. */
#define MEMBER_MAX         20000       /* files */
#define MEMBER_RATIO       100         /* unpacked to packed bytes ... */
#define MEMBER_RATIO_FLOOR (16u << 20) /* ... beyond so many unpacked */
#define MEMBER_GROWTH      16 /* times max-size: unpacked bytes in all */

enum member {
	MEMBER_TAKE = 0,
	MEMBER_SKIP, /* hidden: begins with a dot somewhere, or __MACOSX */
	MEMBER_BAD,  /* absolute, "..", too long or deep, controls */
};

/* <name> as in the archive; MEMBER_TAKE: <clean> is the slice of it to use. */
enum member member_judge(struct str name, struct str *clean);

#endif
