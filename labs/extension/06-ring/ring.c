/* ring: the last so many numbers, lent to whoever wants to read them without a copy.
 *
 *     >>> from ring import Ring
 *     >>> r = Ring(3)
 *     >>> for x in (1, 2, 3, 4): r.append(x)
 *     >>> list(r), memoryview(r).tolist()
 *     ([2.0, 3.0, 4.0], [2.0, 3.0, 4.0])
 *     >>> with memoryview(r) as view: r.append(5)
 *     BufferError: the Ring is lent; release its views first
 */
#include <Python.h>
#include <string.h>

/* The numbers stand in a circle of `capacity` places; and the circle is stored twice, one after the
   other, each number in both. So the `size` numbers from `start` on are always in one piece:

       capacity 3, after 1, 2, 3, 4:    4 2 3 | 4 2 3
                                          ^-----^
   This is what is lent. It may only be read: who wrote into it would write into one of two. */
typedef struct {
    PyObject_HEAD
    double *numbers;        /* 2 * capacity of them */
    Py_ssize_t capacity;
    Py_ssize_t start;       /* the place of the oldest, below capacity */
    Py_ssize_t size;        /* how many there are */
    Py_ssize_t exports;     /* how many views there are */
} ring_object;

static ring_object *
as_ring(PyObject *op)
{
    return (ring_object *)op;
}

/* Room for the numbers of a ring, not zeroed; NULL with an exception set. */
static double *
make_room(Py_ssize_t capacity)
{
    //: step 1
    //: todo Memory for two circles. How large may capacity be before the size in bytes is none?
    //: why Divided and not multiplied, since the product is what might not fit.
    if (capacity > PY_SSIZE_T_MAX / 2 / (Py_ssize_t)sizeof(double)) {
        PyErr_NoMemory();
        return NULL;
    }
    double *numbers = PyMem_Malloc(2 * (size_t)capacity * sizeof(double));
    if (numbers == NULL) {
        PyErr_NoMemory();
    }
    return numbers;
    //: instead
    //|     (void)capacity;
    //|     PyErr_SetString(PyExc_NotImplementedError, "no room yet");
    //|     return NULL;
    //: end 1
}

/* Puts a number behind all others; the oldest goes when there is no place left. */
static void
put(ring_object *self, double number)
{
    //: step 1
    //: todo Which place is next? When the ring is full, it is that of the oldest.
    Py_ssize_t place = (self->start + self->size) % self->capacity;
    if (self->size < self->capacity) {
        self->size++;
    }
    else {
        self->start = (self->start + 1) % self->capacity;
    }
    self->numbers[place] = self->numbers[place + self->capacity] = number;
    //: instead
    //|     (void)self, (void)number;
    //: end 1
}

/* 0 when the ring may be changed; -1 with a BufferError when somebody looks at its memory. */
static int
check_not_lent(ring_object *self)
{
    //: step 3
    //: todo Is there a view?
    if (self->exports > 0) {
        PyErr_SetString(PyExc_BufferError, "the Ring is lent; release its views first");
        return -1;
    }
    //: instead
    //|     (void)self;
    //: end 3
    return 0;
}

/* Checks the capacity that was asked for. 0, or -1 with a ValueError. */
static int
check_capacity(Py_ssize_t capacity)
{
    if (capacity < 1) {
        PyErr_Format(PyExc_ValueError, "the capacity must be 1 or more, not %zd", capacity);
        return -1;
    }
    return 0;
}

/* Life */

static PyObject *
ring_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"capacity", NULL};
    Py_ssize_t capacity;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "n:Ring", names, &capacity)
        || check_capacity(capacity) < 0) {
        return NULL;
    }
    double *numbers = make_room(capacity);
    if (numbers == NULL) {
        return NULL;
    }
    ring_object *self = (ring_object *)type->tp_alloc(type, 0);
    if (self == NULL) {
        PyMem_Free(numbers);
        return NULL;
    }
    self->numbers = numbers;
    self->capacity = capacity;
    return (PyObject *)self;
}

/* A view owns a reference to what it looks at, so nobody looks when it comes to this. */
static void
ring_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    assert(as_ring(op)->exports == 0);
    //: step 1
    //: todo The numbers are not part of the object.
    PyMem_Free(as_ring(op)->numbers);
    //: end 1
    type->tp_free(op);
    Py_DECREF(type);
}

