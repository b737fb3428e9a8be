/*
 * media_sniff.c - what the first bytes of an answer say it is.
 *
 * The signatures are those of WHATWG MIME Sniffing (sections 6 and 7.1) and of
 * the formats' own documents for what is not in there: programs, archives,
 * documents. Where a signature is so short that text may begin with it ("BM",
 * "ID3", "MZ"), more of the format's head has to be right.
 */
#include "filters/media.h"

#include <stdint.h>
#include <string.h>

#include "base/table.h"

#define ZIP_HEAD 30 /* before the name of a file in it */

static uint8_t
byte_at(struct str s, size_t i)
{
	return i < s.n ? (uint8_t)s.p[i] : 0;
}

static uint32_t
le32(struct str s, size_t i)
{
	return byte_at(s, i) | (uint32_t)byte_at(s, i + 1) << 8 |
	       (uint32_t)byte_at(s, i + 2) << 16 |
	       (uint32_t)byte_at(s, i + 3) << 24;
}

static uint32_t
be32(struct str s, size_t i)
{
	return (uint32_t)byte_at(s, i) << 24 |
	       (uint32_t)byte_at(s, i + 1) << 16 |
	       (uint32_t)byte_at(s, i + 2) << 8 | byte_at(s, i + 3);
}

static bool
has_at(struct str s, size_t at, struct str what)
{
	return s.n >= at && str_starts(str_sub(s, at, s.n), what);
}

/* ------------------------------------------------- heads that must be right */

/* The size of the header behind it is one of those there are. */
static bool
is_bmp(struct str s)
{
	static const uint8_t sizes[] = {12, 16, 40, 52, 56, 64, 108, 124};
	uint32_t size = le32(s, 14);

	for (unsigned i = 0; i < ARRAY_LEN(sizes); i++)
		if (s.n >= 18 && size == sizes[i])
			return le32(s, 6) == 0 || size != 40;
	return false;
}

/* Some pictures, none with a reserved byte that is not 0. */
static bool
is_icon(struct str s)
{
	return s.n >= 10 && byte_at(s, 4) && !byte_at(s, 5) && !byte_at(s, 9);
}

/* ID3v2: a version, and a size of 7-bit bytes. */
static bool
is_id3(struct str s)
{
	return s.n >= 10 && byte_at(s, 3) < 0x10 && byte_at(s, 4) != 0xff &&
	       !(be32(s, 6) & 0x80808080u);
}

static bool
is_flash(struct str s)
{
	return s.n >= 8 && byte_at(s, 3) > 0 && byte_at(s, 3) < 64 &&
	       byte_at(s, 7) < 0x20;
}

/* The table count of a font, and what it must be searched with. */
static bool
is_sfnt(struct str s)
{
	unsigned tables = byte_at(s, 5), range = 16;

	while (range * 2 <= tables * 16)
		range *= 2;
	return s.n >= 12 && byte_at(s, 4) == 0 && tables > 0 && tables < 128 &&
	       (unsigned)(byte_at(s, 6) << 8 | byte_at(s, 7)) == range;
}

static bool
is_woff(struct str s)
{
	uint32_t flavour = be32(s, 4);

	return s.n >= 8 && (flavour == 0x00010000 || flavour == 0x4f54544f ||
	                       flavour == 0x74727565 || flavour == 0x74746366);
}

static bool
is_eot(struct str s)
{
	uint32_t version = le32(s, 8);

	return s.n >= 36 && (version == 0x00010000 || version == 0x00020001 ||
	                        version == 0x00020002);
}

/* The old head of a Windows program: binary, and where it points to in reach
 * there is the new one. */
static bool
is_dosexec(struct str s)
{
	uint32_t at = le32(s, 0x3c);

	if (s.n < 64 || !memchr(s.p, '\0', 64))
		return false;
	if (at >= 64 && at + 4 <= s.n)
		return has_at(s, at, STR("PE\0\0")) ||
		       has_at(s, at, STR("NE")) || has_at(s, at, STR("LE")) ||
		       has_at(s, at, STR("LX"));
	return true;
}

