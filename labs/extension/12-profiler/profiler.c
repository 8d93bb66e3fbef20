/* profiler: who allocates what.
 *
 *     >>> import profiler
 *     >>> profiler.start()
 *     >>> kept = [object() for _ in range(1000)]
 *     >>> profiler.stop()
 *     >>> profiler.counts()["obj"]["malloc"] >= 1000
 *     True
 *     >>> profiler.types()[object]
 *     (1000, 0)
 *
 * The allocators and the tracer are the process's, not a module's. So what this file keeps is the
 * process's too, and stands in C globals: the one kind of module for which that is right.
 */
#include <Python.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/* Which blocks are alive, and how large they are: a hash table with open addressing. Its memory is
   of the C library, since nothing here may call an allocator that we stand in front of. */
typedef struct {
    void *block;        /* NULL: nothing stands here */
    size_t size;
} entry;

typedef struct {
    entry *entries;
    size_t room;        /* a power of two, or 0 */
    size_t used;
} table;

static size_t
place_of(const table *blocks, const void *block)
{
    uint64_t hash = (uint64_t)(uintptr_t)block * UINT64_C(0x9E3779B97F4A7C15);
    return (size_t)(hash >> 20) & (blocks->room - 1);
}

/* Notes that a block is alive. Without memory for it the block is simply not known. */
static void
table_put(table *blocks, void *block, size_t size)
{
    if (2 * (blocks->used + 1) > blocks->room) {
        table larger = {NULL, blocks->room ? 2 * blocks->room : 1024, 0};
        larger.entries = calloc(larger.room, sizeof(entry));
        if (larger.entries == NULL) {
            return;
        }
        for (size_t i = 0; i < blocks->room; i++) {
            if (blocks->entries[i].block != NULL) {
                table_put(&larger, blocks->entries[i].block, blocks->entries[i].size);
            }
        }
        free(blocks->entries);
        *blocks = larger;
    }
    size_t i = place_of(blocks, block);
    while (blocks->entries[i].block != NULL) {
        i = (i + 1) & (blocks->room - 1);
    }
    blocks->entries[i] = (entry){block, size};
    blocks->used++;
}

/* Takes a block out; false when it is not known. Closes the gap, as whoever comes after it may have
   been put there only because its own place was taken. */
static bool
table_take(table *blocks, const void *block, size_t *size)
{
    if (blocks->room == 0) {
        return false;
    }
    size_t mask = blocks->room - 1, i = place_of(blocks, block);
    while (blocks->entries[i].block != block) {
        if (blocks->entries[i].block == NULL) {
            return false;
        }
        i = (i + 1) & mask;
    }
    *size = blocks->entries[i].size;
    for (size_t j = (i + 1) & mask; blocks->entries[j].block != NULL; j = (j + 1) & mask) {
        size_t home = place_of(blocks, blocks->entries[j].block);
        if (((j - home) & mask) >= ((j - i) & mask)) {
            blocks->entries[i] = blocks->entries[j];
            i = j;
        }
    }
    blocks->entries[i].block = NULL;
    blocks->used--;
    return true;
}

/* One domain of allocation: what was there before us, and what we have counted. */
typedef struct {
    const char *name;
    PyMemAllocatorDomain id;
    PyMemAllocatorEx old;
    size_t malloc, calloc, realloc, free;       /* calls */
    size_t bytes, peak;                         /* of the blocks that are alive */
    table blocks;
} domain;

static domain domains[] = {
    {.name = "obj", .id = PYMEM_DOMAIN_OBJ},
    //: step 3
    //: todo The two others, "mem" and "raw".
    {.name = "mem", .id = PYMEM_DOMAIN_MEM},
    {.name = "raw", .id = PYMEM_DOMAIN_RAW},
    //: end 3
};
enum { DOMAINS = sizeof(domains) / sizeof(domains[0]) };

static bool running;
static PyInterpreterState *owner;       /* the interpreter that called start() */

