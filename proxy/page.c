/* page.c - the pages we answer with. */
#include "proxy/page.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/utf8.h"

/* Contrast: at least 4.5 to 1 in both schemes; reflows at 320 pixels. */
static const char style[] =
    ":root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#1b2430;"
    "--soft:#4a5665;--line:#d5dae1;--mark:#0b5cad}"
    "@media(prefers-color-scheme:dark){:root{--bg:#12161c;--card:#1b2129;"
    "--ink:#e8ecf1;--soft:#b3bdc9;--line:#36404c;--mark:#8cc2ff}}"
    "*{box-sizing:border-box}"
    "body{margin:0;padding:1.5rem 1rem;background:var(--bg);color:var(--ink);"
    "font:1.0625rem/1.55 system-ui,-apple-system,'Segoe UI',sans-serif}"
    "main{max-width:40rem;margin:4vh auto 0;padding:1.5rem;"
    "background:var(--card);border:1px solid var(--line);"
    "border-top:.3rem solid var(--mark);border-radius:.5rem}"
    "h1{margin:.2rem 0 1rem;font-size:1.6rem;line-height:1.25}"
    "h2{margin:1.5rem 0 .3rem;font-size:1.1rem}"
    "p{margin:.5rem 0}"
    ".org{color:var(--soft);font-weight:600}"
    ".site{font-weight:600;overflow-wrap:anywhere}"
    "dl{margin:1.5rem 0 0;padding-top:1rem;border-top:1px solid var(--line);"
    "color:var(--soft);font-size:.9375rem}"
    "dt{float:left;clear:left;margin-right:.4rem}"
    "dd{margin:0;overflow-wrap:anywhere}"
    "button{font:inherit;font-weight:600;padding:.6rem 1.1rem;cursor:pointer;"
    "overflow-wrap:anywhere;color:var(--card);background:var(--mark);"
    "border:2px solid var(--mark);border-radius:.4rem}"
    "button:focus-visible{outline:3px solid var(--ink);outline-offset:3px}"
    "code{font:inherit;font-family:ui-monospace,monospace}";

static const unsigned char pixel[] = {'G', 'I', 'F', '8', '9', 'a', 1, 0, 1, 0,
    0x80, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0x21, 0xf9, 4, 1, 0, 0, 0, 0, 0x2c,
    0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3b};

/* The categories people meet most, as they would say it. What is not here is
 * shown as it is listed, with blanks for '-' and '_'. */
static const struct {
	struct str slug;
	const char *words;
} categories[] = {
#define C(slug, words)                                                         \
	{                                                                      \
		{slug, sizeof(slug) - 1}, words                                \
	}
    C("adult", "adult content"),
    C("porn", "adult content"),
    C("gambling", "gambling"),
    C("games", "games"),
    C("social_networks", "social networks"),
    C("social", "social networks"),
    C("chat", "chat and messaging"),
    C("dating", "dating"),
    C("drugs", "drugs"),
    C("drogue", "drugs"),
    C("violence", "violence"),
    C("agressif", "violence and hate"),
    C("weapons", "weapons"),
    C("malware", "harmful software"),
    C("phishing", "phishing: sites that steal passwords"),
    C("proxy", "ways around the filter"),
    C("vpn", "ways around the filter"),
    C("redirector", "ways around the filter"),
    C("warez", "pirated software and media"),
    C("ads", "advertising"),
    C("publicite", "advertising"),
    C("filehosting", "file sharing"),
    C("streaming", "video and music streaming"),
    C("cryptojacking", "sites that use your computer to mine coins"),
#undef C
};

/* How many bytes at the front mean nothing to anybody. */
static size_t
plain(struct str s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] >= ' ' && s.p[n] < 127 && s.p[n] != '&' &&
	       s.p[n] != '<' && s.p[n] != '>' && s.p[n] != '"' &&
	       s.p[n] != '\'')
		n++;
	return n;
}

