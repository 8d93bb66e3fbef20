/* lrudict: a mapping of limited size. When it is full, what was used longest ago has to go.
 *
 *     >>> from lrudict import LRUDict
 *     >>> d = LRUDict(2)
 *     >>> d["a"] = 1; d["b"] = 2
 *     >>> d["a"]
 *     1
 *     >>> d["c"] = 3          # "b" goes: "a" was used since
 *     >>> d
 *     LRUDict(2, {'a': 1, 'c': 3})
 */
#include <Python.h>
#include <stddef.h>

typedef struct {
    PyTypeObject *map_type;
    PyTypeObject *link_type;
} lrudict_state;

static PyModuleDef lrudict_module;

static lrudict_state *
get_state(PyTypeObject *type)
{
    PyObject *module = PyType_GetModuleByDef(type, &lrudict_module);
    return module == NULL ? NULL : PyModule_GetState(module);
}

typedef struct link_object link_object;
typedef struct map_object map_object;

/* An entry: key, value, and its place in the order of use. Only the dict of its map owns it, and
   no Python code ever gets hold of one. */
struct link_object {
    PyObject_HEAD
    PyObject *key;
    PyObject *value;
    map_object *map;        /* the map in whose order it is, or NULL; not owned */
    link_object *older;     /* its neighbours there, not owned either */
    link_object *newer;
};

/* What must be true whenever Python code can run: the entries in `index` are those in the order
   from `oldest` to `newest`, each once, and each under its own key. */
struct map_object {
    PyObject_HEAD
    PyObject *index;        /* dict: key -> link_object */
    link_object *oldest;    /* not owned, nor is the next */
    link_object *newest;
    Py_ssize_t capacity;
    PyObject *on_evict;     /* called with key and value of what had to go, unless None */
};

static map_object *
as_map(PyObject *op)
{
    return (map_object *)op;
}

/* The order of use. Nothing here owns anything, can fail, or runs Python code. */

/* Puts an entry that is in no order behind all others. */
static void
append(map_object *self, link_object *link)
{
    //: step 2
    //: todo A doubly linked list: the entry becomes the newest.
    link->older = self->newest;
    link->newer = NULL;
    if (self->newest != NULL) {
        self->newest->newer = link;
    }
    else {
        self->oldest = link;
    }
    self->newest = link;
    link->map = self;
    //: instead
    //|     (void)self, (void)link;
    //: end 2
}

/* Takes an entry out of the order of its map; one that is in none stays as it is. */
static void
detach(link_object *link)
{
    //: step 2
    //: todo Its neighbours become neighbours; mind the two ends.
    map_object *self = link->map;
    if (self == NULL) {
        return;
    }
    if (link->older != NULL) {
        link->older->newer = link->newer;
    }
    else {
        self->oldest = link->newer;
    }
    if (link->newer != NULL) {
        link->newer->older = link->older;
    }
    else {
        self->newest = link->older;
    }
    link->older = link->newer = NULL;
    link->map = NULL;
    //: instead
    //|     (void)link;
    //: end 2
}

/* Takes all entries out of the order. */
static void
detach_all(map_object *self)
{
    while (self->oldest != NULL) {
        detach(self->oldest);
    }
}

/* Entries */

static PyObject *
new_link(PyTypeObject *type, PyObject *key, PyObject *value)
{
    link_object *self = (link_object *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->key = Py_NewRef(key);
        self->value = Py_NewRef(value);
    }
    return (PyObject *)self;
}

/* There is no tp_clear, and none is needed: every cycle through an entry goes through the dict that
   owns it, and a dict can be cleared. */
static int
link_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(((link_object *)op)->key);
    Py_VISIT(((link_object *)op)->value);
    return 0;
}

static void
link_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    //: step 2
    //: todo An entry that goes must leave the order, wherever that comes from: the collector may clear
    //: todo the dict before it comes to the map.
    //: why Otherwise the map would keep a pointer to memory that is gone. The other way round,
    //: why ``map_dealloc`` takes all entries out of the order before it goes. Two that know each
    //: why other without owning: whoever goes first takes leave.
    detach((link_object *)op);
    //: end 2
    Py_TRASHCAN_BEGIN(op, link_dealloc)
    Py_XDECREF(((link_object *)op)->key);
    Py_XDECREF(((link_object *)op)->value);
    type->tp_free(op);
    Py_DECREF(type);
    Py_TRASHCAN_END
}

