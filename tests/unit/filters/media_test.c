/* media_test.c - types as said, as seen, and whether they go together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/table.h"
#include "filters/media.h"
#include "filters/request.h"

/* ------------------------------------------------------------ as declared */

static void
types_are_read_as_browsers_do(void **unused)
{
	static const struct {
		const char *raw, *type;
	} rows[] = {
	    {"video/mp4", "video/mp4"},
	    {"Video/MP4; codecs=\"avc1\"", "video/mp4"},
	    {"  text/html\t;charset=utf-8", "text/html"},
	    {"text/html;", "text/html"},
	    {"text/html, video/mp4", "video/mp4"},
	    {"video/mp4, nonsense", "video/mp4"},
	    {"video/mp4, */*", "video/mp4"},
	    {"text/html;x=\"a,video/mp4\"", "text/html"},
	    {"text/html;x=\"a\\\",image/png\", video/mp4", "video/mp4"},
	    {",,video/mp4", "video/mp4"},
	    {"application/vnd.ms-excel.sheet.macroEnabled.12",
	        "application/vnd.ms-excel.sheet.macroenabled.12"},
	    {"", ""},
	    {"video", ""},
	    {"video/", ""},
	    {"/mp4", ""},
	    {"video /mp4", ""},
	    {"video/ mp4", ""},
	    {"video/mp4 x", ""},
	    {"vid\xc3\xa9o/mp4", ""},
	    {"*/*", ""},
	};
	char room[MEDIA_ROOM];

	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		struct str got = media_type(str_of(rows[i].raw), room);

		if (!str_eq(got, str_of(rows[i].type)))
			fail_msg("%s: %.*s", rows[i].raw, STR_ARG(got));
	}
}

static void
a_type_that_is_too_long_is_none(void **unused)
{
	char room[MEDIA_ROOM], raw[MEDIA_ROOM + 8];

	(void)unused;
	memset(raw, 'x', sizeof(raw));
	memcpy(raw, "video/", 6);
	assert_int_equal(
	    media_type(str_make(raw, MEDIA_ROOM - 1), room).n, MEDIA_ROOM - 1);
	assert_int_equal(media_type(str_make(raw, MEDIA_ROOM), room).n, 0);
}

static void
wanted_types_cover_their_own(void **unused)
{
	static const struct {
		const char *type, *wanted;
		bool is;
	} rows[] = {
	    {"video/mp4", "video/mp4", true},
	    {"video/mp4", "video/", true},
	    {"video/mp4", "video/*", true},
	    {"video/mp4", "video/webm", false},
	    {"video/mp4", "vide/", false},
	    {"video/mp4v-es", "video/mp4", false},
	    {"videos/x", "video/", false},
	    {"image/jpg", "image/jpeg", true},
	    {"image/jpeg", "image/jpg", true},
	    {"application/x-msdownload", "application/x-dosexec", true},
	    {"video/ogg", "video/", true},
	    {"application/ogg", "audio/ogg", true},
	    {"", "video/", false},
	    {"", "video/mp4", false},
	};

	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++)
		if (media_is(str_of(rows[i].type), str_of(rows[i].wanted)) !=
		    rows[i].is)
			fail_msg("%s, %s", rows[i].type, rows[i].wanted);
}

/* --------------------------------------------------------------- as seen */

#define FILE_OF(bytes, type)                                                   \
	{                                                                      \
		STR_INIT(bytes), type                                          \
	}
#define ZEROS_16 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define ZIP_HEAD "PK\3\4\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
/* a DOS head of 64 bytes that points right behind it */
#define DOS_HEAD                                                               \
	"MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff\0\0" ZEROS_16 ZEROS_16               \
	"\0\0\0\0\0\0\0\0\0\0\0\0\x40\0\0\0"