/* Around everything that reads or writes the counts and tables. Never held while an allocator is
   called: that of "obj" gets its large blocks from "raw", which is us again. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void
lock(void)
{
    //: step 3
    //: todo "raw" is called by threads without the interpreter's lock. Take the mutex.
    pthread_mutex_lock(&mutex);
    //: end 3
}

static void
unlock(void)
{
    //: step 3
    //: todo And give it back.
    pthread_mutex_unlock(&mutex);
    //: end 3
}

/* A block has come to be. The caller has the lock. */
static void
born(domain *where, void *block, size_t size)
{
    //: step 2
    //: todo An allocator that has failed gives NULL. Otherwise: the table, the bytes, the peak.
    if (block == NULL) {
        return;
    }
    table_put(&where->blocks, block, size);
    where->bytes += size;
    where->peak = Py_MAX(where->peak, where->bytes);
    //: instead
    //|     (void)where, (void)block, (void)size;
    //: end 2
}

/* A block is about to go. Gives whether it was known, and its size; one that is older than the profiler
   is not. The caller has the lock. */
static bool
gone(domain *where, void *block, size_t *size)
{
    *size = 0;
    //: step 2
    //: todo Take it out of the table. Blocks that are not in there do not count, and NULL may be freed.
    if (block == NULL || !table_take(&where->blocks, block, size)) {
        return false;
    }
    where->bytes -= *size;
    return true;
    //: instead
    //|     (void)where, (void)block;
    //|     return false;
    //: end 2
}

/* The four functions that stand in front of an allocator. `context` is the domain. */

static void *
hook_malloc(void *context, size_t size)
{
    domain *where = context;
    //: step 1
    //: todo Ask the allocator that was there before, with the context that was its own. Count the call.
    void *block = where->old.malloc(where->old.ctx, size);
    lock();
    where->malloc++;
    born(where, block, size);
    unlock();
    return block;
    //: instead
    //|     return where->old.malloc(where->old.ctx, size);
    //: end 1
}

static void *
hook_calloc(void *context, size_t count, size_t each)
{
    domain *where = context;
    //: step 1
    //: todo The same. How many bytes are that?
    void *block = where->old.calloc(where->old.ctx, count, each);
    lock();
    where->calloc++;
    //: why No overflow: then there would be no block, and ``born`` would not look at the size.
    born(where, block, count * each);
    unlock();
    return block;
    //: instead
    //|     return where->old.calloc(where->old.ctx, count, each);
    //: end 1
}

static void *
hook_realloc(void *context, void *block, size_t size)
{
    domain *where = context;
    //: step 1
    lock();
    where->realloc++;
    //: step 2
    //: todo The old block may go, and then its address is anybody's. If it fails, the old one is
    //: todo still there. Which of `gone` and `born` come before the call, and which after it?
    //: why Before: once the allocator has the old block back, another thread may get the same
    //: why address, and what we took out then would be theirs.
    size_t old_size;
    bool known = gone(where, block, &old_size);
    //: end 2
    unlock();
    //: end 1
    //: step 2
    void *moved = where->old.realloc(where->old.ctx, block, size);
    lock();
    if (moved != NULL) {
        born(where, moved, size);
    }
    else if (known) {
        born(where, block, old_size);
    }
    unlock();
    return moved;
    //: instead
    //|     return where->old.realloc(where->old.ctx, block, size);
    //: end 2
}

static void
hook_free(void *context, void *block)
{
    domain *where = context;
    //: step 1
    //: todo Count the call, then pass it on. From step 2 on, the block has to leave the table first.
    size_t size;
    lock();
    where->free++;
    gone(where, block, &size);
    unlock();
    //: end 1
    where->old.free(where->old.ctx, block);
}

/* Objects by type */

/* A type, and how many of its objects came and went. We own a reference to it: a type that died would
   leave us with an address that the next one may get. */
typedef struct {
    PyTypeObject *type;
    Py_ssize_t created, destroyed;
} tally;

static tally *tallies;          /* of the C library, too */
static size_t types_known, types_room;
static PyRefTracer old_tracer;
static void *old_tracer_data;

/* The entry of a type, a new one if need be; NULL when there is no memory. Creates no object. */
static tally *
tally_of(PyTypeObject *type)
{
    for (size_t i = types_known; i-- > 0;) {
        if (tallies[i].type == type) {
            return &tallies[i];
        }
    }
    if (types_known == types_room) {
        size_t room = types_room ? 2 * types_room : 256;
        tally *larger = realloc(tallies, room * sizeof(tally));
        if (larger == NULL) {
            return NULL;
        }
        tallies = larger;
        types_room = room;
    }
    tallies[types_known] = (tally){(PyTypeObject *)Py_NewRef(type), 0, 0};
    return &tallies[types_known++];
}

