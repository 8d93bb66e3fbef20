#define f(x) [x]
#define g f
int f; g (1); g; f
(2)
(f)(3);
