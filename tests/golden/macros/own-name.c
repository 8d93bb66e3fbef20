#define F(x) F((int)(x))
#define G(x) F(x) G(x)
F(F(1)+G(F)(2))
#define v v.w
v v