static const struct {
	struct str bytes;
	const char *type; /* "" : nothing is said */
} files[] = {
    FILE_OF("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png"),
    FILE_OF("\x89PNG\r\n\x1a", ""),
    FILE_OF("\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
    FILE_OF("GIF89a\1\0\1\0", "image/gif"),
    FILE_OF("GIF88a", ""),
    FILE_OF("RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
    FILE_OF("RIFF\x24\0\0\0WAVEfmt ", "audio/wave"),
    FILE_OF("RIFF\x24\0\0\0AVI LIST", "video/x-msvideo"),
    FILE_OF("FORM\0\0\0\x24"
            "AIFFCOMM",
        "audio/aiff"),
    FILE_OF("12345678WAVE", ""),
    FILE_OF("BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0", "image/bmp"),
    FILE_OF("BMW sells motorcycles, too.", ""),
    FILE_OF("\0\0\1\0\1\0\x10\x10\0\0\1\0", "image/x-icon"),
    FILE_OF("\0\0\1\xba\x44\0\4\0\4\1", "video/mpeg"),
    FILE_OF("\0\0\0\x18"
            "ftypmp42\0\0\0\0isommp42",
        "video/mp4"),
    FILE_OF("\0\0\0\x1c"
            "ftypisom\0\0\2\0",
        "video/mp4"),
    FILE_OF("\0\0\0\x1c"
            "ftypXXXX\0\0\2\0isommp41",
        "video/mp4"),
    FILE_OF("\0\0\0\x14"
            "ftypXXXX\0\0\2\0isommp41",
        ""),
    FILE_OF("\0\0\0\x1c"
            "ftypavif\0\0\0\0",
        "image/avif"),
    FILE_OF("\0\0\0\x1c"
            "ftypM4A \0\0\0\0",
        "audio/mp4"),
    FILE_OF("\0\0\0\x1b"
            "ftypmp42\0\0\0\0",
        ""),
    FILE_OF("\x1a\x45\xdf\xa3\x9f\x42\x86\x81\1\x42\x82\x84webm", "video/webm"),
    FILE_OF("\x1a\x45\xdf\xa3\xa3\x42\x82\x88matroska", "video/x-matroska"),
    FILE_OF("\x1a\x45\xdf\xa3\xa3\x42\x82\x88", ""),
    FILE_OF("ID3\4\0\0\0\0\2\1", "audio/mpeg"),
    FILE_OF("ID3 tags are about music", ""),
    FILE_OF("OggS\0\2", "application/ogg"),
    FILE_OF("FLV\1\5\0\0\0\t", "video/x-flv"),
    FILE_OF("CWS\x0a\x10\0\0\0", "application/x-shockwave-flash"),
    FILE_OF("CWS stands for something", ""),
    FILE_OF("wOFF\0\1\0\0", "font/woff"),
    FILE_OF("wOF2OTTO", "font/woff2"),
    FILE_OF("wOFFle", ""),
    FILE_OF("\0\1\0\0\0\x0c\0\x80\0\3\0\x40", "font/ttf"),
    FILE_OF("\0\1\0\0\0\x0c\0\x90\0\3\0\x40", ""),
    FILE_OF("\x1f\x8b\x08\0", "application/gzip"),
    FILE_OF("PK\5\6\0\0", "application/zip"),
    FILE_OF(ZIP_HEAD "a.txt", "application/zip"),
    FILE_OF(ZIP_HEAD "[Content_Types].xml",
        "application/vnd.openxmlformats-officedocument"),
    FILE_OF(ZIP_HEAD "mimetypeapplication/epub+zip", "application/epub+zip"),
    FILE_OF(ZIP_HEAD "META-INF/MANIFEST.MF", "application/java-archive"),
    FILE_OF(ZIP_HEAD "META-INF/MANIFEST.MF" ZIP_HEAD "AndroidManifest.xml",
        "application/vnd.android.package-archive"),
    FILE_OF(ZIP_HEAD "classes.dex", "application/vnd.android.package-archive"),
    FILE_OF("PK\3\4", "application/zip"),
    FILE_OF("PKunzip is old", ""),
    FILE_OF("Rar!\x1a\7\1\0", "application/vnd.rar"),
    FILE_OF("7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    FILE_OF("BZh91AY&SY", "application/x-bzip2"),
    FILE_OF("BZh9 is not", ""),
    FILE_OF("%PDF-1.7", "application/pdf"),
    FILE_OF("{\\rtf1", "application/rtf"),
    FILE_OF("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0", "application/x-ole-storage"),
    FILE_OF(DOS_HEAD "PE\0\0\x4c\1", "application/x-dosexec"),
    FILE_OF(DOS_HEAD "text", ""),
    FILE_OF(DOS_HEAD, "application/x-dosexec"),
    FILE_OF("MZ is a name, and a long text that goes on for more than the "
            "64 bytes of a head",
        ""),
    FILE_OF("\x7f"
            "ELF\2\1\1\0",
        "application/x-executable"),
    FILE_OF("\x7f"
            "ELF\x20\1",
        ""),
    FILE_OF("\xcf\xfa\xed\xfe\7\0\0\1", "application/x-mach-binary"),
    FILE_OF("\xca\xfe\xba\xbe\0\0\0\2", "application/x-mach-binary"),
    FILE_OF("\xca\xfe\xba\xbe\0\0\0\x34", "application/java-vm"),
    FILE_OF("#!/bin/sh\n", "text/x-shellscript"),
    FILE_OF("#! /usr/bin/env python3\n", "text/x-shellscript"),
    FILE_OF("#!important", ""),
    FILE_OF("\0asm\1\0\0\0", "application/wasm"),
    FILE_OF(
        "!<arch>\ndebian-binary   ", "application/vnd.debian.binary-package"),
    FILE_OF("II*\0\x08\0\0\0", "image/tiff"),
    FILE_OF("MM\0*\0\0\0\x08", "image/tiff"),
    FILE_OF("8BPS\0\1\0\0", "image/vnd.adobe.photoshop"),
    FILE_OF("8BPS by the way", ""),
    FILE_OF("\0\0\0\x0cJXL \r\n\x87\n", "image/jxl"),
    FILE_OF("\0\0\0\x0cjP  \r\n\x87\n", "image/jp2"),
    FILE_OF("\0\0\0\x18"
            "ftypheic\0\0\0\0",
        "image/heic"),
    FILE_OF("\0\0\0\x18"
            "ftypmif1\0\0\0\0",
        "image/heif"),
    FILE_OF("\0\0\0\x14"
            "ftypqt  \0\0\0\0",
        "video/quicktime"),
    FILE_OF("\0\0\0\x18"
            "ftyp3gp4\0\0\0\0",
        "video/3gpp"),
    FILE_OF("\0\0\0\x08"
            "ftypmp42",
        ""),
    FILE_OF("FORM\0\0\0\x24"
            "AIFCCOMM",
        "audio/aiff"),
    FILE_OF("fLaC\0\0\0\x22", "audio/flac"),
    FILE_OF("#!AMR\n", "audio/amr"),
    FILE_OF("MThd\0\0\0\6\0\1", "audio/midi"),
    FILE_OF("\0\0\1\xb3\x14", "video/mpeg"),
    FILE_OF("\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6", "video/x-ms-asf"),
    FILE_OF("FWS\x09\x10\0\0\0", "application/x-shockwave-flash"),
    FILE_OF("ZWS\x0d\x10\0\0\0", "application/x-shockwave-flash"),
    FILE_OF("OTTO\0\x0a\0\x80\0\3\0\x20", "font/otf"),
    FILE_OF("OTTO is a name", ""),
    FILE_OF("ttcf\0\1\0\0\0\0\0\2", "font/collection"),
    FILE_OF("\x28\xb5\x2f\xfd\x04", "application/zstd"),
    FILE_OF("\4\"M\x18\x64", "application/x-lz4"),
    FILE_OF("\xfd"
            "7zXZ\0\0",
        "application/x-xz"),
    FILE_OF("BZh5\x17\x72\x45\x38\x50\x90", "application/x-bzip2"),
    FILE_OF("BZh01AY&SY", ""),
    FILE_OF("MSCF\0\0\0\0\x10", "application/vnd.ms-cab-compressed"),
    FILE_OF("Rar!\x1a\7\0\xcf", "application/vnd.rar"),
    FILE_OF("PK\7\x08PK\3\4", "application/zip"),
    FILE_OF(ZIP_HEAD "_rels/.rels",
        "application/vnd.openxmlformats-officedocument"),
    FILE_OF(ZIP_HEAD "mimetypeapplication/vnd.oasis.opendocument.text",
        "application/vnd.oasis.opendocument"),
    FILE_OF(ZIP_HEAD "META-INF/com/android/build",
        "application/vnd.android.package-archive"),
    FILE_OF(ZIP_HEAD "a.txt" ZIP_HEAD "AndroidManifest.xml",
        "application/vnd.android.package-archive"),
    FILE_OF("%!PS-Adobe-3.0", "application/postscript"),
    FILE_OF(DOS_HEAD "NE\5\0", "application/x-dosexec"),
    FILE_OF("\xfe\xed\xfa\xce\0\0\0\7", "application/x-mach-binary"),
    FILE_OF("\xfe\xed\xfa\xcf\1\0\0\7", "application/x-mach-binary"),
    FILE_OF("\xce\xfa\xed\xfe\7\0\0\0", "application/x-mach-binary"),
    FILE_OF("\xca\xfe\xba\xbe\0\0\0\x2c", ""),
    FILE_OF("dex\n035\0", "application/vnd.android.dex"),
    FILE_OF("L\0\0\0\1\x14\2\0\0\0", "application/x-ms-shortcut"),
    FILE_OF("\xed\xab\xee\xdb\3\0", "application/x-rpm"),
    FILE_OF("Cr24\3\0\0\0", "application/x-chrome-extension"),
    FILE_OF("Cr24\4\0\0\0", ""),
    FILE_OF("d8:announce35:", "application/x-bittorrent"),
    FILE_OF("  \r\n<!DOCTYPE html>", "text/html"),
    FILE_OF("\xef\xbb\xbf<html>", "text/html"),
    FILE_OF("<a href=x>", "text/html"),
    FILE_OF("<article>", ""),
    FILE_OF("<!-- x", "text/html"),
    FILE_OF("<?xml version='1.0'?>", "application/xml"),
    FILE_OF("just some words", ""),
    FILE_OF("\0", ""),
    FILE_OF("", ""),
};

static void
first_bytes_tell_the_type(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(files); i++) {
		struct str got = media_sniff(files[i].bytes);

		if (!str_eq(got, str_of(files[i].type)))
			fail_msg("file %u, of %s: %.*s", i, files[i].type,
			    STR_ARG(got));
	}
}

static void
long_files_are_told_by_their_middle(void **unused)
{
	static const struct {
		size_t at[2];
		struct str bytes;
		const char *type;
	} rows[] = {
	    {{257, 257}, STR_INIT("ustar\0"), "application/x-tar"},
	    {{257, 257}, STR_INIT("ustar  "), "application/x-tar"},
	    {{188, 376}, STR_INIT("\x47"), "video/mp2t"},
	    /* 128 kbit/s at 44.1 kHz: the next frame is 417 bytes on */
	    {{417, 417}, STR_INIT("\xff\xfb\x90\x64"), "audio/mpeg"},
	    /* padded, it is 418 */
	    {{418, 418}, STR_INIT("\xff\xfb\x92\x64"), "audio/mpeg"},
	};
	static const char *const begin[] = {
	    "name", "name", "\x47", "\xff\xfb\x90\x64", "\xff\xfb\x92\x64"};

	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		char first[REQUEST_FIRST_MAX] = {0};

		memcpy(first, begin[i], strlen(begin[i]));
		for (int k = 0; k < 2; k++)
			memcpy(first + rows[i].at[k], rows[i].bytes.p,
			    rows[i].bytes.n);
		if (!str_eq(media_sniff(str_make(first, sizeof(first))),
		        str_of(rows[i].type)))
			fail_msg("%s", rows[i].type);
		first[rows[i].at[1]] ^= 1;
		assert_int_equal(
		    media_sniff(str_make(first, sizeof(first))).n, 0);
	}
}

/* Each prefix from memory of its size: it says nothing, the same, or what it
 * would be if it ended there, and reads no further. */
static void
every_prefix_is_read_to_its_end(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(files); i++)
		for (size_t n = 0; n < files[i].bytes.n; n++) {
			char *exact = malloc(n ? n : 1);
			struct str got;

			assert_non_null(exact);
			memcpy(exact, files[i].bytes.p, n);
			got = media_sniff(str_make(n ? exact : NULL, n));
			/* a program is never half of something harmless */
			if (got.n && strstr(files[i].type, "dosexec"))
				assert_true(str_eq(got, str_of(files[i].type)));
			free(exact);
		}
}

