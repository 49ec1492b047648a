/* Shows a wall clock that is ahead to a process that loads this with LD_PRELOAD, and to its children. Build
 * it with -DAHEAD_S=seconds: a variable would not reach the parts of the stack, which are given few. Built
 * with -DAHEAD_FILE='"…"', it takes the seconds, which may be negative, from the first 8 bytes of that file
 * at each look. Writing there makes all their clocks jump (tests/faults/clock.py), by half a minute or more.
 *
 * Only the wall clock moves. Durations, sleeps and the monotonic clock stay as they are, and a wait
 * until a moment of the shifted wall clock is handed to the kernel as a moment of the real one: without
 * that, gRPC and C++ would wait for days.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#ifdef AHEAD_FILE
static long ahead_s(void) {
    static const volatile long *told;
    if (!told) {
        int file = open(AHEAD_FILE, O_RDONLY | O_CLOEXEC);
        void *mapped = file < 0 ? MAP_FAILED : mmap(NULL, sizeof(long), PROT_READ, MAP_SHARED, file, 0);
        if (file >= 0) close(file);
        if (mapped == MAP_FAILED) return 0;
        told = mapped;
    }
    return *told;
}
#else
static long ahead_s(void) { return AHEAD_S; }
#endif

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int is_wall(clockid_t clock) { return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE; }

static int unmoved(clockid_t clock, struct timespec *now) {
    static __typeof__(&clock_gettime) tell;
    if (!tell) tell = REAL(clock_gettime);
    return tell(clock, now);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int answer = unmoved(clock, now);
    if (answer == 0 && is_wall(clock)) now->tv_sec += ahead_s();
    return answer;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    (void)zone;
    struct timespec moment;
    clock_gettime(CLOCK_REALTIME, &moment);
    now->tv_sec = moment.tv_sec;
    now->tv_usec = moment.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *now) {
    struct timespec moment;
    clock_gettime(CLOCK_REALTIME, &moment);
    if (now) *now = moment.tv_sec;
    return moment.tv_sec;
}

int timespec_get(struct timespec *now, int base) {
    return base == TIME_UTC && clock_gettime(CLOCK_REALTIME, now) == 0 ? base : 0;
}

/* A deadline that is nearer to the shifted clock than to the real one was taken from the shifted one. A
 * condition variable may go by either clock and does not say which; the monotonic one is far below. */
static struct timespec as_real(const struct timespec *deadline) {
    struct timespec now, moved = *deadline;
    long ahead = ahead_s();
    unmoved(CLOCK_REALTIME, &now);
    long half_way = now.tv_sec + ahead / 2;
    int is_shifted = ahead > 0 ? deadline->tv_sec > half_way
                               : deadline->tv_sec < half_way && deadline->tv_sec > now.tv_sec / 2;
    if (ahead && is_shifted) moved.tv_sec -= ahead;
    return moved;
}

int pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex, const struct timespec *restrict deadline) {
    struct timespec moved = as_real(deadline);
    return ((__typeof__(&pthread_cond_timedwait))dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2"))(condition, mutex, &moved);
}

int pthread_cond_clockwait(
    pthread_cond_t *condition, pthread_mutex_t *mutex, clockid_t clock, const struct timespec *deadline) {
    struct timespec moved = as_real(deadline);
    return REAL(pthread_cond_clockwait)(condition, mutex, clock, is_wall(clock) ? &moved : deadline);
}

int pthread_mutex_timedlock(pthread_mutex_t *restrict mutex, const struct timespec *restrict deadline) {
    struct timespec moved = as_real(deadline);
    return REAL(pthread_mutex_timedlock)(mutex, &moved);
}

int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict deadline) {
    struct timespec moved = as_real(deadline);
    return REAL(sem_timedwait)(semaphore, &moved);
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *request, struct timespec *remain) {
    struct timespec moved = *request;
    if (is_wall(clock) && (flags & TIMER_ABSTIME)) moved = as_real(request);
    return REAL(clock_nanosleep)(clock, flags, &moved, remain);
}

/* abseil, and with it gRPC, calls the futex without the C library's functions for it */
long syscall(long number, ...) {
    va_list rest;
    va_start(rest, number);
    long a = va_arg(rest, long), b = va_arg(rest, long), c = va_arg(rest, long);
    long d = va_arg(rest, long), e = va_arg(rest, long), f = va_arg(rest, long);
    va_end(rest);
    struct timespec moved;
    if (number == SYS_futex && d != 0) {
        long command = b & FUTEX_CMD_MASK;
        if (command == FUTEX_WAIT_BITSET && (b & FUTEX_CLOCK_REALTIME)) {
            moved = as_real((const struct timespec *)d);
            d = (long)&moved;
        }
    }
    return REAL(syscall)(number, a, b, c, d, e, f);
}
