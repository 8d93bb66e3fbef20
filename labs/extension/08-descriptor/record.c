/* record: attributes that know their type, and classes that know their attributes.
 *
 *     >>> from record import Record, Field, Computed
 *     >>> class Box(Record):
 *     ...     width = Field(int)
 *     ...     height = Field(int, 1)
 *     ...     area = Computed(lambda box: box.width * box.height)
 *     >>> box = Box(); box.width = 3
 *     >>> box.height, box.area
 *     (1, 3)
 *     >>> box.width = "3"
 *     TypeError: 'width' must be int, not str
 *     >>> len(Box), [field.name for field in Box.fields]
 *     (2, ['width', 'height'])
 */
#include <Python.h>
#include <stddef.h>

/* What the module has to remember. */
typedef struct {
    PyTypeObject *field_type;   /* record.Field */
} record_state;

static PyModuleDef record_module;   /* defined at the end */

/* A Field or a Computed: they differ in their types, that is, in their slots. */
typedef struct {
    PyObject_HEAD
    PyObject *name;         /* a str; None as long as no class has given it one */
    PyObject *kind;         /* Field: the class its values are instances of */
    PyObject *fallback;     /* Field: what is read as long as nothing was set; or NULL */
    PyObject *function;     /* Computed: what is called with the object */
} attribute_object;

static attribute_object *
as_attribute(PyObject *op)
{
    return (attribute_object *)op;
}

/* The dict where `obj` keeps the value of this attribute, under its name. A new reference, or NULL
   with an exception set. */
static PyObject *
get_dict(attribute_object *self, PyObject *obj)
{
    if (self->name == Py_None) {
        return PyErr_Format(PyExc_TypeError, "this %T has no name: it came to its class too late",
                            self);
    }
    /* The dict of a class is not written to behind its back: caches depend on it. */
    if (PyType_Check(obj)) {
        return PyErr_Format(PyExc_TypeError, "a %T cannot be an attribute of a class", self);
    }
    return PyObject_GenericGetDict(obj, NULL);
}

/* __set_name__(owner, name): a class has just been made and holds this object under that name. */
static PyObject *
attribute_set_name(PyObject *op, PyObject *const *args, Py_ssize_t count)
{
    if (count != 2) {
        return PyErr_Format(PyExc_TypeError, "__set_name__ takes 2 arguments, not %zd", count);
    }
    attribute_object *self = as_attribute(op);
    PyObject *name = args[1];
    //: step 1
    //: todo Keep the name. What is no str is a TypeError, and so is a second name (the same one
    //: todo again is not).
    if (!PyUnicode_Check(name)) {
        return PyErr_Format(PyExc_TypeError, "a name is a str, not %T", name);
    }
    if (self->name == Py_None) {
        //: why ``args`` are borrowed from the caller; what is kept needs a reference of its own.
        Py_SETREF(self->name, Py_NewRef(name));
    }
    //: why One object in two classes is fine, as the values are with the instances, under a name.
    //: why Under two names it would be one value with two names.
    else if (PyUnicode_Compare(self->name, name) != 0) {
        return PyErr_Format(PyExc_TypeError, "one %T cannot have two names, %R and %R", op,
                            self->name, name);
    }
    Py_RETURN_NONE;
    //: instead
    //|     (void)self, (void)name;
    //|     Py_RETURN_NONE;
    //: end 1
}

/* Field: a data descriptor */

//: step 2
//: todo Write field_get. On the class it gives the field; on an object what the field falls back
//: todo on, or an AttributeError. The slots of Field have to name it.
static PyObject *
field_get(PyObject *op, PyObject *obj, PyObject *Py_UNUSED(owner))
{
    //: why Read on the class: :csrc:`type_getattro <_Py_type_getattro_impl>` passes ``NULL``.
    if (obj == NULL) {
        return Py_NewRef(op);
    }
    attribute_object *self = as_attribute(op);
    //: step 3
    //: todo From now on nobody looks into the object's dict before this function is called. So
    //: todo look yourself.
    PyObject *dict = get_dict(self, obj);
    if (dict == NULL) {
        return NULL;
    }
    PyObject *value;
    int found = PyDict_GetItemRef(dict, self->name, &value);
    Py_DECREF(dict);
    //: why Found, or failed: then ``value`` is ``NULL`` and an exception is set.
    if (found != 0) {
        return value;
    }
    //: end 3
    if (self->fallback != NULL) {
        return Py_NewRef(self->fallback);
    }
    //: why The right exception matters: ``hasattr``, ``getattr`` with a default and ``__getattr__``
    //: why all wait for this one and no other.
    return PyErr_Format(PyExc_AttributeError, "this %T has no %R yet", obj, self->name);
}
//: end 2

