/* Faults of disk and clock for one process, by LD_PRELOAD. What is to fail stands in a small file that
   the process maps, so that it can be changed from outside at any moment. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

struct orders {
    volatile int fault;       /* 0 none, 1 fsync fails, 2 writes find no room, 3 writes fail, 4 writes are short */
    volatile long clock_ahead; /* seconds by which the time of day is ahead */
};

static struct orders none;
static struct orders *orders(void) {
    static struct orders *mapped;
    if (!mapped) {
        const char *path = getenv("CHAOS_ORDERS");
        int file = path ? open(path, O_RDONLY) : -1;
        void *at = file < 0 ? MAP_FAILED : mmap(0, sizeof(struct orders), PROT_READ, MAP_SHARED, file, 0);
        if (file >= 0) close(file);
        mapped = at == MAP_FAILED ? &none : at;
    }
    return mapped;
}

/* Only the database and its log fail; sockets and the program's own log do not. */
static int is_store(int file) {
    char link[64], path[512];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return strstr(path, "chatd.db") != 0;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int sync_fails(int file) {
    if (orders()->fault == 1 && is_store(file)) { errno = EIO; return 1; }
    return 0;
}
int fsync(int file) { return sync_fails(file) ? -1 : NEXT(fsync)(file); }
int fdatasync(int file) { return sync_fails(file) ? -1 : NEXT(fdatasync)(file); }

static int write_fails(int file, size_t *count) {
    int fault = orders()->fault;
    if (fault < 2 || !is_store(file)) return 0;
    if (fault == 4 && *count > 1) { *count /= 2; return 0; }
    errno = fault == 3 ? EIO : ENOSPC;
    return 1;
}
ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t at) {
    return write_fails(file, &count) ? -1 : NEXT(pwrite64)(file, bytes, count, at);
}
ssize_t pwrite(int file, const void *bytes, size_t count, off_t at) {
    return write_fails(file, &count) ? -1 : NEXT(pwrite)(file, bytes, count, at);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    int outcome = NEXT(clock_gettime)(clock, time);
    if (outcome == 0 && clock == CLOCK_REALTIME) time->tv_sec += orders()->clock_ahead;
    return outcome;
}
