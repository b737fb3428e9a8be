/*
 * page.h - the pages we answer with: why in plain words, who to ask, and a
 * reference; in the form that the place it is loaded into can use.
 *
 * They run in the origin of the site that was asked for, so nothing from the
 * request goes in without its markup taken away, and neither script nor
 * outside address stands in them. The query is never shown.
 */
#ifndef PROXY_PAGE_H
#define PROXY_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct buf;

enum page_form {
	PAGE_HTML = 0,
	PAGE_TEXT,
	PAGE_JSON,
	PAGE_IMAGE,  /* one transparent pixel */
	PAGE_SCRIPT, /* a comment */
	PAGE_STYLE,  /* a comment */
	PAGE_EMPTY,
};

enum page_kind {
	PAGE_BLOCKED = 0, /* the policy said no */
	PAGE_REFUSED,     /* we do not do that */
	PAGE_FAILED,      /* the site's fault, or ours */
	PAGE_HELLO,       /* a question to the proxy itself */
	PAGE_WARNED,      /* the policy advises against it; one may go on */
	PAGE_PRESS,       /* the button's address, but nobody pressed it */
	PAGE_STALE,       /* it was pressed, and no longer works */
	PAGE_SIGN_IN,     /* who asks has to say so first */
};

/* When what is not open will be. */
enum page_again {
	PAGE_NEVER = 0,
	PAGE_LATER, /* it is open at other times */
	PAGE_TOMORROW,
	PAGE_MONDAY,
};

struct page {
	enum page_kind kind;
	enum page_form form;
	struct str title;     /* of the school, library or home; "": none */
	struct str host;      /* "": unknown */
	struct str category;  /* as listed: "social-media"; "": none */
	struct str reason;    /* a sentence without its full stop */
	struct str detail;    /* more of it; "": none */
	struct str plain;     /* the reason as one says it to a child, on the
	                       * page alone; "": as it is */
	struct str contact;   /* who to ask; "": nobody is named */
	struct str help;      /* where else to turn to; "": nowhere */
	struct str reference; /* id of the record; "": none */
	enum page_again again;
	bool inside; /* it is about an address inside the address */
	bool search; /* it is about the words that are searched for, */
	bool grave;  /* and these may be of somebody in need */
	/* PAGE_WARNED: where its form goes, what it carries, and for how long
	 * it holds; token "": no button */
	struct str address, token;
	uint32_t seconds;
};

/* What to send for a resource of this kind, by Sec-Fetch-Dest and Accept;
 * both may be empty. */
enum page_form page_form_for(struct str dest, struct str accept);

const char *page_type(enum page_form form); /* Content-Type */

/* Append the body to <out>. */
void page_write(struct buf *out, const struct page *p);

/* <s> with the five characters that HTML knows replaced, and what is no
 * text made visible. */
void page_escape(struct buf *out, struct str s);

#endif