void
page_escape(struct buf *out, struct str s)
{
	while (s.n) {
		uint32_t cp = 0;
		size_t n = plain(s);

		if (n) {
			buf_add(out, s.p, n);
			s = str_sub(s, n, s.n);
			continue;
		}
		n = utf8_decode(s, &cp);
		if (n == 0 || !utf8_is_harmless(cp)) {
			buf_add_str(out, STR("\xef\xbf\xbd")); /* U+FFFD */
			n = n ? n : 1;
		} else if (cp == '&') {
			buf_add_str(out, STR("&amp;"));
		} else if (cp == '<') {
			buf_add_str(out, STR("&lt;"));
		} else if (cp == '>') {
			buf_add_str(out, STR("&gt;"));
		} else if (cp == '"') {
			buf_add_str(out, STR("&quot;"));
		} else if (cp == '\'') {
			buf_add_str(out, STR("&#39;"));
		} else {
			buf_add(out, s.p, n);
		}
		s = str_sub(s, n, s.n);
	}
}

static void
add(struct buf *out, const char *text)
{
	buf_add_str(out, str_of(text));
}

static void
category_words(struct buf *out, struct str slug)
{
	for (unsigned i = 0; i < sizeof(categories) / sizeof(categories[0]);
	     i++) {
		if (str_eq(categories[i].slug, slug)) {
			add(out, categories[i].words);
			return;
		}
	}
	for (size_t i = 0; i < slug.n; i++) {
		char c = slug.p[i];

		page_escape(out,
		    c == '-' || c == '_' ? STR(" ") : str_make(slug.p + i, 1));
	}
}

static const char *
heading(enum page_kind kind)
{
	switch (kind) {
	case PAGE_BLOCKED:
		return "This page is blocked";
	case PAGE_REFUSED:
		return "This request cannot be carried out";
	case PAGE_FAILED:
		return "This page could not be loaded";
	case PAGE_HELLO:
		return "This is the web filter";
	case PAGE_WARNED:
		return "Do you want to open this page?";
	case PAGE_PRESS:
	case PAGE_STALE:
		return "Nothing was opened";
	case PAGE_SIGN_IN:
		return "Please sign in";
	}
	return "";
}

static const char *
before_host(enum page_kind kind)
{
	if (kind == PAGE_BLOCKED)
		return "<p>The web filter does not open <span class=site>";
	return kind == PAGE_WARNED
	           ? "<p>The web filter advises against <span class=site>"
	           : "<p>You asked for <span class=site>";
}

/* Reasons are sentences without capital and full stop. */
static void
write_reason(struct buf *out, const struct page *p)
{
	char first = p->reason.n ? p->reason.p[0] : '?';

	if (first >= 'a' && first <= 'z')
		first = (char)(first - 32);
	page_escape(out, str_make(&first, 1));
	page_escape(out, str_sub(p->reason, 1, p->reason.n));
	if (p->detail.n) {
		add(out, ": ");
		page_escape(out, p->detail);
	}
}

static void
write_category(struct buf *out, const struct page *p)
{
	add(out, p->inside
	             ? "The address leads on to another site, listed under "
	             : "The site is listed under ");
	add(out, "<strong>");
	category_words(out, p->category);
	add(out, "</strong>");
	if (p->kind != PAGE_WARNED)
		add(out, p->again == PAGE_LATER ? ", which is not open here now"
		                                : ", which is not open here");
}

static void
write_why(struct buf *out, const struct page *p)
{
	if (p->host.n) {
		add(out, before_host(p->kind));
		page_escape(out, p->host);
		add(out, "</span>.</p>\n");
	}
	add(out, "<h2>Why?</h2>\n<p>");
	if (p->again == PAGE_TOMORROW)
		add(out, "The time for this is used up for today. There is "
		         "more tomorrow");
	else if (p->again == PAGE_MONDAY)
		add(out, "The time for this is used up for this week. There "
		         "is more on Monday");
	else if (p->search && p->kind == PAGE_WARNED)
		add(out, "It is a search for words that one should be careful "
		         "with");
	else if (p->search)
		add(out, "Searches with these words are not answered here");
	else if (p->category.n)
		write_category(out, p);
	else if (p->plain.n)
		page_escape(out, p->plain);
	else
		write_reason(out, p);
	add(out, ".</p>\n");
}