static bool
is_elf(struct str s)
{
	return s.n >= 6 && (byte_at(s, 4) == 1 || byte_at(s, 4) == 2) &&
	       (byte_at(s, 5) == 1 || byte_at(s, 5) == 2);
}

/* 0xcafebabe begins a Mach-O file for several machines and a Java class; of
 * the one follows how many machines, of the other a version of 45 or more. */
static bool
is_fat_mach(struct str s)
{
	return s.n >= 8 && be32(s, 4) > 0 && be32(s, 4) < 40;
}

static bool
is_java_class(struct str s)
{
	return s.n >= 8 && (be32(s, 4) & 0xffff) >= 45;
}

static bool
is_script(struct str s)
{
	size_t i = 2;

	while (byte_at(s, i) == ' ' || byte_at(s, i) == '\t')
		i++;
	return byte_at(s, i) == '/';
}

static bool
is_transport_stream(struct str s)
{
	return byte_at(s, 188) == 0x47 && byte_at(s, 376) == 0x47;
}

static bool
is_bzip(struct str s)
{
	return byte_at(s, 3) >= '1' && byte_at(s, 3) <= '9' &&
	       (has_at(s, 4, STR("1AY&SY")) ||
	           has_at(s, 4, STR("\x17\x72\x45\x38\x50\x90")));
}

static bool
is_matroska(struct str s)
{
	return str_search(s, STR("matroska")) < s.n;
}

static bool
is_webm(struct str s)
{
	return str_search(s, STR("\x42\x82")) < s.n &&
	       str_search(s, STR("webm")) < s.n;
}

/* ------------------------------------------------------------ signatures */

#define SIG(at, bytes, check, type)                                            \
	{                                                                      \
		at, STR_INIT(bytes), check, type                               \
	}

