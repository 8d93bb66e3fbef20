/* bound: a function with its first arguments given, in two ways.
 *
 *     >>> from bound import Tupled, Bound
 *     >>> Tupled(max, 3)(1, 2), Bound(max, 3)(1, 2)
 *     (3, 3)
 *
 * Both do the same. A Tupled is called as types have been since Python 2.2, with a tuple and a dict;
 * a Bound as PEP 590 has it, with an array.
 */
#include <Python.h>
#include <stddef.h>

/* Neither of the two ever changes, so what stands in `first` is there as long as the object is. */
typedef struct {
    PyObject_HEAD
    PyObject *function;
    PyObject *first;            /* tuple: the arguments that come before all others */
    vectorcallfunc vectorcall;  /* Bound: what is called; Tupled: NULL */
} bound_object;

static bound_object *
as_bound(PyObject *op)
{
    return (bound_object *)op;
}

/* Tupled: the old way */

//: step 1
//: todo Write tupled_call(op, args, kwargs): call the function with first and args in one tuple. The
//: todo slots of Tupled have to name it.
static PyObject *
tupled_call(PyObject *op, PyObject *args, PyObject *kwargs)
{
    PyObject *all = PySequence_Concat(as_bound(op)->first, args);
    if (all == NULL) {
        return NULL;
    }
    //: why ``kwargs`` may be ``NULL`` and goes on as it is.
    PyObject *result = PyObject_Call(as_bound(op)->function, all, kwargs);
    Py_DECREF(all);
    return result;
}
//: end 1

/* Bound: the new way */

//: step 2
//: todo Write call_copied: an array with first and the arguments, all borrowed, and the call. Then
//: todo bound_vectorcall, which at first does nothing but to call it. Set it in bound_new, and let the
//: todo members, the slots and the flags of Bound know.
enum { SMALL = 8 };     /* so many arguments need no memory from the heap */

static PyObject *
call_copied(bound_object *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    Py_ssize_t before = PyTuple_GET_SIZE(self->first);
    Py_ssize_t given = PyVectorcall_NARGS(nargsf);
    //: why The values of keyword arguments follow the positional ones in the same array; only their
    //: why names are in the tuple. ``given`` does not count them.
    Py_ssize_t follow = given + (kwnames == NULL ? 0 : PyTuple_GET_SIZE(kwnames));
    PyObject *small[SMALL + 1];
    PyObject **array = small;
    if (before + follow > SMALL) {
        array = PyMem_Malloc((size_t)(before + follow + 1) * sizeof(PyObject *));
        if (array == NULL) {
            return PyErr_NoMemory();
        }
    }
    //: why Place 0 stays free, for the function to put something in front itself.
    PyObject **all = array + 1;
    //: why No reference is taken: ``first`` holds the ones and our caller the others, until the
    //: why call is over.
    for (Py_ssize_t i = 0; i < before; i++) {
        all[i] = PyTuple_GET_ITEM(self->first, i);
    }
    for (Py_ssize_t i = 0; i < follow; i++) {
        all[before + i] = args[i];
    }
    size_t count = (size_t)(before + given);
    //: step 3
    //: todo The place in front of our own array is free. Let the function know.
    count |= PY_VECTORCALL_ARGUMENTS_OFFSET;
    //: end 3
    PyObject *result = PyObject_Vectorcall(self->function, all, count, kwnames);
    if (array != small) {
        PyMem_Free(array);
    }
    return result;
}

static PyObject *
bound_vectorcall(PyObject *op, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    bound_object *self = as_bound(op);
    //: step 4
    //: todo Bounds of Bounds of Bounds call each other without end, in C. Ask first whether one may
    //: todo go deeper, and say when you are back.
    if (Py_EnterRecursiveCall(" while calling a Bound")) {
        return NULL;
    }
    //: end 4
    PyObject *result;
    //: step 3
    //: todo Two ways without a copy: there is nothing to put in front; or there is one thing, and
    //: todo the caller lets us use the place before the first argument.
    Py_ssize_t before = PyTuple_GET_SIZE(self->first);
    if (before == 0) {
        //: why Permission and all: whoever is next may use the place before the arguments.
        result = PyObject_Vectorcall(self->function, args, nargsf, kwnames);
    }
    else if (before == 1 && (nargsf & PY_VECTORCALL_ARGUMENTS_OFFSET)) {
        //: why The array is the caller's, and only this one place before it may be written to, for
        //: why as long as the call takes. The permission ends here: there is no second place.
        PyObject **all = (PyObject **)args - 1;
        PyObject *kept = all[0];
        all[0] = PyTuple_GET_ITEM(self->first, 0);
        size_t count = (size_t)PyVectorcall_NARGS(nargsf) + 1;
        result = PyObject_Vectorcall(self->function, all, count, kwnames);
        all[0] = kept;
    }
    else {
        result = call_copied(self, args, nargsf, kwnames);
    }
    //: instead
    //|     result = call_copied(self, args, nargsf, kwnames);
    //: end 3
    //: step 4
    //: todo Back from the call, with a result or without.
    Py_LeaveRecursiveCall();
    //: end 4
    return result;
}
//: end 2