//: step 4
//: todo Write trace(object, event, data): one more created or destroyed of the object's type. Only objects
//: todo of the interpreter that has called start(): the others have a lock of their own, and types of
//: todo their own. Nothing may be created here, and no Python code may run.
static int
trace(PyObject *object, PyRefTracerEvent event, void *Py_UNUSED(data))
{
    //: why The process has one tracer for all its interpreters.
    if (PyInterpreterState_Get() != owner) {
        return 0;
    }
    tally *it = tally_of(Py_TYPE(object));
    if (it != NULL) {
        if (event == PyRefTracer_CREATE) {
            it->created++;
        }
        else {
            it->destroyed++;
        }
    }
    return 0;
}
//: end 4

/* Start and stop */

/* Puts the hooks of a domain before the allocator that is there. */
static void
hook(domain *where)
{
    //: step 1
    //: todo Remember the allocator that is there now, then set one whose context is `where`.
    PyMem_GetAllocator(where->id, &where->old);
    PyMemAllocatorEx new = {where, hook_malloc, hook_calloc, hook_realloc, hook_free};
    PyMem_SetAllocator(where->id, &new);
    //: instead
    //|     (void)where;
    //: end 1
}

/* Whether the allocator of a domain is ours: somebody may have put theirs before it meanwhile. */
static bool
is_ours(domain *where)
{
    PyMemAllocatorEx now;
    PyMem_GetAllocator(where->id, &now);
    return now.ctx == where && now.malloc == hook_malloc;
}

static void
unhook(domain *where)
{
    //: step 1
    //: todo The allocator of before comes back.
    PyMem_SetAllocator(where->id, &where->old);
    //: instead
    //|     (void)where;
    //: end 1
}

/* Forgets everything of the run before. */
static void
forget(void)
{
    for (int i = 0; i < DOMAINS; i++) {
        domain *where = &domains[i];
        free(where->blocks.entries);
        *where = (domain){.name = where->name, .id = where->id, .old = where->old};
    }
    /* The table first: a type's end may run code, and that code may call us. */
    tally *before = tallies;
    size_t count = types_known;
    tallies = NULL;
    types_known = types_room = 0;
    for (size_t i = 0; i < count; i++) {
        Py_DECREF(before[i].type);
    }
    free(before);
}

static PyObject *
profiler_start(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(args))
{
    //: step 1
    //: todo A second start would take our own hooks for the allocator of before, and call itself for ever.
    if (running) {
        PyErr_SetString(PyExc_RuntimeError, "the profiler is running already");
        return NULL;
    }
    //: end 1
    forget();
    owner = PyInterpreterState_Get();
    running = true;
    for (int i = 0; i < DOMAINS; i++) {
        hook(&domains[i]);
    }
    //: step 4
    //: todo Remember the tracer that is there, and set `trace`.
    old_tracer = PyRefTracer_GetTracer(&old_tracer_data);
    if (PyRefTracer_SetTracer(trace, NULL) < 0) {
        return NULL;
    }
    //: end 4
    Py_RETURN_NONE;
}

static PyObject *
profiler_stop(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(args))
{
    if (!running) {
        PyErr_SetString(PyExc_RuntimeError, "the profiler is not running");
        return NULL;
    }
    //: step 1
    //: todo When somebody's allocator stands before ours in any domain, refuse with a RuntimeError: it
    //: todo goes on calling us. Who came last has to go first.
    for (int i = 0; i < DOMAINS; i++) {
        if (!is_ours(&domains[i])) {
            return PyErr_Format(PyExc_RuntimeError,
                                "another allocator stands before the profiler's in domain '%s'",
                                domains[i].name);
        }
    }
    //: end 1
    for (int i = DOMAINS; i-- > 0;) {
        unhook(&domains[i]);
    }
    //: step 4
    //: todo The tracer of before comes back, if ours is still there: somebody may have taken it away.
    if (PyRefTracer_GetTracer(NULL) == trace
        && PyRefTracer_SetTracer(old_tracer, old_tracer_data) < 0) {
        return NULL;
    }
    //: end 4
    running = false;
    Py_RETURN_NONE;
}

/* What came of it */

