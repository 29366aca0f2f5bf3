/* A library to preload: the clock stands at the beginning of 1970. */
#include <sys/time.h>
#include <time.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT int clock_gettime(clockid_t clock, struct timespec *now) {
    (void)clock;
    *now = (struct timespec){0};
    return 0;
}

EXPORT time_t time(time_t *now) {
    if (now != NULL)
        *now = 0;
    return 0;
}

EXPORT int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    (void)zone;
    *now = (struct timeval){0};
    return 0;
}
