#define P(x) _Pragma("GCC diagnostic push") x _Pragma("GCC diagnostic pop")
int a; P(int b;) int c;