static void
write_span(struct buf *out, uint32_t s)
{
	uint32_t n = s < 3600 ? (s + 59) / 60 : (s + 3599) / 3600;

	buf_add_u64(out, n);
	add(out, s < 3600 ? " minute" : " hour");
	if (n != 1)
		add(out, "s");
}

/* The one form there is: to our own page, with POST, and no script. */
static void
write_button(struct buf *out, const struct page *p)
{
	if (p->kind != PAGE_WARNED || !p->token.n)
		return;
	add(out, "<form method=post action=\"http://");
	page_escape(out, p->address);
	add(out, "/continue\">\n<input type=hidden name=token value=\"");
	page_escape(out, p->token);
	add(out, "\">\n<p><button>Continue to ");
	page_escape(out, p->host);
	add(out, "</button></p>\n</form>\n<p>This is noted, and holds for ");
	write_span(out, p->seconds);
	add(out, ".</p>\n");
}

static void
write_what_now(struct buf *out, const struct page *p)
{
	if (p->kind == PAGE_FAILED) {
		add(out, "<h2>What can you do?</h2>\n<p>Check the address, or "
		         "try again in a few minutes.</p>\n");
		return;
	}
	if (p->kind != PAGE_BLOCKED && p->kind != PAGE_WARNED)
		return;
	add(out, "<h2>Is this wrong, or do you need it?</h2>\n<p>Ask ");
	if (p->contact.n)
		page_escape(out, p->contact);
	else
		add(out, "whoever looks after the network here");
	add(out, ", and give the reference below. "
	         "Nobody is in trouble for asking.</p>\n");
	if (p->help.n || p->grave)
		add(out, "<h2>Do you want to talk to somebody?</h2>\n");
	if (p->grave)
		add(out, "<p>If something weighs on you, you are not alone "
		         "with it. Tell somebody you trust.</p>\n");
	if (p->help.n) {
		add(out, "<p>");
		page_escape(out, p->help);
		add(out, "</p>\n");
	}
}

/* What this page is about; most say why it is shown. */
static void
write_what(struct buf *out, const struct page *p)
{
	switch (p->kind) {
	case PAGE_BLOCKED:
	case PAGE_REFUSED:
	case PAGE_FAILED:
	case PAGE_WARNED:
		write_why(out, p);
		return;
	case PAGE_HELLO:
		add(out, "<p>It works. Other sites are reached through "
		         "it.</p>\n");
		return;
	case PAGE_PRESS:
		add(out, "<p>To go on behind a warning, press the button on "
		         "its page.</p>\n");
		return;
	case PAGE_STALE:
	case PAGE_SIGN_IN:
		add(out, "<p>");
		write_reason(out, p);
		add(out, ".</p>\n");
		return;
	}
}

static void
write_html(struct buf *out, const struct page *p)
{
	add(out, "<!doctype html>\n<html lang=en>\n<head>\n<meta charset=utf-8>"
	         "\n<meta name=viewport content=\"width=device-width,"
	         "initial-scale=1\">\n<title>");
	add(out, heading(p->kind));
	add(out, "</title>\n<style>");
	buf_add(out, style, sizeof(style) - 1);
	add(out, "</style>\n</head>\n<body>\n<main>\n");
	if (p->title.n) {
		add(out, "<p class=org>");
		page_escape(out, p->title);
		add(out, "</p>\n");
	}
	add(out, "<h1>");
	add(out, heading(p->kind));
	add(out, "</h1>\n");
	write_what(out, p);
	write_button(out, p);
	write_what_now(out, p);
	if (p->reference.n) {
		add(out, "<dl><dt>Reference:</dt> <dd><code>");
		page_escape(out, p->reference);
		add(out, "</code></dd></dl>\n");
	}
	add(out, "</main>\n</body>\n</html>\n");
}