static PyType_Slot link_slots[] = {
    {Py_tp_traverse, link_traverse},
    {Py_tp_dealloc, link_dealloc},
    {0, NULL},
};

static PyType_Spec link_spec = {
    .name = "lrudict.Link",
    .basicsize = sizeof(link_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE
             | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = link_slots,
};

/* Room */

//: step 3
//: todo Write evict: as long as there are more entries than the capacity allows, remove the one
//: todo that was used longest ago, and call on_evict with its key and value, unless it is None.
//: todo To find a key in the dict can run its __hash__ and other keys' __eq__.
/* 0, or -1 with an exception set; the map is in order then, and may be too large. */
static int
evict(map_object *self)
{
    while (PyDict_GET_SIZE(self->index) > self->capacity) {
        //: why Both held: ``PyDict_Pop`` may run code that removes this very entry, or all of them.
        link_object *victim = (link_object *)Py_NewRef(self->oldest);
        PyObject *index = Py_NewRef(self->index), *popped;
        int found = PyDict_Pop(index, victim->key, &popped);
        int lost = found == 0 && victim->map != NULL;
        if (found > 0 && index != self->index) {
            Py_CLEAR(popped);
            found = 0;
        }
        Py_DECREF(index);
        Py_DECREF(victim);
        if (found < 0) {
            return -1;
        }
        if (lost) {
            //: why The key is in the dict and cannot be found there: its hash is another one than
            //: why it was. Without this check the loop would never end.
            PyErr_SetString(PyExc_RuntimeError, "a key of the LRUDict has changed its hash");
            return -1;
        }
        if (found == 0) {
            //: why It has gone meanwhile, one way or another; look again.
            continue;
        }
        //: why What was popped is out of the dict, so it has to be out of the order, before anything
        //: why else happens. And it need not be the victim: a key may have been stored again
        //: why meanwhile.
        detach((link_object *)popped);
        PyObject *result = Py_None;
        if (self->on_evict != NULL && self->on_evict != Py_None) {
            PyObject *arguments[] = {((link_object *)popped)->key, ((link_object *)popped)->value};
            PyObject *call = Py_NewRef(self->on_evict);
            result = PyObject_Vectorcall(call, arguments, 2, NULL);
            Py_DECREF(call);
            Py_XDECREF(result);
        }
        Py_DECREF(popped);
        if (result == NULL) {
            return -1;
        }
    }
    return 0;
}
//: end 3

/* As a mapping */

/* Sets a KeyError for `key`. */
static void
set_key_error(PyObject *key)
{
    //: step 1
    //: todo KeyError(key). PyErr_SetObject(PyExc_KeyError, key) is nearly right: what if the key
    //: todo is a tuple?
    //: why ``PyErr_SetObject`` with a tuple takes it for the arguments of the exception, and
    //: why ``KeyError(1, 2)`` is not ``KeyError((1, 2))``. So the exception is made by hand.
    PyObject *error = PyObject_CallOneArg(PyExc_KeyError, key);
    if (error != NULL) {
        PyErr_SetRaisedException(error);
    }
    //: instead
    //|     PyErr_Format(PyExc_NotImplementedError, "a KeyError for %R", key);
    //: end 1
}

static Py_ssize_t
map_length(PyObject *op)
{
    return PyDict_GET_SIZE(as_map(op)->index);
}

/* 1, 0, or -1 with an exception set. It is no use of the key. */
static int
map_contains(PyObject *op, PyObject *key)
{
    PyObject *index = Py_NewRef(as_map(op)->index);
    int found = PyDict_Contains(index, key);
    if (found > 0 && index != as_map(op)->index) {
        found = 0;
    }
    Py_DECREF(index);
    return found;
}

/* The value for `key`, a new reference; NULL if there is none, with an exception set only if
   something failed. It is a use of the key. */
static PyObject *
look_up(PyObject *op, PyObject *key)
{
    //: step 1
    //: todo Find the entry with PyDict_GetItemRef; give its value. If the map has another dict
    //: todo when the search is over, there is none.
    map_object *self = as_map(op);
    PyObject *index = Py_NewRef(self->index), *found, *value = NULL;
    if (PyDict_GetItemRef(index, key, &found) > 0) {
        if (index == self->index) {
            value = Py_NewRef(((link_object *)found)->value);
            //: step 2
            //: todo It is the newest now.
            //: why It was in the dict when the search ended, and nothing has run since. So it is
            //: why in the order.
            detach((link_object *)found);
            append(self, (link_object *)found);
            //: end 2
        }
        Py_DECREF(found);
    }
    //: why Not before: this can be the last reference, and then all that was in the old dict ends.
    Py_DECREF(index);
    return value;
    //: instead
    //|     (void)op;
    //|     PyErr_Format(PyExc_NotImplementedError, "cannot look up %R yet", key);
    //|     return NULL;
    //: end 1
}

static PyObject *
map_subscript(PyObject *op, PyObject *key)
{
    PyObject *value = look_up(op, key);
    if (value == NULL && !PyErr_Occurred()) {
        set_key_error(key);
    }
    return value;
}

/* d[key] = value. Storing is a use, too. */
static int
store(PyObject *op, PyObject *key, PyObject *value)
{
    //: step 1
    //: todo If there is an entry for the key, exchange its value; otherwise make one and put it
    //: todo into the dict. A look-up first and a PyDict_SetItem afterwards are two searches, and
    //: todo each can run code that stores the same key.
    lrudict_state *state = get_state(Py_TYPE(op));
    if (state == NULL) {
        return -1;
    }
    PyObject *link = new_link(state->link_type, key, value);
    if (link == NULL) {
        return -1;
    }
    map_object *self = as_map(op);
    PyObject *index = Py_NewRef(self->index), *found, *old = NULL;
    //: why One search that does both: it gives the entry that is there, or puts ours there. Nothing
    //: why can come in between, so no entry is thrown out of the dict behind our back.
    int present = PyDict_SetDefaultRef(index, key, link, &found);
    if (present >= 0 && index != self->index) {
        PyErr_SetString(PyExc_RuntimeError, "LRUDict emptied during a comparison");
        present = -1;
    }
    else if (present >= 0) {
        if (present) {
            old = ((link_object *)found)->value;
            ((link_object *)found)->value = Py_NewRef(value);
        }
        //: step 2
        //: todo And it is the newest now.
        detach((link_object *)found);
        append(self, (link_object *)found);
        //: end 2
    }
    //: why From here on all is in order, and whatever ends may run what it likes.
    Py_DECREF(index);
    Py_XDECREF(found);
    Py_DECREF(link);
    Py_XDECREF(old);
    if (present < 0) {
        return -1;
    }
    //: step 3
    //: todo There may be one too many now.
    return evict(self);
    //: instead after 1
    //|     return 0;
    //: end 3
    //: instead
    //|     (void)op, (void)value, (void)new_link;
    //|     PyErr_Format(PyExc_NotImplementedError, "cannot store %R yet", key);
    //|     return -1;
    //: end 1
}

/* Removes the entry and gives its value, a new reference; NULL if there is none, with an exception
   set only if something failed. */
static PyObject *
take(PyObject *op, PyObject *key)
{
    //: step 1
    //: todo PyDict_Pop finds and removes in one. Again the map may have another dict by then.
    map_object *self = as_map(op);
    PyObject *index = Py_NewRef(self->index), *popped, *value = NULL;
    if (PyDict_Pop(index, key, &popped) > 0) {
        if (index == self->index) {
            value = Py_NewRef(((link_object *)popped)->value);
            //: step 2
            //: todo Out of the dict, out of the order.
            detach((link_object *)popped);
            //: end 2
        }
        Py_DECREF(popped);
    }
    Py_DECREF(index);
    return value;
    //: instead
    //|     (void)op;
    //|     PyErr_Format(PyExc_NotImplementedError, "cannot remove %R yet", key);
    //|     return NULL;
    //: end 1
}

static int
map_ass_subscript(PyObject *op, PyObject *key, PyObject *value)
{
    if (value != NULL) {
        return store(op, key, value);
    }
    PyObject *old = take(op, key);
    if (old == NULL) {
        if (!PyErr_Occurred()) {
            set_key_error(key);
        }
        return -1;
    }
    Py_DECREF(old);
    return 0;
}

//: step 2
//: todo Write map_keys, map_values and map_items, which give lists in the order of use, oldest
//: todo first, and map_iter. The tables at the end have to name them.
/* A list of what `part` makes of each entry, oldest first. Runs no Python code. */
static PyObject *
listed(PyObject *op, PyObject *(*part)(link_object *))
{
    PyObject *list = PyList_New(PyDict_GET_SIZE(as_map(op)->index));
    if (list == NULL) {
        return NULL;
    }
    Py_ssize_t i = 0;
    for (link_object *link = as_map(op)->oldest; link != NULL; link = link->newer) {
        PyObject *thing = part(link);
        if (thing == NULL) {
            Py_DECREF(list);
            return NULL;
        }
        PyList_SET_ITEM(list, i++, thing);
    }
    return list;
}

static PyObject *
key_of(link_object *link)
{
    return Py_NewRef(link->key);
}

static PyObject *
value_of(link_object *link)
{
    return Py_NewRef(link->value);
}

static PyObject *
both_of(link_object *link)
{
    return PyTuple_Pack(2, link->key, link->value);
}

static PyObject *
map_keys(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return listed(op, key_of);
}

static PyObject *
map_values(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return listed(op, value_of);
}

static PyObject *
map_items(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return listed(op, both_of);
}

//: why Over a copy: to look at an entry in the loop would change the order that the loop follows.
static PyObject *
map_iter(PyObject *op)
{
    PyObject *keys = listed(op, key_of);
    if (keys == NULL) {
        return NULL;
    }
    PyObject *iterator = PyObject_GetIter(keys);
    Py_DECREF(keys);
    return iterator;
}
//: end 2

//: step 4
//: todo Write map_get(key, default=None), map_pop(key[, default]) and map_repr. The tables and the
//: todo flags at the end have to know of them.
static PyObject *
map_get(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs < 1 || nargs > 2) {
        return PyErr_Format(PyExc_TypeError, "get() takes 1 or 2 arguments, not %zd", nargs);
    }
    PyObject *value = look_up(op, args[0]);
    if (value == NULL && !PyErr_Occurred()) {
        value = Py_NewRef(nargs == 2 ? args[1] : Py_None);
    }
    return value;
}

