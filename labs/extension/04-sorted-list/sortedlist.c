/* sortedlist: a list that keeps its items in order.
 *
 *     >>> from sortedlist import SortedList
 *     >>> s = SortedList([3, 1, 2])
 *     >>> s.add(2)
 *     >>> s, s[0], s[-2:], 3 in s
 *     (SortedList([1, 2, 2, 3]), 1, [2, 3], True)
 */
#include <Python.h>
#include <string.h>

typedef struct {
    PyTypeObject *list_type;
    PyTypeObject *iterator_type;
} sortedlist_state;

static PyModuleDef sortedlist_module;

static sortedlist_state *
get_state(PyTypeObject *type)
{
    PyObject *module = PyType_GetModuleByDef(type, &sortedlist_module);
    return module == NULL ? NULL : PyModule_GetState(module);
}

typedef struct {
    PyObject_HEAD
    PyObject **items;       /* room for `allocated` of them; the first `size` are references */
    Py_ssize_t size;
    Py_ssize_t allocated;
    size_t version;         /* another number after every change */
} list_object;

static list_object *
as_list(PyObject *op)
{
    return (list_object *)op;
}

/* The items start, start + step, …, `count` of them, as a new list. Runs no Python code. */
static PyObject *
pick(list_object *self, Py_ssize_t start, Py_ssize_t step, Py_ssize_t count)
{
    PyObject *picked = PyList_New(count);
    if (picked == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyList_SET_ITEM(picked, i, Py_NewRef(self->items[start + i * step]));
    }
    return picked;
}

/* Gives up all items. */
static int
empty(PyObject *op)
{
    list_object *self = as_list(op);
    PyObject **items = self->items;
    Py_ssize_t size = self->size;
    /* The list is empty before the first item goes: its end may run code that looks here. */
    self->items = NULL;
    self->size = self->allocated = 0;
    self->version++;
    for (Py_ssize_t i = 0; i < size; i++) {
        Py_DECREF(items[i]);
    }
    PyMem_Free(items);
    return 0;
}

/* Order */