static void
write_text(struct buf *out, const struct page *p)
{
	add(out, heading(p->kind));
	if (p->host.n) {
		add(out, ": ");
		text_add_escaped(out, p->host);
	}
	add(out, "\nReason: ");
	if (p->category.n) {
		add(out, "listed under ");
		text_add_escaped(out, p->category);
	} else {
		text_add_escaped(out, p->reason);
	}
	if (p->detail.n) {
		add(out, ": ");
		text_add_escaped(out, p->detail);
	}
	add(out, "\n");
	if (p->reference.n) {
		add(out, "Reference: ");
		text_add_escaped(out, p->reference);
		add(out, "\n");
	}
}

static void
write_json(struct buf *out, const struct page *p)
{
	json_open(out, '{');
	json_key_bool(
	    out, "blocked", p->kind == PAGE_BLOCKED || p->kind == PAGE_WARNED);
	if (p->kind == PAGE_WARNED)
		json_key_bool(out, "warning", true);
	json_key_str(out, "host", p->host);
	if (p->category.n)
		json_key_str(out, "category", p->category);
	json_key_str(out, "reason", p->reason);
	if (p->reference.n)
		json_key_str(out, "reference", p->reference);
	json_close(out, '}');
	add(out, "\n");
}

void
page_write(struct buf *out, const struct page *p)
{
	switch (p->form) {
	case PAGE_HTML:
		write_html(out, p);
		return;
	case PAGE_TEXT:
		write_text(out, p);
		return;
	case PAGE_JSON:
		write_json(out, p);
		return;
	case PAGE_IMAGE:
		buf_add(out, pixel, sizeof(pixel));
		return;
	case PAGE_SCRIPT:
	case PAGE_STYLE:
		add(out, p->kind == PAGE_BLOCKED || p->kind == PAGE_WARNED
		             ? "/* blocked by the web filter */\n"
		             : "/* not loaded: see the web filter */\n");
		return;
	case PAGE_EMPTY:
		return;
	}
}

const char *
page_type(enum page_form form)
{
	static const char *const types[] = {
	    [PAGE_HTML] = "text/html; charset=utf-8",
	    [PAGE_TEXT] = "text/plain; charset=utf-8",
	    [PAGE_JSON] = "application/json",
	    [PAGE_IMAGE] = "image/gif",
	    [PAGE_SCRIPT] = "text/javascript; charset=utf-8",
	    [PAGE_STYLE] = "text/css; charset=utf-8",
	    [PAGE_EMPTY] = "text/plain; charset=utf-8",
	};

	return types[form];
}

static bool
has(struct str in, struct str what)
{
	return str_search(in, what) < in.n;
}

enum page_form
page_form_for(struct str dest, struct str accept)
{
	static const struct {
		struct str dest;
		enum page_form form;
	} forms[] = {
#define D(dest, form) {{dest, sizeof(dest) - 1}, PAGE_##form}
	    D("document", HTML),
	    D("iframe", HTML),
	    D("frame", HTML),
	    D("nested-document", HTML),
	    D("embed", HTML),
	    D("object", HTML),
	    D("image", IMAGE),
	    D("script", SCRIPT),
	    D("worker", SCRIPT),
	    D("sharedworker", SCRIPT),
	    D("serviceworker", SCRIPT),
	    D("style", STYLE),
	    D("font", EMPTY),
	    D("audio", EMPTY),
	    D("video", EMPTY),
	    D("track", EMPTY),
	    D("manifest", EMPTY),
	    D("report", EMPTY),
#undef D
	};
	bool json = has(accept, STR("json"));

	for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (str_eq(forms[i].dest, dest))
			return forms[i].form;
	if (has(accept, STR("text/html")))
		return PAGE_HTML;
	if (json)
		return PAGE_JSON;
	if (dest.n) /* a script asked */
		return PAGE_TEXT;
	if (str_starts(accept, STR("image/")))
		return PAGE_IMAGE;
	if (str_starts(accept, STR("text/css")))
		return PAGE_STYLE;
	return PAGE_HTML;
}
