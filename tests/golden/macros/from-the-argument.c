#define EACH(V) V(1) V(2)
#define ONE(n) one_##n,
EACH(ONE)
#define ID(x) x
ID(ID)(ID(ID)(4)) ID(ONE)(5) ID(EACH(ONE))