/* ----------------------------------------------------------- contradiction */

static void
only_what_is_certain_contradicts(void **unused)
{
	static const struct {
		const char *declared, *sniffed;
		bool is;
	} rows[] = {
	    {"image/png", "application/x-dosexec", true},
	    {"image/png", "video/mp4", true},
	    {"image/png", "application/zip", true},
	    {"image/png", "text/x-shellscript", true},
	    {"text/html", "application/x-dosexec", true},
	    {"text/plain", "application/x-executable", true},
	    {"application/json", "application/x-dosexec", true},
	    {"application/pdf", "application/x-dosexec", true},
	    {"application/pdf", "image/png", true},
	    {"video/mp4", "application/zip", true},
	    {"font/woff2", "application/gzip", true},
	    {"application/zip", "application/x-dosexec", true},
	    {"application/vnd.ms-excel", "application/x-dosexec", true},
	    /* the same, or nearly */
	    {"image/png", "image/png", false},
	    {"image/png", "image/jpeg", false},
	    {"image/jpg", "image/jpeg", false},
	    {"video/webm", "video/x-matroska", false},
	    {"audio/mp4", "video/mp4", false},
	    {"audio/ogg", "application/ogg", false},
	    {"application/x-tar", "application/gzip", false},
	    /* in a wrapping */
	    {"application/vnd.openxmlformats-officedocument.wordprocessingml."
	     "document",
	        "application/vnd.openxmlformats-officedocument", false},
	    {"application/vnd.oasis.opendocument.text", "application/zip",
	        false},
	    {"application/epub+zip", "application/zip", false},
	    {"application/msword", "application/x-ole-storage", false},
	    {"application/vnd.ms-excel", "application/zip", false},
	    {"application/vnd.android.package-archive",
	        "application/java-archive", false},
	    {"image/svg+xml", "application/gzip", false},
	    {"application/zip", "application/vnd.openxmlformats-officedocument",
	        false},
	    /* what nobody can know */
	    {"image/png", "text/html", false},
	    {"image/png", "application/xml", false},
	    {"text/html", "text/x-shellscript", false},
	    {"text/html", "image/png", false},
	    {"text/plain", "application/gzip", false},
	    {"application/octet-stream", "application/x-dosexec", false},
	    {"application/x-unheard-of", "application/x-dosexec", false},
	    {"application/x-msdownload", "application/zip", false},
	    {"", "application/x-dosexec", false},
	    {"image/png", "", false},
	};

	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++)
		if (media_contradicts(str_of(rows[i].declared),
		        str_of(rows[i].sniffed)) != rows[i].is)
			fail_msg("%s, %s", rows[i].declared, rows[i].sniffed);
}

