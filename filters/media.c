/* media.c - what an answer is: types as said and as seen, and their names. */
#include "filters/media.h"

#include <string.h>

#include "base/hex.h"
#include "base/table.h"

/* ---------------------------------------------------------- types as said */

/* RFC 9110 5.6.2 */
static bool
is_token_char(char c)
{
	return c > ' ' && c <= '~' && !strchr("\"(),/:;<=>?@[\\]{}", c);
}

static size_t
token_end(struct str s, size_t at)
{
	while (at < s.n && is_token_char(s.p[at]))
		at++;
	return at;
}

/* Up to the next comma outside of quotes. */
static struct str
take_part(struct str *rest)
{
	bool quoted = false;
	size_t n = 0;
	struct str part;

	for (; n < rest->n && (quoted || rest->p[n] != ','); n++) {
		if (rest->p[n] == '"')
			quoted = !quoted;
		else if (quoted && rest->p[n] == '\\')
			n++;
	}
	part = str_trim(str_sub(*rest, 0, n));
	*rest = str_sub(*rest, n + 1, rest->n);
	return part;
}

/* "type/subtype" at the begin of <s>, without blanks behind it. */
static struct str
essence_of(struct str s)
{
	size_t slash = token_end(s, 0), end;

	if (slash == 0 || slash == s.n || s.p[slash] != '/')
		return STR_NONE;
	end = token_end(s, slash + 1);
	if (end == slash + 1)
		return STR_NONE;
	for (size_t i = end; i < s.n && s.p[i] != ';'; i++)
		if (s.p[i] != ' ' && s.p[i] != '\t')
			return STR_NONE;
	return str_sub(s, 0, end);
}

/* Of several the last that is one holds (Fetch, "extract a MIME type"). */
struct str
media_type(struct str content_type, char room[MEDIA_ROOM])
{
	struct str found = STR_NONE;

	while (content_type.n) {
		struct str s = essence_of(take_part(&content_type));

		if (s.n && s.n < MEDIA_ROOM && !str_eq(s, STR("*/*")))
			found = s;
	}
	for (size_t i = 0; i < found.n; i++)
		room[i] = str_lower_char(found.p[i]);
	return found.n ? str_make(room, found.n) : STR_NONE;
}

/* -------------------------------------------------------- what they are of */

/* The same type under the name that is used here. */
static const char *const aliases[][2] = {
    {"image/jpg", "image/jpeg"},
    {"image/pjpeg", "image/jpeg"},
    {"image/x-png", "image/png"},
    {"image/x-ms-bmp", "image/bmp"},
    {"image/x-bmp", "image/bmp"},
    {"image/vnd.microsoft.icon", "image/x-icon"},
    {"image/ico", "image/x-icon"},
    {"audio/mp3", "audio/mpeg"},
    {"audio/x-mp3", "audio/mpeg"},
    {"audio/wav", "audio/wave"},
    {"audio/x-wav", "audio/wave"},
    {"audio/vnd.wave", "audio/wave"},
    {"audio/x-flac", "audio/flac"},
    {"audio/x-m4a", "audio/mp4"},
    {"audio/x-aiff", "audio/aiff"},
    {"audio/ogg", "application/ogg"},
    {"video/ogg", "application/ogg"},
    {"video/avi", "video/x-msvideo"},
    {"video/x-m4v", "video/mp4"},
    {"video/msvideo", "video/x-msvideo"},
    {"application/x-zip-compressed", "application/zip"},
    {"application/x-zip", "application/zip"},
    {"application/x-gzip", "application/gzip"},
    {"application/x-rar-compressed", "application/vnd.rar"},
    {"application/x-rar", "application/vnd.rar"},
    {"application/x-bzip", "application/x-bzip2"},
    {"application/x-pdf", "application/pdf"},
    {"application/x-msdownload", "application/x-dosexec"},
    {"application/x-msdos-program", "application/x-dosexec"},
    {"application/x-exe", "application/x-dosexec"},
    {"application/exe", "application/x-dosexec"},
    {"application/vnd.microsoft.portable-executable", "application/x-dosexec"},
    {"application/x-elf", "application/x-executable"},
    {"application/x-sharedlib", "application/x-executable"},
    {"application/x-pie-executable", "application/x-executable"},
    {"application/x-sh", "text/x-shellscript"},
    {"application/x-shellscript", "text/x-shellscript"},
    {"application/x-debian-package", "application/vnd.debian.binary-package"},
    {"application/x-redhat-package-manager", "application/x-rpm"},
    {"application/vnd.adobe.flash.movie", "application/x-shockwave-flash"},
    {"text/rtf", "application/rtf"},
    {"text/xml", "application/xml"},
    {"application/javascript", "text/javascript"},
    {"application/x-javascript", "text/javascript"},
};