/* Makes room for one item more. 0, or -1 with a MemoryError. */
static int
grow(list_object *self)
{
    if (self->size < self->allocated) {
        return 0;
    }
    Py_ssize_t wanted = self->size + (self->size >> 3) + 6;
    if ((size_t)wanted > PY_SSIZE_T_MAX / sizeof(PyObject *)) {
        PyErr_NoMemory();
        return -1;
    }
    PyObject **items = PyMem_Realloc(self->items, (size_t)wanted * sizeof(PyObject *));
    if (items == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    self->items = items;
    self->allocated = wanted;
    return 0;
}

/* How many items come before `item`: those that are smaller, and with `right` also those that are
   neither smaller nor larger. -1 with an exception set, a RuntimeError if the list was changed by
   a comparison. */
static Py_ssize_t
find(list_object *self, PyObject *item, int right)
{
    //: step 1
    //: todo Bisect. A comparison, `<` and no other, can raise, and it can change this very list.
    size_t version = self->version;
    Py_ssize_t low = 0, high = self->size;
    while (low < high) {
        Py_ssize_t middle = low + (high - low) / 2;
        //: why The list may lose this item while it is compared: hold it.
        PyObject *other = Py_NewRef(self->items[middle]);
        int less = right ? PyObject_RichCompareBool(item, other, Py_LT)
                         : PyObject_RichCompareBool(other, item, Py_LT);
        //: why Even this may be the end of it, and run code. Only then look at the list again.
        Py_DECREF(other);
        if (less < 0) {
            return -1;
        }
        if (self->version != version) {
            PyErr_SetString(PyExc_RuntimeError, "SortedList changed during a comparison");
            return -1;
        }
        //: why ``less`` says "other is before item" on the left side and "item is before other" on
        //: why the right one; so it moves opposite ends.
        if (less == right) {
            high = middle;
        }
        else {
            low = middle + 1;
        }
    }
    return low;
    //: instead
    //|     (void)item, (void)right;
    //|     return self->size;
    //: end 1
}

static PyObject *
list_add(PyObject *op, PyObject *item)
{
    //: step 1
    //: todo Find the place, behind everything that is equal; make room; move; put it there.
    list_object *self = as_list(op);
    Py_ssize_t place = find(self, item, 1);
    if (place < 0 || grow(self) < 0) {
        return NULL;
    }
    memmove(self->items + place + 1, self->items + place,
            (size_t)(self->size - place) * sizeof(PyObject *));
    self->items[place] = Py_NewRef(item);
    self->size++;
    self->version++;
    Py_RETURN_NONE;
    //: instead
    //|     (void)find, (void)grow;
    //|     PyErr_Format(PyExc_NotImplementedError, "cannot add %R to a %T yet", item, op);
    //|     return NULL;
    //: end 1
}

static PyObject *
list_clear(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    (void)empty(op);
    Py_RETURN_NONE;
}

/* As a sequence */

static Py_ssize_t
list_length(PyObject *op)
{
    return as_list(op)->size;
}

/* The item at `index`, which is what C code asks for (PySequence_GetItem). A negative one has had
   the length added already. */
static PyObject *
list_item(PyObject *op, Py_ssize_t index)
{
    list_object *self = as_list(op);
    //: step 1
    //: todo A new reference to the item, or an IndexError.
    if (index < 0 || index >= self->size) {
        PyErr_SetString(PyExc_IndexError, "SortedList index out of range");
        return NULL;
    }
    return Py_NewRef(self->items[index]);
    //: instead
    //|     (void)self, (void)index;
    //|     PyErr_SetString(PyExc_NotImplementedError, "no items yet");
    //|     return NULL;
    //: end 1
}

//: step 2
//: todo Write list_subscript (s[i], and s[a:b:c], which is a list) and list_ass_subscript (del of
//: todo both; an assignment is a TypeError). The slots at the end have to name them.
/* Turns the subscript into start, step and count. 0, or -1 with an exception set. */
static int
resolve(list_object *self, PyObject *key, Py_ssize_t *start, Py_ssize_t *step, Py_ssize_t *count)
{
    if (PyIndex_Check(key)) {
        Py_ssize_t index = PyNumber_AsSsize_t(key, PyExc_IndexError);
        if (index == -1 && PyErr_Occurred()) {
            return -1;
        }
        //: why ``__index__`` has run, so this is the first moment at which the size means anything.
        if (index < 0) {
            index += self->size;
        }
        if (index < 0 || index >= self->size) {
            PyErr_SetString(PyExc_IndexError, "SortedList index out of range");
            return -1;
        }
        *start = index;
        *step = *count = 1;
        return 0;
    }
    if (PySlice_Check(key)) {
        Py_ssize_t stop;
        if (PySlice_Unpack(key, start, &stop, step) < 0) {
            return -1;
        }
        *count = PySlice_AdjustIndices(self->size, start, &stop, *step);
        return 0;
    }
    PyErr_Format(PyExc_TypeError, "SortedList indices must be integers or slices, not %T", key);
    return -1;
}

static PyObject *
list_subscript(PyObject *op, PyObject *key)
{
    list_object *self = as_list(op);
    Py_ssize_t start, step, count;
    if (resolve(self, key, &start, &step, &count) < 0) {
        return NULL;
    }
    if (!PySlice_Check(key)) {
        return Py_NewRef(self->items[start]);
    }
    return pick(self, start, step, count);
}

static int
list_ass_subscript(PyObject *op, PyObject *key, PyObject *value)
{
    list_object *self = as_list(op);
    if (value != NULL) {
        PyErr_SetString(PyExc_TypeError, "a SortedList chooses the place itself; use add()");
        return -1;
    }
    Py_ssize_t start, step, count;
    if (resolve(self, key, &start, &step, &count) < 0) {
        return -1;
    }
    if (count == 0) {
        return 0;
    }
    if (step < 0) {
        start += (count - 1) * step;
        step = -step;
    }
    PyObject *gone = pick(self, start, step, count);
    if (gone == NULL) {
        return -1;
    }
    Py_ssize_t kept = start;
    for (Py_ssize_t i = start, taken = 0; i < self->size; i++) {
        //: why Not ``i == next`` with ``next += step``: a step may be as large as a ``Py_ssize_t``
        //: why can be, and the sum would overflow.
        if (taken < count && (i - start) % step == 0) {
            //: why Never the last reference: ``gone`` has one as well. So nothing can happen here.
            Py_DECREF(self->items[i]);
            taken++;
        }
        else {
            self->items[kept++] = self->items[i];
        }
    }
    self->size = kept;
    self->version++;
    //: why The list is in order again. Now the items may end, and run what they like.
    Py_DECREF(gone);
    return 0;
}
//: end 2

/* Iteration */

typedef struct {
    PyObject_HEAD
    PyObject *list;         /* NULL when the iterator has come to its end */
    Py_ssize_t next;
    size_t version;         /* of the list, when the iterator was made */
} iterator_object;

static iterator_object *
as_iterator(PyObject *op)
{
    return (iterator_object *)op;
}

static int
iterator_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(as_iterator(op)->list);
    return 0;
}

