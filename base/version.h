/* version.h - what `suzgi version` says; the Makefile reads it too. */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#define SUZGI_VERSION "0.1.0"

#endif
