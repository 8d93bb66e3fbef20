#define log(...) write_log(1, __VA_ARGS__)
#define quote(...) # __VA_ARGS__
#define check(c, ...) ((c) ? quote(c) : log(__VA_ARGS__))
log("one"); log("%d %s", n, f(1, 2)); quote(a, (b, c), d); check(a < b, "less", a, b);