static struct str
usual_name(struct str type)
{
	for (unsigned i = 0; i < ARRAY_LEN(aliases); i++)
		if (str_eq(type, str_of(aliases[i][0])))
			return str_of(aliases[i][1]);
	return type;
}

enum kind {
	KIND_ANY = 0, /* not known, or it says nothing */
	KIND_TEXT,
	KIND_IMAGE,
	KIND_AV,
	KIND_FONT,
	KIND_ARCHIVE,
	KIND_DOCUMENT,
	KIND_PROGRAM,
};

/* A prefix of a type, the longest first. */
static const struct {
	const char *begins;
	enum kind kind;
} kinds[] = {
    {"image/svg+xml", KIND_TEXT},
    {"image/", KIND_IMAGE},
    {"audio/x-mpegurl", KIND_TEXT},
    {"audio/mpegurl", KIND_TEXT},
    {"audio/x-scpls", KIND_TEXT},
    {"audio/", KIND_AV},
    {"video/", KIND_AV},
    {"font/", KIND_FONT},
    {"text/x-shellscript", KIND_PROGRAM},
    {"text/", KIND_TEXT},
    {"application/json", KIND_TEXT},
    {"application/xml", KIND_TEXT},
    {"application/xhtml+xml", KIND_TEXT},
    {"application/rss+xml", KIND_TEXT},
    {"application/atom+xml", KIND_TEXT},
    {"application/ogg", KIND_AV},
    {"application/x-shockwave-flash", KIND_AV},
    {"application/vnd.ms-fontobject", KIND_FONT},
    {"application/font-", KIND_FONT},
    {"application/x-font-", KIND_FONT},
    {"application/zip", KIND_ARCHIVE},
    {"application/gzip", KIND_ARCHIVE},
    {"application/vnd.rar", KIND_ARCHIVE},
    {"application/x-7z-compressed", KIND_ARCHIVE},
    {"application/x-xz", KIND_ARCHIVE},
    {"application/x-bzip2", KIND_ARCHIVE},
    {"application/x-tar", KIND_ARCHIVE},
    {"application/zstd", KIND_ARCHIVE},
    {"application/x-lz4", KIND_ARCHIVE},
    {"application/vnd.ms-cab-compressed", KIND_ARCHIVE},
    {"application/pdf", KIND_DOCUMENT},
    {"application/postscript", KIND_DOCUMENT},
    {"application/rtf", KIND_DOCUMENT},
    {"application/msword", KIND_DOCUMENT},
    {"application/vnd.ms-excel", KIND_DOCUMENT},
    {"application/vnd.ms-powerpoint", KIND_DOCUMENT},
    {"application/vnd.openxmlformats-officedocument", KIND_DOCUMENT},
    {"application/vnd.oasis.opendocument", KIND_DOCUMENT},
    {"application/epub+zip", KIND_DOCUMENT},
    {"application/x-ole-storage", KIND_DOCUMENT},
    {"application/x-dosexec", KIND_PROGRAM},
    {"application/x-executable", KIND_PROGRAM},
    {"application/x-mach-binary", KIND_PROGRAM},
    {"application/java-vm", KIND_PROGRAM},
    {"application/java-archive", KIND_PROGRAM},
    {"application/vnd.android.", KIND_PROGRAM},
    {"application/vnd.debian.binary-package", KIND_PROGRAM},
    {"application/x-rpm", KIND_PROGRAM},
    {"application/x-msi", KIND_PROGRAM},
    {"application/x-ms-shortcut", KIND_PROGRAM},
    {"application/x-chrome-extension", KIND_PROGRAM},
};

static enum kind
kind_of(struct str type)
{
	type = usual_name(type);
	for (unsigned i = 0; i < ARRAY_LEN(kinds); i++)
		if (str_starts(type, str_of(kinds[i].begins)))
			return kinds[i].kind;
	return KIND_ANY;
}

/* ------------------------------------------------------------ comparison */

