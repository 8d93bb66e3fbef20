/* tally: counts things, whatever can be a key of a dict.
 *
 *     >>> import tally
 *     >>> tally.bump("swallow")
 *     1
 *     >>> tally.bump("swallow", 2)
 *     3
 *     >>> tally.count("swallow")
 *     3
 */
#include <Python.h>

/* What the module has to remember. */
typedef struct {
    PyObject *counts;           /* dict: what was counted -> how often (int) */
    //: step 3
    //: todo Add a member for the exception, tally.TallyError.
    PyObject *error;            /* tally.TallyError */
    //: end 3
    //: step 4
    //: todo Add a member for the type, tally.Clerk.
    PyTypeObject *clerk_type;   /* tally.Clerk */
    //: end 4
} tally_state;

//: step 2
//: todo One state for the whole process will not do. Let every module object have its own, and
//: todo get it from the module.
static tally_state *
get_state(PyObject *module)
{
    //: why The interpreter allocated ``m_size`` bytes for this module object and zeroed them,
    //: why just before it ran the ``Py_mod_exec`` slot. This only gives the address.
    void *state = PyModule_GetState(module);
    assert(state != NULL);
    return (tally_state *)state;
}
//: instead
//| static tally_state the_state;
//|
//| static tally_state *
//| get_state(PyObject *Py_UNUSED(module))
//| {
//|     return &the_state;
//| }
//: end 2

/* Adds `by` to the count of `key`. Gives the new count (a new reference), or NULL with an
   exception set; a count is then as it was. */
static PyObject *
add_to_count(tally_state *state, PyObject *key, long by)
{
    //: step 3
    //: todo Every one of these calls can fail, and `by` can be negative. Notice it, release what
    //: todo is held, and return NULL.
    if (by < 0) {
        PyErr_Format(state->error, "cannot count %ld times", by);
        return NULL;
    }
    //: why Three answers: 1 found, 0 not there (``old`` is NULL), −1 the key's ``__hash__`` or
    //: why ``__eq__`` raised (``old`` is NULL too).
    PyObject *old;
    if (PyDict_GetItemRef(state->counts, key, &old) < 0) {
        return NULL;
    }
    PyObject *more = PyLong_FromLong(by);
    if (more == NULL) {
        Py_XDECREF(old);
        return NULL;
    }
    PyObject *sum = old == NULL ? Py_NewRef(more) : PyNumber_Add(old, more);
    //: why Both are ours and both are finished with, whether the sum could be made or not: so
    //: why they go before the check, once, and no path can forget them.
    Py_DECREF(more);
    Py_XDECREF(old);
    if (sum == NULL) {
        return NULL;
    }
    //: why ``PyDict_SetItem`` takes references of its own to key and value; ours to ``sum`` is
    //: why the one we return, or give up here.
    if (PyDict_SetItem(state->counts, key, sum) < 0) {
        Py_DECREF(sum);
        return NULL;
    }
    return sum;
    //: instead
    //|     PyObject *old;
    //|     PyDict_GetItemRef(state->counts, key, &old);
    //|     PyObject *more = PyLong_FromLong(by);
    //|     PyObject *sum = old == NULL ? Py_NewRef(more) : PyNumber_Add(old, more);
    //|     Py_DECREF(more);
    //|     Py_XDECREF(old);
    //|     PyDict_SetItem(state->counts, key, sum);
    //|     return sum;
    //: end 3
}

/* Functions of the module */

PyDoc_STRVAR(bump_doc,
"bump($module, key, by=1, /)\n--\n\nAdd to the count of key and return the new count.");

static PyObject *
tally_bump(PyObject *module, PyObject *args)
{
    PyObject *key;
    long by = 1;
    if (!PyArg_ParseTuple(args, "O|l:bump", &key, &by)) {
        return NULL;
    }
    return add_to_count(get_state(module), key, by);
}