static int
iterator_clear(PyObject *op)
{
    Py_CLEAR(as_iterator(op)->list);
    return 0;
}

static void
iterator_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    (void)iterator_clear(op);
    type->tp_free(op);
    Py_DECREF(type);
}

//: step 3
//: todo Write list_iter, which makes an iterator; iterator_next; and iterator_length_hint with its
//: todo table of methods. The slots of both types have to name them.
static PyObject *
list_iter(PyObject *op)
{
    sortedlist_state *state = get_state(Py_TYPE(op));
    if (state == NULL) {
        return NULL;
    }
    PyTypeObject *type = state->iterator_type;
    iterator_object *self = (iterator_object *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->list = Py_NewRef(op);
    self->version = as_list(op)->version;
    return (PyObject *)self;
}

static PyObject *
iterator_next(PyObject *op)
{
    iterator_object *self = as_iterator(op);
    if (self->list == NULL) {
        //: why ``NULL`` without an exception is how a slot says "the end". The interpreter makes
        //: why a ``StopIteration`` of it only where somebody can see it.
        return NULL;
    }
    list_object *list = as_list(self->list);
    if (list->version != self->version) {
        PyErr_SetString(PyExc_RuntimeError, "SortedList changed during iteration");
        return NULL;
    }
    if (self->next < list->size) {
        return Py_NewRef(list->items[self->next++]);
    }
    //: why At the end for good, even if the list grows again; and the list need not wait for the
    //: why iterator to go.
    Py_CLEAR(self->list);
    return NULL;
}

static PyObject *
iterator_length_hint(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    iterator_object *self = as_iterator(op);
    Py_ssize_t left = 0;
    if (self->list != NULL && as_list(self->list)->version == self->version) {
        left = as_list(self->list)->size - self->next;
    }
    return PyLong_FromSsize_t(left);
}

static PyMethodDef iterator_methods[] = {
    {"__length_hint__", iterator_length_hint, METH_NOARGS,
     PyDoc_STR("How many items are still to come.")},
    {NULL, NULL, 0, NULL},
};
//: end 3

static PyType_Slot iterator_slots[] = {
    {Py_tp_traverse, iterator_traverse},
    {Py_tp_clear, iterator_clear},
    {Py_tp_dealloc, iterator_dealloc},
    //: step 3
    //: todo The table, iterator_next, and what iter() gives for an iterator: PyObject_SelfIter.
    {Py_tp_methods, iterator_methods},
    {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, iterator_next},
    //: end 3
    {0, NULL},
};

static PyType_Spec iterator_spec = {
    .name = "sortedlist.SortedListIterator",
    .basicsize = sizeof(iterator_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE
             | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = iterator_slots,
};

/* Searching */

//: step 4
//: todo Write list_contains for `in`, and list_index, list_count and list_remove. All of them
//: todo bisect. The tables below have to name them.
/* The place of the first item that equals `item`, *place* = -1 if there is none. 0, or -1 with an
   exception set. */
static int
locate(list_object *self, PyObject *item, Py_ssize_t *place)
{
    Py_ssize_t left = find(self, item, 0);
    if (left < 0) {
        return -1;
    }
    *place = -1;
    //: why The order has found the place; whether it is *the* item, ``==`` decides. Of items that
    //: why are neither smaller nor larger there may be several that are not equal either.
    for (Py_ssize_t i = left; i < self->size; i++) {
        size_t version = self->version;
        PyObject *other = Py_NewRef(self->items[i]);
        int equal = PyObject_RichCompareBool(other, item, Py_EQ);
        int larger = equal != 0 ? 0 : PyObject_RichCompareBool(item, other, Py_LT);
        Py_DECREF(other);
        if (equal < 0 || larger < 0) {
            return -1;
        }
        if (self->version != version) {
            PyErr_SetString(PyExc_RuntimeError, "SortedList changed during a comparison");
            return -1;
        }
        if (equal) {
            *place = i;
            return 0;
        }
        if (larger) {
            return 0;
        }
    }
    return 0;
}

static int
list_contains(PyObject *op, PyObject *item)
{
    Py_ssize_t place;
    //: why Three answers: 1, 0, and -1 for an exception.
    return locate(as_list(op), item, &place) < 0 ? -1 : place >= 0;
}

static PyObject *
list_index(PyObject *op, PyObject *item)
{
    Py_ssize_t place;
    if (locate(as_list(op), item, &place) < 0) {
        return NULL;
    }
    if (place < 0) {
        PyErr_Format(PyExc_ValueError, "%R is not in the SortedList", item);
        return NULL;
    }
    return PyLong_FromSsize_t(place);
}

static PyObject *
list_count(PyObject *op, PyObject *item)
{
    list_object *self = as_list(op);
    Py_ssize_t left = find(self, item, 0);
    if (left < 0) {
        return NULL;
    }
    Py_ssize_t right = find(self, item, 1);
    if (right < 0) {
        return NULL;
    }
    return PyLong_FromSsize_t(right - left);
}

static PyObject *
list_remove(PyObject *op, PyObject *item)
{
    list_object *self = as_list(op);
    Py_ssize_t place;
    if (locate(self, item, &place) < 0) {
        return NULL;
    }
    if (place < 0) {
        PyErr_Format(PyExc_ValueError, "%R is not in the SortedList", item);
        return NULL;
    }
    PyObject *gone = self->items[place];
    self->size--;
    memmove(self->items + place, self->items + place + 1,
            (size_t)(self->size - place) * sizeof(PyObject *));
    self->version++;
    //: why Last of all, when the list is whole: this can run code that looks at it.
    Py_DECREF(gone);
    Py_RETURN_NONE;
}
//: end 4

/* Company */

//: step 5
//: todo Write list_repr (a list may hold itself) and list_richcompare (== and != with another
//: todo SortedList). The slots at the end have to name them, and the flags to say that this is a
//: todo sequence.
static PyObject *
list_repr(PyObject *op)
{
    //: why Positive when this very object is being shown further up the stack: then it holds
    //: why itself, and would be shown for ever.
    int inside = Py_ReprEnter(op);
    if (inside != 0) {
        return inside < 0 ? NULL : PyUnicode_FromString("SortedList([...])");
    }
    PyObject *text = NULL;
    //: why A copy, since showing an item can change this list.
    PyObject *items = pick(as_list(op), 0, 1, as_list(op)->size);
    if (items != NULL) {
        text = PyUnicode_FromFormat("SortedList(%R)", items);
        Py_DECREF(items);
    }
    Py_ReprLeave(op);
    return text;
}

static PyObject *
list_richcompare(PyObject *op, PyObject *other, int how)
{
    sortedlist_state *state = get_state(Py_TYPE(op));
    if (state == NULL) {
        return NULL;
    }
    if ((how != Py_EQ && how != Py_NE) || !PyObject_TypeCheck(other, state->list_type)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    list_object *a = as_list(op), *b = as_list(other);
    int equal = a->size == b->size;
    //: why Both sizes are read again for every pair: the comparison before may have changed them.
    for (Py_ssize_t i = 0; equal && i < a->size && i < b->size; i++) {
        PyObject *one = Py_NewRef(a->items[i]), *two = Py_NewRef(b->items[i]);
        equal = PyObject_RichCompareBool(one, two, Py_EQ);
        Py_DECREF(one);
        Py_DECREF(two);
        if (equal < 0) {
            return NULL;
        }
    }
    equal = equal && a->size == b->size;
    return PyBool_FromLong(how == Py_EQ ? equal : !equal);
}
//: end 5

/* Life, as labs 02 and 03 leave it */

static PyObject *
list_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"", NULL};
    PyObject *iterable = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:SortedList", names, &iterable)) {
        return NULL;
    }
    PyObject *sorted = iterable == NULL ? PyList_New(0) : PySequence_List(iterable);
    if (sorted == NULL || PyList_Sort(sorted) < 0) {
        Py_XDECREF(sorted);
        return NULL;
    }
    Py_ssize_t size = PyList_GET_SIZE(sorted);
    list_object *self = (list_object *)type->tp_alloc(type, 0);
    if (self != NULL && size > 0) {
        self->items = PyMem_New(PyObject *, size);
        if (self->items == NULL) {
            Py_CLEAR(self);
            PyErr_NoMemory();
        }
        else {
            for (Py_ssize_t i = 0; i < size; i++) {
                self->items[i] = Py_NewRef(PyList_GET_ITEM(sorted, i));
            }
            self->size = self->allocated = size;
        }
    }
    Py_DECREF(sorted);
    return (PyObject *)self;
}

