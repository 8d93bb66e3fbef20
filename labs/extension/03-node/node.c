/* node: things that hold each other.
 *
 *     >>> from node import Node
 *     >>> last = Node("last")
 *     >>> first = Node("first", last)
 *     >>> first.next.value
 *     'last'
 *     >>> last.next = first       # and from here on, only the collector can help
 */
#include <Python.h>
#include <stddef.h>

/* A member may be NULL: the memory comes zeroed, `del node.value` makes it so, and the collector
   does while it takes a cycle apart. */
typedef struct {
    PyObject_HEAD
    PyObject *value;
    PyObject *next;
    PyObject *farewell;     /* called with the node at its end, unless None */
} node_object;

static node_object *
as_node(PyObject *op)
{
    return (node_object *)op;
}

static PyObject *
node_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"value", "next", "farewell", NULL};
    PyObject *value = Py_None, *next = Py_None, *farewell = Py_None;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|OO$O:Node", names, &value, &next, &farewell)) {
        return NULL;
    }
    node_object *self = (node_object *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->value = Py_NewRef(value);
    self->next = Py_NewRef(next);
    self->farewell = Py_NewRef(farewell);
    return (PyObject *)self;
}

//: step 1
//: todo Write node_traverse: show the collector every object that this one owns a reference to.
//: todo The slots and the flags at the end have to know of it.
static int
node_traverse(PyObject *op, visitproc visit, void *arg)
{
    //: why The type is an object too, and an instance owns a reference to it. Leave it out, and a
    //: why type that refers to one of its own instances stays for ever.
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(as_node(op)->value);
    Py_VISIT(as_node(op)->next);
    Py_VISIT(as_node(op)->farewell);
    return 0;
}
//: end 1

/* Gives up what the node holds. */
static int
node_clear(PyObject *op)
{
    Py_CLEAR(as_node(op)->value);
    Py_CLEAR(as_node(op)->next);
    Py_CLEAR(as_node(op)->farewell);
    return 0;
}

//: step 5
//: todo Write node_finalize: call farewell with the node, if there is one. Whatever it does, an
//: todo exception that was set before is still set afterwards, and no other.
static void
node_finalize(PyObject *op)
{
    PyObject *farewell = as_node(op)->farewell;
    if (farewell == NULL || farewell == Py_None) {
        return;
    }
    //: why An object can die while an exception is on its way through the stack. Python code must
    //: why not run with that one set, so it steps aside.
    PyObject *raised = PyErr_GetRaisedException();
    //: why The node gives up its farewell first, so that what is called is ours, whatever it does
    //: why to the node.
    as_node(op)->farewell = Py_NewRef(Py_None);
    PyObject *result = PyObject_CallOneArg(farewell, op);
    if (result == NULL) {
        //: why Nobody has called us who could be told. ``sys.unraisablehook`` prints it.
        PyErr_FormatUnraisable("Exception ignored in the farewell of a %T", op);
    }
    Py_XDECREF(result);
    Py_DECREF(farewell);
    PyErr_SetRaisedException(raised);
}
//: end 5

static void
node_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    //: step 5
    //: todo The finaliser is not called by itself. It has to come before everything else, and it
    //: todo may bring the node back to life.
    if (PyObject_CallFinalizerFromDealloc(op) < 0) {
        return;
    }
    //: end 5
    //: step 1
    //: todo From here on the node is no whole object any more: the collector must forget it.
    PyObject_GC_UnTrack(op);
    //: end 1
    //: step 3
    //: todo Weak references to this node have to learn that it is gone, before it is.
    PyObject_ClearWeakRefs(op);
    //: end 3
    //: step 4
    //: todo What follows may free the next node, and in doing so the one after it, and so on, each
    //: todo with a C frame of its own. Put it between the two macros of the trashcan.
    //: why The second argument is this function: in an object of a subclass it is the base's, the
    //: why subclass's deallocator has seen to everything, and the macro stands aside.
    Py_TRASHCAN_BEGIN(op, node_dealloc)
    //: end 4
    (void)node_clear(op);
    type->tp_free(op);
    Py_DECREF(type);
    //: step 4
    //: todo The second of the two.
    //: why No ``return`` may stand between the two: the count of nested calls would never go back.
    Py_TRASHCAN_END
    //: end 4
}

static PyMemberDef node_members[] = {
    {"value", Py_T_OBJECT_EX, offsetof(node_object, value), 0, "Whatever the node is for."},
    {"next", Py_T_OBJECT_EX, offsetof(node_object, next), 0, "Another node, or None."},
    {"farewell", Py_T_OBJECT_EX, offsetof(node_object, farewell), 0,
     "Called with the node at its end, unless None."},
    {NULL, 0, 0, 0, NULL},
};

PyDoc_STRVAR(node_doc,
"Node(value=None, next=None, *, farewell=None)\n--\n\nHolds a value and another node.");

static PyType_Slot node_slots[] = {
    {Py_tp_doc, (void *)node_doc},
    {Py_tp_new, node_new},
    {Py_tp_dealloc, node_dealloc},
    {Py_tp_members, node_members},
    //: step 1
    //: todo node_traverse
    {Py_tp_traverse, node_traverse},
    //: end 1
    //: step 2
    //: todo node_clear
    {Py_tp_clear, node_clear},
    //: end 2
    //: step 5
    //: todo node_finalize
    {Py_tp_finalize, node_finalize},
    //: end 5
    {0, NULL},
};

static PyType_Spec node_spec = {
    .name = "node.Node",
    .basicsize = sizeof(node_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE
    //: step 1
    //: todo The flag that gives every node a header for the collector.
             | Py_TPFLAGS_HAVE_GC
    //: end 1
    //: step 3
    //: todo The flag that gives every node a place for the list of its weak references.
             | Py_TPFLAGS_MANAGED_WEAKREF
    //: end 3
    ,
    .slots = node_slots,
};

/* The module. It needs no state: nothing here ever asks for the type. */

static int
node_exec(PyObject *module)
{
    PyTypeObject *type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &node_spec, NULL);
    if (type == NULL) {
        return -1;
    }
    int result = PyModule_AddType(module, type);
    Py_DECREF(type);
    return result;
}

static PyModuleDef_Slot node_module_slots[] = {
    {Py_mod_exec, node_exec},
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
    {0, NULL},
};

static PyModuleDef node_module = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "node",
    .m_doc = PyDoc_STR("Things that hold each other."),
    .m_size = 0,
    .m_slots = node_module_slots,
};

PyMODINIT_FUNC
PyInit_node(void)
{
    return PyModuleDef_Init(&node_module);
}