/* The life of both */

/* Tupled(function, /, *args), and Bound the same. */
static PyObject *
tupled_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    if (kwargs != NULL && PyDict_GET_SIZE(kwargs) != 0) {
        PyErr_SetString(PyExc_TypeError, "no arguments can be given by name");
        return NULL;
    }
    if (PyTuple_GET_SIZE(args) == 0 || !PyCallable_Check(PyTuple_GET_ITEM(args, 0))) {
        PyErr_SetString(PyExc_TypeError, "the first argument must be callable");
        return NULL;
    }
    PyObject *first = PyTuple_GetSlice(args, 1, PyTuple_GET_SIZE(args));
    if (first == NULL) {
        return NULL;
    }
    bound_object *self = (bound_object *)type->tp_alloc(type, 0);
    if (self == NULL) {
        Py_DECREF(first);
        return NULL;
    }
    self->function = Py_NewRef(PyTuple_GET_ITEM(args, 0));
    self->first = first;
    return (PyObject *)self;
}

static PyObject *
bound_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *op = tupled_new(type, args, kwargs);
    //: step 2
    //: todo Each object says itself what is called.
    if (op != NULL) {
        as_bound(op)->vectorcall = bound_vectorcall;
    }
    //: end 2
    return op;
}

static int
bound_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(as_bound(op)->function);
    Py_VISIT(as_bound(op)->first);
    return 0;
}

/* There is no tp_clear: what both refer to was there before them, so a cycle goes through something
   that can change, and that something will break it. (A tuple has none either.) */

static void
bound_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    Py_TRASHCAN_BEGIN(op, bound_dealloc)
    PyTypeObject *type = Py_TYPE(op);
    Py_XDECREF(as_bound(op)->function);
    Py_XDECREF(as_bound(op)->first);
    type->tp_free(op);
    Py_DECREF(type);
    Py_TRASHCAN_END
}

static PyType_Slot tupled_slots[] = {
    {Py_tp_doc, "Tupled(function, /, *args)\n--\n\nA function with its first arguments given."},
    {Py_tp_new, tupled_new},
    {Py_tp_traverse, bound_traverse},
    {Py_tp_dealloc, bound_dealloc},
    //: step 1
    //: todo tupled_call
    {Py_tp_call, tupled_call},
    //: end 1
    {0, NULL},
};

