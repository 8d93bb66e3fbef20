/* stock: a small shop, which loses a little with every customer.
 *
 *     >>> import stock
 *     >>> stock.count(["nut", "bolt", "nut"])
 *     {'nut': 2, 'bolt': 1}
 *     >>> stock.pairs(["nut", "bolt"], [3, 5])
 *     [('nut', 3), ('bolt', 5)]
 *     >>> stock.label(["nut", "bolt"])
 *     'NUT+BOLT'
 *     >>> shelf = stock.Shelf("upper"); shelf.put("nut")
 *
 * Everything it says is right. Four things it does are not.
 */
#include <Python.h>
#include <ctype.h>
#include <string.h>

/* How often each item occurs. */
static PyObject *
stock_count(PyObject *Py_UNUSED(module), PyObject *items)
{
    PyObject *iterator = PyObject_GetIter(items);
    if (iterator == NULL) {
        return NULL;
    }
    PyObject *counts = PyDict_New();
    PyObject *item;
    while (counts != NULL && (item = PyIter_Next(iterator)) != NULL) {
        PyObject *before, *after = NULL;
        if (PyDict_GetItemRef(counts, item, &before) >= 0) {
            long number = before == NULL ? 0 : PyLong_AsLong(before);
            Py_XDECREF(before);
            after = PyLong_FromLong(number + 1);
        }
        //: step 1
        //: todo Who owns what here? Look at each of the four: counts, item, before, after.
        if (after == NULL || PyDict_SetItem(counts, item, after) < 0) {
            Py_CLEAR(counts);
        }
        //: why The dict has taken a reference of its own. A list built with ``PyList_SET_ITEM`` would
        //: why have taken ours.
        Py_XDECREF(after);
        //: instead
        //|     if (after == NULL || PyDict_SetItem(counts, item, after) < 0) {
        //|         Py_CLEAR(counts);
        //|     }
        //: end 1
        Py_DECREF(item);
    }
    Py_DECREF(iterator);
    if (PyErr_Occurred()) {
        Py_CLEAR(counts);
    }
    return counts;
}

/* A list of pairs, each of an item and its price; both iterables have to be of the same length. */
static PyObject *
stock_pairs(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *items, *prices;
    if (!PyArg_ParseTuple(args, "OO:pairs", &items, &prices)) {
        return NULL;
    }
    PyObject *item = NULL, *price = NULL, *result = NULL;
    PyObject *left = PyObject_GetIter(items);
    PyObject *right = left == NULL ? NULL : PyObject_GetIter(prices);
    if (right == NULL) {
        //: step 2
        //: todo Four ways lead out of this function before the end. What is yours on each?
        goto failed;
        //: instead
        //|     return NULL;
        //: end 2
    }
    result = PyList_New(0);
    if (result == NULL) {
        goto failed;
    }
    for (;;) {
        item = PyIter_Next(left);
        if (item == NULL && PyErr_Occurred()) {
            goto failed;
        }
        price = PyIter_Next(right);
        if (price == NULL && PyErr_Occurred()) {
            goto failed;
        }
        if (item == NULL && price == NULL) {
            break;
        }
        if (item == NULL || price == NULL) {
            PyErr_Format(PyExc_ValueError, "more %s than %s", item ? "items" : "prices",
                         item ? "prices" : "items");
            goto failed;
        }
        PyObject *pair = PyTuple_Pack(2, item, price);
        if (pair == NULL || PyList_Append(result, pair) < 0) {
            Py_XDECREF(pair);
            goto failed;
        }
        Py_DECREF(pair);
        Py_CLEAR(item);
        Py_CLEAR(price);
    }
    Py_DECREF(left);
    Py_DECREF(right);
    return result;

failed:
    //: step 2
    //: why Every variable is either ``NULL`` or ours when we come here, from wherever. That is what
    //: why the ``NULL`` at the top and ``Py_CLEAR`` in the loop are for.
    Py_XDECREF(item);
    Py_XDECREF(price);
    Py_XDECREF(left);
    Py_XDECREF(right);
    Py_XDECREF(result);
    return NULL;
    //: instead
    //|     Py_XDECREF(left);
    //|     Py_XDECREF(right);
    //|     return NULL;
    //: end 2
}

