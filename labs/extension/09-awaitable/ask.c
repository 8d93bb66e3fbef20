/* ask: questions that a coroutine waits for, with the answers sent in.
 *
 *     >>> from ask import Ask
 *     >>> async def greet():
 *     ...     name, city = await Ask("name?", "city?")
 *     ...     return f"{name} of {city}"
 *     >>> coroutine = greet()
 *     >>> coroutine.send(None), coroutine.send("Ann")
 *     ('name?', 'city?')
 *     >>> coroutine.send("Rome")
 *     StopIteration: Ann of Rome
 */
#include <Python.h>

/* What the module has to remember. */
typedef struct {
    PyTypeObject *run_type;     /* ask.Run */
    PyObject *skip;             /* ask.Skip */
} ask_state;

static PyModuleDef ask_module;  /* defined at the end */

/* What can be awaited, any number of times. */
typedef struct {
    PyObject_HEAD
    PyObject *questions;    /* a tuple */
} ask_object;

/* One time of waiting: an iterator. */
typedef struct {
    PyObject_HEAD
    PyObject *questions;    /* those of the Ask; NULL when all is over */
    PyObject *answers;      /* a list; NULL when all is over */
    Py_ssize_t asked;       /* how many questions have been given out */
} run_object;

static run_object *
as_run(PyObject *op)
{
    return (run_object *)op;
}

/* Run */

/* It is over: nothing is asked any more, and nothing is held. */
static void
finish(run_object *self)
{
    Py_CLEAR(self->questions);
    Py_CLEAR(self->answers);
}

//: step 1
//: todo Write run_send: takes an answer and gives the next question (PYGEN_NEXT), or at the end a tuple
//: todo of all answers (PYGEN_RETURN). The slots of Run have to name it.
/* Keeps the answer, a borrowed reference, and goes on to the next question or to the end. */
static PySendResult
answer(run_object *self, PyObject *value, PyObject **result)
{
    *result = NULL;
    if (value != NULL && PyList_Append(self->answers, value) < 0) {
        return PYGEN_ERROR;
    }
    if (self->asked < PyTuple_GET_SIZE(self->questions)) {
        *result = Py_NewRef(PyTuple_GET_ITEM(self->questions, self->asked));
        self->asked++;
        return PYGEN_NEXT;
    }
    *result = PyList_AsTuple(self->answers);
    finish(self);
    return *result == NULL ? PYGEN_ERROR : PYGEN_RETURN;
}

static PySendResult
run_send(PyObject *op, PyObject *value, PyObject **result)
{
    run_object *self = as_run(op);
    *result = NULL;
    //: why A generator that is exhausted answers the same way: it returns once more, nothing.
    if (self->questions == NULL) {
        *result = Py_NewRef(Py_None);
        return PYGEN_RETURN;
    }
    if (self->asked > 0) {
        return answer(self, value, result);
    }
    //: why The first call is there to get the first question. An answer to no question is a fault
    //: why of the driver's, which it had better hear of.
    if (value != Py_None) {
        PyErr_SetString(PyExc_TypeError, "can't send an answer before there is a question");
        return PYGEN_ERROR;
    }
    return answer(self, NULL, result);
}
//: end 1

//: step 2
//: todo Write give, run_next and the method run_send_method: what a PySendResult is in the language of
//: todo iterators. The slots and the table of methods have to name the two.
/* The next question; or NULL, with StopIteration that holds the result, or another exception. */
static PyObject *
give(PySendResult how, PyObject *result)
{
    if (how != PYGEN_RETURN) {
        return result;
    }
    //: why Made by a call of its own: ``PyErr_SetObject`` takes a tuple for the arguments of the
    //: why exception, and its value would be the first answer.
    PyObject *stop = PyObject_CallOneArg(PyExc_StopIteration, result);
    Py_DECREF(result);
    if (stop != NULL) {
        PyErr_SetRaisedException(stop);
    }
    return NULL;
}

static PyObject *
run_next(PyObject *op)
{
    PyObject *result;
    //: why Not in one expression: the order in which C works out arguments is open, and ``result``
    //: why is written by the call.
    PySendResult how = run_send(op, Py_None, &result);
    return give(how, result);
}