static PyType_Spec tupled_spec = {
    .name = "bound.Tupled",
    .basicsize = sizeof(bound_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = tupled_slots,
};

//: step 2
//: todo A table of members with one entry, whose name is __vectorcalloffset__.
static PyMemberDef bound_members[] = {
    //: why :csrc:`PyType_FromMetaclass` knows the name and sets ``tp_vectorcall_offset``. A
    //: why read-only attribute of that name comes of it as well: the address, as a number.
    {"__vectorcalloffset__", Py_T_PYSSIZET, offsetof(bound_object, vectorcall), Py_READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};
//: end 2

static PyType_Slot bound_slots[] = {
    {Py_tp_doc, "Bound(function, /, *args)\n--\n\nA function with its first arguments given."},
    {Py_tp_new, bound_new},
    {Py_tp_traverse, bound_traverse},
    {Py_tp_dealloc, bound_dealloc},
    //: step 2
    //: todo The members; and tp_call, for callers with a tuple and a dict: the one CPython has.
    {Py_tp_members, bound_members},
    {Py_tp_call, PyVectorcall_Call},
    //: end 2
    {0, NULL},
};

static PyType_Spec bound_spec = {
    .name = "bound.Bound",
    .basicsize = sizeof(bound_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE
    //: step 2
    //: todo A flag says that the offset counts.
             | Py_TPFLAGS_HAVE_VECTORCALL
    //: end 2
    ,
    .slots = bound_slots,
};

/* What the tests see with. A Probe is called and says how; spy() calls, with an array of its own. */

typedef struct {
    PyObject **array;           /* that of the call of spy() that is under way, or NULL */
    Py_ssize_t length;
} bound_state;

typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
} probe_object;

/* (the positional arguments, the values and the names of the others, whether they came in the array
   of spy(), whether the place in front may be used) */
static PyObject *
probe_vectorcall(PyObject *op, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    bound_state *state = PyType_GetModuleState(Py_TYPE(op));
    Py_ssize_t count = PyVectorcall_NARGS(nargsf);
    Py_ssize_t named = kwnames == NULL ? 0 : PyTuple_GET_SIZE(kwnames);
    int same = state->array != NULL && args >= state->array && args < state->array + state->length;
    int permitted = (nargsf & PY_VECTORCALL_ARGUMENTS_OFFSET) != 0;
    if (permitted) {
        PyObject **place = (PyObject **)args - 1, *kept = *place;
        *(PyObject *volatile *)place = NULL;
        *(PyObject *volatile *)place = kept;
    }
    PyObject *first = PyTuple_New(count), *values = PyTuple_New(named);
    if (first != NULL && values != NULL) {
        for (Py_ssize_t i = 0; i < count; i++) {
            PyTuple_SET_ITEM(first, i, Py_NewRef(args[i]));
        }
        for (Py_ssize_t i = 0; i < named; i++) {
            PyTuple_SET_ITEM(values, i, Py_NewRef(args[count + i]));
        }
        return Py_BuildValue("(NNOOO)", first, values, kwnames == NULL ? Py_None : kwnames,
                             same ? Py_True : Py_False, permitted ? Py_True : Py_False);
    }
    Py_XDECREF(first);
    Py_XDECREF(values);
    return NULL;
}

static PyObject *
probe_new(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    probe_object *self = (probe_object *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->vectorcall = probe_vectorcall;
    }
    return (PyObject *)self;
}

static void
probe_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    type->tp_free(op);
    Py_DECREF(type);
}

static PyMemberDef probe_members[] = {
    {"__vectorcalloffset__", Py_T_PYSSIZET, offsetof(probe_object, vectorcall), Py_READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot probe_slots[] = {
    {Py_tp_new, probe_new},
    {Py_tp_dealloc, probe_dealloc},
    {Py_tp_members, probe_members},
    {Py_tp_call, PyVectorcall_Call},
    {0, NULL},
};

static PyType_Spec probe_spec = {
    .name = "bound.Probe",
    .basicsize = sizeof(probe_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL,
    .slots = probe_slots,
};

/* spy(callable, values, names, permitted): calls with an array in which there is a place before the
   first argument, and sees to it that everything is in the array afterwards as it was before. */
static PyObject *
bound_spy(PyObject *module, PyObject *args)
{
    PyObject *callable, *values, *names;
    int permitted;
    if (!PyArg_ParseTuple(args, "OO!O!p:spy", &callable, &PyTuple_Type, &values, &PyTuple_Type,
                          &names, &permitted)) {
        return NULL;
    }
    Py_ssize_t length = PyTuple_GET_SIZE(values), named = PyTuple_GET_SIZE(names);
    if (named > length) {
        PyErr_SetString(PyExc_ValueError, "more names than values");
        return NULL;
    }
    PyObject **array = PyMem_Calloc((size_t)length + 2, sizeof(PyObject *));
    if (array == NULL) {
        return PyErr_NoMemory();
    }
    array[0] = array[1] = module;
    for (Py_ssize_t i = 0; i < length; i++) {
        array[i + 2] = PyTuple_GET_ITEM(values, i);
    }
    bound_state *state = PyModule_GetState(module);
    state->array = array;
    state->length = length + 2;
    size_t count = (size_t)(length - named) | (permitted ? PY_VECTORCALL_ARGUMENTS_OFFSET : 0);
    PyObject *result = PyObject_Vectorcall(callable, array + 2, count, named ? names : NULL);
    state->array = NULL;
    int intact = array[0] == module && array[1] == module;
    for (Py_ssize_t i = 0; i < length; i++) {
        intact = intact && array[i + 2] == PyTuple_GET_ITEM(values, i);
    }
    PyMem_Free(array);
    if (!intact) {
        Py_CLEAR(result);
        PyErr_SetString(PyExc_SystemError, "the caller's array is not as it was");
    }
    return result;
}

static PyMethodDef bound_methods[] = {
    {"spy", bound_spy, METH_VARARGS, PyDoc_STR("Call, and watch.")},
    {NULL, NULL, 0, NULL},
};

/* The module */

static int
add_type(PyObject *module, PyType_Spec *spec)
{
    PyObject *type = PyType_FromModuleAndSpec(module, spec, NULL);
    int result = type == NULL ? -1 : PyModule_AddType(module, (PyTypeObject *)type);
    Py_XDECREF(type);
    return result;
}

static int
bound_exec(PyObject *module)
{
    if (add_type(module, &tupled_spec) < 0 || add_type(module, &bound_spec) < 0) {
        return -1;
    }
    return add_type(module, &probe_spec);
}

static PyModuleDef_Slot bound_module_slots[] = {
    {Py_mod_exec, bound_exec},
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
    /* For the sake of spy(), which remembers one array. The types would not need it. */
    {Py_mod_gil, Py_MOD_GIL_USED},
    {0, NULL},
};

static PyModuleDef bound_module = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "bound",
    .m_doc = PyDoc_STR("A function with its first arguments given, in two ways."),
    .m_size = sizeof(bound_state),
    .m_methods = bound_methods,
    .m_slots = bound_module_slots,
};

PyMODINIT_FUNC
PyInit_bound(void)
{
    return PyModuleDef_Init(&bound_module);
}
