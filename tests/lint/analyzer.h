/* Read by clang-tidy before each source: tells it what it cannot see from one file, that functions which set an error
 * return a status other than TILL_OK. */
#define _GNU_SOURCE /* as lib/base/pages.c does; too late there, behind this file */
#include <till/error.h>

#define till_error_memory(error) ((void)till_error_memory(error), TILL_ERROR_MEMORY)
#define till_error_set(error, status, ...) ((void)till_error_set(error, status, __VA_ARGS__), (status))
#define till_error_system(error, path, what, code)                                                                     \
    ((void)till_error_system(error, path, what, code), TILL_ERROR_INPUT_OUTPUT)
