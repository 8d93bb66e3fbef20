/* point: a place in the plane, as a type made in C.
 *
 *     >>> from point import Point
 *     >>> p = Point(3, 4, label="home")
 *     >>> p
 *     Point(x=3.0, y=4.0)
 *     >>> p.norm, p.label
 *     (5.0, 'home')
 *     >>> 2 * p + Point(1)
 *     Point(x=7.0, y=8.0)
 *     >>> {p: "here"}[Point(3, 4)]
 *     'here'
 */
#include <Python.h>
#include <math.h>
#include <stddef.h>

typedef struct {
    PyTypeObject *point_type;
} point_state;

static PyModuleDef point_module;    /* defined at the end; `get_state` needs its address */

/* The state of the module that made `type`, or that made the base of it which comes from C.
   NULL with a TypeError when there is no such base. */
static point_state *
get_state(PyTypeObject *type)
{
    PyObject *module = PyType_GetModuleByDef(type, &point_module);
    return module == NULL ? NULL : PyModule_GetState(module);
}

/* What every point is made of. x and y stay what they are from the beginning to the end, so that
   a point can be a key of a dict. The label is no part of its value. */
typedef struct {
    PyObject_HEAD
    double x;
    double y;
    PyObject *label;    /* a str, and of no derived class; or NULL */
} point_object;

static point_object *
as_point(PyObject *op)
{
    return (point_object *)op;
}