/* What files of a type look like from outside: <seen> is the wrapping, <said>
 * (a prefix or, with a star before it, a suffix) what may be in it. */
static const char *const wrappings[][2] = {
    {"application/zip", "application/vnd.openxmlformats-officedocument"},
    {"application/zip", "application/vnd.oasis.opendocument"},
    {"application/zip", "application/java-archive"},
    {"application/zip", "application/vnd.android."},
    {"application/zip", "application/vnd.ms-"},
    {"application/zip", "*+zip"},
    {"application/java-archive", "application/vnd.android."},
    {"application/java-archive", "application/zip"},
    {"application/vnd.openxmlformats-officedocument", "application/vnd.ms-"},
    {"application/vnd.openxmlformats-officedocument", "application/msword"},
    {"application/vnd.openxmlformats-officedocument", "application/zip"},
    {"application/vnd.openxmlformats-officedocument", "*+zip"},
    {"application/vnd.oasis.opendocument", "application/zip"},
    {"application/epub+zip", "application/zip"},
    {"application/x-ole-storage", "application/msword"},
    {"application/x-ole-storage", "application/vnd.ms-"},
    {"application/x-ole-storage", "application/x-msi"},
    {"application/x-ole-storage", "application/x-dosexec"},
    {"application/gzip", "image/svg+xml"},
    {"application/gzip", "application/x-tar"},
    {"application/gzip", "application/postscript"},
    {"application/xml", "image/svg+xml"},
    {"application/xml", "application/xhtml+xml"},
    {"application/xml", "*+xml"},
    {"application/pdf", "application/postscript"},
    {"application/postscript", "application/pdf"},
    {"video/mp4", "audio/mp4"},
    {"video/mp4", "video/quicktime"},
    {"video/mp4", "video/3gpp"},
    {"video/mp4", "application/mp4"},
    {"video/x-matroska", "video/webm"},
    {"video/webm", "audio/webm"},
    {"image/heif", "image/heic"},
    {"image/heif", "image/avif"},
};

static bool
is_of(struct str type, const char *pattern)
{
	if (pattern[0] == '*')
		return str_ends(type, str_of(pattern + 1));
	return str_starts(type, str_of(pattern));
}

bool
media_fits(struct str declared, struct str sniffed)
{
	declared = usual_name(declared);
	if (str_eq(declared, sniffed) ||
	    (sniffed.n && str_starts(declared, sniffed) &&
	        kind_of(sniffed) == KIND_DOCUMENT))
		return true;
	for (unsigned i = 0; i < ARRAY_LEN(wrappings); i++)
		if (str_eq(sniffed, str_of(wrappings[i][0])) &&
		    is_of(declared, wrappings[i][1]))
			return true;
	return false;
}

/*
 * Not: one image called another; text of any sort, which a few tags do not
 * tell; what says that it is a program; and what servers call text because
 * nobody told them better, but for a program.
 */
bool
media_contradicts(struct str declared, struct str sniffed)
{
	enum kind said = kind_of(declared), seen = kind_of(sniffed);

	if (said == KIND_ANY || said == KIND_PROGRAM || seen == KIND_ANY ||
	    seen == KIND_TEXT || said == seen || media_fits(declared, sniffed))
		return false;
	if (said == KIND_TEXT)
		return seen == KIND_PROGRAM &&
		       !str_eq(sniffed, STR("text/x-shellscript"));
	return true;
}

bool
media_is(struct str type, struct str wanted)
{
	if (str_ends(wanted, STR("/*")))
		wanted.n--;
	if (wanted.n && wanted.p[wanted.n - 1] == '/')
		return str_starts(type, wanted) ||
		       str_starts(usual_name(type), wanted);
	return type.n && str_eq(usual_name(type), usual_name(wanted));
}

/* ------------------------------------------------------------------ names */

static bool
is_ext_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' ||
	       c == '_' || c == '+' || c == '~';
}

static bool
is_between(struct str s, const char *first, const char *last)
{
	size_t n = strlen(first);

	return s.n >= n && memcmp(s.p, first, n) >= 0 &&
	       memcmp(s.p, last, n) <= 0;
}

struct span {
	const char *first, *last;
};

/* The bytes of the first range that <s> begins in; 0: none. */
static size_t
in_spans(struct str s, const struct span *spans, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (is_between(s, spans[i].first, spans[i].last))
			return strlen(spans[i].first);
	return 0;
}