PyDoc_STRVAR(count_doc,
"count($module, key, /)\n--\n\nReturn how often key was counted.");

static PyObject *
tally_count(PyObject *module, PyObject *key)
{
    PyObject *found;
    //: step 3
    //: todo The look-up can fail here as well.
    if (PyDict_GetItemRef(get_state(module)->counts, key, &found) < 0) {
        return NULL;
    }
    //: instead
    //|     PyDict_GetItemRef(get_state(module)->counts, key, &found);
    //: end 3
    return found != NULL ? found : PyLong_FromLong(0);
}

static PyMethodDef tally_methods[] = {
    {"bump", tally_bump, METH_VARARGS, bump_doc},
    {"count", tally_count, METH_O, count_doc},
    {NULL, NULL, 0, NULL},
};

/* Clerk(key): an object that counts one thing. Its own life cycle is given (lab 02 writes one
   from nothing); what it lacks is a way from its method to the module. */

typedef struct {
    PyObject_HEAD
    PyObject *key;
} clerk_object;

static PyObject *
clerk_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"key", NULL};
    PyObject *key;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:Clerk", names, &key)) {
        return NULL;
    }
    clerk_object *self = (clerk_object *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->key = Py_NewRef(key);
    }
    return (PyObject *)self;
}

static int
clerk_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((clerk_object *)self)->key);
    return 0;
}

static int
clerk_clear(PyObject *self)
{
    Py_CLEAR(((clerk_object *)self)->key);
    return 0;
}

static void
clerk_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    (void)clerk_clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

//: step 4
//: todo Write bump(), the one method of Clerk: it adds 1 to the count of its key in the module
//: todo that its type belongs to. Then a table of methods for the slots below.
//: why The signature is what ``METH_METHOD`` makes the interpreter call: ``defining_class`` is
//: why the class whose table the method stands in. ``Py_TYPE(self)`` may be a subclass written
//: why in Python, and that one belongs to no C module.
static PyObject *
clerk_bump(PyObject *self, PyTypeObject *defining_class, PyObject *const *Py_UNUSED(args),
           Py_ssize_t nargs, PyObject *kwnames)
{
    if (nargs != 0 || (kwnames != NULL && PyTuple_GET_SIZE(kwnames) != 0)) {
        PyErr_SetString(PyExc_TypeError, "bump() takes no arguments");
        return NULL;
    }
    tally_state *state = PyType_GetModuleState(defining_class);
    if (state == NULL) {
        return NULL;
    }
    return add_to_count(state, ((clerk_object *)self)->key, 1);
}

static PyMethodDef clerk_methods[] = {
    //: why A function of five parameters goes through a table whose type has two: the flags say
    //: why how it is really called. The cast by way of ``void (*)(void)`` tells the compiler that
    //: why this is meant.
    {"bump", (PyCFunction)(void (*)(void))clerk_bump,
     METH_METHOD | METH_FASTCALL | METH_KEYWORDS,
     PyDoc_STR("bump($self)\n--\n\nAdd 1 to the count of the key and return the new count.")},
    {NULL, NULL, 0, NULL},
};
//: end 4

static PyType_Slot clerk_slots[] = {
    {Py_tp_doc, (void *)PyDoc_STR("Clerk(key)\n--\n\nCounts one thing.")},
    {Py_tp_new, clerk_new},
    {Py_tp_traverse, clerk_traverse},
    {Py_tp_clear, clerk_clear},
    {Py_tp_dealloc, clerk_dealloc},
    //: step 4
    //: todo Name the table of methods here.
    {Py_tp_methods, clerk_methods},
    //: end 4
    {0, NULL},
};