static PyObject *
map_pop(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs < 1 || nargs > 2) {
        return PyErr_Format(PyExc_TypeError, "pop() takes 1 or 2 arguments, not %zd", nargs);
    }
    PyObject *value = take(op, args[0]);
    if (value == NULL && !PyErr_Occurred()) {
        if (nargs == 2) {
            return Py_NewRef(args[1]);
        }
        set_key_error(args[0]);
    }
    return value;
}

static PyObject *
map_repr(PyObject *op)
{
    int inside = Py_ReprEnter(op);
    if (inside != 0) {
        return inside < 0 ? NULL : PyUnicode_FromString("LRUDict(...)");
    }
    PyObject *text = NULL, *items = listed(op, both_of), *dict = PyDict_New();
    //: why A plain dict of the same items shows itself well, in its order of insertion. It asks the
    //: why keys for their hashes, so it can fail.
    if (items != NULL && dict != NULL && PyDict_MergeFromSeq2(dict, items, 1) == 0) {
        text = PyUnicode_FromFormat("LRUDict(%zd, %R)", as_map(op)->capacity, dict);
    }
    Py_XDECREF(items);
    Py_XDECREF(dict);
    Py_ReprLeave(op);
    return text;
}
//: end 4

/* Life */

static PyObject *
map_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"capacity", "on_evict", NULL};
    Py_ssize_t capacity;
    PyObject *on_evict = Py_None;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "n|$O:LRUDict", names, &capacity, &on_evict)) {
        return NULL;
    }
    if (capacity < 1) {
        return PyErr_Format(PyExc_ValueError, "the capacity must be 1 or more, not %zd", capacity);
    }
    PyObject *index = PyDict_New();
    if (index == NULL) {
        return NULL;
    }
    map_object *self = (map_object *)type->tp_alloc(type, 0);
    if (self == NULL) {
        Py_DECREF(index);
        return NULL;
    }
    self->index = index;
    self->capacity = capacity;
    self->on_evict = Py_NewRef(on_evict);
    return (PyObject *)self;
}