static PyObject *
profiler_counts(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(args))
{
    /* To make a dict is to allocate; so first a copy, then the dict. */
    domain copies[DOMAINS];
    lock();
    memcpy(copies, domains, sizeof(domains));
    unlock();
    PyObject *result = PyDict_New();
    for (int i = 0; i < DOMAINS && result != NULL; i++) {
        domain *it = &copies[i];
        PyObject *counts = Py_BuildValue(
            "{s:n,s:n,s:n,s:n,s:n,s:n,s:n}", "malloc", (Py_ssize_t)it->malloc,
            "calloc", (Py_ssize_t)it->calloc, "realloc", (Py_ssize_t)it->realloc,
            "free", (Py_ssize_t)it->free, "blocks", (Py_ssize_t)it->blocks.used,
            "bytes", (Py_ssize_t)it->bytes, "peak", (Py_ssize_t)it->peak);
        if (counts == NULL || PyDict_SetItemString(result, it->name, counts) < 0) {
            Py_CLEAR(result);
        }
        Py_XDECREF(counts);
    }
    return result;
}

static PyObject *
profiler_types(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(args))
{
    /* Each object made here may be traced, and add an entry; so a copy again. */
    size_t count = types_known;
    tally *copies = malloc((count + 1) * sizeof(tally));
    if (copies == NULL) {
        return PyErr_NoMemory();
    }
    if (count > 0) {
        memcpy(copies, tallies, count * sizeof(tally));
    }
    PyObject *result = PyDict_New();
    for (size_t i = 0; i < count && result != NULL; i++) {
        PyObject *pair = Py_BuildValue("(nn)", copies[i].created, copies[i].destroyed);
        if (pair == NULL || PyDict_SetItem(result, (PyObject *)copies[i].type, pair) < 0) {
            Py_CLEAR(result);
        }
        Py_XDECREF(pair);
    }
    free(copies);
    return result;
}

/* The scripted workload of the tests */

typedef struct {
    void *(*malloc)(size_t);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
    void (*free)(void *);
} front;

static const struct {
    const char *name;
    front calls;
} fronts[] = {
    {"obj", {PyObject_Malloc, PyObject_Calloc, PyObject_Realloc, PyObject_Free}},
    {"mem", {PyMem_Malloc, PyMem_Calloc, PyMem_Realloc, PyMem_Free}},
    {"raw", {PyMem_RawMalloc, PyMem_RawCalloc, PyMem_RawRealloc, PyMem_RawFree}},
};

enum { SLOTS = 8 };

typedef struct {
    const front *calls;
    const char *script;
    int failed;
    int rounds;
} job;

/* Runs "m0:100 r0:400 c1:8 f0": a letter, a place for the block, a number of bytes. What is still there
   at the end stays in `slots`. Counts the requests that got NULL. */
static void
play(job *it, void **slots)
{
    for (const char *at = it->script; *at != '\0';) {
        char what = *at++, *end;
        unsigned long slot = strtoul(at, &end, 10) % SLOTS;
        size_t size = *end == ':' ? (size_t)strtoull(end + 1, &end, 10) : 0;
        void *made = NULL;
        switch (what) {
            case 'm': made = slots[slot] = it->calls->malloc(size); break;
            case 'c': made = slots[slot] = it->calls->calloc(size, 2); break;
            case 'r':
                made = it->calls->realloc(slots[slot], size);
                slots[slot] = made != NULL ? made : slots[slot];
                break;
            default: made = it; it->calls->free(slots[slot]); slots[slot] = NULL; break;
        }
        it->failed += made == NULL;
        at = *end == ' ' ? end + 1 : end;
    }
}

static void *
play_often(void *argument)
{
    job *it = argument;
    void *slots[SLOTS] = {NULL};
    for (int i = 0; i < it->rounds; i++) {
        play(it, slots);
    }
    return NULL;
}

PyDoc_STRVAR(workload_doc,
"workload(domain, script, threads=0, rounds=1)\n--\n\n"
"Plays a script of requests; gives (differences of the counts, requests that failed).\n\n"
"With threads, that many play it at once, without the interpreter's lock.");