static PyType_Spec clerk_spec = {
    .name = "tally.Clerk",
    .basicsize = sizeof(clerk_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE
             | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = clerk_slots,
};

/* The module */

/* Fills a new module object: its state and its contents. */
static int
tally_exec(PyObject *module)
{
    tally_state *state = get_state(module);
    state->counts = PyDict_New();
    if (state->counts == NULL) {
        return -1;
    }
    //: step 3
    //: todo Make TallyError, a subclass of ValueError, keep it in the state and add it to the
    //: todo module.
    state->error = PyErr_NewExceptionWithDoc(
        "tally.TallyError", "What cannot be counted.", PyExc_ValueError, NULL);
    if (state->error == NULL) {
        return -1;
    }
    //: why ``PyModule_AddObjectRef`` takes a reference of its own, on success and on failure
    //: why alike, so there is nothing to undo. (``PyModule_AddObject``, which every old tutorial
    //: why uses, steals one, but only when it succeeds.)
    if (PyModule_AddObjectRef(module, "TallyError", state->error) < 0) {
        return -1;
    }
    //: end 3
    //: step 4
    //: todo Make the type from clerk_spec so that it knows this module, keep it in the state and
    //: todo add it to the module.
    state->clerk_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &clerk_spec, NULL);
    if (state->clerk_type == NULL) {
        return -1;
    }
    if (PyModule_AddType(module, state->clerk_type) < 0) {
        return -1;
    }
    //: end 4
    return PyModule_AddStringConstant(module, "version", "1.0");
}

//: step 5
//: todo Three functions for the end of a module: show the collector what the state refers to,
//: todo give it up when asked, and give it up at the latest when the module is freed.
static int
tally_traverse(PyObject *module, visitproc visit, void *arg)
{
    tally_state *state = get_state(module);
    Py_VISIT(state->counts);
    Py_VISIT(state->error);
    Py_VISIT(state->clerk_type);
    return 0;
}

static int
tally_clear(PyObject *module)
{
    tally_state *state = get_state(module);
    Py_CLEAR(state->counts);
    Py_CLEAR(state->error);
    Py_CLEAR(state->clerk_type);
    return 0;
}

//: why A module without types of its own dies when its last reference goes, and the collector
//: why does not come into it: nobody calls ``m_clear``, only ``m_free``. Here type and module are
//: why a cycle, so the collector is always first; ``Py_CLEAR`` makes it harmless to come here
//: why after it.
static void
tally_free(void *module)
{
    (void)tally_clear((PyObject *)module);
}
//: end 5

//: step 1
//: todo In two phases the module is described here and filled later: add a table of
//: todo PyModuleDef_Slot that names tally_exec. tally_module below must point to it.
static PyModuleDef_Slot tally_slots[] = {
    {Py_mod_exec, tally_exec},
    //: step 2
    //: todo Now that it is true, say that the module works in interpreters with a lock of their
    //: todo own, and without the lock.
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
    //: end 2
    {0, NULL},
};
//: end 1

static PyModuleDef tally_module = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "tally",
    .m_doc = PyDoc_STR("Counts things, whatever can be a key of a dict."),
    .m_methods = tally_methods,
    //: step 1
    //: todo A size of -1 says that this module cannot be made twice. It has to go.
    //: step 2
    //: todo How many bytes of state shall each module object get?
    .m_size = sizeof(tally_state),
    //: instead after 1
    //|     .m_size = 0,
    //: end 2
    .m_slots = tally_slots,
    //: instead
    //|     .m_size = -1,
    //: end 1
    //: step 5
    //: todo Name the three functions.
    .m_traverse = tally_traverse,
    .m_clear = tally_clear,
    .m_free = tally_free,
    //: end 5
};

PyMODINIT_FUNC
PyInit_tally(void)
{
    //: step 1
    //: todo Give back the description instead of a finished module.
    return PyModuleDef_Init(&tally_module);
    //: instead
    //|     PyObject *module = PyModule_Create(&tally_module);
    //|     if (module == NULL) {
    //|         return NULL;
    //|     }
    //|     if (tally_exec(module) < 0) {
    //|         Py_DECREF(module);
    //|         return NULL;
    //|     }
    //|     return module;
    //: end 1
}