static int
list_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    for (Py_ssize_t i = 0; i < as_list(op)->size; i++) {
        Py_VISIT(as_list(op)->items[i]);
    }
    return 0;
}

static void
list_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    PyObject_ClearWeakRefs(op);
    Py_TRASHCAN_BEGIN(op, list_dealloc)
    (void)empty(op);
    type->tp_free(op);
    Py_DECREF(type);
    Py_TRASHCAN_END
}

static PyMethodDef list_methods[] = {
    {"add", list_add, METH_O, PyDoc_STR("Put an item in its place, behind its equals.")},
    {"clear", list_clear, METH_NOARGS, PyDoc_STR("Remove all items.")},
    //: step 4
    //: todo index, count and remove, each with one argument.
    {"index", list_index, METH_O, PyDoc_STR("The place of the first item that equals this one.")},
    {"count", list_count, METH_O, PyDoc_STR("How many items are neither smaller nor larger.")},
    {"remove", list_remove, METH_O, PyDoc_STR("Remove the first item that equals this one.")},
    //: end 4
    {NULL, NULL, 0, NULL},
};

PyDoc_STRVAR(list_doc,
"SortedList(iterable=(), /)\n--\n\nA list that keeps its items in order.");

static PyType_Slot list_slots[] = {
    {Py_tp_doc, (void *)list_doc},
    {Py_tp_new, list_new},
    {Py_tp_traverse, list_traverse},
    {Py_tp_clear, empty},
    {Py_tp_dealloc, list_dealloc},
    {Py_tp_methods, list_methods},
    {Py_sq_length, list_length},
    {Py_sq_item, list_item},
    //: step 2
    //: todo list_subscript and list_ass_subscript, which are slots of a mapping.
    {Py_mp_subscript, list_subscript},
    {Py_mp_ass_subscript, list_ass_subscript},
    //: end 2
    //: step 3
    //: todo list_iter
    {Py_tp_iter, list_iter},
    //: end 3
    //: step 4
    //: todo list_contains
    {Py_sq_contains, list_contains},
    //: end 4
    //: step 5
    //: todo list_repr and list_richcompare
    {Py_tp_repr, list_repr},
    {Py_tp_richcompare, list_richcompare},
    //: end 5
    {0, NULL},
};