static PyObject *
run_send_method(PyObject *op, PyObject *value)
{
    PyObject *result;
    PySendResult how = run_send(op, value, &result);
    return give(how, result);
}
//: end 2

//: step 3
//: todo Write run_close: it is over, whatever was still to ask. The table of methods has to name it.
static PyObject *
run_close(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    //: why Nothing is raised at the place where it waits, as there is no such place: no code of
    //: why this object is on its way.
    finish(as_run(op));
    Py_RETURN_NONE;
}
//: end 3

//: step 4
//: todo Write run_throw(exception), or (class, value, traceback) as in former times: a Skip that comes
//: todo for a question is no answer, None, and it goes on. All else ends it, and goes out again.
static PyObject *
run_throw(PyObject *op, PyObject *const *args, Py_ssize_t count)
{
    run_object *self = as_run(op);
    if (count < 1 || count > 3) {
        return PyErr_Format(PyExc_TypeError, "throw takes 1 to 3 arguments, not %zd", count);
    }
    PyObject *exception = args[0];
    ask_state *state = PyType_GetModuleState(Py_TYPE(op));
    //: why A class or an instance, either will do; it is what ``except`` asks.
    if (self->questions != NULL && self->asked > 0
        && PyErr_GivenExceptionMatches(exception, state->skip)) {
        PyObject *result;
        PySendResult how = answer(self, Py_None, &result);
        return give(how, result);
    }
    if (PyExceptionInstance_Check(exception)) {
        finish(self);
        PyErr_SetRaisedException(Py_NewRef(exception));
    }
    else if (PyExceptionClass_Check(exception)) {
        finish(self);
        //: why ``NULL`` for the value makes an instance without arguments, ``None`` as well.
        PyErr_SetObject(exception, count > 1 ? args[1] : NULL);
    }
    else {
        PyErr_Format(PyExc_TypeError, "an exception is needed, not %T", exception);
    }
    return NULL;
}
//: end 4

static int
run_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(as_run(op)->questions);
    Py_VISIT(as_run(op)->answers);
    return 0;
}

static int
run_clear(PyObject *op)
{
    finish(as_run(op));
    return 0;
}

static void
run_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    finish(as_run(op));
    type->tp_free(op);
    Py_DECREF(type);
}

static PyMethodDef run_methods[] = {
    //: step 2
    //: todo send, with one argument
    {"send", run_send_method, METH_O, PyDoc_STR("Answer, and get the next question.")},
    //: end 2
    //: step 3
    //: todo close, without arguments
    {"close", run_close, METH_NOARGS, PyDoc_STR("Ask no more.")},
    //: end 3
    //: step 4
    //: todo throw, with METH_FASTCALL
    {"throw", (PyCFunction)(void (*)(void))run_throw, METH_FASTCALL,
     PyDoc_STR("Skip the question, or end with an exception.")},
    //: end 4
    {NULL, NULL, 0, NULL},
};

static PyType_Slot run_slots[] = {
    {Py_tp_traverse, run_traverse},
    {Py_tp_clear, run_clear},
    {Py_tp_dealloc, run_dealloc},
    {Py_tp_methods, run_methods},
    //: step 1
    //: todo run_send
    {Py_am_send, run_send},
    //: end 1
    //: step 2
    //: todo PyObject_SelfIter and run_next: an iterator is what has both.
    {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, run_next},
    //: end 2
    {0, NULL},
};

static PyType_Spec run_spec = {
    .name = "ask.Run",
    .basicsize = sizeof(run_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = run_slots,
};

/* Ask */

//: step 1
//: todo Write ask_await: a new Run for these questions, with no answers. The slots of Ask have to name
//: todo it.
static PyObject *
ask_await(PyObject *op)
{
    //: why ``op`` may be of a subclass, which belongs to no module; so by way of the definition.
    PyObject *module = PyType_GetModuleByDef(Py_TYPE(op), &ask_module);
    if (module == NULL) {
        return NULL;
    }
    PyTypeObject *type = ((ask_state *)PyModule_GetState(module))->run_type;
    PyObject *answers = PyList_New(0);
    if (answers == NULL) {
        return NULL;
    }
    run_object *self = (run_object *)type->tp_alloc(type, 0);
    if (self == NULL) {
        Py_DECREF(answers);
        return NULL;
    }
    self->questions = Py_NewRef(((ask_object *)op)->questions);
    self->answers = answers;
    return (PyObject *)self;
}
//: end 1

static PyObject *
ask_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    if (kwargs != NULL && PyDict_GET_SIZE(kwargs) != 0) {
        PyErr_SetString(PyExc_TypeError, "questions have no names");
        return NULL;
    }
    ask_object *self = (ask_object *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->questions = Py_NewRef(args);
    }
    return (PyObject *)self;
}