//: step 3
//: todo Write field_set(op, obj, value): checks the value and puts it into the object's dict; for
//: todo `del`, value is NULL. 0, or -1 with an exception set. The slots of Field have to name it.
static int
field_set(PyObject *op, PyObject *obj, PyObject *value)
{
    attribute_object *self = as_attribute(op);
    if (value != NULL) {
        //: why Three answers: a class can have an ``__instancecheck__``, and that can raise.
        int fits = PyObject_IsInstance(value, self->kind);
        if (fits < 0) {
            return -1;
        }
        if (fits == 0) {
            PyErr_Format(PyExc_TypeError, "%R must be %N, not %T", self->name, self->kind, value);
            return -1;
        }
    }
    PyObject *dict = get_dict(self, obj);
    if (dict == NULL) {
        return -1;
    }
    int result;
    if (value != NULL) {
        result = PyDict_SetItem(dict, self->name, value);
    }
    else {
        //: why 1: it was there and is gone; 0: it was not there, and no exception is set; -1.
        result = PyDict_Pop(dict, self->name, NULL);
        if (result == 0) {
            PyErr_Format(PyExc_AttributeError, "this %T has no %R yet", obj, self->name);
        }
        result = result == 1 ? 0 : -1;
    }
    Py_DECREF(dict);
    return result;
}
//: end 3

/* Computed: a descriptor that is none of data */

//: step 4
//: todo Write computed_get: calls the function with the object, puts what comes of it into the
//: todo object's dict, and returns it. The slots of Computed have to name it.
static PyObject *
computed_get(PyObject *op, PyObject *obj, PyObject *Py_UNUSED(owner))
{
    if (obj == NULL) {
        return Py_NewRef(op);
    }
    attribute_object *self = as_attribute(op);
    PyObject *value = PyObject_CallOneArg(self->function, obj);
    if (value == NULL) {
        return NULL;
    }
    //: why Only now: the function may have given the object another dict.
    PyObject *dict = get_dict(self, obj);
    if (dict == NULL || PyDict_SetItem(dict, self->name, value) < 0) {
        Py_CLEAR(value);
    }
    Py_XDECREF(dict);
    return value;
}
//: end 4

/* The life of both */

static PyObject *
attribute_get_name(PyObject *op, void *Py_UNUSED(closure))
{
    return Py_NewRef(as_attribute(op)->name);
}

static PyObject *
make_attribute(PyTypeObject *type, PyObject *kind, PyObject *fallback, PyObject *function)
{
    attribute_object *self = (attribute_object *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->name = Py_NewRef(Py_None);
    self->kind = Py_XNewRef(kind);
    self->fallback = Py_XNewRef(fallback);
    self->function = Py_XNewRef(function);
    return (PyObject *)self;
}

static PyObject *
field_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"kind", "fallback", NULL};
    PyObject *kind, *fallback = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!|O:Field", names, &PyType_Type, &kind,
                                     &fallback)) {
        return NULL;
    }
    return make_attribute(type, kind, fallback, NULL);
}

static PyObject *
computed_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"function", NULL};
    PyObject *function;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:Computed", names, &function)) {
        return NULL;
    }
    return make_attribute(type, NULL, NULL, function);
}

static int
attribute_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(as_attribute(op)->name);
    Py_VISIT(as_attribute(op)->kind);
    Py_VISIT(as_attribute(op)->fallback);
    Py_VISIT(as_attribute(op)->function);
    return 0;
}

/* The name stays, so that nobody has to ask whether there is one. It is a str and refers to
   nothing. */
static int
attribute_clear(PyObject *op)
{
    Py_CLEAR(as_attribute(op)->fallback);
    Py_CLEAR(as_attribute(op)->function);
    return 0;
}

static void
attribute_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    (void)attribute_clear(op);
    Py_XDECREF(as_attribute(op)->name);
    Py_XDECREF(as_attribute(op)->kind);
    type->tp_free(op);
    Py_DECREF(type);
}