/* A new point of `type` without a label; NULL with an exception set. */
static PyObject *
make_point(PyTypeObject *type, double x, double y)
{
    //: step 1
    //: todo Let the type allocate an object; fill it; return it.
    //: why ``tp_alloc`` and no function of our choice: a subclass written in Python is larger than
    //: why ``point_object`` and has the collector's header before it. Its own slot knows.
    point_object *self = (point_object *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    //: why The memory comes zeroed, so ``label`` is ``NULL`` already.
    self->x = x;
    self->y = y;
    return (PyObject *)self;
    //: instead
    //|     (void)x, (void)y;
    //|     return PyErr_Format(PyExc_NotImplementedError, "no %s can be made yet", type->tp_name);
    //: end 1
}

/* Attributes */

static PyObject *
point_get_label(PyObject *op, void *Py_UNUSED(closure))
{
    PyObject *label = as_point(op)->label;
    //: step 2
    //: todo The label, or None when there is none. Who owns what you return?
    return Py_NewRef(label == NULL ? Py_None : label);
    //: instead
    //|     (void)label;
    //|     Py_RETURN_NOTIMPLEMENTED;
    //: end 2
}

/* p.label = value, and `del p.label`, for which value is NULL. 0, or -1 with an exception set. */
static int
point_set_label(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    //: step 2
    //: todo A str is kept, None takes the label away, everything else is a TypeError, `del` too.
    if (value == NULL) {
        PyErr_SetString(PyExc_TypeError, "the label cannot be deleted; set it to None");
        return -1;
    }
    PyObject *label = NULL;
    if (value != Py_None) {
        if (!PyUnicode_Check(value)) {
            PyErr_Format(PyExc_TypeError, "the label must be str or None, not %T", value);
            return -1;
        }
        //: why A new reference to ``value`` if it is exactly a ``str``; otherwise a plain copy. An
        //: why instance of a subclass can have attributes, so it could refer back to this point;
        //: why a ``str`` refers to nothing. That is why Point can do without the collector.
        label = PyUnicode_FromObject(value);
        if (label == NULL) {
            return -1;
        }
    }
    //: why First the new one in its place, then the old one given up.
    Py_XSETREF(as_point(op)->label, label);
    return 0;
    //: instead
    //|     (void)op, (void)value;
    //|     PyErr_SetString(PyExc_NotImplementedError, "no label can be set yet");
    //|     return -1;
    //: end 2
}

static PyObject *
point_get_norm(PyObject *op, void *Py_UNUSED(closure))
{
    return PyFloat_FromDouble(hypot(as_point(op)->x, as_point(op)->y));
}

//: step 2
//: todo Two tables: one of PyMemberDef for x and y, which cannot be written to; one of PyGetSetDef
//: todo for label and norm.
static PyMemberDef point_members[] = {
    //: why Reading makes a new ``float`` of the eight bytes at this offset.
    {"x", Py_T_DOUBLE, offsetof(point_object, x), Py_READONLY, "The first coordinate."},
    {"y", Py_T_DOUBLE, offsetof(point_object, y), Py_READONLY, "The second coordinate."},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef point_getset[] = {
    {"label", point_get_label, point_set_label, "A name for it, or None.", NULL},
    {"norm", point_get_norm, NULL, "Its distance from the origin.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
//: end 2

static PyObject *
point_repr(PyObject *op)
{
    //: step 2
    //: todo Point(x=3.0, y=4.0), the numbers as floats show themselves, the name that of the
    //: todo object's own class.
    PyObject *name = PyType_GetName(Py_TYPE(op));
    PyObject *x = PyFloat_FromDouble(as_point(op)->x);
    PyObject *y = PyFloat_FromDouble(as_point(op)->y);
    PyObject *text = NULL;
    //: why Three calls that can each fail, and one place that cleans up: whatever is ``NULL`` is
    //: why passed over by ``Py_XDECREF``, and the exception of the failed call stays set.
    if (name != NULL && x != NULL && y != NULL) {
        text = PyUnicode_FromFormat("%U(x=%R, y=%R)", name, x, y);
    }
    Py_XDECREF(name);
    Py_XDECREF(x);
    Py_XDECREF(y);
    return text;
    //: instead
    //|     (void)op;
    //|     return PyUnicode_FromString("a point");
    //: end 2
}

/* Life */

static PyObject *
point_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    //: step 1
    //: todo Point(x=0.0, y=0.0, *, label=None): take the arguments apart, make the point, and give
    //: todo it its label with point_set_label (which step 2 will finish).
    static char *names[] = {"x", "y", "label", NULL};
    double x = 0.0, y = 0.0;
    PyObject *label = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|dd$O:Point", names, &x, &y, &label)) {
        return NULL;
    }
    PyObject *self = make_point(type, x, y);
    if (self != NULL && label != NULL && point_set_label(self, label, NULL) < 0) {
        //: why It is a whole point by now, and is given up like any other.
        Py_DECREF(self);
        return NULL;
    }
    return self;
    //: instead
    //|     (void)args, (void)kwargs;
    //|     return make_point(type, 0.0, 0.0);
    //: end 1
}

//: step 1
//: todo Write point_dealloc: give up what the object owns, free it, give up the type. The slots at
//: todo the end have to name it.
static void
point_dealloc(PyObject *op)
{
    //: why After ``tp_free`` there is no object left to ask for its type.
    PyTypeObject *type = Py_TYPE(op);
    Py_XDECREF(as_point(op)->label);
    type->tp_free(op);
    //: why An instance of a heap type owns a reference to its type. ``tp_alloc`` took it.
    Py_DECREF(type);
}
//: end 1

/* Comparison and hash */

//: step 3
//: todo Write point_richcompare: == and != for two points of this module, NotImplemented for
//: todo everything else. The slots at the end have to name it.
static PyObject *
point_richcompare(PyObject *op, PyObject *other, int how)
{
    if (how != Py_EQ && how != Py_NE) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    //: why ``op`` is a point of ours for certain, or this slot would not have been called; but its
    //: why type may be a subclass, so the module is looked for along the bases.
    point_state *state = get_state(Py_TYPE(op));
    if (state == NULL) {
        return NULL;
    }
    //: why Not "unequal": the other side is asked next, and it may know better.
    if (!PyObject_TypeCheck(other, state->point_type)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    int equal = as_point(op)->x == as_point(other)->x && as_point(op)->y == as_point(other)->y;
    return PyBool_FromLong(how == Py_EQ ? equal : !equal);
}
//: end 3

//: step 4
//: todo Write point_hash. What is equal must have the same hash; and the hash of one object must
//: todo never change.
static Py_hash_t
point_hash(PyObject *op)
{
    double x = as_point(op)->x, y = as_point(op)->y;
    //: why The hash of a NaN is made from the address of the ``float``, and the floats made below
    //: why live for a moment only. The point has an address that stays; and as it is equal to
    //: why nothing, any number would do that does not change.
    if (isnan(x) || isnan(y)) {
        return Py_HashPointer(op);
    }
    //: why A float's hash knows that ``-0.0 == 0.0``, and a tuple's never comes out as -1, which
    //: why means failure. Both took thought; borrow it.
    PyObject *pair = Py_BuildValue("(dd)", x, y);
    if (pair == NULL) {
        return -1;
    }
    Py_hash_t hash = PyObject_Hash(pair);
    Py_DECREF(pair);
    return hash;
}
//: end 4

/* Arithmetic. Each of these is called for `left OP right` when *either* is a point. */

//: step 5
//: todo Write point_negative, point_add and point_multiply (a point with an int or a float, on
//: todo either side). The slots at the end have to name them.
/* The state of the module that one of the two comes from, as one of them does. */
static point_state *
get_state_of_either(PyObject *left, PyObject *right)
{
    point_state *state = get_state(Py_TYPE(left));
    if (state == NULL) {
        //: why The only exception it can have set is the ``TypeError`` that says "not this one".
        PyErr_Clear();
        state = get_state(Py_TYPE(right));
    }
    return state;
}

static PyObject *
point_negative(PyObject *op)
{
    point_state *state = get_state(Py_TYPE(op));
    return state == NULL ? NULL
                         : make_point(state->point_type, -as_point(op)->x, -as_point(op)->y);
}

static PyObject *
point_add(PyObject *left, PyObject *right)
{
    point_state *state = get_state_of_either(left, right);
    if (state == NULL) {
        return NULL;
    }
    if (!PyObject_TypeCheck(left, state->point_type)
        || !PyObject_TypeCheck(right, state->point_type)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    return make_point(state->point_type, as_point(left)->x + as_point(right)->x,
                      as_point(left)->y + as_point(right)->y);
}

static PyObject *
point_multiply(PyObject *left, PyObject *right)
{
    point_state *state = get_state_of_either(left, right);
    if (state == NULL) {
        return NULL;
    }
    PyObject *point = left, *factor = right;
    if (!PyObject_TypeCheck(point, state->point_type)) {
        point = right;
        factor = left;
    }
    //: why ``PyFloat_AsDouble`` would take anything with a ``__float__``; but what does not know
    //: why points at all shall first be asked itself.
    if (!PyFloat_Check(factor) && !PyLong_Check(factor)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    //: why -1.0 is a fine factor, so only the two together mean failure (an int beyond 1.8e308).
    double by = PyFloat_AsDouble(factor);
    if (by == -1.0 && PyErr_Occurred()) {
        return NULL;
    }
    return make_point(state->point_type, as_point(point)->x * by, as_point(point)->y * by);
}
//: end 5

PyDoc_STRVAR(point_doc,
"Point(x=0.0, y=0.0, *, label=None)\n--\n\nA place in the plane.");

static PyType_Slot point_slots[] = {
    {Py_tp_doc, (void *)point_doc},
    {Py_tp_new, point_new},
    {Py_tp_repr, point_repr},
    //: step 1
    //: todo point_dealloc
    {Py_tp_dealloc, point_dealloc},
    //: end 1
    //: step 2
    //: todo The two tables.
    {Py_tp_members, point_members},
    {Py_tp_getset, point_getset},
    //: end 2
    //: step 3
    //: todo point_richcompare
    {Py_tp_richcompare, point_richcompare},
    //: end 3
    //: step 4
    //: todo point_hash
    {Py_tp_hash, point_hash},
    //: end 4
    //: step 5
    //: todo point_negative, point_add and point_multiply
    {Py_nb_negative, point_negative},
    {Py_nb_add, point_add},
    {Py_nb_multiply, point_multiply},
    //: end 5
    {0, NULL},
};

static PyType_Spec point_spec = {
    .name = "point.Point",
    .basicsize = sizeof(point_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = point_slots,
};

/* The module, as lab 01 leaves it */

static int
point_exec(PyObject *module)
{
    point_state *state = PyModule_GetState(module);
    state->point_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &point_spec, NULL);
    if (state->point_type == NULL) {
        return -1;
    }
    return PyModule_AddType(module, state->point_type);
}

static int
point_traverse(PyObject *module, visitproc visit, void *arg)
{
    point_state *state = PyModule_GetState(module);
    Py_VISIT(state->point_type);
    return 0;
}

static int
point_clear(PyObject *module)
{
    point_state *state = PyModule_GetState(module);
    Py_CLEAR(state->point_type);
    return 0;
}

static void
point_free(void *module)
{
    (void)point_clear((PyObject *)module);
}

static PyModuleDef_Slot point_module_slots[] = {
    {Py_mod_exec, point_exec},
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
    /* Nothing keeps two threads from setting one label at once, except the lock. */
    {Py_mod_gil, Py_MOD_GIL_USED},
    {0, NULL},
};

static PyModuleDef point_module = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "point",
    .m_doc = PyDoc_STR("A place in the plane, as a type made in C."),
    .m_size = sizeof(point_state),
    .m_slots = point_module_slots,
    .m_traverse = point_traverse,
    .m_clear = point_clear,
    .m_free = point_free,
};

PyMODINIT_FUNC
PyInit_point(void)
{
    return PyModuleDef_Init(&point_module);
}
