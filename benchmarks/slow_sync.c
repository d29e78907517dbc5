/* Preloaded into a process, it makes every sync of a file take at least SLOW_SYNC_US microseconds, one at a
   time: the rate of a disk without a write cache of its own, on a machine whose disk is faster. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

static int slowly(const char *name, int descriptor) {
    int (*sync)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    const char *said = getenv("SLOW_SYNC_US");
    long wait_us = said ? atol(said) : 0, took_us;
    struct timespec began, now, rest;
    pthread_mutex_lock(&one_at_a_time);
    clock_gettime(CLOCK_MONOTONIC, &began);
    int result = sync(descriptor);
    clock_gettime(CLOCK_MONOTONIC, &now);
    took_us = (now.tv_sec - began.tv_sec) * 1000000L + (now.tv_nsec - began.tv_nsec) / 1000L;
    if (took_us < wait_us) {
        rest.tv_sec = (wait_us - took_us) / 1000000L;
        rest.tv_nsec = (wait_us - took_us) % 1000000L * 1000L;
        nanosleep(&rest, NULL);
    }
    pthread_mutex_unlock(&one_at_a_time);
    return result;
}

int fsync(int descriptor) { return slowly("fsync", descriptor); }
int fdatasync(int descriptor) { return slowly("fdatasync", descriptor); }