/* The names in capitals, with plus signs between them. ASCII only. */
static PyObject *
stock_label(PyObject *Py_UNUSED(module), PyObject *names)
{
    PyObject *fast = PySequence_Fast(names, "a sequence of names is needed");
    if (fast == NULL) {
        return NULL;
    }
    PyObject *result = NULL;
    Py_ssize_t size = 0, count = PySequence_Fast_GET_SIZE(fast);
    char *text = PyMem_Malloc((size_t)count + 1);
    if (text == NULL) {
        PyErr_NoMemory();
        goto done;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        Py_ssize_t length;
        const char *name = PyUnicode_AsUTF8AndSize(PySequence_Fast_GET_ITEM(fast, i), &length);
        if (name == NULL) {
            goto done;
        }
        char *larger = PyMem_Realloc(text, (size_t)(size + length + 2));
        if (larger == NULL) {
            PyErr_NoMemory();
            goto done;
        }
        text = larger;
        if (i > 0) {
            text[size++] = '+';
        }
        for (Py_ssize_t j = 0; j < length; j++) {
            if (!isascii((unsigned char)name[j])) {
                PyErr_Format(PyExc_ValueError, "cannot print %R", PySequence_Fast_GET_ITEM(fast, i));
                goto done;
            }
            text[size++] = (char)toupper((unsigned char)name[j]);
        }
    }
    result = PyUnicode_FromStringAndSize(text, size);
    //: step 3
    //: todo No object is lost here, so no count of references shows anything. What is?
done:
    //: why Below the label, so that success and failure both pass. ``PyMem_Free(NULL)`` does nothing.
    PyMem_Free(text);
    //: instead
    //|     PyMem_Free(text);
    //| done:
    //: end 3
    Py_DECREF(fast);
    return result;
}

/* A shelf has a name and things on it. */
typedef struct {
    PyObject_HEAD
    PyObject *name;
    PyObject *things;       /* a list */
} shelf_object;

static int
shelf_traverse(PyObject *op, visitproc visit, void *arg)
{
    shelf_object *self = (shelf_object *)op;
    //: step 4
    //: todo The collector believes what it is told here.
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->name);
    Py_VISIT(self->things);
    //: instead
    //|     Py_VISIT(self->name);
    //: end 4
    return 0;
}

static int
shelf_clear(PyObject *op)
{
    shelf_object *self = (shelf_object *)op;
    Py_CLEAR(self->name);
    Py_CLEAR(self->things);
    return 0;
}

static void
shelf_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    (void)shelf_clear(op);
    type->tp_free(op);
    //: step 4
    //: todo Who has a reference to the type, and since when?
    Py_DECREF(type);
    //: end 4
}

static PyObject *
shelf_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"name", NULL};
    PyObject *name;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:Shelf", names, &name)) {
        return NULL;
    }
    shelf_object *self = (shelf_object *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->name = Py_NewRef(name);
        self->things = PyList_New(0);
        if (self->things == NULL) {
            Py_CLEAR(self);
        }
    }
    return (PyObject *)self;
}

static PyObject *
shelf_put(PyObject *op, PyObject *thing)
{
    if (PyList_Append(((shelf_object *)op)->things, thing) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static Py_ssize_t
shelf_length(PyObject *op)
{
    return PyList_GET_SIZE(((shelf_object *)op)->things);
}

static PyMethodDef shelf_methods[] = {
    {"put", shelf_put, METH_O, PyDoc_STR("Put a thing on the shelf.")},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot shelf_slots[] = {
    {Py_tp_doc, (void *)PyDoc_STR("Shelf(name)\n--\n\nHolds things.")},
    {Py_tp_new, shelf_new},
    {Py_tp_dealloc, shelf_dealloc},
    {Py_tp_traverse, shelf_traverse},
    {Py_tp_clear, shelf_clear},
    {Py_tp_methods, shelf_methods},
    {Py_sq_length, shelf_length},
    {0, NULL},
};

static PyType_Spec shelf_spec = {
    .name = "stock.Shelf",
    .basicsize = sizeof(shelf_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = shelf_slots,
};

static int
stock_exec(PyObject *module)
{
    PyTypeObject *type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &shelf_spec, NULL);
    if (type == NULL) {
        return -1;
    }
    int result = PyModule_AddType(module, type);
    Py_DECREF(type);
    return result;
}

static PyMethodDef stock_methods[] = {
    {"count", stock_count, METH_O, PyDoc_STR("count(items): {item: how often}")},
    {"pairs", stock_pairs, METH_VARARGS, PyDoc_STR("pairs(items, prices): [(item, price), …]")},
    {"label", stock_label, METH_O, PyDoc_STR("label(names): 'NAME+NAME'")},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot stock_slots[] = {
    {Py_mod_exec, stock_exec},
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
    {0, NULL},
};

static PyModuleDef stock_module = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "stock",
    .m_doc = PyDoc_STR("A small shop."),
    .m_size = 0,
    .m_methods = stock_methods,
    .m_slots = stock_slots,
};

PyMODINIT_FUNC
PyInit_stock(void)
{
    return PyModuleDef_Init(&stock_module);
}