static PyType_Spec list_spec = {
    .name = "sortedlist.SortedList",
    .basicsize = sizeof(list_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC
             | Py_TPFLAGS_MANAGED_WEAKREF
    //: step 5
    //: todo The flag by which `match` tells a sequence.
             | Py_TPFLAGS_SEQUENCE
    //: end 5
    ,
    .slots = list_slots,
};

/* The module */

static int
sortedlist_exec(PyObject *module)
{
    sortedlist_state *state = PyModule_GetState(module);
    state->list_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &list_spec, NULL);
    if (state->list_type == NULL) {
        return -1;
    }
    state->iterator_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &iterator_spec, NULL);
    if (state->iterator_type == NULL) {
        return -1;
    }
    return PyModule_AddType(module, state->list_type);
}

static int
sortedlist_traverse(PyObject *module, visitproc visit, void *arg)
{
    sortedlist_state *state = PyModule_GetState(module);
    Py_VISIT(state->list_type);
    Py_VISIT(state->iterator_type);
    return 0;
}

static int
sortedlist_clear(PyObject *module)
{
    sortedlist_state *state = PyModule_GetState(module);
    Py_CLEAR(state->list_type);
    Py_CLEAR(state->iterator_type);
    return 0;
}

static void
sortedlist_free(void *module)
{
    (void)sortedlist_clear((PyObject *)module);
}

static PyModuleDef_Slot sortedlist_module_slots[] = {
    {Py_mod_exec, sortedlist_exec},
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
    /* Two threads that add at once would step on each other's memmove. */
    {Py_mod_gil, Py_MOD_GIL_USED},
    {0, NULL},
};

static PyModuleDef sortedlist_module = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "sortedlist",
    .m_doc = PyDoc_STR("A list that keeps its items in order."),
    .m_size = sizeof(sortedlist_state),
    .m_slots = sortedlist_module_slots,
    .m_traverse = sortedlist_traverse,
    .m_clear = sortedlist_clear,
    .m_free = sortedlist_free,
};

PyMODINIT_FUNC
PyInit_sortedlist(void)
{
    return PyModuleDef_Init(&sortedlist_module);
}