static int
map_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(as_map(op)->index);
    Py_VISIT(as_map(op)->on_evict);
    return 0;
}

static int
map_tp_clear(PyObject *op)
{
    detach_all(as_map(op));
    PyDict_Clear(as_map(op)->index);
    Py_CLEAR(as_map(op)->on_evict);
    return 0;
}

static void
map_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    PyObject_ClearWeakRefs(op);
    detach_all(as_map(op));
    Py_TRASHCAN_BEGIN(op, map_dealloc)
    Py_XDECREF(as_map(op)->index);
    Py_XDECREF(as_map(op)->on_evict);
    type->tp_free(op);
    Py_DECREF(type);
    Py_TRASHCAN_END
}

static PyObject *
map_clear(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    /* Not PyDict_Clear: a search in this very dict may be under way, in a key's __eq__ that has called
       us, and the dict of 3.13.5 does not bear that. The search keeps the old dict; the map takes a
       new one. */
    PyObject *index = PyDict_New();
    if (index == NULL) {
        return NULL;
    }
    detach_all(as_map(op));
    Py_SETREF(as_map(op)->index, index);
    Py_RETURN_NONE;
}

static PyMethodDef map_methods[] = {
    {"clear", map_clear, METH_NOARGS, PyDoc_STR("Remove all entries; nothing is called.")},
    //: step 2
    //: todo keys, values and items
    {"keys", map_keys, METH_NOARGS, PyDoc_STR("The keys as a list, least recently used first.")},
    {"values", map_values, METH_NOARGS, PyDoc_STR("The values in the same order.")},
    {"items", map_items, METH_NOARGS, PyDoc_STR("Pairs of key and value in the same order.")},
    //: end 2
    //: step 4
    //: todo get and pop, both METH_FASTCALL
    {"get", (PyCFunction)(void (*)(void))map_get, METH_FASTCALL,
     PyDoc_STR("get($self, key, default=None, /)\n--\n\nThe value for key, or the default.")},
    {"pop", (PyCFunction)(void (*)(void))map_pop, METH_FASTCALL,
     PyDoc_STR("Remove key and give its value, or the default.")},
    //: end 4
    {NULL, NULL, 0, NULL},
};

