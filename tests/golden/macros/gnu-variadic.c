#define a(f, args...) p(f, ## args)
#define b(f, ...) p(f, ##__VA_ARGS__)
a(1) a(1,) a(1, 2, 3) b(1) b(1, F(2)) b()
#define F(x) x+x
a(F(1), F(2)) b(F(1), F(2))
