/* till/version.h: the release. The Makefile reads it from here too. */
#ifndef TILL_VERSION_H
#define TILL_VERSION_H

#define TILL_VERSION "0.1.0"

#endif