/* As a sequence */

static Py_ssize_t
ring_length(PyObject *op)
{
    return as_ring(op)->size;
}

static PyObject *
ring_item(PyObject *op, Py_ssize_t index)
{
    ring_object *self = as_ring(op);
    if (index < 0 || index >= self->size) {
        PyErr_SetString(PyExc_IndexError, "Ring index out of range");
        return NULL;
    }
    return PyFloat_FromDouble(self->numbers[self->start + index]);
}

static PyObject *
ring_append(PyObject *op, PyObject *item)
{
    //: step 1
    //: todo Make a double of the item, then put it. Converting runs `__float__`, which may do
    //: todo anything to this ring; so look at the ring (check_not_lent, too) only afterwards.
    double number = PyFloat_AsDouble(item);
    if (number == -1.0 && PyErr_Occurred()) {
        return NULL;
    }
    if (check_not_lent(as_ring(op)) < 0) {
        return NULL;
    }
    put(as_ring(op), number);
    Py_RETURN_NONE;
    //: instead
    //|     (void)op;
    //|     return PyErr_Format(PyExc_NotImplementedError, "cannot append %R yet", item);
    //: end 1
}

//: step 3
//: todo Write ring_resize(capacity): the newest numbers stay, as many as there is room for. The table
//: todo of methods at the end has to name it.
static PyObject *
ring_resize(PyObject *op, PyObject *item)
{
    ring_object *self = as_ring(op);
    Py_ssize_t capacity = PyNumber_AsSsize_t(item, PyExc_OverflowError);
    if ((capacity == -1 && PyErr_Occurred()) || check_capacity(capacity) < 0) {
        return NULL;
    }
    //: why After ``__index__`` has run, which could have made a view.
    if (check_not_lent(self) < 0) {
        return NULL;
    }
    double *numbers = make_room(capacity);
    if (numbers == NULL) {
        return NULL;
    }
    Py_ssize_t kept = Py_MIN(self->size, capacity);
    double *newest = self->numbers + self->start + (self->size - kept);
    //: why The first circle is enough: a place in the second one is read only when ``start`` has
    //: why passed it in the first, and by then ``put`` has written both.
    memcpy(numbers, newest, (size_t)kept * sizeof(double));
    //: why Everything that can fail is behind us; only now does the ring change.
    PyMem_Free(self->numbers);
    self->numbers = numbers;
    self->capacity = capacity;
    self->start = 0;
    self->size = kept;
    Py_RETURN_NONE;
}
//: end 3

/* Lending */

//: step 2
//: todo Write ring_getbuffer: fill in the view, as far as flags ask for it. The slots at the end have
//: todo to name it.
static int
ring_getbuffer(PyObject *op, Py_buffer *view, int flags)
{
    ring_object *self = as_ring(op);
    //: why On failure ``obj`` has to be ``NULL``, so that nobody releases what was never lent.
    view->obj = NULL;
    if ((flags & PyBUF_WRITABLE) == PyBUF_WRITABLE) {
        PyErr_SetString(PyExc_BufferError, "a Ring can only be read");
        return -1;
    }
    view->obj = Py_NewRef(op);
    view->buf = self->numbers + self->start;
    view->len = self->size * (Py_ssize_t)sizeof(double);
    view->readonly = 1;
    view->itemsize = sizeof(double);
    view->ndim = 1;
    //: why Each of these only for those who asked. Who has not asked for a format takes the memory
    //: why for bytes; who has not asked for a shape knows ``len`` alone.
    view->format = (flags & PyBUF_FORMAT) == PyBUF_FORMAT ? "d" : NULL;
    //: why An array of one number, which has to live as long as the view does. The ring does, and
    //: why from step 3 on ``size`` does not change meanwhile.
    view->shape = (flags & PyBUF_ND) == PyBUF_ND ? &self->size : NULL;
    view->strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES ? &view->itemsize : NULL;
    view->suboffsets = NULL;
    view->internal = NULL;
    //: step 3
    //: todo One view more.
    self->exports++;
    //: end 3
    return 0;
}
//: end 2

