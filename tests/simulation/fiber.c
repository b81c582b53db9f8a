/* A jump to another stack is what fortified longjmp() exists to refuse. */
#undef _FORTIFY_SOURCE
#include "fiber.h"

#include <assert.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <ucontext.h>

#define STACK_BYTES ((size_t)512 << 10)

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define FIBER_TSAN 1
#endif
#if __has_feature(address_sanitizer)
#define FIBER_ASAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define FIBER_TSAN 1
#endif
#if defined(__SANITIZE_ADDRESS__)
#define FIBER_ASAN 1
#endif
#ifdef FIBER_TSAN
#include <sanitizer/tsan_interface.h>
#endif
#ifdef FIBER_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

struct fiber {
    ucontext_t context; /* with a sanitizer: where it goes on; else: where it begins */
    jmp_buf goes_on;
    bool begun;
    void *stack;
    void *(*run)(void *arg);
    void *arg;
    bool returned;
    void *shadow; /* what the sanitizer keeps of it */
    const void *shadow_stack;
    size_t shadow_size;
};

/* The first fiber has begun before all. */
static struct fiber fibers[FIBERS_MAX] = {{.begun = true}};
static uint32_t self, came_from;
static void (*on_return)(void);

/* The first thing that a fiber does after it was switched to. */
static void arrived(void)
{
#ifdef FIBER_ASAN
    struct fiber *from = &fibers[came_from];
    __sanitizer_finish_switch_fiber(fibers[self].shadow, &from->shadow_stack, &from->shadow_size);
#endif
}

static void enter(void)
{
    arrived();
    struct fiber *f = &fibers[self];
    f->run(f->arg);
    f->returned = true;
    on_return();
    assert(false); /* it must not come back */
}

void fiber_start(uint32_t id, void *(*run)(void *arg), void *arg)
{
    struct fiber *f = &fibers[id];
    assert(id > 0 && id < FIBERS_MAX);
    if (!f->stack) {
        f->stack =
            mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        assert(f->stack != MAP_FAILED);
    }
    f->run = run;
    f->arg = arg;
    f->begun = f->returned = false;
#ifdef FIBER_TSAN
    if (f->shadow) __tsan_destroy_fiber(f->shadow);
    f->shadow = __tsan_create_fiber(0);
#endif
#ifdef FIBER_ASAN
    f->shadow = NULL; /* that of an earlier fiber here went when it returned */
#endif
    f->shadow_stack = f->stack;
    f->shadow_size = STACK_BYTES;
    int failed = getcontext(&f->context);
    assert(failed == 0);
    f->context.uc_stack.ss_sp = f->stack;
    f->context.uc_stack.ss_size = STACK_BYTES;
    f->context.uc_link = NULL;
    sigemptyset(&f->context.uc_sigmask); /* who starts us may block all, and Ctrl-C must work */
    makecontext(&f->context, enter, 0);
}

#if defined(FIBER_ASAN) || defined(FIBER_TSAN)
static void go_to(struct fiber *from, struct fiber *to)
{
    int failed = swapcontext(&from->context, &to->context);
    assert(failed == 0);
}
#else
/* swapcontext() asks the kernel for the signal mask, which is the same in all of them: that took
 * most of the time of a quiet run. */
static void go_to(struct fiber *from, struct fiber *to)
{
    if (_setjmp(from->goes_on) != 0) return;
    if (to->begun) _longjmp(to->goes_on, 1);
    to->begun = true;
    setcontext(&to->context);
    assert(false); /* it begins, or there is no memory for it */
}
#endif

void fiber_switch(uint32_t id)
{
    uint32_t from = self;
    if (id == from) return;
    self = id;
    came_from = from;
#ifdef FIBER_TSAN
    if (!fibers[0].shadow) fibers[0].shadow = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(fibers[id].shadow, 0);
#endif
#ifdef FIBER_ASAN
    /* The first fiber's stack is the thread's own; its bounds are known when it was left. */
    void **keep = fibers[from].returned ? NULL : &fibers[from].shadow;
    __sanitizer_start_switch_fiber(keep, fibers[id].shadow_stack, fibers[id].shadow_size);
#endif
    go_to(&fibers[from], &fibers[id]);
    arrived();
}

uint32_t fiber_self(void)
{
    return self;
}

bool fiber_has_returned(uint32_t id)
{
    return fibers[id].returned;
}

void fiber_on_return(void (*leave)(void))
{
    on_return = leave;
}