static PyMethodDef attribute_methods[] = {
    {"__set_name__", (PyCFunction)(void (*)(void))attribute_set_name, METH_FASTCALL,
     PyDoc_STR("Learn the name.")},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef attribute_getset[] = {
    {"name", attribute_get_name, NULL, "The name in the class, or None.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot field_slots[] = {
    {Py_tp_doc, "Field(kind, fallback=...)\n--\n\nAn attribute whose values are of one kind."},
    {Py_tp_new, field_new},
    {Py_tp_traverse, attribute_traverse},
    {Py_tp_clear, attribute_clear},
    {Py_tp_dealloc, attribute_dealloc},
    {Py_tp_methods, attribute_methods},
    {Py_tp_getset, attribute_getset},
    //: step 2
    //: todo field_get
    {Py_tp_descr_get, field_get},
    //: end 2
    //: step 3
    //: todo field_set
    {Py_tp_descr_set, field_set},
    //: end 3
    {0, NULL},
};

static PyType_Spec field_spec = {
    .name = "record.Field",
    .basicsize = sizeof(attribute_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = field_slots,
};

static PyType_Slot computed_slots[] = {
    {Py_tp_doc, "Computed(function)\n--\n\nAn attribute that is computed when first read."},
    {Py_tp_new, computed_new},
    {Py_tp_traverse, attribute_traverse},
    {Py_tp_clear, attribute_clear},
    {Py_tp_dealloc, attribute_dealloc},
    {Py_tp_methods, attribute_methods},
    {Py_tp_getset, attribute_getset},
    //: step 4
    //: todo computed_get
    {Py_tp_descr_get, computed_get},
    //: end 4
    {0, NULL},
};

static PyType_Spec computed_spec = {
    .name = "record.Computed",
    .basicsize = sizeof(attribute_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = computed_slots,
};

/* RecordType: the class of the classes that know their fields, and Record, the first of them */

//: step 5
//: todo Write the metaclass RecordType, and Record. Finish record_exec at the end.
/* What each class of this metaclass has besides what every class has. */
typedef struct {
    PyObject *fields;   /* tuple of Field, those of the bases first; NULL before `meta_init` */
} meta_data;

/* It stands behind the struct of a class, whose size is CPython's own affair. */
static meta_data *
get_meta_data(PyObject *cls)
{
    //: why ``Py_TYPE(cls)`` may be a metaclass that somebody derived in Python. The way down the
    //: why bases needs no module state and cannot fail, so ``meta_traverse`` can go it at any time.
    PyTypeObject *meta = Py_TYPE(cls);
    while (meta->tp_base != &PyType_Type) {
        meta = meta->tp_base;
    }
    return PyObject_GetTypeData(cls, meta);
}

/* Finds the fields of a class, its own and inherited ones: what is a Field when it is looked up.
   0, or -1 with an exception set. */
static int
collect_fields(PyObject *cls, record_state *state)
{
    PyObject *found = PyDict_New();
    if (found == NULL) {
        return -1;
    }
    PyObject *mro = ((PyTypeObject *)cls)->tp_mro;
    //: why From the last to the first, so that a nearer class overwrites what a farther one has
    //: why said, as in the look-up the first one wins; and a name keeps its place in the dict.
    for (Py_ssize_t i = PyTuple_GET_SIZE(mro); i-- > 0;) {
        PyObject *dict = PyType_GetDict((PyTypeObject *)PyTuple_GET_ITEM(mro, i));
        PyObject *name, *value;
        Py_ssize_t at = 0;
        while (PyDict_Next(dict, &at, &name, &value)) {
            //: why A key of any other class could run code of its own here, and change the dict that
            //: why ``PyDict_Next`` walks over.
            if (!PyUnicode_CheckExact(name)) {
                continue;
            }
            //: why Something else under that name hides the field of a base.
            if (PyObject_TypeCheck(value, state->field_type)
                    ? PyDict_SetItem(found, name, value) < 0
                    : PyDict_Pop(found, name, NULL) < 0) {
                Py_DECREF(dict);
                Py_DECREF(found);
                return -1;
            }
        }
        Py_DECREF(dict);
    }
    PyObject *values = PyDict_Values(found);
    Py_DECREF(found);
    if (values == NULL) {
        return -1;
    }
    PyObject *fields = PyList_AsTuple(values);
    Py_DECREF(values);
    if (fields == NULL) {
        return -1;
    }
    Py_XSETREF(get_meta_data(cls)->fields, fields);
    return 0;
}

/* Called by `type_call` with what `type_new` has made: the class is there, and all names are set. */
static int
meta_init(PyObject *cls, PyObject *args, PyObject *kwargs)
{
    if (PyType_Type.tp_init(cls, args, kwargs) < 0) {
        return -1;
    }
    PyObject *module = PyType_GetModuleByDef(Py_TYPE(cls), &record_module);
    return module == NULL ? -1 : collect_fields(cls, PyModule_GetState(module));
}

static int
meta_traverse(PyObject *cls, visitproc visit, void *arg)
{
    //: why ``type`` is a static type, and :csrc:`type_traverse` does not show the class of a class.
    Py_VISIT(Py_TYPE(cls));
    Py_VISIT(get_meta_data(cls)->fields);
    //: why A class is above all a class. What this forgets, nobody else remembers.
    return PyType_Type.tp_traverse(cls, visit, arg);
}

//: why There is no ``tp_dealloc`` beside it. Every class stands in its own MRO, a ring that only
//: why :csrc:`type_clear` breaks; so no class dies before this has been called.
static int
meta_clear(PyObject *cls)
{
    Py_CLEAR(get_meta_data(cls)->fields);
    return PyType_Type.tp_clear(cls);
}

static PyObject *
meta_get_fields(PyObject *cls, void *Py_UNUSED(closure))
{
    PyObject *fields = get_meta_data(cls)->fields;
    //: why ``PyType_FromMetaclass`` does not call ``tp_init``, and a metaclass derived in Python may
    //: why forget to. The memory was zeroed.
    return fields == NULL ? PyTuple_New(0) : Py_NewRef(fields);
}

static Py_ssize_t
meta_length(PyObject *cls)
{
    PyObject *fields = get_meta_data(cls)->fields;
    return fields == NULL ? 0 : PyTuple_GET_SIZE(fields);
}

static PyGetSetDef meta_getset[] = {
    {"fields", meta_get_fields, NULL, "The fields, in their order.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot meta_slots[] = {
    {Py_tp_doc, "The class of classes that know their fields."},
    {Py_tp_init, meta_init},
    {Py_tp_traverse, meta_traverse},
    {Py_tp_clear, meta_clear},
    {Py_tp_getset, meta_getset},
    {Py_sq_length, meta_length},
    {0, NULL},
};

static PyType_Spec meta_spec = {
    .name = "record.RecordType",
    //: why "So many bytes more than the base": how large a ``type`` is we need not know.
    .basicsize = -(int)sizeof(meta_data),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = meta_slots,
};

static PyType_Slot record_slots[] = {
    {Py_tp_doc, "A class that knows its fields."},
    {0, NULL},
};

static PyType_Spec record_spec = {
    .name = "record.Record",
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = record_slots,
};
//: end 5

/* The module */

/* Adds a type that was just made and gives up the reference to it; NULL means that it was not. */
static int
add_type(PyObject *module, PyObject *type)
{
    int result = type == NULL ? -1 : PyModule_AddType(module, (PyTypeObject *)type);
    Py_XDECREF(type);
    return result;
}

static int
record_exec(PyObject *module)
{
    record_state *state = PyModule_GetState(module);
    state->field_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &field_spec, NULL);
    if (state->field_type == NULL || PyModule_AddType(module, state->field_type) < 0) {
        return -1;
    }
    if (add_type(module, PyType_FromModuleAndSpec(module, &computed_spec, NULL)) < 0) {
        return -1;
    }
    //: step 5
    //: todo RecordType, whose base is type; then Record, whose class is RecordType.
    PyObject *meta = PyType_FromModuleAndSpec(module, &meta_spec, (PyObject *)&PyType_Type);
    if (meta == NULL) {
        return -1;
    }
    PyObject *record = PyType_FromMetaclass((PyTypeObject *)meta, module, &record_spec, NULL);
    if (add_type(module, meta) < 0) {
        Py_XDECREF(record);
        return -1;
    }
    return add_type(module, record);
    //: instead
    //|     return 0;
    //: end 5
}

static int
record_traverse(PyObject *module, visitproc visit, void *arg)
{
    record_state *state = PyModule_GetState(module);
    Py_VISIT(state->field_type);
    return 0;
}

static int
record_clear(PyObject *module)
{
    record_state *state = PyModule_GetState(module);
    Py_CLEAR(state->field_type);
    return 0;
}

static void
record_free(void *module)
{
    (void)record_clear((PyObject *)module);
}

static PyModuleDef_Slot record_module_slots[] = {
    {Py_mod_exec, record_exec},
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
    /* PyDict_Next over the dict of a class wants a lock. */
    {Py_mod_gil, Py_MOD_GIL_USED},
    {0, NULL},
};

static PyModuleDef record_module = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "record",
    .m_doc = PyDoc_STR("Attributes that know their type, and classes that know their attributes."),
    .m_size = sizeof(record_state),
    .m_slots = record_module_slots,
    .m_traverse = record_traverse,
    .m_clear = record_clear,
    .m_free = record_free,
};

PyMODINIT_FUNC
PyInit_record(void)
{
    return PyModuleDef_Init(&record_module);
}