//: step 3
//: todo Write ring_releasebuffer: one view less. The slots at the end have to name it.
static void
ring_releasebuffer(PyObject *op, Py_buffer *Py_UNUSED(view))
{
    //: why And nothing else: ``PyBuffer_Release`` gives up ``view->obj`` itself.
    as_ring(op)->exports--;
}
//: end 3

/* Borrowing */

//: step 4
//: todo Write ring_extend(buffer): append all numbers of any one-dimensional buffer of doubles. The
//: todo table of methods has to name it.
static PyObject *
ring_extend(PyObject *op, PyObject *source)
{
    ring_object *self = as_ring(op);
    Py_buffer view;
    //: why "Read only, any strides, with a format": the least that we need, so that as many as
    //: why possible can give it.
    if (PyObject_GetBuffer(source, &view, PyBUF_STRIDED_RO | PyBUF_FORMAT) < 0) {
        return NULL;
    }
    PyObject *result = NULL;
    const char *format = view.format == NULL ? "B" : view.format;
    if (view.ndim != 1 || view.itemsize != sizeof(double)
        || (strcmp(format, "d") != 0 && strcmp(format, "@d") != 0)) {
        PyErr_Format(PyExc_TypeError,
                     "one dimension of format 'd' is needed, not %d of '%s'", view.ndim, format);
    }
    //: why After the buffer was taken, which can run code; and if the source is this ring or a view
    //: why of it, it is lent now: to ourselves.
    else if (check_not_lent(self) == 0) {
        const char *place = view.buf;
        for (Py_ssize_t i = 0; i < view.shape[0]; i++) {
            double number;
            //: why Not ``*(double *)place``: nothing says that the place is one where a double may
            //: why stand.
            memcpy(&number, place, sizeof(number));
            put(self, number);
            place += view.strides[0];
        }
        result = Py_NewRef(Py_None);
    }
    //: why One way out for all, so that no path keeps the buffer.
    PyBuffer_Release(&view);
    return result;
}
//: end 4

static PyMethodDef ring_methods[] = {
    {"append", ring_append, METH_O, PyDoc_STR("Put a number behind all others.")},
    //: step 3
    //: todo resize, with one argument
    {"resize", ring_resize, METH_O, PyDoc_STR("Change the capacity; the newest numbers stay.")},
    //: end 3
    //: step 4
    //: todo extend, with one argument
    {"extend", ring_extend, METH_O, PyDoc_STR("Append all numbers of a buffer of doubles.")},
    //: end 4
    {NULL, NULL, 0, NULL},
};

PyDoc_STRVAR(ring_doc,
"Ring(capacity)\n--\n\nThe last numbers that were appended, as many as there is room for.");

static PyType_Slot ring_slots[] = {
    {Py_tp_doc, (void *)ring_doc},
    {Py_tp_new, ring_new},
    {Py_tp_dealloc, ring_dealloc},
    {Py_tp_methods, ring_methods},
    {Py_sq_length, ring_length},
    {Py_sq_item, ring_item},
    //: step 2
    //: todo ring_getbuffer
    {Py_bf_getbuffer, ring_getbuffer},
    //: end 2
    //: step 3
    //: todo ring_releasebuffer
    {Py_bf_releasebuffer, ring_releasebuffer},
    //: end 3
    {0, NULL},
};

static PyType_Spec ring_spec = {
    .name = "ring.Ring",
    .basicsize = sizeof(ring_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = ring_slots,
};

/* The module. It needs no state: nothing here ever asks for the type. */

static int
ring_exec(PyObject *module)
{
    PyTypeObject *type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &ring_spec, NULL);
    if (type == NULL) {
        return -1;
    }
    int result = PyModule_AddType(module, type);
    Py_DECREF(type);
    return result;
}

static PyModuleDef_Slot ring_module_slots[] = {
    {Py_mod_exec, ring_exec},
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
    /* Without the lock, somebody could begin to look between our check and our change. */
    {Py_mod_gil, Py_MOD_GIL_USED},
    {0, NULL},
};

static PyModuleDef ring_module = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "ring",
    .m_doc = PyDoc_STR("The last so many numbers."),
    .m_size = 0,
    .m_slots = ring_module_slots,
};

PyMODINIT_FUNC
PyInit_ring(void)
{
    return PyModuleDef_Init(&ring_module);
}