static int
ask_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(((ask_object *)op)->questions);
    return 0;
}

static void
ask_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    Py_XDECREF(((ask_object *)op)->questions);
    type->tp_free(op);
    Py_DECREF(type);
}

static PyType_Slot ask_slots[] = {
    {Py_tp_doc, "Ask(*questions)\n--\n\nQuestions to be awaited; the answers come as a tuple."},
    {Py_tp_new, ask_new},
    {Py_tp_traverse, ask_traverse},
    {Py_tp_dealloc, ask_dealloc},
    //: step 1
    //: todo ask_await
    {Py_am_await, ask_await},
    //: end 1
    {0, NULL},
};

static PyType_Spec ask_spec = {
    .name = "ask.Ask",
    .basicsize = sizeof(ask_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = ask_slots,
};

/* The module */

/* drive(iterator, value): what the C function PyIter_Send has to say, as a pair of a word and a
   value. For the tests; in CPython, asyncio's tasks call it. */
static PyObject *
ask_drive(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *iterator, *value, *result;
    if (!PyArg_ParseTuple(args, "OO:drive", &iterator, &value)) {
        return NULL;
    }
    PyTypeObject *type = Py_TYPE(iterator);
    if (type->tp_as_async == NULL || type->tp_as_async->am_send == NULL) {
        return PyErr_Format(PyExc_TypeError, "%T has no am_send", iterator);
    }
    PySendResult how = PyIter_Send(iterator, value, &result);
    if (how == PYGEN_ERROR) {
        return NULL;
    }
    return Py_BuildValue("(sN)", how == PYGEN_NEXT ? "next" : "return", result);
}

static PyMethodDef ask_methods[] = {
    {"drive", ask_drive, METH_VARARGS, PyDoc_STR("Call PyIter_Send.")},
    {NULL, NULL, 0, NULL},
};

static int
ask_exec(PyObject *module)
{
    ask_state *state = PyModule_GetState(module);
    state->skip = PyErr_NewException("ask.Skip", NULL, NULL);
    if (state->skip == NULL || PyModule_AddObjectRef(module, "Skip", state->skip) < 0) {
        return -1;
    }
    state->run_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &run_spec, NULL);
    if (state->run_type == NULL) {
        return -1;
    }
    PyObject *type = PyType_FromModuleAndSpec(module, &ask_spec, NULL);
    int result = type == NULL ? -1 : PyModule_AddType(module, (PyTypeObject *)type);
    Py_XDECREF(type);
    return result;
}

static int
ask_module_traverse(PyObject *module, visitproc visit, void *arg)
{
    ask_state *state = PyModule_GetState(module);
    Py_VISIT(state->run_type);
    Py_VISIT(state->skip);
    return 0;
}

static int
ask_module_clear(PyObject *module)
{
    ask_state *state = PyModule_GetState(module);
    Py_CLEAR(state->run_type);
    Py_CLEAR(state->skip);
    return 0;
}

static void
ask_module_free(void *module)
{
    (void)ask_module_clear((PyObject *)module);
}

static PyModuleDef_Slot ask_module_slots[] = {
    {Py_mod_exec, ask_exec},
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
    /* Two threads that send to one Run would count its questions wrongly. */
    {Py_mod_gil, Py_MOD_GIL_USED},
    {0, NULL},
};

static PyModuleDef ask_module = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "ask",
    .m_doc = PyDoc_STR("Questions that a coroutine waits for."),
    .m_size = sizeof(ask_state),
    .m_methods = ask_methods,
    .m_slots = ask_module_slots,
    .m_traverse = ask_module_traverse,
    .m_clear = ask_module_clear,
    .m_free = ask_module_free,
};

PyMODINIT_FUNC
PyInit_ask(void)
{
    return PyModuleDef_Init(&ask_module);
}