/* ------------------------------------------------------------------ names */

static void
endings_are_those_that_a_system_would_see(void **unused)
{
	static const struct {
		const char *path, *ext;
	} rows[] = {
	    {"/a/setup.exe", "exe"},
	    {"/a/setup.EXE", "exe"},
	    {"/a/setup.exe?x=1.txt", "exe"},
	    {"/a.b/setup", ""},
	    {"/a.tar.gz", "gz"},
	    {"/report.pdf.exe", "exe"},
	    {"/setup.exe.", "exe"},
	    {"/setup.exe%20", "exe"},
	    {"/setup.exe. .%20", "exe"},
	    {"/setup.exe%09", "exe"},
	    {"/setup.exe%00", "exe"},
	    {"/setup.exe%C2%A0", "exe"},
	    {"/setup.exe%e2%80%8B%2E", "exe"},
	    {"/setup.exe%E3%80%81", ""},
	    {"/setup.exe/", ""},
	    {"C:\\a\\setup.exe", "exe"},
	    {"../../setup.exe", "exe"},
	    {"setup.exe", "exe"},
	    {"/.profile", "profile"},
	    {"/", ""},
	    {"", ""},
	    {".", ""},
	    {"/a.", ""},
	    {"/a.b c", ""},
	    {"/a.ex%65", ""},
	    {"/x.mp4", "mp4"},
	    {"/x.1234567890123456", "1234567890123456"},
	    {"/x.12345678901234567", ""},
	};
	char room[MEDIA_EXT_ROOM];

	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		struct str got = media_ext(str_of(rows[i].path), room);

		if (!str_eq(got, str_of(rows[i].ext)))
			fail_msg("%s: %.*s", rows[i].path, STR_ARG(got));
	}
}