static PyObject *
profiler_workload(PyObject *Py_UNUSED(module), PyObject *args)
{
    const char *name, *script;
    int threads = 0, rounds = 1;
    if (!PyArg_ParseTuple(args, "ss|ii:workload", &name, &script, &threads, &rounds)) {
        return NULL;
    }
    const front *calls = NULL;
    domain none = {0}, *where = &none;
    for (size_t i = 0; i < sizeof(fronts) / sizeof(fronts[0]); i++) {
        calls = strcmp(fronts[i].name, name) == 0 ? &fronts[i].calls : calls;
    }
    for (int i = 0; i < DOMAINS; i++) {
        where = strcmp(domains[i].name, name) == 0 ? &domains[i] : where;
    }
    if (calls == NULL || threads < 0 || threads > 16) {
        PyErr_SetString(PyExc_ValueError, "a domain and up to 16 threads");
        return NULL;
    }
    void *slots[SLOTS] = {NULL};
    job it = {calls, script, 0, rounds}, each[16];
    pthread_t ids[16];
    domain before, after;
    lock();
    before = *where;
    unlock();
    if (threads == 0) {
        play(&it, slots);
    }
    else {
        Py_BEGIN_ALLOW_THREADS
        int begun = 0;
        for (; begun < threads; begun++) {
            each[begun] = it;
            if (pthread_create(&ids[begun], NULL, play_often, &each[begun]) != 0) {
                break;
            }
        }
        for (int i = 0; i < begun; i++) {
            pthread_join(ids[i], NULL);
        }
        it.failed = threads - begun;
        Py_END_ALLOW_THREADS
    }
    lock();
    after = *where;
    unlock();
    for (int i = 0; i < SLOTS; i++) {
        calls->free(slots[i]);
    }
#define CHANGE(member) (Py_ssize_t)(after.member - before.member)
    return Py_BuildValue("{s:n,s:n,s:n,s:n,s:n,s:n}i", "malloc", CHANGE(malloc),
                         "calloc", CHANGE(calloc), "realloc", CHANGE(realloc),
                         "free", CHANGE(free), "blocks", CHANGE(blocks.used),
                         "bytes", CHANGE(bytes), it.failed);
#undef CHANGE
}

PyDoc_STRVAR(allocator_doc,
"allocator(domain)\n--\n\nWhat stands there now, as numbers; the same as long as nobody changes it.");

static PyObject *
profiler_allocator(PyObject *Py_UNUSED(module), PyObject *args)
{
    int id;
    PyMemAllocatorEx now;
    if (!PyArg_ParseTuple(args, "i:allocator", &id)) {
        return NULL;
    }
    if (id < PYMEM_DOMAIN_RAW || id > PYMEM_DOMAIN_OBJ) {
        PyErr_SetString(PyExc_ValueError, "no such domain");
        return NULL;
    }
    PyMem_GetAllocator(id, &now);
    return Py_BuildValue("NN", PyLong_FromVoidPtr(now.ctx),
                         PyLong_FromVoidPtr((void *)(uintptr_t)now.malloc));
}

static PyObject *
profiler_tracer(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(args))
{
    return PyLong_FromVoidPtr((void *)(uintptr_t)PyRefTracer_GetTracer(NULL));
}

static PyMethodDef profiler_methods[] = {
    {"start", profiler_start, METH_NOARGS, PyDoc_STR("Begin to count, from zero.")},
    {"stop", profiler_stop, METH_NOARGS, PyDoc_STR("Everything is as it was before.")},
    {"counts", profiler_counts, METH_NOARGS, PyDoc_STR("What was counted, by domain.")},
    {"types", profiler_types, METH_NOARGS, PyDoc_STR("{type: (created, destroyed)}")},
    {"workload", profiler_workload, METH_VARARGS, workload_doc},
    {"allocator", profiler_allocator, METH_VARARGS, allocator_doc},
    {"tracer", profiler_tracer, METH_NOARGS, PyDoc_STR("The tracer that is set, as a number.")},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot profiler_slots[] = {
    /* One process, one profiler. */
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
    {Py_mod_gil, Py_MOD_GIL_USED},
    {0, NULL},
};

static PyModuleDef profiler_module = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "profiler",
    .m_doc = PyDoc_STR("Who allocates what."),
    .m_size = 0,
    .m_methods = profiler_methods,
    .m_slots = profiler_slots,
};

PyMODINIT_FUNC
PyInit_profiler(void)
{
    return PyModuleDef_Init(&profiler_module);
}