static PyMemberDef map_members[] = {
    {"capacity", Py_T_PYSSIZET, offsetof(map_object, capacity), Py_READONLY,
     "How many entries there may be."},
    {NULL, 0, 0, 0, NULL},
};

PyDoc_STRVAR(map_doc,
"LRUDict(capacity, *, on_evict=None)\n--\n\n"
"A mapping of limited size that forgets what was used longest ago.");

static PyType_Slot map_slots[] = {
    {Py_tp_doc, (void *)map_doc},
    {Py_tp_new, map_new},
    {Py_tp_traverse, map_traverse},
    {Py_tp_clear, map_tp_clear},
    {Py_tp_dealloc, map_dealloc},
    {Py_tp_methods, map_methods},
    {Py_tp_members, map_members},
    {Py_mp_length, map_length},
    {Py_mp_subscript, map_subscript},
    {Py_mp_ass_subscript, map_ass_subscript},
    {Py_sq_contains, map_contains},
    //: step 2
    //: todo map_iter
    {Py_tp_iter, map_iter},
    //: end 2
    //: step 4
    //: todo map_repr
    {Py_tp_repr, map_repr},
    //: end 4
    {0, NULL},
};

static PyType_Spec map_spec = {
    .name = "lrudict.LRUDict",
    .basicsize = sizeof(map_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC
             | Py_TPFLAGS_MANAGED_WEAKREF
    //: step 4
    //: todo The flag by which `match` tells a mapping.
             | Py_TPFLAGS_MAPPING
    //: end 4
    ,
    .slots = map_slots,
};

/* The module */

static int
lrudict_exec(PyObject *module)
{
    lrudict_state *state = PyModule_GetState(module);
    state->map_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &map_spec, NULL);
    if (state->map_type == NULL) {
        return -1;
    }
    state->link_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &link_spec, NULL);
    if (state->link_type == NULL) {
        return -1;
    }
    return PyModule_AddType(module, state->map_type);
}

static int
lrudict_traverse(PyObject *module, visitproc visit, void *arg)
{
    lrudict_state *state = PyModule_GetState(module);
    Py_VISIT(state->map_type);
    Py_VISIT(state->link_type);
    return 0;
}

static int
lrudict_clear(PyObject *module)
{
    lrudict_state *state = PyModule_GetState(module);
    Py_CLEAR(state->map_type);
    Py_CLEAR(state->link_type);
    return 0;
}

static void
lrudict_free(void *module)
{
    (void)lrudict_clear((PyObject *)module);
}

static PyModuleDef_Slot lrudict_module_slots[] = {
    {Py_mod_exec, lrudict_exec},
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
    /* The order and the dict have to change together, and only the lock sees to that. */
    {Py_mod_gil, Py_MOD_GIL_USED},
    {0, NULL},
};

static PyModuleDef lrudict_module = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "lrudict",
    .m_doc = PyDoc_STR("A mapping of limited size."),
    .m_size = sizeof(lrudict_state),
    .m_slots = lrudict_module_slots,
    .m_traverse = lrudict_traverse,
    .m_clear = lrudict_clear,
    .m_free = lrudict_free,
};

PyMODINIT_FUNC
PyInit_lrudict(void)
{
    return PyModuleDef_Init(&lrudict_module);
}
