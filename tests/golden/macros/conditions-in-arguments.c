#define F(a, b) a b
F(
#ifdef F
1
#else
2
#endif
,
#if defined(NO) || 2 > 3
3
#elif 1
4
#endif
)
F(5,
#undef F
#define G 6
G) F(7) G