/* As a program is given it: nothing is escaped, and '?' is a letter. */
static void
endings_of_names(void **unused)
{
	static const struct {
		const char *name, *ext;
	} rows[] = {
	    {"setup.EXE", "exe"},
	    {"a/b\\setup.exe", "exe"},
	    {"a.txt?.exe", "exe"},
	    {"setup.exe?", "exe"},
	    {"setup.exe%20", ""},
	    {"setup.exe\t ", "exe"},
	    {"setup.exe\xa0", "exe"},
	    {"setup.exe\xc2\xa0.", "exe"},
	    {"setup.exe\xc3\xa0", ""},
	    {"setup.exe\xe2\x80\xae", "exe"},
	    {"\"setup.exe\"", "exe"},
	    {"setup.exe/\\", "exe"},
	    {"...", ""},
	    {"", ""},
	};
	char room[MEDIA_EXT_ROOM];

	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		struct str got = media_name_ext(str_of(rows[i].name), room);

		if (!str_eq(got, str_of(rows[i].ext)))
			fail_msg("%s: %.*s", rows[i].name, STR_ARG(got));
	}
}

/* What is said to be compressed: nothing by chance, nothing of the coding. */
static void
coded_bytes_tell_what_is_certain(void **unused)
{
	static char dos[128] = "MZ\x90";
	static const struct {
		struct str first;
		const char *type;
	} rows[] = {
	    {STR_INIT("\x7f"
	              "ELF\2\1\1"),
	        "application/x-executable"},
	    {{dos, sizeof(dos)}, "application/x-dosexec"},
	    {STR_INIT("MZ and text"), ""},
	    {STR_INIT("\x89PNG\r\n\x1a\n"), "image/png"},
	    {STR_INIT("PK\3\4"), "application/zip"},
	    {STR_INIT("\x1f\x8b\x08"), ""},
	    {STR_INIT("\x28\xb5\x2f\xfd"), ""},
	    {STR_INIT("#!/bin/sh"), ""},
	    {STR_INIT("<html>"), ""},
	    {STR_INIT(""), ""},
	};

	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++)
		if (!str_eq(
		        media_sniff_coded(rows[i].first), str_of(rows[i].type)))
			fail_msg("%u", i);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(types_are_read_as_browsers_do),
	    cmocka_unit_test(a_type_that_is_too_long_is_none),
	    cmocka_unit_test(wanted_types_cover_their_own),
	    cmocka_unit_test(first_bytes_tell_the_type),
	    cmocka_unit_test(long_files_are_told_by_their_middle),
	    cmocka_unit_test(every_prefix_is_read_to_its_end),
	    cmocka_unit_test(only_what_is_certain_contradicts),
	    cmocka_unit_test(endings_are_those_that_a_system_would_see),
	    cmocka_unit_test(endings_of_names),
	    cmocka_unit_test(coded_bytes_tell_what_is_certain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