/* Controls, marks of direction and width, ends of lines. */
size_t
media_invisible(struct str s)
{
	static const struct span spans[] = {
	    {"\x01", "\x1f"},
	    {"\x7f", "\x7f"},
	    {"\xc2\x80", "\xc2\x9f"},
	    {"\xc2\xad", "\xc2\xad"},
	    {"\xe2\x80\x8b", "\xe2\x80\x8f"},
	    {"\xe2\x80\xa8", "\xe2\x80\xae"},
	    {"\xe2\x81\xa0", "\xe2\x81\xaf"},
	    {"\xef\xbb\xbf", "\xef\xbb\xbf"},
	};

	if (s.n && s.p[0] == '\0')
		return 1;
	return in_spans(s, spans, ARRAY_LEN(spans));
}

/* Blanks of any script; those of Latin-1 as well, and dots. */
static size_t
blank_length(struct str s)
{
	static const struct span spans[] = {
	    {" ", " "},
	    {".", "."},
	    {"\x85", "\x85"},
	    {"\xa0", "\xa0"},
	    {"\xad", "\xad"},
	    {"\xc2\xa0", "\xc2\xa0"},
	    {"\xe1\x9a\x80", "\xe1\x9a\x80"},
	    {"\xe2\x80\x80", "\xe2\x80\x8a"},
	    {"\xe2\x80\xaf", "\xe2\x80\xaf"},
	    {"\xe2\x81\x9f", "\xe2\x81\x9f"},
	    {"\xe3\x80\x80", "\xe3\x80\x80"},
	};
	size_t n = media_invisible(s);

	return n ? n : in_spans(s, spans, ARRAY_LEN(spans));
}

/* The last byte before *<at>, which may be escaped; *<at> is where it began. */
static char
byte_before(struct str s, bool escaped, size_t *at)
{
	int hi, lo;

	if (escaped && *at >= 3 && s.p[*at - 3] == '%') {
		hi = hex_digit(s.p[*at - 2]);
		lo = hex_digit(s.p[*at - 1]);
		if (hi >= 0 && lo >= 0) {
			*at -= 3;
			return (char)(hi << 4 | lo);
		}
	}
	return s.p[--*at];
}

/* How much of the end of <s> is one character that is taken off there. */
static size_t
tail_of(struct str s, bool escaped)
{
	size_t at = s.n, found = 0;
	char c[3];

	for (unsigned i = 3; i && at; i--) {
		c[i - 1] = byte_before(s, escaped, &at);
		if (blank_length(str_make(c + i - 1, 4 - i)) == 4 - i)
			found = s.n - at;
	}
	return found;
}

/* Systems and programs take dots, blanks and what does not show off the end of
 * a name. */
static struct str
without_tail(struct str s, bool escaped)
{
	for (size_t n = tail_of(s, escaped); n; n = tail_of(s, escaped))
		s.n -= n;
	return s;
}

/* Quotes that were not taken for such, and what no name may have in it. */
static struct str
without_marks(struct str s)
{
	for (;;) {
		s = without_tail(s, false);
		if (s.n == 0 || !memchr("\"'*:<>?|/\\", s.p[s.n - 1], 10))
			return s;
		s.n--;
	}
}

static struct str
last_part(struct str path)
{
	for (size_t i = path.n; i; i--)
		if (path.p[i - 1] == '/' || path.p[i - 1] == '\\')
			return str_sub(path, i, path.n);
	return path;
}

/* What stands behind the last dot. */
static struct str
end_of(struct str name, char room[MEDIA_EXT_ROOM])
{
	size_t dot = name.n;

	for (; dot && name.p[dot - 1] != '.'; dot--)
		continue;
	name = str_sub(name, dot, name.n);
	if (dot == 0 || name.n == 0 || name.n > MEDIA_EXT_ROOM)
		return STR_NONE;
	for (size_t i = 0; i < name.n; i++) {
		room[i] = str_lower_char(name.p[i]);
		if (!is_ext_char(room[i]))
			return STR_NONE;
	}
	return str_make(room, name.n);
}

struct str
media_ext(struct str path, char room[MEDIA_EXT_ROOM])
{
	struct str s = str_sub(path, 0, str_find(path, '?', 0));

	return end_of(without_tail(last_part(s), true), room);
}

struct str
media_name_ext(struct str name, char room[MEDIA_EXT_ROOM])
{
	return end_of(last_part(without_marks(name)), room);
}