static const struct {
	uint16_t at;
	struct str bytes;
	bool (*check)(struct str s); /* NULL: nothing more */
	const char *type;
} signatures[] = {
    SIG(0, "\x89PNG\r\n\x1a\n", NULL, "image/png"),
    SIG(0, "\xff\xd8\xff", NULL, "image/jpeg"),
    SIG(0, "GIF87a", NULL, "image/gif"),
    SIG(0, "GIF89a", NULL, "image/gif"),
    SIG(8, "WEBPVP", NULL, "image/webp"), /* RIFF is looked for before */
    SIG(0, "BM", is_bmp, "image/bmp"),
    SIG(0, "\0\0\1\0", is_icon, "image/x-icon"),
    SIG(0, "\0\0\2\0", is_icon, "image/x-icon"),
    SIG(0, "II*\0", NULL, "image/tiff"),
    SIG(0, "MM\0*", NULL, "image/tiff"),
    SIG(0, "8BPS\0\1", NULL, "image/vnd.adobe.photoshop"),
    SIG(0, "\0\0\0\x0cJXL \r\n\x87\n", NULL, "image/jxl"),
    SIG(0, "\0\0\0\x0cjP  \r\n\x87\n", NULL, "image/jp2"),

    SIG(8, "WAVE", NULL, "audio/wave"),
    SIG(8, "AVI ", NULL, "video/x-msvideo"),
    SIG(8, "AIFF", NULL, "audio/aiff"),
    SIG(8, "AIFC", NULL, "audio/aiff"),
    SIG(0, "ID3", is_id3, "audio/mpeg"),
    SIG(0, "fLaC\0\0\0", NULL, "audio/flac"),
    SIG(0, "#!AMR", NULL, "audio/amr"),
    SIG(0, "MThd\0\0\0\6", NULL, "audio/midi"),
    SIG(0, "OggS\0", NULL, "application/ogg"),
    SIG(0, "\x1a\x45\xdf\xa3", is_matroska, "video/x-matroska"),
    SIG(0, "\x1a\x45\xdf\xa3", is_webm, "video/webm"),
    SIG(0, "FLV\1", NULL, "video/x-flv"),
    SIG(0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11", NULL, "video/x-ms-asf"),
    SIG(0, "\0\0\1\xba", NULL, "video/mpeg"),
    SIG(0, "\0\0\1\xb3", NULL, "video/mpeg"),
    SIG(0, "\x47", is_transport_stream, "video/mp2t"),
    SIG(0, "FWS", is_flash, "application/x-shockwave-flash"),
    SIG(0, "CWS", is_flash, "application/x-shockwave-flash"),
    SIG(0, "ZWS", is_flash, "application/x-shockwave-flash"),

    SIG(0, "wOFF", is_woff, "font/woff"),
    SIG(0, "wOF2", is_woff, "font/woff2"),
    SIG(0, "OTTO", is_sfnt, "font/otf"),
    SIG(0, "\0\1\0\0", is_sfnt, "font/ttf"),
    SIG(0, "ttcf\0\1\0\0", NULL, "font/collection"),
    SIG(0, "ttcf\0\2\0\0", NULL, "font/collection"),
    SIG(34, "LP", is_eot, "application/vnd.ms-fontobject"),

    SIG(0, "\x1f\x8b\x08", NULL, "application/gzip"),
    SIG(0, "Rar!\x1a\7\0", NULL, "application/vnd.rar"),
    SIG(0, "Rar!\x1a\7\1\0", NULL, "application/vnd.rar"),
    SIG(0, "7z\xbc\xaf\x27\x1c", NULL, "application/x-7z-compressed"),
    SIG(0,
        "\xfd"
        "7zXZ\0",
        NULL, "application/x-xz"),
    SIG(0, "BZh", is_bzip, "application/x-bzip2"),
    SIG(0, "\x28\xb5\x2f\xfd", NULL, "application/zstd"),
    SIG(0, "\4\"M\x18", NULL, "application/x-lz4"),
    SIG(0, "MSCF\0\0\0\0", NULL, "application/vnd.ms-cab-compressed"),
    SIG(257, "ustar\0", NULL, "application/x-tar"),
    SIG(257, "ustar ", NULL, "application/x-tar"),

    SIG(0, "%PDF-", NULL, "application/pdf"),
    SIG(0, "%!PS-Adobe-", NULL, "application/postscript"),
    SIG(0, "{\\rtf", NULL, "application/rtf"),
    SIG(0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", NULL,
        "application/x-ole-storage"),

    SIG(0, "MZ", is_dosexec, "application/x-dosexec"),
    SIG(0,
        "\x7f"
        "ELF",
        is_elf, "application/x-executable"),
    SIG(0, "\xfe\xed\xfa\xce", NULL, "application/x-mach-binary"),
    SIG(0, "\xfe\xed\xfa\xcf", NULL, "application/x-mach-binary"),
    SIG(0, "\xce\xfa\xed\xfe", NULL, "application/x-mach-binary"),
    SIG(0, "\xcf\xfa\xed\xfe", NULL, "application/x-mach-binary"),
    SIG(0, "\xca\xfe\xba\xbe", is_fat_mach, "application/x-mach-binary"),
    SIG(0, "\xca\xfe\xba\xbe", is_java_class, "application/java-vm"),
    SIG(0, "#!", is_script, "text/x-shellscript"),
    SIG(0, "dex\n0", NULL, "application/vnd.android.dex"),
    SIG(0, "\0asm\1\0\0\0", NULL, "application/wasm"),
    SIG(0, "L\0\0\0\1\x14\2\0", NULL, "application/x-ms-shortcut"),
    SIG(0, "!<arch>\ndebian-binary", NULL,
        "application/vnd.debian.binary-package"),
    SIG(0, "\xed\xab\xee\xdb", NULL, "application/x-rpm"),
    SIG(0, "Cr24\2\0\0\0", NULL, "application/x-chrome-extension"),
    SIG(0, "Cr24\3\0\0\0", NULL, "application/x-chrome-extension"),
    SIG(0, "d8:announce", NULL, "application/x-bittorrent"),
};

/* ------------------------------------------------------------- containers */

/* RIFF and IFF files have what they are behind their size. */
static bool
may_be_at_8(struct str s)
{
	return str_starts(s, STR("RIFF")) || str_starts(s, STR("FORM"));
}

/* What a zip is that has such a file; NULL: that says nothing. */
static const char *
type_by_member(struct str name)
{
	static const struct {
		struct str begins;
		const char *type;
	} inside[] = {
	    {STR_INIT("AndroidManifest.xml"),
	        "application/vnd.android.package-archive"},
	    {STR_INIT("META-INF/com/android/"),
	        "application/vnd.android.package-archive"},
	    {STR_INIT("classes.dex"),
	        "application/vnd.android.package-archive"},
	    {STR_INIT("META-INF/"), "application/java-archive"},
	    {STR_INIT("[Content_Types].xml"),
	        "application/vnd.openxmlformats-officedocument"},
	    {STR_INIT("_rels/.rels"),
	        "application/vnd.openxmlformats-officedocument"},
	    /* stored, and first: the type itself follows */
	    {STR_INIT("mimetypeapplication/epub+zip"), "application/epub+zip"},
	    {STR_INIT("mimetypeapplication/vnd.oasis.opendocument"),
	        "application/vnd.oasis.opendocument"},
	};

	for (unsigned i = 0; i < ARRAY_LEN(inside); i++)
		if (str_starts(name, inside[i].begins))
			return inside[i].type;
	return NULL;
}

/* A zip is told by the files in it; of those the first are in sight. An APK
 * may begin as a JAR does. */
static struct str
zip_type(struct str s)
{
	static const char jar[] = "application/java-archive";
	const char *type = "application/zip";
	struct str rest = s;

	while (rest.n) {
		const char *got =
		    type_by_member(str_sub(rest, ZIP_HEAD, rest.n));

		if (got && strcmp(got, jar) != 0)
			return str_of(got);
		if (got)
			type = jar;
		rest = str_sub(rest, 1, rest.n);
		rest = str_sub(rest, str_search(rest, STR("PK\3\4")), rest.n);
	}
	return str_of(type);
}

/* WHATWG 6.2.1: a brand that begins with "mp4" makes it a video; other brands
 * by the formats' own documents. */
static struct str
mp4_type(struct str s)
{
	static const struct {
		struct str brand;
		const char *type;
	} brands[] = {
	    {STR_INIT("avif"), "image/avif"},
	    {STR_INIT("avis"), "image/avif"},
	    {STR_INIT("heic"), "image/heic"},
	    {STR_INIT("heix"), "image/heic"},
	    {STR_INIT("hevc"), "image/heic"},
	    {STR_INIT("mif1"), "image/heif"},
	    {STR_INIT("msf1"), "image/heif"},
	    {STR_INIT("M4A "), "audio/mp4"},
	    {STR_INIT("M4B "), "audio/mp4"},
	    {STR_INIT("qt  "), "video/quicktime"},
	    {STR_INIT("3g"), "video/3gpp"},
	    {STR_INIT("M4V"), "video/mp4"},
	    {STR_INIT("mp4"), "video/mp4"},
	    {STR_INIT("iso"), "video/mp4"},
	    {STR_INIT("avc1"), "video/mp4"},
	    {STR_INIT("dash"), "video/mp4"},
	    {STR_INIT("f4v"), "video/mp4"},
	    {STR_INIT("MSNV"), "video/mp4"},
	};
	uint32_t size = be32(s, 0);

	if (s.n < 12 || size < 12 || size % 4 || !has_at(s, 4, STR("ftyp")))
		return STR_NONE;
	for (unsigned i = 0; i < ARRAY_LEN(brands); i++)
		if (has_at(s, 8, brands[i].brand))
			return str_of(brands[i].type);
	for (size_t at = 16; at + 4 <= s.n && at + 4 <= size; at += 4)
		if (has_at(s, at, STR("mp4")))
			return STR("video/mp4");
	return STR_NONE;
}

/* WHATWG 6.2.3: the length of the MP3 frame at <at>; 0: there is none. */
static size_t
mp3_frame(struct str s, size_t at)
{
	static const uint16_t kbps[2][16] = {
	    {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320},
	    {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160}};
	static const uint32_t rates[] = {44100, 48000, 32000};
	uint8_t b1 = byte_at(s, at + 1), b2 = byte_at(s, at + 2);
	unsigned version = b1 >> 3 & 3, rate = b2 >> 2 & 3;
	uint32_t hz, bits;

	if (s.n < 4 || at > s.n - 4 || byte_at(s, at) != 0xff ||
	    (b1 & 0xe0) != 0xe0 || version == 1 || (b1 >> 1 & 3) != 1 ||
	    rate == 3)
		return 0;
	bits = kbps[version != 3][b2 >> 4] * 1000u;
	hz = rates[rate] >> (version == 3 ? 0 : version == 2 ? 1 : 2);
	return bits ? (version == 3 ? 144 : 72) * bits / hz + (b2 >> 1 & 1) : 0;
}

static bool
is_mp3(struct str s)
{
	size_t n = mp3_frame(s, 0);

	return n && mp3_frame(s, n);
}

/* ------------------------------------------------------------------ text */

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

/* WHATWG 7.1: a tag, in letters of any case, and its end. */
static bool
is_html(struct str s)
{
	static const char *const tags[] = {"<!DOCTYPE HTML", "<HTML", "<HEAD",
	    "<SCRIPT", "<IFRAME", "<H1", "<DIV", "<FONT", "<TABLE", "<A",
	    "<STYLE", "<TITLE", "<B", "<BODY", "<BR", "<P", "<!--"};

	for (unsigned i = 0; i < ARRAY_LEN(tags); i++) {
		size_t n = strlen(tags[i]);

		if (str_eq_nocase(str_sub(s, 0, n), str_of(tags[i])) &&
		    (byte_at(s, n) == ' ' || byte_at(s, n) == '>' ||
		        tags[i][1] == '!'))
			return s.n > n;
	}
	return false;
}

static struct str
text_type(struct str s)
{
	if (str_starts(s, STR("\xef\xbb\xbf")))
		s = str_sub(s, 3, s.n);
	while (s.n && is_blank((uint8_t)s.p[0]))
		s = str_sub(s, 1, s.n);
	if (is_html(s))
		return STR("text/html");
	return str_starts(s, STR("<?xml")) ? STR("application/xml") : STR_NONE;
}

/* The signature that <first> has, of at least so many bytes; STR_NONE: none. */
static struct str
by_signature(struct str first, size_t least)
{
	for (unsigned i = 0; i < ARRAY_LEN(signatures); i++) {
		if (!has_at(first, signatures[i].at, signatures[i].bytes) ||
		    (signatures[i].at == 8 && !may_be_at_8(first)) ||
		    signatures[i].bytes.n < least)
			continue;
		if (!signatures[i].check || signatures[i].check(first))
			return str_of(signatures[i].type);
	}
	return STR_NONE;
}

static struct str
by_container(struct str first)
{
	if (str_starts(first, STR("PK\3\4")))
		return zip_type(first);
	if (str_starts(first, STR("PK\5\6")) ||
	    str_starts(first, STR("PK\7\x08")))
		return STR("application/zip");
	return mp4_type(first);
}

struct str
media_sniff(struct str first)
{
	struct str type = by_signature(first, 0);

	if (!type.n)
		type = by_container(first);
	if (!type.n && is_mp3(first))
		type = STR("audio/mpeg");
	return type.n ? type : text_type(first);
}

/* Two bytes are there by chance, but for a program's, whose head is more than
 * those; a coding's own are what was to be expected. */
struct str
media_sniff_coded(struct str first)
{
	struct str type = by_signature(first, 3);

	if (str_eq(type, STR("application/gzip")) ||
	    str_eq(type, STR("application/zstd")))
		return STR_NONE;
	if (!type.n && str_starts(first, STR("MZ")) && is_dosexec(first))
		type = STR("application/x-dosexec");
	return type.n ? type : by_container(first);
}
