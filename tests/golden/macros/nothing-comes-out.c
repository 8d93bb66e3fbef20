#define E
#define N(x)
E N(E) E
#if E + 1
E N(1 2)
#else
E
#endif
N(E)x
